/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The kernel's own page tables.
 *
 * Everything of the kernel's hangs off the last entry of a root table, which is therefore all that an address
 * space copies. Direct map in the largest pages that fit; the image page by page, each section with its own
 * protection and its alias in the direct map no more writable than itself (but for the code of boot, soon gone); the registers of the devices the
 * kernel drives at their direct-map address, uncached; and the fault stacks, each with a page missing below.
 * What is left of the early tables serves secondary CPUs for their first instructions.
 */
#include "x86.h"

#include <kernel/frame.h>

#define ROOT_KERNEL 511u
#define SIZE_2M     (1ull << 21)
#define SIZE_1G     (1ull << 30)
#define DIRECT_SIZE (KERNEL_BASE - DIRECT_MAP_BASE)

/* Per CPU: an empty page, then the stack for double faults, NMIs and machine checks. */
#define FAULT_STACKS       0xffffffffff000000ull
#define FAULT_STACK_PAGES  2u
#define FAULT_STACK_STRIDE ((FAULT_STACK_PAGES + 1u) * PAGE_SIZE)

static paddr_t kernel_root;
static bool pages_1g;
/* Until the final tables: nothing guards it. */
static uint8_t early_fault_stack[PAGE_SIZE] CC_ALIGNED(16);

paddr_t arch_kernel_root(void)
{
	return kernel_root;
}

void arch_root_init(uint64_t *root)
{
	root[ROOT_KERNEL] = ((const uint64_t *)arch_direct(kernel_root))[ROOT_KERNEL];
}

CC_NOINLINE uint32_t x86_device_read32(uint64_t address)
{
	return *(volatile uint32_t *)arch_direct((paddr_t){address});
}

CC_NOINLINE void x86_device_write32(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)arch_direct((paddr_t){address}) = value;
}

void arch_cache_sync(const void *address, size_t bytes)
{
	(void)address; /* instruction fetch sees stores; a far jump or IRET, the way to new code, serializes */
	(void)bytes;
	__asm__ volatile("" : : : "memory");
}

/* ---- building ---- */

CC_BOOT static paddr_t table_new(void)
{
	paddr_t table;
	if (!frame_alloc_zero(&table))
		boot_refuse("not enough memory for the kernel's page tables");
	return table;
}

/* The entry for an address at a level (0: 4 KiB, 1: 2 MiB, 2: 1 GiB), with the tables that lead there. */
CC_BOOT static uint64_t *entry_find(uint64_t address, uint32_t level)
{
	uint64_t *table = arch_direct(kernel_root);
	for (uint32_t at = ARCH_PAGE_LEVELS - 1u;; at--) {
		uint64_t *entry = &table[address >> (PAGE_SHIFT + 9u * at) & 511u];
		if (at == level)
			return entry;
		if (!arch_pte_present(*entry))
			*entry = arch_pte_table(table_new()) & ~X86_PTE_USER;
		table = arch_direct(arch_pte_address(*entry));
	}
}

CC_BOOT static void map_page(uint64_t address, paddr_t frame, uint32_t prot, bool device)
{
	*entry_find(address, 0) = arch_pte_leaf(frame, prot, false, device);
}

CC_BOOT static void map_image(const char *start, const char *end, uint32_t prot)
{
	for (const char *page = start; page < end; page += PAGE_SIZE) {
		if (page != boot_stack_guard)
			map_page((uint64_t)(uintptr_t)page, x86_image_physical(page), prot, false);
	}
}

/* Does [base, base + size) touch text or read-only data? */
CC_BOOT static bool is_protected(uint64_t base, uint64_t size)
{
	return base < x86_image_physical(kernel_rodata_end).a &&
	       base + size > x86_image_physical(kernel_text_start).a;
}

CC_BOOT static uint32_t level_for(uint64_t base, uint64_t left)
{
	if (pages_1g && base % SIZE_1G == 0 && left >= SIZE_1G && !is_protected(base, SIZE_1G))
		return 2;
	if (base % SIZE_2M == 0 && left >= SIZE_2M && !is_protected(base, SIZE_2M))
		return 1;
	return 0;
}

