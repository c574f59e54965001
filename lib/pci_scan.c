/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Finding the functions, depth first: a bridge is opened as soon as it is found
 * and everything behind it comes next, so that one row of functions, each with
 * the end of what is behind it, is the whole tree. The stack is our own.
 */
#include "pci_priv.h"
#include <lib/string.h>

#define FUNCTIONS_PER_BUS 256u
#define BUS_CLASS_BRIDGE  0x0604u
#define MULTIFUNCTION     (1u << 23) /* in PCI_HEADER */
#define HEADER_BRIDGE     1u

/* A bus that is being looked through. */
struct level {
	uint32_t bus;
	uint32_t next;   /* device << 3 | function to look at */
	uint32_t bridge; /* index of the function that leads here; PCI_NONE: none */
};

struct scan {
	struct pci *pci;
	struct level levels[PCI_DEPTH_MAX];
	uint32_t depth;
	uint32_t bus_used; /* the highest so far */
};

/* ---- one function ---- */

/* What the writable bits of a BAR say; 0: there is none. Bits below the size read 0, so the lowest that does not
 * is the size, whatever a broken device answers above it. */
static uint64_t size_of(uint64_t mask)
{
	return mask & (~mask + 1u);
}

static uint32_t exchange(const struct pci *pci, uint32_t address, uint32_t offset, uint32_t before)
{
	pci_write(pci, address, offset, UINT32_MAX);
	uint32_t mask = pci_read(pci, address, offset);
	pci_write(pci, address, offset, before);
	return mask;
}

/* Measure a BAR with decoding off. */
static void bar_read(const struct pci *pci, uint32_t address, uint32_t offset, struct pci_bar *out)
{
	uint32_t low = pci_read(pci, address, offset);
	bool port = (low & 1u) != 0;
	uint32_t flags = port ? 3u : 15u;
	uint64_t mask = exchange(pci, address, offset, low) & ~flags;

	*out = (struct pci_bar){.base = low & ~flags, .space = port ? PCI_PORT : PCI_MEMORY};
	out->wide = !port && (low & 6u) == 4u;
	if (out->wide) {
		uint32_t high = pci_read(pci, address, offset + 4u);

		out->base |= (uint64_t)high << 32;
		mask |= (uint64_t)exchange(pci, address, offset + 4u, high) << 32;
		out->space = (low & 8u) != 0 ? PCI_MEMORY64 : PCI_MEMORY;
	}
	out->size = size_of(mask);
	out->base = out->size == 0 ? 0 : out->base & ~(out->size - 1u);
}

static void bars_read(const struct pci *pci, struct pci_function *function)
{
	uint32_t count = pci_bar_count(function);

	for (uint32_t i = 0; i < count; i++) {
		struct pci_bar *bar = &function->bars[i];

		bar_read(pci, function->address, PCI_BAR + 4u * i, bar);
		if (bar->wide && i + 1u == count)
			*bar = (struct pci_bar){.size = 0}; /* its other half would be another register */
		else if (bar->wide)
			i++;
	}
}

/* Decoding goes on as it was, the use of memory does not: that is for the driver it will be given to. */
static void measure(const struct pci *pci, struct pci_function *function)
{
	uint32_t decode = pci_read(pci, function->address, PCI_COMMAND_STATUS) & PCI_DECODE;

	pci_command(pci, function, 0, PCI_DECODE | (function->bridge ? 0 : PCI_COMMAND_MASTER));
	bars_read(pci, function);
	pci_command(pci, function, decode, 0);
}

static void identify(const struct pci *pci, struct pci_function *function, uint32_t header)
{
	uint32_t id = pci_read(pci, function->address, PCI_ID);
	uint32_t subsystem = pci_read(pci, function->address, PCI_SUBSYSTEM);
	uint32_t pin = pci_read(pci, function->address, PCI_INTERRUPT) >> 8 & 0xffu;

	function->vendor = (uint16_t)id;
	function->device = (uint16_t)(id >> 16);
	function->class = pci_read(pci, function->address, PCI_CLASS) >> 8;
	function->bridge = (header >> 16 & 0x7fu) == HEADER_BRIDGE && function->class >> 8 == BUS_CLASS_BRIDGE;
	if (!function->bridge) {
		function->subsystem_vendor = (uint16_t)subsystem;
		function->subsystem = (uint16_t)(subsystem >> 16);
	}
	function->pin = pin <= 4u ? (uint8_t)pin : 0;
}

