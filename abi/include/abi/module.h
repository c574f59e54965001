/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Signed modules, and the catalog that binds them.
 *
 * A signed program is `ELF | module_statement | module_trailer`. The trailer's
 * signature is over 64 bytes: the 32 bytes of SIGN_DOMAIN_MODULE and the
 * BLAKE3 digest of everything before the trailer, so the statement (name, role,
 * version, signer) is signed with the program and a signature made for
 * something else is never one of a program. A smart card can make it: it signs
 * 64 bytes. docs/protocols/module.md says why each field is there.
 *
 * The catalog is the bundle's module "catalog": `catalog_header |
 * catalog_entry[count] | module_trailer`, signed likewise under
 * SIGN_DOMAIN_CATALOG. It lists every other module of the bundle, the system
 * manifest included, and is the signed half of that manifest: the kernel starts
 * only what it lists, under the name, role, version and principal it says.
 * All numbers are little-endian.
 */
#pragma once
#include <abi/types.h>

#define MODULE_NAME_MAX 32u /* with the terminating NUL; the rest is zero */
#define MODULE_DIGEST_SIZE 32u
#define MODULE_SIGNATURE_SIZE 64u
#define MODULE_KEY_SIZE 32u

/* What a module is for. A program runs only in the role it was signed for. */
enum module_role {
	MODULE_INIT = 1,
	MODULE_SERVICE = 2,
	MODULE_DRIVER = 3,
	MODULE_PROGRAM = 4,
	MODULE_DATA = 5, /* the system manifest, symbols: no statement, no trailer, listed in the catalog */
};

#define MODULE_STATEMENT_MAGIC 0x31544d5453435241ull /* "ARCSTMT1" */
struct module_statement {
	uint64_t magic;
	uint32_t role;    /* enum module_role */
	uint32_t version; /* counts up from 1 */
	char name[MODULE_NAME_MAX];
	struct aid signer;
	uint8_t reserved[16]; /* zero */
};
ABI_SIZE(struct module_statement, 96);
ABI_AT(struct module_statement, name, 16);
ABI_AT(struct module_statement, signer, 48);

#define MODULE_TRAILER_VERSION 2u /* 1 had no domain, and is refused as an unknown format */
#define MODULE_TRAILER_ED25519 0u
struct module_trailer {
	uint8_t signature[MODULE_SIGNATURE_SIZE];
	char magic[6]; /* "ARCSIG", not terminated */
	uint8_t version;
	uint8_t algorithm;
};
ABI_SIZE(struct module_trailer, 72);
ABI_AT(struct module_trailer, magic, 64);

#define CATALOG_NAME "catalog"
#define CATALOG_MAGIC 0x474f4c4154434d43ull /* "CMCATLOG" */
#define CATALOG_VERSION 1u
#define CATALOG_ENTRIES_MAX 64u
struct catalog_header {
	uint64_t magic;
	uint32_t version; /* of this format */
	uint32_t count;
	uint32_t release; /* counts up; a kernel refuses a catalog older than the one it was built with */
	uint32_t reserved;
	uint64_t reserved2;
	struct aid signer;
};
ABI_SIZE(struct catalog_header, 64);

struct catalog_entry {
	char name[MODULE_NAME_MAX];
	uint8_t digest[MODULE_DIGEST_SIZE]; /* of all before the trailer; of data: of all of it */
	struct aid principal; /* of every process that runs it; data: zero */
	uint32_t role;
	uint32_t version;
	uint64_t size; /* bytes of the module, statement and trailer included */
	uint64_t reserved[2];
};
ABI_SIZE(struct catalog_entry, 128);
ABI_AT(struct catalog_entry, principal, 64);
ABI_AT(struct catalog_entry, role, 96);

/*
 * Purposes of signatures: the 32 bytes in front of what is signed. One purpose, one
 * domain: a signature made for one verifies for no other. Texts are padded with
 * zeroes. The vault makes signatures only of the purposes it knows, and never
 * MODULE or CATALOG.
 */
#define SIGN_DOMAIN_SIZE 32u
#define SIGN_DOMAIN_MODULE "CambiOS module"
#define SIGN_DOMAIN_CATALOG "CambiOS catalog"
#define SIGN_DOMAIN_MESSAGE "CambiOS message"
#define SIGN_DOMAIN_OBJECT "CambiOS object"
#define SIGN_DOMAIN_NAME "CambiOS name"
#define SIGN_DOMAIN_SESSION "CambiOS session"

/* image_create reads this from the caller's bulk area: what the caller believes it starts. */
struct image_options {
	char name[MODULE_NAME_MAX];
	uint32_t role; /* enum module_role */
	uint32_t reserved;
};
ABI_SIZE(struct image_options, 40);
