/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * cambi on files it makes itself: keys, signing, bundles, and ten thousand
 * spoilt bundles, of which none may pass with other contents than were signed.
 */
#include "cambi_case.h"
#include <lib/crc32c.h>
#include <sys/stat.h>

/* The smallest program the kernel would load: one page of code that does not end. `mark` tells them apart. */
static void write_program(const char *name, uint8_t mark)
{
	uint8_t elf[0x1008] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

	bytes_put_le16(elf + 16, 2);  /* executable */
	bytes_put_le16(elf + 18, 62); /* x86-64 */
	bytes_put_le32(elf + 20, 1);
	bytes_put_le64(elf + 24, 0x201000); /* entry */
	bytes_put_le64(elf + 32, 64);       /* program headers */
	bytes_put_le16(elf + 52, 64);
	bytes_put_le16(elf + 54, 56);
	bytes_put_le16(elf + 56, 1);
	bytes_put_le32(elf + 64, 1); /* load */
	bytes_put_le32(elf + 68, 5); /* read, execute */
	bytes_put_le64(elf + 72, 0x1000);
	bytes_put_le64(elf + 80, 0x201000);
	bytes_put_le64(elf + 96, 8);
	bytes_put_le64(elf + 104, 8);
	bytes_put_le64(elf + 112, 0x1000);
	elf[0x1000] = 0xeb;
	elf[0x1001] = 0xfe;
	elf[0x1002] = mark;
	file_write(in_folder(name), elf, sizeof(elf));
}

static const char manifest_text[] =
	"profile all\n\tallow all\n"
	"service speaker\n\tprincipal app.speaker\n\tcalls all\n\tserves speech\n\tversion 3\n"
	"program *\n\tprincipal app\n\tcalls all\n\tuses speech\n";

static void make_bundle(char *path)
{
	static char programs[3][128];
	static const char *const names[] = {"init", "speaker", "hello"};

	for (uint32_t i = 0; i < 3; i++)
		snprintf(programs[i], sizeof(programs[i]), "program:%s", in_folder(names[i]));
	assert_int_equal(RUN(verb_bundle, path, "--release", "2", "--manifest", in_folder("some.manifest"),
	                     "--key", "test", programs[0], programs[1], programs[2]),
	                 0);
}

static struct trust trust;
static FILE *nowhere;

static int begin(void **state)
{
	static const uint8_t seed[MODULE_KEY_SIZE] = MODULE_TEST_SEED;
	struct module_signer signer;

	(void)state;
	if (mkdtemp(folder) == NULL || (nowhere = fopen("/dev/null", "w")) == NULL)
		return 1;
	module_signer_init(&signer, seed);
	trust_add(&trust, signer.key);
	write_program("init", 0);
	write_program("speaker", 1);
	write_program("hello", 2);
	file_write(in_folder("some.manifest"), manifest_text, sizeof(manifest_text) - 1);
	make_bundle(in_folder("bundle"));
	return 0;
}

static int finish(void **state)
{
	static const char *const names[] = {"init",  "speaker", "hello",  "some.manifest", "bundle",
	                                    "again", "key",     "signed", "deep/er/key"};

	(void)state;
	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_folder(names[i]));
	rmdir(in_folder("deep/er"));
	rmdir(in_folder("deep"));
	fclose(nowhere);
	return rmdir(folder);
}

/* ---- keys ---- */
static void keys(void **state)
{
	struct module_signer signer, again;
	struct stat status;

	(void)state;
	char *const path = in_folder("key");
	assert_true(key_create(path));
	assert_false(key_create(path));
	REFUSED("stays", RUN(verb_key_new, path));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	key_load(path, &signer);
	key_load(path, &again);
	assert_memory_equal(&signer, &again, sizeof(signer));
	assert_true(key_create(in_folder("deep/er/key")));
	key_load(in_folder("deep/er/key"), &again);
	assert_memory_not_equal(signer.seed, again.seed, sizeof(signer.seed));
}

