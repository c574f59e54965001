/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Memory objects: demand-zero pages kept in a radix of frames (512 per level,
 * levels by size), shared by any number of mappings. And device regions, which
 * have no frames of their own. The bundle is a memory object over fixed frames,
 * and so is memory for devices, which must not move.
 *
 * Frames are charged to the payer as they appear. When the payer's process is
 * gone, what is there is charged to nobody, and the process whose touch makes
 * the object grow next becomes the payer: quotas hold, whoever dies.
 */
#pragma once
#include <kernel/object.h>

#define MEMORY_PAGES_MAX (1u << 24)
#define MEMORY_FIXED 1u  /* one run of frames, all there: its own, or boot's (the bundle), which are never freed */
#define MEMORY_SEALED 2u /* contents never change again */

struct memory {
	struct object object;
	uint64_t pages;        /* [c] */
	uint32_t flags;        /* [O] MEMORY_* */
	uint32_t levels;       /* [c] 0: `root` is the only page; 1..3: radix levels */
	paddr_t root;          /* [O] 0: nothing present; MEMORY_FIXED: first of the run */
	uint32_t payer;        /* [O] process slot charged for frames, or NONE */
	uint32_t payer_generation; /* [O] */
	uint32_t present;      /* [O] frames held, tables included; none of boot's */
	uint32_t charged;      /* [O] of them charged to the payer */
	uint32_t mapping_head; /* [O] */
	uint32_t writable;     /* [O] mappings with PROT_WRITE */
	uint32_t clear_next;   /* [G] where taking a dead object apart goes on */
	uint32_t grave_next;   /* [G] dead objects not yet taken apart */
	struct lock lock;      /* O: LOCK_MEMORY */
};
extern struct memory memory_table[MEMORY_MAX] CC_FAR;

struct region {
	struct object object;
	uint32_t kind;         /* [c] enum region_kind */
	uint64_t base;         /* [c] physical address or port number */
	uint64_t size;         /* [c] */
	uint32_t mapping_head; /* [O] */
	struct lock lock;      /* O: LOCK_MEMORY */
};
extern struct region region_table[REGION_MAX] CC_FAR;

/* New object charged to `payer` as its pages appear. INVALID, QUOTA, TABLE_FULL. One reference. */
CC_NODISCARD status_t memory_new(uint32_t payer, uint64_t pages, uint32_t *out_memory);
/* A run of zeroed frames that ends at or below the physical address `limit` (0: anywhere), charged whole at once;
 * `root` says where. At most MEMORY_CONTIGUOUS_MAX pages. INVALID, QUOTA, TABLE_FULL, NO_MEMORY (no such run). */
CC_NODISCARD status_t memory_new_contiguous(uint32_t payer, uint64_t pages, uint64_t limit, uint32_t *out_memory);
/* Over frames that exist already (the bundle); sealed. */
CC_NODISCARD status_t memory_new_fixed(paddr_t first, uint64_t pages, uint32_t *out_memory);
/* Frame of a page, allocating a zeroed one if absent and `allocate`. Lock held by the callee.
 * NOT_FOUND (absent), QUOTA, NO_MEMORY, INVALID (past the end). */
CC_NODISCARD status_t memory_page(uint32_t memory, uint64_t page, bool allocate, paddr_t *out_frame);
/* The same for a fault: allocates, `process` becomes the payer if the old one is gone. */
CC_NODISCARD status_t memory_page_touch(uint32_t memory, uint64_t page, uint32_t process,
                                        paddr_t *out_frame);
/* Frames of up to `max` present pages from `page` on, without a gap; returns how many. */
uint32_t memory_pages_present(uint32_t memory, uint64_t page, uint32_t max, paddr_t *out_frames);
/* BUSY while mapped writable. Sealing twice is fine. */
CC_NODISCARD status_t memory_seal(uint32_t memory);
/* Who pays from now on; for objects that nothing uses yet. */
void memory_set_payer(uint32_t memory, uint32_t process);
/* Kernel access to contents, page by page; for the loader and tests. INVALID: out of range. Reading leaves
 * absent pages absent; writing a sealed object is DENIED. */
CC_NODISCARD status_t memory_read(uint32_t memory, uint64_t offset, void *to, size_t bytes);
CC_NODISCARD status_t memory_write(uint32_t memory, uint64_t offset, const void *from, size_t bytes);
/* Large dead objects are taken apart little by little: frees up to `limit` frames, true if there is more.
 * Called when frames run out, by the calls of this file, and by a CPU with nothing better to do. */
bool memory_reap_some(uint32_t limit);
/* Lock not held by the caller. */
bool memory_valid(struct memory *memory);

/* Claim device registers for as long as the object lives. REGION_MEMORY: whole pages, outside RAM; REGION_PORT:
 * within the 65536 ports. INVALID; BUSY if any of it is claimed; QUOTA, TABLE_FULL. One reference. */
CC_NODISCARD status_t region_new(uint32_t owner, enum region_kind kind, uint64_t base, uint64_t size,
                                 uint32_t *out_region);
