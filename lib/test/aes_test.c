/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* AES-256 and XTS against the published vectors of NIST's validation suites, both ways. */
#include "test.h"
#include "vectors.h"
#include <lib/identity.h>
#include <lib/xts.h>
#include <string.h>

#define BYTES_MAX 256u

/* The value of `name = VALUE` between `from` and `to`, in hexadecimal; its size. 0: it is not there. */
static size_t field(const char *from, const char *to, const char *name, uint8_t *out_bytes, size_t room)
{
	const char *at = strstr(from, name);

	if (at == NULL || at >= to)
		return 0;
	at += strlen(name);
	const size_t size = strspn(at, "0123456789abcdef") / 2;
	assert_true(size <= room);
	assert_true(hex_to_bytes(at, 2 * size, out_bytes, size));
	return size;
}

static const char *end_of(const char *record)
{
	const char *end = strstr(record + 1, "COUNT = ");

	return end != NULL ? end : record + strlen(record);
}

/* ---- blocks ---- */
static void check_blocks(const char *record, const char *end)
{
	uint8_t key[AES_KEY_SIZE], plain[BYTES_MAX], cipher[BYTES_MAX], out[BYTES_MAX];
	struct aes aes;

	assert_int_equal(field(record, end, "KEY = ", key, sizeof key), AES_KEY_SIZE);
	const size_t size = field(record, end, "PLAINTEXT = ", plain, sizeof plain);
	assert_true(size > 0 && size % AES_BLOCK_SIZE == 0);
	assert_int_equal(field(record, end, "CIPHERTEXT = ", cipher, sizeof cipher), size);
	aes_begin(&aes, key);
	aes_encrypt(&aes, plain, out, size / AES_BLOCK_SIZE);
	assert_memory_equal(out, cipher, size);
	aes_decrypt(&aes, cipher, out, size / AES_BLOCK_SIZE);
	assert_memory_equal(out, plain, size);
}

static void blocks(void **state)
{
	static const struct {
		const char *path;
		size_t records;
	} FILES[] = { { "ECBGFSbox256.rsp", 10 }, { "ECBKeySbox256.rsp", 32 }, { "ECBVarKey256.rsp", 512 },
		      { "ECBVarTxt256.rsp", 256 }, { "ECBMMT256.rsp", 20 } };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
		snprintf(path, sizeof path, "cryptography-vectors/ciphers/AES/ECB/%s", FILES[i].path);
		char *file = vectors_read(path);
		size_t records = 0;
		for (const char *at = strstr(file, "COUNT = "); at != NULL && *at != '\0'; at = end_of(at), records++)
			check_blocks(at, end_of(at));
		assert_int_equal(records, FILES[i].records);
		free(file);
	}
}

/* Any number of blocks is what each of them is by itself, in place too. */
static void numbers_of_blocks(void **state)
{
	uint8_t key[AES_KEY_SIZE] = "not a secret of anybody's, 32 by", in[9 * AES_BLOCK_SIZE], one[sizeof in];
	struct aes aes;

	(void)state;
	aes_begin(&aes, key);
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (uint8_t)(i * i);
	for (size_t i = 0; i < 9; i++)
		aes_encrypt(&aes, in + 16 * i, one + 16 * i, 1);
	for (size_t count = 0; count <= 9; count++) {
		uint8_t *many = test_copy(in, 16 * count);

		aes_encrypt(&aes, many, many, count);
		assert_memory_equal(many, one, 16 * count);
		aes_decrypt(&aes, many, many, count);
		assert_memory_equal(many, in, 16 * count);
		free(many);
	}
}

/* ---- XTS ---- */

/* A sector that is no whole number of blocks needs ciphertext stealing, which is not offered: false. */
static bool check_sector(const char *record, const char *end)
{
	uint8_t key[XTS_KEY_SIZE], tweak[AES_BLOCK_SIZE] = { 0 }, plain[BYTES_MAX], cipher[BYTES_MAX], out[BYTES_MAX];
	const unsigned long bits = strtoul(strstr(record, "DataUnitLen = ") + 14, NULL, 10);
	const char *number = strstr(record, "DataUnitSeqNumber = ");
	struct xts xts;

	if (bits % (8 * AES_BLOCK_SIZE) != 0)
		return false;
	assert_int_equal(field(record, end, "Key = ", key, sizeof key), XTS_KEY_SIZE);
	if (number != NULL && number < end)
		tweak[0] = (uint8_t)strtoul(number + 20, NULL, 10);
	else
		assert_int_equal(field(record, end, "i = ", tweak, sizeof tweak), sizeof tweak);
	assert_int_equal(field(record, end, "PT = ", plain, sizeof plain), bits / 8);
	assert_int_equal(field(record, end, "CT = ", cipher, sizeof cipher), bits / 8);
	xts_begin(&xts, key);
	xts_encrypt(&xts, tweak, plain, out, bits / 8);
	assert_memory_equal(out, cipher, bits / 8);
	xts_decrypt(&xts, tweak, cipher, out, bits / 8);
	assert_memory_equal(out, plain, bits / 8);
	return true;
}

static void sectors(void **state)
{
	static const char *const PATHS[] = { "tweak-128hexstr", "tweak-dataunitseqno" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "cryptography-vectors/ciphers/AES/XTS/%s/XTSGenAES256.rsp", PATHS[i]);
		char *file = vectors_read(path);
		size_t checked = 0, records = 0;
		for (const char *at = strstr(file, "COUNT = "); at != NULL && *at != '\0'; at = end_of(at), records++)
			checked += check_sector(at, end_of(at));
		assert_int_equal(records, 1000);
		assert_int_equal(checked, 600); /* of 256 and 384 bits; the others end within a block */
		free(file);
	}
}

/* The vectors are of two and three blocks; a sector here is 256: its mask is multiplied by x up to x^255, as the
 * standard has it, byte by byte. */
static void long_sector(void **state)
{
	uint8_t key[XTS_KEY_SIZE], tweak[AES_BLOCK_SIZE] = { 7, 1 }, in[4096], out[4096], mask[AES_BLOCK_SIZE];
	uint64_t seed = 9;
	struct xts xts;

	(void)state;
	for (size_t i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)test_random(&seed);
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (uint8_t)test_random(&seed);
	xts_begin(&xts, key);
	xts_encrypt(&xts, tweak, in, out, sizeof in);
	aes_encrypt(&xts.tweak, tweak, mask, 1);
	for (size_t block = 0; block < sizeof in / 16; block++) {
		uint8_t expected[16], carry = 0;

		for (size_t i = 0; i < 16; i++)
			expected[i] = in[16 * block + i] ^ mask[i];
		aes_encrypt(&xts.data, expected, expected, 1);
		for (size_t i = 0; i < 16; i++)
			expected[i] ^= mask[i];
		assert_memory_equal(out + 16 * block, expected, 16);
		for (size_t i = 0; i < 16; i++) {
			const uint8_t next = mask[i] >> 7;

			mask[i] = (uint8_t)(mask[i] << 1 | carry);
			carry = next;
		}
		mask[0] ^= carry ? 0x87 : 0;
	}
	xts_decrypt(&xts, tweak, out, out, sizeof out);
	assert_memory_equal(out, in, sizeof in);
}

TEST_MAIN(cmocka_unit_test(blocks), cmocka_unit_test(numbers_of_blocks), cmocka_unit_test(sectors),
          cmocka_unit_test(long_sector))
