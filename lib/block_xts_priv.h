/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the headers of an encrypted device say, and how its key is wrapped into one. */
#pragma once
#include <lib/block_xts.h>

#define VERSION 1u
#define ALGORITHM 1u /* AES-256-XTS of 4,096 bytes, PBKDF2-HMAC-SHA-512, BLAKE3 */
#define AT_VERSION 8u
#define AT_ALGORITHM 12u
#define AT_ITERATIONS 16u
#define AT_SALT 32u
#define AT_WRAPPED 64u
#define AT_CHECK 128u

#define BLOCK_XTS_MAGIC "CAMBIXTS"
#define MAGIC_SIZE 8u

/* All of a header that has nothing yet. */
void block_xts_wrap(const struct passphrase *passphrase, uint32_t iterations, const uint8_t key[XTS_KEY_SIZE],
                    const uint8_t salt[BLOCK_XTS_SALT_SIZE], uint8_t out_header[BLOCK_XTS_HEADER_SIZE]);
