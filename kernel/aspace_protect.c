/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Changing protection, all or nothing: the range is checked and cut, then every
 * mapping that becomes writable announces it to its memory object, where sealing
 * would see it, and only then protections change. And the check of it all.
 */
#include "aspace_priv.h"
#include <kernel/memory.h>
#include <kernel/user_range.h>

/* Mapped without a hole, and allowed everywhere? */
static status_t range_check(struct aspace *aspace, uint64_t address, uint64_t end, uint32_t prot,
                            uint32_t *out_missing)
{
	const struct mapping *mapping = mapping_from(aspace, address);
	while (address < end) {
		if (mapping == NULL || mapping->address > address)
			return STATUS_BAD_ADDRESS;
		uint32_t missing = prot & ~(uint32_t)mapping->prot_limit;
		if (missing != 0) {
			*out_missing = missing;
			return STATUS_DENIED;
		}
		address = mapping_end(mapping);
		mapping = mapping_next(mapping);
	}
	return STATUS_OK;
}

static bool gains_write(const struct mapping *mapping, uint32_t prot)
{
	return mapping->kind == MAPPING_MEMORY && (prot & PROT_WRITE) != 0 && (mapping->prot & PROT_WRITE) == 0;
}

/* One writable mapping more. False: the object is sealed. */
static bool writable_announce(const struct mapping *mapping)
{
	struct memory *memory = &memory_table[mapping->memory];
	lock_acquire(&memory->lock, LOCK_MEMORY);
	bool sealed = (memory->flags & MEMORY_SEALED) != 0;
	if (!sealed)
		memory->writable++;
	lock_release(&memory->lock, LOCK_MEMORY);
	return !sealed;
}

static void writable_withdraw(const struct mapping *mapping)
{
	struct memory *memory = &memory_table[mapping->memory];
	lock_acquire(&memory->lock, LOCK_MEMORY);
	memory->writable--;
	lock_release(&memory->lock, LOCK_MEMORY);
}

static bool range_announce(struct aspace *aspace, uint64_t address, uint64_t end, uint32_t prot)
{
	struct mapping *first = mapping_from(aspace, address);
	struct mapping *mapping = first;
	for (; mapping != NULL && mapping->address < end; mapping = mapping_next(mapping)) {
		if (!gains_write(mapping, prot) || writable_announce(mapping))
			continue;
		for (const struct mapping *undo = first; undo != mapping; undo = mapping_next(undo))
			if (gains_write(undo, prot))
				writable_withdraw(undo);
		return false;
	}
	return true;
}

/* Pages that become executable, device pages and pages nobody may see are entered anew by the next touch. */
static void mapping_protect(struct aspace *aspace, struct mapping *mapping, uint32_t prot, struct gather *gather)
{
	uint32_t limit = UINT32_MAX;
	uint32_t gained = prot & ~(uint32_t)mapping->prot;
	bool loses_write = mapping->kind == MAPPING_MEMORY && (mapping->prot & ~prot & PROT_WRITE) != 0;
	if (mapping->kind == MAPPING_MEMORY && prot != 0 && (gained & PROT_EXECUTE) == 0)
		table_protect(aspace->root, mapping->address, mapping_end(mapping), prot, gather);
	else
		table_clear(aspace->root, mapping->address, mapping_end(mapping), &limit, gather);
	mapping->prot = (uint8_t)prot;
	if (loses_write)
		writable_withdraw(mapping);
}

static status_t protect_locked(struct aspace *aspace, uint64_t address, uint64_t end, uint32_t prot,
                               uint32_t *out_missing)
{
	struct gather gather = {0};
	struct mapping *mapping;
	status_t status = range_check(aspace, address, end, prot, out_missing);
	if (status == STATUS_OK)
		status = range_split(aspace, address, end, &mapping);
	if (status != STATUS_OK)
		return status;
	if (!range_announce(aspace, address, end, prot)) {
		*out_missing = PROT_WRITE;
		return STATUS_DENIED;
	}
	for (; mapping != NULL && mapping->address < end; mapping = mapping_next(mapping))
		mapping_protect(aspace, mapping, prot, &gather);
	table_flush(aspace, &gather);
	return STATUS_OK;
}

status_t aspace_protect_checked(struct aspace *aspace, uint64_t address, uint64_t pages, uint32_t prot,
                                uint32_t *out_missing)
{
	uint32_t missing = 0;
	if (!user_pages_ok(address, pages) || range_holds_pages(address, pages) || !mapping_prot_ok(prot))
		return STATUS_INVALID;
	lock_acquire(&aspace->lock, LOCK_ASPACE);
	status_t status = protect_locked(aspace, address, address + pages * PAGE_SIZE, prot, &missing);
	lock_release(&aspace->lock, LOCK_ASPACE);
	if (out_missing != NULL)
		*out_missing = missing;
	return status;
}

status_t aspace_protect(struct aspace *aspace, uint64_t address, uint64_t pages, uint32_t prot)
{
	return aspace_protect_checked(aspace, address, pages, prot, NULL);
}

/* An entry exists only where a mapping is, shows what the mapping says, and never writes and executes. */
static bool entries_valid(const struct aspace *aspace, const struct mapping *mapping)
{
	for (uint64_t address = mapping->address; address < mapping_end(mapping); address += PAGE_SIZE) {
		uint32_t level;
		const uint64_t *entry = table_entry(aspace->root, address, 0, &level);
		if (entry == NULL) {
			address |= table_span(level) - PAGE_SIZE;
			continue;
		}
		uint32_t prot = arch_pte_present(*entry) ? arch_pte_prot(*entry) : 0;
		if ((prot & PROT_WRITE & ~(uint32_t)mapping->prot) != 0 ||
		    (prot & PROT_EXECUTE & ~(uint32_t)mapping->prot) != 0)
			return false;
	}
	return true;
}

static bool mapping_valid(const struct aspace *aspace, const struct mapping *mapping, uint32_t previous,
                          uint64_t floor)
{
	return (mapping->object.generation & 1u) != 0 && mapping->process == aspace->process &&
	       mapping->previous == previous && mapping->address >= floor &&
	       user_pages_ok(mapping->address, mapping->pages) && mapping_prot_ok(mapping->prot) &&
	       (mapping->prot & ~(uint32_t)mapping->prot_limit) == 0 && entries_valid(aspace, mapping);
}

bool aspace_valid(struct aspace *aspace)
{
	uint32_t count = 0;
	uint32_t previous = NONE;
	uint64_t floor = USER_BASE;
	bool valid = true;
	lock_acquire(&aspace->lock, LOCK_ASPACE);
	for (uint32_t slot = aspace->mapping_head; valid && slot != NONE; slot = mapping_table[slot].next) {
		const struct mapping *mapping = &mapping_table[slot];
		valid = mapping_valid(aspace, mapping, previous, floor) && ++count <= aspace->mapping_count;
		floor = mapping_end(mapping);
		previous = slot;
	}
	valid = valid && count == aspace->mapping_count;
	lock_release(&aspace->lock, LOCK_ASPACE);
	return valid;
}
