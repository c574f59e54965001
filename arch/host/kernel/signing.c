/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whom the host's kernel trusts, and programs signed for it; see arch/signing.h. */
#include <arch/host.h>
#include <arch/signing.h>
#include <kernel/trust.h>
#include <lib/hash.h>
#include <stdlib.h>
#include <string.h>

const struct trust trust_built_in = {
	.count = 1,
	.release = 1,
	.keys = {{.key = MODULE_TEST_KEY,
	          .aid = {{AID_ALGORITHM_ED25519, AID_HASH_BLAKE3,
	                   0x6c, 0x31, 0x04, 0x12, 0x68, 0xf4, 0x71, 0x60, 0x9c, 0x79, 0xf5, 0xf2, 0xdb, 0xcc, 0x38,
	                   0xe4, 0xa4, 0xab, 0x2f, 0x4d, 0x41, 0x61, 0x09, 0xa4, 0xe0, 0x9f, 0xcf, 0x50, 0xfd, 0x0f}}}},
};

static const struct module_signer *signer_of(struct module_signer *signer, const uint8_t seed[MODULE_KEY_SIZE])
{
	static const struct aid nobody;
	if (memcmp(&signer->aid, &nobody, sizeof nobody) == 0)
		module_signer_init(signer, seed);
	return signer;
}

const struct module_signer *host_signer(void)
{
	static const uint8_t seed[MODULE_KEY_SIZE] = MODULE_TEST_SEED;
	static struct module_signer signer;
	return signer_of(&signer, seed);
}

const struct module_signer *host_stranger(void)
{
	static const uint8_t seed[MODULE_KEY_SIZE] = "not the key anybody trusts";
	static struct module_signer signer;
	return signer_of(&signer, seed);
}

void host_entry(const uint8_t *module, size_t length, const struct aid *principal, struct catalog_entry *out)
{
	struct module_statement statement;
	memcpy(&statement, module + length - MODULE_OVERHEAD, sizeof statement);
	memset(out, 0, sizeof *out);
	memcpy(out->name, statement.name, sizeof out->name);
	out->role = statement.role;
	out->version = statement.version;
	out->principal = *principal;
	out->size = length;
	hash_bytes(module, module_signed_length(length), out->digest);
}

void host_catalog(const struct catalog_entry *entries, uint32_t count)
{
	static uint8_t bytes[CATALOG_SIZE(CATALOG_ENTRIES_MAX)];
	size_t length = catalog_sign(bytes, entries, count, 1, host_signer());
	if (catalog_check(bytes, length, &trust_built_in, &trust_catalog) != MODULE_OK)
		abort();
}
