/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Interrupts of a driver's device, with a configuration space and a kernel of this
 * test's: by message where both can, else by line; the same again for the same
 * number; the table in nobody's hands but the manager's; all ended with its driver.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../devices.h"
#include <lib/bytes.h>
#include <os/panic.h>
#include <os/time.h>

#define ADDRESS PCI_ADDRESS(0, 3, 0)
#define MSIX    0x40u
#define ENTRIES 16u
#define DRIVER  7u
#define LINE    35u

/* ---- the machine ---- */

struct pci pci;
struct message_page host_message_page;
static uint8_t config[256];
static uint32_t pages[4 * PAGE_SIZE / 4] CC_ALIGNED(PAGE_SIZE); /* BAR 0; the table is in the third page */
static volatile uint32_t *const table = pages + 2u * PAGE_SIZE / 4u;
static bool has_line;
static status_t message_status, region_status;
static uint32_t messages_made, lines_made, irqs_alive;
static uint64_t region_base[8], region_size[8];
static uint32_t regions;

static uint32_t sim_read(void *space, uint32_t address, uint32_t offset)
{
	(void)space;
	assert_int_equal(address, ADDRESS);
	return bytes_le32(config + offset);
}

static void sim_write(void *space, uint32_t address, uint32_t offset, uint32_t value)
{
	(void)space;
	assert_int_equal(address, ADDRESS);
	for (uint32_t i = 0; i < (offset == 4u ? 2u : 4u); i++) /* its status is not for writing */
		config[offset + i] = (uint8_t)(value >> (8u * i));
}

static const struct pci_access access = {sim_read, sim_write};

bool machine_line(const struct pci_function *function, uint32_t *out_irq, uint32_t *out_trigger)
{
	(void)function;
	*out_irq = LINE;
	*out_trigger = IRQ_TRIGGER_LEVEL;
	return has_line;
}

/* ---- the kernel, and what is left of the library ---- */

static void region_create(uint64_t regs[8])
{
	regs[0] = region_status;
	if (region_status != STATUS_OK)
		return;
	assert_true(regions < 8);
	region_base[regions] = regs[2];
	region_size[regions] = regs[3];
	regs[1] = 200u + regions++;
}

void host_syscall(uint64_t number, uint64_t regs[8])
{
	switch (number) {
	case SYSCALL_irq_message:
		assert_int_equal(regs[1], ADDRESS);
		regs[0] = message_status;
		if (message_status != STATUS_OK)
			return;
		regs[1] = 100u + messages_made;
		regs[2] = 0xfee00000u;
		regs[3] = 0x30u + messages_made++;
		irqs_alive++;
		return;
	case SYSCALL_irq_create:
		assert_int_equal(regs[1], LINE);
		regs[0] = STATUS_OK;
		regs[1] = 150u + lines_made++;
		irqs_alive++;
		return;
	case SYSCALL_cap_drop:
		assert_in_range(regs[0], 100, 199);
		assert_int_equal(config[MSIX + 3u] >> 7, 0); /* it is silent before its numbers are free */
		regs[0] = STATUS_OK;
		irqs_alive--;
		return;
	case SYSCALL_region_create: region_create(regs); return;
	case SYSCALL_memory_map:
		regs[0] = STATUS_OK;
		regs[1] = (uint64_t)table;
		return;
	default: fail_msg("system call %u", (unsigned)number);
	}
}

status_t confine_open(struct row *row)
{
	(void)row;
	return STATUS_OK;
}

void confine_close(struct row *row)
{
	(void)row;
}

status_t confine_message(struct row *row, uint64_t address)
{
	(void)row;
	assert_int_equal(address, 0xfee00000u);
	return STATUS_OK;
}

bool bypasses(struct row *row)
{
	(void)row;
	return false;
}

handle_t startup_need(const char *name)
{
	assert_string_equal(name, "devices");
	return 3;
}

void time_sleep(uint64_t ns)
{
	(void)ns;
}

void must_failed(const char *what, status_t status)
{
	fail_msg("%s: %u", what, (unsigned)status);
	abort();
}

/* ---- a driver ---- */

static struct row *row;

static struct row *begin(void)
{
	static const struct device_id id = {0x1af4, 0x1044};

	assert_int_equal(row_assign(DRIVER, &id, 1, &row), STATUS_OK);
	assert_int_equal(row_open(row), STATUS_OK);
	return row;
}

static int setup(void **state)
{
	(void)state;
	memset(config, 0, sizeof(config));
	config[6] = 0x10;
	config[0x34] = MSIX;
	config[MSIX] = PCI_CAPABILITY_MSIX;
	config[MSIX + 2u] = ENTRIES - 1u;
	config[MSIX + 3u] = 0x80; /* somebody left it on */
	config[MSIX + 5u] = 0x20; /* at 0x2000 of BAR 0 */
	pci = (struct pci){.access = &access, .count = 1};
	pci.functions[0] = (struct pci_function){.address = ADDRESS, .vendor = 0x1af4, .device = 0x1044, .end = 1};
	pci.functions[0].bars[0] = (struct pci_bar){.base = 0xfeb00000u, .size = 0x4000, .space = PCI_MEMORY};
	memset(pages, 0, sizeof(pages));
	has_line = true;
	message_status = region_status = STATUS_OK;
	messages_made = lines_made = irqs_alive = regions = 0;
	rows_make();
	assert_int_equal(config[MSIX + 3u] >> 7, 0);
	return 0;
}

