/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Ed25519 (RFC 8032) over proven field arithmetic (BoringSSL's curve25519.c, as
 * the ring package ships it) and SHA-512 of our own.
 *
 * Signing runs in constant time: no branch and no address depends on the seed.
 *
 * Verification is strict. S is below the group order L, so a signature has one
 * encoding (S + L satisfies the equation too, and is refused). A and R are the
 * canonical encodings of their points, and neither is of small order: nobody
 * can sign for a key that has no secret, nor make one signature fit several
 * messages. The equation is the cofactorless one, R = S B - H(R, A, M) A,
 * compared by encoding; a key or R with a part of small order beside a large one
 * is judged by it. The choice is libsodium's; docs/security.md says more.
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
/* Deterministic; secrets on the stack are wiped. `key` is the seed's public key: two signatures of one message
 * under two keys give the seed's scalar away, so it never comes from whoever asks for the signature. */
void signature_sign(const uint8_t seed[SIGNATURE_SEED_SIZE], const uint8_t key[SIGNATURE_KEY_SIZE],
                    const void *message, size_t length, uint8_t out_signature[SIGNATURE_SIZE]);
/* Uses about 4 KiB of stack. Not in constant time: everything here is public. */
CC_NODISCARD bool signature_verify(const uint8_t key[SIGNATURE_KEY_SIZE], const void *message, size_t length,
                                   const uint8_t signature[SIGNATURE_SIZE]);

/* ---- the one way anything is signed here: domain (32 bytes, zero padded) then digest (32 bytes) ----
 * `domain` is a constant of the program, at most 32 characters: for a longer one, signing gives 64 zero bytes
 * and verifying says no. */
void signature_sign_digest(const uint8_t seed[SIGNATURE_SEED_SIZE], const uint8_t key[SIGNATURE_KEY_SIZE],
                           const char *domain, const uint8_t digest[32], uint8_t out_signature[SIGNATURE_SIZE]);
/*@ requires \valid_read(key + (0 .. SIGNATURE_KEY_SIZE - 1)) && \valid_read(digest + (0 .. 31));
    requires \valid_read(signature + (0 .. SIGNATURE_SIZE - 1));
    assigns \nothing; */
CC_NODISCARD bool signature_verify_digest(const uint8_t key[SIGNATURE_KEY_SIZE], const char *domain,
                                          const uint8_t digest[32], const uint8_t signature[SIGNATURE_SIZE]);
