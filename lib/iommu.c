/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the kinds of IOMMU have in common: the pool, tables of pages, and who does the rest. */
#include "iommu_priv.h"
#include <lib/string.h>

#define ADDRESS_MASK 0x000ffffffffff000ull /* in an entry */
#define PATIENCE     1000000u
#define PAGE_BITS    12u
#define LEVEL_BITS   9u

/* ---- the pool ---- */

uint64_t *iommu_page_take(struct iommu *iommu)
{
	for (uint32_t i = 0; i < iommu->pool_pages; i++) {
		if ((iommu->pool_taken[i / 64u] >> i % 64u & 1u) != 0)
			continue;
		iommu->pool_taken[i / 64u] |= 1ull << i % 64u;
		void *page = iommu->pool + (uint64_t)i * IOMMU_PAGE;
		memset(page, 0, IOMMU_PAGE);
		iommu->access->settle(page, IOMMU_PAGE);
		return page;
	}
	return NULL;
}

static uint64_t page_offset(const struct iommu *iommu, const uint64_t *page)
{
	return (uint64_t)((const uint8_t *)page - iommu->pool);
}

void iommu_page_give(struct iommu *iommu, const uint64_t *page)
{
	uint64_t index = page_offset(iommu, page) / IOMMU_PAGE;

	iommu->pool_taken[index / 64u] &= ~(1ull << index % 64u);
}

uint64_t iommu_page_address(const struct iommu *iommu, const uint64_t *page)
{
	return iommu->pool_at + page_offset(iommu, page);
}

uint64_t *iommu_page_at(const struct iommu *iommu, uint64_t address)
{
	return (uint64_t *)(void *)(iommu->pool + (address - iommu->pool_at));
}

void iommu_entry_write(const struct iommu *iommu, uint64_t *entry, uint64_t value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
	iommu->access->settle(entry, sizeof(*entry));
}

/* ---- registers ---- */

uint64_t iommu_read(const struct iommu *iommu, uint32_t offset, uint32_t bytes)
{
	return iommu->access->read(iommu->unit, offset, bytes);
}

void iommu_write(const struct iommu *iommu, uint32_t offset, uint32_t bytes, uint64_t value)
{
	iommu->access->write(iommu->unit, offset, bytes, value);
}

bool iommu_wait(struct iommu *iommu, uint32_t offset, uint32_t bytes, uint64_t mask, uint64_t value)
{
	for (uint32_t i = 0; i < PATIENCE; i++) {
		if ((iommu_read(iommu, offset, bytes) & mask) == value)
			return true;
	}
	iommu->broken = true;
	return false;
}

/* ---- tables ---- */

uint64_t *iommu_space_table(struct iommu *iommu, struct iommu_space *space)
{
	if (space->table == NULL)
		space->table = iommu_page_take(iommu);
	return space->table;
}

static uint64_t *entry_of(uint64_t *table, uint64_t address, uint32_t level)
{
	return &table[address >> (PAGE_BITS + LEVEL_BITS * level) & (IOMMU_ENTRIES - 1u)];
}

/* The entry that leads to the lowest table of an address; NULL: there is no table above it, and none was to be made, or
 * none could. */
static uint64_t *leaf_place(struct iommu *iommu, uint64_t *table, uint64_t address, bool make)
{
	for (uint32_t level = iommu->format.levels - 1u;; level--) {
		uint64_t *entry = entry_of(table, address, level);

		if (level == 1u)
			return entry;
		if (*entry == 0) {
			uint64_t *below = make ? iommu_page_take(iommu) : NULL;

			if (below == NULL)
				return NULL;
			iommu_entry_write(iommu, entry, iommu_page_address(iommu, below) | iommu->format.table);
		}
		table = iommu_page_at(iommu, *entry & ADDRESS_MASK);
	}
}

/* The entry of one page; NULL as above. */
static uint64_t *page_place(struct iommu *iommu, uint64_t *table, uint64_t address, bool make)
{
	uint64_t *place = leaf_place(iommu, table, address, make);

	if (place == NULL)
		return NULL;
	if (*place == 0) {
		uint64_t *leaf = make ? iommu_page_take(iommu) : NULL;

		if (leaf == NULL)
			return NULL;
		iommu_entry_write(iommu, place, iommu_page_address(iommu, leaf) | iommu->format.table);
	}
	return entry_of(iommu_page_at(iommu, *place & ADDRESS_MASK), address, 0);
}

static bool is_empty(const uint64_t *table)
{
	for (uint32_t i = 0; i < IOMMU_ENTRIES; i++) {
		if (table[i] != 0)
			return false;
	}
	return true;
}

static void pages_clear(struct iommu *iommu, uint64_t *table, uint64_t address, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++) {
		uint64_t *entry = page_place(iommu, table, address + i * IOMMU_PAGE, false);

		if (entry != NULL && *entry != 0)
			iommu_entry_write(iommu, entry, 0);
	}
}

