/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between the parts of the PCI code: registers of the configuration space, and how they are reached. */
#pragma once
#include <lib/pci.h>

enum {
	PCI_ID = 0x00,
	PCI_COMMAND_STATUS = 0x04, /* what is written as 0 to the status half stays */
	PCI_CLASS = 0x08,
	PCI_HEADER = 0x0c,
	PCI_BAR = 0x10,
	PCI_BRIDGE_BUSES = 0x18,
	PCI_BRIDGE_PORTS = 0x1c,
	PCI_BRIDGE_MEMORY = 0x20,
	PCI_BRIDGE_MEMORY64 = 0x24,
	PCI_BRIDGE_MEMORY64_BASE = 0x28,
	PCI_BRIDGE_MEMORY64_LIMIT = 0x2c,
	PCI_SUBSYSTEM = 0x2c,
	PCI_BRIDGE_PORTS_HIGH = 0x30,
	PCI_CAPABILITIES = 0x34,
	PCI_INTERRUPT = 0x3c,
};
#define PCI_DECODE (PCI_COMMAND_PORT | PCI_COMMAND_MEMORY)

CC_INLINE uint32_t pci_read(const struct pci *pci, uint32_t address, uint32_t offset)
{
	return pci->access->read(pci->space, address, offset);
}

CC_INLINE void pci_write(const struct pci *pci, uint32_t address, uint32_t offset, uint32_t value)
{
	pci->access->write(pci->space, address, offset, value);
}

/* A bridge has two BARs, others six. */
CC_INLINE uint32_t pci_bar_count(const struct pci_function *function)
{
	return function->bridge ? 2u : PCI_BARS_MAX;
}

CC_INLINE void pci_bar_write(const struct pci *pci, uint32_t address, uint32_t index, const struct pci_bar *bar)
{
	pci_write(pci, address, PCI_BAR + 4u * index, (uint32_t)bar->base);
	if (bar->wide)
		pci_write(pci, address, PCI_BAR + 4u * index + 4u, (uint32_t)(bar->base >> 32));
}
