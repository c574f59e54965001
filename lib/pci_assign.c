/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Places for the BARs where firmware gave none. The functions lie depth first, so
 * one walk hands out each window from below, and what a bridge has to forward is
 * what was handed out between its own row and the end of those behind it.
 */
#include "pci_priv.h"

#define PAGE          4096u
#define BRIDGE_MEMORY 0x100000u /* what a bridge can tell apart */
#define BRIDGE_PORTS  0x1000u
#define PORTS_END     0x10000u
#define LOW_END       0x100000000ull
#define SPACES        3u

/* One window of each space: the largest. */
struct space {
	uint64_t base;
	uint64_t next;
	uint64_t end; /* 0: there is none */
};

struct assign {
	struct pci *pci;
	struct space spaces[SPACES];
	struct {
		uint32_t function;
		uint64_t begin[SPACES];
	} open[PCI_DEPTH_MAX]; /* bridges around the row that is being looked at */
	uint32_t depth;
	uint32_t unplaced;
};

/* ---- windows ---- */

static void space_take(struct space *space, const struct pci_window *window)
{
	static const uint64_t limits[SPACES] = {
		[PCI_PORT] = PORTS_END, [PCI_MEMORY] = LOW_END, [PCI_MEMORY64] = UINT64_MAX};
	uint64_t limit = limits[window->space];

	if (window->base >= limit)
		return;
	uint64_t size = window->size < limit - window->base ? window->size : limit - window->base;
	if (size <= space->end - space->base)
		return;
	*space = (struct space){window->base, window->base, window->base + size};
	if (space->next == 0)
		space->next = window->space == PCI_PORT ? BRIDGE_PORTS : BRIDGE_MEMORY; /* 0 means: no place */
}

/* Round up; false: there is no such number below `end`. */
static bool align(uint64_t *value, uint64_t alignment, uint64_t end)
{
	uint64_t rest = *value & (alignment - 1u);

	if (rest != 0 && alignment - rest > end - *value)
		return false;
	*value += rest == 0 ? 0 : alignment - rest;
	return true;
}

static bool take(struct space *space, uint64_t size, uint64_t alignment, uint64_t *out)
{
	uint64_t at = space->next;

	if (at > space->end || !align(&at, alignment, space->end) || size > space->end - at)
		return false;
	*out = at;
	space->next = at + size;
	return true;
}

/* ---- BARs ---- */

static bool place(struct assign *assign, const struct pci_function *function, struct pci_bar *bar)
{
	/* Whoever gets one page of memory gets all of it, so nobody else's registers may be there. */
	uint64_t size = bar->space != PCI_PORT && bar->size < PAGE ? PAGE : bar->size;

	if (bar->space == PCI_MEMORY64 && function->far &&
	    take(&assign->spaces[PCI_MEMORY64], size, size, &bar->base))
		return true;
	return take(&assign->spaces[bar->space == PCI_PORT ? PCI_PORT : PCI_MEMORY], size, size, &bar->base);
}

static void bars_place(struct assign *assign, struct pci_function *function)
{
	for (uint32_t i = 0; i < PCI_BARS_MAX; i++) {
		struct pci_bar *bar = &function->bars[i];

		if (bar->size == 0)
			continue;
		if (place(assign, function, bar))
			pci_bar_write(assign->pci, function->address, i, bar);
		else
			assign->unplaced++;
	}
}

/* ---- bridges ---- */

static uint64_t granule(uint32_t space)
{
	return space == PCI_PORT ? BRIDGE_PORTS : BRIDGE_MEMORY;
}

/* Nothing of one side of a bridge lies within what a granule of the other needs. */
static void round_up(struct space *space, uint64_t alignment)
{
	if (space->next > space->end || !align(&space->next, alignment, space->end))
		space->next = space->end;
}

