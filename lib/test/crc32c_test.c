/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* CRC-32C against its check value, published vectors, and the definition bit by bit; the long form against it. */
#include "test.h"
#include <lib/crc32c.h>

static uint32_t bitwise(const uint8_t *data, size_t length)
{
	uint32_t sum = UINT32_MAX;

	for (size_t i = 0; i < length; i++) {
		sum ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0x82f63b78u : 0);
	}
	return ~sum;
}

static void vectors(void **state)
{
	(void)state;
	uint8_t data[32];

	assert_int_equal(crc32c(CRC32C_INIT, NULL, 0), 0);
	assert_int_equal(crc32c(CRC32C_INIT, (const uint8_t *)"123456789", 9), 0xe3069283u);
	/* RFC 3720, appendix B.4 */
	for (size_t i = 0; i < 32; i++)
		data[i] = 0;
	assert_int_equal(crc32c(CRC32C_INIT, data, 32), 0x8a9136aau);
	for (size_t i = 0; i < 32; i++)
		data[i] = 0xff;
	assert_int_equal(crc32c(CRC32C_INIT, data, 32), 0x62a8ab43u);
	for (uint8_t i = 0; i < 32; i++)
		data[i] = i;
	assert_int_equal(crc32c(CRC32C_INIT, data, 32), 0x46dd794eu);
	for (uint8_t i = 0; i < 32; i++)
		data[i] = (uint8_t)(31 - i);
	assert_int_equal(crc32c(CRC32C_INIT, data, 32), 0x113fdb5cu);
}

static void definition(void **state)
{
	(void)state;
	uint64_t seed = 4;
	uint8_t data[300];

	for (uint32_t i = 0; i < 256; i++) {
		const uint8_t byte = (uint8_t)i;
		assert_int_equal(crc32c(CRC32C_INIT, &byte, 1), bitwise(&byte, 1));
	}
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)test_random(&seed);
	for (size_t length = 0; length <= sizeof data; length++) {
		const uint32_t whole = bitwise(data, length);
		const size_t part = length / 3;
		assert_int_equal(crc32c(CRC32C_INIT, data, length), whole);
		assert_int_equal(crc32c(crc32c(CRC32C_INIT, data, part), data + part, length - part), whole);
	}
}

/* At every alignment; then each entry of each table alone. */
static void long_form(void **state)
{
	(void)state;
	uint64_t seed = 5;
	uint8_t data[128];

	for (size_t round = 0; round < 100; round++) {
		for (size_t i = 0; i < sizeof data; i++)
			data[i] = (uint8_t)test_random(&seed);
		for (size_t start = 0; start < 16; start++) {
			for (size_t length = 0; length <= 100; length++) {
				const uint32_t before = (uint32_t)(round * length);
				assert_int_equal(crc32c_long(before, data + start, length), crc32c(before, data + start, length));
			}
		}
	}
	for (uint32_t i = 0; i < 8 * 256; i++) {
		uint8_t word[8] = { 0 };
		word[i / 256] = (uint8_t)i;
		assert_int_equal(crc32c_long(UINT32_MAX, word, sizeof word), crc32c(UINT32_MAX, word, sizeof word));
	}
}

TEST_MAIN(cmocka_unit_test(vectors), cmocka_unit_test(definition), cmocka_unit_test(long_form))
