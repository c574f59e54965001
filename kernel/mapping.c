/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Mappings: the sorted list of an address space, and the unsorted one of each
 * object. The first is searched from the last hit in either direction, because
 * faults and calls come in runs; ASPACE_MAPPINGS_MAX bounds the search.
 */
#include "aspace_priv.h"
#include <kernel/memory.h>
#include <kernel/panic.h>

static struct mapping *mapping_at(uint32_t slot)
{
	return slot == NONE ? NULL : &mapping_table[slot];
}

struct mapping *mapping_floor(struct aspace *aspace, uint64_t address)
{
	uint32_t slot = aspace->mapping_hint == NONE ? aspace->mapping_head : aspace->mapping_hint;
	while (slot != NONE && mapping_table[slot].address > address)
		slot = mapping_table[slot].previous;
	if (slot == NONE)
		return NULL;
	while (mapping_table[slot].next != NONE && mapping_table[mapping_table[slot].next].address <= address)
		slot = mapping_table[slot].next;
	aspace->mapping_hint = slot;
	return &mapping_table[slot];
}

struct mapping *mapping_from(struct aspace *aspace, uint64_t address)
{
	struct mapping *floor = mapping_floor(aspace, address);
	if (floor == NULL)
		return mapping_at(aspace->mapping_head);
	return mapping_end(floor) > address ? floor : mapping_next(floor);
}

void mapping_insert(struct aspace *aspace, struct mapping *mapping)
{
	uint32_t slot = mapping_slot(mapping);
	struct mapping *before = mapping_floor(aspace, mapping->address);
	uint32_t after = before == NULL ? aspace->mapping_head : before->next;
	mapping->previous = before == NULL ? NONE : mapping_slot(before);
	mapping->next = after;
	if (before == NULL)
		aspace->mapping_head = slot;
	else
		before->next = slot;
	if (after != NONE)
		mapping_table[after].previous = slot;
	aspace->mapping_hint = slot;
	aspace->mapping_count++;
}

void mapping_remove(struct aspace *aspace, struct mapping *mapping)
{
	if (mapping->memory != NONE)
		mapping_detach(mapping);
	if (mapping->previous == NONE)
		aspace->mapping_head = mapping->next;
	else
		mapping_table[mapping->previous].next = mapping->next;
	if (mapping->next != NONE)
		mapping_table[mapping->next].previous = mapping->previous;
	if (aspace->mapping_hint == mapping_slot(mapping))
		aspace->mapping_hint = mapping->previous;
	if (mapping->address >= USER_CHOOSE_BASE && mapping->address < aspace->choose_next)
		aspace->choose_next = mapping->address;
	aspace->mapping_count--;
	table_give(&mapping_slots, mapping_slot(mapping));
}

bool mapping_choose(struct aspace *aspace, uint64_t pages, uint64_t *out_address)
{
	uint64_t size = (pages + 1u) * PAGE_SIZE;
	uint64_t address = aspace->choose_next;
	const struct mapping *next = mapping_from(aspace, address);
	bool skipped = false; /* a gap that was too small stays worth a look */
	while (next != NULL && next->address < address + size) {
		uint64_t end = mapping_end(next) + PAGE_SIZE;
		skipped = skipped || next->address > address + PAGE_SIZE;
		address = end > address ? end : address;
		next = mapping_next(next);
	}
	if (address > USER_CHOOSE_LIMIT || size > USER_CHOOSE_LIMIT - address)
		return false;
	if (!skipped)
		aspace->choose_next = address + size;
	*out_address = address;
	return true;
}

void mapping_split(struct aspace *aspace, struct mapping *mapping, uint64_t address, uint32_t spare)
{
	struct mapping *upper = &mapping_table[spare];
	struct object header = upper->object;
	uint64_t pages = (address - mapping->address) >> PAGE_SHIFT;
	*upper = *mapping;
	upper->object = header;
	upper->address = address;
	upper->pages = mapping->pages - pages;
	upper->first_page += pages;
	mapping->pages = pages;
	mapping_insert(aspace, upper);
	object_retain(mapping_object(mapping->kind), mapping->memory);
	struct lock *lock = mapping_object_lock(upper->kind, upper->memory);
	lock_acquire(lock, LOCK_MEMORY);
	mapping_attach(upper);
	lock_release(lock, LOCK_MEMORY);
}

enum object_type mapping_object(enum mapping_kind kind)
{
	ASSERT(kind == MAPPING_MEMORY || kind == MAPPING_REGION);
	return kind == MAPPING_MEMORY ? OBJECT_MEMORY : OBJECT_REGION;
}

struct lock *mapping_object_lock(enum mapping_kind kind, uint32_t slot)
{
	return kind == MAPPING_MEMORY ? &memory_table[slot].lock : &region_table[slot].lock;
}

uint32_t *mapping_object_list(enum mapping_kind kind, uint32_t slot)
{
	return kind == MAPPING_MEMORY ? &memory_table[slot].mapping_head : &region_table[slot].mapping_head;
}

void mapping_attach(struct mapping *mapping)
{
	uint32_t *head = mapping_object_list(mapping->kind, mapping->memory);
	mapping->object_previous = NONE;
	mapping->object_next = *head;
	if (*head != NONE)
		mapping_table[*head].object_previous = mapping_slot(mapping);
	*head = mapping_slot(mapping);
	if (mapping->kind == MAPPING_MEMORY && (mapping->prot & PROT_WRITE) != 0)
		memory_table[mapping->memory].writable++;
}

void mapping_detach(struct mapping *mapping)
{
	struct lock *lock = mapping_object_lock(mapping->kind, mapping->memory);
	lock_acquire(lock, LOCK_MEMORY);
	if (mapping->object_previous == NONE)
		*mapping_object_list(mapping->kind, mapping->memory) = mapping->object_next;
	else
		mapping_table[mapping->object_previous].object_next = mapping->object_next;
	if (mapping->object_next != NONE)
		mapping_table[mapping->object_next].object_previous = mapping->object_previous;
	if (mapping->kind == MAPPING_MEMORY && (mapping->prot & PROT_WRITE) != 0)
		memory_table[mapping->memory].writable--;
	lock_release(lock, LOCK_MEMORY);
}

void drops_add(struct drops *drops, const struct mapping *mapping)
{
	if (mapping->memory == NONE)
		return;
	drops->drop[drops->count].kind = mapping->kind;
	drops->drop[drops->count].memory = mapping->memory;
	drops->count++;
}

void drops_release(struct drops *drops)
{
	for (uint32_t i = 0; i < drops->count; i++)
		object_release(mapping_object(drops->drop[i].kind), drops->drop[i].memory);
	drops->count = 0;
}
