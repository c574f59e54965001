/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What handles secrets, for valgrind to watch (constant_time_test.c runs it
 * there): the secrets are marked undefined first, and memcheck then counts every
 * branch and every address that depends on them. Then, on a stack of its own,
 * what of a secret is still there when a function has returned.
 */
#include "../third-party/curve25519_priv.h"
#include <lib/hash.h>
#include <lib/hmac.h>
#include <lib/sha512.h>
#include <lib/signature.h>
#include <lib/xts.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

static uint8_t secret[64] = "a secret that memcheck is told to know nothing about";
static uint8_t other[64] = "another";
static uint8_t key[32];
static const uint8_t message[200] = { 1, 2, 3 };
static uint8_t out[64];
static struct hmac code;
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

/* Key and content are secret, the number of the sector is not. */
static void sector(void)
{
	static uint8_t bytes[160];
	struct xts xts;

	memcpy(bytes, secret, sizeof secret);
	xts_begin(&xts, secret);
	xts_encrypt(&xts, message, bytes, bytes, sizeof bytes);
	xts_decrypt(&xts, message, bytes, bytes, sizeof bytes);
}

static void passphrase_key(void)
{
	pbkdf2(secret, sizeof secret, message, sizeof message, 3, out);
}

static void code_begin(void)
{
	hmac_begin(&code, secret, sizeof secret);
}

static void code_end(void)
{
	hmac_update(&code, message, sizeof message);
	hmac_update(&code, (const uint8_t *)"\0\0\0\1", 4);
	hmac_end(&code, out);
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
	{ "sector", sector, false },
	{ "passphrase_key", passphrase_key, false },
	{ "code_begin", code_begin, false },
	{ "code_end", code_end, false },
	{ "leak_branch", leak_branch, true },
	{ "leak_address", leak_address, true },
};

/* ---- what stays on the stack ---- */
#define STACK_SIZE (256u * 1024u)
#define SECRET_WORDS 176u
#define TEXT_SIZE 48u /* of `secret` that is no zero */

#define FRAMES 768u  /* more than the frames of who calls and who is called take */
#define ADDRESSES 64u /* bytes that wiping itself may leave below: where its calls return to */
#define UNTOUCHED 0xa5

static uint8_t stack[STACK_SIZE] __attribute__((aligned(4096)));
static size_t written; /* bytes of it below those frames that hold neither what was there before nor zero */
static uint64_t secret_words[SECRET_WORDS];
static size_t secret_count;

static void remember(const void *bytes, size_t size)
{
	memcpy(secret_words + secret_count, bytes, size);
	secret_count += size / 8;
}

/* The digits, -8 to 8, by which the base point is multiplied. */
static void remember_digits(const uint8_t scalar[32])
{
	int8_t digits[64], carry = 0;

	for (size_t i = 0; i < sizeof digits; i++) {
		const int8_t digit = (int8_t)((scalar[i / 2] >> i % 2 * 4 & 15) + carry);
		carry = i + 1 < sizeof digits ? (int8_t)((digit + 8) >> 4) : 0;
		digits[i] = (int8_t)(digit - carry * 16);
	}
	remember(digits, sizeof digits);
}

/* What signing `message` with `secret` computes on its way: seed, scalar, prefix, nonce and reduced nonce, their digits. */
static void collect_signing(void)
{
	uint8_t expanded[SHA512_SIZE], nonce[SHA512_SIZE], text[32 + sizeof message];

	sha512_bytes(secret, 32, expanded);
	memcpy(text, expanded + 32, 32);
	memcpy(text + 32, message, sizeof message);
	sha512_bytes(text, sizeof text, nonce);
	remember(secret, 32);
	remember(expanded, 64);
	remember(nonce, 32);
	GFp_x25519_sc_reduce(nonce);
	remember(nonce, 32);
	remember_digits(nonce);
	GFp_x25519_sc_mask(expanded);
	remember_digits(expanded);
}

