/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What FADT, HPET, MCFG and DMAR say: ports, soft off, reset, the clock, configuration space, IOMMUs, the name. */
#include "firmware.h"

#define P x86_platform

static struct table dsdt(void)
{
	struct table table = table_of("DSDT", 36);

	append_bytes(&table, 0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x02, 0x0a, 0x05, 0x0a, 0x06);
	return table;
}

/* As QEMU's q35 has it, and a second control register. */
static struct table fadt(void)
{
	struct table table = table_of("FACP", 244);

	put(&table, 40, 4, table_place(dsdt()));
	put(&table, 48, 4, 0xb2);
	put(&table, 52, 1, 2);
	put(&table, 64, 4, 0x604);
	put(&table, 68, 4, 0x704);
	put(&table, 76, 4, 0x608);
	put(&table, 112, 4, 1u << 10);
	put(&table, 116, 1, 1); /* reset: a port of 8 bits at 0xcf9 */
	put(&table, 117, 1, 8);
	put(&table, 120, 8, 0xcf9);
	put(&table, 128, 1, 0x0f);
	table.size = 244;
	return table;
}

static void read(void)
{
	memset(&info, 0, sizeof info);
	memset(&P, 0, sizeof P);
	firmware_open();
	acpi_read_machine(&info);
}

static void read_alone(struct table table)
{
	listed_count = 0;
	table_list(table);
	read();
}

/* That FADT, with another value in one place. */
static void read_with(size_t at, size_t width, uint64_t value)
{
	struct table table = fadt();

	put(&table, at, width, value);
	read_alone(table);
}

static void nothing(void **state)
{
	(void)state;
	const struct x86_platform none = {.lapic_base = 0};

	read();
	assert_int_equal(info.device_count, 0);
	assert_string_equal(info.machine, "ACPI ");
	assert_memory_equal(&P, &none, sizeof none);
}

static void q35(void **state)
{
	(void)state;
	read_alone(fadt());
	assert_int_equal(P.pm1a_control, 0x604);
	assert_int_equal(P.pm1b_control, 0x704);
	assert_int_equal(P.pm_timer_port, 0x608);
	assert_int_equal(P.smi_command, 0xb2);
	assert_int_equal(P.acpi_enable, 2);
	assert_true(P.sleep_known);
	assert_int_equal(P.sleep_a, 5);
	assert_int_equal(P.sleep_b, 6);
	assert_true(P.reset_known && !P.reset_memory);
	assert_int_equal(P.reset_address, 0xcf9);
	assert_int_equal(P.reset_value, 0x0f);
	assert_false(P.sleep_reduced);
	assert_int_equal(P.hpet_base, 0);
	assert_string_equal(info.machine, "ACPI BOCHS BXPC");
	assert_int_equal(info.device_count, 1);
	const struct info_device *rtc = &info.devices[0];
	assert_int_equal(rtc->kind, DEVICE_RTC);
	assert_int_equal(rtc->region_kind, REGION_PORT);
	assert_int_equal(rtc->base, 0x70);
	assert_int_equal(rtc->size, 2);
	assert_int_equal(rtc->irq, 8);
	assert_int_equal(rtc->irq_trigger, IRQ_TRIGGER_EDGE);
	assert_string_equal(rtc->compatible, "cmos-rtc");
}

/* A port of more than 16 bits is none. */
static void ports(void **state)
{
	(void)state;
	static const size_t places[] = {64, 68, 76, 48};
	const uint16_t *const ports[] = {&P.pm1a_control, &P.pm1b_control, &P.pm_timer_port, &P.smi_command};

	for (uint32_t i = 0; i < 4; i++) {
		read_with(places[i], 4, 0xffff);
		assert_int_equal(*ports[i], 0xffff);
		read_with(places[i], 4, 0x10000 + 0x1234);
		assert_int_equal(*ports[i], 0);
	}
}

/* A FADT ends somewhere: what is not whole before that is absent. */
static void cut(void **state)
{
	(void)state;
	struct table table = fadt();

	put(&table, 109, 2, 1u << 5);
	for (uint32_t size = 36; size <= 244; size++) {
		table.size = size;
		read_alone(table);
		assert_int_equal(P.sleep_known, size >= 44);
		assert_int_equal(P.smi_command, size >= 52 ? 0xb2 : 0);
		assert_int_equal(P.acpi_enable, size >= 53 ? 2 : 0);
		assert_int_equal(P.pm1a_control, size >= 68 ? 0x604 : 0);
		assert_int_equal(P.pm1b_control, size >= 72 ? 0x704 : 0);
		assert_int_equal(P.pm_timer_port, size >= 80 ? 0x608 : 0);
		assert_int_equal(info.device_count, size >= 111 ? 0 : 1);
		assert_int_equal(P.reset_known, size >= 129);
	}
}

