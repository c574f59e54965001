/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a driver is given of its device. It is claimed when first asked for and kept: the next driver gets the same. */
#include "devices.h"

/* Where a BAR lies, in what can be claimed: whole pages, or ports. */
static void extent(const struct pci_bar *bar, uint64_t *out_base, uint64_t *out_size)
{
	uint64_t mask = bar->space == PCI_PORT ? 0 : PAGE_MASK;

	*out_base = bar->base & ~mask;
	*out_size = ((bar->base + bar->size + mask) & ~mask) - *out_base;
}

static bool exists(const struct row *row, uint64_t bar)
{
	return bar < PCI_BARS_MAX && row->function->bars[bar].size != 0 && row->function->bars[bar].base != 0;
}

struct device_bar part_bar(const struct row *row, uint32_t bar)
{
	const struct pci_bar *registers = &row->function->bars[bar];

	if (!exists(row, bar))
		return (struct device_bar){.size = 0};
	return (struct device_bar){
		.size = registers->size,
		.kind = registers->space == PCI_PORT ? REGION_PORT : REGION_MEMORY,
		.offset = registers->space == PCI_PORT ? 0 : (uint32_t)(registers->base & PAGE_MASK),
	};
}

status_t part_region(struct row *row, uint64_t bar, handle_t *out_region)
{
	uint64_t base, size;
	status_t status = STATUS_OK;

	if (!exists(row, bar))
		return STATUS_NOT_FOUND;
	if (pci_bar_shared(&pci, row->function, (uint32_t)bar))
		return STATUS_BUSY;
	if (row->regions[bar] == HANDLE_NONE) {
		const struct pci_bar *registers = &row->function->bars[bar];

		extent(registers, &base, &size);
		status = sys_region_create(startup_need("devices"),
		                           registers->space == PCI_PORT ? REGION_PORT : REGION_MEMORY, base, size,
		                           &row->regions[bar]);
	}
	*out_region = row->regions[bar];
	return status;
}

/* A line has one owner. Devices that share one cannot be driven at the same time. */
static status_t line_claim(struct row *row)
{
	uint32_t irq, trigger;

	if (!machine_line(row->function, &irq, &trigger))
		return STATUS_UNSUPPORTED;
	status_t status = sys_irq_create(startup_need("devices"), irq, trigger, &row->irq);
	if (status == STATUS_OK) {
		row->irq_number = irq;
		row->interrupts = DEVICE_INTERRUPT_LINE;
	}
	return status;
}

status_t part_interrupt(struct row *row, uint64_t number, handle_t *out_irq)
{
	if (number != 0)
		return STATUS_NOT_FOUND;
	status_t status = row->irq == HANDLE_NONE ? line_claim(row) : STATUS_OK;
	if (status != STATUS_OK)
		return status;
	pci_command(&pci, row->function, 0, PCI_COMMAND_NO_INTERRUPT);
	*out_irq = row->irq;
	return STATUS_OK;
}
