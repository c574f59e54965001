/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cambi disk salvage: what is whole comes out of disks that cannot be opened, and nothing that is not. */
#define _GNU_SOURCE
#include "disk_case.h"
#include <lib/identity.h>

#define SUPERBLOCKS (4u * BLOCK_SIZE)

static char *tar, *saved;

static void gone(const char *path)
{
	char command[200];

	snprintf(command, sizeof(command), "rm -rf %s", path);
	assert_int_equal(system(command), 0);
}

/* A disk as `fill` makes it, and its export; then bytes of the image are another. */
static struct bytes filled(void)
{
	fill(image);
	export_to(tar, image);
	gone(saved);
	return file_read(image);
}

static void superblocks_lose(struct bytes *disk)
{
	memset(disk->data, 0x5a, SUPERBLOCKS);
	file_write(image, disk->data, disk->size);
}

static void all_comes_back(void **state)
{
	struct bytes disk = filled();

	(void)state;
	superblocks_lose(&disk);
	free(disk.data);
	DISK_REFUSED("`salvage` looks for what is left", image, "list");
	has(SAYS(image, "salvage", saved), "4 objects, 3 records of names\n");
	same_file(tar, saved);
	unlink(other);
	quiet(SAYS(other, "format", "--size", "2M"));
	has(SAYS(other, "import", saved), "4 objects and 3 records");
	has(SAYS(other, "verify"), "sound: 4 objects");
}

static char *salvaged(int expected)
{
	FILE *const terminal = stdout;
	char *text = NULL;
	size_t size;

	gone(saved);
	stdout = open_memstream(&text, &size);
	const int status = DISK(image, "salvage", saved);
	fclose(stdout);
	stdout = terminal;
	assert_int_equal(status, expected);
	return text;
}

/* Of a disk that can be opened, too. */
static void what_is_damaged_stays(void **state)
{
	struct bytes disk = filled();

	(void)state;
	uint8_t *const content = memmem(disk.data, disk.size, "hello\n", 6);
	assert_non_null(content);
	content[1] ^= 1;
	superblocks_lose(&disk);
	has(salvaged(1), "2 objects, 3 records of names; what is damaged was left out");
	content[1] ^= 1;
	file_write(image, disk.data, disk.size);
	has(salvaged(0), "4 objects, 3 records of names\n");
	free(disk.data);
}

/* Whatever bytes are damaged, what comes out is true: it can be imported, and the store is sound then. */
static void seeded_damage(void **state)
{
	struct bytes disk = filled();
	uint64_t seed = 3;

	(void)state;
	for (uint32_t round = 0; round < 12; round++) {
		uint8_t *const copy = test_copy(disk.data, disk.size);
		for (uint32_t i = 0; i < 1u << round; i++)
			copy[test_random(&seed) % (1u << 19)] ^= (uint8_t)(1u + test_random(&seed) % 255u);
		memset(copy, 0, SUPERBLOCKS);
		file_write(image, copy, disk.size);
		free(copy);
		gone(saved);
		may_end = true;
		if (setjmp(ended) == 0) {
			(void)DISK(image, "salvage", saved);
			may_end = false;
		} else {
			assert_non_null(strstr(reason, "nothing of a store is found"));
			close_range(3, ~0u, 0);
			continue;
		}
		unlink(other);
		quiet(SAYS(other, "format", "--size", "2M"));
		quiet(SAYS(other, "import", saved));
		has(SAYS(other, "verify"), "sound");
	}
	free(disk.data);
}

static void two_stores(void **state)
{
	struct bytes disk = filled();
	char first[33];

	(void)state;
	hex_of_bytes(disk.data + 2 * BLOCK_SIZE + 16, 16, first);
	free(disk.data);
	/* What was on it stays where nothing is written over it: here, all but the first commits. */
	quiet(SAYS(image, "format", "--force"));
	quiet(SAYS(image, "put", in_folder("empty")));
	gone(saved);
	has(SAYS(image, "salvage", saved), "1 object, 0 records");
	disk = file_read(image);
	superblocks_lose(&disk);
	free(disk.data);
	gone(saved);
	DISK_REFUSED("--volume says which", image, "salvage", saved);
	REFUSED("no volume's identity", DISK(image, "salvage", saved, "--volume", "12"));
	close_range(3, ~0u, 0);
	gone(saved);
	assert_int_equal(DISK(image, "salvage", saved, "--volume", first), 1);
	assert_int_equal(access(saved, F_OK), 0);
}

static void nothing_there(void **state)
{
	(void)state;
	unlink(image);
	quiet(SAYS(image, "format", "--size", "2M"));
	struct bytes disk = file_read(image);
	memset(disk.data, 0, disk.size);
	file_write(image, disk.data, disk.size);
	free(disk.data);
	gone(saved);
	DISK_REFUSED("nothing of a store is found", image, "salvage", saved);
	assert_int_not_equal(access(saved, F_OK), 0);
}

static int start(void **state)
{
	const int failed = begin(state);

	tar = kept_path("whole.tar");
	saved = kept_path("saved.tar");
	return failed;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_comes_back), cmocka_unit_test(what_is_damaged_stays),
	                                   cmocka_unit_test(seeded_damage), cmocka_unit_test(two_stores),
	                                   cmocka_unit_test(nothing_there)};

	const int failed = cmocka_run_group_tests(tests, start, finish);

	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