static void clock(void **state)
{
	(void)state;
	for (uint32_t bit = 0; bit < 16; bit++) {
		read_with(109, 2, 1u << bit);
		assert_int_equal(info.device_count, bit != 5);
	}
	info.device_count = 0;
	P.overrides[P.override_count++] = (struct x86_override){8, 28, IRQ_TRIGGER_LEVEL_LOW};
	acpi_read_machine(&info);
	assert_int_equal(info.devices[0].irq, 28);
	assert_int_equal(info.devices[0].irq_trigger, IRQ_TRIGGER_LEVEL_LOW);
}

static void reset(void **state)
{
	(void)state;
	for (uint32_t bit = 0; bit < 32; bit++) {
		read_with(112, 4, 1u << bit);
		assert_int_equal(P.reset_known, bit == 10);
		assert_false(P.sleep_reduced); /* there is no register */
	}
	for (uint32_t space = 0; space < 256; space++) {
		read_with(116, 1, space);
		assert_int_equal(P.reset_known, space < 2);
		assert_int_equal(P.reset_memory, space == 0);
	}
	read_with(120, 8, 0x123456789abcdef0);
	assert_true(P.reset_known && P.reset_address == 0x123456789abcdef0);
	read_with(120, 8, 0);
	assert_false(P.reset_known);
}

static void reduced(void **state)
{
	(void)state;
	struct table table = fadt();

	put(&table, 112, 4, 1u << 20);
	put(&table, 244, 1, 1);
	put(&table, 248, 8, 0x605);
	for (uint32_t size = 240; size <= 256; size++) {
		table.size = size;
		read_alone(table);
		assert_int_equal(P.sleep_reduced, size == 256);
	}
	assert_false(P.sleep_memory);
	assert_false(P.reset_known);
	assert_int_equal(P.sleep_control, 0x605);
	put(&table, 244, 1, 0);
	read_alone(table);
	assert_true(P.sleep_reduced && P.sleep_memory);
	put(&table, 112, 4, 1u << 19 | 1u << 21);
	read_alone(table);
	assert_false(P.sleep_reduced);
}

static void timer(void **state)
{
	(void)state;
	struct table table = table_of("HPET", 56);

	put(&table, 44, 8, 0xfed00000);
	read_alone(table);
	assert_int_equal(P.hpet_base, 0xfed00000);
	table.size = 52;
	read_alone(table);
	assert_int_equal(P.hpet_base, 0xfed00000);
	table.size = 51;
	read_alone(table);
	assert_int_equal(P.hpet_base, 0);
	table.size = 56;
	put(&table, 40, 1, 1);
	read_alone(table);
	assert_int_equal(P.hpet_base, 0);
	put(&table, 40, 1, 0);
	put(&table, 44, 8, EARLY_LIMIT);
	read_alone(table);
	assert_int_equal(P.hpet_base, 0);
	put(&table, 44, 8, EARLY_LIMIT - 1);
	read_alone(table);
	assert_int_equal(P.hpet_base, EARLY_LIMIT - 1);
}

static void segment(struct table *table, uint64_t base, uint8_t first, uint8_t last)
{
	const uint32_t at = table->size;

	put(table, at, 8, base);
	put(table, at + 10, 1, first);
	put(table, at + 11, 1, last);
	put(table, at + 12, 4, 0);
}

static void buses(uint32_t index, uint64_t base, uint64_t size)
{
	const struct info_device *ecam = &info.devices[index];

	assert_int_equal(ecam->kind, DEVICE_PCI_ECAM);
	assert_int_equal(ecam->region_kind, REGION_MEMORY);
	assert_int_equal(ecam->base, base);
	assert_int_equal(ecam->size, size);
	assert_int_equal(ecam->irq, UINT32_MAX);
	assert_string_equal(ecam->compatible, "pci-ecam");
}

