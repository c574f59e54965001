/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Device regions: who may touch which device registers. A claim is exclusive for
 * as long as the object lives. RAM is never a device; whether there is a device at
 * an address that is not RAM, the kernel does not know.
 */
#include "aspace_priv.h"
#include <kernel/cap.h>
#include <kernel/frame.h>
#include <kernel/memory.h>

#define PORTS 0x10000ull
#define PHYSICAL_LIMIT (1ull << 48) /* beyond what any port's page table entries can name */

/* Claims are made and given up one after the other. Outside a region's own lock. */
static struct lock claim_lock; /* LOCK_MEMORY rank */

static bool region_range_ok(enum region_kind kind, uint64_t base, uint64_t size)
{
	if (kind == REGION_PORT)
		return size != 0 && base < PORTS && size <= PORTS - base;
	return ((base | size) & PAGE_MASK) == 0 && base < PHYSICAL_LIMIT && size <= PHYSICAL_LIMIT - base &&
	       frame_range_is_device(base, size);
}

static bool claimed(enum region_kind kind, uint64_t base, uint64_t size)
{
	uint32_t used = object_tables[OBJECT_REGION].fresh;
	for (uint32_t slot = 0; slot < used; slot++) {
		const struct region *region = &region_table[slot];
		if ((region->object.generation & 1u) != 0 && region->size != 0 && region->kind == (uint32_t)kind &&
		    base < region->base + region->size && region->base < base + size)
			return true;
	}
	return false;
}

static status_t region_claim(uint32_t owner, enum region_kind kind, uint64_t base, uint64_t size,
                             uint32_t *out_region)
{
	uint32_t slot;
	if (claimed(kind, base, size))
		return STATUS_BUSY;
	status_t status = object_take(OBJECT_REGION, owner, &slot);
	if (status != STATUS_OK)
		return status;
	struct region *region = &region_table[slot];
	region->kind = (uint32_t)kind;
	region->base = base;
	region->size = size;
	region->mapping_head = NONE;
	*out_region = slot;
	return STATUS_OK;
}

status_t region_new(uint32_t owner, enum region_kind kind, uint64_t base, uint64_t size, uint32_t *out_region)
{
	if ((kind != REGION_MEMORY && kind != REGION_PORT) || !region_range_ok(kind, base, size))
		return STATUS_INVALID;
	lock_acquire(&claim_lock, LOCK_MEMORY);
	status_t status = region_claim(owner, kind, base, size, out_region);
	lock_release(&claim_lock, LOCK_MEMORY);
	return status;
}

void region_destroy(uint32_t slot)
{
	lock_acquire(&claim_lock, LOCK_MEMORY);
	region_table[slot].size = 0;
	table_give(&object_tables[OBJECT_REGION], slot);
	lock_release(&claim_lock, LOCK_MEMORY);
}

void region_cap_died(uint32_t region, uint32_t cap)
{
	aspace_withdraw(MAPPING_REGION, region, &(struct mapping_filter){.process = NONE, .cap = cap}, NONE);
}
