/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Memory objects: birth, sealing, contents, death. Pages are in memory_page.c.
 *
 * A dead object is taken apart at once if it is small. The rest of a large one
 * waits in the list of graves for memory_reap_some, so that no call lasts as long
 * as all of memory takes to free.
 */
#include "aspace_priv.h"
#include "memory_priv.h"
#include <kernel/cap.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <lib/string.h>

#define DESTROY_STEP 4096u /* steps taken at once by whoever drops the last reference */

/* Taken inside a memory object's lock; nothing but frames and tables inside it. */
static struct lock grave_lock;       /* G: LOCK_CHANNEL rank */
static uint32_t grave_head = NONE;   /* [G] */

static uint32_t levels_for(uint64_t pages)
{
	uint32_t levels = 0;
	for (uint64_t reach = 1; reach < pages; reach *= 512u)
		levels++;
	return levels;
}

static void memory_fill(struct memory *memory, uint64_t pages, uint32_t payer)
{
	memory->pages = pages;
	memory->flags = 0;
	memory->levels = levels_for(pages);
	memory->root.a = 0;
	memory->payer = payer;
	memory->payer_generation = payer == NONE ? 0 : process_of(payer)->object.generation;
	memory->present = 0;
	memory->charged = 0;
	memory->mapping_head = NONE;
	memory->writable = 0;
	memory->clear_next = 0;
}

status_t memory_new(uint32_t payer, uint64_t pages, uint32_t *out_memory)
{
	uint32_t slot;
	if (pages == 0 || pages > MEMORY_PAGES_MAX)
		return STATUS_INVALID;
	status_t status = object_take(OBJECT_MEMORY, payer, &slot);
	if (status != STATUS_OK)
		return status;
	memory_fill(&memory_table[slot], pages, payer);
	*out_memory = slot;
	return STATUS_OK;
}

CC_BOOT status_t memory_new_fixed(paddr_t first, uint64_t pages, uint32_t *out_memory)
{
	uint32_t slot;
	if ((first.a & PAGE_MASK) != 0)
		return STATUS_INVALID;
	status_t status = memory_new(NONE, pages, &slot);
	if (status != STATUS_OK)
		return status;
	memory_table[slot].flags = MEMORY_FIXED | MEMORY_SEALED;
	memory_table[slot].root = first;
	*out_memory = slot;
	return STATUS_OK;
}

status_t memory_seal(uint32_t slot)
{
	struct memory *memory = &memory_table[slot];
	lock_acquire(&memory->lock, LOCK_MEMORY);
	status_t status = memory->writable == 0 ? STATUS_OK : STATUS_BUSY;
	if (status == STATUS_OK)
		memory->flags |= MEMORY_SEALED;
	lock_release(&memory->lock, LOCK_MEMORY);
	return status;
}

void memory_set_payer(uint32_t slot, uint32_t process)
{
	struct memory *memory = &memory_table[slot];
	ASSERT(memory->present == 0);
	memory->payer = process;
	memory->payer_generation = process_of(process)->object.generation;
}

static bool range_ok(const struct memory *memory, uint64_t offset, size_t bytes)
{
	uint64_t size = memory->pages * PAGE_SIZE;
	return offset <= size && bytes <= size - offset;
}

static size_t piece_of(uint64_t offset, size_t bytes)
{
	size_t left = PAGE_SIZE - (size_t)(offset & PAGE_MASK);
	return bytes < left ? bytes : left;
}

static char *byte_at(paddr_t frame, uint64_t offset)
{
	return (char *)arch_direct(frame) + (offset & PAGE_MASK);
}

status_t memory_read(uint32_t slot, uint64_t offset, void *to, size_t bytes)
{
	char *target = to;
	if (!range_ok(&memory_table[slot], offset, bytes))
		return STATUS_INVALID;
	while (bytes > 0) {
		paddr_t frame;
		size_t piece = piece_of(offset, bytes);
		if (memory_page(slot, offset >> PAGE_SHIFT, false, &frame) == STATUS_OK)
			memcpy(target, byte_at(frame, offset), piece);
		else
			memset(target, 0, piece);
		target += piece;
		offset += piece;
		bytes -= piece;
	}
	return STATUS_OK;
}

