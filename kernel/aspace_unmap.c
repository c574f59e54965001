/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Taking mappings away: by address, and by object when a capability died or a
 * channel ends. References to objects are dropped after the lock, because the
 * last one destroys the object. Work comes in steps, so that no lock is held for
 * as long as a large mapping lasts.
 */
#include "aspace_priv.h"
#include <kernel/cap.h>
#include <kernel/process.h>
#include <kernel/user_range.h>

#define UNMAP_STEP 512u /* entries per turn of the lock, where the caller sets no limit */

bool mapping_retire(struct aspace *aspace, struct mapping *mapping, uint32_t *limit, struct gather *gather,
                    struct drops *drops)
{
	uint64_t first = mapping->address;
	uint64_t end = mapping_end(mapping);
	const struct mapping *next = mapping_next(mapping);
	uint64_t reached = table_clear(aspace->root, first, end, limit, gather);
	uint64_t floor = mapping->previous == NONE ? 0 : mapping_end(&mapping_table[mapping->previous]);
	uint64_t ceiling = reached < end ? reached : next == NULL ? UINT64_MAX : next->address;
	table_prune(aspace->root, first, reached, floor, ceiling, gather);
	if (reached < end) {
		mapping->first_page += (reached - first) >> PAGE_SHIFT;
		mapping->pages -= (reached - first) >> PAGE_SHIFT;
		mapping->address = reached;
		return false;
	}
	drops_add(drops, mapping);
	mapping_remove(aspace, mapping);
	return true;
}

/* Takes both slots first: all or nothing. */
static CC_COLD status_t range_cut(struct aspace *aspace, uint64_t address, uint64_t end)
{
	uint64_t cuts[2] = {address, end};
	uint32_t spare[2] = {NONE, NONE};
	for (uint32_t i = 0; i < 2; i++) {
		const struct mapping *mapping = mapping_from(aspace, cuts[i]);
		if (mapping == NULL || mapping->address >= cuts[i])
			continue;
		if (aspace->mapping_count + 1u + (spare[0] != NONE) > ASPACE_MAPPINGS_MAX ||
		    table_take(&mapping_slots, NONE, &spare[i]) != STATUS_OK) {
			if (i == 1 && spare[0] != NONE)
				table_give(&mapping_slots, spare[0]);
			return STATUS_TABLE_FULL;
		}
	}
	for (uint32_t i = 0; i < 2; i++)
		if (spare[i] != NONE)
			mapping_split(aspace, mapping_floor(aspace, cuts[i]), cuts[i], spare[i]);
	return STATUS_OK;
}

/* As a rule the range is one mapping, or none. */
status_t range_split(struct aspace *aspace, uint64_t address, uint64_t end, struct mapping **out_first)
{
	*out_first = mapping_from(aspace, address);
	if (*out_first == NULL || ((*out_first)->address >= address && mapping_end(*out_first) == end))
		return STATUS_OK;
	status_t status = range_cut(aspace, address, end);
	*out_first = mapping_from(aspace, address);
	return status;
}

static status_t unmap_locked(struct aspace *aspace, uint64_t address, uint64_t end, uint32_t limit,
                             struct drops *drops, bool *out_more)
{
	struct gather gather = {0};
	struct mapping *mapping;
	status_t status = range_split(aspace, address, end, &mapping);
	if (status != STATUS_OK)
		return status;
	while (mapping != NULL && mapping->address < end && limit > 0 && drops->count < DROPS_MAX) {
		struct mapping *next = mapping_next(mapping);
		if (!mapping_retire(aspace, mapping, &limit, &gather, drops))
			break;
		mapping = next;
	}
	*out_more = mapping != NULL && mapping->address < end;
	table_flush(aspace, &gather);
	return STATUS_OK;
}

