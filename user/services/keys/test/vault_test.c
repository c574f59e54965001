/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The vault: who may use which key, that purposes do not mix, bounds, and that secrets are gone when forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../vault.h"

static struct vault vault;
static struct aid alice, bob, nobody;
static uint8_t digest[32], signature[64];

static struct aid person(uint8_t number)
{
	return (struct aid){.bytes = {AID_ALGORITHM_ED25519, AID_HASH_BLAKE3, number}};
}

static int setup(void **context)
{
	(void)context;
	memset(&vault, 0, sizeof(vault));
	alice = person(1);
	bob = person(2);
	memset(digest, 7, sizeof(digest));
	memset(signature, 0, sizeof(signature));
	return 0;
}

static const struct vault_key *make(const struct aid *owner, const char *context, uint8_t secret)
{
	uint8_t seed[SIGNATURE_SEED_SIZE];

	memset(seed, secret, sizeof(seed));
	if (vault_room(&vault, owner, context) != STATUS_OK)
		return NULL;
	return vault_make(&vault, owner, context, seed);
}

static void test_make(void **context)
{
	uint8_t key[32];

	(void)context;
	const struct vault_key *mail = make(&alice, "mail", 1), *files = make(&alice, "files", 2);
	assert_ptr_equal(vault_find(&vault, &alice, "mail"), mail);
	assert_ptr_equal(vault_find(&vault, &alice, "files"), files);
	assert_null(vault_find(&vault, &bob, "mail"));
	assert_null(vault_find(&vault, &nobody, "mail"));
	assert_null(vault_find(&vault, &alice, "mai"));
	/* The name of a key follows from the key. */
	struct aid expected;
	aid_of_key(mail->key, &expected);
	assert_true(aid_equal(&mail->aid, &expected));
	assert_int_equal(vault_public(&vault, &mail->aid, key), STATUS_OK);
	assert_memory_equal(key, mail->key, 32);
	assert_int_equal(vault_public(&vault, &alice, key), STATUS_NOT_FOUND);
	assert_int_equal(vault_public(&vault, &nobody, key), STATUS_NOT_FOUND);
}

static void test_names(void **context)
{
	char long_name[KEYS_CONTEXT_MAX];

	(void)context;
	memset(long_name, 'x', sizeof(long_name));
	assert_int_equal(vault_room(&vault, &alice, long_name), STATUS_INVALID);
	assert_int_equal(vault_room(&vault, &alice, ""), STATUS_INVALID);
	assert_int_equal(vault_room(&vault, &nobody, "mail"), STATUS_DENIED);
	long_name[KEYS_CONTEXT_MAX - 1u] = '\0';
	assert_int_equal(vault_room(&vault, &alice, long_name), STATUS_OK);
}

static void test_bounds(void **context)
{
	char name[8];

	(void)context;
	for (uint8_t i = 0; i < KEYS_PER_OWNER_MAX; i++) {
		sprintf(name, "k%u", i);
		assert_non_null(make(&alice, name, i));
	}
	assert_int_equal(vault_room(&vault, &alice, "more"), STATUS_QUOTA);
	for (uint8_t i = KEYS_PER_OWNER_MAX; i < KEYS_MAX; i++) {
		struct aid other = person((uint8_t)(10u + i));

		assert_non_null(make(&other, "only", (uint8_t)(100u + i)));
	}
	assert_int_equal(vault_room(&vault, &bob, "more"), STATUS_TABLE_FULL);
	struct aid first = vault_find(&vault, &alice, "k0")->aid;
	assert_int_equal(vault_forget(&vault, &alice, &first), STATUS_OK);
	assert_int_equal(vault_room(&vault, &bob, "more"), STATUS_OK);
}

