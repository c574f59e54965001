/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The devices, and whose each is. A device that changes hands is stopped first. */
#include "devices.h"
#include <os/time.h>

#define RESET_NS (100u * NS_PER_MS) /* a function may take so long (PCI Express Base, 6.6.2) */

static struct row rows[ROWS_MAX];
static uint32_t row_count;

void rows_make(void)
{
	row_count = 0;
	for (uint32_t i = 0; i < pci.count; i++) {
		pci_message_off(&pci, &pci.functions[i]);
		if (pci.functions[i].bridge)
			continue;
		struct row *row = &rows[row_count++];
		*row = (struct row){.function = &pci.functions[i]};
		row->space.number = row_count - 1u;
		pci_message_find(&pci, row->function, &row->message);
	}
}

const struct row *row_at(uint64_t index)
{
	return index < row_count ? &rows[index] : NULL;
}

struct row *row_of(uint64_t process)
{
	for (uint32_t i = 0; i < row_count; i++) {
		if (process != 0 && rows[i].process == process)
			return &rows[i];
	}
	return NULL;
}

static bool is_one_of(const struct pci_function *function, const struct device_id *ids, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (ids[i].vendor == function->vendor && ids[i].device == function->device)
			return true;
	}
	return false;
}

/* Nothing of it is under way any more, as far as it can be told. */
static void stop(const struct row *row)
{
	if (pci_reset_begin(&pci, row->function)) {
		time_sleep(RESET_NS);
		pci_reset_end(&pci, row->function);
	}
}

status_t row_assign(uint64_t process, const struct device_id *ids, uint32_t count, struct row **out_row)
{
	for (uint32_t i = 0; i < row_count; i++) {
		struct row *row = &rows[i];

		if (row->process != 0 || !is_one_of(row->function, ids, count))
			continue;
		row->process = process;
		row->state = DEVICE_ASSIGNED;
		*out_row = row;
		return STATUS_OK;
	}
	return STATUS_NOT_FOUND;
}

void row_release(struct row *row)
{
	if (row->state == DEVICE_OPEN)
		stop(row);
	confine_close(row);
	part_interrupts_end(row);
	row->process = 0;
	row->state = DEVICE_FREE;
}

static uint32_t decoded(const struct row *row)
{
	uint32_t decode = 0;

	for (uint32_t i = 0; i < PCI_BARS_MAX; i++) {
		const struct pci_bar *bar = &row->function->bars[i];

		if (bar->size != 0 && bar->base != 0)
			decode |= bar->space == PCI_PORT ? PCI_COMMAND_PORT : PCI_COMMAND_MEMORY;
	}
	return decode;
}

status_t row_open(struct row *row)
{
	if (row->state == DEVICE_OPEN)
		return STATUS_OK;
	status_t status = confine_open(row);
	if (status != STATUS_OK)
		return status;
	pci_command(&pci, row->function, decoded(row), 0);
	row->confined = row->attached && !bypasses(row);
	message_begin(row);
	pci_command(&pci, row->function, PCI_COMMAND_MASTER, 0);
	row->state = DEVICE_OPEN;
	return STATUS_OK;
}
