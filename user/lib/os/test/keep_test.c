/* SPDX-License-Identifier: MPL-2.0 */
/* A record is whole or the one before, wherever its writer stopped; what is replaced is wiped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <os/keep.h>

#define BYTES 512u
static uint8_t memory[BYTES], before[BYTES], after[BYTES];
static char record[40];

static bool load(void)
{
	struct keep keep;

	keep_init(&keep, memory, BYTES);
	return keep_load(&keep, record, sizeof(record));
}

static void store(const char *text)
{
	struct keep keep;
	char new[sizeof(record)] = "";

	strcpy(new, text);
	keep_init(&keep, memory, BYTES);
	(void)!keep_load(&keep, record, sizeof(record));
	keep_store(&keep, new, sizeof(new));
}

static void test_empty(void **context)
{
	(void)context;
	memset(memory, 0, BYTES);
	assert_false(load());
	memset(memory, 0xff, BYTES);
	assert_false(load());
}

static void test_successor(void **context)
{
	(void)context;
	memset(memory, 0, BYTES);
	for (uint32_t i = 0; i < 9; i++) {
		char text[8];

		sprintf(text, "no %u", i);
		store(text);
		assert_true(load());
		assert_string_equal(record, text);
	}
	struct keep keep;
	keep_init(&keep, memory, BYTES);
	assert_false(keep_load(&keep, record, sizeof(record) - 1u));
}

static bool holds(const char *text)
{
	for (size_t i = 0; i + strlen(text) <= BYTES; i++) {
		if (memcmp(memory + i, text, strlen(text)) == 0)
			return true;
	}
	return false;
}

static void test_wiped(void **context)
{
	(void)context;
	memset(memory, 0, BYTES);
	store("secret");
	store("public");
	assert_false(holds("secret"));
	assert_true(holds("public"));
}

/* Bytes reach the memory in some order: any mixture of before and after in which the new header is not whole
 * yields the old record as long as the old place is untouched, and never anything else than one of the two. */
static void test_torn(void **context)
{
	(void)context;
	memset(memory, 0, BYTES);
	store("one");
	memcpy(before, memory, BYTES);
	store("two");
	memcpy(after, memory, BYTES);
	srand(3);
	for (uint32_t i = 0; i < 5000; i++) {
		/* The new place is the first half; a prefix of what is written there arrived. */
		size_t arrived = (size_t)rand() % (BYTES / 2u - 24u);

		memcpy(memory, before, BYTES);
		memcpy(memory + 24, after + 24, arrived);
		assert_true(load());
		assert_string_equal(record, "one");
	}
	for (uint32_t i = 0; i < 5000; i++) {
		memcpy(memory, after, BYTES);
		memory[(size_t)rand() % BYTES] ^= (uint8_t)(1u << rand() % 8);
		if (load())
			assert_string_equal(record, "two");
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_empty),
	cmocka_unit_test(test_successor),
	cmocka_unit_test(test_wiped),
	cmocka_unit_test(test_torn),
};

int main(void)
{
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
