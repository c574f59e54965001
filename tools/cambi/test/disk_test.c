/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * cambi disk on images it makes itself: every verb, what is refused and why, locks
 * beside QEMU's, exports that come back the same and spoilt ones that change nothing.
 */
#define _GNU_SOURCE
#include "disk_case.h"
#include "../disk_export.h"
#include <fcntl.h>
#include <lib/identity.h>
#include <sys/stat.h>

/* ---- making ---- */
static void blank_or_not(void **state)
{
	(void)state;
	unlink(image);
	DISK_REFUSED("no such file", image, "list");
	REFUSED("not a size", DISK(image, "format", "--size", "many"));
	REFUSED("1M at least", DISK(image, "format", "--size", "64K"));
	assert_int_not_equal(access(image, F_OK), 0);
	has(SAYS(image, "format", "--size", "2M"), "a new store");
	DISK_REFUSED("not blank", image, "format");
	DISK_REFUSED("there already", image, "format", "--size", "4M");
	has(SAYS(image, "format", "--force"), "holds volume");
	has(SAYS(image, "verify"), "sound: 0 objects");
	/* Blank at the start and in use at the end, as a disk with a spare partition table is. */
	uint8_t *const bytes = calloc(1, 4u << 20);
	bytes[(4u << 20) - 5] = 1;
	file_write(other, bytes, 4u << 20);
	DISK_REFUSED("no store lies on it", other, "list");
	DISK_REFUSED("not blank", other, "format");
	bytes[(4u << 20) - 5] = 0;
	file_write(other, bytes, 4u << 20);
	has(SAYS(other, "format"), "a new store");
	free(bytes);
	REFUSED("neither a file nor a disk", DISK(folder, "list"));
}

static void other_versions(void **state)
{
	(void)state;
	fill(image);
	struct bytes file = file_read(image);
	for (uint32_t copy = 0; copy < 4; copy++)
		file.data[copy * BLOCK_SIZE + 8] = 9;
	file_write(other, file.data, file.size);
	DISK_REFUSED("version 9", other, "list");
	DISK_REFUSED("not blank", other, "format");
	free(file.data);
	file = file_read(image);
	file_write(other, file.data, file.size / 2);
	DISK_REFUSED("cut short", other, "verify");
	memset(file.data + 8, 1, 4 * BLOCK_SIZE - 8);
	file_write(other, file.data, file.size);
	DISK_REFUSED("", other, "list");
	free(file.data);
}

/* The same key behind a passphrase that is cheap to try. */
static void make_cheap(const char *old, const char *new)
{
	static const uint8_t salt[BLOCK_XTS_SALT_SIZE] = {1};
	const struct passphrase before = {old, strlen(old)}, after = {new, strlen(new)};
	struct disk_file file;

	disk_file_open(&file, image, true, 0);
	assert_int_equal(block_xts_change(&file.device, &before, &after, 10, salt), STATUS_OK);
	disk_file_close(&file);
}

static void encrypted(void **state)
{
	char *const words = kept_path("words"), *const more = kept_path("more");

	(void)state;
	unlink(image);
	has(SAYS(image, "format", "--size", "2M", "--passphrase-file", words), "encrypted");
	make_cheap("open sesame", "open sesame");
	quiet(SAYS(image, "put", in_folder("text"), "--passphrase-file", words));
	has(SAYS(image, "verify", "--passphrase-file", words), "sound: 1 object of");
	has(SAYS(image, "stat", "--passphrase-file", words), ", encrypted");
	DISK_REFUSED("not the passphrase", image, "list", "--passphrase-file", more);
	DISK_REFUSED("not blank", image, "format", "--passphrase-file", words);
	quiet(SAYS(image, "passphrase", "--passphrase-file", words, "--new-file", more));
	make_cheap("six other words", "six other words");
	DISK_REFUSED("not the passphrase", image, "list", "--passphrase-file", words);
	has(SAYS(image, "verify", "--passphrase-file", more), "sound: 1 object of");
	struct bytes file = file_read(image);
	file.data[100] ^= 1;
	file_write(image, file.data, file.size);
	free(file.data);
	assert_int_equal(DISK(image, "verify", "--passphrase-file", more), 1);
	assert_int_equal(DISK(image, "fsck", "--repair", "--passphrase-file", more), 0);
}

