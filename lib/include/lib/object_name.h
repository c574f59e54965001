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

/*@ predicate name_readable(char *name) = \valid_read(name + (0 .. OBJECT_NAME_MAX - 1)) ||
      \exists integer end; 0 <= end < OBJECT_NAME_MAX && \valid_read(name + (0 .. end)) && name[end] == 0;
    predicate name_valid{L}(char *name) =
      \exists integer end; 0 < end < OBJECT_NAME_MAX && name[end] == 0 && \forall integer i; 0 <= i < end ==> ' ' < name[i] <= '~';
*/

/*@ requires name_readable(name);
    assigns \nothing;
    ensures \result ==> name_valid(name); */
CC_NODISCARD bool object_name_valid(const char *name);
/* All but the signature, and what is to be signed. False: it breaks a rule above. */
/*@ requires \valid_read(name) && \valid(out_bytes + (0 .. OBJECT_NAME_SIZE - 1)) && \valid(out_digest + (0 .. HASH_SIZE - 1));
    requires \separated(name, out_bytes + (0 .. OBJECT_NAME_SIZE - 1), out_digest + (0 .. HASH_SIZE - 1));
    assigns out_bytes[0 .. OBJECT_NAME_SIZE - 1], out_digest[0 .. HASH_SIZE - 1];
    ensures \result ==> name_valid(&name->name[0]) && name->sequence >= 1; */
CC_NODISCARD bool object_name_encode(const struct object_name *name, uint8_t out_bytes[OBJECT_NAME_SIZE],
                                     uint8_t out_digest[HASH_SIZE]);
/* Any bytes: INVALID, UNKNOWN_FORMAT, BAD_SIGNATURE (also: the key is not the owner's), or a record of the owner's. */
/*@ requires \valid_read(bytes + (0 .. size - 1)) && \valid(out_name) && \separated(out_name, bytes + (0 .. size - 1));
    assigns *out_name;
    ensures \result == STATUS_OK ==> size == OBJECT_NAME_SIZE && out_name->sequence >= 1;
    ensures \result == STATUS_OK ==> name_valid(&out_name->name[0]); */
CC_NODISCARD status_t object_name_decode(const uint8_t *bytes, size_t size, struct object_name *out_name);
/*@ requires \valid_read(bytes + (0 .. OBJECT_NAME_SIZE - 1)) && \valid(out_digest + (0 .. HASH_SIZE - 1));
    assigns out_digest[0 .. HASH_SIZE - 1]; */
void object_name_digest(const uint8_t bytes[OBJECT_NAME_SIZE], uint8_t out_digest[HASH_SIZE]);
/* May `next` come after the record `bytes` (NULL: be the first)? OUTDATED: its sequence was used; INVALID. */
/*@ requires bytes == \null || \valid_read(bytes + (0 .. OBJECT_NAME_SIZE - 1));
    requires \valid_read(next);
    assigns \nothing; */
CC_NODISCARD status_t object_name_follows(const uint8_t *bytes, const struct object_name *next);
