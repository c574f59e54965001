/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* AIDs, did:key and hexadecimal: known values, round trips, and everything that is not one. */
#include "test.h"
#include <lib/hash.h>
#include <lib/identity.h>
#include <string.h>

/* RFC 8032, section 7.1, test 1. */
#define KEY_1 "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define DID_1 "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw"

static void random_key(uint64_t *seed, uint8_t key[32])
{
	for (size_t i = 0; i < 32; i++)
		key[i] = (uint8_t)test_random(seed);
}

static void known_did(void **state)
{
	(void)state;
	uint8_t key[32], back[32];
	char text[DID_TEXT_MAX];

	assert_true(hex_to_bytes(KEY_1, 64, key, 32));
	assert_int_equal(did_of_key(key, text), strlen(DID_1));
	assert_string_equal(text, DID_1);
	assert_true(did_to_key(text, strlen(text), back));
	assert_memory_equal(back, key, 32);
}

static void did_round_trip(void **state)
{
	(void)state;
	uint64_t seed = 7;
	uint8_t key[32], back[32];
	char text[DID_TEXT_MAX];

	for (int round = 0; round < 2000; round++) {
		if (round < 2)
			memset(key, round == 0 ? 0x00 : 0xff, sizeof key);
		else
			random_key(&seed, key);
		const size_t length = did_of_key(key, text);
		assert_int_equal(length, strlen(text));
		assert_memory_equal(text, "did:key:z6Mk", 12);
		char *copy = (char *)test_copy(text, length);
		assert_true(did_to_key(copy, length, back));
		assert_memory_equal(back, key, 32);
		free(copy);
	}
}

/* A text cut, lengthened, or with one character changed is refused or another key's; the key is left alone. */
static void did_refused(void **state)
{
	(void)state;
	const size_t length = strlen(DID_1);
	uint8_t key[32], back[32];
	char text[DID_TEXT_MAX + 8];

	assert_true(hex_to_bytes(KEY_1, 64, key, 32));
	memset(back, 0x5a, sizeof back);
	for (size_t cut = 0; cut < length; cut++) {
		char *copy = (char *)test_copy(DID_1, cut);
		assert_false(did_to_key(copy, cut, back));
		free(copy);
	}
	static const char *const WRONG[] = {
		(DID_1 "1"), ("1" DID_1), "did:key:z16MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw",
		"did:key:Z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw", "DID:key:z6Mk",
		"did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc", /* an X25519 key's */
		"did:key:zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
		"did:key:zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
	};
	for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
		assert_false(did_to_key(WRONG[i], strlen(WRONG[i]), back));
	for (size_t i = 0; i < 32; i++)
		assert_int_equal(back[i], 0x5a);
	for (size_t at = 0; at < length; at++) {
		for (int character = 0; character < 256; character++) {
			strcpy(text, DID_1);
			text[at] = (char)character;
			if (text[at] != DID_1[at] && did_to_key(text, length, back))
				assert_memory_not_equal(back, key, 32);
		}
	}
}

static void aid(void **state)
{
	(void)state;
	uint64_t seed = 9;
	uint8_t key[32], digest[HASH_SIZE];
	struct aid a, b;

	memset(&a, 0, sizeof a);
	assert_true(aid_is_anonymous(&a));
	random_key(&seed, key);
	aid_of_key(key, &a);
	hash_bytes(key, 32, digest);
	assert_int_equal(a.bytes[0], AID_ALGORITHM_ED25519);
	assert_int_equal(a.bytes[1], AID_HASH_BLAKE3);
	assert_memory_equal(a.bytes + 2, digest, 30);
	for (size_t i = 0; i < AID_SIZE; i++) {
		b = a;
		assert_true(aid_equal(&a, &b));
		b.bytes[i] ^= 0x10;
		assert_false(aid_equal(&a, &b));
		memset(&b, 0, sizeof b);
		b.bytes[i] = 1;
		assert_false(aid_is_anonymous(&b));
	}
}

static void hexadecimal(void **state)
{
	(void)state;
	uint8_t bytes[256], back[256];
	char text[513];

	for (size_t i = 0; i < 256; i++)
		bytes[i] = (uint8_t)i;
	hex_of_bytes(bytes, 256, text);
	assert_int_equal(strlen(text), 512);
	assert_memory_equal(text + 2 * 0xab, "abac", 4);
	assert_true(hex_to_bytes(text, 512, back, 256));
	assert_memory_equal(back, bytes, 256);
	assert_true(hex_to_bytes("aBcD", 4, back, 2));
	assert_int_equal(back[0] * 256 + back[1], 0xabcd);
	assert_true(hex_to_bytes("", 0, back, 0));
	for (int character = 0; character < 256; character++) {
		const char digits[2] = { '1', (char)character };
		const bool digit = character != 0 && strchr("0123456789abcdefABCDEF", character) != NULL;
		back[0] = 0x77;
		assert_int_equal(hex_to_bytes(digits, 2, back, 1), digit);
		assert_true(digit || back[0] == 0x77);
	}
	assert_false(hex_to_bytes("123", 3, back, 1));
	assert_false(hex_to_bytes("123", 3, back, 2));
	assert_false(hex_to_bytes("12", 2, back, 2));
	assert_false(hex_to_bytes("1234", 4, back, 1));
}

TEST_MAIN(cmocka_unit_test(known_did), cmocka_unit_test(did_round_trip), cmocka_unit_test(did_refused),
          cmocka_unit_test(aid), cmocka_unit_test(hexadecimal))
