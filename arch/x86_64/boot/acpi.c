/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Finding ACPI tables: RSDP, then XSDT or RSDT, then by signature. A table that is out of reach, too short or
 * whose checksum is wrong does not exist.
 */
#include "boot.h"

#include <lib/bytes.h>
#include <lib/string.h>

#define HEADER        36u
#define RSDP_OLD      20u
#define RSDP_NEW      36u
#define TABLE_MAX     (16u << 20)
#define FADT_DSDT     40u
#define FADT_DSDT_NEW 140u

static struct acpi_table root;
static size_t root_entry; /* bytes: 4 in an RSDT, 8 in an XSDT */

static bool sums_to_zero(const uint8_t *data, size_t length)
{
	uint8_t sum = 0;
	for (size_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + data[i]);
	return sum == 0;
}

static struct acpi_table table_at(uint64_t address, const char *signature)
{
	struct acpi_table none = {NULL, 0};
	const uint8_t *data = boot_bytes(address, HEADER);
	if (data == NULL || memcmp(data, signature, 4) != 0)
		return none;
	uint32_t length = bytes_le32(data + 4);
	if (length < HEADER || length > TABLE_MAX || boot_bytes(address, length) == NULL ||
	    !sums_to_zero(data, length))
		return none;
	return (struct acpi_table){data, length};
}

void acpi_open(uint64_t rsdp)
{
	const uint8_t *data = boot_bytes(rsdp, RSDP_OLD);
	if (data == NULL || memcmp(data, "RSD PTR ", 8) != 0 || !sums_to_zero(data, RSDP_OLD))
		boot_refuse("the firmware offers no ACPI tables");
	bool new = data[15] >= 2 && boot_bytes(rsdp, RSDP_NEW) != NULL;
	if (new) {
		root = table_at(bytes_le64(data + 24), "XSDT");
		root_entry = 8;
	}
	if (root.data == NULL) {
		root = table_at(bytes_le32(data + 16), "RSDT");
		root_entry = 4;
	}
	if (root.data == NULL)
		boot_refuse("the ACPI root table is damaged or out of reach");
}

struct acpi_table acpi_find(const char *signature, uint32_t index)
{
	for (size_t at = HEADER; bytes_fit(root.length, at, root_entry); at += root_entry) {
		uint64_t address =
			root_entry == 8 ? bytes_le64(root.data + at) : bytes_le32(root.data + at);
		struct acpi_table table = table_at(address, signature);
		if (table.data != NULL && index-- == 0)
			return table;
	}
	return (struct acpi_table){NULL, 0};
}

struct acpi_table acpi_dsdt(void)
{
	struct acpi_table fadt = acpi_find("FACP", 0);
	uint32_t address;
	uint64_t address_new;
	if (load_le64(fadt.data, fadt.length, FADT_DSDT_NEW, &address_new) && address_new != 0)
		return table_at(address_new, "DSDT");
	if (load_le32(fadt.data, fadt.length, FADT_DSDT, &address))
		return table_at(address, "DSDT");
	return (struct acpi_table){NULL, 0};
}
