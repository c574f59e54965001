/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Stopping one function: PCI Express function level reset (2.2.1 of the base specification, 6.6.2), and what it loses. */
#include "pci_priv.h"

#define EXPRESS_CAPABILITIES 4u
#define EXPRESS_CONTROL      8u /* and status, of which what is written as 0 stays */
#define CAN_RESET            (1u << 28)
#define RESET                (1u << 15)

bool pci_reset_begin(const struct pci *pci, const struct pci_function *function)
{
	uint32_t express = pci_capability(pci, function, PCI_CAPABILITY_EXPRESS, 0);

	pci_command(pci, function, PCI_COMMAND_NO_INTERRUPT, PCI_DECODE | PCI_COMMAND_MASTER);
	if (express == 0 || (pci_read(pci, function->address, express + EXPRESS_CAPABILITIES) & CAN_RESET) == 0)
		return false;
	uint32_t control = pci_read(pci, function->address, express + EXPRESS_CONTROL) & 0xffffu;
	pci_write(pci, function->address, express + EXPRESS_CONTROL, control | RESET);
	return true;
}

void pci_reset_end(const struct pci *pci, const struct pci_function *function)
{
	for (uint32_t i = 0; i < pci_bar_count(function); i++) {
		if (function->bars[i].size != 0 && function->bars[i].base != 0)
			pci_bar_write(pci, function->address, i, &function->bars[i]);
	}
	pci_command(pci, function, PCI_COMMAND_NO_INTERRUPT, PCI_DECODE | PCI_COMMAND_MASTER);
}
