/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Ed25519 (RFC 8032, section 5.1) from its parts: arithmetic by the ring
 * package's curve25519.c, SHA-512 by lib/sha512.c; the checks that make
 * verification strict are here.
 */
#include <lib/bytes.h>
#include <lib/hash.h>
#include <lib/sha512.h>
#include <lib/signature.h>
#include "third-party/curve25519_priv.h"

#define HALF 32u /* of a signature: R, then S; of an expanded seed: scalar, then prefix */
#define SIGN_BIT 0x80u
#define DOMAIN_SIZE 32u
#define DIGEST_SIZE 32u
#define LIMBS 4u /* of 64 bits, in a scalar */
/* More than the calls of sign() reach down the stack on any architecture (about 2 KiB). */
#define STACK_REACH 4096u

struct part {
	const uint8_t *bytes;
	size_t length;
};

/* SHA-512 of up to three parts. */
/*@ requires 0 < count <= 3 && \valid_read(parts + (0 .. count - 1)) && \valid(out_digest + (0 .. SHA512_SIZE - 1));
    requires \forall integer i; 0 <= i < count ==> parts[i].length <= (i + 1 < count ? HALF : SIGNATURE_MESSAGE_MAX) &&
      \valid_read(parts[i].bytes + (0 .. parts[i].length - 1));
    assigns out_digest[0 .. SHA512_SIZE - 1]; */
static void hash_parts(const struct part *parts, size_t count, uint8_t out_digest[SHA512_SIZE])
{
	struct sha512 hash;

	sha512_begin(&hash);
	/*@ loop invariant 0 <= i <= count && hash.length <= HALF * i + (i < count ? 0 : SIGNATURE_MESSAGE_MAX);
	    loop assigns i, hash;
	    loop variant count - i; */
	for (size_t i = 0; i < count; i++)
		sha512_update(&hash, parts[i].bytes, parts[i].length);
	sha512_end(&hash, out_digest);
}

/* The same, reduced to a scalar in constant time. */
/*@ requires 0 < count <= 3 && \valid_read(parts + (0 .. count - 1)) && \valid(out_scalar + (0 .. SHA512_SIZE - 1));
    requires \forall integer i; 0 <= i < count ==> parts[i].length <= (i + 1 < count ? HALF : SIGNATURE_MESSAGE_MAX) &&
      \valid_read(parts[i].bytes + (0 .. parts[i].length - 1));
    assigns out_scalar[0 .. SHA512_SIZE - 1]; */
static void hash_to_scalar(const struct part *parts, size_t count, uint8_t out_scalar[SHA512_SIZE])
{
	hash_parts(parts, count, out_scalar);
	GFp_x25519_sc_reduce(out_scalar);
}

/* ---- points ---- */

/* The encoding of the point (X/Z, Y/Z): y, and in its top bit whether x is odd. */
/*@ requires \valid_read(x) && \valid_read(y) && \valid_read(z) && \valid(out + (0 .. HALF - 1));
    assigns out[0 .. HALF - 1]; */
static void point_encode(const fe *x, const fe *y, const fe *z, uint8_t out[HALF])
{
	fe inverse, affine_x, affine_y;

	GFp_x25519_fe_invert(&inverse, z);
	GFp_x25519_fe_mul_ttt(&affine_x, x, &inverse);
	GFp_x25519_fe_mul_ttt(&affine_y, y, &inverse);
	GFp_x25519_fe_tobytes(out, &affine_y);
	out[31] ^= (uint8_t)(GFp_x25519_fe_isnegative(&affine_x) * SIGN_BIT);
}

/* a times the base point, encoded. Constant time. */
/*@ requires \valid_read(scalar + (0 .. HALF - 1)) && \valid(out + (0 .. HALF - 1));
    assigns out[0 .. HALF - 1]; */
static void base_multiple(const uint8_t scalar[HALF], uint8_t out[HALF])
{
	ge_p3 point;

	GFp_x25519_ge_scalarmult_base(&point, scalar);
	point_encode(&point.X, &point.Y, &point.Z, out);
	secret_wipe(&point, sizeof point);
}

