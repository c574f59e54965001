/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Our cryptography beside other people's, on the same random inputs: BLAKE3
 * beside b3sum, SHA-512 and Ed25519 beside libsodium. Of signatures, also the
 * verdict on what is wrong with them in ways that implementations differ in:
 * ours is meant to be libsodium's in every case.
 */
#include "test.h"
#include <lib/hash.h>
#include <lib/identity.h>
#include <lib/sha512.h>
#include <lib/signature.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define CONTEXT "cambios oracle test 2026"
#define KEY "thirty-two bytes, neither secret"
#define LENGTHS 3000u /* every length up to here */
#define LONGER 40u    /* and some up to LONGEST */
#define LONGEST 200000u
#define FILES (LENGTHS + LONGER)
#define OUTPUT 50u /* not a multiple of a block or a word */
#define PAIRS 500u
#define NAME_SIZE 512u

static void fill(uint8_t *bytes, size_t length, uint64_t *seed)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)test_random(seed);
}

/* ---- b3sum ---- */

static uint8_t data[LONGEST];
static size_t lengths[FILES];
static char folder[] = THIRD_PARTY "/b3sum-XXXXXX";

static void file_name(size_t index, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "%s/%05zu", folder, index);
}

static int write_files(void **state)
{
	uint64_t seed = 77;
	char name[NAME_SIZE];

	(void)state;
	fill(data, sizeof data, &seed);
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < FILES; i++) {
		lengths[i] = i < LENGTHS ? i : test_random(&seed) % LONGEST;
		file_name(i, name);
		FILE *file = fopen(name, "wb");
		assert_non_null(file);
		assert_int_equal(fwrite(data, 1, lengths[i], file), lengths[i]);
		assert_int_equal(fclose(file), 0);
	}
	return 0;
}

static int remove_files(void **state)
{
	char name[NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < FILES; i++) {
		file_name(i, name);
		unlink(name);
	}
	return rmdir(folder);
}

/* b3sum's digests of all files, in the order of their names, beside ours. */
static void compare(const char *options, void (*begin)(struct hash *hash))
{
	char command[1024], line[2 * OUTPUT + 2], ours[2 * OUTPUT + 1];
	uint8_t output[OUTPUT];
	struct hash hash;

	snprintf(command, sizeof command, "cd %s && printf %%s '%s' | b3sum --num-threads 1 --no-names -l %u %s *", folder,
	         KEY, OUTPUT, options);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	for (size_t i = 0; i < FILES; i++) {
		begin(&hash);
		hash_update(&hash, data, lengths[i]);
		hash_end(&hash, output, sizeof output);
		hex_of_bytes(output, sizeof output, ours);
		assert_non_null(fgets(line, sizeof line, pipe));
		line[2 * OUTPUT] = '\0';
		assert_string_equal(line, ours);
	}
	assert_null(fgets(line, sizeof line, pipe));
	assert_int_equal(pclose(pipe), 0);
}

static void begin_keyed(struct hash *hash)
{
	hash_begin_keyed(hash, (const uint8_t *)KEY);
}

static void begin_derive(struct hash *hash)
{
	hash_begin_derive(hash, CONTEXT);
}

static void blake3_beside_b3sum(void **state)
{
	(void)state;
	compare("", hash_begin);
	compare("--keyed", begin_keyed);
	compare("--derive-key '" CONTEXT "'", begin_derive);
}

/* ---- libsodium ---- */

static void sha512_beside_libsodium(void **state)
{
	(void)state;
	uint64_t seed = 78;
	uint8_t ours[SHA512_SIZE], theirs[SHA512_SIZE];

	for (size_t round = 0; round < 3000; round++) {
		const size_t length = round < 600 ? round : test_random(&seed) % 5000;
		const uint8_t *from = data + test_random(&seed) % 1000;
		sha512_bytes(from, length, ours);
		crypto_hash_sha512(theirs, from, length);
		assert_memory_equal(ours, theirs, SHA512_SIZE);
	}
}

/* Both say the same of it; returns what. */
static bool verdict(const uint8_t key[32], const uint8_t *message, size_t length, const uint8_t signature[64])
{
	const bool ours = signature_verify(key, message, length, signature);

	assert_int_equal(ours, crypto_sign_verify_detached(signature, message, length, key) == 0);
	return ours;
}

struct pair {
	uint8_t seed[32], key[32], secret[64];
};

static void pair_make(struct pair *pair, uint64_t *seed)
{
	uint8_t key[32];

	fill(pair->seed, 32, seed);
	signature_public(pair->seed, pair->key);
	crypto_sign_seed_keypair(key, pair->secret, pair->seed);
	assert_memory_equal(key, pair->key, 32);
}

static void signatures_beside_libsodium(void **state)
{
	(void)state;
	uint64_t seed = 79;
	struct pair pair;
	uint8_t message[300], ours[64], theirs[64];

	for (size_t round = 0; round < PAIRS; round++) {
		const size_t length = test_random(&seed) % sizeof message;
		pair_make(&pair, &seed);
		fill(message, length, &seed);
		signature_sign(pair.seed, pair.key, message, length, ours);
		crypto_sign_detached(theirs, NULL, message, length, pair.secret);
		assert_memory_equal(ours, theirs, 64);
		assert_true(verdict(pair.key, message, length, ours));
		ours[test_random(&seed) % 64] ^= (uint8_t)(1u << test_random(&seed) % 8);
		assert_false(verdict(pair.key, message, length, ours));
		pair.key[test_random(&seed) % 32] ^= (uint8_t)(1u << test_random(&seed) % 8);
		assert_false(verdict(pair.key, message, length, theirs));
	}
}

