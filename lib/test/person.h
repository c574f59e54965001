/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Somebody with a key, and what they sign, for tests. */
#pragma once
#include "test.h"
#include <abi/module.h>
#include <lib/identity.h>
#include <lib/object_record.h>
#include <string.h>

struct person {
	uint8_t seed[SIGNATURE_SEED_SIZE], key[SIGNATURE_KEY_SIZE];
	struct aid aid;
};

static inline struct person person(uint8_t number)
{
	struct person made;

	memset(made.seed, number, sizeof made.seed);
	signature_public(made.seed, made.key);
	aid_of_key(made.key, &made.aid);
	return made;
}

/* The record's bytes, signed; returns their size. */
static inline size_t person_signs(const struct person *signer, struct object_record *record, uint8_t *out_bytes)
{
	uint8_t digest[HASH_SIZE];

	memcpy(record->key, signer->key, sizeof record->key);
	const size_t size = object_record_encode(record, out_bytes, digest);
	assert_true(size != 0);
	signature_sign_digest(signer->seed, signer->key, SIGN_DOMAIN_OBJECT, digest, out_bytes + size);
	return size + SIGNATURE_SIZE;
}
