/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What handles secrets, for valgrind to watch (constant_time_test.c runs it
 * there): the secrets are marked undefined first, and memcheck then counts every
 * branch and every address that depends on them.
 */
#include <lib/hash.h>
#include <lib/sha512.h>
#include <lib/signature.h>
#include <stdio.h>
#include <valgrind/memcheck.h>

static uint8_t secret[64] = "a secret that memcheck is told to know nothing about";
static uint8_t other[64] = "another";
static uint8_t key[32];
static const uint8_t message[200] = { 1, 2, 3 };
static uint8_t out[64];
static volatile uint8_t table[256], taken;

static void make_public(void)
{
	signature_public(secret, out);
}

static void sign(void)
{
	signature_sign(secret, key, message, sizeof message, out);
}

static void sign_digest(void)
{
	signature_sign_digest(secret, key, "domain", message, out);
}

static void sign_secret_message(void)
{
	signature_sign(secret, key, secret, sizeof secret, out);
}

static void sha512(void)
{
	sha512_bytes(secret, sizeof secret, out);
}

static void hash_keyed(void)
{
	struct hash hash;

	hash_begin_keyed(&hash, secret);
	hash_update(&hash, secret, sizeof secret);
	hash_end(&hash, out, sizeof out);
}

static void hash_derive(void)
{
	struct hash hash;

	hash_begin_derive(&hash, "context");
	hash_update(&hash, secret, sizeof secret);
	hash_end(&hash, out, sizeof out);
}

static void equal(void)
{
	taken = hash_equal(secret, other);
}

/* Two that must be noticed, or the others prove nothing. */
static void leak_branch(void)
{
	if (secret[0] == 'a')
		taken = 1;
}

static void leak_address(void)
{
	taken = table[secret[0]];
}

static const struct {
	const char *name;
	void (*run)(void);
	bool leaks;
} OPERATIONS[] = {
	{ "public", make_public, false },
	{ "sign", sign, false },
	{ "sign_digest", sign_digest, false },
	{ "sign_secret_message", sign_secret_message, false },
	{ "sha512", sha512, false },
	{ "hash_keyed", hash_keyed, false },
	{ "hash_derive", hash_derive, false },
	{ "equal", equal, false },
	{ "leak_branch", leak_branch, true },
	{ "leak_address", leak_address, true },
};

int main(void)
{
	int wrong = 0;

	if (!RUNNING_ON_VALGRIND)
		return 2;
	signature_public(secret, key);
	for (size_t i = 0; i < sizeof OPERATIONS / sizeof OPERATIONS[0]; i++) {
		const unsigned before = VALGRIND_COUNT_ERRORS;
		VALGRIND_MAKE_MEM_UNDEFINED(secret, sizeof secret);
		OPERATIONS[i].run();
		if ((VALGRIND_COUNT_ERRORS > before) != OPERATIONS[i].leaks) {
			printf("%s: %s\n", OPERATIONS[i].name, OPERATIONS[i].leaks ? "not noticed" : "leaks");
			wrong = 1;
		}
	}
	return wrong;
}
