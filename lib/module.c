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

void module_copy_name(char *to, const uint8_t *from)
{
	/*@ loop invariant 0 <= i <= MODULE_NAME_MAX;
	    loop assigns i, to[0 .. MODULE_NAME_MAX - 1];
	    loop variant MODULE_NAME_MAX - i; */
	for (uint32_t i = 0; i < MODULE_NAME_MAX; i++)
		to[i] = (char)from[i];
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
	return bytes[length] == 0 && module_zero(bytes + length + 1u, MODULE_NAME_MAX - length - 1u);
}

bool module_name_equal(const char *a, const char *b)
{
	/*@ loop invariant 0 <= i <= MODULE_NAME_MAX;
	    loop invariant \forall integer k; 0 <= k < i ==> b[k] != 0;
	    loop assigns i;
	    loop variant MODULE_NAME_MAX - i; */
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

const uint8_t *module_trusted_key(const struct trust *trust, const struct aid *signer)
{
	/*@ loop invariant 0 <= i <= TRUST_KEYS_MAX;
	    loop assigns i;
	    loop variant TRUST_KEYS_MAX - i; */
	for (uint32_t i = 0; i < trust->count && i < TRUST_KEYS_MAX; i++) {
		if (aid_equal(&trust->keys[i].aid, signer))
			return trust->keys[i].key;
	}
	return NULL;
}

/* What the statement says, if it is one. */
/*@ requires \valid_read(at + (0 .. MODULE_STATEMENT_SIZE - 1)) && \valid(out);
    requires \separated(at + (0 .. MODULE_STATEMENT_SIZE - 1), out);
    assigns *out; */
static bool statement_read(const uint8_t *at, struct module *out)
{
	out->role = bytes_le32(at + 8);
	out->version = bytes_le32(at + 12);
	if (bytes_le64(at) != MODULE_STATEMENT_MAGIC || out->role < MODULE_INIT ||
	    out->role > MODULE_PROGRAM || out->version == 0 || !module_name_valid(at + 16) ||
	    !module_zero(at + 80, 16))
		return false;
	module_copy_name(out->name, at + 16);
	module_copy(out->signer.bytes, at + 48, AID_SIZE);
	return true;
}

bool module_says(const uint8_t *tail, size_t length, struct module *out)
{
	return length >= MODULE_TAIL_SIZE && module_trailer_check(tail, MODULE_TAIL_SIZE) == MODULE_OK &&
	       statement_read(tail, out);
}

enum module_verdict module_tail_check(const uint8_t *tail, size_t length, const struct trust *trust,
                                      struct module *out, uint8_t out_signature[MODULE_SIGNATURE_SIZE])
{
	const size_t tail_size = length < MODULE_TAIL_SIZE ? length : MODULE_TAIL_SIZE;
	const enum module_verdict found = module_trailer_check(tail, tail_size);

	if (found != MODULE_OK)
		return found;
	if (length < MODULE_TAIL_SIZE || !statement_read(tail, out))
		return MODULE_BAD_STATEMENT;
	out->elf_length = length - MODULE_TAIL_SIZE;
	module_copy(out_signature, tail + MODULE_STATEMENT_SIZE, MODULE_SIGNATURE_SIZE);
	return module_trusted_key(trust, &out->signer) != NULL ? MODULE_OK : MODULE_UNTRUSTED;
}

enum module_verdict module_signature_check(const struct module *module,
                                           const uint8_t signature[MODULE_SIGNATURE_SIZE],
                                           const struct trust *trust)
{
	const uint8_t *const key = module_trusted_key(trust, &module->signer);

	if (key == NULL)
		return MODULE_UNTRUSTED;
	return signature_verify_digest(key, SIGN_DOMAIN_MODULE, module->digest, signature)
	               ? MODULE_OK
	               : MODULE_BAD_SIGNATURE;
}

enum module_verdict module_check(const uint8_t *data, size_t length, const struct trust *trust,
                                 struct module *out)
{
	uint8_t signature[MODULE_SIGNATURE_SIZE];
	const size_t before_tail = length < MODULE_TAIL_SIZE ? 0 : length - MODULE_TAIL_SIZE;
	const enum module_verdict found =
		module_tail_check(data + before_tail, length, trust, out, signature);

	if (found != MODULE_OK)
		return found;
	hash_bytes(data, module_signed_length(length), out->digest);
	return module_signature_check(out, signature, trust);
}
