/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The cryptography of lib/ as it was compiled for this machine: known answers,
 * what it costs, and whether signing takes as long with one key as with another.
 */
#include <lib/hash.h>
#include <lib/identity.h>
#include <lib/sha512.h>
#include <lib/signature.h>
#include <lib/string.h>
#include <os/print.h>
#include <os/time.h>

#define DOMAIN "crypto program"
#define PATTERN_SIZE 5000u
#define CHAIN_LENGTH 64u
/* Computed with b3sum and with libsodium. */
#define PATTERN_DIGEST "ee78d92070de3df1c57c37002abf0a6b1a6589acdeef4d8ffac7cf3d9e8f2836"
#define CHAIN_END "e57b54aef362f2625cfa86527ac915995d8fdd186207bafc962617aacac1c679"
#define KEYS 8u
#define SIGNATURES 20u /* per measurement: more than the grain of any clock */
#define MEASUREMENTS 3u

static uint32_t failed;

static void check(bool good, const char *what)
{
	print("%s: %s\n", what, good ? "right" : "WRONG");
	failed += !good;
}

static bool reads(const uint8_t digest[32], const char *expected)
{
	char text[65];

	hex_of_bytes(digest, 32, text);
	return strcmp(text, expected) == 0;
}

static void check_hash(void)
{
	static uint8_t pattern[PATTERN_SIZE];
	uint8_t digest[HASH_SIZE];

	for (uint32_t i = 0; i < PATTERN_SIZE; i++)
		pattern[i] = (uint8_t)(i % 251u);
	hash_bytes(pattern, sizeof pattern, digest);
	check(reads(digest, PATTERN_DIGEST), "BLAKE3");
}

/* Sign and verify; the signature. False if the verdict on it, or on it with one bit wrong, is wrong. */
static bool sign_one(const uint8_t seed[32], uint32_t wrong_bit, uint8_t out_signature[SIGNATURE_SIZE])
{
	uint8_t key[32], digest[HASH_SIZE];
	uint8_t *const wrong = &out_signature[wrong_bit / 8u % SIGNATURE_SIZE];
	const uint8_t mask = (uint8_t)(1u << wrong_bit % 8u);

	signature_public(seed, key);
	hash_bytes(key, sizeof key, digest);
	signature_sign_digest(seed, key, DOMAIN, digest, out_signature);
	const bool accepted = signature_verify_digest(key, DOMAIN, digest, out_signature);
	*wrong ^= mask;
	const bool refused = !signature_verify_digest(key, DOMAIN, digest, out_signature);
	*wrong ^= mask;
	return accepted && refused;
}

/* Each signature gives the next seed: one value at the end stands for all of them. */
static void check_signatures(void)
{
	uint8_t seed[32] = { 0 }, signature[SIGNATURE_SIZE], digest[SHA512_SIZE];
	bool verdicts = true;

	for (uint32_t i = 0; i < CHAIN_LENGTH; i++) {
		verdicts = sign_one(seed, i * 9u, signature) && verdicts;
		sha512_bytes(signature, sizeof signature, digest);
		for (uint32_t j = 0; j < sizeof seed; j++)
			seed[j] = digest[j];
	}
	check(reads(seed, CHAIN_END), "Ed25519 and SHA-512");
	check(verdicts, "verdicts on signatures");
}

/* The least time that this many signatures took. */
static uint64_t signing_time(const uint8_t seed[32])
{
	uint8_t key[32], signature[SIGNATURE_SIZE];
	const uint8_t digest[32] = { 7 };
	uint64_t least = UINT64_MAX;

	signature_public(seed, key);
	for (uint32_t i = 0; i < MEASUREMENTS; i++) {
		const uint64_t from = time_now();
		for (uint32_t j = 0; j < SIGNATURES; j++)
			signature_sign_digest(seed, key, DOMAIN, digest, signature);
		const uint64_t ns = time_now() - from;
		least = ns < least ? ns : least;
	}
	return least;
}

static void measure_signing(void)
{
	uint64_t least = UINT64_MAX, most = 0;

	for (uint8_t i = 0; i < KEYS; i++) {
		uint8_t seed[32];
		/* Two seeds that are far from random, and others. */
		hash_bytes(&i, 1, seed);
		for (uint32_t j = 0; i < 2 && j < sizeof seed; j++)
			seed[j] = i == 0 ? 0x00 : 0xff;
		const uint64_t ns = signing_time(seed);
		least = ns < least ? ns : least;
		most = ns > most ? ns : most;
	}
	print("%u signatures with each of %u keys: from %llu to %llu ns\n", SIGNATURES, KEYS,
	      (unsigned long long)least, (unsigned long long)most);
}

/* What the kernel does with a program before it runs: hash all of it, verify one signature. */
static void measure_admission(void)
{
	static uint8_t data[64 * 1024];
	uint8_t seed[32] = { 1 }, key[32], digest[HASH_SIZE], signature[SIGNATURE_SIZE];
	bool good = true;

	uint64_t from = time_now();
	hash_bytes(data, sizeof data, digest);
	const uint64_t hash_ns = (time_now() - from) / 64u;
	signature_public(seed, key);
	signature_sign_digest(seed, key, DOMAIN, digest, signature);
	from = time_now();
	for (uint32_t i = 0; i < SIGNATURES; i++)
		good = signature_verify_digest(key, DOMAIN, digest, signature) && good;
	print("hashing 1 KiB: %llu ns; verifying one signature: %llu ns%s\n", (unsigned long long)hash_ns,
	      (unsigned long long)(time_now() - from) / SIGNATURES, good ? "" : " (WRONG)");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "time") == 0) {
		measure_signing();
		measure_admission();
		return 0;
	}
	if (argc != 1) {
		print("usage: crypto [time]\n");
		return 2;
	}
	check_hash();
	check_signatures();
	print("%u passed, %u failed\n", 3u - failed, failed);
	return failed != 0;
}