/* ---- in and out ---- */
static void contents(void **state)
{
	static const char *const names[] = {"long", "text", "empty"};

	(void)state;
	fill(image);
	char *const out = kept_path("out");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bytes file = file_read(in_folder(names[i]));
		uint8_t digest[HASH_SIZE];
		char hash[2 * HASH_SIZE + 1];
		hash_bytes(file.data, file.size, digest);
		free(file.data);
		hex_of_bytes(digest, HASH_SIZE, hash);
		quiet(SAYS(image, "get", hash, "-o", out));
		same_file(out, in_folder(names[i]));
		hash[9] = '\0';
		quiet(SAYS(image, "get", hash, "-o", out));
		same_file(out, in_folder(names[i]));
		has(SAYS(image, "list"), hash);
	}
	quiet(SAYS(image, "get", "data", "-o", out));
	same_file(out, in_folder("long"));
	DISK_REFUSED("2 owners have a name greeting", image, "get", "greeting", "-o", out);
	has(SAYS(image, "get", "greeting", "--owner", "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw"), "hello\n");
	DISK_REFUSED("no name and no object", image, "get", "nothing", "-o", out);
	DISK_REFUSED("no name and no object", image, "get", "0000000", "-o", out);
	has(SAYS(image, "put", in_folder("text")), "was here already");
	has(SAYS(image, "stat", "data"), "verified  content, author and every signature");
	has(SAYS(image, "du"), "kept once            7 parts");
	has(SAYS(image, "stat"), "objects   4 of 300012 bytes, in 7 parts of 300006");
}

static void names(void **state)
{
	(void)state;
	fill(image);
	has(SAYS(image, "names"), "data");
	quiet(SAYS(image, "name", "data", "af1349b9"));
	has(SAYS(image, "log", "data"), "     2");
	has(SAYS(image, "stat", "data"), "size      0\n");
	quiet(SAYS(image, "name", "data", "--remove"));
	DISK_REFUSED("points to nothing any more", image, "get", "data");
	DISK_REFUSED("you have no name data", image, "name", "data", "--remove");
	has(SAYS(image, "log", "data"), "     3");
	has(SAYS(image, "names", "--all"), "removed");
	quiet(SAYS(image, "name", "data", "af1349b9"));
	has(SAYS(image, "log", "data"), "     4");
	REFUSED("no space", DISK(image, "name", "two words", "af1349b9"));
	has(SAYS(image, "log", "af1349b9"), "born, signed by did:key:z6Mk");
	has(SAYS(image, "verify"), "sound: 4 objects of 292 KiB, 3 names");
}

/* ---- locks ---- */
static int run_qemu_io(const char *options)
{
	char command[400];

	snprintf(command, sizeof(command), "qemu-io -f raw %s %s >%s 2>&1", options, image, in_folder("out"));
	return system(command);
}

static bool is_refused(const struct disk_place *place, bool writable)
{
	may_end = true;
	if (setjmp(ended) != 0)
		return true;
	disk_close(disk_open(place, writable));
	may_end = false;
	return false;
}

static void in_use_here(void **state)
{
	(void)state;
	fill(image);
	const struct disk_place place = {image, NULL};
	struct disk *const disk = disk_open(&place, false), *const second = disk_open(&place, false);
	assert_true(is_refused(&place, true));
	assert_int_not_equal(run_qemu_io("-c 'write 0 512'"), 0);
	assert_int_equal(run_qemu_io("-r -c 'read 0 512'"), 0);
	disk_close(second);
	disk_close(disk);
	struct disk *const writer = disk_open(&place, true);
	assert_true(is_refused(&place, false));
	assert_true(is_refused(&place, true));
	assert_int_not_equal(run_qemu_io("-r -c 'read 0 512'"), 0);
	disk_close(writer);
	assert_false(is_refused(&place, true));
	has(SAYS(image, "verify"), "sound");
}

/* QEMU holds it from when it answers the first question until its input ends. Nobody else looks meanwhile: QEMU does not
 * try twice. */
static void in_use_by_qemu(void **state)
{
	char command[256];
	const struct disk_place place = {image, NULL};
	char *const said = kept_path("said");
	struct stat status = {.st_size = 0};

	(void)state;
	fill(image);
	snprintf(command, sizeof(command), "exec qemu-io -f raw %s >%s", image, said);
	FILE *const machine = popen(command, "w");
	assert_non_null(machine);
	assert_true(fputs("length\n", machine) >= 0 && fflush(machine) == 0);
	for (uint32_t i = 0; i < 6000 && status.st_size == 0; i++) {
		usleep(10000);
		(void)!stat(said, &status);
	}
	assert_int_not_equal(status.st_size, 0);
	assert_true(is_refused(&place, false));
	assert_true(is_refused(&place, true));
	assert_int_equal(pclose(machine), 0);
	assert_false(is_refused(&place, true));
	has(SAYS(image, "verify"), "sound");
}

