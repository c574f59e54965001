/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * HMAC-SHA-512 (RFC 2104) and, of it, PBKDF2 (RFC 8018): a key from a passphrase
 * at a price. The price is time alone, `iterations` times two compressions of
 * SHA-512; it needs no memory worth mentioning, so whoever guesses with graphics
 * processors pays far less for a guess than its owner did. A passphrase of six
 * random words is out of reach at any price; a short one is not, at this one.
 *
 * Constant time in key and data. Everything else here is authenticated with keyed
 * BLAKE3 (lib/hash.h).
 */
#pragma once
#include <lib/sha512.h>

struct hmac {
	struct sha512 inner, outer; /* keyed; a copy starts anew with the same key */
};

#define HMAC_DATA_MAX (UINT64_MAX - 3 * SHA512_BLOCK_SIZE) /* bytes in all: no machine has so many */

/*@ requires \valid(hmac) && length <= HMAC_DATA_MAX && \valid_read(key + (0 .. length - 1));
    requires \separated(hmac, key + (0 .. length - 1));
    assigns *hmac;
    ensures hmac->inner.length == SHA512_BLOCK_SIZE && hmac->outer.length == SHA512_BLOCK_SIZE; */
void hmac_begin(struct hmac *hmac, const uint8_t *key, size_t length);
/*@ requires \valid(hmac) && \valid_read(data + (0 .. length - 1)) && \separated(hmac, data + (0 .. length - 1));
    requires hmac->inner.length <= UINT64_MAX - length;
    assigns hmac->inner;
    ensures hmac->inner.length == \old(hmac->inner.length) + length; */
void hmac_update(struct hmac *hmac, const uint8_t *data, size_t length);
/* The state is wiped. */
/*@ requires \valid(hmac) && \valid(out_code + (0 .. SHA512_SIZE - 1));
    requires \separated(hmac, out_code + (0 .. SHA512_SIZE - 1));
    requires hmac->inner.length <= HMAC_DATA_MAX + SHA512_BLOCK_SIZE && hmac->outer.length == SHA512_BLOCK_SIZE;
    assigns *hmac, out_code[0 .. SHA512_SIZE - 1]; */
void hmac_end(struct hmac *hmac, uint8_t out_code[SHA512_SIZE]);

/* The first 64 bytes of PBKDF2-HMAC-SHA-512; at least one iteration. */
/*@ requires length <= HMAC_DATA_MAX && \valid_read(passphrase + (0 .. length - 1));
    requires salt_size <= HMAC_DATA_MAX - 4 && \valid_read(salt + (0 .. salt_size - 1));
    requires \valid(out_key + (0 .. SHA512_SIZE - 1));
    assigns out_key[0 .. SHA512_SIZE - 1]; */
void pbkdf2(const uint8_t *passphrase, size_t length, const uint8_t *salt, size_t salt_size, uint32_t iterations,
            uint8_t out_key[SHA512_SIZE]);
