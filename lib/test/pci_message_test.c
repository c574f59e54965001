/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Interrupts by message of one simulated function: what is written to it, what it may answer, what of its BARs may be
 * given to a driver. */
#include "test.h"
#include "../pci_priv.h"
#include <lib/bytes.h>
#include <string.h>

#define SPACE   256u
#define ADDRESS PCI_ADDRESS(0, 3, 0)
#define MSIX    0x40u
#define MSI     0x60u
#define ENTRIES 4u
#define WORDS   (ENTRIES * PCI_MESSAGE_ENTRY_WORDS)

static uint8_t config[SPACE];
static uint8_t writable[SPACE];
static volatile uint32_t table[WORDS];
static uint32_t masked_first; /* entries that were masked when the function was first unmasked as a whole */
static struct pci pci;
static struct pci_function function;
static struct pci_message message;

static void put(uint8_t *at, uint32_t value)
{
	for (uint32_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8u * i));
}

static uint32_t sim_read(void *space, uint32_t address, uint32_t offset)
{
	(void)space;
	assert_int_equal(address, ADDRESS);
	assert_true(offset < SPACE && offset % 4u == 0);
	return bytes_le32(config + offset);
}

static void sim_write(void *space, uint32_t address, uint32_t offset, uint32_t value)
{
	(void)space;
	assert_int_equal(address, ADDRESS);
	assert_true(offset < SPACE && offset % 4u == 0);
	for (uint32_t i = 0; i < 4; i++) {
		uint8_t bits = writable[offset + i];

		config[offset + i] = (uint8_t)((config[offset + i] & ~bits) | (value >> (8u * i) & bits));
	}
	if (offset != MSIX || config[MSIX + 3u] >> 6 != 2u || masked_first != UINT32_MAX)
		return;
	masked_first = 0;
	for (uint32_t i = 0; i < ENTRIES; i++)
		masked_first += table[i * PCI_MESSAGE_ENTRY_WORDS + 3u] & 1u;
}

static const struct pci_access access = {sim_read, sim_write};

/* A function with both kinds: the table at 0x1800 of BAR 2, which lies at 0xfeb00000. */
static int setup(void **state)
{
	(void)state;
	memset(config, 0, sizeof(config));
	memset(writable, 0, sizeof(writable));
	for (uint32_t i = 0; i < WORDS; i++)
		table[i] = 0;
	config[6] = 0x10;
	config[0x34] = MSI;
	memcpy(config + MSI, "\x05\x40\x80\x01", 4); /* 64 bits, maskable */
	put(writable + MSI, 0x00710000u);
	memset(writable + MSI + 4u, 0xff, 16);
	config[MSIX] = PCI_CAPABILITY_MSIX;
	config[MSIX + 2u] = ENTRIES - 1u;
	config[MSIX + 3u] = 0x40;
	put(writable + MSIX, 0xc0000000u);
	put(config + MSIX + 4u, 0x1800u | 2u);
	pci = (struct pci){.access = &access};
	function = (struct pci_function){.address = ADDRESS};
	function.bars[2] = (struct pci_bar){.base = 0xfeb00000u, .size = 0x4000, .space = PCI_MEMORY};
	masked_first = UINT32_MAX;
	return 0;
}

static uint32_t find(void)
{
	pci_message_find(&pci, &function, &message);
	return message.count;
}

static void test_table(void **state)
{
	(void)state;
	assert_int_equal(find(), ENTRIES);
	assert_true(message.table);
	assert_int_equal(message.base, 0xfeb01800u);
	assert_int_equal(message.size, 64);
	for (uint32_t i = 0; i < WORDS; i++)
		table[i] = 0x5555aaa0u; /* what somebody left */
	pci_message_on(&pci, &function, &message, table);
	assert_int_equal(masked_first, ENTRIES);
	assert_int_equal(config[MSIX + 3u] >> 6, 2); /* on, not masked */

	assert_true(pci_message_set(&pci, &function, &message, table, 2, 0x1234fee01000ull, 77));
	assert_int_equal(table[8], 0xfee01000u);
	assert_int_equal(table[9], 0x1234);
	assert_int_equal(table[10], 77);
	assert_int_equal(table[11], 0);
	assert_int_equal(table[3] & table[7] & table[15], 1);

	pci_message_off(&pci, &function);
	assert_int_equal(config[MSIX + 3u] >> 7, 0);
	assert_int_equal(config[MSIX + 2u], ENTRIES - 1u);
}

