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
#define SIGNATURE_MESSAGE_MAX (UINT64_MAX / 2u) /* bytes: no machine has so many */

/* The public key of a seed. */
/*@ requires \valid_read(seed + (0 .. SIGNATURE_SEED_SIZE - 1)) && \valid(out_key + (0 .. SIGNATURE_KEY_SIZE - 1));
    assigns out_key[0 .. SIGNATURE_KEY_SIZE - 1]; */
void signature_public(const uint8_t seed[SIGNATURE_SEED_SIZE], uint8_t out_key[SIGNATURE_KEY_SIZE]);
/* Deterministic; secrets on the stack are wiped. `key` is the seed's public key: two signatures of one message
 * under two keys give the seed's scalar away, so it never comes from whoever asks for the signature. */
/*@ requires \valid_read(seed + (0 .. SIGNATURE_SEED_SIZE - 1)) && \valid_read(key + (0 .. SIGNATURE_KEY_SIZE - 1));
    requires length <= SIGNATURE_MESSAGE_MAX && \valid_read(message + (0 .. length - 1));
    requires \valid(out_signature + (0 .. SIGNATURE_SIZE - 1)) && \separated(message + (0 .. length - 1), out_signature + (0 .. SIGNATURE_SIZE - 1));
    requires \separated(key + (0 .. SIGNATURE_KEY_SIZE - 1), out_signature + (0 .. SIGNATURE_SIZE - 1));
    assigns out_signature[0 .. SIGNATURE_SIZE - 1]; */
void signature_sign(const uint8_t seed[SIGNATURE_SEED_SIZE], const uint8_t key[SIGNATURE_KEY_SIZE],
                    const uint8_t *message, size_t length, uint8_t out_signature[SIGNATURE_SIZE]);
/* Uses about 4 KiB of stack. Not in constant time: everything here is public. */
/*@ requires \valid_read(key + (0 .. SIGNATURE_KEY_SIZE - 1)) && \valid_read(signature + (0 .. SIGNATURE_SIZE - 1));
    requires length <= SIGNATURE_MESSAGE_MAX && \valid_read(message + (0 .. length - 1));
    assigns \nothing; */
CC_NODISCARD bool signature_verify(const uint8_t key[SIGNATURE_KEY_SIZE], const uint8_t *message, size_t length,
                                   const uint8_t signature[SIGNATURE_SIZE]);

/* ---- the one way anything is signed here: domain (32 bytes, zero padded) then digest (32 bytes) ----
 * `domain` is a constant of the program, at most 32 characters: for a longer one, signing gives 64 zero bytes
 * and verifying says no. */
/*@ requires \valid_read(seed + (0 .. SIGNATURE_SEED_SIZE - 1)) && \valid_read(key + (0 .. SIGNATURE_KEY_SIZE - 1)) && \valid(out_signature + (0 .. SIGNATURE_SIZE - 1));
    requires \exists integer n; 0 <= n && \valid_read(domain + (0 .. n)) && domain[n] == '\0';
    requires \valid_read(digest + (0 .. 31)) && \separated(key + (0 .. SIGNATURE_KEY_SIZE - 1), out_signature + (0 .. SIGNATURE_SIZE - 1));
    assigns out_signature[0 .. SIGNATURE_SIZE - 1]; */
void signature_sign_digest(const uint8_t seed[SIGNATURE_SEED_SIZE], const uint8_t key[SIGNATURE_KEY_SIZE],
                           const char *domain, const uint8_t digest[32], uint8_t out_signature[SIGNATURE_SIZE]);
/*@ requires \valid_read(key + (0 .. SIGNATURE_KEY_SIZE - 1)) && \valid_read(digest + (0 .. 31));
    requires \valid_read(signature + (0 .. SIGNATURE_SIZE - 1));
    requires \exists integer n; 0 <= n && \valid_read(domain + (0 .. n)) && domain[n] == '\0';
    assigns \nothing; */
CC_NODISCARD bool signature_verify_digest(const uint8_t key[SIGNATURE_KEY_SIZE], const char *domain,
                                          const uint8_t digest[32], const uint8_t signature[SIGNATURE_SIZE]);
