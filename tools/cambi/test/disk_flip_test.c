/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Every flipped bit of what is live is found by `cambi disk verify`, and one in free space
 * hurts nothing. What is live is computed here from the bytes of the image alone, by
 * docs/protocols/disk-format.md: superblocks, pages of the checkpoint, the log since, each record
 * the index refers to. Two images: one that was closed, and one of a machine that lost its power.
 */
#include "cambi_case.h"
#include "../disk.h"
#include <lib/bytes.h>
#include <lib/identity.h>

#define OBJECTS 12u
#define BLOCKS 512u

enum use { FREE, CONTENT, STRUCTURE };

static uint8_t *image;
static uint8_t use[BLOCKS * BLOCK_SIZE];
static char path[128];
static struct disk disk;
static jmp_buf found;

/* ---- the images ---- */
static void put_all(char *at)
{
	char name[16], text[3000];

	for (uint32_t i = 0; i < OBJECTS; i++) {
		memset(text, (int)('a' + i), sizeof(text));
		snprintf(name, sizeof(name), "name%u", i % 4);
		file_write(in_folder("file"), text, i == 5 ? 0 : 20 * i + i * i * 10);
		free(printed(verb_disk, 5, (char *[]){at, "put", in_folder("file"), "--name", name, NULL}));
	}
	uint8_t *const content = calloc(1, 70000);
	for (size_t i = 0; i < 70000; i++)
		content[i] = (uint8_t)(i * i);
	file_write(in_folder("file"), content, 70000);
	free(content);
	free(printed(verb_disk, 3, (char *[]){at, "put", in_folder("file"), NULL}));
}

/* Changes that no checkpoint follows: names pointed elsewhere, one after the other. */
static void lose_power(void)
{
	const struct disk_place place = {path, NULL};
	struct disk *const open = disk_open(&place, true);
	struct object_upload upload;

	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(object_upload_begin(&open->store, &upload), STATUS_OK);
		disk_commit(open);
		assert_int_equal(object_upload_cancel(&open->store, &upload), STATUS_OK);
		disk_commit(open);
	}
	struct bytes file = file_read(path);
	disk_close(open);
	file_write(path, file.data, file.size);
	free(file.data);
}

/* ---- what is live ---- */
static void mark(uint64_t at, uint64_t size, enum use as)
{
	assert_true(at + size <= sizeof(use));
	memset(use + at, (int)as, size);
}

static const uint8_t *newest_superblock(void)
{
	const uint8_t *const one = image, *const two = image + 2 * BLOCK_SIZE;

	return bytes_le32(one) != 0 && bytes_le64(one + 40) > bytes_le64(two + 40) ? one : two;
}

static uint64_t segment_at(const uint8_t *super, uint32_t segment)
{
	return (4 + (uint64_t)segment * bytes_le32(super + 12)) * BLOCK_SIZE;
}

static void mark_record(uint64_t at)
{
	const uint32_t key = image[at + 4], value = bytes_le32(image + at + 8);

	mark(at, 24 + key, STRUCTURE);
	mark(at + 24 + key, value, value > 1000 ? CONTENT : STRUCTURE);
}

static bool is_batch(uint64_t at, uint64_t sequence)
{
	return at + 64 <= sizeof(use) && bytes_le32(image + at) == 0x48435442 && bytes_le64(image + at + 24) == sequence;
}

