/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Names of principals: the AID of a key, and did:key (multicodec 0xed01,
 * base58btc), the form people exchange keys in.
 */
#pragma once
#include <abi/types.h>

#define DID_TEXT_MAX 64u /* "did:key:z6Mk...", terminated */

/* Algorithm byte, hash byte, the first 30 bytes of the key's BLAKE3 digest. */
/*@ requires \valid_read(key + (0 .. 31)) && \valid(out_aid);
    assigns *out_aid; */
void aid_of_key(const uint8_t key[32], struct aid *out_aid);
/*@ requires \valid_read(a) && \valid_read(b);
    assigns \nothing; */
CC_NODISCARD bool aid_equal(const struct aid *a, const struct aid *b);
/*@ requires \valid_read(aid);
    assigns \nothing; */
CC_NODISCARD bool aid_is_anonymous(const struct aid *aid);
/* The did:key text of an Ed25519 key, terminated; returns its length. */
size_t did_of_key(const uint8_t key[32], char out_text[DID_TEXT_MAX]);
/* False: not the did:key text of an Ed25519 key (prefix, alphabet, length, codec). */
CC_NODISCARD bool did_to_key(const char *text, size_t length, uint8_t out_key[32]);
/* Lower-case hexadecimal, 2 * length characters and the terminator. */
void hex_of_bytes(const uint8_t *bytes, size_t length, char *out_text);
/* False: not exactly 2 * length hexadecimal digits. */
CC_NODISCARD bool hex_to_bytes(const char *text, size_t text_length, uint8_t *out_bytes, size_t length);
