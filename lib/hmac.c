/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* HMAC-SHA-512 and PBKDF2: the two keyed states are made once, so an iteration is two compressions. */
#include <lib/hash.h>
#include <lib/hmac.h>

#define INNER 0x36u
#define OUTER 0x5cu

/*@ requires \valid(hash) && \valid_read(key + (0 .. SHA512_BLOCK_SIZE - 1));
    requires \separated(hash, key + (0 .. SHA512_BLOCK_SIZE - 1));
    assigns *hash;
    ensures hash->length == SHA512_BLOCK_SIZE; */
static void keyed_begin(struct sha512 *hash, const uint8_t key[SHA512_BLOCK_SIZE], uint8_t pad)
{
	uint8_t block[SHA512_BLOCK_SIZE];

	/*@ loop invariant 0 <= i <= SHA512_BLOCK_SIZE;
	    loop assigns i, block[0 .. SHA512_BLOCK_SIZE - 1];
	    loop variant SHA512_BLOCK_SIZE - i; */
	for (size_t i = 0; i < sizeof block; i++)
		block[i] = key[i] ^ pad;
	sha512_begin(hash);
	sha512_update(hash, block, sizeof block);
	secret_wipe(block, sizeof block);
}

void hmac_begin(struct hmac *hmac, const uint8_t *key, size_t length)
{
	uint8_t block[SHA512_BLOCK_SIZE] = { 0 };

	if (length > sizeof block) {
		sha512_bytes(key, length, block);
	} else {
		/*@ loop invariant 0 <= i <= length;
		    loop assigns i, block[0 .. SHA512_BLOCK_SIZE - 1];
		    loop variant length - i; */
		for (size_t i = 0; i < length; i++)
			block[i] = key[i];
	}
	keyed_begin(&hmac->inner, block, INNER);
	keyed_begin(&hmac->outer, block, OUTER);
	secret_wipe(block, sizeof block);
}

void hmac_update(struct hmac *hmac, const uint8_t *data, size_t length)
{
	sha512_update(&hmac->inner, data, length);
}

void hmac_end(struct hmac *hmac, uint8_t out_code[SHA512_SIZE])
{
	uint8_t digest[SHA512_SIZE];

	sha512_end(&hmac->inner, digest);
	sha512_update(&hmac->outer, digest, sizeof digest);
	sha512_end(&hmac->outer, out_code);
	secret_wipe(digest, sizeof digest);
}

void pbkdf2(const uint8_t *passphrase, size_t length, const uint8_t *salt, size_t salt_size, uint32_t iterations,
            uint8_t out_key[SHA512_SIZE])
{
	static const uint8_t FIRST[4] = { 0, 0, 0, 1 };
	struct hmac keyed, hmac;
	uint8_t code[SHA512_SIZE];

	hmac_begin(&keyed, passphrase, length);
	hmac = keyed;
	hmac_update(&hmac, salt, salt_size);
	hmac_update(&hmac, FIRST, sizeof FIRST);
	hmac_end(&hmac, code);
	/*@ loop invariant 0 <= i <= SHA512_SIZE;
	    loop assigns i, out_key[0 .. SHA512_SIZE - 1];
	    loop variant SHA512_SIZE - i; */
	for (size_t i = 0; i < SHA512_SIZE; i++)
		out_key[i] = code[i];
	/*@ loop invariant iteration >= 1;
	    loop assigns iteration, hmac, code[0 .. SHA512_SIZE - 1], out_key[0 .. SHA512_SIZE - 1];
	    loop variant iterations - iteration; */
	for (uint32_t iteration = 1; iteration < iterations; iteration++) {
		hmac = keyed;
		hmac_update(&hmac, code, sizeof code);
		hmac_end(&hmac, code);
		/*@ loop invariant 0 <= i <= SHA512_SIZE;
		    loop assigns i, out_key[0 .. SHA512_SIZE - 1];
		    loop variant SHA512_SIZE - i; */
		for (size_t i = 0; i < SHA512_SIZE; i++)
			out_key[i] ^= code[i];
	}
	secret_wipe(&keyed, sizeof keyed);
	secret_wipe(code, sizeof code);
}
