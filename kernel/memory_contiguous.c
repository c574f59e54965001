/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Memory whose address a device is told: one run of frames, there from birth and
 * paid for at once, so that nothing about it changes while a device may use it.
 */
#include "memory_priv.h"
#include <kernel/frame.h>
#include <kernel/process.h>

static status_t run_alloc(uint32_t payer, uint32_t pages, uint64_t limit, paddr_t *out_first)
{
	if (!process_charge(payer, pages))
		return STATUS_QUOTA;
	if (frame_alloc_run(pages, 1, limit, out_first))
		return STATUS_OK;
	process_uncharge(payer, pages);
	return STATUS_NO_MEMORY;
}

/* Nobody else knows the object yet. */
static void run_install(struct memory *memory, paddr_t first)
{
	for (uint64_t page = 0; page < memory->pages; page++)
		arch_page_zero(arch_direct((paddr_t){first.a + page * PAGE_SIZE}));
	memory->flags = MEMORY_FIXED;
	memory->root = first;
	memory->present = (uint32_t)memory->pages;
	memory->charged = (uint32_t)memory->pages;
}

status_t memory_new_contiguous(uint32_t payer, uint64_t pages, uint64_t limit, uint32_t *out_memory)
{
	uint32_t slot;
	paddr_t first;
	if (pages > MEMORY_CONTIGUOUS_MAX)
		return STATUS_INVALID;
	status_t status = memory_new(payer, pages, &slot);
	if (status != STATUS_OK)
		return status;
	status = run_alloc(payer, (uint32_t)pages, limit, &first);
	if (status != STATUS_OK) {
		object_release(OBJECT_MEMORY, slot);
		return status;
	}
	run_install(&memory_table[slot], first);
	*out_memory = slot;
	return STATUS_OK;
}
