/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Timers, power, the clock, PCI configuration space, IOMMUs: FADT, HPET, MCFG, DMAR. */
#include "boot.h"

#include <lib/string.h>

/* FADT */
#define FADT_SMI_COMMAND   48u
#define FADT_ACPI_ENABLE   52u
#define FADT_PM1A_CONTROL  64u
#define FADT_PM1B_CONTROL  68u
#define FADT_PM_TIMER      76u
#define FADT_BOOT_FLAGS    109u
#define FADT_FLAGS         112u
#define FADT_RESET         116u
#define FADT_RESET_VALUE   128u
#define BOOT_FLAG_NO_RTC   (1u << 5)
#define FADT_SLEEP_CONTROL 244u
#define FLAG_RESET         (1u << 10)
#define FLAG_REDUCED       (1u << 20)

#define SPACE_MEMORY 0u
#define SPACE_PORT   1u

/* DMAR */
#define DMAR_UNITS 48u
#define DMAR_UNIT  0u

#define RTC_ISA_IRQ 8u

#define MEGABYTE 0x100000ull /* of configuration space for a bus */

static const char vendor[] = "ACPI ";
static const char pci_ecam[] = "pci-ecam";
static const char vt_d[] = "intel,vt-d";

/*@ requires devices_ok(info) && platform_ok;
    assigns info->devices[0 .. BOOT_DEVICES_MAX - 1], info->device_count;
    ensures devices_ok(info); */
static void rtc_add(struct boot_info *info)
{
	struct info_device rtc = {.kind = DEVICE_RTC, .region_kind = REGION_PORT, .base = 0x70, .size = 2};
	acpi_isa_line(RTC_ISA_IRQ, &rtc.irq, &rtc.irq_trigger);
	string_copy(rtc.compatible, sizeof(rtc.compatible), "cmos-rtc");
	boot_device_add(info, &rtc);
}

/* A generic address: false if it is absent, or in a space other than memory and ports. */
/*@ requires acpi_ok(fadt) && \valid(out_memory) && \valid(out_address) && \separated(out_memory, out_address);
    assigns *out_memory, *out_address; */
static bool address_read(struct acpi_table fadt, size_t offset, bool *out_memory, uint64_t *out_address)
{
	uint8_t space;
	if (!load_u8(fadt.data, fadt.length, offset, &space) || space > SPACE_PORT ||
	    !load_le64(fadt.data, fadt.length, offset + 4, out_address))
		return false;
	*out_memory = space == SPACE_MEMORY;
	return *out_address != 0;
}

/*@ requires acpi_ok(fadt) && platform_ok;
    assigns x86_platform;
    ensures platform_ok; */
static void read_registers(struct acpi_table fadt)
{
	uint32_t flags = 0;
	(void)load_le32(fadt.data, fadt.length, FADT_FLAGS, &flags);
	if ((flags & FLAG_RESET) != 0)
		x86_platform.reset_known =
			load_u8(fadt.data, fadt.length, FADT_RESET_VALUE, &x86_platform.reset_value) &&
			address_read(fadt, FADT_RESET, &x86_platform.reset_memory,
		                     &x86_platform.reset_address);
	if ((flags & FLAG_REDUCED) != 0)
		x86_platform.sleep_reduced = address_read(
			fadt, FADT_SLEEP_CONTROL, &x86_platform.sleep_memory, &x86_platform.sleep_control);
}

/*@ requires acpi_ok(fadt);
    assigns \nothing; */
static uint16_t port_at(struct acpi_table fadt, size_t offset)
{
	uint32_t port = 0;
	return load_le32(fadt.data, fadt.length, offset, &port) && port <= UINT16_MAX ? (uint16_t)port : 0;
}

/*@ requires devices_ok(info) && platform_ok;
    assigns info->devices[0 .. BOOT_DEVICES_MAX - 1], info->device_count, x86_platform;
    ensures devices_ok(info) && platform_ok; */
static void read_fadt(struct boot_info *info)
{
	struct acpi_table fadt = acpi_find("FACP", 0);
	uint16_t boot_flags = 0;
	if (fadt.data == NULL)
		return;
	x86_platform.pm1a_control = port_at(fadt, FADT_PM1A_CONTROL);
	x86_platform.pm1b_control = port_at(fadt, FADT_PM1B_CONTROL);
	x86_platform.pm_timer_port = port_at(fadt, FADT_PM_TIMER);
	x86_platform.smi_command = port_at(fadt, FADT_SMI_COMMAND);
	(void)load_u8(fadt.data, fadt.length, FADT_ACPI_ENABLE, &x86_platform.acpi_enable);
	x86_platform.sleep_known =
		aml_find_sleep(acpi_dsdt(), &x86_platform.sleep_a, &x86_platform.sleep_b);
	read_registers(fadt);
	(void)load_le16(fadt.data, fadt.length, FADT_BOOT_FLAGS, &boot_flags);
	if ((boot_flags & BOOT_FLAG_NO_RTC) == 0)
		rtc_add(info);
}

/*@ requires platform_ok;
    assigns x86_platform.hpet_base; */
