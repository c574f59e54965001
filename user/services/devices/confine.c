/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The IOMMU, if there is one that lib/iommu.h can use: each device in a space of
 * its own, with the memory it was given and, where messages are translated, the
 * page they go to.
 *
 * A machine with several units is not served: which of them stands in front of a
 * device is not looked up, and half of it would be no confinement.
 */
#include "devices.h"
#include <os/panic.h>
#include <os/print.h>

static struct {
	enum iommu_kind kind;
	uint64_t base, size;
	uint32_t count;
} found;
static struct iommu iommu;
static bool used;

void confine_found(enum iommu_kind kind, uint64_t base, uint64_t size)
{
	found.kind = kind;
	found.base = base & ~PAGE_MASK;
	found.size = (base + size + PAGE_MASK - found.base) & ~PAGE_MASK;
	found.count++;
}

/* ---- the unit ---- */

static volatile void *place(void *unit, uint32_t offset)
{
	return (volatile uint8_t *)unit + offset;
}

static uint64_t read(void *unit, uint32_t offset, uint32_t bytes)
{
	return bytes == 8 ? *(volatile uint64_t *)place(unit, offset) : *(volatile uint32_t *)place(unit, offset);
}

static void write(void *unit, uint32_t offset, uint32_t bytes, uint64_t value)
{
	arch_device_barrier();
	if (bytes == 8)
		*(volatile uint64_t *)place(unit, offset) = value;
	else
		*(volatile uint32_t *)place(unit, offset) = (uint32_t)value;
}

static void settle(const void *from, uint32_t bytes)
{
	arch_table_settle(from, bytes);
}

static const struct iommu_access access = {read, write, settle};

static status_t map(handle_t object, uint64_t pages, void **out)
{
	uint64_t mapped;
	status_t status = sys_memory_map(object, 0, 0, pages, PROT_READ | PROT_WRITE, &mapped);

	if (status == STATUS_OK)
		*out = (void *)mapped;
	return status;
}

/* The tables outlive this process: the unit goes on reading them, and they must not be anybody else's memory by then. */
static status_t take(uint64_t kept_at)
{
	handle_t registers;
	void *memory;
	status_t status = sys_region_create(startup_need("devices"), REGION_MEMORY, found.base, found.size, &registers);

	if (status == STATUS_OK)
		status = map(registers, found.size / PAGE_SIZE, &iommu.unit);
	if (status == STATUS_OK)
		status = map(startup_need("kept"), KEPT_PAGES, &memory);
	if (status != STATUS_OK)
		return status;
	iommu.access = &access;
	iommu.kind = found.kind;
	iommu.pool = memory;
	iommu.pool_at = kept_at;
	iommu.pool_pages = KEPT_PAGES;
	return iommu_open(&iommu);
}

void confine_begin(uint64_t kept_at)
{
	static const char *const names[] = {[IOMMU_VTD] = "VT-d", [IOMMU_SMMU_V3] = "SMMUv3"};

	used = found.count == 1u && take(kept_at) == STATUS_OK;
	if (used)
		print("DMA is confined: each device reaches its own memory only (%s)\n", names[found.kind]);
	else
		print("DMA is NOT confined: there is no IOMMU%s\n", found.count == 0 ? "" : " that can be used");
}

/* ---- devices ---- */

status_t confine_open(struct row *row)
{
	if (!used)
		return STATUS_OK;
	status_t status = iommu_attach(&iommu, row->function->address, &row->space);
	row->attached = status == STATUS_OK;
	return status;
}

void confine_close(struct row *row)
{
	if (row->attached && iommu_detach(&iommu, row->function->address, &row->space) != STATUS_OK)
		print("the IOMMU does not answer\n"); /* the device was stopped all the same */
	row->attached = row->confined = false;
}

status_t confine_allow(struct row *row, uint64_t address, uint64_t pages)
{
	return used ? iommu_map(&iommu, &row->space, address, pages, false) : STATUS_OK;
}

status_t confine_withdraw(struct row *row, uint64_t address, uint64_t pages)
{
	return used ? iommu_unmap(&iommu, &row->space, address, pages) : STATUS_OK;
}

status_t confine_message(struct row *row, uint64_t address)
{
	if (!used || !iommu_translates_messages(&iommu))
		return STATUS_OK;
	return iommu_map(&iommu, &row->space, address & ~PAGE_MASK, 1, true);
}
