/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A good bundle, each way to spoil it, truncation at every length, random damage. */
#include "test.h"
#include <lib/bundle.h>
#include <lib/crc32c.h>
#include <string.h>

#define MODULES 3u
#define PAGES 4u

static struct {
	struct bundle_header header;
	struct bundle_entry entries[MODULES];
	uint8_t rest[PAGES * PAGE_SIZE - 32 - MODULES * 64];
} image;

static void seal(void)
{
	image.header.checksum = crc32c(CRC32C_INIT, (const uint8_t *)image.entries, sizeof image.entries);
}

/* init: page 1, two pages less a bit; empty: page 3, nothing; notes: page 3, 100 bytes. */
static void build(void)
{
	static const struct bundle_entry entries[MODULES] = {
		{ .name = "init", .offset = PAGE_SIZE, .size = 2 * PAGE_SIZE - 5, .kind = BUNDLE_PROGRAM },
		{ .name = "empty", .offset = 3 * PAGE_SIZE, .size = 0, .kind = BUNDLE_DATA },
		{ .name = "notes", .offset = 3 * PAGE_SIZE, .size = 100, .kind = BUNDLE_DATA },
	};
	uint64_t seed = 16;

	memset(&image, 0, sizeof image);
	for (size_t i = PAGE_SIZE; i < sizeof image; i++)
		((uint8_t *)&image)[i] = (uint8_t)test_random(&seed);
	image.header = (struct bundle_header){
		.magic = BUNDLE_MAGIC, .version = BUNDLE_VERSION, .count = MODULES, .size = sizeof image
	};
	for (uint32_t i = 0; i < MODULES; i++) {
		image.entries[i] = entries[i];
		image.entries[i].checksum =
			crc32c(CRC32C_INIT, (const uint8_t *)&image + entries[i].offset, entries[i].size);
	}
	seal();
}

static enum bundle_verdict check(struct bundle *out)
{
	return bundle_check((const uint8_t *)&image, sizeof image, out);
}

static void good(void **state)
{
	(void)state;
	struct bundle bundle;
	struct bundle_module module;

	build();
	assert_int_equal(check(&bundle), BUNDLE_OK);
	assert_int_equal(bundle.count, MODULES);
	assert_true(bundle_find(&bundle, "init", &module));
	assert_int_equal(module.offset, PAGE_SIZE);
	assert_int_equal(module.kind, BUNDLE_PROGRAM);
	assert_true(bundle_module_check(&bundle, &module));
	assert_true(bundle_find(&bundle, "empty", &module));
	assert_true(bundle_module_check(&bundle, &module));
	assert_true(bundle_module(&bundle, 2, &module));
	assert_string_equal(module.name, "notes");
	assert_int_equal(module.size, 100);
	assert_true(bundle_module_check(&bundle, &module));
	assert_false(bundle_module(&bundle, 3, &module));
	assert_false(bundle_find(&bundle, "", &module));
	assert_false(bundle_find(&bundle, "ini", &module));
	assert_false(bundle_find(&bundle, "initx", &module));
	assert_false(bundle_find(&bundle, "a name that is longer than any module's name may be", &module));
	image.entries[1].name[0] = 'i'; /* names that differ at their beginning alone, or at their end */
	image.entries[2] = image.entries[1];
	image.entries[2].name[0] = 'e';
	seal();
	assert_int_equal(check(&bundle), BUNDLE_OK);
}

static void damaged_module(void **state)
{
	(void)state;
	struct bundle bundle;
	struct bundle_module module;

	build();
	((uint8_t *)&image)[PAGE_SIZE + 1234] ^= 4;
	assert_int_equal(check(&bundle), BUNDLE_OK);
	assert_true(bundle_find(&bundle, "init", &module));
	assert_false(bundle_module_check(&bundle, &module));
	assert_true(bundle_find(&bundle, "notes", &module));
	assert_true(bundle_module_check(&bundle, &module));
	module.offset = UINT64_MAX - 3; /* a module from elsewhere */
	assert_false(bundle_module_check(&bundle, &module));
	memset(image.entries[1].name, 'x', BUNDLE_NAME_MAX); /* an entry that is no longer what was checked */
	assert_false(bundle_module(&bundle, 1, &module));
}

