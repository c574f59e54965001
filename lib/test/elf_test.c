/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A good file is built in memory, then spoiled one field at a time: each spoiling
 * has its verdict. Then truncation at every length and random damage, after which
 * an accepted image must still satisfy every promise of the header.
 */
#include "test.h"
#include <lib/elf.h>
#include <string.h>

#define BASE 0x10000ull
#define LIMIT 0x4000000000ull
#define FILE_SIZE 0x3000u
#define TEXT 0
#define DATA 1
#define STACK 2

static uint8_t file[FILE_SIZE];

static uint8_t *program_header(uint32_t index)
{
	return file + 64 + index * 56;
}

static void put(uint8_t *at, uint32_t bytes, uint64_t value)
{
	for (uint32_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static void put_program(uint32_t index, uint32_t type, uint32_t flags, uint64_t offset, uint64_t address,
                        uint64_t file_size, uint64_t memory_size)
{
	uint8_t *const header = program_header(index);

	put(header, 4, type);
	put(header + 4, 4, flags);
	put(header + 8, 8, offset);
	put(header + 16, 8, address);
	put(header + 32, 8, file_size);
	put(header + 40, 8, memory_size);
	put(header + 48, 8, 0x1000);
}

static void put_section(uint32_t index, uint32_t type, uint64_t offset, uint64_t size, uint32_t link)
{
	uint8_t *const header = file + 0x2800 + index * 64;

	put(header + 4, 4, type);
	put(header + 24, 8, offset);
	put(header + 32, 8, size);
	put(header + 40, 4, link);
}

static void put_symbol(uint32_t index, uint32_t name, uint8_t type, uint64_t address, uint64_t size)
{
	uint8_t *const symbol = file + 0x2a00 + index * 24;

	put(symbol, 4, name);
	symbol[4] = type;
	put(symbol + 6, 2, 1);
	put(symbol + 8, 8, address);
	put(symbol + 16, 8, size);
}

/* Text at 0x10000..0x10800 with the entry at 0x10400, data at 0x12100 with bss, a symbol table. */
static void build(void)
{
	static const char names[] = "\0main\0helper\0$x\0start";

	memset(file, 0, sizeof file);
	memcpy(file, "\177ELF\2\1\1", 7);
	put(file + 16, 2, 2);
	put(file + 18, 2, ELF_MACHINE_X86_64);
	put(file + 20, 4, 1);
	put(file + 24, 8, BASE + 0x400);
	put(file + 32, 8, 64);
	put(file + 40, 8, 0x2800);
	put(file + 52, 2, 64);
	put(file + 54, 2, 56);
	put(file + 56, 2, 3);
	put(file + 58, 2, 64);
	put(file + 60, 2, 3);
	put_program(TEXT, 1, 5, 0x0, BASE, 0x800, 0x800);
	put_program(DATA, 1, 6, 0x1100, BASE + 0x2100, 0x80, 0x2000);
	put_program(STACK, 0x6474e551, 6, 0, 0, 0, 0);
	put_section(1, 2, 0x2a00, 5 * 24, 2);
	put_section(2, 3, 0x2b00, sizeof names, 0);
	memcpy(file + 0x2b00, names, sizeof names);
	put_symbol(1, 1, 0x12, BASE + 0x400, 0x20); /* main */
	put_symbol(2, 6, 0x02, BASE + 0x420, 0x10); /* helper */
	put_symbol(3, 13, 0x00, BASE + 0x404, 0);   /* $x, a mapping label */
	put_symbol(4, 16, 0x10, BASE + 0x300, 0);   /* start, a label without a size */
}

static enum elf_verdict check(struct elf_image *out)
{
	return elf_check(file, sizeof file, ELF_MACHINE_X86_64, BASE, LIMIT, out);
}

/* Everything the header promises about an accepted image. */
static void expect_valid(const struct elf_image *image, size_t length)
{
	bool entry = false;
	uint64_t last_page = 0;

	assert_in_range(image->segment_count, 1, ELF_SEGMENTS_MAX);
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct elf_segment *const s = &image->segments[i];
		assert_true(s->file_offset <= length && s->file_size <= length - s->file_offset);
		assert_true(s->memory_size > 0 && s->file_size <= s->memory_size);
		assert_true(s->address >= BASE && s->address < LIMIT && s->memory_size <= LIMIT - s->address);
		assert_int_equal(s->address % PAGE_SIZE, s->file_offset % PAGE_SIZE);
		assert_true(s->prot == PROT_READ || s->prot == PROT_EXECUTE || s->prot == (PROT_READ | PROT_WRITE) ||
		            s->prot == (PROT_READ | PROT_EXECUTE));
		assert_true(i == 0 || s->address / PAGE_SIZE > last_page);
		last_page = (s->address + s->memory_size - 1) / PAGE_SIZE;
		if ((s->prot & PROT_EXECUTE) != 0 && image->entry >= s->address &&
		    image->entry - s->address < s->file_size)
			entry = true;
	}
	assert_true(entry);
}

static void good(void **state)
{
	(void)state;
	struct elf_image image;

	build();
	assert_int_equal(check(&image), ELF_OK);
	expect_valid(&image, sizeof file);
	assert_int_equal(image.entry, BASE + 0x400);
	assert_int_equal(image.segment_count, 2);
	assert_int_equal(image.segments[0].address, BASE);
	assert_int_equal(image.segments[0].prot, PROT_READ | PROT_EXECUTE);
	assert_int_equal(image.segments[1].address, BASE + 0x2100);
	assert_int_equal(image.segments[1].file_offset, 0x1100);
	assert_int_equal(image.segments[1].file_size, 0x80);
	assert_int_equal(image.segments[1].memory_size, 0x2000);
	assert_int_equal(image.segments[1].prot, PROT_READ | PROT_WRITE);
}

/* Build, overwrite one field, check. */
static void expect(enum elf_verdict want, size_t offset, uint32_t bytes, uint64_t value)
{
	struct elf_image image;

	build();
	put(file + offset, bytes, value);
	assert_int_equal(check(&image), want);
}

#define HEADER(index, field) (64 + (index) * 56 + (field))

static void file_header(void **state)
{
	(void)state;
	expect(ELF_NOT_ELF, 0, 1, 0x7e);
	expect(ELF_NOT_ELF, 4, 1, 1);
	expect(ELF_NOT_ELF, 5, 1, 2);
	expect(ELF_MACHINE, 18, 2, ELF_MACHINE_AARCH64);
	expect(ELF_NOT_EXECUTABLE, 16, 2, 3);
	expect(ELF_NOT_EXECUTABLE, HEADER(STACK, 0), 4, 3);
	expect(ELF_NOT_EXECUTABLE, HEADER(STACK, 0), 4, 2);
	expect(ELF_HEADERS, 52, 2, 52);
	expect(ELF_HEADERS, 54, 2, 32);
	expect(ELF_TRUNCATED, 32, 8, FILE_SIZE - 100);
	expect(ELF_TRUNCATED, 32, 8, UINT64_MAX);
	expect(ELF_HEADERS_FAR, 32, 8, PAGE_SIZE);
	expect(ELF_HEADERS_FAR, 32, 8, PAGE_SIZE - 56u);
	expect(ELF_HEADERS_FAR, 56, 2, (PAGE_SIZE - 64u) / 56u + 1u);
	expect(ELF_NO_SEGMENT, 56, 2, 0);
	expect(ELF_ENTRY, 24, 8, BASE + 0x800);
	expect(ELF_ENTRY, 24, 8, BASE + 0x2100);
	expect(ELF_ENTRY, 24, 8, 0);
	expect(ELF_OK, 24, 8, BASE);
	expect(ELF_OK, 24, 8, BASE + 0x7ff);
}

static void segments(void **state)
{
	(void)state;
	expect(ELF_TRUNCATED, HEADER(TEXT, 8), 8, FILE_SIZE);
	expect(ELF_TRUNCATED, HEADER(TEXT, 32), 8, UINT64_MAX);
	expect(ELF_SEGMENT_SIZE, HEADER(TEXT, 40), 8, 0x7ff);
	expect(ELF_SEGMENT_SIZE, HEADER(TEXT, 40), 8, 0);
	expect(ELF_SEGMENT_RANGE, HEADER(TEXT, 16), 8, BASE - PAGE_SIZE);
	expect(ELF_SEGMENT_RANGE, HEADER(DATA, 16), 8, LIMIT - PAGE_SIZE + 0x100);
	expect(ELF_SEGMENT_RANGE, HEADER(DATA, 40), 8, UINT64_MAX);
	expect(ELF_SEGMENT_ALIGNMENT, HEADER(DATA, 16), 8, BASE + 0x2104);
	expect(ELF_WRITABLE_EXECUTABLE, HEADER(TEXT, 4), 4, 7);
	expect(ELF_WRITABLE_EXECUTABLE, HEADER(TEXT, 4), 4, 3);
	expect(ELF_SEGMENT_ACCESS, HEADER(DATA, 4), 4, 0);
	expect(ELF_SEGMENT_ACCESS, HEADER(DATA, 4), 4, 2);
	expect(ELF_STACK_EXECUTABLE, HEADER(STACK, 4), 4, 7);
	expect(ELF_STACK_EXECUTABLE, HEADER(STACK, 4), 4, 5);
	expect(ELF_SEGMENT_ORDER, HEADER(TEXT, 16), 8, BASE + 0x10000);
	expect(ELF_OVERLAP, HEADER(TEXT, 40), 8, 0x2101);
	expect(ELF_SHARED_PAGE, HEADER(TEXT, 40), 8, 0x2100);
	expect(ELF_SHARED_PAGE, HEADER(TEXT, 40), 8, 0x2001);
	expect(ELF_OK, HEADER(TEXT, 40), 8, 0x2000);
	expect(ELF_TOO_LARGE, HEADER(DATA, 40), 8, ELF_MEMORY_MAX);
	expect(ELF_TOO_LARGE, HEADER(DATA, 40), 8, ELF_MEMORY_MAX - PAGE_SIZE - 0x100 + 1);
	expect(ELF_OK, HEADER(DATA, 40), 8, ELF_MEMORY_MAX - PAGE_SIZE - 0x100);
	expect(ELF_OK, HEADER(TEXT, 4), 4, 1); /* execute only */
	expect(ELF_OK, HEADER(TEXT, 4), 4, 0x10000005); /* what systems may add says nothing here */
	expect(ELF_ENTRY, HEADER(TEXT, 4), 4, 4);
}

/* The entry lies in a segment of this file, the last one too, and in none that was found in another. */
static void entries(void **state)
{
	(void)state;
	struct elf_image image;

	build();
	put(program_header(DATA) + 4, 4, 5);
	put(file + 24, 8, BASE + 0x2100);
	assert_int_equal(check(&image), ELF_OK);
	put(program_header(DATA) + 4, 4, 4);
	image.segments[2] = image.segments[1];
	assert_int_equal(image.segments[2].prot, PROT_READ | PROT_EXECUTE);
	assert_int_equal(check(&image), ELF_ENTRY);
}

static void too_many(void **state)
{
	(void)state;
	struct elf_image image;

	for (uint32_t count = ELF_SEGMENTS_MAX; count <= ELF_SEGMENTS_MAX + 1; count++) {
		build();
		put(file + 56, 2, count);
		for (uint32_t i = 0; i < count; i++)
			put_program(i, 1, 5, 0, BASE + i * PAGE_SIZE, 0x800, 0x800);
		assert_int_equal(check(&image), count <= ELF_SEGMENTS_MAX ? ELF_OK : ELF_TOO_MANY_SEGMENTS);
	}
}

static void sentences(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < ELF_VERDICT_COUNT; i++)
		assert_true(strlen(elf_verdict_text((enum elf_verdict)i)) > 10);
	assert_string_equal(elf_verdict_text(ELF_VERDICT_COUNT), "unknown verdict");
	assert_string_equal(elf_verdict_text((enum elf_verdict)1000), "unknown verdict");
}