/* Lowest tables that hold nothing are unhooked; whose they were in the pool is told by `out_given`, because the unit may
 * look at them until it was told to forget. */
static void leaves_unhook(struct iommu *iommu, uint64_t *table, uint64_t address, uint64_t pages,
                          uint64_t out_given[IOMMU_POOL_MAX / 64u])
{
	uint64_t step = IOMMU_ENTRIES * (uint64_t)IOMMU_PAGE;
	uint64_t last = address + (pages - 1u) * IOMMU_PAGE;

	for (uint64_t at = address & ~(step - 1u); at <= last; at += step) {
		uint64_t *place = leaf_place(iommu, table, at, false);

		if (place == NULL || *place == 0)
			continue;
		const uint64_t *leaf = iommu_page_at(iommu, *place & ADDRESS_MASK);
		uint64_t index = page_offset(iommu, leaf) / IOMMU_PAGE;
		if (!is_empty(leaf))
			continue;
		iommu_entry_write(iommu, place, 0);
		out_given[index / 64u] |= 1ull << index % 64u;
	}
}

static bool forget(struct iommu *iommu, const struct iommu_space *space)
{
	return iommu->kind == IOMMU_VTD ? iommu_vtd_forget(iommu, space) : iommu_smmu_forget(iommu, space);
}

static bool in_reach(const struct iommu *iommu, uint64_t address, uint64_t pages)
{
	uint64_t end = 1ull << (PAGE_BITS + LEVEL_BITS * iommu->format.levels);

	return address % IOMMU_PAGE == 0 && address < end && pages != 0 && pages <= (end - address) / IOMMU_PAGE;
}

status_t iommu_map(struct iommu *iommu, struct iommu_space *space, uint64_t address, uint64_t pages, bool of_device)
{
	uint64_t bits = of_device ? iommu->format.page_of_device : iommu->format.page;

	if (!in_reach(iommu, address, pages))
		return STATUS_INVALID;
	if (iommu_space_table(iommu, space) == NULL)
		return STATUS_NO_MEMORY;
	for (uint64_t i = 0; i < pages; i++) {
		uint64_t *entry = page_place(iommu, space->table, address + i * IOMMU_PAGE, true);

		if (entry == NULL) {
			(void)!iommu_unmap(iommu, space, address, i + 1u);
			return STATUS_NO_MEMORY;
		}
		iommu_entry_write(iommu, entry, (address + i * IOMMU_PAGE) | bits);
	}
	/* A unit may remember that there was nothing. */
	return forget(iommu, space) ? STATUS_OK : STATUS_IO_ERROR;
}

status_t iommu_unmap(struct iommu *iommu, struct iommu_space *space, uint64_t address, uint64_t pages)
{
	uint64_t given[IOMMU_POOL_MAX / 64u] = {0};

	if (!in_reach(iommu, address, pages))
		return STATUS_INVALID;
	if (space->table == NULL)
		return STATUS_OK;
	pages_clear(iommu, space->table, address, pages);
	leaves_unhook(iommu, space->table, address, pages, given);
	if (!forget(iommu, space))
		return STATUS_IO_ERROR;
	for (uint32_t i = 0; i < IOMMU_POOL_MAX / 64u; i++)
		iommu->pool_taken[i] &= ~given[i];
	return STATUS_OK;
}

/* ---- by kind ---- */

status_t iommu_open(struct iommu *iommu)
{
	memset(iommu->pool_taken, 0, sizeof(iommu->pool_taken));
	iommu->broken = false;
	if (iommu->pool_pages < IOMMU_POOL_MIN || iommu->pool_pages > IOMMU_POOL_MAX)
		return STATUS_INVALID;
	return iommu->kind == IOMMU_VTD ? iommu_vtd_open(iommu) : iommu_smmu_open(iommu);
}

status_t iommu_attach(struct iommu *iommu, uint32_t requester, struct iommu_space *space)
{
	if (requester > UINT16_MAX || space->number >= IOMMU_SPACES_MAX)
		return STATUS_INVALID;
	if (iommu->broken)
		return STATUS_IO_ERROR;
	if (iommu_space_table(iommu, space) == NULL)
		return STATUS_NO_MEMORY;
	return iommu->kind == IOMMU_VTD ? iommu_vtd_attach(iommu, requester, space)
	                                : iommu_smmu_attach(iommu, requester, space);
}

status_t iommu_detach(struct iommu *iommu, uint32_t requester, const struct iommu_space *space)
{
	bool done = requester <= UINT16_MAX && (iommu->kind == IOMMU_VTD ? iommu_vtd_detach(iommu, requester, space)
	                                                                : iommu_smmu_detach(iommu, requester, space));

	return done ? STATUS_OK : STATUS_IO_ERROR;
}

bool iommu_translates_messages(const struct iommu *iommu)
{
	return iommu->kind == IOMMU_SMMU_V3;
}
