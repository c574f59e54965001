/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The keys, and who may use which. Pure: it knows principals and bytes; where
 * randomness, messages and memory come from is main.c's. Statuses as in
 * proto/keys.h; on any but OK nothing was changed.
 */
#pragma once
#include <abi/module.h>
#include <lib/identity.h>
#include <lib/signature.h>
#include <proto/keys.h>

struct vault_key {
	struct aid aid; /* all zero: the place is free */
	struct aid owner;
	char context[KEYS_CONTEXT_MAX];
	uint8_t seed[SIGNATURE_SEED_SIZE]; /* the secret: nothing here copies it out */
	uint8_t key[SIGNATURE_KEY_SIZE];
	struct aid users[KEYS_USERS_MAX]; /* all zero: the place is free */
	uint64_t uses;
};

struct vault {
	struct vault_key keys[KEYS_MAX];
};

/* The caller's key of a context; NULL: it has none. */
const struct vault_key *vault_find(const struct vault *vault, const struct aid *caller, const char *context);
/* May the caller have one more key, of this context? INVALID, DENIED (anonymous), QUOTA, TABLE_FULL. */
CC_NODISCARD status_t vault_room(const struct vault *vault, const struct aid *caller, const char *context);
/* Make it of 32 secret random bytes, which are copied. vault_room must have said OK. */
const struct vault_key *vault_make(struct vault *vault, const struct aid *caller, const char *context,
                                   const uint8_t seed[SIGNATURE_SEED_SIZE]);

/* The 32-byte domain of a purpose; NULL: the vault knows no such purpose. */
const char *vault_domain(uint64_t purpose);
CC_NODISCARD status_t vault_sign(struct vault *vault, const struct aid *caller, const struct aid *aid,
                                 uint64_t purpose, const uint8_t digest[32],
                                 uint8_t out_signature[SIGNATURE_SIZE]);
CC_NODISCARD status_t vault_derive(struct vault *vault, const struct aid *caller, const struct aid *aid,
                                   uint64_t purpose, const void *info, size_t info_bytes,
                                   uint8_t out_secret[KEYS_SECRET_SIZE]);
/* Needs no key of the vault's. OK, BAD_SIGNATURE, INVALID. */
CC_NODISCARD status_t vault_verify(const uint8_t key[SIGNATURE_KEY_SIZE], uint64_t purpose,
                                   const uint8_t digest[32], const uint8_t signature[SIGNATURE_SIZE]);
CC_NODISCARD status_t vault_public(const struct vault *vault, const struct aid *aid,
                                   uint8_t out_key[SIGNATURE_KEY_SIZE]);
CC_NODISCARD status_t vault_authorize(struct vault *vault, const struct aid *caller, const struct aid *aid,
                                      const struct aid *user, bool allow);
CC_NODISCARD status_t vault_forget(struct vault *vault, const struct aid *caller, const struct aid *aid);
/* The first key in place `index` or after that the caller may use; NULL: none. */
const struct vault_key *vault_from(const struct vault *vault, const struct aid *caller, uint64_t index,
                                   uint64_t *out_next);
uint32_t vault_users(const struct vault_key *key);
