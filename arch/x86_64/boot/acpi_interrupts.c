/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* CPUs, interrupt controllers and the wiring of ISA interrupts: the MADT. */
#include "boot.h"

/* MADT */
#define MADT_ENTRIES       44u
#define MADT_LAPIC         0u
#define MADT_IOAPIC        1u
#define MADT_OVERRIDE      2u
#define MADT_LAPIC_ADDRESS 5u
#define MADT_X2APIC        9u
#define CPU_ENABLED        1u
#define APIC_ID_BROADCAST  255u

/*@ predicate cpus_ok(struct boot_info *info) = \valid(info) && info->cpu_count <= CPU_MAX; */

/* A CPU may be listed twice; one that I/O APICs and messages of 8-bit ids cannot reach is left out. */
/*@ requires cpus_ok(info);
    assigns info->cpu_hardware_ids[0 .. CPU_MAX - 1], info->cpu_count;
    ensures cpus_ok(info); */
static void cpu_add(struct boot_info *info, uint64_t apic_id, uint32_t flags)
{
	if ((flags & CPU_ENABLED) == 0 || apic_id >= APIC_ID_BROADCAST || info->cpu_count == CPU_MAX)
		return;
	/*@ loop invariant 0 <= i <= info->cpu_count;
	    loop assigns i;
	    loop variant info->cpu_count - i; */
	for (uint32_t i = 0; i < info->cpu_count; i++) {
		if (info->cpu_hardware_ids[i] == apic_id)
			return;
	}
	info->cpu_hardware_ids[info->cpu_count++] = apic_id;
}

/* ACPI's polarity and trigger bits; "as the bus does" means edge, active high, on ISA. */
/*@ assigns \nothing; */
static enum irq_trigger trigger_of(uint32_t flags)
{
	if ((flags >> 2 & 3u) != 3)
		return IRQ_TRIGGER_EDGE;
	return (flags & 3u) == 3 ? IRQ_TRIGGER_LEVEL_LOW : IRQ_TRIGGER_LEVEL;
}

/*@ requires bytes_in(entry, 10) && platform_ok;
    assigns x86_platform.overrides[0 .. X86_OVERRIDES_MAX - 1], x86_platform.override_count;
    ensures platform_ok; */
static void override_add(const uint8_t *entry)
{
	if (x86_platform.override_count == X86_OVERRIDES_MAX)
		return;
	x86_platform.overrides[x86_platform.override_count++] =
		(struct x86_override){entry[3], bytes_le32(entry + 4), trigger_of(bytes_le16(entry + 8))};
}

/*@ requires bytes_in(entry, 12) && platform_ok;
    assigns x86_platform.ioapics[0 .. X86_IOAPICS_MAX - 1], x86_platform.ioapic_count;
    ensures platform_ok; */
static void ioapic_add(const uint8_t *entry)
{
	if (x86_platform.ioapic_count < X86_IOAPICS_MAX)
		x86_platform.ioapics[x86_platform.ioapic_count++] =
			(struct x86_ioapic){bytes_le32(entry + 4), bytes_le32(entry + 8)};
}

/*@ requires bytes_in(entry, length) && 2 <= length && platform_ok && cpus_ok(info);
    requires \separated(info, &x86_platform);
    assigns x86_platform, info->cpu_hardware_ids[0 .. CPU_MAX - 1], info->cpu_count;
    ensures platform_ok && cpus_ok(info); */
static void madt_entry(struct boot_info *info, const uint8_t *entry, size_t length)
{
	if (entry[0] == MADT_LAPIC && length >= 8)
		cpu_add(info, entry[3], bytes_le32(entry + 4));
	else if (entry[0] == MADT_X2APIC && length >= 16)
		cpu_add(info, bytes_le32(entry + 4), bytes_le32(entry + 8));
	else if (entry[0] == MADT_IOAPIC && length >= 12)
		ioapic_add(entry);
	else if (entry[0] == MADT_OVERRIDE && length >= 10)
		override_add(entry);
	else if (entry[0] == MADT_LAPIC_ADDRESS && length >= 12)
		x86_platform.lapic_base = bytes_le64(entry + 4);
}

/*@ requires platform_ok && \valid(info) && \separated(info, &x86_platform);
    requires info->cpu_count <= CPU_MAX;
    assigns x86_platform, info->cpu_hardware_ids[0 .. CPU_MAX - 1], info->cpu_count;
    ensures platform_ok && cpus_ok(info); */
void acpi_read_interrupts(struct boot_info *info, uint32_t boot_cpu)
{
	struct acpi_table madt = acpi_find("APIC", 0);
	uint8_t length;
	if (madt.data == NULL || madt.length < MADT_ENTRIES)
		return;
	x86_platform.lapic_base = bytes_le32(madt.data + 36);
	info->cpu_hardware_ids[0] = boot_cpu;
	info->cpu_count = 1;
	/*@ loop invariant MADT_ENTRIES <= at <= madt.length && platform_ok && cpus_ok(info);
	    loop assigns at, length, x86_platform, info->cpu_hardware_ids[0 .. CPU_MAX - 1], info->cpu_count;
	    loop variant madt.length - at; */
	for (size_t at = MADT_ENTRIES; load_u8(madt.data, madt.length, at + 1, &length); at += length) {
		if (length < 2 || !bytes_fit(madt.length, at, length))
			break;
		madt_entry(info, madt.data + at, length);
	}
}

void acpi_check_interrupts(void)
{
	if (x86_platform.lapic_base == 0)
		boot_refuse("ACPI describes no interrupt controllers (no MADT)");
	if (x86_platform.ioapic_count == 0)
		boot_refuse("ACPI describes no I/O APIC");
}

void acpi_isa_line(uint32_t isa, uint32_t *out_line, uint32_t *out_trigger)
{
	*out_line = isa;
	*out_trigger = IRQ_TRIGGER_EDGE;
	/*@ loop invariant 0 <= i <= x86_platform.override_count;
	    loop assigns i, *out_line, *out_trigger;
	    loop variant x86_platform.override_count - i; */
	for (uint32_t i = 0; i < x86_platform.override_count; i++) {
		if (x86_platform.overrides[i].isa == isa) {
			*out_line = x86_platform.overrides[i].line;
			*out_trigger = x86_platform.overrides[i].trigger;
		}
	}
}