/* False: not on the curve, or not the one encoding of its point (y of 2^255 - 19 or more; x zero and odd). */
/*@ requires \valid_read(in + (0 .. HALF - 1)) && \valid(out) && \separated(out, in + (0 .. HALF - 1));
    assigns *out; */
static bool point_decode(const uint8_t in[HALF], ge_p3 *out)
{
	uint8_t again[HALF];

	if (!GFp_x25519_ge_frombytes_vartime(out, in))
		return false;
	GFp_x25519_fe_tobytes(again, &out->Y);
	again[31] ^= (uint8_t)(GFp_x25519_fe_isnegative(&out->X) * SIGN_BIT);
	return hash_equal(again, in);
}

/* y of the points whose order divides 8: of order 4, 1, 2 and (the last two) 8. */
static const uint8_t SMALL_ORDER[][HALF] = {
	{ 0x00 },
	{ 0x01 },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
	  0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
	  0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
};

/* Of a canonical encoding. */
/*@ requires \valid_read(encoding + (0 .. HALF - 1));
    assigns \nothing; */
static bool point_is_small(const uint8_t encoding[HALF])
{
	uint8_t y[HALF];

	/*@ loop invariant 0 <= i <= HALF;
	    loop assigns i, y[0 .. HALF - 1];
	    loop variant HALF - i; */
	for (size_t i = 0; i < HALF; i++)
		y[i] = encoding[i];
	y[31] &= (uint8_t)~SIGN_BIT;
	/*@ loop invariant 0 <= i <= sizeof(SMALL_ORDER) / HALF;
	    loop assigns i;
	    loop variant sizeof(SMALL_ORDER) / HALF - i; */
	for (size_t i = 0; i < sizeof SMALL_ORDER / sizeof SMALL_ORDER[0]; i++) {
		if (hash_equal(y, SMALL_ORDER[i]))
			return true;
	}
	return false;
}

/* ---- verifying ---- */

/* L, the order of the base point. */
static const uint8_t ORDER[HALF] = {
	0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10,
};

/*@ requires \valid_read(scalar + (0 .. HALF - 1));
    assigns \nothing; */
static bool scalar_is_reduced(const uint8_t scalar[HALF])
{
	/*@ loop invariant 0 <= i <= HALF;
	    loop assigns i;
	    loop variant i; */
	for (size_t i = HALF; i > 0; i--) {
		if (scalar[i - 1] != ORDER[i - 1])
			return scalar[i - 1] < ORDER[i - 1];
	}
	return false;
}

/* scalar less L if that is not negative. */
/*@ requires \valid(scalar + (0 .. LIMBS - 1));
    assigns scalar[0 .. LIMBS - 1]; */
static void order_subtract(uint64_t scalar[LIMBS])
{
	uint64_t less[LIMBS];
	unsigned long long borrow = 0;

	for (size_t i = 0; i < LIMBS; i++)
		less[i] = __builtin_subcll(scalar[i], bytes_le64(ORDER + 8 * i), borrow, &borrow);
	for (size_t i = 0; borrow == 0 && i < LIMBS; i++)
		scalar[i] = less[i];
}

/* A digest modulo L, bit by bit from the top, where nothing is secret: a tenth of the code of ring's, which is
 * unrolled and constant time. Between two steps the scalar is below L, so doubling
 * never overflows. */
/*@ requires \valid(digest + (0 .. SHA512_SIZE - 1));
    assigns digest[0 .. SHA512_SIZE - 1]; */
static void digest_reduce_public(uint8_t digest[SHA512_SIZE])
{
	uint64_t scalar[LIMBS] = { 0 };

	/*@ loop invariant 0 <= bit <= 8 * SHA512_SIZE;
	    loop assigns bit, scalar[0 .. LIMBS - 1];
	    loop variant bit; */
	for (size_t bit = 8 * SHA512_SIZE; bit-- > 0;) {
		uint64_t carry = digest[bit / 8] >> bit % 8 & 1u;

		/*@ loop invariant 0 <= i <= LIMBS;
		    loop assigns i, carry, scalar[0 .. LIMBS - 1];
		    loop variant LIMBS - i; */
		for (size_t i = 0; i < LIMBS; i++) {
			const uint64_t top = scalar[i] >> 63;

			scalar[i] = scalar[i] << 1 | carry;
			carry = top;
		}
		order_subtract(scalar);
	}
	/*@ loop invariant 0 <= i <= HALF;
	    loop assigns i, digest[0 .. HALF - 1];
	    loop variant HALF - i; */
	for (size_t i = 0; i < HALF; i++)
		digest[i] = (uint8_t)(scalar[i / 8] >> 8 * (i % 8));
}

