/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* HMAC-SHA-512 against the vectors of RFC 4231; PBKDF2 against its definition, and against figures of other programs. */
#include "test.h"
#include "vectors.h"
#include <lib/hmac.h>
#include <lib/identity.h>
#include <string.h>

#define BYTES_MAX 256u

static size_t field(const char *record, const char *name, uint8_t *out_bytes)
{
	const char *at = strstr(record, name);

	assert_non_null(at);
	at += strlen(name);
	const size_t size = strspn(at, "0123456789abcdef") / 2;
	assert_true(size <= BYTES_MAX);
	assert_true(hex_to_bytes(at, 2 * size, out_bytes, size));
	return size;
}

static void vectors(void **state)
{
	char *file = vectors_read("cryptography-vectors/HMAC/rfc-4231-sha512.txt");
	uint8_t key[BYTES_MAX], message[BYTES_MAX], code[BYTES_MAX], ours[SHA512_SIZE];
	struct hmac hmac;
	size_t records = 0;

	(void)state;
	for (const char *at = strstr(file, "\nLen = "); at != NULL; at = strstr(at + 1, "\nLen = "), records++) {
		const size_t key_size = field(at, "Key = ", key), size = field(at, "Msg = ", message);

		assert_int_equal(field(at, "MD = ", code), SHA512_SIZE);
		hmac_begin(&hmac, key, key_size);
		hmac_update(&hmac, message, size / 2);
		hmac_update(&hmac, message + size / 2, size - size / 2);
		hmac_end(&hmac, ours);
		assert_memory_equal(ours, code, SHA512_SIZE);
	}
	assert_int_equal(records, 6);
	free(file);
}

/* RFC 8018, section 5.2, written out. */
static void definition(void **state)
{
	static const uint8_t SALT[5] = "salt";
	uint8_t expected[SHA512_SIZE] = { 0 }, u[SHA512_SIZE], key[SHA512_SIZE];
	struct hmac hmac;

	(void)state;
	for (uint32_t iteration = 1; iteration <= 30; iteration++) {
		hmac_begin(&hmac, (const uint8_t *)"passphrase", 10);
		if (iteration == 1)
			hmac_update(&hmac, (const uint8_t *)"salt\0\0\0\1", 8);
		else
			hmac_update(&hmac, u, sizeof u);
		hmac_end(&hmac, u);
		for (size_t i = 0; i < sizeof u; i++)
			expected[i] ^= u[i];
		pbkdf2((const uint8_t *)"passphrase", 10, SALT, 4, iteration, key);
		assert_memory_equal(key, expected, sizeof key);
	}
}

/* Python's hashlib (OpenSSL), on inputs of many lengths: none, a block, and around it. */
static void beside_hashlib(void **state)
{
	char line[2 * SHA512_SIZE + 2], ours[2 * SHA512_SIZE + 1];
	uint8_t passphrase[200], key[SHA512_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof passphrase; i++)
		passphrase[i] = (uint8_t)i;
	FILE *pipe = popen("python3 -c \"import hashlib\nfor n in range(0, 200, 8):\n"
	                   " print(hashlib.pbkdf2_hmac('sha512', bytes(range(n)), bytes(range(n // 2)), 3 * n + 1).hex())\"",
	                   "r");
	assert_non_null(pipe);
	for (uint32_t n = 0; n < 200; n += 8) {
		assert_non_null(fgets(line, sizeof line, pipe));
		line[2 * SHA512_SIZE] = '\0';
		pbkdf2(passphrase, n, passphrase, n / 2, 3 * n + 1, key);
		hex_of_bytes(key, sizeof key, ours);
		assert_string_equal(line, ours);
	}
	assert_int_equal(pclose(pipe), 0);
}

TEST_MAIN(cmocka_unit_test(vectors), cmocka_unit_test(definition), cmocka_unit_test(beside_hashlib))