static void open(struct assign *assign, uint32_t bridge)
{
	for (uint32_t i = 0; i < SPACES; i++) {
		round_up(&assign->spaces[i], granule(i));
		assign->open[assign->depth].begin[i] = assign->spaces[i].next;
	}
	assign->open[assign->depth++].function = bridge;
}

/* Base and limit as a bridge's halves of a register: the upper bits of each. An empty range ends before it begins. */
static uint32_t range(uint64_t begin, uint64_t end)
{
	if (begin >= end)
		return 0x0000fff0u;
	return (uint32_t)(begin >> 16 & 0xfff0u) | (uint32_t)((end - 1u) & 0xfff00000u);
}

static uint32_t port_range(uint64_t begin, uint64_t end)
{
	if (begin >= end)
		return 0x00f0u;
	return (uint32_t)(begin >> 8 & 0xf0u) | (uint32_t)((end - 1u) & 0xf000u);
}

static void forward(const struct pci *pci, uint32_t bridge, const uint64_t begin[SPACES], const uint64_t end[SPACES])
{
	bool any = begin[PCI_MEMORY64] < end[PCI_MEMORY64];

	pci_write(pci, bridge, PCI_BRIDGE_PORTS, port_range(begin[PCI_PORT], end[PCI_PORT]));
	pci_write(pci, bridge, PCI_BRIDGE_PORTS_HIGH, 0);
	pci_write(pci, bridge, PCI_BRIDGE_MEMORY, range(begin[PCI_MEMORY], end[PCI_MEMORY]));
	pci_write(pci, bridge, PCI_BRIDGE_MEMORY64, range(begin[PCI_MEMORY64], end[PCI_MEMORY64]));
	pci_write(pci, bridge, PCI_BRIDGE_MEMORY64_BASE, any ? (uint32_t)(begin[PCI_MEMORY64] >> 32) : 0);
	pci_write(pci, bridge, PCI_BRIDGE_MEMORY64_LIMIT, any ? (uint32_t)((end[PCI_MEMORY64] - 1u) >> 32) : 0);
}

static void close(struct assign *assign)
{
	uint64_t end[SPACES];

	assign->depth--;
	for (uint32_t i = 0; i < SPACES; i++) {
		round_up(&assign->spaces[i], granule(i));
		end[i] = assign->spaces[i].next;
	}
	const struct pci_function *bridge = &assign->pci->functions[assign->open[assign->depth].function];
	forward(assign->pci, bridge->address, assign->open[assign->depth].begin, end);
	/* What those behind it may do is for each of them to say. */
	pci_command(assign->pci, bridge, PCI_DECODE | PCI_COMMAND_MASTER, 0);
}

static void close_before(struct assign *assign, uint32_t index)
{
	while (assign->depth != 0 && assign->pci->functions[assign->open[assign->depth - 1u].function].end <= index)
		close(assign);
}

/* ---- all ---- */

static bool firmware_did(const struct pci *pci)
{
	for (uint32_t i = 0; i < pci->count; i++) {
		for (uint32_t bar = 0; bar < PCI_BARS_MAX; bar++) {
			if (pci->functions[i].bars[bar].base != 0)
				return true;
		}
	}
	return false;
}

static uint32_t without_place(const struct pci *pci)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < pci->count; i++) {
		for (uint32_t bar = 0; bar < PCI_BARS_MAX; bar++)
			count += pci->functions[i].bars[bar].size != 0 && pci->functions[i].bars[bar].base == 0;
	}
	return count;
}

uint32_t pci_assign(struct pci *pci)
{
	struct assign assign = {.pci = pci};

	if (firmware_did(pci))
		return without_place(pci);
	for (uint32_t i = 0; i < pci->window_count; i++)
		space_take(&assign.spaces[pci->windows[i].space], &pci->windows[i]);
	for (uint32_t i = 0; i < pci->count; i++) {
		close_before(&assign, i);
		bars_place(&assign, &pci->functions[i]);
		if (pci->functions[i].bridge)
			open(&assign, i);
	}
	close_before(&assign, pci->count);
	return assign.unplaced;
}
