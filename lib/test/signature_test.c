/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Ed25519 against the 1,024 vectors of its authors, and what a strict verifier
 * must refuse although the equation holds: each such signature is made here,
 * with the secret or with a point chosen for it, so that only the check in
 * question stands between it and acceptance.
 */
#include "test.h"
#include "vectors.h"
#include "../third-party/curve25519_priv.h"
#include <lib/identity.h>
#include <lib/sha512.h>
#include <lib/signature.h>
#include <string.h>

#define VECTORS 1024u
#define MESSAGE_MAX 1024u
#define SMALL 8u /* points whose order divides 8 */

static const uint8_t ORDER[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
	                           0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
static const uint8_t ZERO[32];

struct vector {
	uint8_t seed[32], key[32], signature[64];
	uint8_t message[MESSAGE_MAX];
	size_t length;
};

/* One line: seed key ":" key ":" message ":" signature message ":", in hexadecimal. Returns the next line. */
static const char *vector_read(const char *line, struct vector *out)
{
	const char *message = strchr(strchr(line, ':') + 1, ':') + 1;
	const char *signature = strchr(message, ':') + 1;

	out->length = (size_t)(signature - 1 - message) / 2;
	assert_true(out->length <= MESSAGE_MAX);
	assert_true(hex_to_bytes(line, 64, out->seed, 32));
	assert_true(hex_to_bytes(line + 64, 64, out->key, 32));
	assert_true(hex_to_bytes(message, 2 * out->length, out->message, out->length));
	assert_true(hex_to_bytes(signature, 128, out->signature, 64));
	return strchr(signature, '\n') + 1;
}

static void for_each_vector(void (*body)(struct vector *vector, uint64_t *seed))
{
	static struct vector vector;
	char *file = vectors_read("cryptography-vectors/asymmetric/Ed25519/sign.input");
	uint64_t seed = 5;
	size_t count = 0;

	for (const char *line = file; *line != '\0'; count++) {
		line = vector_read(line, &vector);
		body(&vector, &seed);
	}
	assert_int_equal(count, VECTORS);
	free(file);
}

static bool accepts(const struct vector *vector)
{
	return signature_verify(vector->key, vector->message, vector->length, vector->signature);
}

static void flip(uint8_t *bytes, size_t bit)
{
	bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* ---- the vectors ---- */

static void check_vector(struct vector *vector, uint64_t *seed)
{
	uint8_t key[32], signature[64];

	(void)seed;
	signature_public(vector->seed, key);
	assert_memory_equal(key, vector->key, 32);
	signature_sign(vector->seed, key, vector->message, vector->length, signature);
	assert_memory_equal(signature, vector->signature, 64);
	assert_true(accepts(vector));
}

static void vectors(void **state)
{
	(void)state;
	for_each_vector(check_vector);
}

/* A bit of the key, of either half of the signature, of the message. */
static void check_flips(struct vector *vector, uint64_t *seed)
{
	const struct {
		uint8_t *bytes;
		size_t size;
	} parts[] = { { vector->key, 32 }, { vector->signature, 32 }, { vector->signature + 32, 32 },
		      { vector->message, vector->length } };

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		if (parts[i].size == 0)
			continue;
		const size_t bit = test_random(seed) % (parts[i].size * 8);
		flip(parts[i].bytes, bit);
		assert_false(accepts(vector));
		flip(parts[i].bytes, bit);
	}
	assert_false(signature_verify(vector->key, vector->message, vector->length - (vector->length > 0),
	                              vector->signature) && vector->length > 0);
}

static void flips(void **state)
{
	(void)state;
	for_each_vector(check_flips);
}

/* Add the group order to S: the equation does not notice. */
static void add_order(uint8_t s[32])
{
	unsigned carry = 0;

	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)s[i] + ORDER[i];
		s[i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_int_equal(carry, 0);
}

static void check_malleable(struct vector *vector, uint64_t *seed)
{
	(void)seed;
	for (int times = 0; times < 14; times++) {
		add_order(vector->signature + 32);
		assert_false(accepts(vector));
	}
}

static void malleable(void **state)
{
	(void)state;
	for_each_vector(check_malleable);
}

/* Every single bit of one signature and one key. */
static void every_bit(void **state)
{
	(void)state;
	static struct vector vector;
	char *file = vectors_read("cryptography-vectors/asymmetric/Ed25519/sign.input");

	vector_read(file, &vector);
	for (size_t bit = 0; bit < 512; bit++) {
		flip(vector.signature, bit);
		assert_false(accepts(&vector));
		flip(vector.signature, bit);
	}
	for (size_t bit = 0; bit < 256; bit++) {
		flip(vector.key, bit);
		assert_false(accepts(&vector));
		flip(vector.key, bit);
	}
	assert_true(accepts(&vector));
	free(file);
}

/* ---- points of small order ---- */

static void encode(const ge_p2 *point, uint8_t out[32])
{
	fe inverse, x, y;

	GFp_x25519_fe_invert(&inverse, &point->Z);
	GFp_x25519_fe_mul_ttt(&x, &point->X, &inverse);
	GFp_x25519_fe_mul_ttt(&y, &point->Y, &inverse);
	GFp_x25519_fe_tobytes(out, &y);
	out[31] ^= (uint8_t)(GFp_x25519_fe_isnegative(&x) << 7);
}

/* All eight, found rather than listed: L times any point is one of them. */
static size_t find_small(uint8_t out[SMALL][32])
{
	uint64_t seed = 3;
	size_t found = 0;

	for (int tries = 0; tries < 300; tries++) {
		uint8_t bytes[32], encoding[32];
		ge_p3 point;
		ge_p2 product;
		size_t at = 0;

		for (size_t i = 0; i < 32; i++)
			bytes[i] = (uint8_t)test_random(&seed);
		if (!GFp_x25519_ge_frombytes_vartime(&point, bytes))
			continue;
		GFp_x25519_ge_double_scalarmult_vartime(&product, ORDER, &point, ZERO);
		encode(&product, encoding);
		while (at < found && memcmp(out[at], encoding, 32) != 0)
			at++;
		assert_true(at < SMALL);
		if (at == found)
			memcpy(out[found++], encoding, 32);
	}
	return found;
}

static void challenge_of(const uint8_t signature[64], const uint8_t key[32], const uint8_t *message, size_t length,
                         uint8_t out[64])
{
	struct sha512 hash;

	sha512_begin(&hash);
	sha512_update(&hash, signature, 32);
	sha512_update(&hash, key, 32);
	sha512_update(&hash, message, length);
	sha512_end(&hash, out);
	GFp_x25519_sc_reduce(out);
}

/* R = S B - h A, the verifier's equation without its other checks. */
static bool equation_holds(const uint8_t key[32], const uint8_t *message, size_t length, const uint8_t signature[64])
{
	uint8_t challenge[64], encoding[32];
	ge_p3 point;
	ge_p2 sum;

	if (!GFp_x25519_ge_frombytes_vartime(&point, key))
		return false;
	GFp_x25519_fe_neg(&point.X);
	GFp_x25519_fe_neg(&point.T);
	challenge_of(signature, key, message, length, challenge);
	GFp_x25519_ge_double_scalarmult_vartime(&sum, challenge, &point, signature + 32);
	encode(&sum, encoding);
	return memcmp(encoding, signature, 32) == 0;
}

/* Anybody can sign for such a key: h A vanishes for one message in eight at the latest. */
static void forge_for_key(const uint8_t key[32], uint64_t *seed)
{
	uint8_t signature[64];
	uint32_t message = 0;

	do {
		/* R = S B, with S what a seed expands to, reduced */
		uint8_t secret[64];
		ge_p3 base;
		for (size_t i = 0; i < 64; i++)
			secret[i] = (uint8_t)test_random(seed);
		GFp_x25519_sc_reduce(secret);
		GFp_x25519_ge_scalarmult_base(&base, secret);
		const ge_p2 point = { base.X, base.Y, base.Z };
		encode(&point, signature);
		memcpy(signature + 32, secret, 32);
		assert_true(message++ < 1000);
	} while (!equation_holds(key, (const uint8_t *)&message, sizeof message, signature));
	assert_false(signature_verify(key, (const uint8_t *)&message, sizeof message, signature));
}

static void small_key(void **state)
{
	(void)state;
	uint8_t small[SMALL][32];
	uint64_t seed = 21;

	assert_int_equal(find_small(small), SMALL);
	for (size_t i = 0; i < SMALL; i++)
		forge_for_key(small[i], &seed);
}

/* The same points under a second name: y is 2^255 - 19 or 2^255 - 18, or x is zero and said to be odd. */
static void noncanonical_key(void **state)
{
	(void)state;
	static const uint8_t FORMS[][2] = { { 0xed, 0x7f }, { 0xed, 0xff }, { 0xee, 0x7f }, { 0xee, 0xff } };
	uint8_t key[32];
	uint64_t seed = 22;

	for (size_t i = 0; i < sizeof FORMS / sizeof FORMS[0]; i++) {
		memset(key, 0xff, sizeof key);
		key[0] = FORMS[i][0];
		key[31] = FORMS[i][1];
		forge_for_key(key, &seed);
	}
	memset(key, 0, sizeof key);
	key[0] = 1;
	key[31] = 0x80;
	forge_for_key(key, &seed);
	memset(key, 0xff, sizeof key);
	key[0] = 0xec;
	forge_for_key(key, &seed);
	/* y from 2^255 - 19 up: whatever is signed, such a key does not exist */
	for (int low = 0xed; low <= 0xff; low++) {
		memset(key, 0xff, sizeof key);
		key[0] = (uint8_t)low;
		key[31] = 0x7f;
		assert_false(signature_verify(key, (const uint8_t *)"", 0, (const uint8_t[64]){ 1 }));
	}
}

/* The key's owner signs with a nonce of zero: R is the identity (or called so by its second name), S = h a. */
static void small_nonce(void **state)
{
	(void)state;
	const uint8_t seed[32] = { 8 };
	uint8_t expanded[64], key[32], challenge[64], signature[64] = { 1 };

	signature_public(seed, key);
	sha512_bytes(seed, 32, expanded);
	GFp_x25519_sc_mask(expanded);
	challenge_of(signature, key, NULL, 0, challenge);
	GFp_x25519_sc_muladd(signature + 32, challenge, expanded, ZERO);
	assert_true(equation_holds(key, NULL, 0, signature));
	assert_false(signature_verify(key, NULL, 0, signature));

	memset(signature, 0xff, 32);
	signature[0] = 0xee;
	signature[31] = 0x7f;
	challenge_of(signature, key, NULL, 0, challenge);
	GFp_x25519_sc_muladd(signature + 32, challenge, expanded, ZERO);
	assert_false(signature_verify(key, NULL, 0, signature));
}

/* ---- domains ---- */

static void domains(void **state)
{
	(void)state;
	const uint8_t seed[32] = { 1 };
	const uint8_t digest[32] = { 2 }, other[32] = { 3 };
	static const char FULL[] = "a domain of thirty-two bytes....";
	uint8_t key[32], signature[64], composed[64] = "domain";

	assert_int_equal(strlen(FULL), 32);
	signature_public(seed, key);
	signature_sign_digest(seed, key, "domain", digest, signature);
	assert_true(signature_verify_digest(key, "domain", digest, signature));
	assert_false(signature_verify_digest(key, "domain", other, signature));
	assert_false(signature_verify_digest(key, "domai", digest, signature));
	assert_false(signature_verify_digest(key, "domain ", digest, signature));
	assert_false(signature_verify_digest(key, "", digest, signature));
	memcpy(composed + 32, digest, 32);
	assert_true(signature_verify(key, composed, 64, signature));
	assert_false(signature_verify(key, digest, 32, signature));

	signature_sign_digest(seed, key, FULL, digest, signature);
	assert_true(signature_verify_digest(key, FULL, digest, signature));
	/* One byte more does not fit: no signature, and none is accepted, not even that of its first 32 bytes. */
	assert_false(signature_verify_digest(key, "a domain of thirty-two bytes.....", digest, signature));
	signature_sign_digest(seed, key, "a domain of thirty-two bytes.....", digest, signature);
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(signature[i], 0);
}

TEST_MAIN(cmocka_unit_test(vectors), cmocka_unit_test(flips), cmocka_unit_test(malleable), cmocka_unit_test(every_bit),
          cmocka_unit_test(small_key), cmocka_unit_test(noncanonical_key), cmocka_unit_test(small_nonce),
          cmocka_unit_test(domains))