static void bad_keys(void **state)
{
	struct module_signer signer;
	char path[128];
	static uint32_t unseen;

	(void)state;
	snprintf(path, sizeof(path), "%s", in_folder("key"));
	chmod(path, 0640);
	REFUSED("others may read", (key_load(path, &signer), 0));
	chmod(path, 0600);
	struct bytes file = file_read(path);
	for (size_t bit = 0; bit < 8 * file.size; bit++) {
		file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		file_write(path, file.data, file.size);
		chmod(path, 0600);
		REFUSED("", (key_load(path, &signer), unseen++, refuse("unseen"), 0));
		file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(unseen <=
	            2); /* two bytes of check: a flip in the seed goes unseen once in 65,536 times */
	file_write(path, file.data, file.size - 1);
	chmod(path, 0600);
	REFUSED("damaged", (key_load(path, &signer), 0));
	unlink(path);
	REFUSED("no key here", (key_load(path, &signer), 0));
	free(file.data);
}

/* ---- signing ---- */
static void signing(void **state)
{
	(void)state;
	char *const in = in_folder("hello"), *const out = in_folder("signed");
	assert_int_equal(RUN(verb_sign, "--name", "hello", "--role", "program", "--version", "4", "--key",
	                     "test", in, out),
	                 0);
	struct bytes file = file_read(out);
	struct module module;
	assert_int_equal(module_check(file.data, file.size, &trust, &module), MODULE_OK);
	assert_int_equal(module.version, 4);
	assert_int_equal(verify_bytes(nowhere, "signed", file.data, file.size, &trust), 0);
	assert_int_equal(verify_bytes(nowhere, "cut", file.data, file.size - 1, &trust), 1);
	free(file.data);
	REFUSED("signed already", RUN(verb_sign, "--name", "a", "--role", "program", "--version", "4",
	                              "--key", "test", out, out));
	REFUSED("not a 64-bit", RUN(verb_sign, "--name", "a", "--role", "program", "--version", "4",
	                            "--key", "test", in_folder("some.manifest"), out));
	REFUSED("no role", RUN(verb_sign, "--name", "a", "--role", "king", "--version", "4", in, out));
	REFUSED("--version", RUN(verb_sign, "--name", "a", "--role", "init", "--version", "0", in, out));
	REFUSED("--name", RUN(verb_sign, "--role", "init", "--version", "1", in, out));
}

static void principals(void **state)
{
	struct module_signer one, two;
	struct aid a, b;

	(void)state;
	module_signer_init(&one, (const uint8_t[MODULE_KEY_SIZE]){1});
	module_signer_init(&two, (const uint8_t[MODULE_KEY_SIZE]){2});
	principal_of_label(&one, "app.shell", &a);
	principal_of_label(&one, "app.shell", &b);
	assert_memory_equal(&a, &b, sizeof(a));
	principal_of_label(&one, "app.shel", &b);
	assert_memory_not_equal(&a, &b, sizeof(a));
	principal_of_label(&two, "app.shell", &b);
	assert_memory_not_equal(&a, &b, sizeof(a));
}

/* ---- bundles ---- */
static void same_bytes(void **state)
{
	(void)state;
	make_bundle(in_folder("again"));
	struct bytes one = file_read(in_folder("bundle")), two = file_read(in_folder("again"));
	assert_int_equal(one.size, two.size);
	assert_memory_equal(one.data, two.data, one.size);
	free(one.data);
	free(two.data);
}

static void roles(void **state)
{
	struct bytes file = file_read(in_folder("bundle"));
	struct bundle bundle;
	struct bundle_module module;
	struct catalog catalog;
	struct catalog_entry entry;

	(void)state;
	assert_int_equal(bundle_check(file.data, file.size, &bundle), BUNDLE_OK);
	assert_true(bundle_find(&bundle, CATALOG_NAME, &module));
	assert_int_equal(catalog_check(file.data + module.offset, module.size, &trust, &catalog),
	                 MODULE_OK);
	assert_int_equal(catalog.count, 4);
	assert_int_equal(catalog.release, 2);
	assert_true(catalog_find(&catalog, "init", &entry));
	assert_int_equal(entry.role, MODULE_INIT);
	assert_true(catalog_find(&catalog, "speaker", &entry));
	assert_int_equal(entry.role, MODULE_SERVICE);
	assert_int_equal(entry.version, 3);
	assert_true(catalog_find(&catalog, "hello", &entry));
	assert_int_equal(entry.role, MODULE_PROGRAM);
	assert_true(catalog_find(&catalog, "some.manifest", &entry));
	assert_int_equal(entry.role, MODULE_DATA);
	free(file.data);
}

static void bundle_refusals(void **state)
{
	char program[160];

	(void)state;
	snprintf(program, sizeof(program), "program:%s", in_folder("init"));
	char *const manifest = in_folder("some.manifest"), *const out = in_folder("again");
	REFUSED("not among",
	        RUN(verb_bundle, out, "--release", "2", "--manifest", manifest, "--key", "test", program));
	REFUSED("two modules", RUN(verb_bundle, out, "--release", "2", "--manifest", manifest, "--key",
	                           "test", program, program));
	REFUSED("--release", RUN(verb_bundle, out, "--manifest", manifest, "--key", "test", program));
}

/* Whatever passes says of every module what the sound one says. */
static void same_modules(const struct bytes *sound, const uint8_t *spoilt, size_t size)
{
	struct bundle a, b;
	struct bundle_module one, two;

	assert_int_equal(bundle_check(sound->data, sound->size, &a), BUNDLE_OK);
	assert_int_equal(bundle_check(spoilt, size, &b), BUNDLE_OK);
	for (uint32_t i = 0; i < a.count; i++) {
		assert_true(bundle_module(&a, i, &one));
		assert_true(bundle_find(&b, one.name, &two));
		assert_int_equal(one.size, two.size);
		assert_memory_equal(a.data + one.offset, b.data + two.offset, one.size);
	}
}

/* Make the checksums right again: what is found then is found by signatures and digests alone. */
static void repair_checksums(uint8_t *data, size_t size)
{
	const uint32_t count = size < 32 ? 0 : bytes_le32(data + 12);

	if (count > BUNDLE_MODULES_MAX || 32 + 64 * (size_t)count > size)
		return;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t *const entry = data + 32 + 64 * i;
		const uint64_t offset = bytes_le64(entry + 32), bytes = bytes_le64(entry + 40);
		if (bytes_fit(size, offset, bytes))
			bytes_put_le32(entry + 48, crc32c(CRC32C_INIT, data + offset, bytes));
	}
	bytes_put_le32(data + 24, crc32c(CRC32C_INIT, data + 32, 64 * (size_t)count));
}