#define EXPECT(want, change)                                                                      \
	do {                                                                                      \
		struct bundle bundle;                                                             \
		build();                                                                          \
		change;                                                                           \
		seal();                                                                           \
		assert_int_equal(check(&bundle), want);                                           \
	} while (0)

static void spoiled(void **state)
{
	(void)state;
	struct bundle bundle;

	EXPECT(BUNDLE_NOT_A_BUNDLE, image.header.magic++);
	EXPECT(BUNDLE_OTHER_VERSION, image.header.version = 2);
	EXPECT(BUNDLE_BAD_COUNT, image.header.count = 0);
	EXPECT(BUNDLE_BAD_COUNT, image.header.count = BUNDLE_MODULES_MAX + 1);
	EXPECT(BUNDLE_BAD_SIZE, image.header.size -= 1);
	EXPECT(BUNDLE_BAD_SIZE, image.header.size += PAGE_SIZE);
	EXPECT(BUNDLE_BAD_SIZE, image.header.size = UINT64_MAX - PAGE_MASK);
	EXPECT(BUNDLE_TRUNCATED, image.header.size = 0);
	EXPECT(BUNDLE_RESERVED, image.header.reserved = 1);
	EXPECT(BUNDLE_RESERVED, image.entries[1].reserved = 1);
	EXPECT(BUNDLE_BAD_KIND, image.entries[1].kind = 0);
	EXPECT(BUNDLE_BAD_KIND, image.entries[1].kind = 3);
	EXPECT(BUNDLE_BAD_NAME, image.entries[0].name[0] = '\0');
	EXPECT(BUNDLE_BAD_NAME, image.entries[0].name[1] = '\n');
	EXPECT(BUNDLE_BAD_NAME, image.entries[0].name[1] = ' ');
	EXPECT(BUNDLE_BAD_NAME, image.entries[0].name[1] = '\x7f');
	EXPECT(BUNDLE_OK, image.entries[0].name[1] = '!');
	EXPECT(BUNDLE_OK, image.entries[0].name[1] = '~');
	EXPECT(BUNDLE_BAD_NAME, memset(image.entries[2].name, 'x', BUNDLE_NAME_MAX));
	EXPECT(BUNDLE_OK, memset(image.entries[2].name, 'x', BUNDLE_NAME_MAX - 1));
	EXPECT(BUNDLE_NAME_TWICE, memcpy(image.entries[2].name, "init", 5));
	EXPECT(BUNDLE_NAME_TWICE, memcpy(image.entries[2].name, "init\0x", 7));
	EXPECT(BUNDLE_NAME_TWICE, memcpy(image.entries[2].name, "empty", 6));
	EXPECT(BUNDLE_OK, image.entries[2].name[1] = '\0');
	EXPECT(BUNDLE_OK, memcpy(image.entries[2].name, "inits", 6));
	EXPECT(BUNDLE_OK, memcpy(image.entries[2].name, "ini", 4));
	EXPECT(BUNDLE_ALIGNMENT, image.entries[2].offset += 8);
	EXPECT(BUNDLE_RANGE, image.entries[0].offset = 0);
	EXPECT(BUNDLE_RANGE, image.entries[2].size = PAGE_SIZE + 1);
	EXPECT(BUNDLE_RANGE, image.entries[2].size = UINT64_MAX);
	EXPECT(BUNDLE_RANGE, image.entries[2].offset = UINT64_MAX - PAGE_MASK);
	EXPECT(BUNDLE_OVERLAP, image.entries[0].size = 2 * PAGE_SIZE + 1);
	EXPECT(BUNDLE_OVERLAP, image.entries[2].offset = 2 * PAGE_SIZE);
	EXPECT(BUNDLE_OVERLAP, (image.entries[0].offset = 2 * PAGE_SIZE, image.entries[0].size = PAGE_SIZE + 1));
	EXPECT(BUNDLE_OVERLAP, (image.entries[0].offset = 3 * PAGE_SIZE, image.entries[0].size = 1,
	                        image.entries[2].offset = 2 * PAGE_SIZE, image.entries[2].size = PAGE_SIZE + 1));
	EXPECT(BUNDLE_OVERLAP, (image.entries[0].offset = 3 * PAGE_SIZE, image.entries[0].size = 1,
	                        image.entries[1].offset = PAGE_SIZE, image.entries[2].offset = 2 * PAGE_SIZE,
	                        image.entries[2].size = PAGE_SIZE + 1));
	EXPECT(BUNDLE_OK, (image.entries[0].offset = 3 * PAGE_SIZE, image.entries[0].size = 1,
	                   image.entries[1].offset = PAGE_SIZE, image.entries[2].offset = 2 * PAGE_SIZE,
	                   image.entries[2].size = PAGE_SIZE));
	build();
	image.entries[0].size--;
	assert_int_equal(check(&bundle), BUNDLE_TABLE_DAMAGED);
}

