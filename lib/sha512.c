/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * SHA-512 (FIPS 180-4). Written for size: the message schedule is a window of
 * 16 words that moves along, the eight working variables one array that shifts.
 */
#include <lib/bytes.h>
#include <lib/hash.h>
#include <lib/sha512.h>

#define ROUNDS 80u
#define LENGTH_AT (SHA512_BLOCK_SIZE - 16u) /* of the message's length in bits, 128-bit big-endian */

/* First 64 bits of the fractional parts of the cube roots of the first 80 primes. */
static const uint64_t ROUND_CONSTANTS[ROUNDS] = {
	0x428a2f98d728ae22u, 0x7137449123ef65cdu, 0xb5c0fbcfec4d3b2fu, 0xe9b5dba58189dbbcu,
	0x3956c25bf348b538u, 0x59f111f1b605d019u, 0x923f82a4af194f9bu, 0xab1c5ed5da6d8118u,
	0xd807aa98a3030242u, 0x12835b0145706fbeu, 0x243185be4ee4b28cu, 0x550c7dc3d5ffb4e2u,
	0x72be5d74f27b896fu, 0x80deb1fe3b1696b1u, 0x9bdc06a725c71235u, 0xc19bf174cf692694u,
	0xe49b69c19ef14ad2u, 0xefbe4786384f25e3u, 0x0fc19dc68b8cd5b5u, 0x240ca1cc77ac9c65u,
	0x2de92c6f592b0275u, 0x4a7484aa6ea6e483u, 0x5cb0a9dcbd41fbd4u, 0x76f988da831153b5u,
	0x983e5152ee66dfabu, 0xa831c66d2db43210u, 0xb00327c898fb213fu, 0xbf597fc7beef0ee4u,
	0xc6e00bf33da88fc2u, 0xd5a79147930aa725u, 0x06ca6351e003826fu, 0x142929670a0e6e70u,
	0x27b70a8546d22ffcu, 0x2e1b21385c26c926u, 0x4d2c6dfc5ac42aedu, 0x53380d139d95b3dfu,
	0x650a73548baf63deu, 0x766a0abb3c77b2a8u, 0x81c2c92e47edaee6u, 0x92722c851482353bu,
	0xa2bfe8a14cf10364u, 0xa81a664bbc423001u, 0xc24b8b70d0f89791u, 0xc76c51a30654be30u,
	0xd192e819d6ef5218u, 0xd69906245565a910u, 0xf40e35855771202au, 0x106aa07032bbd1b8u,
	0x19a4c116b8d2d0c8u, 0x1e376c085141ab53u, 0x2748774cdf8eeb99u, 0x34b0bcb5e19b48a8u,
	0x391c0cb3c5c95a63u, 0x4ed8aa4ae3418acbu, 0x5b9cca4f7763e373u, 0x682e6ff3d6b2b8a3u,
	0x748f82ee5defb2fcu, 0x78a5636f43172f60u, 0x84c87814a1f0ab72u, 0x8cc702081a6439ecu,
	0x90befffa23631e28u, 0xa4506cebde82bde9u, 0xbef9a3f7b2c67915u, 0xc67178f2e372532bu,
	0xca273eceea26619cu, 0xd186b8c721c0c207u, 0xeada7dd6cde0eb1eu, 0xf57d4f7fee6ed178u,
	0x06f067aa72176fbau, 0x0a637dc5a2c898a6u, 0x113f9804bef90daeu, 0x1b710b35131c471bu,
	0x28db77f523047d84u, 0x32caab7b40c72493u, 0x3c9ebe0a15c9bebcu, 0x431d67c49c100d4cu,
	0x4cc5d4becb3e42b6u, 0x597f299cfc657e2au, 0x5fcb6fab3ad6faecu, 0x6c44198c4a475817u,
};

/* And of the square roots of the first 8. */
static const uint64_t INITIAL[8] = {
	0x6a09e667f3bcc908u, 0xbb67ae8584caa73bu, 0x3c6ef372fe94f82bu, 0xa54ff53a5f1d36f1u,
	0x510e527fade682d1u, 0x9b05688c2b3e6c1fu, 0x1f83d9abfb41bd6bu, 0x5be0cd19137e2179u,
};

/*@ requires 0 < bits < 64;
    assigns \nothing; */
static uint64_t rotate(uint64_t word, unsigned bits)
{
	return word >> bits | word << (64 - bits);
}

/* Word number `round` of the schedule; it replaces the one 16 rounds before it. */
/*@ requires \valid(words + (0 .. 15)) && round < ROUNDS;
    assigns words[0 .. 15]; */
static uint64_t schedule(uint64_t words[16], size_t round)
{
	const uint64_t w15 = words[(round + 1) % 16];
	const uint64_t w2 = words[(round + 14) % 16];

	if (round >= 16) {
		words[round % 16] += (rotate(w15, 1) ^ rotate(w15, 8) ^ w15 >> 7) + words[(round + 9) % 16] +
		                     (rotate(w2, 19) ^ rotate(w2, 61) ^ w2 >> 6);
	}
	return words[round % 16];
}