status_t memory_write(uint32_t slot, uint64_t offset, const void *from, size_t bytes)
{
	const char *source = from;
	if (!range_ok(&memory_table[slot], offset, bytes))
		return STATUS_INVALID;
	if ((memory_table[slot].flags & MEMORY_SEALED) != 0)
		return STATUS_DENIED;
	while (bytes > 0) {
		paddr_t frame;
		size_t piece = piece_of(offset, bytes);
		status_t status = memory_page(slot, offset >> PAGE_SHIFT, true, &frame);
		if (status != STATUS_OK)
			return status;
		memcpy(byte_at(frame, offset), source, piece);
		source += piece;
		offset += piece;
		bytes -= piece;
	}
	return STATUS_OK;
}

static void grave_push(uint32_t slot)
{
	lock_acquire(&grave_lock, LOCK_CHANNEL);
	memory_table[slot].grave_next = grave_head;
	__atomic_store_n(&grave_head, slot, __ATOMIC_RELAXED);
	lock_release(&grave_lock, LOCK_CHANNEL);
}

static uint32_t grave_pop(void)
{
	lock_acquire(&grave_lock, LOCK_CHANNEL);
	uint32_t slot = grave_head;
	if (slot != NONE)
		__atomic_store_n(&grave_head, memory_table[slot].grave_next, __ATOMIC_RELAXED);
	lock_release(&grave_lock, LOCK_CHANNEL);
	return slot;
}

static void clear_or_bury(uint32_t slot, uint32_t limit)
{
	if (memory_clear_some(&memory_table[slot], limit))
		table_give(&object_tables[OBJECT_MEMORY], slot);
	else
		grave_push(slot);
}

bool memory_reap_some(uint32_t limit)
{
	if (CC_LIKELY(__atomic_load_n(&grave_head, __ATOMIC_RELAXED) == NONE))
		return false;
	uint32_t slot = grave_pop();
	if (slot != NONE)
		clear_or_bury(slot, limit);
	return __atomic_load_n(&grave_head, __ATOMIC_RELAXED) != NONE;
}

void memory_destroy(uint32_t slot)
{
	struct memory *memory = &memory_table[slot];
	ASSERT(memory->mapping_head == NONE && memory->writable == 0);
	if ((memory->flags & MEMORY_FIXED) != 0 && memory->present == 0)
		memory->root.a = 0; /* boot frames stay where they are */
	clear_or_bury(slot, DESTROY_STEP);
}

void memory_cap_died(uint32_t memory, uint32_t cap)
{
	aspace_withdraw(MAPPING_MEMORY, memory, &(struct mapping_filter){.process = NONE, .cap = cap}, NONE);
}

bool memory_valid(struct memory *memory)
{
	uint32_t writable = 0;
	uint32_t count = 0;
	lock_acquire(&memory->lock, LOCK_MEMORY);
	for (uint32_t slot = memory->mapping_head; slot != NONE && count <= MAPPING_MAX; count++) {
		const struct mapping *mapping = &mapping_table[slot];
		writable += (mapping->prot & PROT_WRITE) != 0 ? 1u : 0u;
		slot = mapping->object_next;
	}
	bool fixed = (memory->flags & MEMORY_FIXED) != 0;
	bool valid = count <= MAPPING_MAX && memory->charged <= memory->present &&
	             writable == memory->writable && (writable == 0 || (memory->flags & MEMORY_SEALED) == 0) &&
	             (fixed ? memory->present == 0 || memory->present == memory->pages
	                    : memory->present == memory_count_present(memory));
	lock_release(&memory->lock, LOCK_MEMORY);
	return valid;
}