/* As many modules as there may be: their table reaches into the second page, and no module does. */
static void full_table(void **state)
{
	(void)state;
	struct bundle_entry *const entries = (void *)((uint8_t *)&image + sizeof image.header);
	struct bundle bundle;

	build();
	image.header.count = BUNDLE_MODULES_MAX;
	for (uint32_t i = 0; i < BUNDLE_MODULES_MAX; i++) {
		entries[i] = (struct bundle_entry){ .offset = 2 * PAGE_SIZE, .kind = BUNDLE_DATA };
		snprintf(entries[i].name, BUNDLE_NAME_MAX, "module%u", i);
	}
	image.header.checksum = crc32c(CRC32C_INIT, (const uint8_t *)entries, BUNDLE_MODULES_MAX * sizeof *entries);
	assert_int_equal(check(&bundle), BUNDLE_OK);
	assert_int_equal(bundle.count, BUNDLE_MODULES_MAX);
	entries[7].offset = PAGE_SIZE;
	image.header.checksum = crc32c(CRC32C_INIT, (const uint8_t *)entries, BUNDLE_MODULES_MAX * sizeof *entries);
	assert_int_equal(check(&bundle), BUNDLE_RANGE);
}

static void sentences(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < BUNDLE_VERDICT_COUNT; i++)
		assert_true(strlen(bundle_verdict_text((enum bundle_verdict)i)) > 10);
	assert_string_equal(bundle_verdict_text(BUNDLE_VERDICT_COUNT), "unknown verdict");
	assert_string_equal(bundle_verdict_text((enum bundle_verdict)1000), "unknown verdict");
}

static bool try_bytes(const void *bytes, size_t length)
{
	uint8_t *copy = test_copy(bytes, length);
	struct bundle bundle;
	const bool ok = bundle_check(copy, length, &bundle) == BUNDLE_OK;

	for (uint32_t i = 0; ok && i < bundle.count; i++) {
		struct bundle_module module;
		assert_true(bundle_module(&bundle, i, &module));
		(void)bundle_module_check(&bundle, &module);
		assert_true(bundle_find(&bundle, module.name, &module));
	}
	free(copy);
	return ok;
}

static void truncated(void **state)
{
	(void)state;
	build();
	for (size_t length = 0; length <= sizeof image; length += length < 600 ? 1 : 97)
		assert_int_equal(try_bytes(&image, length), length >= sizeof image);
}

static void damaged_table(void **state)
{
	(void)state;
	uint64_t seed = 17;

	for (uint32_t i = 0; i < 20000; i++) {
		build();
		for (uint32_t k = 0; k <= i % 3; k++) {
			uint8_t *const at = (uint8_t *)&image + test_random(&seed) % (32 + MODULES * 64);
			*at = (uint8_t)test_random(&seed);
		}
		if (i % 2 == 0)
			seal();
		(void)try_bytes(&image, sizeof image);
	}
}

TEST_MAIN(cmocka_unit_test(good), cmocka_unit_test(damaged_module), cmocka_unit_test(spoiled),
          cmocka_unit_test(full_table), cmocka_unit_test(sentences), cmocka_unit_test(truncated), cmocka_unit_test(damaged_table))
