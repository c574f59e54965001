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

void hmac_begin(struct hmac *hmac, const void *key, size_t length);
void hmac_update(struct hmac *hmac, const void *data, size_t length);
/* The state is wiped. */
void hmac_end(struct hmac *hmac, uint8_t out_code[SHA512_SIZE]);

/* The first 64 bytes of PBKDF2-HMAC-SHA-512; at least one iteration. */
void pbkdf2(const void *passphrase, size_t length, const uint8_t *salt, size_t salt_size, uint32_t iterations,
            uint8_t out_key[SHA512_SIZE]);