bool signature_verify(const uint8_t key[SIGNATURE_KEY_SIZE], const uint8_t *message, size_t length,
                      const uint8_t signature[SIGNATURE_SIZE])
{
	const uint8_t *r = signature, *s = signature + HALF;
	const struct part parts[3] = { { r, HALF }, { key, SIGNATURE_KEY_SIZE }, { message, length } };
	uint8_t challenge[SHA512_SIZE], expected[HALF];
	ge_p3 minus_a;
	ge_p2 point;

	if (!scalar_is_reduced(s) || !point_decode(key, &minus_a) || point_is_small(key) || point_is_small(r))
		return false;
	hash_parts(parts, 3, challenge);
	digest_reduce_public(challenge);
	GFp_x25519_fe_neg(&minus_a.X);
	GFp_x25519_fe_neg(&minus_a.T);
	GFp_x25519_ge_double_scalarmult_vartime(&point, challenge, &minus_a, s);
	point_encode(&point.X, &point.Y, &point.Z, expected);
	return hash_equal(expected, r);
}

/* ---- signing ---- */

/* A seed's secret scalar, and the prefix that its nonces are made with. */
/*@ requires \valid_read(seed + (0 .. SIGNATURE_SEED_SIZE - 1)) && \valid(out + (0 .. SHA512_SIZE - 1));
    assigns out[0 .. SHA512_SIZE - 1]; */
static void expand(const uint8_t seed[SIGNATURE_SEED_SIZE], uint8_t out[SHA512_SIZE])
{
	sha512_bytes(seed, SIGNATURE_SEED_SIZE, out);
	GFp_x25519_sc_mask(out);
}

/* What functions that returned left below this one's frame. */
/*@ assigns \nothing; */
CC_COLD static void stack_wipe(void)
{
	uint8_t frame[STACK_REACH];

	secret_wipe(frame, sizeof frame);
}

/*@ requires \valid_read(seed + (0 .. SIGNATURE_SEED_SIZE - 1)) && \valid_read(key + (0 .. SIGNATURE_KEY_SIZE - 1));
    requires length <= SIGNATURE_MESSAGE_MAX && \valid_read(message + (0 .. length - 1));
    requires \valid(out_signature + (0 .. SIGNATURE_SIZE - 1)) && \separated(message + (0 .. length - 1), out_signature + (0 .. SIGNATURE_SIZE - 1));
    requires \separated(key + (0 .. SIGNATURE_KEY_SIZE - 1), out_signature + (0 .. SIGNATURE_SIZE - 1));
    assigns out_signature[0 .. SIGNATURE_SIZE - 1]; */
static void sign(const uint8_t seed[SIGNATURE_SEED_SIZE], const uint8_t key[SIGNATURE_KEY_SIZE], const uint8_t *message,
                 size_t length, uint8_t out_signature[SIGNATURE_SIZE])
{
	uint8_t expanded[SHA512_SIZE], nonce[SHA512_SIZE], challenge[SHA512_SIZE], r[HALF];
	const struct part nonce_parts[2] = { { expanded + HALF, HALF }, { message, length } };
	const struct part parts[3] = { { r, HALF }, { key, SIGNATURE_KEY_SIZE }, { message, length } };

	expand(seed, expanded);
	hash_to_scalar(nonce_parts, 2, nonce);
	base_multiple(nonce, r);
	hash_to_scalar(parts, 3, challenge);
	GFp_x25519_sc_muladd(out_signature + HALF, challenge, expanded, nonce);
	/*@ loop invariant 0 <= i <= HALF;
	    loop assigns i, out_signature[0 .. HALF - 1];
	    loop variant HALF - i; */
	for (size_t i = 0; i < HALF; i++)
		out_signature[i] = r[i];
	secret_wipe(expanded, sizeof expanded);
	secret_wipe(nonce, sizeof nonce);
}

