/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SHA-512 against the examples of FIPS 180-4, at every length around a block, in pieces. */
#include "test.h"
#include <lib/identity.h>
#include <lib/sha512.h>
#include <string.h>

static void check(const char *message, size_t length, const char *expected)
{
	uint8_t digest[SHA512_SIZE];
	char text[2 * SHA512_SIZE + 1];

	sha512_bytes((const uint8_t *)message, length, digest);
	hex_of_bytes(digest, sizeof digest, text);
	assert_string_equal(text, expected);
}

static void examples(void **state)
{
	(void)state;
	static const char LONG[] = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	                           "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
	static char million[1000000];

	memset(million, 'a', sizeof million);
	check("", 0,
	      "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
	      "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
	check("abc", 3,
	      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
	check(LONG, strlen(LONG),
	      "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
	      "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909");
	check(million, sizeof million,
	      "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
	      "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b");
}

/* However it is cut, the digest is the same; and no two lengths have the same. */
static void pieces(void **state)
{
	(void)state;
	uint8_t data[400] = { 0 };
	uint8_t whole[SHA512_SIZE], parts[SHA512_SIZE], last[SHA512_SIZE] = { 0 };
	struct sha512 hash;

	for (size_t length = 0; length <= sizeof data; length++) {
		uint8_t *copy = test_copy(data, length);
		sha512_bytes(copy, length, whole);
		for (size_t cut = 0; cut <= length; cut += 13) {
			memset(&hash, 0xa5, sizeof hash); /* nothing of what was there counts */
			sha512_begin(&hash);
			sha512_update(&hash, copy, cut);
			sha512_update(&hash, copy + cut, length - cut);
			sha512_end(&hash, parts);
			assert_memory_equal(parts, whole, SHA512_SIZE);
		}
		assert_memory_not_equal(whole, last, SHA512_SIZE);
		memcpy(last, whole, SHA512_SIZE);
		free(copy);
	}
}

/* Of more bits than 64 bits can count, all are counted: the last block is written out here. */
static void longest(void **state)
{
	(void)state;
	uint8_t last[SHA512_BLOCK_SIZE] = { 0x80 }, digest[SHA512_SIZE], expected[SHA512_SIZE];
	struct sha512 hash;

	sha512_begin(&hash);
	hash.length = 3ull << 61; /* whole blocks */
	sha512_end(&hash, digest);
	last[119] = 3;
	sha512_begin(&hash);
	sha512_update(&hash, last, sizeof last);
	for (size_t i = 0; i < SHA512_SIZE; i++)
		expected[i] = (uint8_t)(hash.chain[i / 8] >> (56 - i % 8 * 8));
	assert_memory_equal(digest, expected, sizeof digest);
}

/* The state may have held a key. */
static void wiped(void **state)
{
	(void)state;
	struct sha512 hash;
	uint8_t digest[SHA512_SIZE];

	sha512_begin(&hash);
	sha512_update(&hash, (const uint8_t *)"secret", 6);
	sha512_end(&hash, digest);
	for (size_t i = 0; i < sizeof hash; i++)
		assert_int_equal(((const uint8_t *)&hash)[i], 0);
}

TEST_MAIN(cmocka_unit_test(examples), cmocka_unit_test(pieces), cmocka_unit_test(longest), cmocka_unit_test(wiped))
