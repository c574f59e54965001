/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the MADT says: CPUs, I/O APICs, how ISA interrupts are wired, where the local APIC is; and MADTs that are cut or full. */
#include "firmware.h"

#define LAPIC(id, flags) 0, 8, 0, id, flags, 0, 0, 0
#define X2APIC(id, high, flags) 9, 16, 0, 0, id, high, 0, 0, flags, 0, 0, 0, 0, 0, 0, 0
#define IOAPIC(address, first) 1, 12, 0, 0, 0, address, 0xc0, 0xfe, first, 0, 0, 0
#define OVERRIDE(isa, line, flags) 2, 10, 0, isa, line, 0, 0, 0, flags, 0
#define BOOT_CPU 5

static struct table madt(void)
{
	struct table table = table_of("APIC", 44);

	put(&table, 36, 4, 0xfee00000);
	return table;
}

static void read(const struct table *table)
{
	listed_count = 0;
	table_list(*table);
	firmware_open();
	memset(&x86_platform, 0, sizeof x86_platform);
	acpi_read_interrupts(&info, BOOT_CPU);
}

static void line(uint32_t isa, uint32_t expected, enum irq_trigger trigger)
{
	uint32_t line = 1234, found = 1234;

	acpi_isa_line(isa, &line, &found);
	assert_int_equal(line, expected);
	assert_int_equal(found, trigger);
}

/* CPUs besides the one that boots, which is first. */
static void cpus(uint32_t count, const uint64_t *ids)
{
	assert_int_equal(info.cpu_count, count + 1);
	assert_int_equal(info.cpu_hardware_ids[0], BOOT_CPU);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(info.cpu_hardware_ids[i + 1], ids[i]);
}
#define assert_cpus(...) cpus(sizeof((uint64_t[]){__VA_ARGS__}) / 8, (uint64_t[]){__VA_ARGS__})

/* What QEMU's q35 with four CPUs says. */
static void q35(void **state)
{
	(void)state;
	struct table table = madt();
	static const uint8_t ids[] = {100, 101, 102};

	append_bytes(&table, LAPIC(BOOT_CPU, 1));
	for (uint32_t i = 0; i < 3; i++)
		append_bytes(&table, LAPIC(ids[i], 1));
	append_bytes(&table, IOAPIC(0x00, 0), OVERRIDE(0, 2, 0), OVERRIDE(5, 5, 0x0d), OVERRIDE(9, 9, 0x0d),
	             OVERRIDE(10, 10, 0x0d), OVERRIDE(11, 11, 0x0d), 4, 6, 0xff, 0, 0, 1);
	read(&table);
	assert_cpus(100, 101, 102);
	assert_int_equal(x86_platform.lapic_base, 0xfee00000);
	assert_int_equal(x86_platform.ioapic_count, 1);
	assert_int_equal(x86_platform.ioapics[0].base, 0xfec00000);
	assert_int_equal(x86_platform.ioapics[0].line_first, 0);
	assert_int_equal(x86_platform.override_count, 5);
	line(0, 2, IRQ_TRIGGER_EDGE);
	line(1, 1, IRQ_TRIGGER_EDGE);
	line(9, 9, IRQ_TRIGGER_LEVEL);
	acpi_check_interrupts();
}

static void which_cpus(void **state)
{
	(void)state;
	struct table table = madt();

	append_bytes(&table, LAPIC(200, 1), LAPIC(201, 0), LAPIC(202, 2), LAPIC(203, 3), LAPIC(200, 1), LAPIC(254, 1),
	             LAPIC(255, 1), X2APIC(203, 0, 1), X2APIC(204, 0, 1), X2APIC(205, 0, 0), X2APIC(206, 1, 1),
	             X2APIC(255, 0, 1));
	read(&table);
	assert_cpus(200, 203, 254, 204);
}

static void too_many(void **state)
{
	(void)state;
	struct table table = madt();

	for (uint8_t i = 0; i < 20; i++) {
		append_bytes(&table, LAPIC((uint8_t)(220 + i), 1), IOAPIC(i, (uint8_t)(i * 8)), OVERRIDE(i, 100, 0));
	}
	read(&table);
	assert_int_equal(info.cpu_count, CPU_MAX);
	for (uint32_t i = 1; i < CPU_MAX; i++)
		assert_int_equal(info.cpu_hardware_ids[i], 219 + i);
	assert_int_equal(info.devices[0].kind, 0);
	assert_int_equal(x86_platform.ioapic_count, X86_IOAPICS_MAX);
	for (uint32_t i = 0; i < X86_IOAPICS_MAX; i++) {
		assert_int_equal(x86_platform.ioapics[i].base, 0xfec00000 + (i << 8));
		assert_int_equal(x86_platform.ioapics[i].line_first, i * 8);
	}
	assert_int_equal(x86_platform.override_count, X86_OVERRIDES_MAX);
	for (uint32_t i = 0; i < 20; i++)
		line(i, i < X86_OVERRIDES_MAX ? 100 : i, IRQ_TRIGGER_EDGE);
	assert_int_equal(x86_platform.hpet_base, 0);
}

