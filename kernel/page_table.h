/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Page tables of any depth, over arch_pte_*. The caller holds the lock of the
 * address space. No knowledge of mappings or objects; see aspace.h.
 */
#pragma once
#include <kernel/aspace.h>

#define TABLE_ENTRIES 512u
#define TABLE_BITS 9u

/* Bytes that one entry of a table at `level` covers (level 0: a page). */
CC_INLINE uint64_t table_span(uint32_t level) { return 1ull << (PAGE_SHIFT + TABLE_BITS * level); }
CC_INLINE uint32_t table_index(uint64_t address, uint32_t level)
{
	return (uint32_t)(address >> (PAGE_SHIFT + TABLE_BITS * level)) & (TABLE_ENTRIES - 1u);
}

/* What was taken out of the tables and still has to be forgotten and freed. */
struct gather {
	uint64_t first, end;  /* addresses whose entries were cleared or weakened; first == end: none */
	paddr_t tables;       /* chain of unlinked table frames: the first word of each leads to the next */
	uint32_t table_count;
};

/* Entry for `address` in the table of level `stop`; NULL if a table above is missing, *out_level then says
 * at which level the entry was absent. */
uint64_t *table_entry(paddr_t root, uint64_t address, uint32_t stop, uint32_t *out_level);
/* The same for level 0, making tables as needed, charged to `process`. QUOTA, NO_MEMORY. */
CC_NODISCARD status_t table_make(paddr_t root, uint64_t address, uint32_t process, uint64_t **out_entry);
/* Clear the pages of [first, end). Counts *limit down by the work done and stops at 0; returns the address it
 * came to. */
uint64_t table_clear(paddr_t root, uint64_t first, uint64_t end, uint32_t *limit, struct gather *gather);
/* Give present pages of [first, end) another protection (not 0). */
void table_protect(paddr_t root, uint64_t first, uint64_t end, uint32_t prot, struct gather *gather);
/* Unlink the tables that serve [first, end) and nothing outside [floor, ceiling), all of it clear. */
void table_prune(paddr_t root, uint64_t first, uint64_t end, uint64_t floor, uint64_t ceiling,
                 struct gather *gather);
/* Free the gathered tables. Only where no TLB walks them. */
void table_free(struct aspace *aspace, struct gather *gather);
/* Make every TLB forget what was gathered, then free the tables. */
void table_flush(struct aspace *aspace, struct gather *gather);
