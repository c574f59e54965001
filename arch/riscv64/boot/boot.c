/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From what firmware passes (a hart id and a device tree) to the boot info. The
 * tree is read in place, through the early direct map, and stays reserved.
 */
#include "boot_priv.h"
#include <lib/hash.h>
#include <lib/string.h>

struct machine machine;
static struct boot_info boot_info;
extern char kernel_image_end[];

static struct fdt open_tree(uint64_t address)
{
	const uint8_t *data = (const uint8_t *)arch_direct((paddr_t){ address });
	uint32_t size = address != 0 ? fdt_total_size(data, 8) : 0;
	struct fdt fdt;
	enum fdt_verdict verdict = fdt_open(data, size, &fdt);
	if (verdict != FDT_OK)
		boot_refuse("firmware's device tree at %lx is not usable: %s", address, fdt_verdict_text(verdict));
	return fdt;
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

static void read_chosen(const struct fdt *fdt, struct boot_info *info)
{
	struct fdt_node chosen;
	uint64_t first, end;
	if (!fdt_find_path(fdt, "/chosen", &chosen))
		return;
	if (!fdt_property_text(fdt, chosen, "bootargs", info->command_line, sizeof info->command_line))
		info->command_line[0] = '\0';
	if (fdt_property_u64(fdt, chosen, "linux,initrd-start", &first)
	    && fdt_property_u64(fdt, chosen, "linux,initrd-end", &end) && first < end) {
		info->bundle = (struct boot_range){ .base = first, .size = end - first };
		boot_reserve(info, first, end - first);
	}
	read_seed(fdt, chosen);
}

void boot_main(uint64_t hart, uint64_t tree, uint64_t image, uint64_t ticks)
{
	struct boot_info *info = &boot_info;
	machine.image = image;
	memory_probe_asid();
	struct fdt fdt = open_tree(tree);
	boot_console(&fdt); /* these two first: whoever refuses the machine then can say so, and end it */
	boot_devices(&fdt, info);
	string_copy(info->loader, sizeof info->loader, "opensbi");
	if (!fdt_property_text(&fdt, fdt_root(&fdt), "model", info->machine, sizeof info->machine))
		string_copy(info->machine, sizeof info->machine, "riscv64");
	info->entry_ticks = ticks;
	boot_reserve(info, image, (uint64_t)kernel_image_end - KERNEL_BASE);
	boot_reserve(info, tree, fdt.size);
	read_chosen(&fdt, info);
	boot_memory(&fdt, info);
	boot_cpus(&fdt, info, hart);
	boot_controller(&fdt);
	kernel_main(info);
}