/* A few changes: mostly in the tables and at the ends of modules, where the structure is. */
static void spoil(uint8_t *data, size_t size, uint64_t *seed)
{
	const uint64_t changes = 1 + test_random(seed) % 4;

	for (uint64_t i = 0; i < changes; i++) {
		size_t at = test_random(seed) % size;
		if (test_random(seed) % 3 == 0)
			at %= 400;
		else if (test_random(seed) % 2 == 0)
			at = at / PAGE_SIZE * PAGE_SIZE + at % 180;
		if (test_random(seed) % 2 == 0)
			data[at] ^= (uint8_t)(1u << test_random(seed) % 8);
		else
			data[at] = (uint8_t)test_random(seed);
	}
}

static void spoilt_bundles(void **state)
{
	struct bytes sound = file_read(in_folder("bundle"));
	uint64_t seed = 20261122;
	uint32_t passed = 0;

	(void)state;
	assert_int_equal(verify_bytes(nowhere, "sound", sound.data, sound.size, &trust), 0);
	for (uint32_t round = 0; round < 10000; round++) {
		const size_t size = round % 10 == 0 ? test_random(&seed) % sound.size + 1 : sound.size;
		uint8_t *const copy = test_copy(sound.data, size);
		spoil(copy, size, &seed);
		if (round % 2 == 0)
			repair_checksums(copy, size);
		if (verify_bytes(nowhere, "spoilt", copy, size, &trust) == 0) {
			same_modules(&sound, copy, size);
			passed++;
		}
		free(copy);
	}
	assert_true(passed < 9000);
	free(sound.data);
}

/* ---- manifests ---- */
#define PROFILE         "profile all\n\tallow all\n"
#define WHO(kind, name) kind " " name "\n\tprincipal p." name "\n\tcalls all\n"

static char *written(const char *text)
{
	char *const path = in_folder("again");

	file_write(path, text, strlen(text));
	return path;
}

static void manifest_faults(void **state)
{
	static const char *const unused[] = {
		PROFILE WHO("service", "a") "\tserves x\n",
		PROFILE "profile none\n\tallow all\n" WHO("service", "a"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(unused) / sizeof(unused[0]); i++)
		assert_int_equal(RUN(verb_manifest_check, "--quiet", written(unused[i])), 1);
	assert_int_equal(RUN(verb_manifest_check, "--quiet", in_folder("some.manifest")), 0);
	REFUSED("nobody serves",
	        RUN(verb_manifest_check, written(PROFILE WHO("program", "b") "\tuses x\n")));
	REFUSED("circle",
	        RUN(verb_manifest_check, written(PROFILE WHO("service", "a") "\tserves x\n\tuses y\n" WHO(
						 "service", "b") "\tserves y\n\tuses x\n")));
	REFUSED(":1:", RUN(verb_manifest_check, written("nonsense\n")));
}

static void manifest_paths(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s",
	         written(PROFILE WHO("service", "disk") "\tserves d\n\thandle power manage\n" WHO(
			 "service",
			 "files") "\tserves f\n\tuses d\n" WHO("program",
	                                                       "editor") "\tuses f\n" WHO("program",
	                                                                                  "clock")));
	char *text = printed(verb_manifest_reach, 2, (char *[]){path, "power"});
	assert_non_null(strstr(text, "disk             holds it: manage"));
	assert_non_null(strstr(text, "files            by asking disk"));
	assert_non_null(strstr(text, "editor           by asking files, which asks disk"));
	assert_null(strstr(text, "clock"));
	free(text);
	text = printed(verb_manifest_graph, 1, (char *[]){path});
	assert_non_null(strstr(text, "n1 -> n0 [label=\"d\"]"));
	free(text);
	text = printed(verb_manifest_graph, 2, (char *[]){"--svg", path});
	assert_non_null(strstr(text, ">editor</text>"));
	assert_non_null(strstr(text, "</svg>"));
	free(text);
	REFUSED("no service", RUN(verb_manifest_reach, path, "nothing"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(keys),
	cmocka_unit_test(bad_keys),
	cmocka_unit_test(signing),
	cmocka_unit_test(principals),
	cmocka_unit_test(same_bytes),
	cmocka_unit_test(roles),
	cmocka_unit_test(bundle_refusals),
	cmocka_unit_test(spoilt_bundles),
	cmocka_unit_test(manifest_faults),
	cmocka_unit_test(manifest_paths),
};

int main(void)
{
	const int failed = cmocka_run_group_tests(tests, begin, finish);

	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
