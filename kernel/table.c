/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Slot allocators: a free list over slots that were used before, then the
 * slots that never were. Nothing is initialized at boot, so a large table costs
 * nothing until it is used. What an entry means is not known here.
 */
#include <kernel/object.h>
#include <kernel/panic.h>
#include <kernel/process.h>

CC_BOOT void table_init(struct table *table, struct object *first, uint32_t entry_bytes, uint32_t capacity)
{
	table->first = first;
	table->entry_bytes = entry_bytes;
	table->capacity = capacity;
	table->used = 0;
	table->fresh = 0;
	table->free_head = NONE;
}

/* [T] held. */
static uint32_t slot_take(struct table *table)
{
	uint32_t slot = table->free_head;
	if (slot != NONE)
		table->free_head = table_header(table, slot)->next_free;
	else if (table->fresh < table->capacity)
		slot = table->fresh++;
	return slot;
}

status_t table_take(struct table *table, uint32_t owner, uint32_t *out_slot)
{
	lock_acquire(&table->lock, LOCK_FRAME);
	uint32_t slot = slot_take(table);
	if (slot != NONE) {
		struct object *header = table_header(table, slot);
		header->owner = owner;
		header->owner_generation = owner == NONE ? 0 : process_table[owner].object.generation;
		__atomic_store_n(&header->references, 1u, __ATOMIC_RELAXED);
		__atomic_store_n(&header->generation, header->generation + 1u, __ATOMIC_RELEASE);
		table->used++;
	}
	lock_release(&table->lock, LOCK_FRAME);
	if (slot == NONE)
		return STATUS_TABLE_FULL;
	*out_slot = slot;
	return STATUS_OK;
}

void table_give(struct table *table, uint32_t slot)
{
	struct object *header = table_header(table, slot);
	lock_acquire(&table->lock, LOCK_FRAME);
	ASSERT(slot < table->fresh && (header->generation & 1u) != 0);
	uint32_t generation = header->generation + 1u;
	__atomic_store_n(&header->references, 0u, __ATOMIC_RELAXED);
	__atomic_store_n(&header->generation, generation, __ATOMIC_RELEASE);
	table->used--;
	if (generation != GENERATION_RETIRED) {
		header->next_free = table->free_head;
		table->free_head = slot;
	}
	lock_release(&table->lock, LOCK_FRAME);
}

/* Slots on the free list, all of them free; capacity + 1 if it is broken. */
static uint32_t free_count(const struct table *table)
{
	uint32_t count = 0;
	for (uint32_t slot = table->free_head; slot != NONE; slot = table_header(table, slot)->next_free) {
		if (slot >= table->fresh || count >= table->capacity ||
		    (table_header(table, slot)->generation & 1u) != 0)
			return table->capacity + 1u;
		count++;
	}
	return count;
}

bool table_valid(struct table *table)
{
	uint32_t live = 0;
	uint32_t retired = 0;
	lock_acquire(&table->lock, LOCK_FRAME);
	for (uint32_t slot = 0; slot < table->fresh; slot++) {
		uint32_t generation = table_header(table, slot)->generation;
		live += generation & 1u;
		retired += generation == GENERATION_RETIRED;
	}
	bool valid = table->fresh <= table->capacity && live == table->used &&
	             free_count(table) == table->fresh - live - retired;
	lock_release(&table->lock, LOCK_FRAME);
	return valid;
}