static void test_messages(void **state)
{
	handle_t irq, again;

	(void)state;
	begin();
	assert_int_equal(row->messages, DEVICE_MESSAGES_MAX);
	assert_int_equal(row->interrupts, DEVICE_INTERRUPT_NONE);
	assert_int_equal(part_interrupt(row, 0, &irq), STATUS_OK);
	assert_int_equal(row->interrupts, DEVICE_INTERRUPT_MESSAGE);
	assert_int_equal(part_interrupt(row, 0, &again), STATUS_OK);
	assert_int_equal(irq, again);
	assert_int_equal(part_interrupt(row, 5, &again), STATUS_OK);
	assert_int_not_equal(irq, again);
	assert_int_equal(part_interrupts(row), 2);
	assert_int_equal(part_interrupt(row, DEVICE_MESSAGES_MAX, &irq), STATUS_NOT_FOUND);
	assert_int_equal(part_interrupt(row, UINT64_MAX, &irq), STATUS_NOT_FOUND);
	assert_int_equal(lines_made, 0);
	/* Message n of the device is entry n; the others stay masked. */
	for (uint32_t i = 0; i < ENTRIES; i++)
		assert_int_equal(table[4u * i + 3u], i == 0 || i == 5 ? 0 : 1);
	assert_int_equal(table[0], 0xfee00000u);
	assert_int_equal(table[2], 0x30);
	assert_int_equal(table[22], 0x31);
	assert_int_equal(config[MSIX + 3u], 0x80);
}

static void test_next_driver(void **state)
{
	handle_t irq;

	(void)state;
	for (uint32_t turn = 1; turn <= 3; turn++) {
		begin();
		assert_int_equal(row_open(row), STATUS_OK); /* twice is once */
		assert_int_equal(part_interrupt(row, 0, &irq), STATUS_OK);
		assert_int_equal(part_interrupt(row, 3, &irq), STATUS_OK);
		assert_int_equal(messages_made, 2u * turn);
		assert_int_equal(table[14], 0x30u + messages_made - 1u);
		row_release(row);
		assert_int_equal(irqs_alive, 0);
		assert_int_equal(config[MSIX + 3u] >> 7, 0);
		assert_int_equal(row->interrupts, DEVICE_INTERRUPT_NONE);
		assert_int_equal(part_interrupt(row, 0, &irq), STATUS_INVALID);
	}
	assert_int_equal(regions, 1); /* the table, once */
}

/* No page with the table in it is the driver's. */
static void test_registers(void **state)
{
	handle_t region;

	(void)state;
	begin();
	assert_int_equal(regions, 1);
	assert_int_equal(region_base[0], 0xfeb02000u);
	assert_int_equal(region_size[0], PAGE_SIZE);
	assert_int_equal(part_bar(row, 0).size, 0x2000);
	assert_int_equal(part_region(row, 0, &region), STATUS_OK);
	assert_int_equal(region_base[1], 0xfeb00000u);
	assert_int_equal(region_size[1], 0x2000);
	/* A BAR that begins with the table is not given at all. */
	config[MSIX + 5u] = 0;
	rows_make();
	begin();
	assert_int_equal(part_bar(row, 0).size, 0);
	assert_int_equal(part_region(row, 0, &region), STATUS_NOT_FOUND);
}

static void line_expected(void)
{
	handle_t irq;

	begin();
	assert_int_equal(row->messages, 0);
	assert_int_equal(config[MSIX + 3u] >> 7, 0);
	config[5] = 4; /* its pin is off, as after a reset by us */
	assert_int_equal(part_interrupt(row, 0, &irq), STATUS_OK);
	assert_int_equal(part_interrupt(row, 0, &irq), STATUS_OK);
	assert_int_equal(part_interrupt(row, 1, &irq), STATUS_NOT_FOUND);
	assert_int_equal(row->interrupts, DEVICE_INTERRUPT_LINE);
	assert_int_equal(row->line, LINE);
	assert_int_equal(lines_made, 1);
	assert_int_equal(config[5], 0);
	row_release(row);
	assert_int_equal(irqs_alive, 0);
}

static void test_machine_without_messages(void **state)
{
	handle_t irq;

	(void)state;
	message_status = STATUS_UNSUPPORTED;
	line_expected();
	has_line = false;
	begin();
	assert_int_equal(part_interrupt(row, 0, &irq), STATUS_UNSUPPORTED);
	assert_int_equal(row->interrupts, DEVICE_INTERRUPT_NONE);
}

static void test_device_without_messages(void **state)
{
	(void)state;
	config[MSIX] = PCI_CAPABILITY_VENDOR;
	rows_make();
	line_expected();
	assert_int_equal(messages_made, 0);
}

/* The page of the table is somebody else's too: nobody may write there. */
static void test_table_claimed(void **state)
{
	(void)state;
	region_status = STATUS_BUSY;
	line_expected();
	assert_int_equal(table[3], 0);
}

/* The machine's messages are used up while a driver takes them one by one. */
static void test_used_up(void **state)
{
	handle_t irq;

	(void)state;
	begin();
	message_status = STATUS_TABLE_FULL;
	assert_int_equal(part_interrupt(row, 0, &irq), STATUS_OK);
	assert_int_equal(part_interrupt(row, 1, &irq), STATUS_TABLE_FULL);
	assert_int_equal(part_interrupts(row), 1);
	assert_int_equal(table[7], 1);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(test_messages), T(test_next_driver), T(test_registers), T(test_machine_without_messages),
		T(test_device_without_messages), T(test_table_claimed), T(test_used_up),
	};
	(void)argc;
	(void)argv;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