/* Encodings that implementations disagree about: little-endian, what is not given is the middle byte repeated. */
static const struct {
	uint8_t first, middle, last;
} ODD[] = {
	{ 0x00, 0x00, 0x00 }, { 0x00, 0x00, 0x80 }, { 0x01, 0x00, 0x00 }, { 0x01, 0x00, 0x80 }, /* y = 0, 1 */
	{ 0x02, 0x00, 0x00 }, { 0x03, 0x00, 0x00 }, { 0x04, 0x00, 0x80 }, { 0x00, 0x00, 0x10 },
	{ 0xec, 0xff, 0x7f }, { 0xec, 0xff, 0xff }, { 0xed, 0xff, 0x7f }, { 0xed, 0xff, 0xff }, /* -1, 0 again */
	{ 0xee, 0xff, 0x7f }, { 0xee, 0xff, 0xff }, { 0xef, 0xff, 0x7f }, { 0xf0, 0xff, 0xff }, /* 1 again, 2, 3 */
	{ 0xf1, 0xff, 0x7f }, { 0xf2, 0xff, 0x7f }, { 0xff, 0xff, 0x7f }, { 0xff, 0xff, 0xff },
	{ 0xff, 0xff, 0x0f }, { 0xff, 0xff, 0x1f },
};
#define ODDS (sizeof ODD / sizeof ODD[0])
/* And y of the points of order 8, with either sign. */
static const char *const ORDER_8[] = {
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
};
#define SCALARS 3u /* L - 1, L, L + 1 */
#define ENCODINGS (ODDS + 4 + SCALARS)

static void odd_encoding(size_t index, uint8_t out[32])
{
	static const char L[] = "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

	if (index < ODDS) {
		memset(out, ODD[index].middle, 32);
		out[0] = ODD[index].first;
		out[31] = ODD[index].last;
	} else if (index < ODDS + 4) {
		assert_true(hex_to_bytes(ORDER_8[index - ODDS], 64, out, 32));
	} else {
		assert_true(hex_to_bytes(L, 64, out, 32));
		out[0] = (uint8_t)(out[0] + index - ODDS - 4);
	}
}

/* Every combination of odd key, R and S, each also beside honest ones. */
static void odd_encodings(void **state)
{
	(void)state;
	uint64_t seed = 80;
	struct pair pair;
	uint8_t honest[64], key[32], signature[64];
	const uint8_t message[] = "m";

	pair_make(&pair, &seed);
	signature_sign(pair.seed, pair.key, message, 1, honest);
	for (size_t k = 0; k <= ENCODINGS; k++) {
		for (size_t r = 0; r <= ENCODINGS; r++) {
			for (size_t s = 0; s <= ENCODINGS; s++) {
				memcpy(key, pair.key, 32);
				memcpy(signature, honest, 64);
				if (k < ENCODINGS)
					odd_encoding(k, key);
				if (r < ENCODINGS)
					odd_encoding(r, signature);
				if (s < ENCODINGS)
					odd_encoding(s, signature + 32);
				const bool wholly_honest = k == ENCODINGS && r == ENCODINGS && s == ENCODINGS;
				assert_int_equal(verdict(key, message, 1, signature), wholly_honest);
			}
		}
	}
}

/* A key with a part of order 2, 4 or 8: the cofactorless equation holds for some messages and not for others. */
static void mixed_order(void **state)
{
	(void)state;
	uint64_t seed = 81;
	struct pair pair;
	uint8_t torsion[32], key[32], signature[64];
	size_t good = 0;

	for (uint32_t message = 0; message < 400; message++) {
		odd_encoding(message % 3 == 0 ? 0 : message % 3 == 1 ? 8 : ODDS + message % 4, torsion);
		pair_make(&pair, &seed);
		assert_int_equal(crypto_core_ed25519_add(key, pair.key, torsion), 0);
		signature_sign(pair.seed, key, (const uint8_t *)&message, sizeof message, signature);
		good += verdict(key, (const uint8_t *)&message, sizeof message, signature);
		/* The same of R: no message fits. */
		signature_sign(pair.seed, pair.key, (const uint8_t *)&message, sizeof message, signature);
		assert_int_equal(crypto_core_ed25519_add(signature, signature, torsion), 0);
		assert_false(verdict(pair.key, (const uint8_t *)&message, sizeof message, signature));
	}
	assert_true(good > 50 && good < 350);
}

static int sodium_start(void **state)
{
	(void)state;
	return sodium_init() < 0;
}

TEST_MAIN(cmocka_unit_test_setup_teardown(blake3_beside_b3sum, write_files, remove_files),
          cmocka_unit_test_setup(sha512_beside_libsodium, sodium_start),
          cmocka_unit_test(signatures_beside_libsodium), cmocka_unit_test(odd_encodings), cmocka_unit_test(mixed_order))