static void symbols(void **state)
{
	(void)state;
	static const struct {
		uint64_t address;
		const char *name;
		uint64_t offset;
	} cases[] = {
		{ BASE + 0x400, "main", 0 },      { BASE + 0x41f, "main", 0x1f },
		{ BASE + 0x420, "helper", 0 },    { BASE + 0x430, "start", 0x130 },
		{ BASE + 0x3ff, "start", 0xff },
	};
	char name[16];
	uint64_t offset = 0;

	build();
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_true(elf_symbol_find(file, sizeof file, cases[i].address, name, sizeof name, &offset));
		assert_string_equal(name, cases[i].name);
		assert_int_equal(offset, cases[i].offset);
	}
	assert_false(elf_symbol_find(file, sizeof file, BASE + 0x2ff, name, sizeof name, &offset));
	assert_true(elf_symbol_find(file, sizeof file, BASE + 0x420, name, 4, &offset));
	assert_string_equal(name, "hel");
	put(file + 0x2a00 + 24 + 6, 2, 0x100); /* defined in section 256 */
	assert_true(elf_symbol_find(file, sizeof file, BASE + 0x400, name, sizeof name, &offset));
	assert_string_equal(name, "main");
	put_section(2, 3, 0x2b00, 11, 0); /* the names end within "helper" */
	assert_false(elf_symbol_find(file, sizeof file, BASE + 0x420, name, sizeof name, &offset));
	assert_true(elf_symbol_find(file, sizeof file, BASE + 0x400, name, sizeof name, &offset));
	put(file + 60, 2, 2); /* the names are no section at all */
	assert_false(elf_symbol_find(file, sizeof file, BASE + 0x400, name, sizeof name, &offset));
}

