/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Loads and stores: values, and the bound at every offset. */
#include "test.h"
#include <lib/bytes.h>

static const uint8_t sample[9] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x42 };

static void values(void **state)
{
	(void)state;
	uint8_t a = 0;
	uint16_t b = 0;
	uint32_t c = 0;
	uint64_t d = 0;

	assert_true(load_u8(sample, 8, 7, &a) && a == 0xef);
	assert_true(load_le16(sample, 8, 1, &b) && b == 0x4523);
	assert_true(load_be16(sample, 8, 1, &b) && b == 0x2345);
	assert_true(load_le32(sample, 8, 1, &c) && c == 0x89674523);
	assert_true(load_be32(sample, 8, 4, &c) && c == 0x89abcdef);
	assert_true(load_le64(sample, 8, 0, &d) && d == 0xefcdab8967452301);
	assert_true(load_be64(sample, 8, 0, &d) && d == 0x0123456789abcdef);
	assert_true(load_le64(sample, 9, 1, &d) && d == 0x42efcdab89674523);
	assert_true(load_be64(sample, 9, 1, &d) && d == 0x23456789abcdef42);
}

static void bounds(void **state)
{
	(void)state;
	static const size_t far[] = { 9, 1000, SIZE_MAX - 8, SIZE_MAX - 1, SIZE_MAX };

	for (size_t length = 0; length <= 8; length++) {
		uint8_t *copy = test_copy(sample, length);
		for (size_t i = 0; i <= 8 + sizeof far / sizeof far[0]; i++) {
			const size_t offset = i <= 8 ? i : far[i - 9];
			const size_t room = offset <= length ? length - offset : 0;
			uint8_t a = 1;
			uint16_t b = 1;
			uint32_t c = 1;
			uint64_t d = 1;
			assert_int_equal(load_u8(copy, length, offset, &a), room >= 1);
			assert_int_equal(load_le16(copy, length, offset, &b), room >= 2);
			assert_int_equal(load_be16(copy, length, offset, &b), room >= 2);
			assert_int_equal(load_le32(copy, length, offset, &c), room >= 4);
			assert_int_equal(load_be32(copy, length, offset, &c), room >= 4);
			assert_int_equal(load_le64(copy, length, offset, &d), room >= 8);
			assert_int_equal(load_be64(copy, length, offset, &d), room >= 8);
			assert_true(room >= 8 || d == 1);
			assert_true(room >= 4 || c == 1);
			assert_true(room >= 2 || b == 1);
			assert_true(room >= 1 || a == 1);
		}
		free(copy);
	}
}

static void stores(void **state)
{
	(void)state;
	for (size_t length = 0; length <= 9; length++) {
		uint8_t *copy = calloc(1, length + 1);
		uint16_t b = 0;
		uint32_t c = 0;
		uint64_t d = 0;
		assert_int_equal(store_le16(copy, length, 1, 0xbeef), length >= 3);
		assert_int_equal(load_le16(copy, length, 1, &b), length >= 3);
		assert_int_equal(b, length >= 3 ? 0xbeef : 0);
		assert_int_equal(store_le32(copy, length, 1, 0xdeadbeef), length >= 5);
		assert_int_equal(load_le32(copy, length, 1, &c), length >= 5);
		assert_int_equal(c, length >= 5 ? 0xdeadbeef : 0);
		assert_int_equal(store_le64(copy, length, 1, 0x0123456789abcdef), length >= 9);
		assert_int_equal(load_le64(copy, length, 1, &d), length >= 9);
		assert_int_equal(d, length >= 9 ? 0x0123456789abcdef : 0);
		assert_int_equal(copy[length], 0);
		free(copy);
	}
}

/* Values about the end of the lower half. */
static void halves(void **state)
{
	(void)state;
	static const uint64_t values[] = { 0, 0xffff, 0x10000, 0xffffffff, 0x100000000, 0x100000001, UINT64_MAX };
	uint8_t data[8];

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		uint32_t c = 0;
		uint64_t d = 0;
		assert_true(store_le32(data, 8, 0, (uint32_t)values[i]));
		assert_true(load_le32(data, 8, 0, &c) && c == (uint32_t)values[i]);
		assert_true(store_le64(data, 8, 0, values[i]));
		assert_true(load_le64(data, 8, 0, &d) && d == values[i]);
	}
}

static void text(void **state)
{
	(void)state;
	char out[4] = "xyz";

	assert_true(load_text((const uint8_t *)"abcde", 6, 1, out, sizeof out));
	assert_string_equal(out, "bcd");
	assert_true(load_text((const uint8_t *)"abcde", 6, 4, out, sizeof out));
	assert_string_equal(out, "e");
	assert_true(load_text((const uint8_t *)"abcde", 6, 5, out, 1));
	assert_string_equal(out, "");
	assert_false(load_text((const uint8_t *)"abcde", 5, 1, out, sizeof out));
	assert_false(load_text((const uint8_t *)"abcde", 6, 6, out, sizeof out));
	assert_false(load_text((const uint8_t *)"abcde", 6, SIZE_MAX, out, sizeof out));
}

static void fit(void **state)
{
	(void)state;
	assert_true(bytes_fit(4, 4, 0));
	assert_true(bytes_fit(4, 0, 4));
	assert_true(bytes_fit(0, 0, 0));
	assert_false(bytes_fit(4, 5, 0));
	assert_false(bytes_fit(4, 1, 4));
	assert_false(bytes_fit(4, 2, SIZE_MAX));
	assert_false(bytes_fit(4, SIZE_MAX, 2));
}

TEST_MAIN(cmocka_unit_test(values), cmocka_unit_test(fit), cmocka_unit_test(bounds), cmocka_unit_test(stores),
          cmocka_unit_test(halves), cmocka_unit_test(text))