/* One round of the variables a..h, which are v[0]..v[7]. */
/*@ requires \valid(v + (0 .. 7));
    assigns v[0 .. 7]; */
static void step(uint64_t v[8], uint64_t addend)
{
	const uint64_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
	const uint64_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
	const uint64_t first = v[7] + (rotate(v[4], 14) ^ rotate(v[4], 18) ^ rotate(v[4], 41)) + choice + addend;
	const uint64_t second = (rotate(v[0], 28) ^ rotate(v[0], 34) ^ rotate(v[0], 39)) + majority;

	/*@ loop invariant 0 <= i <= 7;
	    loop assigns i, v[1 .. 7];
	    loop variant i; */
	for (size_t i = 7; i > 0; i--)
		v[i] = v[i - 1];
	v[4] += first;
	v[0] = first + second;
}

/*@ requires \valid(chain + (0 .. 7)) && \valid_read(block + (0 .. SHA512_BLOCK_SIZE - 1));
    assigns chain[0 .. 7]; */
static void compress(uint64_t chain[8], const uint8_t block[SHA512_BLOCK_SIZE])
{
	uint64_t words[16];
	uint64_t v[8];

	/*@ loop invariant 0 <= i <= 16;
	    loop assigns i, words[0 .. 15];
	    loop variant 16 - i; */
	for (size_t i = 0; i < 16; i++)
		words[i] = bytes_be64(block + 8 * i);
	/*@ loop invariant 0 <= i <= 8;
	    loop assigns i, v[0 .. 7];
	    loop variant 8 - i; */
	for (size_t i = 0; i < 8; i++)
		v[i] = chain[i];
	/*@ loop invariant 0 <= round <= ROUNDS;
	    loop assigns round, v[0 .. 7], words[0 .. 15];
	    loop variant ROUNDS - round; */
	for (size_t round = 0; round < ROUNDS; round++)
		step(v, ROUND_CONSTANTS[round] + schedule(words, round));
	/*@ loop invariant 0 <= i <= 8;
	    loop assigns i, chain[0 .. 7];
	    loop variant 8 - i; */
	for (size_t i = 0; i < 8; i++)
		chain[i] += v[i];
}

/*@ requires \valid(to + (0 .. 7));
    assigns to[0 .. 7]; */
static void put_be64(uint8_t *to, uint64_t value)
{
	/*@ loop invariant 0 <= i <= 8;
	    loop assigns i, to[0 .. 7];
	    loop variant 8 - i; */
	for (size_t i = 0; i < 8; i++)
		to[i] = (uint8_t)(value >> (56 - 8 * i));
}

void sha512_begin(struct sha512 *hash)
{
	/*@ loop invariant 0 <= i <= 8;
	    loop assigns i, hash->chain[0 .. 7];
	    loop variant 8 - i; */
	for (size_t i = 0; i < 8; i++)
		hash->chain[i] = INITIAL[i];
	hash->length = 0;
}

void sha512_update(struct sha512 *hash, const uint8_t *data, size_t length)
{
	/*@ loop invariant 0 <= i <= length && hash->length == \at(hash->length, Pre) + i;
	    loop assigns i, *hash;
	    loop variant length - i; */
	for (size_t i = 0; i < length; i++) {
		hash->block[hash->length % SHA512_BLOCK_SIZE] = data[i];
		hash->length++;
		if (hash->length % SHA512_BLOCK_SIZE == 0)
			compress(hash->chain, hash->block);
	}
}

void sha512_end(struct sha512 *hash, uint8_t out_digest[SHA512_SIZE])
{
	const uint64_t length = hash->length;
	static const uint8_t MARK = 0x80, ZERO = 0;
	uint8_t bits[16];

	put_be64(bits, length >> 61);
	put_be64(bits + 8, length << 3);
	sha512_update(hash, &MARK, 1);
	/*@ loop invariant length < hash->length <= length + SHA512_BLOCK_SIZE;
	    loop invariant \let at = (length + 1) % SHA512_BLOCK_SIZE;
	      hash->length - length - 1 <= (LENGTH_AT + SHA512_BLOCK_SIZE - at) % SHA512_BLOCK_SIZE;
	    loop assigns *hash;
	    loop variant length + SHA512_BLOCK_SIZE - hash->length; */
	while (hash->length % SHA512_BLOCK_SIZE != LENGTH_AT)
		sha512_update(hash, &ZERO, 1);
	sha512_update(hash, bits, sizeof bits);
	/*@ loop invariant 0 <= i <= 8;
	    loop assigns i, out_digest[0 .. SHA512_SIZE - 1];
	    loop variant 8 - i; */
	for (size_t i = 0; i < 8; i++)
		put_be64(out_digest + 8 * i, hash->chain[i]);
	secret_wipe(hash, sizeof *hash);
}

void sha512_bytes(const uint8_t *data, size_t length, uint8_t out_digest[SHA512_SIZE])
{
	struct sha512 hash;

	sha512_begin(&hash);
	sha512_update(&hash, data, length);
	sha512_end(&hash, out_digest);
}
