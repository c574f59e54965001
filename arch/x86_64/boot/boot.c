/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From the loader's hand-over to kernel_main: first C code, on the boot stack, with the early page tables. */
#include "boot.h"

#include <lib/string.h>

#define LOW_MEMORY       0x10000u /* firmware scribbles here, on real machines even later */
#define TRAMPOLINE_LIMIT 0xa0000u
#define DIRECT_LIMIT     (KERNEL_BASE - DIRECT_MAP_BASE)
#define EARLY_PAGE       0x83u /* present, writable, large */
#define EARLY_TABLE      0x03u
#define CPUID_NO_EXECUTE (1u << 20)
#define SIZE_2M          (1ull << 21)
#define SIZE_1G          (1ull << 30)

extern uint64_t boot_ticks;

struct x86_platform x86_platform;
static struct boot_info boot_info;

CC_NORETURN void boot_main(uint32_t magic, uint64_t information);

const uint8_t *boot_bytes(uint64_t address, uint64_t length)
{
	if (address == 0 || address >= EARLY_LIMIT || length > EARLY_LIMIT - address)
		return NULL;
	return arch_direct((paddr_t){address});
}

/* The early direct map ends at 4 GiB: extend it over the rest of RAM, with tables taken from RAM below. */
static void direct_map_extend(struct boot_info *info)
{
	const struct boot_range *last = &info->memory[info->memory_count - 1];
	uint64_t end = last->base + last->size;
	for (uint64_t base = EARLY_LIMIT; base < end; base += SIZE_1G) {
		uint64_t table = range_carve(info, X86_IMAGE_PHYSICAL, EARLY_LIMIT, 1);
		if (table == 0)
			boot_refuse("no room below 4 GiB for page tables over %lu MiB of RAM", end >> 20);
		uint64_t *entries = arch_direct((paddr_t){table});
		for (uint32_t i = 0; i < 512; i++)
			entries[i] = (base + i * SIZE_2M) | EARLY_PAGE;
		x86_early_high[256 + base / SIZE_1G] = table | EARLY_TABLE;
	}
}

static void memory_prepare(struct boot_info *info)
{
	uint64_t image = X86_IMAGE_PHYSICAL;
	uint64_t image_size = x86_image_physical(kernel_image_end).a - image;

	range_finish(info, DIRECT_LIMIT);
	if (info->memory_count == 0)
		boot_refuse("the loader names no usable RAM");
	if (!range_is_memory(info, image, image_size))
		boot_refuse("the kernel was loaded at 0x%lx..0x%lx, which is not usable RAM", image,
		            image + image_size);
	range_reserve(info, image, image_size);
	if (info->bundle.size != 0)
		range_reserve(info, info->bundle.base, info->bundle.size);
	x86_platform.trampoline = (uint32_t)range_carve(info, PAGE_SIZE, TRAMPOLINE_LIMIT, 1);
	range_reserve(info, 0, LOW_MEMORY);
	direct_map_extend(info);
}

void boot_main(uint32_t magic, uint64_t information)
{
	struct boot_info *info = &boot_info;
	cpu_table[0].arch.self = &cpu_table[0]; /* faults look there from now on */
	x86_tables_load(0, (uint64_t)(uintptr_t)boot_stack_top, x86_fault_stack_top(0));
	info->entry_ticks = boot_ticks;

	uint64_t rsdp;
	if (magic == MULTIBOOT2_LOADER_MAGIC)
		rsdp = multiboot2_read(info, information);
	else
		rsdp = pvh_read(info, information);
	acpi_open(rsdp);
	acpi_read_interrupts(info, x86_cpuid(1).ebx >> 24);
	acpi_read_console(info);
	if ((x86_cpuid(0x80000001u).edx & CPUID_NO_EXECUTE) == 0)
		boot_refuse("this CPU cannot forbid the execution of data (no NX)");
	acpi_check_interrupts();
	acpi_read_machine(info);
	x86_time_init();
	memory_prepare(info);
	kernel_main(info);
}
