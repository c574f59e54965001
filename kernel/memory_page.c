/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The pages of a memory object: a radix of frames, grown one page at a time and
 * taken apart in steps. Words hold frame addresses; 0 is none.
 *
 * `height` counts from the pages: a word of height 0 names a page, one of height
 * h a table whose entries have height h - 1. The root word has height `levels`.
 */
#include "memory_priv.h"
#include <kernel/frame.h>
#include <kernel/process.h>

#define RADIX_BITS 9u
#define RADIX_ENTRIES 512u
#define REAP_STEP 256u

static uint64_t radix_span(uint32_t height)
{
	return 1ull << (RADIX_BITS * height); /* pages */
}

static uint64_t *radix_below(uint64_t word, uint64_t page, uint32_t height)
{
	uint64_t *table = arch_direct((paddr_t){word});
	return &table[page >> (RADIX_BITS * (height - 1u)) & (RADIX_ENTRIES - 1u)];
}

/* The word of height `stop` for a page; NULL, and the height of what is missing, if there is no table for it. */
static uint64_t *radix_word(struct memory *memory, uint64_t page, uint32_t stop, uint32_t *out_absent)
{
	uint64_t *word = &memory->root.a;
	for (uint32_t height = memory->levels; height > stop; height--) {
		if (*word == 0) {
			*out_absent = height;
			return NULL;
		}
		word = radix_below(*word, page, height);
	}
	return word;
}

/* The payer is alive: charge it. The table's lock keeps its slot from changing hands meanwhile. */
static bool payer_charge(struct memory *memory, bool *out_alive)
{
	struct table *table = &object_tables[OBJECT_PROCESS];
	bool charged = false;
	lock_acquire(&table->lock, LOCK_FRAME);
	*out_alive = process_of(memory->payer)->object.generation == memory->payer_generation;
	if (*out_alive)
		charged = process_charge(memory->payer, 1);
	lock_release(&table->lock, LOCK_FRAME);
	return charged;
}

/* Charge one frame; `process` is the one that touches the page (it lives), or NONE. */
static bool charge(struct memory *memory, uint32_t process)
{
	bool alive = true;
	if (memory->payer == NONE)
		return true;
	if (memory->payer == process && process_of(process)->object.generation == memory->payer_generation) {
		if (!process_charge(process, 1))
			return false;
	} else if (!payer_charge(memory, &alive) && alive) {
		return false;
	}
	if (!alive) {
		if (process == NONE)
			return true; /* the kernel itself writes: nobody to charge */
		if (!process_charge(process, 1))
			return false;
		memory->payer = process;
		memory->payer_generation = process_of(process)->object.generation;
		memory->charged = 0;
	}
	memory->charged++;
	return true;
}

static void uncharge(struct memory *memory, uint32_t frames)
{
	struct table *table = &object_tables[OBJECT_PROCESS];
	uint32_t charged = frames < memory->charged ? frames : memory->charged;
	if (memory->payer == NONE || charged == 0)
		return;
	memory->charged -= charged;
	lock_acquire(&table->lock, LOCK_FRAME);
	if (process_of(memory->payer)->object.generation == memory->payer_generation)
		process_uncharge(memory->payer, charged);
	lock_release(&table->lock, LOCK_FRAME);
}

static status_t word_fill(struct memory *memory, uint64_t *word, uint32_t process)
{
	paddr_t frame;
	if (!charge(memory, process))
		return STATUS_QUOTA;
	while (!frame_alloc_zero(&frame)) {
		if (!memory_reap_some(REAP_STEP) && frame_free_count() == 0) {
			uncharge(memory, 1);
			return STATUS_NO_MEMORY;
		}
	}
	memory->present++;
	*word = frame.a;
	return STATUS_OK;
}

status_t memory_page_locked(struct memory *memory, uint64_t page, bool allocate, uint32_t process,
                            paddr_t *out_frame)
{
	if (page >= memory->pages)
		return STATUS_INVALID;
	if ((memory->flags & MEMORY_FIXED) != 0) {
		out_frame->a = memory->root.a + page * PAGE_SIZE;
		return STATUS_OK;
	}
	uint64_t *word = &memory->root.a;
	for (uint32_t height = memory->levels;; height--) {
		if (CC_UNLIKELY(*word == 0)) {
			status_t status = allocate ? word_fill(memory, word, process) : STATUS_NOT_FOUND;
			if (status != STATUS_OK)
				return status;
		}
		if (height == 0)
			break;
		word = radix_below(*word, page, height);
	}
	out_frame->a = *word;
	return STATUS_OK;
}

