/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* RAM, and what of it is taken. */
#include "boot_priv.h"
#include <lib/string.h>

static uint64_t page_down(uint64_t address)
{
	return address & ~(uint64_t)PAGE_MASK;
}

static uint64_t page_up(uint64_t address)
{
	return page_down(address + PAGE_MASK);
}

void boot_reserve(struct boot_info *info, uint64_t base, uint64_t size)
{
	if (size == 0)
		return;
	if (info->reserved_count == BOOT_RANGES_MAX)
		boot_refuse("firmware reserves more than %u parts of memory", BOOT_RANGES_MAX);
	uint64_t first = page_down(base);
	info->reserved[info->reserved_count++] =
		(struct boot_range){ .base = first, .size = page_up(base + size) - first };
}

/* Insert in order, joining what touches. */
static void add_memory(struct boot_info *info, uint64_t base, uint64_t size)
{
	uint64_t first = page_up(base), end = page_down(base + size);
	if (first >= end)
		return;
	uint32_t at = 0;
	while (at < info->memory_count && info->memory[at].base + info->memory[at].size < first)
		at++;
	uint32_t after = at;
	for (; after < info->memory_count && info->memory[after].base <= end; after++) {
		uint64_t its_end = info->memory[after].base + info->memory[after].size;
		first = first < info->memory[after].base ? first : info->memory[after].base;
		end = end > its_end ? end : its_end;
	}
	uint32_t tail = info->memory_count - after;
	if (at + 1u + tail > BOOT_RANGES_MAX)
		return; /* more pieces than the system has room for: the rest is not used */
	memmove(&info->memory[at + 1u], &info->memory[after], tail * sizeof info->memory[0]);
	info->memory[at] = (struct boot_range){ .base = first, .size = end - first };
	info->memory_count = at + 1u + tail;
}

static void reserve_node(const struct fdt *fdt, struct fdt_node node, struct boot_info *info)
{
	struct fdt_value value;
	bool unmapped = fdt_property(fdt, node, "no-map", &value);
	uint64_t base, size;
	for (uint32_t i = 0; fdt_reg(fdt, node, i, &base, &size); i++) {
		boot_reserve(info, base, size);
		if (!unmapped || size == 0)
			continue;
		if (machine.unmapped_count == MACHINE_UNMAPPED_MAX)
			boot_refuse("firmware hides more than %u parts of memory", MACHINE_UNMAPPED_MAX);
		uint64_t first = page_down(base);
		machine.unmapped[machine.unmapped_count++] =
			(struct boot_range){ .base = first, .size = page_up(base + size) - first };
	}
}

void boot_memory(const struct fdt *fdt, struct boot_info *info)
{
	struct fdt_node node = fdt_root(fdt);
	uint64_t base, size;
	char type[16];
	for (bool more = fdt_child(fdt, fdt_root(fdt), &node); more; more = fdt_sibling(fdt, &node)) {
		if (!fdt_property_text(fdt, node, "device_type", type, sizeof type) || strcmp(type, "memory") != 0)
			continue;
		for (uint32_t i = 0; fdt_enabled(fdt, node) && fdt_reg(fdt, node, i, &base, &size); i++)
			add_memory(info, base, size);
	}
	for (uint32_t i = 0; fdt_reservation(fdt, i, &base, &size); i++)
		boot_reserve(info, base, size);
	if (!fdt_find_path(fdt, "/reserved-memory", &node))
		return;
	struct fdt_node child;
	for (bool more = fdt_child(fdt, node, &child); more; more = fdt_sibling(fdt, &child))
		if (fdt_enabled(fdt, child))
			reserve_node(fdt, child, info);
}
