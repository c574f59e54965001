/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Device regions: what may be claimed and by how many, ports within what was claimed, registers in an address space. */
#include "harness.h"
#include <kernel/boot.h>
#include <kernel/log.h>

#define DEVICE 0x10000000ull /* below RAM */

static struct thread *driver;
static handle_t devices;

static int setup(void **state)
{
	(void)state;
	harness_start(1);
	driver = make_process(16);
	devices = make_singleton(driver, OBJECT_DEVICES);
	return 0;
}

static uint32_t claim(uint64_t kind, uint64_t base, uint64_t size)
{
	return SYS(driver, region_create, devices, kind, base, size);
}

static uint32_t port(handle_t region, uint64_t offset, uint64_t operation, uint64_t value)
{
	return SYS(driver, region_port, region, offset, operation, value);
}

static void ranges(void **state)
{
	static const struct {
		uint64_t kind, base, size;
		uint32_t status;
	} cases[] = {
		{REGION_MEMORY, DEVICE, 0, STATUS_INVALID},
		{REGION_MEMORY, DEVICE + 1, PAGE_SIZE, STATUS_INVALID},
		{REGION_MEMORY, DEVICE, PAGE_SIZE - 1, STATUS_INVALID},
		{REGION_MEMORY, HOST_RAM_BASE, PAGE_SIZE, STATUS_INVALID}, /* RAM is never a device */
		{REGION_MEMORY, HOST_RAM_BASE - PAGE_SIZE, 2 * PAGE_SIZE, STATUS_INVALID},
		{REGION_MEMORY, 1ull << 48, PAGE_SIZE, STATUS_INVALID},
		{REGION_MEMORY, (1ull << 48) - PAGE_SIZE, 2 * PAGE_SIZE, STATUS_INVALID},
		{REGION_MEMORY, (1ull << 48) - PAGE_SIZE, PAGE_SIZE, STATUS_OK},
		{REGION_MEMORY, DEVICE, 2 * PAGE_SIZE, STATUS_OK},
		{REGION_PORT, 0, 0, STATUS_INVALID},
		{REGION_PORT, 0x10000, 1, STATUS_INVALID},
		{REGION_PORT, 0xffff, 2, STATUS_INVALID},
		{REGION_PORT, 0xffff, 1, STATUS_OK},
		{REGION_PORT + 1, 0, 1, STATUS_INVALID},
		{UINT64_MAX, DEVICE, PAGE_SIZE, STATUS_INVALID},
	};
	(void)state;
	for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (claim(cases[i].kind, cases[i].base, cases[i].size) != cases[i].status)
			fail_msg("case %u", i);
}

/* A claim is one process's, until its last capability is gone; a region of the other kind does not touch it. */
static void claimed_once(void **state)
{
	(void)state;
	struct inventory before = take_inventory();
	assert_int_equal(claim(REGION_PORT, 0x100, 0x10), STATUS_OK);
	handle_t region = driver->regs.arg[1];
	assert_int_equal(claim(REGION_PORT, 0x10f, 4), STATUS_BUSY);
	assert_int_equal(claim(REGION_PORT, 0xfe, 3), STATUS_BUSY);
	assert_int_equal(claim(REGION_MEMORY, 0, PAGE_SIZE), STATUS_OK);
	handle_t registers = driver->regs.arg[1];
	assert_int_equal(claim(REGION_PORT, 0x110, 4), STATUS_OK);
	handle_t above = driver->regs.arg[1];
	assert_int_equal(claim(REGION_PORT, 0xf0, 0x10), STATUS_OK);
	handle_t below = driver->regs.arg[1];
	assert_int_equal(SYS(driver, cap_drop, region), STATUS_OK);
	assert_int_equal(claim(REGION_PORT, 0x104, 2), STATUS_OK);
	assert_int_equal(SYS(driver, cap_drop, driver->regs.arg[1]), STATUS_OK);
	assert_int_equal(SYS(driver, cap_drop, above), STATUS_OK);
	assert_int_equal(SYS(driver, cap_drop, below), STATUS_OK);
	assert_int_equal(SYS(driver, cap_drop, registers), STATUS_OK);
	assert_same(&before);
}

static void no_claim_without_authority(void **state)
{
	(void)state;
	struct thread *other = make_process(16);
	handle_t weak = share(driver, devices, other, RIGHT_GRANT, 0);
	assert_int_equal(SYS(other, region_create, weak, REGION_PORT, 0, 1), STATUS_DENIED);
	assert_int_equal(other->regs.arg[1], RIGHT_MANAGE);
	assert_int_equal(SYS(driver, region_create, make_endpoint(driver, 0), REGION_PORT, 0, 1), STATUS_WRONG_TYPE);
	assert_int_equal(object_tables[OBJECT_REGION].used, 0);
}

