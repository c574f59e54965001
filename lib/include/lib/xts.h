/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * AES-256-XTS (IEEE 1619): encryption of a sector in place, no byte longer, under
 * a tweak that says which sector it is. Sectors are whole cipher blocks, so there
 * is no ciphertext stealing. Constant time, as lib/aes.h.
 *
 * It hides contents, and no more: what is altered decrypts to noise in the 16
 * bytes concerned, and an old sector in its old place decrypts well. Who relies
 * on what it reads has a checksum or a signature above it.
 */
#pragma once
#include <lib/aes.h>

#define XTS_KEY_SIZE (2u * AES_KEY_SIZE) /* for data, then for tweaks: they must differ */

struct xts {
	struct aes data, tweak;
};

/*@ requires \valid(xts) && \valid_read(key + (0 .. XTS_KEY_SIZE - 1)) && \separated(xts, key + (0 .. XTS_KEY_SIZE - 1));
    assigns *xts; */
void xts_begin(struct xts *xts, const uint8_t key[XTS_KEY_SIZE]);
/* `size`: a multiple of AES_BLOCK_SIZE; `in` and `out` may be the same. */
/*@ requires \valid_read(xts) && \valid_read(tweak + (0 .. AES_BLOCK_SIZE - 1)) && size % AES_BLOCK_SIZE == 0;
    requires \valid_read(in + (0 .. size - 1)) && \valid(out + (0 .. size - 1)) && \separated(xts, out + (0 .. size - 1));
    assigns out[0 .. size - 1]; */
void xts_encrypt(const struct xts *xts, const uint8_t tweak[AES_BLOCK_SIZE], const uint8_t *in, uint8_t *out, size_t size);
/*@ requires \valid_read(xts) && \valid_read(tweak + (0 .. AES_BLOCK_SIZE - 1)) && size % AES_BLOCK_SIZE == 0;
    requires \valid_read(in + (0 .. size - 1)) && \valid(out + (0 .. size - 1)) && \separated(xts, out + (0 .. size - 1));
    assigns out[0 .. size - 1]; */
void xts_decrypt(const struct xts *xts, const uint8_t tweak[AES_BLOCK_SIZE], const uint8_t *in, uint8_t *out, size_t size);
