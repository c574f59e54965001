/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The bundle: an archive of modules, loaded as the initial ramdisk.
 *
 * One header, `count` entries, then the modules, each at a page boundary and
 * padded with zeroes to one. All numbers little-endian. `checksum` is the
 * CRC-32C of the entry table; each entry carries the CRC-32C of its module, so
 * that a damaged bundle is told from a refused program.
 * Names the kernel looks for: "init" (first program), "kernel.symbols".
 */
#pragma once
#include <abi/types.h>

#define BUNDLE_MAGIC 0x454c444e55424d43ull /* "CMBUNDLE" */
#define BUNDLE_VERSION 1u
#define BUNDLE_MODULES_MAX 64u
#define BUNDLE_NAME_MAX 32u

struct bundle_header {
	uint64_t magic;
	uint32_t version;
	uint32_t count;
	uint64_t size;     /* of the whole bundle, bytes, a multiple of the page size */
	uint32_t checksum; /* CRC-32C of the entries */
	uint32_t reserved;
};

struct bundle_entry {
	char name[BUNDLE_NAME_MAX]; /* NUL-terminated */
	uint64_t offset;            /* from the start of the bundle, page aligned */
	uint64_t size;              /* bytes, without padding */
	uint32_t checksum;          /* CRC-32C of the module */
	uint32_t kind;              /* enum bundle_kind */
	uint64_t reserved;
};
ABI_SIZE(struct bundle_header, 32);
ABI_SIZE(struct bundle_entry, 64);

enum bundle_kind {
	BUNDLE_PROGRAM = 1,
	BUNDLE_DATA = 2,
};

/*
 * kernel.symbols: sorted symbol table of the kernel, for the epitaph.
 * Header, then `count` entries, then the names (NUL-terminated).
 */
#define SYMBOLS_MAGIC 0x534c424d59534d43ull /* "CMSYMBLS" */
struct symbols_header {
	uint64_t magic;
	uint32_t count;
	uint32_t name_bytes;
};
struct symbols_entry {
	uint64_t address;
	uint32_t size;
	uint32_t name; /* offset into the names */
};
ABI_SIZE(struct symbols_header, 16);
ABI_SIZE(struct symbols_entry, 16);
