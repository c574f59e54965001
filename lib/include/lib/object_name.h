/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Names: a principal's signed references to objects, each with its history. A
 * record says what one owner's name points to from now on, or that it points to
 * nothing; it is OBJECT_NAME_SIZE bytes, the last 64 the Ed25519 signature (under
 * SIGN_DOMAIN_NAME) of the BLAKE3 digest of those before. One encoding; sequences
 * count from 1 and each record holds the digest of the one before it, so that a
 * history can be neither shortened at its start nor rearranged.
 */
#pragma once
#include <lib/object_record.h>

#define OBJECT_NAME_VERSION 1u
#define OBJECT_NAME_MAX 65u /* printable, no space, 1 to 64 characters, and the terminating NUL */
#define OBJECT_NAME_SIZE 320u

struct object_name {
	struct aid owner; /* of the name: the signer */
	char name[OBJECT_NAME_MAX];
	bool removed; /* it points to nothing; `target` is zero */
	struct object_id target;
	uint64_t sequence; /* 1, 2, ... */
	uint64_t time_ns; /* of the wall clock, as the signer says */
	uint8_t previous[HASH_SIZE]; /* digest of the record before; the first: zero */
	uint8_t key[SIGNATURE_KEY_SIZE]; /* the signer's */
};

CC_NODISCARD bool object_name_valid(const char *name);
/* All but the signature, and what is to be signed. False: it breaks a rule above. */
CC_NODISCARD bool object_name_encode(const struct object_name *name, uint8_t out_bytes[OBJECT_NAME_SIZE],
                                     uint8_t out_digest[HASH_SIZE]);
/* Any bytes: INVALID, UNKNOWN_FORMAT, BAD_SIGNATURE (also: the key is not the owner's), or a record of the owner's. */
CC_NODISCARD status_t object_name_decode(const uint8_t *bytes, size_t size, struct object_name *out_name);
void object_name_digest(const uint8_t bytes[OBJECT_NAME_SIZE], uint8_t out_digest[HASH_SIZE]);
/* May `next` come after the record `bytes` (NULL: be the first)? OUTDATED: its sequence was used; INVALID. */
CC_NODISCARD status_t object_name_follows(const uint8_t *bytes, const struct object_name *next);
