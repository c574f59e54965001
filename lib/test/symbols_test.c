/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The kernel's symbol table: look-ups, cut tables, damaged tables. */
#include "test.h"
#include <lib/symbols.h>
#include <string.h>

#define COUNT 4u

static struct {
	struct symbols_header header;
	struct symbols_entry entries[COUNT];
	char names[32];
} table;

static void build(void)
{
	static const char names[32] = "boot\0trap\0panic\0end";

	memset(&table, 0, sizeof table);
	table.header = (struct symbols_header){ SYMBOLS_MAGIC, COUNT, sizeof names };
	table.entries[0] = (struct symbols_entry){ 0xffffffff80000000, 0x100, 0 };
	table.entries[1] = (struct symbols_entry){ 0xffffffff80000100, 0, 5 }; /* up to the next */
	table.entries[2] = (struct symbols_entry){ 0xffffffff80000300, 0x80, 10 };
	table.entries[3] = (struct symbols_entry){ 0xffffffff80001000, 0, 16 };
	memcpy(table.names, names, sizeof names);
}

static void expect(uint64_t address, const char *want, uint64_t distance)
{
	char name[16];
	uint64_t offset = 0;
	const bool found = symbols_find((const uint8_t *)&table, sizeof table, address, name, sizeof name, &offset);

	assert_int_equal(found, want != NULL);
	if (found) {
		assert_string_equal(name, want);
		assert_int_equal(offset, distance);
	}
}

static void lookups(void **state)
{
	(void)state;
	build();
	expect(0, NULL, 0);
	expect(0xffffffff7fffffff, NULL, 0);
	expect(0xffffffff80000000, "boot", 0);
	expect(0xffffffff800000ff, "boot", 0xff);
	expect(0xffffffff80000100, "trap", 0);
	expect(0xffffffff800002ff, "trap", 0x1ff);
	expect(0xffffffff80000300, "panic", 0);
	expect(0xffffffff8000037f, "panic", 0x7f);
	expect(0xffffffff80000380, NULL, 0);
	expect(0xffffffff80001000, "end", 0);
	expect(UINT64_MAX, "end", 0x7fffefff);
}

static void cut_name(void **state)
{
	(void)state;
	char name[3];
	uint64_t offset;

	build();
	assert_true(symbols_find((const uint8_t *)&table, sizeof table, 0xffffffff80000310, name, sizeof name, &offset));
	assert_string_equal(name, "pa");
	memset(table.names + 10, 'x', sizeof table.names - 10); /* never ends */
	assert_false(symbols_find((const uint8_t *)&table, sizeof table, 0xffffffff80000310, name, sizeof name, &offset));
	build();
	table.entries[2].name = sizeof table.names;
	assert_false(symbols_find((const uint8_t *)&table, sizeof table, 0xffffffff80000310, name, sizeof name, &offset));
}

/* A table of nothing but names has no first entry. */
static void no_entries(void **state)
{
	(void)state;
	build();
	table.header.count = 0;
	expect(0xffffffff80000000, NULL, 0);
	expect(UINT64_MAX, NULL, 0);
}

static void truncated_and_damaged(void **state)
{
	(void)state;
	uint64_t seed = 18;

	for (uint32_t i = 0; i < 20000; i++) {
		char name[8];
		uint64_t offset;
		build();
		const size_t length = i <= sizeof table ? i : sizeof table;
		for (uint32_t k = 0; i > sizeof table && k <= i % 4; k++)
			((uint8_t *)&table)[8 + test_random(&seed) % (sizeof table - 8)] = (uint8_t)test_random(&seed);
		uint8_t *copy = test_copy(&table, length);
		const bool found = symbols_find(copy, length, 0xffffffff80000000 + test_random(&seed) % 0x1200, name,
		                                sizeof name, &offset);
		assert_false(found && length < sizeof table);
		free(copy);
	}
}

TEST_MAIN(cmocka_unit_test(lookups), cmocka_unit_test(cut_name), cmocka_unit_test(no_entries),
          cmocka_unit_test(truncated_and_damaged))
