/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * SHA-512 (FIPS 180-4), for Ed25519, which is defined with it. Everything else
 * here is hashed with BLAKE3 (lib/hash.h).
 *
 * Constant time: no branch and no address depends on the data, only on its length.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SHA512_SIZE 64u
#define SHA512_BLOCK_SIZE 128u

struct sha512 {
	uint64_t chain[8];
	uint64_t length; /* of all data so far, in bytes */
	uint8_t block[SHA512_BLOCK_SIZE]; /* the last length % SHA512_BLOCK_SIZE of them */
};

/*@ requires \valid(hash);
    assigns hash->chain[0 .. 7], hash->length;
    ensures hash->length == 0; */
void sha512_begin(struct sha512 *hash);
/*@ requires \valid(hash) && \valid_read(data + (0 .. length - 1));
    requires \separated(hash, data + (0 .. length - 1));
    requires hash->length <= UINT64_MAX - length;
    assigns *hash;
    ensures hash->length == \old(hash->length) + length; */
void sha512_update(struct sha512 *hash, const uint8_t *data, size_t length);
/* The digest; the state is wiped, for it may hold a secret. */
/*@ requires \valid(hash) && \valid(out_digest + (0 .. SHA512_SIZE - 1));
    requires \separated(hash, out_digest + (0 .. SHA512_SIZE - 1));
    requires hash->length <= UINT64_MAX - 2 * SHA512_BLOCK_SIZE;
    assigns *hash, out_digest[0 .. SHA512_SIZE - 1]; */
void sha512_end(struct sha512 *hash, uint8_t out_digest[SHA512_SIZE]);
/* Digest of bytes at once. */
/*@ requires \valid_read(data + (0 .. length - 1)) && \valid(out_digest + (0 .. SHA512_SIZE - 1));
    requires length <= UINT64_MAX - 2 * SHA512_BLOCK_SIZE;
    assigns out_digest[0 .. SHA512_SIZE - 1]; */
void sha512_bytes(const uint8_t *data, size_t length, uint8_t out_digest[SHA512_SIZE]);