/* Polarity in two bits, trigger in two more; what the bus does is edges. Of two for one interrupt the last counts. */
static void triggers(void **state)
{
	(void)state;
	struct table table = madt();

	for (uint8_t flags = 0; flags < 16; flags++)
		append_bytes(&table, OVERRIDE(flags, 50, flags));
	read(&table);
	for (uint32_t flags = 0; flags < 16; flags++)
		line(flags, 50, flags < 12 ? IRQ_TRIGGER_EDGE : flags == 15 ? IRQ_TRIGGER_LEVEL_LOW : IRQ_TRIGGER_LEVEL);
	table = madt();
	append_bytes(&table, OVERRIDE(3, 20, 0xf0), OVERRIDE(3, 21, 0xff), 2, 10, 0, 4, 1, 2, 3, 4, 0x0d, 0xf0);
	read(&table);
	line(3, 21, IRQ_TRIGGER_LEVEL_LOW);
	line(4, 0x04030201, IRQ_TRIGGER_LEVEL);
}

static void local_apic(void **state)
{
	(void)state;
	struct table table = madt();

	append_bytes(&table, 5, 12, 0, 0, 0, 0, 0x10, 0xfe, 1, 0, 0, 0);
	read(&table);
	assert_int_equal(x86_platform.lapic_base, 0x1fe100000);
}

/* Entries that are too short say nothing, and the next one is read all the same. */
static void short_entries(void **state)
{
	(void)state;
	static const uint8_t kinds[] = {0, 9, 1, 2, 5}, sizes[] = {8, 16, 12, 10, 12};

	for (uint32_t i = 0; i < 5; i++) {
		for (uint8_t size = 2; size <= sizes[i] + 1; size++) {
			struct table table = madt();
			append_bytes(&table, kinds[i], size, 0, 91);
			for (uint32_t at = 4; at < size; at++)
				append_bytes(&table, kinds[i] == 9 && at >= 5 && at < 8 ? 0 : 91);
			table.size = 44u + size;
			append_bytes(&table, LAPIC(250, 1));
			read(&table);
			const bool read_it = size >= sizes[i];
			if (read_it && (kinds[i] == 0 || kinds[i] == 9))
				assert_cpus(91, 250);
			else
				assert_cpus(250);
			assert_int_equal(x86_platform.ioapic_count, kinds[i] == 1 && read_it);
			assert_int_equal(x86_platform.override_count, kinds[i] == 2 && read_it);
			assert_int_equal(x86_platform.lapic_base == 0xfee00000, kinds[i] != 5 || !read_it);
		}
	}
}

/* An entry of no length, of one byte, or beyond the table ends it. */
static void broken(void **state)
{
	(void)state;
	static const uint8_t lengths[] = {0, 1, 18, 255};
	struct table table;

	for (uint32_t i = 0; i < 4; i++) {
		table = madt();
		append_bytes(&table, LAPIC(100, 1), 0, lengths[i], 8, 0, 0, 0, 0, 0, 0, LAPIC(102, 1));
		read(&table);
		assert_cpus(100);
	}
	table = madt();
	append_bytes(&table, LAPIC(100, 1), LAPIC(101, 1), 0);
	for (uint32_t less = 0; less < 10; less++, table.size--) {
		read(&table);
		if (less < 2)
			assert_cpus(100, 101);
		else
			assert_cpus(100);
	}
}

static void none(void **state)
{
	(void)state;
	struct table table = madt();

	info.cpu_count = 5;
	firmware_open();
	acpi_read_interrupts(&info, BOOT_CPU);
	assert_int_equal(info.cpu_count, 5); /* nothing was read */
	assert_refused(acpi_check_interrupts(), "ACPI describes no interrupt controllers (no MADT)");
	table.size = 43;
	read(&table);
	assert_int_equal(info.cpu_count, 5);
	assert_int_equal(x86_platform.lapic_base, 0);
	table.size = 44;
	read(&table);
	assert_int_equal(info.cpu_count, 1);
	assert_int_equal(x86_platform.lapic_base, 0xfee00000);
	assert_refused(acpi_check_interrupts(), "ACPI describes no I/O APIC");
}

#define B(name) cmocka_unit_test_setup_teardown(name, firmware_begin, firmware_end)
TEST_MAIN(B(q35), B(which_cpus), B(too_many), B(triggers), B(local_apic), B(short_entries), B(broken), B(none))
