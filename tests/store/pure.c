/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Judging a disk is checksums, digests and signatures, of the same few bytes again
 * and again. All are pure functions, so the linker puts these in their places: a
 * checksum sixteen bytes at a time, and true answers remembered together with
 * everything that went into them, which is compared byte for byte.
 */
#include "store.h"
#include <lib/bytes.h>
#include <lib/crc32c.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURES 4096u
#define DIGESTS 4096u
#define DIGEST_SIZE_MIN 256u /* shorter ones are as soon computed as found */
#define WHOLE UINT64_MAX     /* in place of a part's index */

uint32_t __real_crc32c(uint32_t crc, const uint8_t *data, size_t length);
uint32_t __wrap_crc32c(uint32_t crc, const uint8_t *data, size_t length);
void __real_hash_bytes(const uint8_t *data, size_t length, uint8_t *out_digest);
void __wrap_hash_bytes(const uint8_t *data, size_t length, uint8_t *out_digest);
void __real_hash_part(const uint8_t *data, size_t length, uint64_t index, uint8_t *out_value);
void __wrap_hash_part(const uint8_t *data, size_t length, uint64_t index, uint8_t *out_value);
bool __real_signature_verify_digest(const uint8_t *key, const char *domain, const uint8_t *digest, const uint8_t *signature);
bool __wrap_signature_verify_digest(const uint8_t *key, const char *domain, const uint8_t *digest, const uint8_t *signature);

/* ---- checksums: table n is of a byte with n zero bytes after it ---- */
static uint32_t tables[16][256];

static void tables_make(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t sum = byte;
		for (unsigned bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1) * 0x82f63b78u;
		tables[0][byte] = sum;
	}
	for (uint32_t i = 0; i < 15 * 256; i++)
		tables[1 + i / 256][i % 256] = tables[i / 256][i % 256] >> 8 ^ tables[0][tables[i / 256][i % 256] & 255];
}

static uint32_t word_sum(uint32_t word, const uint32_t table[4][256])
{
	return table[3][word & 255] ^ table[2][word >> 8 & 255] ^ table[1][word >> 16 & 255] ^ table[0][word >> 24];
}

uint32_t __wrap_crc32c(uint32_t crc, const uint8_t *data, size_t length)
{
	uint32_t sum = ~crc;

	for (; length >= 16; data += 16, length -= 16)
		sum = word_sum(sum ^ bytes_le32(data), &tables[12]) ^ word_sum(bytes_le32(data + 4), &tables[8]) ^
		      word_sum(bytes_le32(data + 8), &tables[4]) ^ word_sum(bytes_le32(data + 12), &tables[0]);
	return __real_crc32c(~sum, data, length);
}

/* ---- digests ---- */
static struct digest {
	uint8_t *data;
	size_t length;
	uint64_t index;
	uint8_t value[HASH_SIZE];
} digests[DIGESTS];

static size_t place_of(const uint8_t *data, size_t length, uint64_t index)
{
	uint64_t mixed = length ^ index * 0x9e3779b97f4a7c15u;

	for (size_t at = 0; at + 8 <= length; at += 8)
		mixed = (mixed ^ bytes_le64(data + at)) * 0xbf58476d1ce4e5b9u;
	return (mixed ^ mixed >> 32) % DIGESTS;
}

static void digest_take(const uint8_t *data, size_t length, uint64_t index, uint8_t *out_value)
{
	if (index == WHOLE)
		__real_hash_bytes(data, length, out_value);
	else
		__real_hash_part(data, length, index, out_value);
}

static void digest_find(const uint8_t *data, size_t length, uint64_t index, uint8_t *out_value)
{
	struct digest *known = &digests[place_of(data, length, index)];

	if (known->data == NULL || known->length != length || known->index != index || memcmp(known->data, data, length) != 0) {
		free(known->data);
		*known = (struct digest){ .data = memory(length), .length = length, .index = index };
		memcpy(known->data, data, length);
		digest_take(data, length, index, known->value);
	}
	memcpy(out_value, known->value, HASH_SIZE);
}

void __wrap_hash_bytes(const uint8_t *data, size_t length, uint8_t *out_digest)
{
	if (length < DIGEST_SIZE_MIN)
		__real_hash_bytes(data, length, out_digest);
	else
		digest_find(data, length, WHOLE, out_digest);
}

void __wrap_hash_part(const uint8_t *data, size_t length, uint64_t index, uint8_t *out_value)
{
	digest_find(data, length, index, out_value);
}

/* ---- signatures ---- */
struct question {
	uint8_t key[SIGNATURE_KEY_SIZE], domain[32], digest[HASH_SIZE], signature[SIGNATURE_SIZE];
};

static struct {
	struct question question;
	bool known, answer;
} signatures[SIGNATURES];

bool __wrap_signature_verify_digest(const uint8_t *key, const char *domain, const uint8_t *digest, const uint8_t *signature)
{
	struct question question = { .domain = { 0 } };
	const size_t place = (digest[0] + 256u * digest[1]) % SIGNATURES;

	memcpy(question.key, key, sizeof question.key);
	strncpy((char *)question.domain, domain, sizeof question.domain);
	memcpy(question.digest, digest, sizeof question.digest);
	memcpy(question.signature, signature, sizeof question.signature);
	if (!signatures[place].known || memcmp(&signatures[place].question, &question, sizeof question) != 0) {
		signatures[place].question = question;
		signatures[place].answer = __real_signature_verify_digest(key, domain, digest, signature);
		signatures[place].known = true;
	}
	return signatures[place].answer;
}

/* The checksum is the same function. */
void pure_start(void)
{
	uint8_t data[300];
	uint64_t random = 1;

	tables_make();
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)random_next(&random);
	for (size_t size = 0; size < sizeof data; size++) {
		if (__wrap_crc32c((uint32_t)size, data, size) != __real_crc32c((uint32_t)size, data, size))
			store_fail("its own checksum is wrong");
	}
}