status_t memory_page(uint32_t slot, uint64_t page, bool allocate, paddr_t *out_frame)
{
	struct memory *memory = &memory_table[slot];
	lock_acquire(&memory->lock, LOCK_MEMORY);
	status_t status = memory_page_locked(memory, page, allocate, NONE, out_frame);
	lock_release(&memory->lock, LOCK_MEMORY);
	return status;
}

status_t memory_page_touch(uint32_t slot, uint64_t page, uint32_t process, paddr_t *out_frame)
{
	struct memory *memory = &memory_table[slot];
	lock_acquire(&memory->lock, LOCK_MEMORY);
	status_t status = memory_page_locked(memory, page, true, process, out_frame);
	lock_release(&memory->lock, LOCK_MEMORY);
	return status;
}

static uint32_t present_locked(struct memory *memory, uint64_t page, uint32_t max, paddr_t *out_frames)
{
	uint32_t count = 0;
	uint32_t absent;
	bool fixed = (memory->flags & MEMORY_FIXED) != 0;
	uint64_t in_table = RADIX_ENTRIES - (page & (RADIX_ENTRIES - 1u));
	uint64_t limit = page < memory->pages ? memory->pages - page : 0;
	limit = fixed || limit < in_table ? limit : in_table;
	const uint64_t *word = fixed ? NULL : radix_word(memory, page, 0, &absent);
	if (!fixed && word == NULL)
		return 0;
	for (; count < max && count < limit; count++) {
		out_frames[count].a = fixed ? memory->root.a + (page + count) * PAGE_SIZE : word[count];
		if (out_frames[count].a == 0)
			break;
	}
	return count;
}

uint32_t memory_pages_present(uint32_t slot, uint64_t page, uint32_t max, paddr_t *out_frames)
{
	struct memory *memory = &memory_table[slot];
	lock_acquire(&memory->lock, LOCK_MEMORY);
	uint32_t count = present_locked(memory, page, max, out_frames);
	lock_release(&memory->lock, LOCK_MEMORY);
	return count;
}

static uint32_t word_clear(uint64_t *word)
{
	if (word == NULL || *word == 0)
		return 0;
	frame_free((paddr_t){*word});
	*word = 0;
	return 1;
}

static uint64_t clear_fixed(struct memory *memory, uint64_t page, uint32_t *freed)
{
	frame_free((paddr_t){memory->root.a + page * PAGE_SIZE});
	(*freed)++;
	if (page + 1u == memory->pages)
		memory->root.a = 0;
	return page + 1u;
}

/* Free one page and the tables that end with it; returns the page to go on with. */
static uint64_t clear_one(struct memory *memory, uint64_t page, uint32_t *freed)
{
	uint32_t absent = 0;
	if ((memory->flags & MEMORY_FIXED) != 0)
		return clear_fixed(memory, page, freed);
	uint64_t *word = radix_word(memory, page, 0, &absent);
	uint64_t next = (page | (radix_span(absent) - 1u)) + 1u;
	*freed += word_clear(word);
	for (uint32_t height = 1; height <= memory->levels; height++) {
		uint32_t ignored;
		if ((next & (radix_span(height) - 1u)) != 0 && next < memory->pages)
			break;
		*freed += word_clear(radix_word(memory, page, height, &ignored));
	}
	return next;
}

bool memory_clear_some(struct memory *memory, uint32_t limit)
{
	uint32_t freed = 0;
	uint64_t page = memory->clear_next;
	for (; page < memory->pages && limit > 0 && memory->root.a != 0; limit--)
		page = clear_one(memory, page, &freed);
	memory->clear_next = (uint32_t)page;
	memory->present -= freed;
	uncharge(memory, freed);
	return memory->root.a == 0;
}

/* Words of one table that are in use. */
static uint32_t table_used(uint64_t word)
{
	const uint64_t *table = arch_direct((paddr_t){word});
	uint32_t used = 0;
	for (uint32_t i = 0; i < RADIX_ENTRIES; i++)
		used += table[i] != 0 ? 1u : 0u;
	return used;
}

uint32_t memory_count_present(struct memory *memory)
{
	uint32_t count = memory->root.a == 0 ? 0u : 1u;
	for (uint32_t height = memory->levels; height > 0; height--) {
		for (uint64_t page = 0; page < memory->pages;) {
			uint32_t absent = height;
			const uint64_t *word = radix_word(memory, page, height, &absent);
			if (word != NULL && *word != 0)
				count += table_used(*word);
			page = (page | (radix_span(absent) - 1u)) + 1u;
		}
	}
	return count;
}
