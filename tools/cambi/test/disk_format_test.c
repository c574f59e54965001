/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Images of disks, read by a program that knows only docs/protocols/disk-format.md: it has
 * to find the same objects and names as the store, of every shape an image can
 * have, and to find fault where `cambi disk verify` does and nowhere else.
 */
#define _GNU_SOURCE
#include "cambi_case.h"
#include "../disk.h"
#include <lib/identity.h>

#define READER "python3 tools/disk_reader.py"

static char image[128];
static struct disk *disk;

static void make(char *size)
{
	const struct disk_place place = {image, NULL};

	unlink(image);
	free(printed(verb_disk, 4, (char *[]){image, "format", "--size", size, NULL}));
	disk = disk_open(&place, true);
}

static void reopen(bool writable)
{
	const struct disk_place place = {image, NULL};

	disk_close(disk);
	disk = disk_open(&place, writable);
}

/* Through the verbs, which want the disk for themselves. */
static void put(size_t size, uint8_t seed, char *name)
{
	uint8_t *const content = grown(NULL, size);

	for (size_t i = 0; i < size; i++)
		content[i] = (uint8_t)(seed + i * 3 + i / 65536 * 7);
	file_write(in_folder("file"), content, size);
	free(content);
	disk_close(disk);
	free(printed(verb_disk, 7, (char *[]){image, "put", in_folder("file"), "--name", name, "--type",
	                                      seed % 2 == 0 ? "text/plain" : "data", NULL}));
	const struct disk_place place = {image, NULL};
	disk = disk_open(&place, true);
}

/* An upload that is given up: commits, records that die, parts that are deleted. */
static void churn(uint32_t rounds, size_t size)
{
	struct object_upload upload;

	for (uint32_t i = 0; i < rounds; i++) {
		memset(disk->part, (int)i, sizeof(disk->part));
		assert_int_equal(object_upload_begin(&disk->store, &upload), STATUS_OK);
		if (size > 0)
			assert_int_equal(object_upload_part(&disk->store, &upload, disk->part, size), STATUS_OK);
		disk_commit(disk);
		assert_int_equal(object_upload_cancel(&disk->store, &upload), STATUS_OK);
		disk_reclaim(disk);
	}
}

/* ---- what the store says, as the reader would ---- */
static void list_object(FILE *out, const struct object_id *id)
{
	char hash[65], author[65], owner[65];
	struct object object;

	assert_int_equal(object_find(&disk->store, id, &object), STATUS_OK);
	hex_of_bytes(id->hash, HASH_SIZE, hash);
	hex_of_bytes(id->author.bytes, AID_SIZE, author);
	hex_of_bytes(object.owner.bytes, AID_SIZE, owner);
	fprintf(out, "object %s %s %s %llu %s\n", hash, author, owner, (unsigned long long)object.birth.size,
	        object.birth.type[0] == '\0' ? "-" : object.birth.type);
}

static char *listing(void)
{
	char *text = NULL, owner[65], hash[65];
	size_t size;
	FILE *const out = open_memstream(&text, &size);
	struct object_id id = {.hash = {0}};
	struct object_name name = {.sequence = 0};

	while (object_next(&disk->store, NULL, &id, &id) == STATUS_OK)
		list_object(out, &id);
	while (disk_name_next(disk, &name)) {
		hex_of_bytes(name.owner.bytes, AID_SIZE, owner);
		hex_of_bytes(name.target.hash, HASH_SIZE, hash);
		fprintf(out, "name %s %s %llu %s\n", owner, name.name, (unsigned long long)name.sequence,
		        name.removed ? "removed" : hash);
	}
	fclose(out);
	return text;
}

static int reader(const char *path, char *out_text, size_t room)
{
	char command[400];

	snprintf(command, sizeof(command), READER " %s 2>%s", path, in_folder("complaint"));
	FILE *const output = popen(command, "r");
	assert_non_null(output);
	const size_t size = fread(out_text, 1, room - 1, output);
	out_text[size] = '\0';
	return pclose(output);
}

/* The image as it lies there now is read the same by both. */
static void agree(const char *path)
{
	static char text[65536];
	char *const wanted = listing();

	if (reader(path, text, sizeof(text)) != 0) {
		struct bytes complaint = file_read(in_folder("complaint"));
		fail_msg("the reader says: %.*s", (int)complaint.size, (const char *)complaint.data);
	}
	assert_string_equal(text[0] == '\n' ? text + 1 : text, wanted);
	free(wanted);
}