static void test_single(void **state)
{
	(void)state;
	function.bars[2].base = 0; /* the table has no place */
	assert_int_equal(find(), 1);
	assert_false(message.table);
	pci_message_on(&pci, &function, &message, NULL);
	assert_int_equal(config[MSI + 2u] & 1u, 0);
	put(config + MSI + 16u, UINT32_MAX);
	assert_true(pci_message_set(&pci, &function, &message, NULL, 0, 0x5fee00000ull, 0x41));
	assert_int_equal(config[MSI + 2u] & 0x71u, 1);
	assert_int_equal(bytes_le64(config + MSI + 4u), 0x5fee00000ull);
	assert_int_equal(bytes_le16(config + MSI + 12u), 0x41);
	assert_int_equal(bytes_le32(config + MSI + 16u), 0);
	pci_message_off(&pci, &function);
	assert_int_equal(config[MSI + 2u] & 1u, 0);
}

/* Without 64-bit addresses the data lies elsewhere, and what does not fit is refused before anything is changed. */
static void test_narrow(void **state)
{
	uint8_t before[SPACE];

	(void)state;
	config[MSIX] = PCI_CAPABILITY_VENDOR;
	config[MSI + 2u] = 0;
	config[MSI + 3u] = 0;
	put(config + MSI + 8u, 0xbeef0000u);
	assert_int_equal(find(), 1);
	memcpy(before, config, sizeof(before));
	assert_false(pci_message_set(&pci, &function, &message, NULL, 0, 0x100000000ull, 1));
	assert_false(pci_message_set(&pci, &function, &message, NULL, 0, 0xfee00000u, 0x10000));
	assert_memory_equal(before, config, sizeof(before));
	assert_true(pci_message_set(&pci, &function, &message, NULL, 0, 0xfee00000u, 0x41));
	assert_int_equal(bytes_le32(config + MSI + 4u), 0xfee00000u);
	assert_int_equal(bytes_le32(config + MSI + 8u), 0xbeef0041u);
	assert_int_equal(bytes_le32(config + MSI + 12u), 0);
}

static void test_none(void **state)
{
	(void)state;
	config[6] = 0;
	assert_int_equal(find(), 0);
	assert_int_equal(pci_message_spares(&message, &function.bars[2]), 0x4000);
	pci_message_off(&pci, &function);
}

/* A table that is not where a table can be does not count. */
static void test_nonsense(void **state)
{
	(void)state;
	config[MSI] = PCI_CAPABILITY_VENDOR;
	put(config + MSIX + 4u, 0x3fc8u | 2u); /* its end lies beyond the BAR */
	assert_int_equal(find(), 0);
	put(config + MSIX + 4u, 0xfffffff8u | 2u);
	assert_int_equal(find(), 0);
	put(config + MSIX + 4u, 0x1000u | 3u); /* no such BAR */
	assert_int_equal(find(), 0);
	put(config + MSIX + 4u, 0x1000u | 7u);
	assert_int_equal(find(), 0);
	put(config + MSIX + 4u, 0x1000u | 2u);
	function.bars[2].space = PCI_PORT;
	assert_int_equal(find(), 0);
	function.bars[2].space = PCI_MEMORY;
	put(config + MSIX, 0x07ff0000u | PCI_CAPABILITY_MSIX); /* 2048 entries are larger than the BAR */
	assert_int_equal(find(), 0);
}

/* A capability at the very end of its space: none of its registers lies beyond. */
static void test_end_of_space(void **state)
{
	(void)state;
	config[0x34] = 0xfc;
	config[0xfc] = PCI_CAPABILITY_MSIX;
	assert_int_equal(find(), 0);
	config[0xfc] = PCI_CAPABILITY_MSI;
	assert_int_equal(find(), 0);
	pci_message_off(&pci, &function);
}

static void test_spares(void **state)
{
	struct pci_bar bar = {.base = 0xfeb00000u, .size = 0x4000, .space = PCI_MEMORY};

	(void)state;
	assert_int_equal(find(), ENTRIES);
	assert_int_equal(pci_message_spares(&message, &bar), 0x1000);
	bar.base = 0xfeb01000u; /* another one, packed into the page of the table */
	bar.size = 0x10;
	assert_int_equal(pci_message_spares(&message, &bar), 0);
	bar.base = 0xfeb02000u;
	assert_int_equal(pci_message_spares(&message, &bar), 0x10);
	bar.base = 0xfeb00ff0u;
	assert_int_equal(pci_message_spares(&message, &bar), 0x10);
	bar = (struct pci_bar){.base = 1ull << 63, .size = 1ull << 63, .space = PCI_MEMORY64}; /* up to the last byte */
	assert_int_equal(pci_message_spares(&message, &bar), 1ull << 63);
	message.base = UINT64_MAX - 63u;
	assert_int_equal(pci_message_spares(&message, &bar), (1ull << 63) - 4096u);
	bar = (struct pci_bar){.base = 0x1000, .size = 0x20, .space = PCI_PORT};
	message.base = 0x1000;
	assert_int_equal(pci_message_spares(&message, &bar), 0x20);
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(test_table), T(test_single), T(test_narrow), T(test_none), T(test_nonsense), T(test_end_of_space),
          T(test_spares))
