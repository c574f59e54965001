/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Writers of what lib/module.h reads: for the tool that signs, and for tests.
 * Neither the kernel nor a program calls them.
 */
#pragma once
#include <abi/module.h>

#define MODULE_OVERHEAD (sizeof(struct module_statement) + sizeof(struct module_trailer))
#define CATALOG_SIZE(count)                                                                                \
	(sizeof(struct catalog_header) + (count) * sizeof(struct catalog_entry) + sizeof(struct module_trailer))

/* The public test key, known to everyone (RFC 8032, 7.1, TEST 1): a system that trusts it trusts
 * anybody, and says so in its banner. */
#define MODULE_TEST_SEED                                                                                   \
	{                                                                                                  \
		0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c,  \
		0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae,  \
		0x7f, 0x60                                                                                 \
	}

/* Who signs. The seed is the secret; whoever holds one of these wipes it. */
struct module_signer {
	uint8_t seed[MODULE_KEY_SIZE];
	uint8_t key[MODULE_KEY_SIZE];
	struct aid aid;
};
void module_signer_init(struct module_signer *signer, const uint8_t seed[MODULE_KEY_SIZE]);

/* Statement and trailer behind the `elf_length` bytes at `data`, where there is room for MODULE_OVERHEAD
 * more. `name` has 1 to MODULE_NAME_MAX - 1 printable characters. Returns the length of the module. */
size_t module_sign(uint8_t *data, size_t elf_length, const char *name, uint32_t role, uint32_t version,
                   const struct module_signer *signer);

/* A catalog of 1 to CATALOG_ENTRIES_MAX entries into the CATALOG_SIZE(count) bytes at `data`; returns their
 * number. It writes what it is given: catalog_check says whether that is a catalog. */
size_t catalog_sign(uint8_t *data, const struct catalog_entry *entries, uint32_t count, uint32_t release,
                    const struct module_signer *signer);

/* The trailer alone, behind `covered` bytes, for `domain`. */
void module_trailer_sign(uint8_t *data, size_t covered, const char *domain, const struct module_signer *signer);
