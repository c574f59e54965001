/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Interrupts by message. What a device writes where is said here alone: no driver gets at the table of its device.
 *
 * Whether the machine takes messages of a function, only the kernel can say, and it says so when it is asked for
 * one. So a device that is opened gets its first message at once, whether or not its driver comes for it.
 */
#include "devices.h"
#include <os/panic.h>

/* The table, mapped. UNSUPPORTED: its pages are somebody else's registers too. */
static status_t table_map(struct row *row)
{
	uint64_t base = row->message.base & ~PAGE_MASK;
	uint64_t size = ((row->message.base + row->message.size + PAGE_MASK) & ~PAGE_MASK) - base;
	uint64_t mapped;
	handle_t region;

	if (!row->message.table || row->message_table != NULL)
		return STATUS_OK;
	if (sys_region_create(startup_need("devices"), REGION_MEMORY, base, size, &region) != STATUS_OK)
		return STATUS_UNSUPPORTED;
	must(sys_memory_map(region, 0, 0, size / PAGE_SIZE, PROT_READ | PROT_WRITE, &mapped));
	row->message_table = (volatile uint32_t *)(mapped + (row->message.base & PAGE_MASK));
	return STATUS_OK;
}

static status_t set(const struct row *row, uint32_t number, uint64_t address, uint64_t data)
{
	bool fits = pci_message_set(&pci, row->function, &row->message, row->message_table, number, address,
	                            (uint32_t)data);

	return fits ? STATUS_OK : STATUS_UNSUPPORTED;
}

status_t message_claim(struct row *row, uint32_t number)
{
	uint64_t address, data;
	handle_t irq;
	status_t status = sys_irq_message(startup_need("devices"), row->function->address, &irq, &address, &data);

	if (status != STATUS_OK)
		return status;
	status = confine_message(row, address);
	if (status == STATUS_OK)
		status = set(row, number, address, data);
	if (status != STATUS_OK)
		must(sys_cap_drop(irq));
	else
		row->irqs[number] = irq;
	return status;
}

void message_begin(struct row *row)
{
	uint32_t count = row->message.count;

	if (count == 0 || table_map(row) != STATUS_OK)
		return;
	pci_message_on(&pci, row->function, &row->message, row->message_table);
	if (message_claim(row, 0) == STATUS_OK)
		row->messages = count < DEVICE_MESSAGES_MAX ? count : DEVICE_MESSAGES_MAX;
	else
		pci_message_off(&pci, row->function);
}