/* ---- export and import ---- */
static void round_trip(void **state)
{
	char *const tar = kept_path("one.tar"), *const again = kept_path("two.tar"), *const tree = kept_path("tree/");

	(void)state;
	fill(image);
	quiet(SAYS(image, "name", "data", "--remove"));
	export_to(tar, image);
	export_to(tree, image);
	DISK_REFUSED("is there already", image, "export", tar);
	DISK_REFUSED("File exists", image, "export", tree);
	for (uint32_t way = 0; way < 2; way++) {
		unlink(other);
		quiet(SAYS(other, "format", "--size", "2M"));
		has(SAYS(other, "import", way == 0 ? tar : tree), "4 objects and 4 records");
		has(SAYS(other, "import", tar), "0 objects and 0 records");
		has(SAYS(other, "verify"), "sound: 4 objects of 292 KiB, 2 names");
		export_to(again, other);
		same_file(tar, again);
	}
	/* What another tar packed, folders and all. */
	char command[600];
	snprintf(command, sizeof(command), "tar --format=ustar --sort=name -C %s -cf %s FORMAT names objects", tree, again);
	assert_int_equal(system(command), 0);
	unlink(other);
	quiet(SAYS(other, "format", "--size", "2M"));
	has(SAYS(other, "import", again), "4 objects and 4 records");
}

/* A size for which octal digits do not suffice; the header alone is looked at. */
static void large_entries(void **state)
{
	char *const tar = kept_path("large.tar");
	const char *name;
	uint64_t size;

	(void)state;
	struct archive *archive = archive_create(tar);
	archive_add(archive, "objects/a/content", 9ull << 30);
	archive_close(archive);
	archive = archive_open(tar);
	assert_true(archive_next(archive, &name, &size));
	assert_string_equal(name, "objects/a/content");
	assert_int_equal(size, 9ull << 30);
	archive_close(archive);
	REFUSED("is there already", archive_create(tar));
}

/* Two stores whose owner of `greeting` went on differently; the text was born twice. */
static void contradictions(void **state)
{
	char *const tar = kept_path("one.tar");

	(void)state;
	fill(image);
	export_to(tar, image);
	fill(other);
	quiet(SAYS(other, "name", "data", "af1349b9"));
	assert_int_equal(DISK(other, "import", tar), 1);
	has(SAYS(other, "verify"), "sound: 4 objects");
	has(SAYS(other, "stat", "data"), "size      0\n");
}

