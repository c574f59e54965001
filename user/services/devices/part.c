/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a driver is given of its device. It is claimed when first asked for and kept: the next driver gets the same. */
#include "devices.h"
#include <os/panic.h>

/* Where what is given of a BAR lies, in what can be claimed: whole pages, or ports. */
static void extent(const struct row *row, const struct pci_bar *bar, uint64_t *out_base, uint64_t *out_size)
{
	uint64_t mask = bar->space == PCI_PORT ? 0 : PAGE_MASK;
	uint64_t given = pci_message_spares(&row->message, bar);

	*out_base = bar->base & ~mask;
	*out_size = ((bar->base + given + mask) & ~mask) - *out_base;
}

static bool exists(const struct row *row, uint64_t bar)
{
	return bar < PCI_BARS_MAX && row->function->bars[bar].size != 0 && row->function->bars[bar].base != 0 &&
	       pci_message_spares(&row->message, &row->function->bars[bar]) != 0;
}

struct device_bar part_bar(const struct row *row, uint32_t bar)
{
	const struct pci_bar *registers = &row->function->bars[bar];

	if (!exists(row, bar))
		return (struct device_bar){.size = 0};
	return (struct device_bar){
		.size = pci_message_spares(&row->message, registers),
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

		extent(row, registers, &base, &size);
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
	uint32_t trigger;

	if (!machine_line(row->function, &row->line, &trigger))
		return STATUS_UNSUPPORTED;
	status_t status = sys_irq_create(startup_need("devices"), row->line, trigger, &row->irqs[0]);
	if (status == STATUS_OK)
		pci_command(&pci, row->function, 0, PCI_COMMAND_NO_INTERRUPT);
	return status;
}

status_t part_interrupt(struct row *row, uint64_t number, handle_t *out_irq)
{
	bool by_message = row->messages != 0;
	status_t status = STATUS_OK;

	if (row->state != DEVICE_OPEN)
		return STATUS_INVALID;
	if (number >= (by_message ? row->messages : 1u))
		return STATUS_NOT_FOUND;
	if (row->irqs[number] == HANDLE_NONE)
		status = by_message ? message_claim(row, (uint32_t)number) : line_claim(row);
	if (status != STATUS_OK)
		return status;
	row->interrupts = by_message ? DEVICE_INTERRUPT_MESSAGE : DEVICE_INTERRUPT_LINE;
	*out_irq = row->irqs[number];
	return STATUS_OK;
}

uint32_t part_interrupts(const struct row *row)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < DEVICE_MESSAGES_MAX; i++)
		count += row->irqs[i] != HANDLE_NONE;
	return count;
}

void part_interrupts_end(struct row *row)
{
	pci_message_off(&pci, row->function); /* first: another function may get the number */
	for (uint32_t i = 0; i < DEVICE_MESSAGES_MAX; i++) {
		if (row->irqs[i] != HANDLE_NONE)
			must(sys_cap_drop(row->irqs[i])); /* perhaps another's turn on this line */
		row->irqs[i] = HANDLE_NONE;
	}
	row->messages = 0;
	row->interrupts = DEVICE_INTERRUPT_NONE;
}
