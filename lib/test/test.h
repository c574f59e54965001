/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What every unit test of lib/ needs: cmocka, seeded random numbers, copies that end where the sanitizer sees it. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Run the tests and end with the line that the check script counts. */
#define TEST_MAIN(...)                                                                            \
	int main(void)                                                                            \
	{                                                                                         \
		const struct CMUnitTest tests[] = { __VA_ARGS__ };                                \
		const int failed = cmocka_run_group_tests(tests, NULL, NULL);                     \
		printf("%d passed, %d failed\n", (int)(sizeof tests / sizeof tests[0]) - failed,  \
		       failed);                                                                   \
		return failed != 0;                                                               \
	}

/* The same numbers on every machine; 0 is not a seed. */
static inline uint64_t test_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed * 0x2545f4914f6cdd1du >> 11;
}

/* A copy on the heap, of exactly these bytes; free() it. */
static inline uint8_t *test_copy(const void *bytes, size_t size)
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	assert_non_null(copy);
	for (size_t i = 0; i < size; i++)
		copy[i] = ((const uint8_t *)bytes)[i];
	return copy;
}
