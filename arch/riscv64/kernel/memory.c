/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The kernel's page tables. One root serves kernel and programs: its upper half
 * is copied into every other root, and the level below it is allocated here for
 * every part that is ever used (direct map, device window, image and tables), so
 * that what the kernel maps later appears in all of them.
 *
 * The direct map uses the largest pages that fit; the image's text and read-only
 * data are read-only in it, and memory that firmware keeps is not in it.
 */
#include "csr.h"
#include "machine.h"
#include "sbi.h"
#include <kernel/frame.h>

#define ROOT_HALF 256u
#define ENTRIES 512u
#define WINDOW_BASE 0xffffffff40000000ull /* one root entry, below the image's */
#define WINDOW_ENTRY 509u
#define DIRECT_LIMIT ((uint64_t)(WINDOW_ENTRY - ROOT_HALF) << 30)
#define FLUSH_PAGES_MAX 1u /* beyond this, one fence for everything is cheaper */

extern char boot_root[], boot_stack_guard[], boot_stack[];
extern char kernel_image_end[], kernel_text_start[], kernel_text_end[], kernel_rodata_start[],
	kernel_rodata_end[], kernel_boot_text_start[], kernel_boot_text_end[], kernel_data_start[];

uint64_t riscv_asid_mask;
uint64_t riscv_pte_device;
uint64_t memory_kernel_satp;
static paddr_t kernel_root;           /* 0 until arch_memory_init */
static uint32_t direct_end = ROOT_HALF; /* root entries of the direct map: ROOT_HALF .. direct_end */
static uint64_t window_next = WINDOW_BASE;

/* ---- building ---- */

CC_BOOT static paddr_t table_new(void)
{
	paddr_t table;
	if (!frame_alloc_zero(&table))
		boot_refuse("too little memory for the kernel's page tables");
	return table;
}

CC_BOOT static uint64_t *table_below(uint64_t *entry)
{
	if (!arch_pte_present(*entry))
		*entry = arch_pte_table(table_new());
	return (uint64_t *)arch_direct(arch_pte_address(*entry));
}

static uint64_t page_bytes(uint32_t level)
{
	return (uint64_t)PAGE_SIZE << (9u * level);
}

/* Largest page that starts at both addresses and ends within `bytes`. */
CC_BOOT static uint32_t level_for(uint64_t virtual, uint64_t physical, uint64_t bytes)
{
	uint32_t level = ARCH_PAGE_LEVELS - 1;
	while (level > 0 && (((virtual | physical) & (page_bytes(level) - 1u)) != 0 || bytes < page_bytes(level)))
		level--;
	return level;
}

CC_BOOT static void map(uint64_t virtual, uint64_t physical, uint64_t bytes, uint32_t prot, bool device)
{
	while (bytes != 0) {
		uint32_t level = level_for(virtual, physical, bytes);
		uint64_t *table = (uint64_t *)arch_direct(kernel_root);
		for (uint32_t above = ARCH_PAGE_LEVELS - 1; above > level; above--)
			table = table_below(&table[virtual >> (PAGE_SHIFT + 9u * above) & (ENTRIES - 1u)]);
		table[virtual >> (PAGE_SHIFT + 9u * level) & (ENTRIES - 1u)] =
			arch_pte_leaf((paddr_t){ physical }, prot, false, device);
		virtual += page_bytes(level);
		physical += page_bytes(level);
		bytes -= page_bytes(level);
	}
}