CC_BOOT static void map_direct(const struct boot_range *range)
{
	uint64_t end = range->base + range->size;
	for (uint64_t base = range->base; base < end;) {
		uint32_t level = level_for(base, end - base);
		bool writable = level > 0 || !is_protected(base, PAGE_SIZE);
		uint32_t prot = writable ? PROT_READ | PROT_WRITE : PROT_READ;
		uint64_t entry = arch_pte_leaf((paddr_t){base}, prot, false, false);
		*entry_find(DIRECT_MAP_BASE + base, level) = entry | (level > 0 ? X86_PTE_LARGE : 0);
		base += 1ull << (PAGE_SHIFT + 9u * level);
	}
}

CC_BOOT static void map_device(uint64_t base)
{
	if (base == 0)
		return;
	if (base >= DIRECT_SIZE)
		boot_refuse("device registers at 0x%lx are out of reach", base);
	base &= ~(uint64_t)PAGE_MASK;
	map_page(DIRECT_MAP_BASE + base, (paddr_t){base}, PROT_READ | PROT_WRITE, true);
}

CC_BOOT static void map_devices(void)
{
	map_device(x86_platform.lapic_base);
	for (uint32_t i = 0; i < x86_platform.ioapic_count; i++)
		map_device(x86_platform.ioapics[i].base);
	map_device(x86_platform.hpet_base);
	map_device(x86_platform.uart_memory ? x86_platform.uart_base : 0);
	map_device(x86_platform.reset_memory ? x86_platform.reset_address : 0);
	map_device(x86_platform.sleep_memory ? x86_platform.sleep_control : 0);
}

CC_BOOT static void map_fault_stacks(uint32_t cpus)
{
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		uint64_t top = FAULT_STACKS + (cpu + 1ull) * FAULT_STACK_STRIDE;
		for (uint32_t page = 1; page <= FAULT_STACK_PAGES; page++)
			map_page(top - page * PAGE_SIZE, table_new(), PROT_READ | PROT_WRITE, false);
	}
}

/* Keep of the early tables what a CPU needs to switch on paging on its trampoline page. */
CC_BOOT static void early_tables_trim(void)
{
	for (uint32_t i = 1; i < 4 * 512; i++)
		x86_early_directories[i] = 0;
	for (uint32_t i = 1; i < 4; i++)
		x86_early_low[i] = 0;
	arch_root_init(x86_early_root);
}

CC_BOOT void arch_memory_init(const struct boot_info *info)
{
	pages_1g = (x86_cpuid(0x80000001u).edx & (1u << 26)) != 0;
	kernel_root = table_new();
	for (uint32_t i = 0; i < info->memory_count; i++)
		map_direct(&info->memory[i]);
	map_image(kernel_text_start, kernel_text_end, PROT_READ | PROT_EXECUTE);
	map_image(kernel_rodata_start, kernel_rodata_end, PROT_READ);
	map_image(kernel_boot_text_start, kernel_boot_text_end, PROT_READ | PROT_EXECUTE);
	map_image(kernel_data_start, kernel_image_end, PROT_READ | PROT_WRITE);
	map_devices();
	map_fault_stacks(info->cpu_count);

	x86_cr3_write(kernel_root.a);
	x86_fault_stack_set(0, x86_fault_stack_top(0));
	early_tables_trim();
}

/* ---- stacks ---- */

uint64_t x86_fault_stack_top(uint32_t index)
{
	if (kernel_root.a == 0)
		return (uint64_t)(uintptr_t)early_fault_stack + sizeof(early_fault_stack);
	return FAULT_STACKS + (index + 1ull) * FAULT_STACK_STRIDE;
}

bool x86_stack_find(uint64_t address, uint64_t *out_bottom, uint64_t *out_top)
{
	const struct cpu *cpu = arch_cpu_self();
	uint64_t tops[3] = {(uint64_t)(uintptr_t)boot_stack_top, 0, 0};
	uint64_t sizes[3] = {X86_BOOT_STACK_SIZE, KERNEL_STACK_SIZE, FAULT_STACK_PAGES * PAGE_SIZE};
	if (cpu != NULL) {
		tops[1] = cpu->arch.stack_top;
		tops[2] = x86_fault_stack_top(cpu->arch.index);
	}
	for (uint32_t i = 0; i < 3; i++) {
		if (tops[i] != 0 && address >= tops[i] - sizes[i] && address < tops[i]) {
			*out_bottom = tops[i] - sizes[i];
			*out_top = tops[i];
			return true;
		}
	}
	return false;
}
