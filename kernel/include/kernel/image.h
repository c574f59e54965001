/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Program images: a signed ELF file in sealed memory, verified once, under one
 * name and in one role, before a byte of it is mapped. Read-only and executable
 * segments are mapped straight from the file's own pages, shared by every
 * process of the image; writable ones are copied per process.
 *
 * Verification runs in steps, each of bounded length, without a lock: the file
 * cannot change, and what is being filled belongs to one thread until it is
 * published. docs/kernel/image.md.
 */
#pragma once
#include <kernel/object.h>
#include <lib/elf.h>
#include <lib/hash.h>
#include <lib/module.h>

#define IMAGE_BYTES_MAX 0x4000000u /* of one file */
#define IMAGE_STEP 0x8000u         /* bytes hashed, or made fetchable, in one step: about as long as one signature takes */

/* What is to be verified, and what its caller believes it to be. */
struct image_request {
	uint32_t memory; /* slot */
	uint64_t offset;
	uint64_t length;
	struct image_options as;
};

/* How far the verification of an image is. */
enum image_stage {
	IMAGE_HASHING,
	IMAGE_JUDGING,
	IMAGE_SYNCING,
};

struct image {
	struct object object;
	bool ready;              /* [H] verified and published; for good */
	uint32_t memory;         /* [c] slot, referenced */
	uint64_t offset;         /* [c] page-aligned start in it */
	uint64_t length;         /* [c] bytes, statement and trailer included */
	struct image_options as; /* [c] what it was to be, and when ready is */
	struct module module;    /* [c] when ready: name, role, version, signer, digest; all verified */
	struct aid principal;    /* [c] when ready: of the processes that run it; zero: anonymous */
	struct elf_image elf;    /* [c] when ready: segments and entry */

	/* The filling thread's own. */
	enum image_stage stage;
	uint64_t done;           /* bytes behind it in this stage */
	uint8_t signature[MODULE_SIGNATURE_SIZE];
	struct hash hash;
};
extern struct image image_table[IMAGE_MAX] CC_FAR;

/* One step of verifying a file; the caller holds a reference to the memory. `*work` is what the caller's earlier
 * steps left: NONE at first. OK and *out_more: come again with the same request. OK otherwise: *out_image has one
 * reference, and the same file under the same name and role again is the same image at once. Any other status:
 * nothing is left. *work is NONE after both, and a different request gives up the work on the last.
 * INVALID: not sealed, a bad range, or options that no module can have; BAD_IMAGE .. CHANGED: refused, with a line
 * in the log; QUOTA, TABLE_FULL. */
CC_NODISCARD status_t image_step(uint32_t owner, const struct image_request *request, uint32_t *work,
                                 uint32_t *out_image, bool *out_more);
/* All steps at a stretch: for boot and tests. */
CC_NODISCARD status_t image_new(uint32_t owner, const struct image_request *request, uint32_t *out_image);
/* Give up unfinished work: its thread ends, or asks for something else. */
void image_abandon(uint32_t *work);
/* A ready image is what it was verified as, and lies wholly in its file. */
bool image_valid(const struct image *image);
/* Map the segments into a new process's address space. After a failure some may be mapped: the process is to be
 * taken apart. */
CC_NODISCARD status_t image_map(uint32_t image, uint32_t process);