/* Each bit of everything but the padding of a tar file; contents sparsely. */
static void spoilt_exports(void **state)
{
	char *const tar = kept_path("one.tar"), *const spoilt = kept_path("two.tar");

	(void)state;
	unlink(image);
	quiet(SAYS(image, "format", "--size", "2M"));
	quiet(SAYS(image, "put", in_folder("text"), "--name", "greeting"));
	export_to(tar, image);
	unlink(other);
	quiet(SAYS(other, "format", "--size", "2M"));
	struct bytes file = file_read(tar), before = file_read(other);
	uint32_t checked = 0;
	for (size_t entry = 0; file.data[entry] != 0;) {
		const size_t size = (size_t)strtoul((const char *)file.data + entry + 124, NULL, 8);
		for (size_t bit = 0; bit < 8 * size; bit += size > 100 ? 7 : 1, checked++) {
			file.data[entry + 512 + bit / 8] ^= (uint8_t)(1u << bit % 8);
			file_write(spoilt, file.data, file.size);
			DISK_REFUSED("nothing was imported", other, "import", spoilt);
			file.data[entry + 512 + bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		entry += 512 + (size + 511) / 512 * 512;
	}
	assert_true(checked > 800);
	for (size_t size = 0; size < file.size - 1024; size += 512) {
		file_write(spoilt, file.data, size);
		DISK_REFUSED("", other, "import", spoilt);
	}
	has(SAYS(other, "verify"), "sound: 0 objects");
	free(file.data);
	free(before.data);
}

/* ---- what is wrong, in words ---- */
/* A disk whose volume is sound and whose store is not: written by the volume's own functions. */
static void change(const char *key, size_t key_size, const void *value, size_t value_size)
{
	const struct disk_place place = {image, NULL};
	struct disk *const disk = disk_open(&place, true);

	assert_int_equal(value == NULL ? volume_delete(disk->volume, key, key_size) :
	                                 volume_put(disk->volume, key, key_size, value, value_size),
	                 STATUS_OK);
	assert_int_equal(volume_commit(disk->volume), STATUS_OK);
	disk_close(disk);
}

static char *verdict(int expected)
{
	FILE *const terminal = stdout;
	char *text = NULL;
	size_t size;

	stdout = open_memstream(&text, &size);
	const int status = DISK(image, "verify");
	fclose(stdout);
	stdout = terminal;
	assert_int_equal(status, expected);
	return text;
}

static void altered_stores(void **state)
{
	uint8_t key[33] = {'D'}, count[8] = {2};

	(void)state;
	fill(image);
	hash_bytes((const uint8_t *)"hello\n", 6, key + 1);
	change((const char *)key, 33, "hullo\n", 6);
	has(verdict(1), "content does not match its address");
	DISK_REFUSED("does not match its address", image, "get", "8e4c7c1b99", "-o", in_folder("out2"));
	assert_int_not_equal(access(in_folder("out2"), F_OK), 0);
	has(SAYS(image, "stat", "8e4c7c1b99"), "content does not match its address");
	assert_int_equal(DISK(image, "export", in_folder("rescue.tar")), 1);
	assert_int_equal(DISK(image, "fsck", "--repair"), 1);
	change((const char *)key, 33, "hello\n", 6);
	free(verdict(0));
	key[0] = 'R';
	count[0] = 3;
	change((const char *)key, 33, count, sizeof(count));
	has(verdict(1), "counts of references");
	count[0] = 2;
	change((const char *)key, 33, count, sizeof(count));
	key[0] = 'D';
	change((const char *)key, 33, NULL, 0);
	has(verdict(1), "content or a part of it is missing");
	change((const char *)key, 33, "hello\n", 6);
	change("x", 1, "y", 1);
	has(verdict(1), "is of no known kind");
	change("x", 1, NULL, 0);
	has(verdict(0), "sound: 4 objects of 292 KiB, 3 names; every checksum, hash, signature and history");
}

static const uint8_t disk_sevens[8] = {7, 7, 7, 7, 7, 7, 7, 7};

/* An upload that nobody finished, and a last commit that was torn. */
static void repairs(void **state)
{
	const struct disk_place place = {image, NULL};
	struct object_upload upload;

	(void)state;
	fill(image);
	struct disk *disk = disk_open(&place, true);
	assert_int_equal(object_upload_begin(&disk->store, &upload), STATUS_OK);
	memset(disk->part, 7, sizeof(disk->part));
	assert_int_equal(object_upload_part(&disk->store, &upload, disk->part, 1000), STATUS_OK);
	disk_commit(disk);
	struct bytes killed = file_read(image); /* as it is if power goes now */
	disk_close(disk);
	has(SAYS(image, "verify"), "sound");
	has(SAYS(image, "fsck"), "1 interrupted uploads");
	has(SAYS(image, "fsck", "--repair"), "1000 B of content given back");
	has(SAYS(image, "fsck"), "nothing is wrong");
	/* What was written last: the upload's part. */
	uint8_t *const part = memmem(killed.data, killed.size, disk_sevens, sizeof(disk_sevens));
	assert_non_null(part);
	part[5] = 6;
	file_write(image, killed.data, killed.size);
	free(killed.data);
	has(verdict(1), "behind the last commit lies one that is not whole");
	has(SAYS(image, "fsck", "--repair"), "nothing is wrong");
	has(verdict(0), "sound: 4 objects of 292 KiB, 3 names");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(blank_or_not),   cmocka_unit_test(other_versions), cmocka_unit_test(encrypted),
	cmocka_unit_test(contents),       cmocka_unit_test(names),          cmocka_unit_test(in_use_here),
	cmocka_unit_test(in_use_by_qemu), cmocka_unit_test(round_trip),     cmocka_unit_test(contradictions),
	cmocka_unit_test(large_entries),  cmocka_unit_test(spoilt_exports), cmocka_unit_test(altered_stores), cmocka_unit_test(repairs),
};

int main(void)
{
	const int failed = cmocka_run_group_tests(tests, begin, finish);

	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
