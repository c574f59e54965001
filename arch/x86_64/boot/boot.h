/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the boot files share. Order: the loader's information is copied (pvh.c, multiboot2.c), ACPI is read
 * (acpi.c, acpi_*.c, aml.c), memory is sorted out (ranges.c), and kernel_main is called (boot.c).
 */
#pragma once
#include "../kernel/x86.h"

#include <lib/bytes.h>

/* Everything loader and firmware leave for us must lie in what the early page tables map. */
#define EARLY_LIMIT (4ull << 30)

/* Bytes at a physical address, readable now; NULL if they are out of reach. */
/*@ assigns \nothing;
    ensures \result == \null || bytes_in(\result, length); */
const uint8_t *boot_bytes(uint64_t address, uint64_t length);

/* Fill loader, command line, memory, bundle; return the address of the RSDP (0: not told). */
uint64_t pvh_read(struct boot_info *info, uint64_t start_info);
uint64_t multiboot2_read(struct boot_info *info, uint64_t tags);
#define MULTIBOOT2_LOADER_MAGIC 0x36d76289u

/* Usable RAM: whole pages only. Refuses when there are too many ranges. */
void range_add_memory(struct boot_info *info, uint64_t base, uint64_t size);
void range_reserve(struct boot_info *info, uint64_t base, uint64_t size);
/* Sort and merge the usable ranges, and drop what lies at `limit` or above. */
void range_finish(struct boot_info *info, uint64_t limit);
bool range_is_memory(const struct boot_info *info, uint64_t base, uint64_t size);
/* `pages` free pages in [low, high): found and reserved, or 0. */
uint64_t range_carve(struct boot_info *info, uint64_t low, uint64_t high, uint64_t pages);

struct acpi_table {
	const uint8_t *data; /* header included; NULL: no such table */
	size_t length;
};
#define ACPI_HEADER    36u
#define ACPI_TABLE_MAX (16u << 20) /* bytes */

/*@ // Absent, or that many bytes to read; what is in them is nobody's promise.
    predicate acpi_ok(struct acpi_table table) = bytes_in(table.data, table.length) &&
      table.length <= ACPI_TABLE_MAX && (table.data == \null ==> table.length == 0);
    // With its header, if it is there.
    predicate acpi_whole(struct acpi_table table) =
      acpi_ok(table) && (table.data != \null ==> table.length >= ACPI_HEADER);
*/
/* The bytes are these characters. */
/*@ requires bytes_in(data, length) && \valid_read(text + (0 .. length - 1));
    assigns \nothing; */
CC_NODISCARD bool acpi_text_is(const uint8_t *data, const char *text, size_t length);
/* Find the tables. Refuses if there are none. */
void acpi_open(uint64_t rsdp);
/* The `index`th table of a signature. */
/*@ requires \valid_read(signature + (0 .. 3));
    assigns \nothing;
    ensures acpi_whole(\result) && (\result.data != \null ==> index < ACPI_TABLE_MAX); */
struct acpi_table acpi_find(const char *signature, uint32_t index);
/*@ assigns \nothing;
    ensures acpi_whole(\result); */
struct acpi_table acpi_dsdt(void);
/* In this order: the console needs to know its interrupt, and the rest can be complained about only then. The CPU that
 * boots is named by its APIC id and becomes the first. */
void acpi_read_interrupts(struct boot_info *info, uint32_t boot_cpu);
void acpi_read_console(struct boot_info *info);
void acpi_check_interrupts(void);
void acpi_read_machine(struct boot_info *info);
/*@ predicate platform_ok = x86_platform.ioapic_count <= X86_IOAPICS_MAX &&
      x86_platform.override_count <= X86_OVERRIDES_MAX; */
/* Line and trigger of an ISA interrupt. */
/*@ requires platform_ok && \valid(out_line) && \valid(out_trigger) && \separated(out_line, out_trigger, &x86_platform);
    assigns *out_line, *out_trigger; */
void acpi_isa_line(uint32_t isa, uint32_t *out_line, uint32_t *out_trigger);
/*@ predicate devices_ok(struct boot_info *info) = \valid(info) && \separated(info, &x86_platform) &&
      info->device_count <= BOOT_DEVICES_MAX; */
/*@ requires devices_ok(info) && \valid_read(device) && \separated(info, device);
    assigns info->devices[0 .. BOOT_DEVICES_MAX - 1], info->device_count;
    ensures devices_ok(info); */
void boot_device_add(struct boot_info *info, const struct info_device *device);

/* A serial port that the AML names. */
struct aml_uart {
	uint16_t port;
	uint32_t isa_irq; /* UINT32_MAX: none */
};
/*@ requires acpi_ok(table) && \valid(out_uart);
    assigns *out_uart; */
CC_NODISCARD bool aml_find_uart(struct acpi_table table, uint32_t index, struct aml_uart *out_uart);
/* The two values that ask for soft off. */
/*@ requires acpi_ok(table) && \valid(out_a) && \valid(out_b);
    assigns *out_a, *out_b; */
CC_NODISCARD bool aml_find_sleep(struct acpi_table table, uint8_t *out_a, uint8_t *out_b);
