/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * AES with keys of 256 bits (FIPS 197) in constant time: bitsliced, four blocks
 * at a time; no branch and no address depends on key or data. Encryption is
 * BoringSSL's aes_nohw.c, as the ring package ships it; decryption is built here
 * from its parts. General registers only, the same code on every machine: an
 * instruction for AES, where a CPU has one, would be some twenty times faster.
 *
 * By itself a block cipher protects next to nothing: lib/xts.h.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define AES_KEY_SIZE 32u
#define AES_BLOCK_SIZE 16u
#define AES_SCHEDULE_WORDS 120u /* 15 round keys, each four times, bitsliced */

struct aes {
	uint64_t schedule[AES_SCHEDULE_WORDS]; /* secret; nobody looks inside */
};

/*@ requires \valid(aes) && \valid_read(key + (0 .. AES_KEY_SIZE - 1));
    assigns *aes; */
void aes_begin(struct aes *aes, const uint8_t key[AES_KEY_SIZE]);
/* `count` blocks, each by itself; `in` and `out` may be the same. */
/*@ requires \valid_read(aes) && \valid_read(in + (0 .. count * AES_BLOCK_SIZE - 1));
    requires \valid(out + (0 .. count * AES_BLOCK_SIZE - 1)) && \separated(aes, out + (0 .. count * AES_BLOCK_SIZE - 1));
    assigns out[0 .. count * AES_BLOCK_SIZE - 1]; */
void aes_encrypt(const struct aes *aes, const uint8_t *in, uint8_t *out, size_t count);
/*@ requires \valid_read(aes) && \valid_read(in + (0 .. count * AES_BLOCK_SIZE - 1));
    requires \valid(out + (0 .. count * AES_BLOCK_SIZE - 1)) && \separated(aes, out + (0 .. count * AES_BLOCK_SIZE - 1));
    assigns out[0 .. count * AES_BLOCK_SIZE - 1]; */
void aes_decrypt(const struct aes *aes, const uint8_t *in, uint8_t *out, size_t count);
