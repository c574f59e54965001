/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * string.c under other names (the build renames memcpy to cambios_memcpy and so
 * on), against loops over bytes, at every alignment and short length.
 */
#include "test.h"
#include <lib/string.h>

#define AREA 160u

static void fill(uint8_t *area, uint64_t seed)
{
	for (uint32_t i = 0; i < AREA; i++)
		area[i] = (uint8_t)test_random(&seed);
}

static void expect_equal(const uint8_t *a, const uint8_t *b)
{
	for (uint32_t i = 0; i < AREA; i++)
		assert_int_equal(a[i], b[i]);
}

static void copies(void **state)
{
	(void)state;
	uint8_t from[AREA], to[AREA], want[AREA];

	fill(from, 5);
	for (uint32_t a = 0; a < 9; a++) {
		for (uint32_t b = 0; b < 9; b++) {
			for (uint32_t bytes = 0; bytes < 100; bytes++) {
				fill(to, 6);
				fill(want, 6);
				for (uint32_t i = 0; i < bytes; i++)
					want[b + i] = from[a + i];
				assert_ptr_equal(memcpy(to + b, from + a, bytes), to + b);
				expect_equal(to, want);
			}
		}
	}
}

static void moves(void **state)
{
	(void)state;
	uint8_t area[AREA], want[AREA], old[AREA];

	fill(old, 7);
	for (uint32_t a = 0; a < 40; a += 3) {
		for (uint32_t b = 0; b < 40; b++) {
			for (uint32_t bytes = 0; bytes < 70; bytes++) {
				fill(area, 7);
				fill(want, 7);
				for (uint32_t i = 0; i < bytes; i++)
					want[b + i] = old[a + i];
				assert_ptr_equal(memmove(area + b, area + a, bytes), area + b);
				expect_equal(area, want);
			}
		}
	}
}

static void sets(void **state)
{
	(void)state;
	uint8_t area[AREA], want[AREA];

	for (uint32_t a = 0; a < 9; a++) {
		for (uint32_t bytes = 0; bytes < 100; bytes++) {
			fill(area, 8);
			fill(want, 8);
			for (uint32_t i = 0; i < bytes; i++)
				want[a + i] = 0xa5;
			assert_ptr_equal(memset(area + a, 0x1a5, bytes), area + a);
			expect_equal(area, want);
		}
	}
}

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void comparisons(void **state)
{
	(void)state;
	assert_int_equal(memcmp("abc", "abd", 2), 0);
	assert_int_equal(sign(memcmp("abc", "abd", 3)), -1);
	assert_int_equal(sign(memcmp("ab\x80", "ab\x7f", 3)), 1);
	assert_int_equal(memcmp("a", "b", 0), 0);
	assert_int_equal(memcmp("a\0b", "a\0b", 4), 0);

	assert_int_equal(strlen(""), 0);
	assert_int_equal(strlen("hello"), 5);
	assert_int_equal(strnlen("hello", 3), 3);
	assert_int_equal(strnlen("hello", 9), 5);

	assert_int_equal(strcmp("", ""), 0);
	assert_int_equal(strcmp("same", "same"), 0);
	assert_int_equal(sign(strcmp("same", "samf")), -1);
	assert_int_equal(sign(strcmp("sam", "same")), -1);
	assert_int_equal(sign(strcmp("\xff", "a")), 1);
	assert_int_equal(strncmp("same", "samf", 3), 0);
	assert_int_equal(sign(strncmp("samf", "same", 4)), 1);
	assert_int_equal(strncmp("a\0b", "a\0c", 3), 0);
}

static void bounded_copy(void **state)
{
	(void)state;
	for (size_t size = 0; size < 9; size++) {
		char *to = malloc(size + 1);
		to[size] = '!';
		assert_int_equal(string_copy(to, size, "hello"), 5);
		assert_int_equal(to[size], '!');
		if (size > 0)
			assert_int_equal(strlen(to), size > 5 ? 5 : size - 1);
		if (size > 0)
			assert_int_equal(memcmp(to, "hello", strlen(to)), 0);
		free(to);
	}
}

TEST_MAIN(cmocka_unit_test(copies), cmocka_unit_test(moves), cmocka_unit_test(sets),
          cmocka_unit_test(comparisons), cmocka_unit_test(bounded_copy))
