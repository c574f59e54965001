/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the address space share: the list of mappings. Its lock is held throughout. */
#pragma once
#include "page_table.h"
#include <kernel/aspace.h>

CC_INLINE uint64_t mapping_end(const struct mapping *mapping)
{
	return mapping->address + mapping->pages * PAGE_SIZE;
}

CC_INLINE uint32_t mapping_slot(const struct mapping *mapping)
{
	return (uint32_t)(mapping - mapping_table);
}

/* Does the range touch the area of message pages, which only threads come and go in? */
CC_INLINE bool range_holds_pages(uint64_t address, uint64_t pages)
{
	return address < USER_PAGES_END && USER_PAGES_BASE < address + pages * PAGE_SIZE;
}

CC_INLINE bool mapping_prot_ok(uint32_t prot)
{
	return (prot & ~(uint32_t)(PROT_READ | PROT_WRITE | PROT_EXECUTE)) == 0 &&
	       (prot & (PROT_WRITE | PROT_EXECUTE)) != (PROT_WRITE | PROT_EXECUTE);
}

/* The last mapping that begins at or below the address; NULL: none. Moves the hint. */
struct mapping *mapping_floor(struct aspace *aspace, uint64_t address);
/* The one that contains the address, or the next one after it; NULL: none. */
struct mapping *mapping_from(struct aspace *aspace, uint64_t address);
CC_INLINE struct mapping *mapping_next(const struct mapping *mapping)
{
	return mapping->next == NONE ? NULL : &mapping_table[mapping->next];
}
/* Put a filled mapping into the list, where nothing overlaps it. */
void mapping_insert(struct aspace *aspace, struct mapping *mapping);
/* Take it out of the address space's and the object's list, and give its slot back. The caller releases
 * the reference to the object after all locks are dropped. */
void mapping_remove(struct aspace *aspace, struct mapping *mapping);
/* Lowest gap of the chosen range with a free page after it; false: none. */
CC_NODISCARD bool mapping_choose(struct aspace *aspace, uint64_t pages, uint64_t *out_address);
/* Cut in two at an address inside, using the slot `spare` for the upper half. */
void mapping_split(struct aspace *aspace, struct mapping *mapping, uint64_t address, uint32_t spare);

/* The object side: list of the mappings of a memory object or region, under that object's lock. */
void mapping_attach(struct mapping *mapping);
void mapping_detach(struct mapping *mapping);
/* Type of the object behind a kind of mapping. */
enum object_type mapping_object(enum mapping_kind kind);
struct lock *mapping_object_lock(enum mapping_kind kind, uint32_t slot);
uint32_t *mapping_object_list(enum mapping_kind kind, uint32_t slot);

/* What an operation leaves to be done once the lock is dropped. */
#define DROPS_MAX 16u
struct drops {
	uint32_t count; /* the one field to set at the start */
	struct {
		uint8_t kind;
		uint32_t memory;
	} drop[DROPS_MAX];
};
void drops_add(struct drops *drops, const struct mapping *mapping);
void drops_release(struct drops *drops);

/* Clear a mapping's pages and remove it, counting *limit down; false: the limit was reached first, and the
 * mapping begins after what was cleared. The caller flushes. */
CC_NODISCARD bool mapping_retire(struct aspace *aspace, struct mapping *mapping, uint32_t *limit,
                                 struct gather *gather, struct drops *drops);
/* Cut the mappings that cross the ends of the range there; *out_first is the first at or after `address`, NULL
 * if there is none. TABLE_FULL changes nothing. */
CC_NODISCARD status_t range_split(struct aspace *aspace, uint64_t address, uint64_t end,
                                  struct mapping **out_first);
