/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Making mappings. Everything that can fail is asked first; what is then done
 * to the list cannot fail. Nothing is entered into page tables here except a
 * thread's message page: the first touch does that.
 */
#include "aspace_priv.h"
#include <kernel/cap.h>
#include <kernel/memory.h>
#include <kernel/process.h>
#include <kernel/user_range.h>

/* What depends on the request alone. */
static status_t request_check(const struct mapping_request *request)
{
	uint64_t address = request->address == 0 ? USER_CHOOSE_BASE : request->address;
	if (!user_pages_ok(address, request->pages) || !mapping_prot_ok(request->prot))
		return STATUS_INVALID;
	if (request->kind != MAPPING_PAGE && range_holds_pages(address, request->pages))
		return STATUS_INVALID;
	return (request->prot & ~request->prot_limit) == 0 ? STATUS_OK : STATUS_DENIED;
}

/* What depends on the object: it lives, is large enough, may be written. Its lock is held. */
static status_t object_check(const struct mapping_request *request)
{
	uint32_t slot = request->memory;
	const struct memory *memory = &memory_table[slot];
	bool is_memory = request->kind == MAPPING_MEMORY;
	const struct object *object = is_memory ? &memory->object : &region_table[slot].object;
	if (request->cap != NONE && !cap_current(&cap_table[request->cap], request->handle, object))
		return STATUS_BAD_HANDLE;
	if (!is_memory && region_table[slot].kind != REGION_MEMORY)
		return STATUS_INVALID;
	uint64_t pages = is_memory ? memory->pages : region_table[slot].size >> PAGE_SHIFT;
	if (request->first_page > pages || request->pages > pages - request->first_page)
		return STATUS_INVALID;
	if (is_memory && (request->prot & PROT_WRITE) != 0 && (memory->flags & MEMORY_SEALED) != 0)
		return STATUS_DENIED;
	return STATUS_OK;
}

static void mapping_fill(struct mapping *mapping, const struct mapping_request *request, uint64_t address,
                         uint32_t process)
{
	mapping->address = address;
	mapping->pages = request->pages;
	mapping->first_page = request->first_page;
	mapping->prot = (uint8_t)request->prot;
	mapping->prot_limit = (uint8_t)request->prot_limit;
	mapping->kind = (uint8_t)request->kind;
	mapping->fetchable = request->fetchable;
	mapping->memory = request->memory;
	mapping->cap = request->cap;
	mapping->cap_generation = HANDLE_GENERATION(request->handle);
	mapping->process = process;
}

/* Check the object and tie the mapping to it, in one turn of the object's lock: a capability that dies now
 * either is noticed here, or its death finds the mapping in the list. */
static status_t mapping_bind(struct mapping *mapping, const struct mapping_request *request)
{
	if (request->kind == MAPPING_PAGE)
		return STATUS_OK;
	struct lock *lock = mapping_object_lock(request->kind, request->memory);
	lock_acquire(lock, LOCK_MEMORY);
	status_t status = object_check(request);
	if (status == STATUS_OK) {
		object_retain(mapping_object(request->kind), request->memory);
		mapping_attach(mapping);
	}
	lock_release(lock, LOCK_MEMORY);
	return status;
}

static status_t place_find(struct aspace *aspace, const struct mapping_request *request, uint64_t *out_address)
{
	if (aspace->mapping_count >= ASPACE_MAPPINGS_MAX)
		return STATUS_TABLE_FULL;
	if (request->address == 0)
		return mapping_choose(aspace, request->pages, out_address) ? STATUS_OK : STATUS_NO_MEMORY;
	const struct mapping *next = mapping_from(aspace, request->address);
	if (next != NULL && next->address < request->address + request->pages * PAGE_SIZE)
		return STATUS_BUSY;
	*out_address = request->address;
	return STATUS_OK;
}

