/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Firmware for the tests of what reads its tables: physical memory, tables written into it, and what boot.c and the
 * kernel are to the readers. Each look at memory is a copy, whose end the sanitizer knows.
 */
#pragma once
#include "../../../../lib/test/test.h"
#include "../boot.h"
#include <string.h>

#define RAM_BASE 0x70000000ull
#define RAM_SIZE (ACPI_TABLE_MAX + 0x10000u)
#define LOOKS_MAX 1024u

struct x86_platform x86_platform;
static struct boot_info info;
static uint32_t consoles; /* how often a console was begun */

static uint8_t ram[RAM_SIZE];
static size_t ram_used;
static uint8_t *looks[LOOKS_MAX];
static uint32_t look_count;
static uint64_t listed[32]; /* tables that the root will name */
static uint32_t listed_count;
static jmp_buf refused;
static char refusal[128];

#define assert_refused(call, text)                                                                                     \
	do {                                                                                                           \
		if (setjmp(refused) == 0) {                                                                            \
			call;                                                                                          \
			fail_msg("not refused: %s", text);                                                             \
		}                                                                                                      \
		assert_string_equal(refusal, text);                                                                    \
	} while (0)

const uint8_t *boot_bytes(uint64_t address, uint64_t length)
{
	if (address < RAM_BASE || address - RAM_BASE > RAM_SIZE || length > RAM_SIZE - (address - RAM_BASE))
		return NULL;
	assert_true(look_count < LOOKS_MAX);
	looks[look_count] = malloc(length + 1);
	memcpy(looks[look_count] + 1, ram + (address - RAM_BASE), length); /* nothing is aligned */
	return looks[look_count++] + 1;
}

void boot_refuse(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(refusal, sizeof refusal, format, arguments);
	va_end(arguments);
	longjmp(refused, 1);
}

void x86_console_init(void)
{
	consoles++;
}

/* ---- a table ---- */

struct table {
	uint8_t bytes[2048];
	uint32_t size;
};

static inline void put(struct table *table, size_t at, size_t width, uint64_t value)
{
	assert_true(at + width <= sizeof table->bytes);
	for (size_t i = 0; i < width; i++)
		table->bytes[at + i] = (uint8_t)(value >> (8 * i));
	if (table->size < at + width)
		table->size = (uint32_t)(at + width);
}

static inline void append(struct table *table, const void *bytes, size_t size)
{
	assert_true(table->size + size <= sizeof table->bytes);
	memcpy(table->bytes + table->size, bytes, size);
	table->size += (uint32_t)size;
}
#define append_bytes(table, ...)                                                                                       \
	append(table, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* As QEMU's are: its names are in the header. */
static inline struct table table_of(const char *signature, uint32_t size)
{
	struct table table = {.size = size};

	memcpy(table.bytes, signature, 4);
	memcpy(table.bytes + 10, "BOCHS BXPC    ", 14);
	return table;
}

/* ---- in memory ---- */

static inline uint8_t *ram_at(uint64_t address)
{
	return ram + (address - RAM_BASE);
}

static inline uint64_t ram_put(const void *bytes, size_t size)
{
	const uint64_t address = RAM_BASE + ram_used;

	assert_true(size <= 4096 && ram_used + size <= RAM_SIZE);
	memcpy(ram + ram_used, bytes, size);
	ram_used += size + 7;
	return address;
}

/* The byte that makes the sum zero. */
static inline void sum(uint8_t *bytes, size_t size, size_t at)
{
	bytes[at] = 0;
	uint8_t total = 0;
	for (size_t i = 0; i < size; i++)
		total = (uint8_t)(total + bytes[i]);
	bytes[at] = (uint8_t)-total;
}

static inline uint64_t table_place(struct table table)
{
	put(&table, 4, 4, table.size);
	sum(table.bytes, table.size, 9);
	return ram_put(table.bytes, table.size);
}

static inline uint64_t table_list(struct table table)
{
	assert_true(listed_count < 32);
	return listed[listed_count++] = table_place(table);
}

static inline struct table root_of(const char *signature, size_t width)
{
	struct table root = table_of(signature, 36);

	for (uint32_t i = 0; i < listed_count; i++)
		put(&root, 36 + i * width, width, listed[i]);
	return root;
}

static inline struct table rsdp_of(uint8_t revision, uint64_t rsdt, uint64_t xsdt)
{
	struct table rsdp = {.size = revision >= 2 ? 36 : 20};

	memcpy(rsdp.bytes, "RSD PTR BOCHS ", 15);
	rsdp.bytes[15] = revision;
	memcpy(rsdp.bytes + 9, "BOCHS ", 6);
	put(&rsdp, 16, 4, rsdt);
	sum(rsdp.bytes, 20, 8);
	if (revision >= 2) {
		put(&rsdp, 20, 4, 36);
		put(&rsdp, 24, 8, xsdt);
		sum(rsdp.bytes, 36, 32);
	}
	return rsdp;
}

static inline uint64_t rsdp_put(uint8_t revision, uint64_t rsdt, uint64_t xsdt)
{
	const struct table rsdp = rsdp_of(revision, rsdt, xsdt);

	return ram_put(rsdp.bytes, rsdp.size);
}

/* A kernel reads its tables once; another one knows nothing. */
static inline void firmware_read(uint64_t rsdp)
{
	assert_refused(acpi_open(rsdp_put(2, 0, 0)), "the ACPI root table is damaged or out of reach");
	acpi_open(rsdp);
}

static inline int firmware_end(void **state)
{
	(void)state;
	while (look_count > 0)
		free(looks[--look_count]);
	return 0;
}

/* The tables that were listed, by an XSDT; those known before are forgotten. */
static inline void firmware_open(void)
{
	(void)firmware_end(NULL);
	acpi_open(rsdp_put(2, 0, table_place(root_of("XSDT", 8))));
}

/* Nothing in memory, no tables known. */
static inline int firmware_begin(void **state)
{
	(void)state;
	memset(ram, 0, ram_used);
	memset(&info, 0, sizeof info);
	memset(&x86_platform, 0, sizeof x86_platform);
	ram_used = 1;
	listed_count = consoles = 0;
	firmware_read(rsdp_put(2, 0, table_place(root_of("XSDT", 8))));
	return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, firmware_begin, firmware_end)
