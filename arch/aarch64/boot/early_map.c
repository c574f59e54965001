/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Additions to the early tables of head.S: RAM in the direct map, and devices.
 *
 * Only 2 MiB and 1 GiB blocks, rounded outwards, from a small static pool, and
 * only into empty entries. The device window lies below the direct map, and its
 * table stays in use for good: arch_memory_init takes it over.
 */
#include <arch/port.h>

#define BLOCK (1ull << 21)
#define GIB (1ull << 30)
#define DEVICE_BASE 0xffffff8000000000ull /* bottom of the kernel half: 512 blocks */

static uint64_t table_pool[12][512] CC_ALIGNED(4096);
static uint32_t table_pool_used;
static uint32_t device_blocks;

/* The table of 2 MiB blocks for a kernel address; NULL: a 1 GiB block is there, or the pool is empty. */
static uint64_t *block_table(uint64_t address)
{
	uint64_t *entry = &head_root[address >> 30 & 511u];
	if (*entry == 0u) {
		if (table_pool_used == sizeof table_pool / sizeof table_pool[0])
			boot_refuse("the RAM of this machine is in more pieces than the system can take");
		*entry = arch_pte_table(memory_image_address(table_pool[table_pool_used++]));
	}
	if ((*entry & PTE_TABLE) == 0u)
		return NULL;
	return (uint64_t *)(uintptr_t)(KERNEL_BASE + (arch_pte_address(*entry).a - machine.image));
}

static void map_block(uint64_t address, uint64_t physical, uint64_t attributes)
{
	uint64_t *table = block_table(address);
	if (table != NULL && table[address >> 21 & 511u] == 0u)
		table[address >> 21 & 511u] = physical | attributes;
}

void early_map_ram(uint64_t base, uint64_t size)
{
	uint64_t at = base & ~(BLOCK - 1u);
	uint64_t end = base + size;
	while (at < end) {
		uint64_t *root = &head_root[(DIRECT_MAP_BASE + at) >> 30 & 511u];
		if (at % GIB == 0u && end - at >= GIB && *root == 0u) {
			*root = at | EARLY_BLOCK_DATA;
			at += GIB;
		} else {
			map_block(DIRECT_MAP_BASE + at, at, EARLY_BLOCK_DATA);
			at += BLOCK;
		}
	}
	arch_pte_published();
}

uint64_t early_map_device(uint64_t base, uint64_t size)
{
	uint64_t first = base & ~(BLOCK - 1u);
	uint64_t address = DEVICE_BASE + device_blocks * BLOCK;
	uint64_t blocks = (base - first + size + BLOCK - 1u) / BLOCK;
	if (blocks > 512u - device_blocks)
		return 0;
	for (uint64_t i = 0; i < blocks; i++)
		map_block(address + i * BLOCK, first + i * BLOCK, EARLY_BLOCK_DEVICE);
	device_blocks += (uint32_t)blocks;
	arch_pte_published();
	return address + (base - first);
}