void signature_public(const uint8_t seed[SIGNATURE_SEED_SIZE], uint8_t out_key[SIGNATURE_KEY_SIZE])
{
	uint8_t expanded[SHA512_SIZE];

	expand(seed, expanded);
	base_multiple(expanded, out_key);
	secret_wipe(expanded, sizeof expanded);
	stack_wipe();
}

void signature_sign(const uint8_t seed[SIGNATURE_SEED_SIZE], const uint8_t key[SIGNATURE_KEY_SIZE],
                    const uint8_t *message, size_t length, uint8_t out_signature[SIGNATURE_SIZE])
{
	sign(seed, key, message, length, out_signature);
	stack_wipe();
}

/* ---- digests under a domain ---- */

/* False: the domain does not fit. */
/*@ requires \exists integer n; 0 <= n && \valid_read(domain + (0 .. n)) && domain[n] == '\0';
    requires \valid_read(digest + (0 .. DIGEST_SIZE - 1));
    requires \valid(out + (0 .. DOMAIN_SIZE + DIGEST_SIZE - 1));
    requires \separated(out + (0 .. DOMAIN_SIZE + DIGEST_SIZE - 1), domain + (0 .. DOMAIN_SIZE));
    assigns out[0 .. DOMAIN_SIZE + DIGEST_SIZE - 1]; */
static bool compose(const char *domain, const uint8_t digest[DIGEST_SIZE], uint8_t out[DOMAIN_SIZE + DIGEST_SIZE])
{
	size_t at = 0;

	/*@ loop invariant 0 <= at <= DOMAIN_SIZE && (\forall integer k; 0 <= k < at ==> domain[k] != '\0');
	    loop assigns at, out[0 .. DOMAIN_SIZE - 1];
	    loop variant DOMAIN_SIZE - at; */
	for (; at < DOMAIN_SIZE && domain[at] != '\0'; at++)
		out[at] = (uint8_t)domain[at];
	if (at == DOMAIN_SIZE && domain[at] != '\0')
		return false;
	/*@ loop invariant 0 <= at <= DOMAIN_SIZE;
	    loop assigns at, out[0 .. DOMAIN_SIZE - 1];
	    loop variant DOMAIN_SIZE - at; */
	for (; at < DOMAIN_SIZE; at++)
		out[at] = 0;
	/*@ loop invariant 0 <= i <= DIGEST_SIZE;
	    loop assigns i, out[DOMAIN_SIZE .. DOMAIN_SIZE + DIGEST_SIZE - 1];
	    loop variant DIGEST_SIZE - i; */
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		out[DOMAIN_SIZE + i] = digest[i];
	return true;
}

void signature_sign_digest(const uint8_t seed[SIGNATURE_SEED_SIZE], const uint8_t key[SIGNATURE_KEY_SIZE],
                           const char *domain, const uint8_t digest[32], uint8_t out_signature[SIGNATURE_SIZE])
{
	uint8_t message[DOMAIN_SIZE + DIGEST_SIZE];

	if (compose(domain, digest, message)) {
		signature_sign(seed, key, message, sizeof message, out_signature);
	} else {
		/*@ loop invariant 0 <= i <= SIGNATURE_SIZE;
		    loop assigns i, out_signature[0 .. SIGNATURE_SIZE - 1];
		    loop variant SIGNATURE_SIZE - i; */
		for (size_t i = 0; i < SIGNATURE_SIZE; i++)
			out_signature[i] = 0;
	}
}

bool signature_verify_digest(const uint8_t key[SIGNATURE_KEY_SIZE], const char *domain, const uint8_t digest[32],
                             const uint8_t signature[SIGNATURE_SIZE])
{
	uint8_t message[DOMAIN_SIZE + DIGEST_SIZE];

	return compose(domain, digest, message) && signature_verify(key, message, sizeof message, signature);
}
