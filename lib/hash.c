/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * BLAKE3: the official sources behind our header, and the choice they leave to
 * whoever builds them: which compression function runs. Always the portable
 * one: the same instructions on every machine, and general registers only.
 *
 * The library recurses over a tree of chunks when it gets more than one chunk
 * at once. It never does here, so its use of the stack has a bound.
 */
#include <blake3/c/blake3.h>
#include <blake3/c/blake3_impl.h>
#include <lib/bytes.h>
#include <lib/hash.h>
#include <lib/string.h>

_Static_assert(sizeof(blake3_hasher) <= HASH_STATE_SIZE, "the state holds the library's");
_Static_assert(_Alignof(blake3_hasher) <= _Alignof(struct hash), "and is aligned like it");
_Static_assert(HASH_SIZE == BLAKE3_OUT_LEN && HASH_SIZE == BLAKE3_KEY_LEN, "sizes");

/* ---- what the library calls ---- */
void blake3_compress_xof(const uint32_t cv[8], const uint8_t block[BLAKE3_BLOCK_LEN], uint8_t block_len,
                         uint64_t counter, uint8_t flags, uint8_t out[64])
{
	blake3_compress_xof_portable(cv, block, block_len, counter, flags, out);
}

/* The new chaining value is the first half of the long output: one copy of the unrolled rounds serves both. */
void blake3_compress_in_place(uint32_t cv[8], const uint8_t block[BLAKE3_BLOCK_LEN], uint8_t block_len,
                              uint64_t counter, uint8_t flags)
{
	uint8_t out[64];

	blake3_compress_xof_portable(cv, block, block_len, counter, flags, out);
	for (size_t i = 0; i < 8; i++)
		cv[i] = bytes_le32(out + 4 * i);
}

/* For several chunks at once: never called, see hash_update. */
void blake3_hash_many(const uint8_t *const *inputs, size_t num_inputs, size_t blocks, const uint32_t key[8],
                      uint64_t counter, bool increment_counter, uint8_t flags, uint8_t flags_start,
                      uint8_t flags_end, uint8_t *out)
{
	(void)inputs, (void)num_inputs, (void)blocks, (void)key, (void)counter, (void)increment_counter;
	(void)flags, (void)flags_start, (void)flags_end, (void)out;
	__builtin_trap();
}

size_t blake3_simd_degree(void)
{
	return 1;
}

/* ---- the library as the header has it ---- */
static blake3_hasher *hasher(struct hash *hash)
{
	return (void *)hash->state;
}

void hash_begin(struct hash *hash)
{
	blake3_hasher_init(hasher(hash));
}

void hash_begin_keyed(struct hash *hash, const uint8_t key[HASH_SIZE])
{
	blake3_hasher_init_keyed(hasher(hash), key);
}

void hash_begin_derive(struct hash *hash, const char *context)
{
	blake3_hasher_init_derive_key(hasher(hash), context);
}

void hash_update(struct hash *hash, const void *data, size_t length)
{
	const uint8_t *bytes = data;

	while (length > 0) {
		const size_t part = length < BLAKE3_CHUNK_LEN ? length : BLAKE3_CHUNK_LEN;

		blake3_hasher_update(hasher(hash), bytes, part);
		bytes += part;
		length -= part;
	}
}

void hash_end(const struct hash *hash, void *out, size_t length)
{
	const void *state = hash->state;

	blake3_hasher_finalize(state, out, length);
}

void hash_bytes(const uint8_t *data, size_t length, uint8_t out_digest[HASH_SIZE])
{
	struct hash hash;

	hash_begin(&hash);
	hash_update(&hash, data, length);
	hash_end(&hash, out_digest, HASH_SIZE);
}

bool hash_equal(const uint8_t a[HASH_SIZE], const uint8_t b[HASH_SIZE])
{
	uint8_t difference = 0;

	/*@ loop invariant 0 <= i <= HASH_SIZE;
	    loop assigns i, difference;
	    loop variant HASH_SIZE - i; */
	for (size_t i = 0; i < HASH_SIZE; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

void secret_wipe(void *secret, size_t length)
{
	memset(secret, 0, length);
	CC_WRITTEN(secret);
}
