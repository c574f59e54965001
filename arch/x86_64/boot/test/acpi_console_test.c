/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which serial ports there are, and which of them is the kernel's console: SPCR first, then DSDT, then SSDTs. */
#include "firmware.h"

#define PORT(low, high, line)                                                                                          \
	0x08, '_', 'H', 'I', 'D', 0x0c, 0x41, 0xd0, 0x05, 0x01, 0x08, '_', 'C', 'R', 'S', 0x11, 0x10, 0x0a, 0x0d,      \
		0x47, 0x01, low, high, low, high, 0x00, 0x08, 0x22, (uint8_t)(1u << (line)), 0x00, 0x79, 0x00

/* A port at 0x3f8, ISA interrupt 4. */
static struct table spcr(void)
{
	struct table table = table_of("SPCR", 80);

	put(&table, 40, 1, 1);  /* ports */
	put(&table, 41, 1, 8);  /* bits */
	put(&table, 44, 8, 0x3f8);
	put(&table, 52, 1, 1);  /* the old controller's */
	put(&table, 53, 1, 4);
	put(&table, 54, 4, 0x24);
	return table;
}

static void read(void)
{
	firmware_open();
	memset(&info, 0, sizeof info);
	x86_platform.uart_known = false;
	acpi_read_console(&info);
}

static void read_spcr(struct table table)
{
	listed_count = 0;
	table_list(table);
	read();
}

/* A change of one field of that SPCR: is there a port still? */
static bool known_with(size_t at, size_t width, uint64_t value)
{
	struct table table = spcr();

	put(&table, at, width, value);
	read_spcr(table);
	assert_int_equal(x86_platform.uart_known, info.device_count);
	return info.device_count == 1;
}

static void override(uint32_t isa, uint32_t line)
{
	x86_platform.overrides[x86_platform.override_count++] = (struct x86_override){isa, line, IRQ_TRIGGER_LEVEL};
}

static void device(uint32_t index, uint64_t base, uint32_t irq, enum irq_trigger trigger)
{
	const struct info_device *found = &info.devices[index];

	assert_int_equal(found->kind, DEVICE_UART_16550);
	assert_int_equal(found->base, base);
	assert_int_equal(found->irq, irq);
	assert_int_equal(found->irq_trigger, trigger);
	assert_string_equal(found->compatible, "ns16550a");
}

static void by_spcr(void **state)
{
	(void)state;
	read_spcr(spcr());
	assert_int_equal(consoles, 1);
	assert_int_equal(info.device_count, 1);
	device(0, 0x3f8, 4, IRQ_TRIGGER_EDGE);
	assert_int_equal(info.devices[0].region_kind, REGION_PORT);
	assert_int_equal(info.devices[0].size, 8);
	assert_true(x86_platform.uart_known && !x86_platform.uart_memory);
	assert_int_equal(x86_platform.uart_base, 0x3f8);
	assert_int_equal(x86_platform.uart_shift, 0);
	override(4, 20);
	read_spcr(spcr());
	device(0, 0x3f8, 20, IRQ_TRIGGER_LEVEL);
}

static void interrupts(void **state)
{
	(void)state;
	static const uint32_t lines[] = {UINT32_MAX, 4, 0x24, 0x24, UINT32_MAX};

	for (uint32_t type = 0; type < 5; type++) {
		assert_true(known_with(52, 1, type));
		assert_int_equal(info.devices[0].irq, lines[type]);
		assert_int_equal(info.devices[0].irq_trigger, IRQ_TRIGGER_EDGE);
	}
}

static void in_memory(void **state)
{
	(void)state;
	struct table table = spcr();

	put(&table, 40, 1, 0);
	put(&table, 44, 8, 0xfe000000);
	read_spcr(table);
	assert_int_equal(info.devices[0].region_kind, REGION_MEMORY);
	assert_int_equal(info.devices[0].register_shift, 0);
	assert_int_equal(info.devices[0].size, 8);
	assert_true(x86_platform.uart_memory);
	assert_int_equal(x86_platform.uart_base, 0xfe000000);
	put(&table, 41, 1, 32);
	read_spcr(table);
	assert_int_equal(info.devices[0].register_shift, 2);
	assert_int_equal(info.devices[0].size, 32);
	assert_int_equal(x86_platform.uart_shift, 2);
	put(&table, 40, 1, 1); /* ports lie side by side */
	read_spcr(table);
	assert_int_equal(info.devices[0].register_shift, 0);
}

