/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the boot files share. Order: the loader's information is copied (pvh.c, multiboot2.c), ACPI is read
 * (acpi.c, acpi_*.c, aml.c), memory is sorted out (ranges.c), and kernel_main is called (boot.c).
 */
#pragma once
#include "../kernel/x86.h"

/* Everything loader and firmware leave for us must lie in what the early page tables map. */
#define EARLY_LIMIT (4ull << 30)

/* Bytes at a physical address, readable now; NULL if they are out of reach. */
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
/* Find the tables. Refuses if there are none. */
void acpi_open(uint64_t rsdp);
/* The `index`th table of a signature. */
struct acpi_table acpi_find(const char *signature, uint32_t index);
struct acpi_table acpi_dsdt(void);
/* In this order: the console needs to know its interrupt, and the rest can be complained about only then. */
void acpi_read_interrupts(struct boot_info *info);
void acpi_read_console(struct boot_info *info);
void acpi_check_interrupts(void);
void acpi_read_machine(struct boot_info *info);
/* Line and trigger of an ISA interrupt. */
void acpi_isa_line(uint32_t isa, uint32_t *out_line, uint32_t *out_trigger);
void boot_device_add(struct boot_info *info, const struct info_device *device);

/* A serial port that the AML names. */
struct aml_uart {
	uint16_t port;
	uint32_t isa_irq; /* UINT32_MAX: none */
};
CC_NODISCARD bool aml_find_uart(struct acpi_table table, uint32_t index, struct aml_uart *out_uart);
/* The two values that ask for soft off. */
CC_NODISCARD bool aml_find_sleep(struct acpi_table table, uint8_t *out_a, uint8_t *out_b);
