/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Ed25519 (RFC 8032) over proven field arithmetic (BoringSSL's curve25519.c, as
 * the ring package ships it) and SHA-512 of our own.
 *
 * Signing runs in constant time. Verification is strict: the encoding of S is
 * below the group order (no malleability), A and R are canonical encodings, A
 * is not of small order; the equation is the cofactorless one, compared by
 * encoding. So one (key, message) accepts what every strict implementation
 * accepts, and exactly one encoding of each signature. docs/security.md.
 */
#pragma once
#include <abi/cc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNATURE_SEED_SIZE 32u
#define SIGNATURE_KEY_SIZE 32u
#define SIGNATURE_SIZE 64u

/* The public key of a seed. */
void signature_public(const uint8_t seed[SIGNATURE_SEED_SIZE], uint8_t out_key[SIGNATURE_KEY_SIZE]);
/* Deterministic; secrets on the stack are wiped. `key` must be the seed's public key. */
void signature_sign(const uint8_t seed[SIGNATURE_SEED_SIZE], const uint8_t key[SIGNATURE_KEY_SIZE],
                    const void *message, size_t length, uint8_t out_signature[SIGNATURE_SIZE]);
CC_NODISCARD bool signature_verify(const uint8_t key[SIGNATURE_KEY_SIZE], const void *message, size_t length,
                                   const uint8_t signature[SIGNATURE_SIZE]);

/* ---- the one way anything is signed here: domain (32 bytes, zero padded) then digest (32 bytes) ---- */
void signature_sign_digest(const uint8_t seed[SIGNATURE_SEED_SIZE], const uint8_t key[SIGNATURE_KEY_SIZE],
                           const char *domain, const uint8_t digest[32], uint8_t out_signature[SIGNATURE_SIZE]);
CC_NODISCARD bool signature_verify_digest(const uint8_t key[SIGNATURE_KEY_SIZE], const char *domain,
                                          const uint8_t digest[32], const uint8_t signature[SIGNATURE_SIZE]);