/* No room for the object, or for its capability: the claim is not left behind. */
static void no_room(void **state)
{
	(void)state;
	struct process *process = process_of(driver->process);
	process->objects_limit = process->objects;
	assert_int_equal(claim(REGION_PORT, 0x100, 1), STATUS_QUOTA);
	process->objects_limit++;
	while (SYS(driver, cap_mint, devices, RIGHT_MANAGE, 0) == STATUS_OK)
		continue;
	assert_int_equal(claim(REGION_PORT, 0x100, 1), STATUS_TABLE_FULL);
	assert_int_equal(object_tables[OBJECT_REGION].used, 0);
}

static void ports(void **state)
{
	(void)state;
	assert_int_equal(claim(REGION_PORT, 0x100, 6), STATUS_OK);
	handle_t region = driver->regs.arg[1];
	assert_int_equal(port(region, 0, PORT_WRITE32, 0x8899aabbccddeeffull), STATUS_OK);
	assert_int_equal(port(region, 4, PORT_WRITE16, 0x1234), STATUS_OK);
	assert_int_equal(port(region, 1, PORT_WRITE8, 0x77), STATUS_OK);
	assert_int_equal(port(region, 0, PORT_READ32, 0), STATUS_OK);
	assert_int_equal(driver->regs.arg[1], 0xccdd77ff);
	assert_int_equal(port(region, 3, PORT_READ16, 0), STATUS_OK);
	assert_int_equal(driver->regs.arg[1], 0x34cc);
	assert_int_equal(port(region, 5, PORT_READ8, 0), STATUS_OK);
	assert_int_equal(driver->regs.arg[1], 0x12);
	assert_int_equal(host_ports[0x101], 0x77);
	/* Not one byte beyond. */
	assert_int_equal(port(region, 6, PORT_WRITE8, 1), STATUS_INVALID);
	assert_int_equal(port(region, 5, PORT_WRITE16, 1), STATUS_INVALID);
	assert_int_equal(port(region, 3, PORT_WRITE32, 1), STATUS_INVALID);
	assert_int_equal(port(region, UINT64_MAX, PORT_WRITE8, 1), STATUS_INVALID);
	assert_int_equal(host_ports[0x106], 0);
	/* There is no such operation. */
	assert_int_equal(port(region, 0, 3, 1), STATUS_INVALID);
	assert_int_equal(port(region, 0, 7, 1), STATUS_INVALID);
	assert_int_equal(port(region, 0, 1ull << 32, 1), STATUS_INVALID);
}

static void ports_too_narrow(void **state)
{
	(void)state;
	assert_int_equal(claim(REGION_PORT, 0x200, 1), STATUS_OK);
	assert_int_equal(port(driver->regs.arg[1], 0, PORT_WRITE16, 0xffff), STATUS_INVALID);
	assert_int_equal(host_ports[0x200], 0);
	assert_int_equal(claim(REGION_MEMORY, DEVICE, PAGE_SIZE), STATUS_OK);
	assert_int_equal(port(driver->regs.arg[1], 0, PORT_WRITE8, 0xff), STATUS_INVALID);
}

static void ports_by_right(void **state)
{
	(void)state;
	struct thread *other = make_process(16);
	assert_int_equal(claim(REGION_PORT, 0x100, 4), STATUS_OK);
	handle_t region = driver->regs.arg[1];
	handle_t reads = share(driver, region, other, RIGHT_READ, 0);
	handle_t writes = share(driver, region, other, RIGHT_WRITE, 0);
	assert_int_equal(SYS(other, region_port, reads, 0, PORT_WRITE8, 5), STATUS_DENIED);
	assert_int_equal(other->regs.arg[1], RIGHT_WRITE);
	assert_int_equal(SYS(other, region_port, writes, 0, PORT_READ8), STATUS_DENIED);
	assert_int_equal(other->regs.arg[1], RIGHT_READ);
	assert_int_equal(SYS(other, region_port, writes, 0, PORT_WRITE8, 5), STATUS_OK);
	assert_int_equal(SYS(other, region_port, reads, 0, PORT_READ8), STATUS_OK);
	assert_int_equal(other->regs.arg[1], 5);
	assert_int_equal(SYS(driver, cap_revoke, region), STATUS_OK);
	assert_int_equal(SYS(other, region_port, reads, 0, PORT_READ8), STATUS_BAD_HANDLE);
}

/* Another CPU takes the capability away between its look-up and the region's lock. */
static handle_t doomed;

