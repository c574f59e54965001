/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Signed modules, from the end: trailer, statement, then the hash and the
 * signature over both. Cheap reasons to refuse come before the costly one, and
 * nothing the bytes say is used before it is known to lie inside them.
 */
#include <lib/hash.h>
#include <lib/identity.h>
#include <lib/signature.h>
#include "module_priv.h"

static const char *const sentences[MODULE_VERDICT_COUNT] = {
#define MODULE_VERDICT(name, sentence) [MODULE_##name] = sentence,
#include <lib/module_verdict.def>
#undef MODULE_VERDICT
};

const char *module_verdict_text(enum module_verdict verdict)
{
	return (uint32_t)verdict < MODULE_VERDICT_COUNT ? sentences[verdict] : "unknown verdict";
}

void module_copy(uint8_t *to, const uint8_t *from, size_t count)
{
	/*@ loop invariant 0 <= i <= count;
	    loop assigns i, to[0 .. count - 1];
	    loop variant count - i; */
	for (size_t i = 0; i < count; i++)
		to[i] = from[i];
}

bool module_zero(const uint8_t *bytes, size_t count)
{
	/*@ loop invariant 0 <= i <= count;
	    loop invariant \forall integer k; 0 <= k < i ==> bytes[k] == 0;
	    loop assigns i;
	    loop variant count - i; */
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

bool module_name_valid(const uint8_t *bytes)
{
	uint32_t length = 0;

	/*@ loop invariant 0 <= length <= MODULE_NAME_MAX;
	    loop assigns length;
	    loop variant MODULE_NAME_MAX - length; */
	while (length < MODULE_NAME_MAX && bytes[length] > 0x20 && bytes[length] < 0x7f)
		length++;
	if (length == 0 || length == MODULE_NAME_MAX)
		return false;
	return module_zero(bytes + length, MODULE_NAME_MAX - length);
}

bool module_name_equal(const char *a, const char *b)
{
	for (uint32_t i = 0; i < MODULE_NAME_MAX; i++) {
		if (a[i] != b[i])
			return false;
		if (a[i] == '\0')
			return true;
	}
	return false;
}

/*@ requires \valid_read(at + (0 .. 5));
    assigns \nothing; */
static bool magic_is_there(const uint8_t *at)
{
	return at[0] == 'A' && at[1] == 'R' && at[2] == 'C' && at[3] == 'S' && at[4] == 'I' && at[5] == 'G';
}

enum module_verdict module_trailer_check(const uint8_t *data, size_t length)
{
	if (length < MODULE_TRAILER_SIZE || !magic_is_there(data + (length - 8u)))
		return MODULE_UNSIGNED;
	if (data[length - 2u] != MODULE_TRAILER_VERSION || data[length - 1u] != MODULE_TRAILER_ED25519)
		return MODULE_UNKNOWN_FORMAT;
	return MODULE_OK;
}

/* The trusted key of that identifier, or NULL. */
static const uint8_t *trusted_key(const struct trust *trust, const struct aid *signer)
{
	for (uint32_t i = 0; i < trust->count && i < TRUST_KEYS_MAX; i++) {
		if (aid_equal(&trust->keys[i].aid, signer))
			return trust->keys[i].key;
	}
	return NULL;
}

enum module_verdict module_signature_check(const uint8_t *data, size_t length, const char *domain,
                                           const struct trust *trust, const struct aid *signer,
                                           uint8_t out_digest[MODULE_DIGEST_SIZE])
{
	const uint8_t *const key = trusted_key(trust, signer);
	const size_t covered = length - MODULE_TRAILER_SIZE;

	if (key == NULL)
		return MODULE_UNTRUSTED;
	hash_bytes(data, covered, out_digest);
	return signature_verify_digest(key, domain, out_digest, data + covered) ? MODULE_OK
	                                                                        : MODULE_BAD_SIGNATURE;
}

/* What the statement says, if it is one. */
/*@ requires \valid_read(at + (0 .. MODULE_STATEMENT_SIZE - 1)) && \valid(out);
    requires \separated(at + (0 .. MODULE_STATEMENT_SIZE - 1), out);
    assigns *out; */
static bool statement_read(const uint8_t *at, struct module *out)
{
	out->role = bytes_le32(at + 8);
	out->version = bytes_le32(at + 12);
	if (bytes_le64(at) != MODULE_STATEMENT_MAGIC || out->role < MODULE_INIT || out->role > MODULE_PROGRAM ||
	    out->version == 0 || !module_name_valid(at + 16) || !module_zero(at + 80, 16))
		return false;
	module_copy((uint8_t *)out->name, at + 16, MODULE_NAME_MAX);
	module_copy(out->signer.bytes, at + 48, AID_SIZE);
	return true;
}

enum module_verdict module_check(const uint8_t *data, size_t length, const struct trust *trust,
                                 struct module *out)
{
	const enum module_verdict found = module_trailer_check(data, length);

	if (found != MODULE_OK)
		return found;
	if (length < MODULE_STATEMENT_SIZE + MODULE_TRAILER_SIZE)
		return MODULE_BAD_STATEMENT;
	out->elf_length = length - MODULE_STATEMENT_SIZE - MODULE_TRAILER_SIZE;
	if (!statement_read(data + out->elf_length, out))
		return MODULE_BAD_STATEMENT;
	return module_signature_check(data, length, SIGN_DOMAIN_MODULE, trust, &out->signer, out->digest);
}
