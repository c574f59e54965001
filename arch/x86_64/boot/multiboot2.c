/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a Multiboot2 loader (GRUB, from BIOS or UEFI) tells: a list of tags. */
#include "boot.h"

#include <lib/bytes.h>
#include <lib/string.h>

enum tag {
	TAG_END = 0,
	TAG_COMMAND_LINE = 1,
	TAG_MODULE = 3,
	TAG_MEMORY_MAP = 6,
	TAG_RSDP_OLD = 14,
	TAG_RSDP_NEW = 15,
};

#define HEADER     8u
#define TAGS_MAX   (1u << 20)
#define MEMORY_RAM 1u

static void read_module(struct boot_info *info, const uint8_t *tag, size_t size)
{
	uint32_t start, end;
	if (info->bundle.size == 0 && load_le32(tag, size, 8, &start) && load_le32(tag, size, 12, &end) &&
	    end > start)
		info->bundle = (struct boot_range){start, end - start};
}

static void read_memory(struct boot_info *info, const uint8_t *tag, size_t size)
{
	uint32_t entry_size;
	if (!load_le32(tag, size, 8, &entry_size) || entry_size < 20)
		return;
	for (size_t at = 16; bytes_fit(size, at, entry_size); at += entry_size) {
		if (bytes_le32(tag + at + 16) == MEMORY_RAM)
			range_add_memory(info, bytes_le64(tag + at), bytes_le64(tag + at + 8));
	}
}

static void read_command_line(struct boot_info *info, const uint8_t *tag, size_t size)
{
	size_t max = sizeof(info->command_line) - 1;
	const char *text = (const char *)tag + HEADER;
	memcpy(info->command_line, text, strnlen(text, size - HEADER < max ? size - HEADER : max));
}

uint64_t multiboot2_read(struct boot_info *info, uint64_t tags)
{
	const uint8_t *data = boot_bytes(tags, HEADER);
	uint32_t length = data != NULL ? bytes_le32(data) : 0;
	uint64_t rsdp_old = 0, rsdp_new = 0;
	uint32_t type, size;

	data = boot_bytes(tags, length);
	if (data == NULL || length > TAGS_MAX)
		boot_refuse("the Multiboot2 loader's information is out of reach");
	string_copy(info->loader, sizeof(info->loader), "multiboot2");
	for (size_t at = HEADER;
	     load_le32(data, length, at, &type) && load_le32(data, length, at + 4, &size) &&
	     type != TAG_END && size >= HEADER && bytes_fit(length, at, size);
	     at += (size + 7u) & ~7u) {
		const uint8_t *tag = data + at;
		if (type == TAG_COMMAND_LINE)
			read_command_line(info, tag, size);
		else if (type == TAG_MODULE)
			read_module(info, tag, size);
		else if (type == TAG_MEMORY_MAP)
			read_memory(info, tag, size);
		else if (type == TAG_RSDP_OLD)
			rsdp_old = tags + at + HEADER;
		else if (type == TAG_RSDP_NEW)
			rsdp_new = tags + at + HEADER;
	}
	return rsdp_new != 0 ? rsdp_new : rsdp_old;
}