/* With the disk still open, as if power went now: what a log has that no checkpoint followed. */
static void agree_without_closing(void)
{
	struct bytes bytes = file_read(image);

	file_write(in_folder("copy"), bytes.data, bytes.size);
	free(bytes.data);
	agree(in_folder("copy"));
}

/* ---- shapes of images ---- */
static void empty(void **state)
{
	(void)state;
	make("1M");
	reopen(false);
	agree(image);
	disk_close(disk);
}

static void many_objects(void **state)
{
	char name[16];

	(void)state;
	make("16M"); /* segments of 64 blocks */
	for (uint32_t i = 0; i < 70; i++) {
		snprintf(name, sizeof(name), "name%u", i % 9);
		put(i % 10 == 3 ? 0 : i * i, (uint8_t)i, name);
	}
	put(65 * 65536 + 5, 1, "long"); /* a list of two pages */
	put(65536, 2, "exact");
	put(65537, 3, "more");
	agree_without_closing();
	reopen(false);
	agree(image);
	disk_close(disk);
}

/* The log goes on into other segments, pages are more than one, segments are cleaned and used again. */
static void long_logs(void **state)
{
	struct volume_statistics statistics;

	(void)state;
	make("1M");
	put(3000, 1, "stays");
	churn(20, 0);
	agree_without_closing();
	churn(30, 20000);
	agree_without_closing();
	churn(60, 65536);
	volume_statistics(disk->volume, &statistics);
	assert_true(statistics.cleaned_segments > 0 || statistics.checkpoint > 5);
	agree_without_closing();
	reopen(false);
	agree(image);
	disk_close(disk);
}

static void grown_disk(void **state)
{
	(void)state;
	make("1M");
	put(3000, 1, "before");
	disk_close(disk);
	assert_int_equal(truncate(image, 3 << 20), 0);
	const struct disk_place place = {image, NULL};
	disk = disk_open(&place, false);
	agree(image);
	reopen(true);
	put(900000, 2, "after");
	churn(5, 100);
	agree_without_closing();
	reopen(false);
	agree(image);
	disk_close(disk);
}

/* ---- faults ---- */
static bool verify_complains(void)
{
	FILE *const terminal = stdout;
	volatile bool wrong = true;

	stdout = fopen("/dev/null", "w");
	assert_non_null(stdout);
	may_end = true;
	if (setjmp(ended) == 0)
		wrong = RUN(verb_disk, image, "verify") != 0;
	may_end = false;
	fclose(stdout);
	stdout = terminal;
	close_range(3, ~0u, 0);
	return wrong;
}

static void same_faults(void **state)
{
	static char text[65536];
	uint64_t seed = 3;
	uint32_t wrong = 0;

	(void)state;
	make("1M");
	put(3000, 1, "one");
	put(70000, 2, "two");
	put(10, 3, "one");
	disk_close(disk);
	struct bytes bytes = file_read(image);
	for (uint32_t i = 0; i < 40; i++) {
		uint64_t at;
		do /* where something was written at some time */
			at = test_random(&seed) % (i % 2 == 0 ? bytes.size : 4 * BLOCK_SIZE);
		while (bytes.data[at] == 0);
		bytes.data[at] ^= (uint8_t)(1u << i % 8);
		file_write(image, bytes.data, bytes.size);
		const bool complains = verify_complains();
		if ((reader(image, text, sizeof(text)) != 0) != complains)
			fail_msg("byte %llu, bit %u: only one of both complains", (unsigned long long)at, i % 8);
		wrong += complains;
		bytes.data[at] ^= (uint8_t)(1u << i % 8);
	}
	free(bytes.data);
	assert_in_range(wrong, 15, 39);
}

static int begin(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL || !key_create(in_folder("key")))
		return 1;
	setenv("CAMBIOS_KEY", in_folder("key"), 1);
	snprintf(image, sizeof(image), "%s", in_folder("disk"));
	return 0;
}

static int finish(void **state)
{
	static const char *const names[] = {"file", "key", "disk", "copy", "complaint"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_folder(names[i]));
	return rmdir(folder);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(empty),      cmocka_unit_test(many_objects), cmocka_unit_test(long_logs),
	cmocka_unit_test(grown_disk), cmocka_unit_test(same_faults),
};

int main(void)
{
	const int failed = cmocka_run_group_tests(tests, begin, finish);

	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