/* Half of an HMAC: the padded key, the state it makes, which is as good as the key, and the digest. */
static void collect_half(uint8_t pad, const uint8_t *data, size_t size, uint8_t out_digest[SHA512_SIZE])
{
	uint8_t block[SHA512_BLOCK_SIZE];
	struct sha512 hash;

	for (size_t i = 0; i < sizeof block; i++)
		block[i] = (i < sizeof secret ? secret[i] : 0) ^ pad;
	sha512_begin(&hash);
	sha512_update(&hash, block, sizeof block);
	remember(block, TEXT_SIZE);
	remember(hash.chain, sizeof hash.chain);
	sha512_update(&hash, data, size);
	sha512_end(&hash, out_digest);
	remember(out_digest, SHA512_SIZE);
}

/* The codes of a key made out of `secret` in three iterations. */
static void collect_passphrase(void)
{
	uint8_t text[sizeof message + 4] = { 0 }, digest[SHA512_SIZE];

	memcpy(text, message, sizeof message);
	text[sizeof text - 1] = 1;
	remember(secret, TEXT_SIZE);
	for (uint32_t iteration = 0; iteration < 3; iteration++) {
		collect_half(0x36, text, iteration == 0 ? sizeof text : SHA512_SIZE, digest);
		collect_half(0x5c, digest, sizeof digest, text);
	}
}

static bool is_secret(uint64_t word)
{
	for (size_t i = 0; i < secret_count; i++) {
		if (word == secret_words[i] || word == __builtin_bswap64(secret_words[i]))
			return true;
	}
	return false;
}

static void *run_on_stack(void *argument)
{
	void (*const *run)(void) = argument;

	(*run)();
	const size_t size = (size_t)((uint8_t *)__builtin_frame_address(0) - stack) - FRAMES;
	VALGRIND_MAKE_MEM_DEFINED(stack, size);
	written = 0;
	for (size_t i = 0; i < size; i++)
		written += stack[i] != UNTOUCHED && stack[i] != 0;
	return NULL;
}

/* A careless one, which must be found out. */
static void leave_behind(void)
{
	uint8_t expanded[SHA512_SIZE];

	sha512_bytes(secret, 32, expanded);
	taken = expanded[0];
}

/* How many words of secrets lie on the stack after a function has run on it. */
static size_t rest_of(void (*run)(void))
{
	pthread_attr_t attributes;
	pthread_t thread;
	size_t found = 0;

	memset(stack, UNTOUCHED, sizeof stack);
	pthread_attr_init(&attributes);
	if (pthread_attr_setstack(&attributes, stack, sizeof stack) != 0 ||
	    pthread_create(&thread, &attributes, run_on_stack, &run) != 0 || pthread_join(thread, NULL) != 0)
		return 1000;
	VALGRIND_MAKE_MEM_DEFINED(stack, sizeof stack);
	for (size_t at = 0; at + 8 <= sizeof stack; at++) {
		uint64_t word;
		memcpy(&word, stack + at, sizeof word);
		found += is_secret(word);
	}
	return found;
}

static int check_rests(void)
{
	static const struct {
		const char *name;
		void (*run)(void);
		bool leaves, wipes; /* words of secrets; what its calls left */
	} RUNS[] = { { "public", make_public, false, true },
		     { "sign", sign, false, true },
		     { "sign_digest", sign_digest, false, true },
		     { "passphrase_key", passphrase_key, false, false },
		     { "code_begin", code_begin, false, false },
		     { "code_end", code_end, false, false },
		     { "leave_behind", leave_behind, true, false } };
	int wrong = 0;

	collect_signing();
	collect_passphrase();
	for (size_t i = 0; i < sizeof RUNS / sizeof RUNS[0]; i++) {
		const size_t found = rest_of(RUNS[i].run);
		if ((found > 0) != RUNS[i].leaves || (written > ADDRESSES && RUNS[i].wipes)) {
			printf("%s: %zu words of secrets and %zu bytes on the stack\n", RUNS[i].name, found, written);
			wrong = 1;
		}
	}
	return wrong;
}

/* ---- both ---- */

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
	VALGRIND_MAKE_MEM_DEFINED(secret, sizeof secret);
	return wrong | check_rests();
}