/* Data between functions, what another file defines, names in a section that is not in the file. */
static void other_symbols(void **state)
{
	(void)state;
	char name[16];
	uint64_t offset = 0;

	build();
	put_symbol(4, 16, 0x11, BASE + 0x408, 0x10);
	assert_true(elf_symbol_find(file, sizeof file, BASE + 0x40a, name, sizeof name, &offset));
	assert_string_equal(name, "main");
	assert_int_equal(offset, 0xa);
	put_symbol(4, 16, 0x12, BASE + 0x408, 0x10);
	assert_true(elf_symbol_find(file, sizeof file, BASE + 0x40a, name, sizeof name, &offset));
	assert_string_equal(name, "start");
	put(file + 0x2a00 + 4 * 24 + 6, 2, 0);
	assert_true(elf_symbol_find(file, sizeof file, BASE + 0x40a, name, sizeof name, &offset));
	assert_string_equal(name, "main");
	put_symbol(1, 0, 0x12, BASE + 0x400, 0x20);
	put_section(2, 8, 0x2b00, 22, 0);
	assert_false(elf_symbol_find(file, sizeof file, BASE + 0x400, name, sizeof name, &offset));
}

/* A symbol behind the table's end, and a name at the end of the names, are none. */
static void symbols_end(void **state)
{
	(void)state;
	char name[16];
	uint64_t offset = 0;

	build();
	put_section(1, 2, 0x2a00, 4 * 24, 2);
	assert_false(elf_symbol_find(file, sizeof file, BASE + 0x3ff, name, sizeof name, &offset));
	build();
	put_symbol(4, 22, 0x12, BASE + 0x408, 0x10);
	assert_true(elf_symbol_find(file, sizeof file, BASE + 0x40a, name, sizeof name, &offset));
	assert_string_equal(name, "main");
}