static void configuration_space(void **state)
{
	(void)state;
	struct table table = table_of("MCFG", 44);
	const uint64_t high = UINT64_MAX - (256ull << 20);

	segment(&table, 0xb0000000, 0, 255);
	segment(&table, 0x4010000000, 16, 31);
	segment(&table, 0xc0000000, 5, 4); /* no bus */
	segment(&table, 0xc0000000, 7, 7);
	segment(&table, high + 1, 0, 0); /* would wrap */
	segment(&table, high, 0, 0);
	const uint32_t size = table.size;
	for (uint32_t less = 0; less <= 17; less++) {
		table.size = size - less;
		read_alone(table);
		assert_int_equal(info.device_count, less == 0 ? 4 : 3);
		buses(0, 0xb0000000, 256ull << 20);
		buses(1, 0x4010000000 + (16ull << 20), 16ull << 20);
		buses(2, 0xc0000000 + (7ull << 20), 1ull << 20);
		if (less == 0)
			buses(3, high, 1ull << 20);
	}
	table.size = 44;
	read_alone(table);
	assert_int_equal(info.device_count, 0);
}

#define UNIT(kind, size, segment, at) kind, 0, size, 0, 0, 0, segment, 0, 0, 0, at, 0xfe, 0, 0, 0, 0

static void remapping(void **state)
{
	(void)state;
	struct table table = table_of("DMAR", 48);

	append_bytes(&table, UNIT(0, 24, 0, 0xd9), 1, 0, 8, 0, 0, 0, 0, 0); /* with a scope */
	append_bytes(&table, UNIT(1, 16, 0, 0xda), UNIT(0, 16, 1, 0xdb)); /* reserved memory; another segment */
	append_bytes(&table, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0xdc, 0xfe, 0, 0, 0); /* too short */
	append_bytes(&table, 0, 0, 16, 0, 0, 0, 0, 1, 0, 0, 0xde, 0xfe, 0, 0, 0, 0); /* segment 0x100 */
	append_bytes(&table, 3, 0, 4, 0, UNIT(0, 16, 0, 0xdd));
	const uint32_t size = table.size;
	for (uint32_t less = 0; less <= 16; less++) {
		table.size = size - less;
		read_alone(table);
		assert_int_equal(info.device_count, less == 0 ? 2 : 1);
		for (uint32_t i = 0; i < info.device_count; i++) {
			const struct info_device *unit = &info.devices[i];
			assert_int_equal(unit->kind, DEVICE_IOMMU_VTD);
			assert_int_equal(unit->region_kind, REGION_MEMORY);
			assert_int_equal(unit->base, i == 0 ? 0xfed90000 : 0xfedd0000);
			assert_int_equal(unit->size, PAGE_SIZE);
			assert_int_equal(unit->irq, UINT32_MAX);
			assert_string_equal(unit->compatible, "intel,vt-d");
		}
	}
	for (uint8_t length = 0; length < 4; length += 3) { /* an entry too short for its length ends it */
		table = table_of("DMAR", 48);
		append_bytes(&table, 9, 0, length);
		table.size += length == 0;
		append_bytes(&table, UNIT(0, 16, 0, 0xd9));
		read_alone(table);
		assert_int_equal(info.device_count, 0);
	}
}

/* Printable characters of firmware's and board's names, a space between. */
static void name(void **state)
{
	(void)state;
	struct table table = fadt();

	memcpy(table.bytes + 10, "!~ \x7f\0" "A12345678", 14);
	read_alone(table);
	assert_string_equal(info.machine, "ACPI !~A 12345678");
	memcpy(table.bytes + 10, "ABCDEFabcdefgh", 14);
	put(&table, 24, 4, 0x41414141);
	read_alone(table);
	assert_string_equal(info.machine, "ACPI ABCDEF abcdefgh");
	memset(&info, 'x', sizeof info);
	info.device_count = 0;
	acpi_read_machine(&info);
	assert_string_equal(info.machine, "ACPI ABCDEF abcdefgh");
}

static void no_more_devices(void **state)
{
	(void)state;
	struct info_device device = {.kind = 0};

	memset(&info, 0, sizeof info);
	for (uint32_t i = 1; i <= BOOT_DEVICES_MAX + 2; i++) {
		device.kind = i;
		boot_device_add(&info, &device);
		assert_int_equal(info.device_count, i < BOOT_DEVICES_MAX ? i : BOOT_DEVICES_MAX);
	}
	for (uint32_t i = 0; i < BOOT_DEVICES_MAX; i++)
		assert_int_equal(info.devices[i].kind, i + 1);
	assert_int_equal(info.entry_ticks, 0);
}

TEST_MAIN(T(nothing), T(q35), T(ports), T(cut), T(clock), T(reset), T(reduced), T(timer), T(configuration_space),
          T(remapping), T(name), T(no_more_devices))
