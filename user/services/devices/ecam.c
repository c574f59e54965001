/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration space: a page of memory per function, a mebibyte per bus. A bus is claimed and mapped when something
 * on it is first looked at, because most of the 256 are empty. */
#include "devices.h"
#include <os/panic.h>

#define BUSES_MAX 256u
#define BUS_PAGES 256u

static uint64_t space_base;
static uint32_t space_buses;
static volatile uint8_t *buses[BUSES_MAX]; /* NULL: not mapped */

void ecam_open(uint64_t base, uint32_t count)
{
	space_base = base;
	space_buses = count < BUSES_MAX ? count : BUSES_MAX;
}

static void bus_map(uint32_t bus)
{
	uint64_t size = BUS_PAGES * (uint64_t)PAGE_SIZE;
	uint64_t mapped;
	handle_t region;

	must(sys_region_create(startup_need("devices"), REGION_MEMORY, space_base + bus * size, size, &region));
	must(sys_memory_map(region, 0, 0, BUS_PAGES, PROT_READ | PROT_WRITE, &mapped));
	buses[bus] = (volatile uint8_t *)mapped;
}

static volatile uint32_t *place(uint32_t address, uint32_t offset)
{
	uint32_t bus = PCI_BUS(address);

	assert(bus < space_buses && offset < PAGE_SIZE && offset % 4u == 0);
	if (buses[bus] == NULL)
		bus_map(bus);
	return (volatile uint32_t *)(volatile void *)(buses[bus] + (address & 0xffu) * PAGE_SIZE + offset);
}

static uint32_t read(void *space, uint32_t address, uint32_t offset)
{
	(void)space;
	return *place(address, offset);
}

static void write(void *space, uint32_t address, uint32_t offset, uint32_t value)
{
	(void)space;
	*place(address, offset) = value;
}

const struct pci_access ecam_access = {read, write};