CC_BOOT static void map_image(const char *first, const char *end, uint32_t prot)
{
	map((uint64_t)first, (uint64_t)first - KERNEL_BASE + machine.image, (uint64_t)(end - first), prot, false);
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Does `at` lie in the range? Either way, *end comes no later than where that changes. */
CC_BOOT static bool within(uint64_t at, struct boot_range range, uint64_t *end)
{
	uint64_t range_end = range.base + range.size;
	if (at >= range_end)
		return false;
	*end = lesser(*end, at < range.base ? range.base : range_end);
	return at >= range.base;
}

CC_BOOT static void map_direct(struct boot_range memory)
{
	struct boot_range fixed = { machine.image, (uint64_t)(kernel_rodata_end - kernel_text_start) };
	uint64_t limit = lesser(memory.base + memory.size, DIRECT_LIMIT);
	for (uint64_t at = memory.base, end; at < limit; at = end) {
		end = limit;
		uint32_t prot = within(at, fixed, &end) ? PROT_READ : PROT_READ | PROT_WRITE;
		bool hidden = false;
		for (uint32_t i = 0; i < machine.unmapped_count; i++)
			hidden = within(at, machine.unmapped[i], &end) || hidden;
		if (!hidden)
			map(DIRECT_MAP_BASE + at, at, end - at, prot, false);
	}
	if (limit > memory.base)
		direct_end = ROOT_HALF + (uint32_t)((limit - 1u) >> 30) + 1u;
}

CC_BOOT void arch_memory_init(const struct boot_info *info)
{
	kernel_root = table_new();
	uint64_t *root = (uint64_t *)arch_direct(kernel_root);
	for (uint32_t i = 0; i < info->memory_count; i++)
		map_direct(info->memory[i]);
	map_image(kernel_text_start, kernel_text_end, PROT_READ | PROT_EXECUTE);
	map_image(kernel_rodata_start, kernel_rodata_end, PROT_READ);
	map_image(kernel_boot_text_start, kernel_boot_text_end, PROT_READ | PROT_EXECUTE);
	map_image(kernel_data_start, boot_stack_guard, PROT_READ | PROT_WRITE);
	map_image(boot_stack, kernel_image_end, PROT_READ | PROT_WRITE);
	for (uint32_t i = WINDOW_ENTRY; i < ENTRIES; i++)
		(void)table_below(&root[i]);
	console_map();
	power_map();
	memory_kernel_satp = RISCV_SATP_SV39 | kernel_root.a >> PAGE_SHIFT;
	csr_write(satp, memory_kernel_satp);
	__asm__ volatile("sfence.vma" ::: "memory");
}

paddr_t arch_kernel_root(void)
{
	return kernel_root.a != 0 ? kernel_root : (paddr_t){ (uint64_t)boot_root - KERNEL_BASE + machine.image };
}

void arch_root_init(uint64_t *root)
{
	const uint64_t *kernel = (const uint64_t *)arch_direct(kernel_root);
	for (uint32_t i = ROOT_HALF; i < direct_end; i++)
		root[i] = kernel[i];
	for (uint32_t i = WINDOW_ENTRY; i < ENTRIES; i++)
		root[i] = kernel[i];
}

CC_BOOT volatile void *device_map(uint64_t base, uint64_t size)
{
	uint64_t offset = base & PAGE_MASK;
	if (kernel_root.a == 0)
		return (volatile void *)arch_direct((paddr_t){ base });
	size = (size + offset + PAGE_MASK) & ~(uint64_t)PAGE_MASK;
	base -= offset;
	/* Same place within 2 MiB as the device, so that large ones get large pages. */
	uint64_t large = page_bytes(1) - 1u;
	uint64_t at = window_next + ((base - window_next) & large);
	if (at + size - WINDOW_BASE > page_bytes(2))
		boot_refuse("the registers of the devices the kernel needs do not fit in its window");
	window_next = at + size;
	map(at, base, size, PROT_READ | PROT_WRITE, true);
	arch_pte_published();
	return (volatile void *)(at + offset);
}

/* ---- translations ---- */

CC_BOOT void memory_probe_asid(void)
{
	uint64_t satp = csr_read(satp), all = 0xffffull;
	csr_write(satp, satp | all << RISCV_SATP_ASID_SHIFT);
	uint64_t taken = csr_read(satp) >> RISCV_SATP_ASID_SHIFT & all;
	csr_write(satp, satp);
	__asm__ volatile("sfence.vma" ::: "memory");
	/* Fewer than all would need them shared out among processes; no such machine is worth it. */
	riscv_asid_mask = taken == all ? all : 0;
}

static void flush_here(uint32_t asid, uint64_t address, uint64_t pages)
{
	bool tagged = asid != 0 && riscv_asid_mask != 0;
	if (pages == 0 || pages > FLUSH_PAGES_MAX) {
		if (tagged)
			__asm__ volatile("sfence.vma zero, %0" :: "r"((uint64_t)asid) : "memory");
		else
			__asm__ volatile("sfence.vma" ::: "memory");
		return;
	}
	for (uint64_t end = address + pages * PAGE_SIZE; address != end; address += PAGE_SIZE) {
		if (tagged)
			__asm__ volatile("sfence.vma %0, %1" :: "r"(address), "r"((uint64_t)asid) : "memory");
		else
			__asm__ volatile("sfence.vma %0, zero" :: "r"(address) : "memory");
	}
}

/* Harts as firmware wants them named: a mask of up to 64 from a base. Takes out of `cpus` those it covers. */
static uint64_t harts_of(uint64_t *cpus, uint64_t *out_base)
{
	uint64_t base = UINT64_MAX, mask = 0;
	for (uint32_t cpu = 0; cpu < machine.cpu_count; cpu++)
		if (*cpus >> cpu & 1u)
			base = lesser(base, machine.hart[cpu]);
	for (uint32_t cpu = 0; cpu < machine.cpu_count; cpu++)
		if ((*cpus >> cpu & 1u) && machine.hart[cpu] - base < 64u) {
			mask |= 1ull << (machine.hart[cpu] - base);
			*cpus &= ~(1ull << cpu);
		}
	*out_base = base;
	return mask;
}

/* Every CPU but this one, of those asked for. */
static uint64_t others(uint64_t cpus)
{
	uint64_t all = (1ull << machine.cpu_count) - 1u;
	return cpus & all & ~(1ull << arch_cpu_self()->index);
}

/* Firmware interrupts a CPU and waits for it; one that idles is better left a note. Takes those out. An idle
 * CPU runs nothing but the kernel, so this is not for the kernel's own translations. */
static uint64_t leave_notes(uint64_t cpus, uint32_t owed)
{
	for (uint32_t index = 0; index < machine.cpu_count; index++) {
		struct arch_cpu *cpu = &cpu_table[index].arch;
		if ((cpus >> index & 1u) == 0 || __atomic_load_n(&cpu->idle, __ATOMIC_RELAXED) == 0)
			continue;
		__atomic_fetch_or(&cpu->owed, owed, __ATOMIC_SEQ_CST);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (__atomic_load_n(&cpu->idle, __ATOMIC_RELAXED) != 0)
			cpus &= ~(1ull << index);
	}
	return cpus;
}

void memory_pay(struct arch_cpu *cpu)
{
	uint32_t owed = __atomic_exchange_n(&cpu->owed, 0u, __ATOMIC_SEQ_CST);
	if (owed & OWED_TRANSLATIONS)
		__asm__ volatile("sfence.vma" ::: "memory");
	if (owed & OWED_INSTRUCTIONS)
		__asm__ volatile("fence.i" ::: "memory");
}

void arch_tlb_flush(uint32_t asid, uint64_t address, uint64_t pages, uint64_t cpus)
{
	bool tagged = asid != 0 && riscv_asid_mask != 0;
	uint64_t bytes = pages == 0 ? UINT64_MAX : pages * PAGE_SIZE;
	flush_here(asid, address, pages);
	uint64_t left = others(cpus), base;
	if (asid != 0)
		left = leave_notes(left, OWED_TRANSLATIONS);
	while (left != 0) {
		uint64_t mask = harts_of(&left, &base);
		(void)sbi_call(SBI_RFENCE, tagged ? SBI_RFENCE_VMA_ASID : SBI_RFENCE_VMA, mask, base,
		               pages == 0 ? 0 : address, bytes, asid);
	}
}

void arch_cache_sync(const void *address, size_t bytes)
{
	(void)address;
	(void)bytes;
	__asm__ volatile("fence.i" ::: "memory");
	for (uint64_t left = leave_notes(others(UINT64_MAX), OWED_INSTRUCTIONS), base; left != 0;) {
		uint64_t mask = harts_of(&left, &base);
		(void)sbi_call(SBI_RFENCE, SBI_RFENCE_I, mask, base, 0, 0, 0);
	}
}
