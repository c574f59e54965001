/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From the device tree to the boot info. Devices are read in machine.c; here is
 * what every machine has: RAM, what of it is taken, the bundle, CPUs, command line.
 * Everything is copied, so the tree itself is free memory when kernel_main begins.
 */
#include "boot_priv.h"
#include <lib/hash.h>
#include <lib/string.h>

#define TREE_MAX (2u << 20)         /* as much of it as head.S mapped for certain */
#define DIRECT_MAP_SIZE (KERNEL_BASE - DIRECT_MAP_BASE)
#define AFFINITY_MASK 0xff00ffffffull

struct machine machine;
static struct boot_info info;

extern char kernel_memory_size[] CC_FAR; /* an absolute symbol: the size is its address */

void range_add(struct boot_range *ranges, uint32_t *count, uint64_t base, uint64_t size)
{
	if (size == 0u || *count == BOOT_RANGES_MAX)
		return;
	ranges[(*count)++] = (struct boot_range){ .base = base, .size = size };
}

/* Usable RAM is whole pages within reach of the direct map. */
static void memory_add(uint64_t base, uint64_t size)
{
	uint64_t first = (base + PAGE_MASK) & ~(uint64_t)PAGE_MASK;
	uint64_t end = (base + size) & ~(uint64_t)PAGE_MASK;
	if (end > DIRECT_MAP_SIZE)
		end = DIRECT_MAP_SIZE;
	if (first < end)
		range_add(info.memory, &info.memory_count, first, end - first);
}

/* Firmware wants this part not even mapped: it counts as no RAM at all. */
static void memory_cut(uint64_t base, uint64_t size)
{
	uint64_t end = base + size;
	for (uint32_t i = 0; i < info.memory_count; i++) {
		struct boot_range *range = &info.memory[i];
		uint64_t range_end = range->base + range->size;
		if (end <= range->base || base >= range_end)
			continue;
		range->size = base > range->base ? base - range->base : 0u;
		if (end < range_end)
			memory_add(end, range_end - end);
	}
}

static void read_memory(const struct fdt *fdt)
{
	struct fdt_node node = fdt_root(fdt);
	struct fdt_value type;
	uint64_t base, size;
	while (fdt_next(fdt, &node)) {
		if (!fdt_property(fdt, node, "device_type", &type) || !fdt_value_has(type, "memory") ||
		    !fdt_enabled(fdt, node))
			continue;
		for (uint32_t i = 0; fdt_reg(fdt, node, i, &base, &size); i++)
			memory_add(base, size);
	}
}

static void read_reserved(const struct fdt *fdt)
{
	struct fdt_node parent, node;
	struct fdt_value no_map;
	uint64_t base, size;
	for (uint32_t i = 0; fdt_reservation(fdt, i, &base, &size); i++)
		range_add(info.reserved, &info.reserved_count, base, size);
	if (!fdt_find_path(fdt, "/reserved-memory", &parent) || !fdt_child(fdt, parent, &node))
		return;
	do {
		bool cut = fdt_property(fdt, node, "no-map", &no_map);
		for (uint32_t i = 0; fdt_reg(fdt, node, i, &base, &size); i++) {
			range_add(info.reserved, &info.reserved_count, base, size);
			if (cut)
				memory_cut(base, size);
		}
	} while (fdt_sibling(fdt, &node));
}

/* In ascending order, without empty ranges; neighbours and overlaps become one. */
static void sort_memory(void)
{
	uint32_t count = 0;
	for (uint32_t i = 1; i < info.memory_count; i++) {
		struct boot_range range = info.memory[i];
		uint32_t at = i;
		for (; at > 0u && info.memory[at - 1u].base > range.base; at--)
			info.memory[at] = info.memory[at - 1u];
		info.memory[at] = range;
	}
	for (uint32_t i = 0; i < info.memory_count; i++) {
		struct boot_range range = info.memory[i];
		struct boot_range *last = &info.memory[count - 1u];
		if (range.size == 0u)
			continue;
		if (count == 0u || last->base + last->size < range.base)
			info.memory[count++] = range;
		else if (range.base + range.size > last->base + last->size)
			last->size = range.base + range.size - last->base;
	}
	info.memory_count = count;
}