static void what_is_known(void **state)
{
	(void)state;
	for (uint32_t interface = 0; interface < 256; interface++)
		assert_int_equal(known_with(36, 1, interface), interface == 0 || interface == 1 || interface == 0x12);
	for (uint32_t space = 0; space < 256; space++)
		assert_int_equal(known_with(40, 1, space), space < 2);
	assert_false(known_with(44, 8, 0));
	assert_true(known_with(44, 8, 1));
	assert_true(known_with(44, 8, EARLY_LIMIT - 1));
	assert_false(known_with(44, 8, EARLY_LIMIT));
	struct table table = spcr();
	for (uint32_t size = 36; size < 80; size++) {
		table.size = size;
		read_spcr(table);
		assert_int_equal(info.device_count, size >= 58);
	}
}

static void nothing(void **state)
{
	(void)state;
	read();
	assert_int_equal(info.device_count, 0);
	assert_int_equal(consoles, 1);
	assert_false(x86_platform.uart_known);
}

/* FADT, and the DSDT it names. */
static void list_dsdt(struct table dsdt)
{
	struct table fadt = table_of("FACP", 244);

	put(&fadt, 140, 8, table_place(dsdt));
	table_list(fadt);
}

static void by_aml(void **state)
{
	(void)state;
	struct table dsdt = table_of("DSDT", 36), first = table_of("SSDT", 36), second = table_of("SSDT", 36);

	append_bytes(&dsdt, PORT(0xf8, 0x03, 4), PORT(0xf8, 0x02, 3));
	append_bytes(&first, PORT(0xf8, 0x02, 5), PORT(0xe8, 0x03, 7)); /* one that is known, and one that is not */
	append_bytes(&second, PORT(0xe8, 0x02, 9 - 3));
	list_dsdt(dsdt);
	table_list(first);
	table_list(second);
	override(3, 19);
	read();
	assert_int_equal(info.device_count, 4);
	device(0, 0x3f8, 4, IRQ_TRIGGER_EDGE);
	device(1, 0x2f8, 19, IRQ_TRIGGER_LEVEL);
	device(2, 0x3e8, 7, IRQ_TRIGGER_EDGE);
	device(3, 0x2e8, 6, IRQ_TRIGGER_EDGE);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(info.devices[i].region_kind, REGION_PORT);
		assert_int_equal(info.devices[i].size, 8);
	}
	assert_int_equal(x86_platform.uart_base, 0x3f8); /* the first is the console */
	assert_false(x86_platform.uart_memory);
}

/* What SPCR names is not named again, and is the console; its memory is no port. */
static void by_both(void **state)
{
	(void)state;
	struct table dsdt = table_of("DSDT", 36), table = spcr();

	append_bytes(&dsdt, PORT(0xf8, 0x03, 4), PORT(0xf8, 0x02, 3));
	list_dsdt(dsdt);
	put(&table, 44, 8, 0x2f8);
	table_list(table);
	read();
	assert_int_equal(info.device_count, 2);
	device(0, 0x2f8, 4, IRQ_TRIGGER_EDGE);
	device(1, 0x3f8, 4, IRQ_TRIGGER_EDGE);
	assert_int_equal(x86_platform.uart_base, 0x2f8);
	listed_count--;
	put(&table, 40, 1, 0);
	table_list(table);
	read();
	assert_int_equal(info.device_count, 3);
	assert_true(x86_platform.uart_memory);
}

static void without_interrupt(void **state)
{
	(void)state;
	struct table dsdt = table_of("DSDT", 36);

	append_bytes(&dsdt, PORT(0xf8, 0x03, 8)); /* beyond the byte: of no line */
	list_dsdt(dsdt);
	override(UINT32_MAX, 19);
	read();
	assert_int_equal(info.device_count, 1);
	device(0, 0x3f8, UINT32_MAX, IRQ_TRIGGER_EDGE);
}

/* Of one table four are looked at; of devices there is room for so many. */
static void many(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < 8; i++) {
		struct table table = table_of("SSDT", 36);
		for (uint8_t port = 0; port < 5; port++)
			append_bytes(&table, PORT((uint8_t)(port * 8), i + 1u, 4));
		table_list(table);
	}
	read();
	assert_int_equal(info.device_count, BOOT_DEVICES_MAX);
	for (uint32_t i = 0; i < BOOT_DEVICES_MAX; i++)
		assert_int_equal(info.devices[i].base, (i / 4 + 1) << 8 | i % 4 * 8);
	assert_int_equal(info.entry_ticks, 0);
	assert_int_equal(x86_platform.uart_base, 0x100);
}

TEST_MAIN(T(by_spcr), T(interrupts), T(in_memory), T(what_is_known), T(nothing), T(by_aml), T(by_both),
          T(without_interrupt), T(many))
