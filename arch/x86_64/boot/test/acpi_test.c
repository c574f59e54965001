/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How tables are found: which root, what makes a table none, the order of several, the DSDT by either address. */
#include "firmware.h"

#define NO_TABLES "the firmware offers no ACPI tables"
#define BAD_ROOT "the ACPI root table is damaged or out of reach"

/* Which of the tables of this signature: what is in it behind the header. */
static int which(const char *signature, uint32_t index)
{
	const struct acpi_table table = acpi_find(signature, index);

	if (table.data == NULL) {
		assert_int_equal(table.length, 0);
		return -1;
	}
	assert_memory_equal(table.data, signature, 4);
	return table.data[36];
}

static void list(const char *signature, uint8_t value)
{
	struct table table = table_of(signature, 36);

	append_bytes(&table, value);
	table_list(table);
}

static void no_pointer(void **state)
{
	(void)state;
	const uint64_t rsdt = table_place(root_of("RSDT", 4));

	assert_refused(acpi_open(0), NO_TABLES);
	assert_refused(acpi_open(RAM_BASE + RAM_SIZE - 19), NO_TABLES);
	for (size_t i = 0; i < 8; i++) {
		const uint64_t at = rsdp_put(0, rsdt, 0);
		ram_at(at)[i] ^= 1;
		sum(ram_at(at), 20, 8);
		assert_refused(acpi_open(at), NO_TABLES);
	}
	for (size_t i = 8; i < 20; i++) {
		const uint64_t at = rsdp_put(0, rsdt, 0);
		ram_at(at)[i]++;
		assert_refused(acpi_open(at), NO_TABLES);
	}
	acpi_open(rsdp_put(0, rsdt, 0));
}

static void text(void **state)
{
	(void)state;
	assert_true(acpi_text_is((const uint8_t *)"_S5_x", "_S5_y", 4));
	assert_false(acpi_text_is((const uint8_t *)"_S5_x", "_S5_y", 5));
	assert_false(acpi_text_is((const uint8_t *)"xS5_", "_S5_", 4));
	assert_true(acpi_text_is((const uint8_t *)"", "a", 0));
}

/* An old pointer has an RSDT; a new one an XSDT, or, if that is damaged, an RSDT. */
static void roots(void **state)
{
	(void)state;
	list("AAAA", 1);
	const uint64_t rsdt = table_place(root_of("RSDT", 4));
	listed_count = 0;
	list("AAAA", 2);
	const uint64_t xsdt = table_place(root_of("XSDT", 8));

	for (uint8_t revision = 0; revision < 4; revision++) {
		firmware_read(rsdp_put(revision, rsdt, xsdt));
		assert_int_equal(which("AAAA", 0), revision >= 2 ? 2 : 1);
	}
	firmware_read(rsdp_put(2, rsdt, 0));
	assert_int_equal(which("AAAA", 0), 1);
	firmware_read(rsdp_put(2, rsdt, rsdt)); /* the wrong kind */
	assert_int_equal(which("AAAA", 0), 1);
	firmware_read(rsdp_put(2, 0, xsdt));
	assert_int_equal(which("AAAA", 0), 2);
	ram_at(xsdt)[30]++;
	firmware_read(rsdp_put(2, rsdt, xsdt));
	assert_int_equal(which("AAAA", 0), 1);
	assert_refused(acpi_open(rsdp_put(2, xsdt, xsdt)), BAD_ROOT);
	assert_int_equal(which("AAAA", 0), -1);
}

/* A new pointer of which only the old part is in reach. */
static void pointer_at_the_end(void **state)
{
	(void)state;
	list("AAAA", 1);
	const struct table rsdp = rsdp_of(2, table_place(root_of("RSDT", 4)), 0);

	memcpy(ram + RAM_SIZE - 20, rsdp.bytes, 20);
	firmware_read(RAM_BASE + RAM_SIZE - 20);
	assert_int_equal(which("AAAA", 0), 1);
}

static void several(void **state)
{
	(void)state;
	list("SSDT", 1);
	list("SSDU", 9);
	list("SSDT", 2);
	listed[listed_count++] = 0;                       /* a hole */
	listed[listed_count++] = listed[0] | 1ull << 32;  /* out of reach: addresses have 64 bits */
	list("SSDT", 3);
	firmware_open();
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(which("SSDT", i), i + 1);
	assert_int_equal(which("SSDT", 3), -1);
	assert_int_equal(which("SSDU", 0), 9);
	for (size_t i = 0; i < 3; i++) {
		char other[] = "SSDT";
		other[i]++;
		assert_int_equal(which(other, 0), -1);
	}
}

