/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Interrupts by message: MSI-X and MSI (PCI Local Bus 3.0, 6.8.1 and 6.8.2). */
#include "pci_priv.h"

#define PAGE 4096u

/* MSI-X. The first word of both capabilities has the control register in its upper half. */
#define TABLE_ON        (1u << 31)
#define TABLE_MASKED    (1u << 30) /* all of it */
#define TABLE_PLACE     4u         /* which BAR, and where in it */
#define TABLE_BAR       7u
#define TABLE_ENTRY     (4u * PCI_MESSAGE_ENTRY_WORDS)
#define ENTRY_DATA      2u
#define ENTRY_CONTROL   3u
#define ENTRY_MASKED    1u

/* MSI. */
#define SINGLE_ON       (1u << 16)
#define SINGLE_SEVERAL  (7u << 20) /* how many are used: a power of two, 0 is one */
#define SINGLE_WIDE     (1u << 23)
#define SINGLE_MASKABLE (1u << 24)
#define SINGLE_ADDRESS  4u

static uint32_t table_count(uint32_t control)
{
	return (control >> 16 & 0x7ffu) + 1u;
}

/* Where the table lies; count stays 0 if that is nowhere in a placed memory BAR. */
static void table_find(const struct pci *pci, const struct pci_function *function, struct pci_message *out)
{
	uint32_t place = pci_read(pci, function->address, out->capability + TABLE_PLACE);
	uint32_t index = place & TABLE_BAR;
	uint64_t offset = place & ~TABLE_BAR;
	uint32_t count = table_count(pci_read(pci, function->address, out->capability));
	uint64_t size = (uint64_t)count * TABLE_ENTRY;

	if (index >= pci_bar_count(function))
		return;
	const struct pci_bar *bar = &function->bars[index];
	if (bar->base == 0 || bar->space == PCI_PORT || size > bar->size || offset > bar->size - size)
		return;
	out->table = true;
	out->base = bar->base + offset;
	out->size = size;
	out->count = count;
}

/* The offset of a capability whose registers, `bytes` long, end within what a capability can take; 0: there is none. */
static uint32_t capability_of(const struct pci *pci, const struct pci_function *function, uint32_t id, uint32_t bytes)
{
	uint32_t offset = pci_capability(pci, function, id, 0);

	return offset + bytes > 256u ? 0 : offset;
}

void pci_message_find(const struct pci *pci, const struct pci_function *function, struct pci_message *out)
{
	uint32_t table = capability_of(pci, function, PCI_CAPABILITY_MSIX, 12);

	*out = (struct pci_message){.capability = table};
	if (table != 0)
		table_find(pci, function, out);
	if (out->count != 0)
		return;
	out->capability = capability_of(pci, function, PCI_CAPABILITY_MSI, 24);
	out->count = out->capability != 0;
}

/* Change bits of the first word of a capability, if there is one. */
static void control(const struct pci *pci, const struct pci_function *function, uint32_t capability, uint32_t set,
                    uint32_t clear)
{
	if (capability == 0)
		return;
	uint32_t value = pci_read(pci, function->address, capability);
	pci_write(pci, function->address, capability, (value & ~clear) | set);
}

void pci_message_off(const struct pci *pci, const struct pci_function *function)
{
	control(pci, function, capability_of(pci, function, PCI_CAPABILITY_MSIX, 12), TABLE_MASKED, TABLE_ON);
	control(pci, function, capability_of(pci, function, PCI_CAPABILITY_MSI, 24), 0, SINGLE_ON);
}

void pci_message_on(const struct pci *pci, const struct pci_function *function, const struct pci_message *message,
                    volatile uint32_t *table)
{
	if (!message->table)
		return; /* as soon as it is set */
	control(pci, function, message->capability, TABLE_ON | TABLE_MASKED, 0);
	for (uint32_t i = 0; i < message->count; i++)
		table[i * PCI_MESSAGE_ENTRY_WORDS + ENTRY_CONTROL] = ENTRY_MASKED;
	control(pci, function, message->capability, 0, TABLE_MASKED);
}

static bool single_set(const struct pci *pci, const struct pci_function *function, uint32_t capability,
                       uint64_t address, uint32_t data)
{
	uint32_t first = pci_read(pci, function->address, capability);
	bool wide = (first & SINGLE_WIDE) != 0;
	uint32_t data_at = capability + SINGLE_ADDRESS + (wide ? 8u : 4u);

	if (data > UINT16_MAX || (!wide && address > UINT32_MAX))
		return false;
	control(pci, function, capability, 0, SINGLE_ON | SINGLE_SEVERAL);
	pci_write(pci, function->address, capability + SINGLE_ADDRESS, (uint32_t)address);
	if (wide)
		pci_write(pci, function->address, capability + SINGLE_ADDRESS + 4u, (uint32_t)(address >> 32));
	uint32_t beside = pci_read(pci, function->address, data_at) & 0xffff0000u;
	pci_write(pci, function->address, data_at, beside | data);
	if ((first & SINGLE_MASKABLE) != 0)
		pci_write(pci, function->address, data_at + 4u, 0);
	control(pci, function, capability, SINGLE_ON, 0);
	return true;
}

bool pci_message_set(const struct pci *pci, const struct pci_function *function, const struct pci_message *message,
                     volatile uint32_t *table, uint32_t index, uint64_t address, uint32_t data)
{
	if (!message->table)
		return single_set(pci, function, message->capability, address, data);
	volatile uint32_t *entry = table + index * PCI_MESSAGE_ENTRY_WORDS;
	entry[ENTRY_CONTROL] = ENTRY_MASKED;
	entry[0] = (uint32_t)address;
	entry[1] = (uint32_t)(address >> 32);
	entry[ENTRY_DATA] = data;
	entry[ENTRY_CONTROL] = 0;
	return true;
}

uint64_t pci_message_spares(const struct pci_message *message, const struct pci_bar *bar)
{
	uint64_t first = message->base / PAGE;
	uint64_t last = (message->base + (message->size - 1u)) / PAGE;

	if (!message->table || bar->space == PCI_PORT || bar->base / PAGE > last ||
	    (bar->base + (bar->size - 1u)) / PAGE < first)
		return bar->size;
	return bar->base / PAGE < first ? first * PAGE - bar->base : 0;
}
