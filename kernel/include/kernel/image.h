/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Program images: an ELF file in sealed memory, verified once. Read-only and
 * executable segments are mapped straight from the file's own pages, shared by
 * every process of the image; writable ones are copied per process.
 */
#pragma once
#include <kernel/object.h>
#include <lib/elf.h>

#define IMAGE_BYTES_MAX 0x4000000u /* of one file */

struct image {
	struct object object;
	uint32_t memory;       /* [c] slot, referenced; NONE while the slot is being filled or emptied */
	uint64_t offset;       /* [c] page-aligned start in it */
	uint64_t length;       /* [c] bytes */
	struct elf_image elf;  /* [c] verdict's result: segments and entry */
};
extern struct image image_table[IMAGE_MAX];

/* Verify a file. The caller holds a reference to the memory. INVALID: not sealed, or a bad range;
 * BAD_IMAGE (reason logged); NO_MEMORY, QUOTA, TABLE_FULL. The same file again is the same image. One reference. */
CC_NODISCARD status_t image_new(uint32_t owner, uint32_t memory, uint64_t offset, uint64_t length,
                                uint32_t *out_image);
/* Map the segments into a new process's address space. After a failure some may be mapped: the process is to be
 * taken apart. */
CC_NODISCARD status_t image_map(uint32_t image, uint32_t process);