/* An RSDT of part of an entry more is one of whole entries. */
static void part_of_an_entry(void **state)
{
	(void)state;
	list("AAAA", 1);
	list("AAAA", 2);
	struct table root = root_of("RSDT", 4);

	for (uint32_t size = 36; size <= 44; size++) {
		root.size = size;
		firmware_read(rsdp_put(0, table_place(root), 0));
		assert_int_equal(which("AAAA", 0), size >= 40 ? 1 : -1);
		assert_int_equal(which("AAAA", 1), size >= 44 ? 2 : -1);
	}
}

static bool exists(uint64_t address)
{
	listed_count = 0;
	listed[listed_count++] = address;
	firmware_open();
	return acpi_find("AAAA", 0).data != NULL;
}

static void damaged(void **state)
{
	(void)state;
	struct table table = table_of("AAAA", 60);
	const uint64_t whole = table_place(table);

	assert_true(exists(whole));
	assert_int_equal(acpi_find("AAAA", 0).length, 60);
	for (size_t i = 0; i < 60; i++) {
		const uint64_t at = table_place(table);
		ram_at(at)[i]++;
		assert_false(exists(at));
	}
	for (uint32_t size = 30; size < 40; size++) {
		const uint64_t at = table_place(table);
		ram_at(at)[4] = (uint8_t)size;
		sum(ram_at(at), size, 9);
		assert_int_equal(exists(at), size >= 36);
	}
}

/* A table may end where memory does, and may be 16 MiB long. */
static void limits(void **state)
{
	(void)state;
	struct table table = table_of("AAAA", 40);

	put(&table, 4, 4, 40);
	sum(table.bytes, 40, 9);
	for (uint32_t beyond = 0; beyond <= 40; beyond += beyond == 1 ? 39 : 1) {
		const uint64_t at = RAM_SIZE - 40 + beyond;
		memcpy(ram + at, table.bytes, 40 - beyond);
		assert_int_equal(exists(RAM_BASE + at), beyond == 0);
		if (beyond == 40)
			break;
	}
	const uint64_t at = RAM_BASE + 0x1000;
	for (uint32_t size = ACPI_TABLE_MAX - 1; size <= ACPI_TABLE_MAX + 1; size++) {
		put(&table, 4, 4, size);
		memcpy(ram_at(at), table.bytes, 40);
		sum(ram_at(at), 40, 9);
		ram_used = 0x2000;
		assert_int_equal(exists(at), size <= ACPI_TABLE_MAX);
		ram_used = 0x2000;
	}
	memset(ram + RAM_SIZE - 64, 0, 64);
}

static int dsdt_with(uint32_t fadt_size, uint64_t old, uint64_t new)
{
	struct table fadt = table_of("FACP", 36);
	struct acpi_table found;

	put(&fadt, 40, 4, old);
	put(&fadt, 140, 8, new);
	fadt.size = fadt_size;
	listed_count = 0;
	table_list(fadt);
	firmware_open();
	found = acpi_dsdt();
	assert_int_equal(found.length, found.data == NULL ? 0 : 37);
	return found.data == NULL ? -1 : found.data[36];
}

static void dsdt(void **state)
{
	(void)state;
	struct table table = table_of("DSDT", 36);

	firmware_open();
	assert_null(acpi_dsdt().data);
	put(&table, 36, 1, 1);
	const uint64_t first = table_place(table);
	put(&table, 36, 1, 2);
	const uint64_t second = table_place(table);
	const uint64_t wrong = table_place(table_of("SSDT", 37));

	assert_int_equal(dsdt_with(244, first, second), 2);
	assert_int_equal(dsdt_with(244, first, 0), 1);
	assert_int_equal(dsdt_with(244, first, 1ull << 32), -1);
	assert_int_equal(dsdt_with(148, first, second), 2);
	assert_int_equal(dsdt_with(147, first, second), 1);
	assert_int_equal(dsdt_with(116, first, second), 1); /* revision 1 */
	assert_int_equal(dsdt_with(44, first, second), 1);
	assert_int_equal(dsdt_with(43, first, second), -1);
	assert_int_equal(dsdt_with(36, first, second), -1);
	assert_int_equal(dsdt_with(244, wrong, 0), -1);
	assert_int_equal(dsdt_with(244, 0, 0), -1);
}

TEST_MAIN(T(no_pointer), T(text), T(roots), T(pointer_at_the_end), T(several), T(part_of_an_entry), T(damaged),
          T(limits), T(dsdt))
