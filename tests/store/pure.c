/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Judging a disk is digests and signatures, of the same few bytes again and again.
 * Both are pure functions, so the linker puts these in their places: true answers
 * remembered together with everything that went into them, which is compared byte
 * for byte.
 */
#include "store.h"
#include <lib/bytes.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURES 4096u
#define DIGESTS 4096u
#define DIGEST_SIZE_MIN 256u /* shorter ones are as soon computed as found */
#define WHOLE UINT64_MAX     /* in place of a part's index */

void __real_hash_bytes(const uint8_t *data, size_t length, uint8_t *out_digest);
void __wrap_hash_bytes(const uint8_t *data, size_t length, uint8_t *out_digest);
void __real_hash_part(const uint8_t *data, size_t length, uint64_t index, uint8_t *out_value);
void __wrap_hash_part(const uint8_t *data, size_t length, uint64_t index, uint8_t *out_value);
bool __real_signature_verify_digest(const uint8_t *key, const char *domain, const uint8_t *digest, const uint8_t *signature);
bool __wrap_signature_verify_digest(const uint8_t *key, const char *domain, const uint8_t *digest, const uint8_t *signature);

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
