/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writers of signed modules and catalogs. */
#include <lib/hash.h>
#include <lib/identity.h>
#include <lib/module_write.h>
#include <lib/signature.h>
#include <lib/string.h>
#include "module_priv.h"

void module_signer_init(struct module_signer *signer, const uint8_t seed[MODULE_KEY_SIZE])
{
	memcpy(signer->seed, seed, MODULE_KEY_SIZE);
	signature_public(seed, signer->key);
	aid_of_key(signer->key, &signer->aid);
}

void module_trailer_sign(uint8_t *data, size_t covered, const char *domain,
                         const struct module_signer *signer)
{
	uint8_t digest[MODULE_DIGEST_SIZE];
	uint8_t *const trailer = data + covered;

	hash_bytes(data, covered, digest);
	signature_sign_digest(signer->seed, signer->key, domain, digest, trailer);
	memcpy(trailer + MODULE_SIGNATURE_SIZE, "ARCSIG", 6);
	trailer[MODULE_TRAILER_SIZE - 2u] = MODULE_TRAILER_VERSION;
	trailer[MODULE_TRAILER_SIZE - 1u] = MODULE_TRAILER_ED25519;
}

size_t module_sign(uint8_t *data, size_t elf_length, const char *name, uint32_t role, uint32_t version,
                   const struct module_signer *signer)
{
	uint8_t *const statement = data + elf_length;

	memset(statement, 0, MODULE_STATEMENT_SIZE);
	bytes_put_le64(statement, MODULE_STATEMENT_MAGIC);
	bytes_put_le32(statement + 8, role);
	bytes_put_le32(statement + 12, version);
	string_copy((char *)statement + 16, MODULE_NAME_MAX, name);
	memcpy(statement + 48, signer->aid.bytes, AID_SIZE);
	module_trailer_sign(data, elf_length + MODULE_STATEMENT_SIZE, SIGN_DOMAIN_MODULE, signer);
	return elf_length + MODULE_OVERHEAD;
}

static void entry_write(uint8_t *to, const struct catalog_entry *entry)
{
	memset(to, 0, CATALOG_ENTRY_SIZE);
	memcpy(to, entry->name, MODULE_NAME_MAX);
	memcpy(to + 32, entry->digest, MODULE_DIGEST_SIZE);
	memcpy(to + 64, entry->principal.bytes, AID_SIZE);
	bytes_put_le32(to + 96, entry->role);
	bytes_put_le32(to + 100, entry->version);
	bytes_put_le64(to + 104, entry->size);
	bytes_put_le64(to + 112, entry->reserved[0]);
	bytes_put_le64(to + 120, entry->reserved[1]);
}

size_t catalog_sign(uint8_t *data, const struct catalog_entry *entries, uint32_t count, uint32_t release,
                    const struct module_signer *signer)
{
	size_t at = CATALOG_HEADER_SIZE;

	memset(data, 0, CATALOG_HEADER_SIZE);
	bytes_put_le64(data, CATALOG_MAGIC);
	bytes_put_le32(data + 8, CATALOG_VERSION);
	bytes_put_le32(data + 12, count);
	bytes_put_le32(data + 16, release);
	memcpy(data + 32, signer->aid.bytes, AID_SIZE);
	for (uint32_t i = 0; i < count; i++, at += CATALOG_ENTRY_SIZE)
		entry_write(data + at, &entries[i]);
	module_trailer_sign(data, at, SIGN_DOMAIN_CATALOG, signer);
	return at + MODULE_TRAILER_SIZE;
}
