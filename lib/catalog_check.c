/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Is this a catalog, and signed by whom? Looked at once, as a whole; the kernel does so while it boots. */
#include <lib/hash.h>
#include <lib/signature.h>
#include "module_priv.h"

/* Is this the header of a catalog that fills `length` bytes exactly? */
/*@ requires bytes_in(data, length) && \valid(out) && \separated(out, data + (0 .. length - 1));
    assigns *out;
    ensures \result ==> catalog_ok(out) && out->data == data;
    ensures \result ==>
      length == CATALOG_HEADER_SIZE + out->count * CATALOG_ENTRY_SIZE + MODULE_TRAILER_SIZE; */
static bool header_read(const uint8_t *data, size_t length, struct catalog *out)
{
	if (length < CATALOG_HEADER_SIZE + MODULE_TRAILER_SIZE || bytes_le64(data) != CATALOG_MAGIC ||
	    bytes_le32(data + 8) != CATALOG_VERSION || !module_zero(data + 20, 12))
		return false;
	out->data = data;
	out->count = bytes_le32(data + 12);
	out->release = bytes_le32(data + 16);
	module_copy(out->signer.bytes, data + 32, AID_SIZE);
	return out->count != 0 && out->count <= CATALOG_ENTRIES_MAX &&
	       length == CATALOG_HEADER_SIZE + out->count * CATALOG_ENTRY_SIZE + MODULE_TRAILER_SIZE;
}

/*@ requires \valid_read(entry + (0 .. CATALOG_ENTRY_SIZE - 1));
    assigns \nothing; */
static bool entry_valid(const uint8_t *entry)
{
	const uint32_t role = bytes_le32(entry + 96);

	if (!module_name_valid(entry) || role < MODULE_INIT || role > MODULE_DATA ||
	    bytes_le32(entry + 100) == 0 || !module_zero(entry + 112, 16))
		return false;
	return role != MODULE_DATA || module_zero(entry + 64, AID_SIZE); /* data runs as nobody */
}

/* Names are zero to their end, so that equal bytes are equal names. */
/*@ requires \valid_read(a + (0 .. MODULE_NAME_MAX - 1)) && \valid_read(b + (0 .. MODULE_NAME_MAX - 1));
    assigns \nothing; */
static bool names_equal(const uint8_t *a, const uint8_t *b)
{
	/*@ loop invariant 0 <= i <= MODULE_NAME_MAX;
	    loop assigns i;
	    loop variant MODULE_NAME_MAX - i; */
	for (uint32_t i = 0; i < MODULE_NAME_MAX; i++) {
		if (a[i] != b[i])
			return false;
	}
	return true;
}

/*@ requires catalog_ok(catalog) && index < catalog->count;
    assigns \nothing; */
/* Entry `index` is in order, and its name is none of those before it. */
static bool entry_check(const struct catalog *catalog, uint32_t index)
{
	const uint8_t *const entry = catalog_entry_at(catalog, index);

	if (!entry_valid(entry))
		return false;
	/*@ loop invariant 0 <= before <= index;
	    loop assigns before;
	    loop variant index - before; */
	for (uint32_t before = 0; before < index; before++) {
		if (names_equal(catalog_entry_at(catalog, before), entry))
			return false;
	}
	return true;
}

/*@ requires catalog_ok(catalog);
    assigns \nothing; */
static bool entries_check(const struct catalog *catalog)
{
	/*@ loop invariant 0 <= i <= catalog->count;
	    loop assigns i;
	    loop variant catalog->count - i; */
	for (uint32_t i = 0; i < catalog->count; i++) {
		if (!entry_check(catalog, i))
			return false;
	}
	return true;
}

/* Signed by whom the header says? */
/*@ requires length >= MODULE_TRAILER_SIZE && bytes_in(data, length);
    requires \valid_read(trust) && \valid_read(signer);
    assigns \nothing; */
static enum module_verdict signature_check(const uint8_t *data, size_t length, const struct trust *trust,
                                           const struct aid *signer)
{
	const uint8_t *const key = module_trusted_key(trust, signer);
	const size_t covered = length - MODULE_TRAILER_SIZE;
	uint8_t digest[MODULE_DIGEST_SIZE];

	if (key == NULL)
		return MODULE_UNTRUSTED;
	hash_bytes(data, covered, digest);
	return signature_verify_digest(key, SIGN_DOMAIN_CATALOG, digest, data + covered)
	               ? MODULE_OK
	               : MODULE_BAD_SIGNATURE;
}

enum module_verdict catalog_check(const uint8_t *data, size_t length, const struct trust *trust,
                                  struct catalog *out)
{
	enum module_verdict verdict = module_trailer_check(data, length);

	if (verdict != MODULE_OK)
		return verdict;
	if (!header_read(data, length, out))
		return MODULE_BAD_CATALOG;
	verdict = signature_check(data, length, trust, &out->signer);
	if (verdict != MODULE_OK)
		return verdict;
	if (!entries_check(out))
		return MODULE_BAD_CATALOG;
	return out->release < trust->release ? MODULE_OLD_RELEASE : MODULE_OK;
}

bool catalog_read(const uint8_t *data, size_t length, struct catalog *out)
{
	return module_trailer_check(data, length) == MODULE_OK && header_read(data, length, out) &&
	       entries_check(out);
}
