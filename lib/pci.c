/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One function of a scanned machine: its command register, capabilities, interrupt pin, and neighbours. */
#include "pci_priv.h"

#define HAS_CAPABILITIES  (1u << 20) /* in PCI_COMMAND_STATUS */
#define CAPABILITY_FIRST  0x40u
#define CAPABILITY_LAST   0xfcu
#define CAPABILITIES_MAX  48u /* so many of four bytes fit in between: more is a circle */
#define PAGE              4096u

void pci_command(const struct pci *pci, const struct pci_function *function, uint32_t set, uint32_t clear)
{
	uint32_t command = pci_read(pci, function->address, PCI_COMMAND_STATUS) & 0xffffu;

	pci_write(pci, function->address, PCI_COMMAND_STATUS, (command & ~clear) | set);
}

/* Where the list goes on after the place of a pointer; 0: nowhere that a capability can lie. */
static uint32_t pointer(uint32_t value)
{
	uint32_t offset = value & 0xfcu;

	return offset < CAPABILITY_FIRST || offset > CAPABILITY_LAST ? 0 : offset;
}

uint32_t pci_capability(const struct pci *pci, const struct pci_function *function, uint32_t id, uint32_t after)
{
	uint32_t address = function->address;
	bool passed = after == 0;

	if ((pci_read(pci, address, PCI_COMMAND_STATUS) & HAS_CAPABILITIES) == 0)
		return 0;
	uint32_t offset = pointer(pci_read(pci, address, PCI_CAPABILITIES));
	for (uint32_t i = 0; i < CAPABILITIES_MAX && offset != 0; i++) {
		uint32_t header = pci_read(pci, address, offset);

		if (passed && (header & 0xffu) == id)
			return offset;
		passed = passed || offset == after;
		offset = pointer(header >> 8);
	}
	return 0;
}

/* Bridges turn the pins of what is behind them by its device number. */
bool pci_pin(const struct pci *pci, const struct pci_function *function, uint32_t *out_device, uint32_t *out_pin)
{
	uint32_t pin = function->pin;

	if (pin == 0)
		return false;
	for (uint32_t depth = 0; depth < PCI_DEPTH_MAX && function->parent != PCI_NONE; depth++) {
		pin = (pin - 1u + PCI_DEVICE(function->address)) % 4u + 1u;
		function = &pci->functions[function->parent];
	}
	*out_device = PCI_DEVICE(function->address);
	*out_pin = pin;
	return true;
}

static uint64_t page_first(const struct pci_bar *bar)
{
	return bar->base / PAGE;
}

static uint64_t page_last(const struct pci_bar *bar)
{
	return (bar->base + (bar->size - 1u)) / PAGE;
}

static bool in_memory(const struct pci_bar *bar)
{
	return bar->size != 0 && bar->base != 0 && bar->space != PCI_PORT;
}

static bool pages_meet(const struct pci_bar *a, const struct pci_bar *b)
{
	return in_memory(a) && in_memory(b) && page_first(a) <= page_last(b) && page_first(b) <= page_last(a);
}

bool pci_bar_shared(const struct pci *pci, const struct pci_function *function, uint32_t bar)
{
	for (uint32_t i = 0; i < pci->count; i++) {
		for (uint32_t other = 0; other < PCI_BARS_MAX; other++) {
			if (&pci->functions[i] != function &&
			    pages_meet(&function->bars[bar], &pci->functions[i].bars[other]))
				return true;
		}
	}
	return false;
}