/* ---- buses ---- */

static bool is_far(const struct pci *pci, uint32_t bridge)
{
	if (bridge == PCI_NONE)
		return true;
	return pci->functions[bridge].far &&
	       (pci_read(pci, pci->functions[bridge].address, PCI_BRIDGE_MEMORY64) & 15u) == 1u;
}

static void buses_set(const struct pci *pci, const struct pci_function *bridge, uint32_t secondary, uint32_t last)
{
	uint32_t latency = pci_read(pci, bridge->address, PCI_BRIDGE_BUSES) & 0xff000000u;

	pci_write(pci, bridge->address, PCI_BRIDGE_BUSES,
	          latency | last << 16 | secondary << 8 | PCI_BUS(bridge->address));
}

/* Look behind a bridge next. It forwards to every bus above its own until it is known how many it needs. */
static void descend(struct scan *scan, uint32_t bridge)
{
	struct pci *pci = scan->pci;

	if (scan->depth == PCI_DEPTH_MAX || scan->bus_used >= pci->bus_last) {
		buses_set(pci, &pci->functions[bridge], 0, 0);
		pci->left_out = true;
		return;
	}
	scan->bus_used++;
	buses_set(pci, &pci->functions[bridge], scan->bus_used, pci->bus_last);
	scan->levels[scan->depth++] = (struct level){.bus = scan->bus_used, .bridge = bridge};
}

static void ascend(struct scan *scan)
{
	const struct level *level = &scan->levels[--scan->depth];

	if (level->bridge == PCI_NONE)
		return;
	struct pci_function *bridge = &scan->pci->functions[level->bridge];
	buses_set(scan->pci, bridge, level->bus, scan->bus_used);
	bridge->end = scan->pci->count;
}

/* A function that answers, as a new row. */
static void found(struct scan *scan, uint32_t address, uint32_t header)
{
	struct pci *pci = scan->pci;
	uint32_t parent = scan->levels[scan->depth - 1u].bridge;

	if (pci->count == PCI_FUNCTIONS_MAX) {
		pci->left_out = true;
		return;
	}
	uint32_t index = pci->count++;
	struct pci_function *function = &pci->functions[index];
	*function = (struct pci_function){.address = address, .parent = parent, .end = index + 1u};
	function->far = is_far(pci, parent);
	identify(pci, function, header);
	measure(pci, function);
	if (function->bridge)
		descend(scan, index);
}

/* Look at one place of the bus on top. Function 0 says whether there are others. */
static void step(struct scan *scan)
{
	struct level *level = &scan->levels[scan->depth - 1u];
	uint32_t address = level->bus << 8 | level->next;
	uint32_t vendor = pci_read(scan->pci, address, PCI_ID) & 0xffffu;
	bool first = PCI_FUNCTION(address) == 0;

	if (vendor == 0xffffu || vendor == 0) {
		level->next += first ? 8u : 1u;
		return;
	}
	uint32_t header = pci_read(scan->pci, address, PCI_HEADER);
	level->next += first && (header & MULTIFUNCTION) == 0 ? 8u : 1u;
	found(scan, address, header);
}

void pci_scan(struct pci *pci)
{
	struct scan scan = {.pci = pci, .depth = 1, .bus_used = pci->bus_first};

	pci->count = 0;
	pci->left_out = false;
	scan.levels[0] = (struct level){.bus = pci->bus_first, .bridge = PCI_NONE};
	while (scan.depth != 0) {
		if (scan.levels[scan.depth - 1u].next >= FUNCTIONS_PER_BUS)
			ascend(&scan);
		else
			step(&scan);
	}
}