static void it_dies(void)
{
	assert_int_equal(cap_remove(cap_index(driver->process, HANDLE_SLOT(doomed)), doomed), STATUS_OK);
}

static void the_capability_dies_meanwhile(void **state)
{
	(void)state;
	assert_int_equal(claim(REGION_PORT, 0x100, 4), STATUS_OK);
	doomed = driver->regs.arg[1];
	run(driver);
	host_meanwhile = it_dies;
	assert_int_equal(port(doomed, 0, PORT_WRITE8, 9), STATUS_BAD_HANDLE);
	assert_int_equal(host_ports[0x100], 0);
}

static void registers_mapped(void **state)
{
	(void)state;
	assert_int_equal(claim(REGION_MEMORY, DEVICE, 2 * PAGE_SIZE), STATUS_OK);
	handle_t region = driver->regs.arg[1];
	assert_int_equal(SYS(driver, memory_map, region, 0, 0, 2, PROT_READ | PROT_EXECUTE), STATUS_INVALID);
	assert_int_equal(SYS(driver, memory_map, region, 0, 0, 3, PROT_READ), STATUS_INVALID);
	assert_int_equal(SYS(driver, memory_map, region, 0, 0, 2, PROT_READ | PROT_WRITE), STATUS_OK);
	uint64_t address = driver->regs.arg[1];
	/* The claim lives as long as the mapping; the mapping as long as the capability. */
	assert_int_equal(process_of(driver->process)->aspace.mapping_count > 0, true);
	assert_true(aspace_valid(&process_of(driver->process)->aspace));
	uint32_t mapped = mapping_slots.used;
	assert_int_equal(SYS(driver, cap_drop, region), STATUS_OK);
	assert_int_equal(mapping_slots.used, mapped - 1u);
	assert_int_equal(object_tables[OBJECT_REGION].used, 0);
	assert_int_equal(SYS(driver, memory_protect, address, 1, PROT_READ), STATUS_BAD_ADDRESS);
}

static void ports_are_not_mapped(void **state)
{
	(void)state;
	assert_int_equal(claim(REGION_PORT, 0x1000, 0x1000), STATUS_OK);
	assert_int_equal(SYS(driver, memory_map, driver->regs.arg[1], 0, 0, 1, PROT_READ), STATUS_INVALID);
}

/* ---- the boot console's UART is left to whoever claims it ---- */

static bool console_shown(void)
{
	uint64_t before = host_console_bytes;
	log_print("x\n");
	return host_console_bytes != before;
}

static void console_released(void **state)
{
	(void)state;
	static const struct info_device clock = {.kind = DEVICE_RTC, .region_kind = REGION_PORT, .base = 0x70, .size = 2};
	static const struct info_device uart = {
		.kind = DEVICE_UART_16550, .region_kind = REGION_PORT, .base = 0x3f8, .size = 8};
	boot_machine.devices[0] = clock;
	boot_machine.devices[1] = uart;
	boot_machine.device_count = 2;
	assert_int_equal(claim(REGION_PORT, 0x70, 2), STATUS_OK);
	assert_int_equal(claim(REGION_PORT, 0x3f0, 8), STATUS_OK);
	assert_int_equal(claim(REGION_PORT, 0x400, 8), STATUS_OK);
	assert_int_equal(claim(REGION_MEMORY, 0, PAGE_SIZE), STATUS_OK);
	assert_true(console_shown());
	assert_int_equal(claim(REGION_PORT, 0x3ff, 1), STATUS_OK);
	assert_false(console_shown());
}

static void console_of_another_kind(void **state)
{
	(void)state;
	boot_machine.devices[0] = (struct info_device){
		.kind = DEVICE_UART_PL011, .region_kind = REGION_MEMORY, .base = DEVICE, .size = PAGE_SIZE};
	boot_machine.device_count = 1;
	assert_int_equal(claim(REGION_MEMORY, DEVICE + PAGE_SIZE, PAGE_SIZE), STATUS_OK);
	assert_true(console_shown());
	assert_int_equal(claim(REGION_MEMORY, DEVICE, PAGE_SIZE), STATUS_OK);
	assert_false(console_shown());
}

static void no_console(void **state)
{
	(void)state;
	boot_machine.device_count = 0;
	assert_int_equal(claim(REGION_PORT, 0x3f8, 8), STATUS_OK);
	assert_true(console_shown());
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(ranges), T(claimed_once), T(no_claim_without_authority), T(no_room), T(ports), T(ports_too_narrow),
          T(ports_by_right), T(the_capability_dies_meanwhile), T(registers_mapped), T(ports_are_not_mapped),
          T(console_released), T(console_of_another_kind), T(no_console))