/* Once taken, it is nowhere else. */
static void read_seed(const struct fdt *fdt, struct fdt_node chosen)
{
	struct fdt_value seed;
	if (!fdt_property(fdt, chosen, "rng-seed", &seed))
		return;
	random_boot_seed(seed.data, seed.size);
	secret_wipe((void *)(uintptr_t)seed.data, seed.size);
}

static void read_chosen(const struct fdt *fdt)
{
	struct fdt_node chosen;
	uint64_t start, end;
	if (!fdt_find_path(fdt, "/chosen", &chosen))
		return;
	if (fdt_property_text(fdt, chosen, "bootargs", info.command_line, sizeof info.command_line))
		machine.semihosting = text_has(info.command_line, "semihosting");
	if (fdt_property_u64(fdt, chosen, "linux,initrd-start", &start) &&
	    fdt_property_u64(fdt, chosen, "linux,initrd-end", &end) && start < end) {
		info.bundle = (struct boot_range){ .base = start, .size = end - start };
		range_add(info.reserved, &info.reserved_count, start, end - start);
	}
	read_seed(fdt, chosen);
}

static void read_cpus(const struct fdt *fdt)
{
	struct fdt_node parent, node;
	struct fdt_value type;
	uint64_t id, size;
	uint64_t self = SYSREG_READ(mpidr_el1) & AFFINITY_MASK;
	info.cpu_hardware_ids[0] = self;
	info.cpu_count = 1;
	if (!fdt_find_path(fdt, "/cpus", &parent) || !fdt_child(fdt, parent, &node))
		return;
	do {
		if (info.cpu_count < CPU_MAX && fdt_property(fdt, node, "device_type", &type) &&
		    fdt_value_has(type, "cpu") && fdt_reg_local(fdt, node, 0, &id, &size) &&
		    (id & AFFINITY_MASK) != self)
			info.cpu_hardware_ids[info.cpu_count++] = id & AFFINITY_MASK;
	} while (fdt_sibling(fdt, &node));
}

static void read_machine_name(const struct fdt *fdt)
{
	struct fdt_node root = fdt_root(fdt);
	(void)string_copy(info.loader, sizeof info.loader, "linux-dtb");
	if (!fdt_property_text(fdt, root, "model", info.machine, sizeof info.machine) &&
	    !fdt_property_text(fdt, root, "compatible", info.machine, sizeof info.machine))
		(void)string_copy(info.machine, sizeof info.machine, "unknown");
}

void boot_main(uint64_t tree, uint64_t image, uint64_t entry_ticks)
{
	struct fdt fdt;
	const uint8_t *data = arch_direct((paddr_t){ tree });
	machine.image = image;
	memory_detect();
	info.entry_ticks = entry_ticks;
	/* Without a tree there is no console to say so on. */
	uint32_t size = fdt_total_size(data, 8);
	if (size > TREE_MAX)
		boot_refuse("the device tree is larger than 2 MiB");
	enum fdt_verdict verdict = fdt_open(data, size, &fdt);
	if (verdict != FDT_OK)
		boot_refuse("%s", fdt_verdict_text(verdict));

	machine_read_console(&fdt);
	read_machine_name(&fdt);
	read_memory(&fdt);
	range_add(info.reserved, &info.reserved_count, image, (uint64_t)(uintptr_t)kernel_memory_size);
	read_chosen(&fdt);
	read_reserved(&fdt);
	sort_memory();
	for (uint32_t i = 0; i < info.memory_count; i++)
		early_map_ram(info.memory[i].base, info.memory[i].size);
	read_cpus(&fdt);
	machine_read(&fdt, &info);
	kernel_main(&info);
}