static void test_sign(void **context)
{
	const struct vault_key *key = make(&alice, "mail", 1);
	static const uint64_t purposes[] = {KEYS_PURPOSE_MESSAGE, KEYS_PURPOSE_OBJECT, KEYS_PURPOSE_NAME,
	                                    KEYS_PURPOSE_SESSION};

	(void)context;
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(vault_sign(&vault, &alice, &key->aid, purposes[i], digest, signature), STATUS_OK);
		/* For one purpose, and no other. */
		for (uint32_t other = 0; other < 4; other++)
			assert_int_equal(vault_verify(key->key, purposes[other], digest, signature),
			                 other == i ? STATUS_OK : STATUS_BAD_SIGNATURE);
		assert_false(signature_verify_digest(key->key, SIGN_DOMAIN_MODULE, digest, signature));
		assert_false(signature_verify_digest(key->key, SIGN_DOMAIN_CATALOG, digest, signature));
		digest[0] ^= 1;
		assert_int_equal(vault_verify(key->key, purposes[i], digest, signature), STATUS_BAD_SIGNATURE);
		digest[0] ^= 1;
	}
	assert_int_equal(key->uses, 4);
	memset(signature, 0, sizeof(signature));
	assert_int_equal(vault_sign(&vault, &alice, &key->aid, 0, digest, signature), STATUS_INVALID);
	assert_int_equal(vault_sign(&vault, &alice, &key->aid, 5, digest, signature), STATUS_INVALID);
	assert_int_equal(vault_sign(&vault, &alice, &key->aid, UINT64_MAX, digest, signature), STATUS_INVALID);
	assert_int_equal(vault_verify(key->key, 0, digest, signature), STATUS_INVALID);
	assert_int_equal(vault_sign(&vault, &bob, &key->aid, 1, digest, signature), STATUS_DENIED);
	assert_int_equal(vault_sign(&vault, &nobody, &key->aid, 1, digest, signature), STATUS_DENIED);
	assert_int_equal(vault_sign(&vault, &alice, &nobody, 1, digest, signature), STATUS_NOT_FOUND);
	assert_int_equal(vault_sign(&vault, &alice, &bob, 1, digest, signature), STATUS_NOT_FOUND);
	for (uint32_t i = 0; i < sizeof(signature); i++)
		assert_int_equal(signature[i], 0);
}

static void test_derive(void **context)
{
	const struct vault_key *key = make(&alice, "files", 1), *other = make(&alice, "mail", 2);
	uint8_t secret[5][32];

	(void)context;
	assert_int_equal(vault_derive(&vault, &alice, &key->aid, 2, "disk", 4, secret[0]), STATUS_OK);
	assert_int_equal(vault_derive(&vault, &alice, &key->aid, 2, "disk", 4, secret[1]), STATUS_OK);
	assert_memory_equal(secret[0], secret[1], 32);
	assert_int_equal(vault_derive(&vault, &alice, &key->aid, 1, "disk", 4, secret[1]), STATUS_OK);
	assert_int_equal(vault_derive(&vault, &alice, &key->aid, 2, "disk0", 5, secret[2]), STATUS_OK);
	assert_int_equal(vault_derive(&vault, &alice, &key->aid, 2, NULL, 0, secret[3]), STATUS_OK);
	assert_int_equal(vault_derive(&vault, &alice, &other->aid, 2, "disk", 4, secret[4]), STATUS_OK);
	for (uint32_t a = 0; a < 5; a++) {
		for (uint32_t b = 0; b < a; b++)
			assert_memory_not_equal(secret[a], secret[b], 32);
		assert_memory_not_equal(secret[a], key->seed, 32);
	}
	assert_int_equal(vault_derive(&vault, &bob, &key->aid, 2, "disk", 4, secret[0]), STATUS_DENIED);
	assert_int_equal(vault_derive(&vault, &alice, &key->aid, 9, "disk", 4, secret[0]), STATUS_INVALID);
}

