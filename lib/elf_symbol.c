/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * elf_symbol_find: from an address to a function's name, by the section headers
 * of a file that nobody has checked. Slow (it looks at every symbol) and meant
 * for fault reports.
 */
#include <lib/elf.h>

#define HEADER_SIZE 64u
#define SECTION_HEADER_SIZE 64u
#define SYMBOL_SIZE 24u
#define SECTION_SYMBOLS 2u
#define SECTION_NO_BITS 8u /* .bss: a size, but nothing in the file */
#define SYMBOL_UNTYPED 0u
#define SYMBOL_FUNCTION 2u

struct section {
	uint32_t type;
	uint32_t link; /* of a symbol table: the section of its names */
	uint64_t offset;
	uint64_t size; /* offset + size lies within the file */
};

/*@ requires bytes_in(data, length) && \valid(out) && \separated(out, data + (0 .. length - 1));
    assigns *out;
    ensures \result ==> out->offset + out->size <= length; */
static bool section_read(const uint8_t *data, size_t length, uint32_t index, struct section *out)
{
	if (length < HEADER_SIZE)
		return false;
	const uint64_t table = bytes_le64(data + 40);
	const uint32_t count = bytes_le16(data + 60);
	if (index >= count || bytes_le16(data + 58) != SECTION_HEADER_SIZE ||
	    !bytes_fit(length, table, (uint64_t)count * SECTION_HEADER_SIZE))
		return false;
	const uint8_t *const header = data + (table + (uint64_t)index * SECTION_HEADER_SIZE);
	out->type = bytes_le32(header + 4);
	out->link = bytes_le32(header + 40);
	out->offset = bytes_le64(header + 24);
	out->size = out->type == SECTION_NO_BITS ? 0 : bytes_le64(header + 32);
	return bytes_fit(length, out->offset, out->size);
}

/*@ requires bytes_in(data, length) && \valid(out) && \separated(out, data + (0 .. length - 1));
    assigns *out;
    ensures \result ==> out->offset + out->size <= length; */
static bool symbols_section(const uint8_t *data, size_t length, struct section *out)
{
	/*@ loop invariant 0 <= i <= 0x10000;
	    loop assigns i, *out;
	    loop variant 0x10000 - i; */
	for (uint32_t i = 0; i < 0x10000u; i++) {
		if (!section_read(data, length, i, out))
			return false;
		if (out->type == SECTION_SYMBOLS)
			return true;
	}
	return false;
}

struct symbol {
	uint64_t address;
	uint64_t size;
	uint32_t name; /* offset into the names */
	bool usable;   /* a defined function, or a label of assembly */
};

/*@ requires \valid_read(entry + (0 .. SYMBOL_SIZE - 1));
    assigns \nothing; */
static struct symbol symbol_read(const uint8_t *entry)
{
	const uint32_t type = entry[4] % 16u;
	const struct symbol symbol = {
		.address = bytes_le64(entry + 8),
		.size = bytes_le64(entry + 16),
		.name = bytes_le32(entry),
		.usable = (type == SYMBOL_UNTYPED || type == SYMBOL_FUNCTION) && bytes_le16(entry + 6) != 0,
	};

	return symbol;
}

/* Labels that only mark what follows as code or data begin with '$'. */
/*@ requires bytes_in(data, names.offset + names.size) && names.offset + names.size <= SIZE_MAX;
    assigns \nothing; */
static bool mapping_label(const uint8_t *data, struct section names, uint32_t name)
{
	return name >= names.size || data[names.offset + name] == '$';
}

/*@ requires bytes_in(data, table.offset + table.size) && bytes_in(data, names.offset + names.size);
    requires table.offset + table.size <= SIZE_MAX && names.offset + names.size <= SIZE_MAX;
    requires \valid(out) && \separated(out, data + (0 .. table.offset + table.size - 1));
    requires \separated(out, data + (0 .. names.offset + names.size - 1));
    assigns *out;
    ensures \result ==> out->address <= address; */
static bool symbol_covering(const uint8_t *data, struct section table, struct section names, uint64_t address,
                            struct symbol *out)
{
	const uint64_t count = table.size / SYMBOL_SIZE;
	bool found = false;

	/*@ loop invariant 0 <= i <= count && (found ==> out->address <= address);
	    loop assigns i, found, *out;
	    loop variant count - i; */
	for (uint64_t i = 0; i < count; i++) {
		const struct symbol symbol = symbol_read(data + (table.offset + i * SYMBOL_SIZE));
		if (!symbol.usable || symbol.address > address)
			continue;
		if (symbol.size != 0 && address - symbol.address >= symbol.size)
			continue;
		if (found && symbol.address <= out->address)
			continue;
		if (mapping_label(data, names, symbol.name))
			continue;
		*out = symbol;
		found = true;
	}
	return found;
}

bool elf_symbol_find(const uint8_t *data, size_t length, uint64_t address, char *name, size_t size,
                     uint64_t *out_offset)
{
	struct section table = { 0 };
	struct section names = { 0 };
	struct symbol symbol = { 0 };

	if (!symbols_section(data, length, &table) || !section_read(data, length, table.link, &names))
		return false;
	if (!symbol_covering(data, table, names, address, &symbol) || symbol.name >= names.size)
		return false;
	if (!load_text(data, names.offset + names.size, names.offset + symbol.name, name, size))
		return false;
	*out_offset = address - symbol.address;
	return true;
}
