/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The kernel's final page tables, and what kind of memory system this is.
 *
 * The final root is a static page, so that a secondary CPU finds it with its MMU
 * off. Direct map entries are as large as alignment allows; the part of RAM that
 * holds kernel text and read-only data is read-only there too. What the kernel
 * entered for its tables before arch_memory_init is carried over.
 */
#include <arch/port.h>
#include <kernel/frame.h>

#define LEVELS_TOP (ARCH_PAGE_LEVELS - 1u)

uint64_t memory_root[512] CC_ALIGNED(4096);
uint64_t memory_empty[512] CC_ALIGNED(4096); /* a user half with nothing in it */
static uint64_t image_table[512] CC_ALIGNED(4096);

uint64_t memory_guarded;
uint32_t memory_asid_max;
uint64_t memory_zero_block = PAGE_SIZE;
static bool final;

extern char kernel_image_start[], kernel_text_end[], kernel_rodata_end[], kernel_boot_text_end[], boot_stack_guard[],
	boot_stack_bottom[], kernel_image_end[];

static uint64_t address_of(const void *object)
{
	return (uint64_t)(uintptr_t)object;
}

paddr_t memory_image_address(const void *object)
{
	return (paddr_t){ address_of(object) - KERNEL_BASE + machine.image };
}

CC_BOOT void memory_detect(void)
{
	uint64_t zero = SYSREG_READ(dczid_el0);
	uint64_t block = 4ull << (zero & 0xfu);
	memory_asid_max = SYSREG_FIELD(SYSREG_READ(id_aa64mmfr0_el1), 4) == 2u ? 0xffffu : 0xffu;
	if (SYSREG_FIELD(SYSREG_READ(id_aa64pfr1_el1), 0) != 0u)
		memory_guarded = PTE_GUARDED;
	if ((zero & 0x10u) == 0u && block <= PAGE_SIZE / 4u)
		memory_zero_block = block;
}

/* ---- building the final tables ---- */
CC_BOOT static uint64_t *table_at(uint64_t entry)
{
	uint64_t physical = arch_pte_address(entry).a;
	uint64_t offset = physical - machine.image;
	/* Tables inside the image are reached through it: its own direct map may not be there yet. */
	if (offset < address_of(kernel_image_end) - KERNEL_BASE)
		return (uint64_t *)(uintptr_t)(KERNEL_BASE + offset);
	return arch_direct((paddr_t){ physical });
}

CC_BOOT static uint64_t *table_below(uint64_t *entry)
{
	paddr_t frame;
	if (*entry == 0u) {
		if (!frame_alloc_zero(&frame))
			boot_refuse("there is not enough memory for the kernel's page tables");
		*entry = arch_pte_table(frame);
	}
	return table_at(*entry);
}

/* One entry, as large as it may be; returns its size. */
CC_BOOT static uint64_t map_one(uint64_t address, uint64_t physical, uint64_t size, uint32_t prot)
{
	uint64_t leaf = arch_pte_leaf((paddr_t){ physical }, prot, false, false);
	uint64_t *table = memory_root;
	for (uint32_t level = LEVELS_TOP; level > 0u; level--) {
		uint32_t shift = PAGE_SHIFT + 9u * level;
		uint64_t span = 1ull << shift;
		uint64_t *entry = &table[address >> shift & 511u];
		if (*entry == 0u && size >= span && ((address | physical) & (span - 1u)) == 0u) {
			*entry = leaf & ~PTE_TABLE;
			return span;
		}
		table = table_below(entry);
	}
	table[address >> PAGE_SHIFT & 511u] = leaf;
	return PAGE_SIZE;
}

CC_BOOT static void map(uint64_t address, uint64_t physical, uint64_t size, uint32_t prot)
{
	for (uint64_t done = 0; done < size;)
		done += map_one(address + done, physical + done, size - done, prot);
}

CC_BOOT static void map_image_part(const char *from, const char *to, uint32_t prot)
{
	map(address_of(from), memory_image_address(from).a, (uint64_t)(to - from), prot);
}

CC_BOOT static void map_image(void)
{
	uint64_t *early = table_at(head_root[510]);
	memory_root[510] = arch_pte_table(memory_image_address(image_table));
	memory_root[511] = head_root[511];
	uint64_t first = (address_of(kernel_image_end) - KERNEL_BASE + (1u << 21) - 1u) >> 21;
	for (uint64_t i = first; i < 512u; i++)
		image_table[i] = early[i];
	map_image_part(kernel_image_start, kernel_text_end, PROT_READ | PROT_EXECUTE);
	map_image_part(kernel_text_end, kernel_rodata_end, PROT_READ);
	map_image_part(kernel_rodata_end, kernel_boot_text_end, PROT_READ | PROT_EXECUTE);
	map_image_part(kernel_boot_text_end, boot_stack_guard, PROT_READ | PROT_WRITE);
	map_image_part(boot_stack_bottom, kernel_image_end, PROT_READ | PROT_WRITE);
}

CC_BOOT static void map_direct(uint64_t from, uint64_t to, uint32_t prot)
{
	if (from < to)
		map(DIRECT_MAP_BASE + from, from, to - from, prot);
}

/* RAM from..to, read-only where it overlaps the constant part of the image. */
CC_BOOT static void map_ram(uint64_t from, uint64_t to)
{
	uint64_t constant = machine.image;
	uint64_t constant_end = memory_image_address(kernel_rodata_end).a;
	uint64_t low = constant < from ? from : constant > to ? to : constant;
	uint64_t high = constant_end < from ? from : constant_end > to ? to : constant_end;
	map_direct(from, low, PROT_READ | PROT_WRITE);
	map_direct(low, high, PROT_READ);
	map_direct(high, to, PROT_READ | PROT_WRITE);
}

void memory_write_no_execute(void)
{
	SYSREG_WRITE(sctlr_el1, SYSREG_READ(sctlr_el1) | SCTLR_WRITE_NO_EXECUTE);
	__asm__ volatile("isb\n\ttlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
}

CC_BOOT void arch_memory_init(const struct boot_info *info)
{
	void (*exchange)(uint64_t) = (void (*)(uint64_t))(uintptr_t)memory_image_address(
		(const void *)(uintptr_t)head_exchange_root).a;
	memory_root[0] = head_root[0]; /* devices */
	map_image();
	for (uint32_t i = 0; i < info->memory_count; i++)
		map_ram(info->memory[i].base, info->memory[i].base + info->memory[i].size);
	__asm__ volatile("dsb ish" ::: "memory");
	exchange(memory_image_address(memory_root).a);
	SYSREG_WRITE(ttbr0_el1, memory_image_address(memory_empty).a);
	memory_write_no_execute();
	final = true;
}

paddr_t arch_kernel_root(void)
{
	return memory_image_address(final ? memory_root : head_root);
}

void arch_root_init(uint64_t *root)
{
	(void)root; /* the kernel half has a root of its own (TTBR1) */
}