static void test_authorize(void **context)
{
	struct aid key = make(&alice, "mail", 1)->aid;

	(void)context;
	assert_int_equal(vault_authorize(&vault, &bob, &key, &bob, true), STATUS_DENIED);
	assert_int_equal(vault_authorize(&vault, &alice, &key, &nobody, true), STATUS_INVALID);
	assert_int_equal(vault_authorize(&vault, &alice, &bob, &bob, true), STATUS_NOT_FOUND);
	assert_int_equal(vault_authorize(&vault, &alice, &key, &bob, true), STATUS_OK);
	assert_int_equal(vault_authorize(&vault, &alice, &key, &bob, true), STATUS_OK);
	assert_int_equal(vault_users(vault_find(&vault, &alice, "mail")), 1);
	assert_int_equal(vault_sign(&vault, &bob, &key, 1, digest, signature), STATUS_OK);
	/* A user uses: it neither passes the key on nor forgets it. */
	struct aid carol = person(3);
	assert_int_equal(vault_authorize(&vault, &bob, &key, &carol, true), STATUS_DENIED);
	assert_int_equal(vault_forget(&vault, &bob, &key), STATUS_DENIED);
	assert_null(vault_find(&vault, &bob, "mail"));
	assert_int_equal(vault_authorize(&vault, &alice, &key, &bob, false), STATUS_OK);
	assert_int_equal(vault_authorize(&vault, &alice, &key, &bob, false), STATUS_OK);
	assert_int_equal(vault_sign(&vault, &bob, &key, 1, digest, signature), STATUS_DENIED);
	for (uint8_t i = 0; i < KEYS_USERS_MAX; i++) {
		struct aid user = person((uint8_t)(50u + i));

		assert_int_equal(vault_authorize(&vault, &alice, &key, &user, true), STATUS_OK);
	}
	assert_int_equal(vault_authorize(&vault, &alice, &key, &bob, true), STATUS_QUOTA);
	/* Nobody is not a user, even where a place for one is free. */
	assert_int_equal(vault_sign(&vault, &nobody, &key, 1, digest, signature), STATUS_DENIED);
}

static void test_list(void **context)
{
	struct aid key = make(&alice, "mail", 1)->aid;
	uint64_t next = 0;

	(void)context;
	make(&bob, "own", 2);
	assert_true(aid_equal(&vault_from(&vault, &alice, 0, &next)->aid, &key));
	assert_null(vault_from(&vault, &alice, next, &next));
	assert_int_equal(vault_authorize(&vault, &alice, &key, &bob, true), STATUS_OK);
	assert_true(aid_equal(&vault_from(&vault, &bob, 0, &next)->aid, &key));
	assert_non_null(vault_from(&vault, &bob, next, &next));
	assert_null(vault_from(&vault, &bob, next, &next));
	assert_null(vault_from(&vault, &nobody, 0, &next));
	assert_null(vault_from(&vault, &alice, UINT64_MAX, &next));
}

static void test_forget(void **context)
{
	struct aid key = make(&alice, "mail", 0x5a)->aid;
	const uint8_t *bytes = (const uint8_t *)&vault;

	(void)context;
	assert_int_equal(vault_forget(&vault, &alice, &key), STATUS_OK);
	for (size_t i = 0; i < sizeof(vault); i++)
		assert_int_equal(bytes[i], 0);
	assert_int_equal(vault_forget(&vault, &alice, &key), STATUS_NOT_FOUND);
	assert_int_equal(vault_sign(&vault, &alice, &key, 1, digest, signature), STATUS_NOT_FOUND);
	assert_null(vault_find(&vault, &alice, "mail"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(test_make, setup),      cmocka_unit_test_setup(test_names, setup),
	cmocka_unit_test_setup(test_bounds, setup),    cmocka_unit_test_setup(test_sign, setup),
	cmocka_unit_test_setup(test_derive, setup),    cmocka_unit_test_setup(test_authorize, setup),
	cmocka_unit_test_setup(test_list, setup),      cmocka_unit_test_setup(test_forget, setup),
};

int main(void)
{
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
