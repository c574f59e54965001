/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * BLAKE3 (the official C sources, portable form), as the system uses it: a
 * 32-byte digest of bytes given at once or in pieces, under no key, under a
 * key, or in the key-derivation mode, and output of any length from it.
 *
 * A state is about 1.9 KiB: fine on a program's stack, too large for the
 * kernel's interrupt path; the kernel keeps one where it needs one.
 */
#pragma once
#include <abi/cc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_SIZE 32u
#define HASH_STATE_SIZE 1920u

struct hash {
	uint64_t state[HASH_STATE_SIZE / 8u]; /* of the library below; nobody looks inside */
};

void hash_begin(struct hash *hash);
/* Keyed: a message authentication code and pseudo-random function. */
void hash_begin_keyed(struct hash *hash, const uint8_t key[HASH_SIZE]);
/* Key derivation: `context` is a constant string, unique in the world, NUL-terminated, at most 1,024 bytes. */
void hash_begin_derive(struct hash *hash, const char *context);
void hash_update(struct hash *hash, const void *data, size_t length);
/* First `length` bytes of the output; the state can go on being updated. */
void hash_end(const struct hash *hash, void *out, size_t length);
/* Digest of bytes at once. */
/*@ requires \valid_read(data + (0 .. length - 1)) && \valid(out_digest + (0 .. HASH_SIZE - 1));
    assigns out_digest[0 .. HASH_SIZE - 1]; */
void hash_bytes(const uint8_t *data, size_t length, uint8_t out_digest[HASH_SIZE]);
/* Equal, in time that does not depend on where they differ. */
/*@ requires \valid_read(a + (0 .. HASH_SIZE - 1)) && \valid_read(b + (0 .. HASH_SIZE - 1));
    assigns \nothing; */
CC_NODISCARD bool hash_equal(const uint8_t a[HASH_SIZE], const uint8_t b[HASH_SIZE]);
/* Overwrite a secret; not removed by the compiler. To proofs it does nothing: whoever wipes bytes reads them no more. */
/*@ assigns \nothing; */
void secret_wipe(void *secret, size_t length);