status_t aspace_unmap_some(struct aspace *aspace, uint64_t address, uint64_t pages, uint32_t limit,
                           bool *out_more)
{
	struct drops drops;
	drops.count = 0;
	if (!user_pages_ok(address, pages) || range_holds_pages(address, pages))
		return STATUS_INVALID;
	lock_acquire(&aspace->lock, LOCK_ASPACE);
	status_t status = unmap_locked(aspace, address, address + pages * PAGE_SIZE, limit, &drops, out_more);
	lock_release(&aspace->lock, LOCK_ASPACE);
	drops_release(&drops);
	return status;
}

status_t aspace_unmap(struct aspace *aspace, uint64_t address, uint64_t pages)
{
	bool more = true;
	status_t status = STATUS_OK;
	while (status == STATUS_OK && more)
		status = aspace_unmap_some(aspace, address, pages, UNMAP_STEP, &more);
	return status;
}

static bool filter_matches(const struct mapping_filter *filter, const struct mapping *mapping)
{
	if (filter->process != NONE && mapping->process != filter->process)
		return false;
	return filter->cap == NONE ||
	       (mapping->cap == filter->cap &&
	        mapping->cap_generation != __atomic_load_n(&cap_table[filter->cap].generation, __ATOMIC_ACQUIRE));
}

struct found {
	uint32_t slot;
	uint32_t generation;
	uint32_t process;
};

static bool object_find(enum mapping_kind kind, uint32_t memory, const struct mapping_filter *filter,
                        struct found *out)
{
	struct lock *lock = mapping_object_lock(kind, memory);
	lock_acquire(lock, LOCK_MEMORY);
	uint32_t slot = *mapping_object_list(kind, memory);
	while (slot != NONE && !filter_matches(filter, &mapping_table[slot]))
		slot = mapping_table[slot].object_next;
	if (slot != NONE)
		*out = (struct found){slot, mapping_table[slot].object.generation, mapping_table[slot].process};
	lock_release(lock, LOCK_MEMORY);
	return slot != NONE;
}

static void mapping_exchange(struct aspace *aspace, struct mapping *mapping, uint32_t replacement,
                             struct gather *gather, struct drops *drops)
{
	uint32_t limit = UINT32_MAX;
	table_clear(aspace->root, mapping->address, mapping_end(mapping), &limit, gather);
	drops_add(drops, mapping);
	mapping_detach(mapping);
	mapping->memory = replacement;
	object_retain(OBJECT_MEMORY, replacement);
	struct lock *lock = mapping_object_lock(MAPPING_MEMORY, replacement);
	lock_acquire(lock, LOCK_MEMORY);
	mapping_attach(mapping);
	lock_release(lock, LOCK_MEMORY);
}

/* The mapping was found under the object's lock; only now is the address space's lock taken, which comes
 * before it. The generation tells whether it is still the same mapping. */
static void withdraw_one(const struct found *found, uint32_t memory, uint32_t replacement)
{
	struct aspace *aspace = &process_of(found->process)->aspace;
	struct mapping *mapping = &mapping_table[found->slot];
	struct gather gather = {0};
	struct drops drops;
	drops.count = 0;
	uint32_t limit = UNMAP_STEP;
	bool whole = true;
	lock_acquire(&aspace->lock, LOCK_ASPACE);
	if (mapping->object.generation == found->generation && mapping->memory == memory) {
		if (replacement != NONE)
			mapping_exchange(aspace, mapping, replacement, &gather, &drops);
		else
			whole = mapping_retire(aspace, mapping, &limit, &gather, &drops);
		table_flush(aspace, &gather);
	}
	lock_release(&aspace->lock, LOCK_ASPACE);
	(void)whole; /* the rest is found again */
	drops_release(&drops);
}

void aspace_withdraw(enum mapping_kind kind, uint32_t memory, const struct mapping_filter *filter,
                     uint32_t replacement)
{
	struct found found;
	while (object_find(kind, memory, filter, &found))
		withdraw_one(&found, memory, replacement);
}
