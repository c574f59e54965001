/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* BLAKE3 against its authors' vectors (all lengths and modes, long output), in pieces, and wiping. */
#include "test.h"
#include "vectors.h"
#include <lib/hash.h>
#include <lib/identity.h>
#include <string.h>

#define OUTPUT_SIZE 131u /* what the vectors have */
#define INPUT_MAX 102400u
#define CASES 22u
#define CONTEXT "BLAKE3 2019-12-27 16:29:52 test vectors context"
#define KEY "whats the Elvish word for friend"

enum mode { PLAIN, KEYED, DERIVE, MODES };
static const char *const FIELDS[MODES] = { "\"hash\": \"", "\"keyed_hash\": \"", "\"derive_key\": \"" };

static uint8_t input[INPUT_MAX];

static void begin(struct hash *hash, enum mode mode)
{
	if (mode == PLAIN)
		hash_begin(hash);
	else if (mode == KEYED)
		hash_begin_keyed(hash, (const uint8_t *)KEY);
	else
		hash_begin_derive(hash, CONTEXT);
}

/* One vector: at once, and with the given size of pieces. */
static void check_case(enum mode mode, size_t length, size_t piece, const uint8_t expected[OUTPUT_SIZE])
{
	uint8_t output[OUTPUT_SIZE];
	struct hash hash;
	uint8_t *copy = test_copy(input, length);

	begin(&hash, mode);
	for (size_t done = 0; done < length; done += piece)
		hash_update(&hash, copy + done, piece < length - done ? piece : length - done);
	hash_end(&hash, output, sizeof output);
	assert_memory_equal(output, expected, sizeof output);
	hash_end(&hash, output, HASH_SIZE);
	assert_memory_equal(output, expected, HASH_SIZE);
	free(copy);
}

static void vectors(void **state)
{
	(void)state;
	char *file = vectors_read("blake3-vectors/testdata/vectors.json");
	uint8_t expected[OUTPUT_SIZE];
	size_t cases = 0;

	for (size_t i = 0; i < INPUT_MAX; i++)
		input[i] = (uint8_t)(i % 251);
	for (const char *at = file; (at = strstr(at, "\"input_len\": ")) != NULL; cases++) {
		const size_t length = strtoul(at += strlen("\"input_len\": "), NULL, 10);

		assert_true(length <= INPUT_MAX);
		for (enum mode mode = PLAIN; mode < MODES; mode++) {
			at = strstr(at, FIELDS[mode]);
			assert_non_null(at);
			at += strlen(FIELDS[mode]);
			assert_true(hex_to_bytes(at, 2 * OUTPUT_SIZE, expected, OUTPUT_SIZE));
			check_case(mode, length, INPUT_MAX, expected);
			check_case(mode, length, 63, expected);
			check_case(mode, length, 1025, expected);
		}
	}
	assert_int_equal(cases, CASES);
	free(file);
}

/* The state goes on after an intermediate end. */
static void goes_on(void **state)
{
	(void)state;
	struct hash hash;
	uint8_t whole[HASH_SIZE], pieces[HASH_SIZE];

	hash_begin(&hash);
	for (size_t length = 0; length < 5000; length += 7) {
		hash_end(&hash, pieces, HASH_SIZE);
		hash_bytes(input, length, whole);
		assert_memory_equal(pieces, whole, HASH_SIZE);
		assert_true(hash_equal(pieces, whole));
		hash_update(&hash, input + length, 7);
	}
}

static void equal(void **state)
{
	(void)state;
	uint8_t a[HASH_SIZE], b[HASH_SIZE];

	hash_bytes((const uint8_t *)"a", 1, a);
	hash_bytes((const uint8_t *)"a", 1, b);
	assert_true(hash_equal(a, b));
	for (size_t bit = 0; bit < HASH_SIZE * 8; bit++) {
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(hash_equal(a, b));
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void wipe(void **state)
{
	(void)state;
	uint8_t secret[33];

	memset(secret, 0xa5, sizeof secret);
	secret_wipe(secret, 32);
	for (size_t i = 0; i < 32; i++)
		assert_int_equal(secret[i], 0);
	assert_int_equal(secret[32], 0xa5);
}

TEST_MAIN(cmocka_unit_test(vectors), cmocka_unit_test(goes_on), cmocka_unit_test(equal), cmocka_unit_test(wipe))