/* Record `number` since the checkpoint: its offset, 0 after the last. The headers up to it are live. */
static uint64_t log_record(const uint8_t *super, uint32_t number)
{
	uint64_t at = segment_at(super, bytes_le32(super + 56)) + (uint64_t)bytes_le32(super + 60) * BLOCK_SIZE;
	uint64_t sequence = bytes_le64(super + 48);
	uint32_t next = bytes_le32(super + 64);

	for (;;) {
		sequence++;
		if (!is_batch(at, sequence))
			at = segment_at(super, next);
		if (!is_batch(at, sequence))
			return 0;
		next = bytes_le32(image + at + 48);
		const uint32_t size = bytes_le32(image + at + 40);
		mark(at, 64, STRUCTURE);
		for (uint32_t record = 64; record < size; number--) {
			if (number == 0)
				return at + record;
			record += (24u + image[at + record + 4] + bytes_le32(image + at + record + 8) + 7) / 8 * 8;
		}
		at += (size + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE;
	}
}

/* A record since says something else of its key. */
static bool is_replaced(const uint8_t *super, uint64_t at)
{
	uint64_t later;

	for (uint32_t i = 0; (later = log_record(super, i)) != 0; i++) {
		if (image[later + 4] == image[at + 4] && memcmp(image + later + 24, image + at + 24, image[at + 4]) == 0)
			return true;
	}
	return false;
}

static void mark_page(const uint8_t *super, uint64_t at)
{
	const uint32_t used = bytes_le32(image + at + 24);

	mark(at, BLOCK_SIZE, STRUCTURE);
	for (uint32_t entry = 32; entry < used; entry += 16 + image[at + entry + 12]) {
		if (!is_replaced(super, bytes_le64(image + at + entry)))
			mark_record(bytes_le64(image + at + entry));
	}
}

/* Returns the records of the log. */
static uint32_t mark_all(void)
{
	const uint8_t *const super = newest_superblock();
	uint64_t at;
	uint32_t records = 0;

	memset(use, FREE, sizeof(use));
	mark((uint64_t)(super - image), 2 * BLOCK_SIZE, STRUCTURE);
	for (uint64_t page = 0; page < bytes_le64(super + 72); page++)
		mark_page(super, segment_at(super, bytes_le32(super + 104)) + page * BLOCK_SIZE);
	for (; (at = log_record(super, records)) != 0; records++)
		mark_record(at);
	return records;
}

/* ---- verify, ended by the first thing it finds ---- */
static void end_search(void *context, const char *text)
{
	(void)context, (void)text;
	longjmp(found, 1);
}

static bool is_sound(void)
{
	const struct volume_options options = {.read_only = true};
	struct disk_findings findings;

	if (setjmp(found) != 0)
		return false;
	if (volume_mount(disk.device, disk.arena, disk.arena_size, &options, &disk.volume) != STATUS_OK ||
	    object_store_open(&disk.store, disk.volume) != STATUS_OK)
		return false;
	disk_verify(&disk, end_search, NULL, &findings);
	return findings.wrong == 0;
}

/* With the bit at this offset flipped in the file. */
static bool is_sound_with(uint64_t bit)
{
	uint8_t byte = image[bit / 8] ^ (uint8_t)(1u << bit % 8);

	assert_int_equal(pwrite(disk.file.file, &byte, 1, (off_t)(bit / 8)), 1);
	const bool sound = is_sound();
	assert_int_equal(pwrite(disk.file.file, &image[bit / 8], 1, (off_t)(bit / 8)), 1);
	return sound;
}

static void open_image(void)
{
	struct bytes file = file_read(path);

	image = file.data;
	assert_int_equal(file.size, sizeof(use));
	memset(&disk, 0, sizeof(disk));
	disk.path = path;
	disk_file_open(&disk.file, path, true, 0);
	disk.file.device.read_only = 1; /* the flips go past it */
	disk.device = &disk.file.device;
	disk.arena_size = 2 * VOLUME_ARENA_MIN;
	disk.arena = grown(NULL, disk.arena_size);
}

static void close_image(void)
{
	free(disk.arena);
	free(image);
	disk_file_close(&disk.file);
}

/* Every `step`th bit of what is used as `as`; returns how many. */
static uint32_t flip_all(enum use as, uint32_t step)
{
	uint64_t seen = 0;
	uint32_t flips = 0;

	for (uint64_t bit = 0; bit < 8 * sizeof(use); bit++) {
		if (use[bit / 8] != as || seen++ % step != 0)
			continue;
		flips++;
		if (is_sound_with(bit))
			fail_msg("bit %llu of byte %llu is live, and was missed", (unsigned long long)bit % 8,
			         (unsigned long long)bit / 8);
	}
	return flips;
}

static void flip_free(uint32_t count)
{
	uint64_t seed = 77;

	while (count > 0) {
		const uint64_t bit = test_random(&seed) % (8 * sizeof(use));
		if (use[bit / 8] != FREE)
			continue;
		count--;
		if (!is_sound_with(bit))
			fail_msg("byte %llu is free, and was found wrong", (unsigned long long)bit / 8);
	}
}

static void flips_of_image(uint32_t structure_step, uint32_t content_step, uint32_t at_least)
{
	open_image();
	mark_all();
	assert_true(is_sound());
	const uint32_t flips = flip_all(STRUCTURE, structure_step) + flip_all(CONTENT, content_step);
	printf("%u flips in live data, all found\n", flips);
	assert_true(flips >= at_least);
	flip_free(150);
	assert_true(is_sound());
	close_image();
}

static void closed(void **state)
{
	(void)state;
	flips_of_image(13, 97, 20000);
}

static void power_lost(void **state)
{
	(void)state;
	lose_power();
	open_image();
	assert_int_equal(mark_all(), 9);
	close_image();
	flips_of_image(53, 997, 4000);
}

/* Damage to what is not even a store ends in a word, not in a crash. */
static void blank(void **state)
{
	uint64_t seed = 5;

	(void)state;
	uint8_t *const zeroes = calloc(1, sizeof(use));
	file_write(path, zeroes, sizeof(use));
	free(zeroes);
	open_image();
	for (uint32_t i = 0; i < 1000; i++)
		assert_false(is_sound_with(test_random(&seed) % (8 * sizeof(use))));
	close_image();
}

static int begin(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL || !key_create(in_folder("key")))
		return 1;
	setenv("CAMBIOS_KEY", in_folder("key"), 1);
	snprintf(path, sizeof(path), "%s", in_folder("disk"));
	free(printed(verb_disk, 4, (char *[]){path, "format", "--size", "2M", NULL}));
	put_all(path);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	unlink(in_folder("file"));
	unlink(in_folder("key"));
	unlink(path);
	return rmdir(folder);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(closed),
	cmocka_unit_test(power_lost),
	cmocka_unit_test(blank),
};

int main(void)
{
	const int failed = cmocka_run_group_tests(tests, begin, finish);

	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
