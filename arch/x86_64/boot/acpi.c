/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Finding ACPI tables: RSDP, then XSDT or RSDT, then by signature. A table that is out of reach, too short or
 * whose checksum is wrong does not exist.
 */
#include "boot.h"

#define RSDP_OLD      20u
#define RSDP_NEW      36u
#define FADT_DSDT     40u
#define FADT_DSDT_NEW 140u

static struct acpi_table root;
static size_t root_entry; /* bytes: 4 in an RSDT, 8 in an XSDT */

/*@ predicate root_ok = acpi_ok(root) && (root.data != \null ==> root_entry == 4 || root_entry == 8); */

bool acpi_text_is(const uint8_t *data, const char *text, size_t length)
{
	/*@ loop invariant 0 <= i <= length;
	    loop assigns i;
	    loop variant length - i; */
	for (size_t i = 0; i < length; i++) {
		if (data[i] != (uint8_t)text[i])
			return false;
	}
	return true;
}

/*@ requires bytes_in(data, length);
    assigns \nothing; */
static bool sums_to_zero(const uint8_t *data, size_t length)
{
	uint8_t sum = 0;
	/*@ loop invariant 0 <= i <= length;
	    loop assigns i, sum;
	    loop variant length - i; */
	for (size_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + data[i]);
	return sum == 0;
}

/*@ requires \valid_read(signature + (0 .. 3));
    assigns \nothing;
    ensures acpi_whole(\result); */
static struct acpi_table table_at(uint64_t address, const char *signature)
{
	struct acpi_table none = {NULL, 0};
	const uint8_t *data = boot_bytes(address, ACPI_HEADER);
	if (data == NULL || !acpi_text_is(data, signature, 4))
		return none;
	uint32_t length = bytes_le32(data + 4);
	if (length < ACPI_HEADER || length > ACPI_TABLE_MAX)
		return none;
	data = boot_bytes(address, length);
	if (data == NULL || !sums_to_zero(data, length))
		return none;
	return (struct acpi_table){data, length};
}

/*@ requires root_ok;
    assigns root, root_entry;
    ensures root_ok; */
void acpi_open(uint64_t rsdp)
{
	const uint8_t *data = boot_bytes(rsdp, RSDP_OLD);
	if (data == NULL || !acpi_text_is(data, "RSD PTR ", 8) || !sums_to_zero(data, RSDP_OLD))
		boot_refuse("the firmware offers no ACPI tables");
	const uint8_t *longer = data[15] >= 2 ? boot_bytes(rsdp, RSDP_NEW) : NULL;
	if (longer != NULL) {
		root = table_at(bytes_le64(longer + 24), "XSDT");
		root_entry = 8;
	}
	if (root.data == NULL) {
		root = table_at(bytes_le32(data + 16), "RSDT");
		root_entry = 4;
	}
	if (root.data == NULL)
		boot_refuse("the ACPI root table is damaged or out of reach");
}

/*@ requires root_ok; */
struct acpi_table acpi_find(const char *signature, uint32_t index)
{
	uint32_t found = 0;
	/*@ loop invariant ACPI_HEADER <= at <= root.length + ACPI_HEADER && found <= at;
	    loop assigns at, found;
	    loop variant root.length + ACPI_HEADER - at; */
	for (size_t at = ACPI_HEADER; bytes_fit(root.length, at, root_entry); at += root_entry) {
		uint64_t address =
			root_entry == 8 ? bytes_le64(root.data + at) : bytes_le32(root.data + at);
		struct acpi_table table = table_at(address, signature);
		if (table.data != NULL && found++ == index)
			return table;
	}
	return (struct acpi_table){NULL, 0};
}

/*@ requires root_ok; */
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
