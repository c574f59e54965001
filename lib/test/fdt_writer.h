/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Just enough of a device tree writer to make trees for the tests of fdt. No bound is checked but by assert. */
#pragma once
#include "test.h"
#include <string.h>

static uint8_t writer_structure[8192];
static size_t writer_structure_size;
static char writer_strings[2048];
static size_t writer_strings_size;

static inline void writer_cell(uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		writer_structure[writer_structure_size++] = (uint8_t)(value >> shift);
}

static inline void writer_bytes(const void *bytes, size_t size)
{
	memcpy(writer_structure + writer_structure_size, bytes, size);
	writer_structure_size += size;
	while (writer_structure_size % 4 != 0)
		writer_structure[writer_structure_size++] = 0;
}

static inline void tree_begin(const char *name)
{
	writer_cell(1);
	writer_bytes(name, strlen(name) + 1);
}

static inline void tree_end(void)
{
	writer_cell(2);
}

static inline void tree_nop(void)
{
	writer_cell(4);
}

static inline void tree_property(const char *name, const void *bytes, size_t size)
{
	writer_cell(3);
	writer_cell((uint32_t)size);
	writer_cell((uint32_t)writer_strings_size);
	writer_bytes(bytes, size);
	memcpy(writer_strings + writer_strings_size, name, strlen(name) + 1);
	writer_strings_size += strlen(name) + 1;
}

static inline void tree_text(const char *name, const char *text)
{
	tree_property(name, text, strlen(text) + 1);
}

static inline void tree_cells_array(const char *name, const uint32_t *cells, size_t count)
{
	uint8_t bytes[512];

	assert_true(count * 4 <= sizeof bytes);
	for (size_t i = 0; i < count * 4; i++)
		bytes[i] = (uint8_t)(cells[i / 4] >> (24 - 8 * (i % 4)));
	tree_property(name, bytes, count * 4);
}

#define tree_cells(name, ...)                                                                     \
	tree_cells_array(name, (const uint32_t[]){ __VA_ARGS__ },                                 \
	                 sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static inline void put_be32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static inline void tree_start(void)
{
	writer_structure_size = 0;
	writer_strings_size = 0;
}

/* Header, one memory reservation (0x80000000, 0x40000), structure, strings. Returns the size. */
static inline size_t tree_finish(uint8_t *out, size_t room)
{
	const uint32_t structure = 40 + 32;
	writer_cell(9);
	const size_t size = structure + writer_structure_size + writer_strings_size;

	assert_true(size <= room);
	memset(out, 0, structure);
	put_be32(out, 0xd00dfeed);
	put_be32(out + 4, (uint32_t)size);
	put_be32(out + 8, structure);
	put_be32(out + 12, structure + (uint32_t)writer_structure_size);
	put_be32(out + 16, 40);
	put_be32(out + 20, 17);
	put_be32(out + 24, 16);
	put_be32(out + 32, (uint32_t)writer_strings_size);
	put_be32(out + 36, (uint32_t)writer_structure_size);
	put_be32(out + 44, 0x80000000);
	put_be32(out + 52, 0x40000);
	memcpy(out + structure, writer_structure, writer_structure_size);
	memcpy(out + structure + writer_structure_size, writer_strings, writer_strings_size);
	return size;
}