/* Both entries on a copy that ends where the sanitizer watches. */
static bool try_bytes(const uint8_t *bytes, size_t length, uint64_t *seed)
{
	uint8_t *copy = test_copy(bytes, length);
	struct elf_image image;
	char name[8];
	uint64_t offset;
	const bool ok = elf_check(copy, length, ELF_MACHINE_X86_64, BASE, LIMIT, &image) == ELF_OK;

	if (ok)
		expect_valid(&image, length);
	if (elf_symbol_find(copy, length, BASE + test_random(seed) % 0x1000, name, sizeof name, &offset))
		assert_true(strlen(name) < sizeof name);
	free(copy);
	return ok;
}

static void truncated(void **state)
{
	(void)state;
	uint64_t seed = 13;

	build();
	for (size_t length = 0; length <= sizeof file; length++)
		assert_int_equal(try_bytes(file, length, &seed), length >= 0x1180);
}

static void damaged(void **state)
{
	(void)state;
	uint64_t seed = 14;
	uint32_t accepted = 0;

	for (uint32_t i = 0; i < 50000; i++) {
		static const size_t areas[][2] = { { 0, 232 }, { 0x2800, 192 }, { 0x2a00, 0x140 } };
		const size_t *const area = areas[i % 3];
		build();
		for (uint32_t k = 0; k <= i % 4; k++) {
			uint8_t *const at = file + area[0] + test_random(&seed) % area[1];
			*at = (uint8_t)(test_random(&seed) % 3 == 0 ? *at + 1 : test_random(&seed));
		}
		accepted += try_bytes(file, sizeof file, &seed);
	}
	assert_in_range(accepted, 10000, 45000); /* the damage is neither always seen nor never */
}

static void random_bytes(void **state)
{
	(void)state;
	uint64_t seed = 15;

	for (uint32_t i = 0; i < 5000; i++) {
		uint8_t bytes[300];
		for (size_t k = 0; k < sizeof bytes; k++)
			bytes[k] = (uint8_t)test_random(&seed);
		memcpy(bytes, file, i % 64);
		assert_false(try_bytes(bytes, test_random(&seed) % sizeof bytes, &seed));
	}
}

TEST_MAIN(cmocka_unit_test(good), cmocka_unit_test(file_header), cmocka_unit_test(segments),
          cmocka_unit_test(entries), cmocka_unit_test(too_many), cmocka_unit_test(sentences), cmocka_unit_test(symbols),
          cmocka_unit_test(other_symbols), cmocka_unit_test(symbols_end),
          cmocka_unit_test(truncated), cmocka_unit_test(damaged), cmocka_unit_test(random_bytes))