static void read_hpet(void)
{
	struct acpi_table hpet = acpi_find("HPET", 0);
	uint64_t base;
	if (load_le64(hpet.data, hpet.length, 44, &base) && hpet.data[40] == SPACE_MEMORY &&
	    base < EARLY_LIMIT)
		x86_platform.hpet_base = base;
}

/* Configuration space of the buses first to last, which lies at a megabyte each from where bus 0 would be. */
/*@ requires bytes_in(entry, 16) && devices_ok(info);
    assigns info->devices[0 .. BOOT_DEVICES_MAX - 1], info->device_count;
    ensures devices_ok(info); */
static void mcfg_entry(struct boot_info *info, const uint8_t *entry)
{
	const uint64_t base = bytes_le64(entry);
	struct info_device ecam = {.kind = DEVICE_PCI_ECAM, .region_kind = REGION_MEMORY, .irq = UINT32_MAX};
	if (entry[11] < entry[10] || base > UINT64_MAX - 256u * MEGABYTE)
		return;
	ecam.base = base + entry[10] * MEGABYTE;
	ecam.size = (entry[11] - entry[10] + 1u) * MEGABYTE;
	//@ assert text_ends((char *)pci_ecam, 0, sizeof(pci_ecam) - 1);
	string_copy(ecam.compatible, sizeof(ecam.compatible), pci_ecam);
	boot_device_add(info, &ecam);
}

/*@ requires devices_ok(info);
    assigns info->devices[0 .. BOOT_DEVICES_MAX - 1], info->device_count;
    ensures devices_ok(info); */
static void read_mcfg(struct boot_info *info)
{
	struct acpi_table mcfg = acpi_find("MCFG", 0);
	/*@ loop invariant 44 <= at <= mcfg.length + 44 && devices_ok(info);
	    loop assigns at, info->devices[0 .. BOOT_DEVICES_MAX - 1], info->device_count;
	    loop variant mcfg.length + 44 - at; */
	for (size_t at = 44; bytes_fit(mcfg.length, at, 16); at += 16)
		mcfg_entry(info, mcfg.data + at);
}

/* DMA remapping units, of the first segment (VT-d 3.0, 8.1). */
/*@ requires devices_ok(info);
    assigns info->devices[0 .. BOOT_DEVICES_MAX - 1], info->device_count;
    ensures devices_ok(info); */
static void read_dmar(struct boot_info *info)
{
	struct acpi_table dmar = acpi_find("DMAR", 0);
	uint16_t type, length;
	/*@ loop invariant DMAR_UNITS <= at <= dmar.length + 0xffff && devices_ok(info);
	    loop assigns at, type, length, info->devices[0 .. BOOT_DEVICES_MAX - 1], info->device_count;
	    loop variant dmar.length + 0xffff - at; */
	for (size_t at = DMAR_UNITS; load_le16(dmar.data, dmar.length, at, &type) &&
	                             load_le16(dmar.data, dmar.length, at + 2, &length) && length >= 4u;
	     at += length) {
		if (type != DMAR_UNIT || length < 16u || !bytes_fit(dmar.length, at, length) ||
		    bytes_le16(dmar.data + at + 6) != 0)
			continue;
		struct info_device unit = {
			.kind = DEVICE_IOMMU_VTD,
			.region_kind = REGION_MEMORY,
			.base = bytes_le64(dmar.data + at + 8),
			.size = PAGE_SIZE,
			.irq = UINT32_MAX,
		};
		//@ assert text_ends((char *)vt_d, 0, sizeof(vt_d) - 1);
		string_copy(unit.compatible, sizeof(unit.compatible), vt_d);
		boot_device_add(info, &unit);
	}
}

/* The firmware's name for itself and for the board, from a table header. */
/*@ requires \valid(info);
    assigns info->machine[0 .. sizeof(info->machine) - 1]; */
static void read_name(struct boot_info *info)
{
	struct acpi_table fadt = acpi_find("FACP", 0);
	size_t at = sizeof(vendor) - 1u;
	//@ assert text_ends((char *)vendor, 0, sizeof(vendor) - 1);
	string_copy(info->machine, sizeof(info->machine), vendor);
	/*@ loop invariant 10 <= i <= 24 && 5 <= at <= 5 + (i - 10) + (i > 16 ? 1 : 0);
	    loop assigns i, at, info->machine[0 .. sizeof(info->machine) - 1];
	    loop variant 24 - i; */
	for (size_t i = 10; fadt.data != NULL && i < 24; i++) {
		char c = (char)fadt.data[i];
		if (i == 16)
			info->machine[at++] = ' ';
		if (c > ' ' && c <= '~')
			info->machine[at++] = c;
	}
	info->machine[at] = '\0';
}

/*@ requires devices_ok(info) && platform_ok;
    assigns *info, x86_platform;
    ensures devices_ok(info) && platform_ok; */
void acpi_read_machine(struct boot_info *info)
{
	read_name(info);
	read_fadt(info);
	read_hpet();
	read_mcfg(info);
	read_dmar(info);
}
