/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Cached translations and instructions. The hardware broadcasts maintenance to
 * all CPUs, so no CPU is interrupted for it.
 */
#include <arch/port.h>

#define FLUSH_PAGES_MAX 32u /* more: the whole address space goes */
#define ASID_SHIFT 48u
#define CACHE_TYPE_NO_CLEAN (1ull << 28) /* CTR_EL0.IDC: instruction fetches see the data cache */

void memory_activate_slow(uint64_t root, uint32_t asid)
{
	if (asid == 0u)
		root = memory_image_address(memory_empty).a;
	SYSREG_WRITE(ttbr0_el1, root);
	sync_instructions();
	/* All that have no ASID of their own share 0 and must not see each other's translations. */
	if (asid != 0u)
		__asm__ volatile("tlbi aside1, xzr\n\tdsb nsh\n\tisb" ::: "memory");
}

static void flush_page(uint32_t asid, uint64_t address)
{
	uint64_t page = address >> PAGE_SHIFT & 0xfffffffffffull;
	if (asid - 1u < memory_asid_max)
		__asm__ volatile("tlbi vae1is, %0" :: "r"(page | (uint64_t)asid << ASID_SHIFT) : "memory");
	else
		__asm__ volatile("tlbi vaae1is, %0" :: "r"(page) : "memory");
}

static void flush_space(uint32_t asid)
{
	if (asid - 1u < memory_asid_max)
		__asm__ volatile("tlbi aside1is, %0" :: "r"((uint64_t)asid << ASID_SHIFT) : "memory");
	else
		__asm__ volatile("tlbi vmalle1is" ::: "memory");
}

/* Broadcast to all CPUs, whatever `cpus` says: ASIDs keep entries alive on CPUs that have switched away. */
void arch_tlb_flush(uint32_t asid, uint64_t address, uint64_t pages, uint64_t cpus)
{
	(void)cpus;
	__asm__ volatile("dsb ishst" ::: "memory");
	if (pages == 0u || pages > FLUSH_PAGES_MAX)
		flush_space(asid);
	else
		for (uint64_t i = 0; i < pages; i++)
			flush_page(asid, address + i * PAGE_SIZE);
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

void arch_cache_sync(const void *address, size_t bytes)
{
	uint64_t type = SYSREG_READ(ctr_el0);
	uint64_t first = (uint64_t)(uintptr_t)address;
	if ((type & CACHE_TYPE_NO_CLEAN) == 0u) {
		uint64_t line = 4ull << SYSREG_FIELD(type, 16);
		uint64_t at = first & ~(line - 1u);
		for (; at < first + bytes; at += line)
			__asm__ volatile("dc cvau, %0" :: "r"(at) : "memory");
	}
	/* All of the instruction cache: it may be indexed by the user's address, which nobody knows here. */
	__asm__ volatile("dsb ish\n\tic ialluis\n\tdsb ish\n\tisb" ::: "memory");
}
