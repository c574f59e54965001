/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every bit of a word, and bitmaps against an array of bools. */
#include "test.h"
#include <lib/bitops.h>

static void words(void **state)
{
	(void)state;
	uint64_t seed = 1;

	for (uint32_t i = 0; i < 64; i++) {
		const uint64_t word = test_random(&seed) << 20 ^ test_random(&seed);
		assert_true(bit_get(bit_set(word, i), i));
		assert_false(bit_get(bit_clear(word, i), i));
		assert_int_equal(bit_set(word, i) ^ bit_clear(word, i), (uint64_t)1 << i);
	}
}

static void first_and_last(void **state)
{
	(void)state;
	uint64_t seed = 2;

	assert_int_equal(bit_first_one(0), BIT_NONE);
	assert_int_equal(bit_last_one(0), BIT_NONE);
	assert_int_equal(bit_first_zero(UINT64_MAX), BIT_NONE);
	for (uint32_t i = 0; i < 64; i++) {
		const uint64_t one = (uint64_t)1 << i;
		const uint64_t above = i == 63 ? 0 : test_random(&seed) << 20 << (i + 1);
		const uint64_t below = test_random(&seed) & (one - 1);
		assert_int_equal(bit_first_one(one | above), i);
		assert_int_equal(bit_first_zero(~(one | above)), i);
		assert_int_equal(bit_last_one(one | below), i);
	}
}

static void bitmaps(void **state)
{
	(void)state;
	uint64_t seed = 3;

	for (uint32_t bits = 0; bits <= 200; bits++) {
		uint64_t *map = calloc(BITMAP_WORDS(bits) + 1, sizeof *map);
		bool model[200] = { false };
		for (uint32_t step = 0; step < bits * 2; step++) {
			const uint32_t i = (uint32_t)(test_random(&seed) % bits);
			if (step % 4 == 0)
				bitmap_clear(map, i);
			else
				bitmap_set(map, i);
			model[i] = step % 4 != 0;
		}
		for (uint32_t from = 0; from <= bits + 1; from++) {
			uint32_t want = from;
			while (want < bits && model[want])
				want++;
			assert_int_equal(bitmap_find_zero(map, bits, from), want < bits ? want : BITMAP_NONE);
		}
		for (uint32_t i = 0; i < bits; i++) {
			assert_int_equal(bitmap_get(map, i), model[i]);
			bitmap_set(map, i);
		}
		assert_int_equal(bitmap_find_zero(map, bits, 0), BITMAP_NONE);
		free(map);
	}
}

/* Words that are full are passed over whole, from their first bit and no other. */
static void full_words(void **state)
{
	(void)state;
	const uint64_t map[4] = { UINT64_MAX, UINT64_MAX - 1u, UINT64_MAX, 1 };

	assert_int_equal(bitmap_find_zero(map, 256, 0), 64);
	assert_int_equal(bitmap_find_zero(map, 256, 5), 64);
	assert_int_equal(bitmap_find_zero(map, 256, 65), 193);
	assert_int_equal(bitmap_find_zero(map, 193, 65), BITMAP_NONE);
	assert_int_equal(bitmap_find_zero(map, 256, 192), 193);
}

/* Each word is judged by itself, however many come before it. */
static void many_words(void **state)
{
	(void)state;
	uint64_t map[70];

	for (uint32_t i = 0; i < 70; i++)
		map[i] = UINT64_MAX;
	for (uint32_t i = 0; i < 70; i++) {
		map[i] -= 0x20u;
		assert_int_equal(bitmap_find_zero(map, 70 * 64, 0), i * 64u + 5u);
		map[i] = UINT64_MAX;
	}
	assert_int_equal(bitmap_find_zero(map, 70 * 64, 0), BITMAP_NONE);
}

TEST_MAIN(cmocka_unit_test(words), cmocka_unit_test(full_words), cmocka_unit_test(many_words),
          cmocka_unit_test(first_and_last), cmocka_unit_test(bitmaps))