/* With the lock held. */
static status_t map_locked(struct aspace *aspace, const struct mapping_request *request, uint64_t *out_address)
{
	uint32_t slot;
	uint64_t choose_next = aspace->choose_next;
	status_t status = place_find(aspace, request, out_address);
	if (status != STATUS_OK)
		return status;
	status = table_take(&mapping_slots, NONE, &slot);
	if (status == STATUS_OK) {
		struct mapping *mapping = &mapping_table[slot];
		mapping_fill(mapping, request, *out_address, aspace->process);
		status = mapping_bind(mapping, request);
		if (status == STATUS_OK)
			mapping_insert(aspace, mapping);
		else
			table_give(&mapping_slots, slot);
	}
	if (status != STATUS_OK)
		aspace->choose_next = choose_next;
	return status;
}

status_t aspace_map_request(struct aspace *aspace, const struct mapping_request *request,
                            uint64_t *out_address)
{
	uint64_t address = 0;
	status_t status = request_check(request);
	if (status != STATUS_OK)
		return status;
	lock_acquire(&aspace->lock, LOCK_ASPACE);
	status = map_locked(aspace, request, &address);
	lock_release(&aspace->lock, LOCK_ASPACE);
	if (status == STATUS_OK)
		*out_address = address;
	return status;
}

status_t aspace_map(struct aspace *aspace, enum mapping_kind kind, uint32_t memory, uint32_t cap,
                    uint64_t address, uint64_t first_page, uint64_t pages, uint32_t prot,
                    uint32_t prot_limit, uint64_t *out_address)
{
	struct mapping_request request = {
		.kind = kind, .memory = memory, .cap = cap, .address = address, .first_page = first_page,
		.pages = pages, .prot = prot, .prot_limit = prot_limit};
	return aspace_map_request(aspace, &request, out_address);
}

/* Enter a frame at a mapped address, or take the mapping away again. */
static status_t page_enter(struct aspace *aspace, uint64_t address, paddr_t frame, uint64_t **out_entries)
{
	struct gather gather = {0};
	struct drops drops;
	uint32_t limit = UINT32_MAX;
	drops.count = 0;
	status_t status = table_make(aspace->root, address, aspace->process, out_entries);
	if (status == STATUS_OK) {
		__atomic_store_n(*out_entries, arch_pte_leaf(frame, PROT_READ | PROT_WRITE, true, false), __ATOMIC_RELEASE);
		arch_pte_published();
	} else if (mapping_retire(aspace, mapping_floor(aspace, address), &limit, &gather, &drops)) {
		table_flush(aspace, &gather);
	}
	return status;
}

status_t aspace_enter_page(struct aspace *aspace, uint64_t address, paddr_t frame, uint64_t **out_entries)
{
	struct mapping_request request = {
		.kind = MAPPING_PAGE, .memory = NONE, .cap = NONE, .address = address, .pages = 3,
		.prot = PROT_READ | PROT_WRITE, .prot_limit = PROT_READ | PROT_WRITE};
	status_t status = request_check(&request);
	if (status != STATUS_OK)
		return status;
	lock_acquire(&aspace->lock, LOCK_ASPACE);
	status = map_locked(aspace, &request, &address);
	if (status == STATUS_OK)
		status = page_enter(aspace, address, frame, out_entries);
	lock_release(&aspace->lock, LOCK_ASPACE);
	return status;
}

void aspace_leave_page(struct aspace *aspace, uint64_t address, const uint64_t *entries)
{
	struct gather gather = {0};
	struct drops drops;
	uint32_t limit = UINT32_MAX;
	drops.count = 0;
	lock_acquire(&aspace->lock, LOCK_ASPACE);
	struct mapping *mapping = mapping_floor(aspace, address);
	if (mapping != NULL && mapping->kind == MAPPING_PAGE && mapping->address == address) {
		uint64_t loan = entries[MESSAGE_LOAN_OFFSET / PAGE_SIZE];
		if (mapping_retire(aspace, mapping, &limit, &gather, &drops))
			table_flush(aspace, &gather);
		if (arch_pte_present(loan))
			process_frame_give(aspace->process, arch_pte_address(loan));
	}
	lock_release(&aspace->lock, LOCK_ASPACE);
}
