/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a PVH loader (an emulator's -kernel) tells: hvm_start_info, version 1. */
#include "boot.h"

#include <lib/string.h>

#define START_MAGIC 0x336ec578u
#define MEMORY_RAM  1u
#define ENTRIES_MAX 128u

struct start_info {
	uint32_t magic;
	uint32_t version;
	uint32_t flags;
	uint32_t module_count;
	uint64_t modules;
	uint64_t command_line;
	uint64_t rsdp;
	uint64_t memory_map;
	uint32_t memory_map_entries;
	uint32_t reserved;
};

struct start_module {
	uint64_t base, size, command_line, reserved;
};

struct start_memory {
	uint64_t base, size;
	uint32_t type, reserved;
};

static void read_memory(struct boot_info *info, const struct start_info *start)
{
	uint32_t count = start->memory_map_entries;
	const struct start_memory *entries =
		(const void *)boot_bytes(start->memory_map, (uint64_t)count * sizeof(*entries));
	if (start->version < 1 || entries == NULL || count == 0 || count > ENTRIES_MAX)
		boot_refuse("the PVH loader gave no memory map");
	for (uint32_t i = 0; i < count; i++) {
		if (entries[i].type == MEMORY_RAM)
			range_add_memory(info, entries[i].base, entries[i].size);
	}
}

uint64_t pvh_read(struct boot_info *info, uint64_t start_info)
{
	const struct start_info *start = (const void *)boot_bytes(start_info, sizeof(*start));
	if (start == NULL || start->magic != START_MAGIC)
		boot_refuse("started by neither PVH nor Multiboot2");
	string_copy(info->loader, sizeof(info->loader), "pvh");

	const char *command_line =
		(const char *)boot_bytes(start->command_line, sizeof(info->command_line));
	if (command_line != NULL)
		memcpy(info->command_line, command_line,
		       strnlen(command_line, sizeof(info->command_line) - 1));
	const struct start_module *module = (const void *)boot_bytes(start->modules, sizeof(*module));
	if (start->module_count > 0 && module != NULL)
		info->bundle = (struct boot_range){module->base, module->size};
	read_memory(info, start);
	return start->rsdp;
}
