/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What cleaning costs, by reads and checkpoints, and that it finds what lives where batches are damaged. */
#include "sim_disk.h"
#include <lib/volume.h>

#define ARENA (1u << 20)
#define BLOCKS 1040u /* 32 segments of 32 blocks */
#define FIRST_SEGMENT (4u * BLOCK_SIZE)
#define KEYS 3000u
#define KEY_SIZE 110u
#define VALUE_SIZE 200u
#define RECORD_HEADER 24u
#define MAGIC "BTCH" /* a batch begins with it, at the start of a block */

static uint8_t arena[ARENA] __attribute__((aligned(16)));
static struct sim_disk disk;
static struct volume *volume;

static void key_make(uint32_t number, uint8_t out_key[KEY_SIZE])
{
	memset(out_key, 0, KEY_SIZE);
	memcpy(out_key + KEY_SIZE - sizeof number, &number, sizeof number);
}

static void mount(void)
{
	const struct volume_options options = { .read_only = false };

	assert_int_equal(volume_mount(&disk.device, arena, ARENA, &options, &volume), STATUS_OK);
}

static void put(uint32_t number, uint8_t version)
{
	uint8_t key[KEY_SIZE], value[VALUE_SIZE];

	key_make(number, key);
	memset(value, (int)(number + version), sizeof value);
	assert_int_equal(volume_put(volume, key, sizeof key, value, sizeof value), STATUS_OK);
}

/* In an order of their own, two of three written again: a third of each old segment lives. Then nothing is left to replay. */
static void many_keys(void)
{
	static const uint8_t IDENTITY[16] = { 5 };

	sim_start(&disk, BLOCKS);
	assert_int_equal(volume_format(&disk.device, arena, ARENA, IDENTITY), STATUS_OK);
	mount();
	for (uint32_t i = 0; i < 2 * KEYS; i++) {
		const uint32_t number = i * 1009u % KEYS;
		if (i < KEYS || number % 3 != 0)
			put(number, i < KEYS ? 0 : 1);
		if (i % 8 == 7)
			assert_int_equal(volume_commit(volume), STATUS_OK);
	}
	assert_int_equal(volume_unmount(volume), STATUS_OK);
	mount();
}

static void all_are_there(void)
{
	uint8_t key[KEY_SIZE], value[VALUE_SIZE], expected[VALUE_SIZE];
	size_t size;

	for (uint32_t number = 0; number < KEYS; number++) {
		key_make(number, key);
		memset(expected, (int)(number + (number % 3 != 0)), sizeof expected);
		assert_int_equal(volume_get(volume, key, sizeof key, value, sizeof value, &size), STATUS_OK);
		assert_memory_equal(value, expected, sizeof expected);
	}
	assert_true(volume_valid(volume));
}

static struct volume_statistics statistics(void)
{
	struct volume_statistics now;

	volume_statistics(volume, &now);
	return now;
}

static void report_nothing(void *context, const char *text)
{
	(void)context;
	(void)text;
}

/* A segment is read from its start to its end, and not record by record. */
static void reads(void **state)
{
	(void)state;
	many_keys();
	assert_int_equal(volume_clean(volume), STATUS_OK); /* the log is marked */
	const uint64_t cleaned = statistics().cleaned_segments, before = disk.reads;
	while (statistics().cleaned_segments == cleaned)
		assert_int_equal(volume_clean(volume), STATUS_OK);
	assert_in_range(disk.reads - before, 1, 5);
	all_are_there();
	sim_end(&disk);
}

/* A checkpoint takes several segments here: so many are emptied before one is written. */
static void checkpoints(void **state)
{
	(void)state;
	many_keys();
	const struct volume_statistics before = statistics();
	status_t status = STATUS_OK;
	while (status == STATUS_OK)
		status = volume_clean(volume);
	assert_int_equal(status, STATUS_NOT_FOUND);
	const struct volume_statistics after = statistics();
	assert_true(after.cleaned_segments >= 6);
	assert_true(after.cleaned_segments >= 2 * (after.checkpoint - before.checkpoint));
	all_are_there();
	mount();
	all_are_there();
	assert_int_equal(volume_check(volume, report_nothing, NULL), STATUS_OK);
	sim_end(&disk);
}

/* Every second batch no longer says what it is: its records are found by the index, and live on elsewhere. */
static void damaged_batches(void **state)
{
	(void)state;
	uint32_t batches = 0;

	many_keys();
	for (uint64_t at = FIRST_SEGMENT; at < sim_size(&disk); at += BLOCK_SIZE) {
		if (memcmp(disk.cache + at, MAGIC, strlen(MAGIC)) == 0 && batches++ % 2 == 0)
			disk.cache[at + 8] ^= 1;
	}
	assert_true(batches > 100);
	const uint64_t before = statistics().cleaned_segments;
	while (volume_clean(volume) == STATUS_OK)
		;
	assert_true(statistics().cleaned_segments >= before + 6);
	all_are_there();
	mount();
	all_are_there();
	sim_end(&disk);
}

/* The value of a key that was put once, where it lies. */
static uint8_t *value_of(uint32_t number)
{
	uint8_t key[KEY_SIZE];

	key_make(number, key);
	for (size_t at = FIRST_SEGMENT; at + RECORD_HEADER + KEY_SIZE < sim_size(&disk); at += 8) {
		uint8_t *record = disk.cache + at;
		if (record[4] == KEY_SIZE && record[5] == 1 && memcmp(record + RECORD_HEADER, key, KEY_SIZE) == 0)
			return record + RECORD_HEADER + KEY_SIZE;
	}
	fail_msg("key %u is nowhere", (unsigned)number);
	return NULL;
}

/* A record that lives and is damaged: nothing is moved that is not what was written, and it is told. */
static void damaged_record(void **state)
{
	(void)state;
	status_t status = STATUS_OK;

	many_keys();
	*value_of(3) ^= 1;
	while (status == STATUS_OK)
		status = volume_clean(volume);
	assert_int_equal(status, STATUS_DAMAGED);
	assert_true(volume_valid(volume));
	sim_end(&disk);
}

TEST_MAIN(cmocka_unit_test(reads), cmocka_unit_test(checkpoints), cmocka_unit_test(damaged_batches),
          cmocka_unit_test(damaged_record))
