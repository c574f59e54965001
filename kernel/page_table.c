/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Walking and changing page tables. One walk serves all ports: they differ in
 * the number of levels and in what an entry looks like, which arch_pte_* hide.
 *
 * A table that is unlinked may still be known to a TLB's walker until the flush,
 * so it must stay a table without present entries: the chain of unlinked tables
 * runs through their first words as bare frame addresses, which no port takes for
 * a present entry.
 */
#include "page_table.h"
#include <kernel/frame.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <kernel/sched.h>

#define FLUSH_PAGES_MAX 64u /* beyond, forgetting everything is cheaper than page by page */

uint64_t *table_entry(paddr_t root, uint64_t address, uint32_t stop, uint32_t *out_level)
{
	uint64_t *table = arch_direct(root);
	for (uint32_t level = ARCH_PAGE_LEVELS - 1u; level > stop; level--) {
		uint64_t entry = table[table_index(address, level)];
		if (!arch_pte_present(entry)) {
			*out_level = level;
			return NULL;
		}
		table = arch_direct(arch_pte_address(entry));
	}
	return &table[table_index(address, stop)];
}

static CC_COLD status_t table_add(uint64_t *entry, uint32_t process)
{
	paddr_t frame;
	status_t status = process_frame_take(process, &frame);
	if (status != STATUS_OK)
		return status;
	/* Release: another CPU's walker sees the zeroes before it sees the table. */
	__atomic_store_n(entry, arch_pte_table(frame), __ATOMIC_RELEASE);
	return STATUS_OK;
}

status_t table_make(paddr_t root, uint64_t address, uint32_t process, uint64_t **out_entry)
{
	uint64_t *table = arch_direct(root);
	for (uint32_t level = ARCH_PAGE_LEVELS - 1u; level > 0; level--) {
		uint64_t *entry = &table[table_index(address, level)];
		if (CC_UNLIKELY(!arch_pte_present(*entry))) {
			status_t status = table_add(entry, process);
			if (status != STATUS_OK)
				return status;
		}
		table = arch_direct(arch_pte_address(*entry));
	}
	*out_entry = &table[table_index(address, 0)];
	return STATUS_OK;
}

static uint64_t span_end(uint64_t address, uint32_t level, uint64_t end)
{
	uint64_t next = (address | (table_span(level) - 1u)) + 1u;
	return next < end ? next : end;
}

static void gather_range(struct gather *gather, uint64_t first, uint64_t end)
{
	if (gather->first == gather->end) {
		gather->first = first;
		gather->end = end;
		return;
	}
	gather->first = first < gather->first ? first : gather->first;
	gather->end = end > gather->end ? end : gather->end;
}

/* One leaf table's share: clears up to `limit` present entries from `address` on. */
static uint64_t clear_leaves(uint64_t *entry, uint64_t address, uint64_t end, uint32_t *limit,
                             struct gather *gather)
{
	uint64_t first = UINT64_MAX;
	uint64_t last = 0;
	for (; address < end && *limit > 0; address += PAGE_SIZE, entry++) {
		if (!arch_pte_present(*entry))
			continue;
		__atomic_store_n(entry, 0, __ATOMIC_RELAXED);
		first = first == UINT64_MAX ? address : first;
		last = address;
		--*limit;
	}
	if (first != UINT64_MAX)
		gather_range(gather, first, last + PAGE_SIZE);
	return address;
}

uint64_t table_clear(paddr_t root, uint64_t first, uint64_t end, uint32_t *limit, struct gather *gather)
{
	uint64_t address = first;
	while (address < end && *limit > 0) {
		uint32_t level = 0;
		uint64_t *entry = table_entry(root, address, 0, &level);
		--*limit;
		if (entry == NULL)
			address = span_end(address, level, end);
		else
			address = clear_leaves(entry, address, span_end(address, 1, end), limit, gather);
	}
	return address;
}

void table_protect(paddr_t root, uint64_t first, uint64_t end, uint32_t prot, struct gather *gather)
{
	for (uint64_t address = first; address < end;) {
		uint32_t level = 0;
		uint64_t *entry = table_entry(root, address, 0, &level);
		uint64_t stop = span_end(address, entry == NULL ? level : 1u, end);
		for (; entry != NULL && address < stop; address += PAGE_SIZE, entry++) {
			if (!arch_pte_present(*entry))
				continue;
			uint64_t changed = arch_pte_leaf(arch_pte_address(*entry), prot, true, false);
			__atomic_store_n(entry, changed, __ATOMIC_RELAXED);
			gather_range(gather, address, address + PAGE_SIZE);
		}
		address = stop;
	}
}

static void prune_one(uint64_t *entry, struct gather *gather)
{
	paddr_t table = arch_pte_address(*entry);
	__atomic_store_n(entry, 0, __ATOMIC_RELAXED);
	*(uint64_t *)arch_direct(table) = gather->tables.a;
	gather->tables = table;
	gather->table_count++;
}

void table_prune(paddr_t root, uint64_t first, uint64_t end, uint64_t floor, uint64_t ceiling,
                 struct gather *gather)
{
	for (uint32_t level = 1; level < ARCH_PAGE_LEVELS; level++) {
		uint64_t block = first & ~(table_span(level) - 1u);
		while (block < end) {
			uint32_t absent = level;
			uint64_t next = block + table_span(level);
			uint64_t *entry = table_entry(root, block, level, &absent);
			if (entry == NULL)
				next = span_end(block, absent, UINT64_MAX);
			else if (block >= floor && next <= ceiling && arch_pte_present(*entry))
				prune_one(entry, gather);
			block = next;
		}
	}
}

void table_free(struct aspace *aspace, struct gather *gather)
{
	paddr_t table = gather->tables;
	while (table.a != 0) {
		paddr_t next = {*(uint64_t *)arch_direct(table)};
		frame_free(table);
		table = next;
	}
	if (gather->table_count != 0)
		process_uncharge(aspace->process, gather->table_count);
	*gather = (struct gather){0};
}

void table_flush(struct aspace *aspace, struct gather *gather)
{
	uint64_t pages = (gather->end - gather->first) >> PAGE_SHIFT;
	if (pages == 0 && gather->table_count == 0)
		return;
	/* Entries that lead to tables are forgotten only together with everything else. */
	if (gather->table_count != 0 || pages > FLUSH_PAGES_MAX)
		pages = 0;
	/* Either we see a CPU's mark in `cpus`, or its walker sees the cleared entries: aspace_activate has the other
	 * half (verification/shootdown.pml, READ_EARLY). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	arch_tlb_flush(aspace->asid, pages == 0 ? 0 : gather->first, pages,
	               __atomic_load_n(&aspace->cpus, __ATOMIC_RELAXED));
	table_free(aspace, gather);
}

CC_BOOT status_t kernel_back(uint64_t address, uint64_t pages)
{
	for (uint64_t page = 0; page < pages; page++) {
		uint64_t *entry;
		paddr_t frame;
		status_t status = table_make(arch_kernel_root(), address + page * PAGE_SIZE, NONE, &entry);
		if (status != STATUS_OK)
			return status;
		if (arch_pte_present(*entry))
			continue;
		if (!frame_alloc_zero(&frame))
			return STATUS_NO_MEMORY;
		*entry = arch_pte_leaf(frame, PROT_READ | PROT_WRITE, false, false);
	}
	arch_pte_published();
	return STATUS_OK;
}

void kernel_unback(uint64_t address, uint64_t pages)
{
	paddr_t first = {0};
	uint32_t level = 0;
	for (uint64_t page = 0; page < pages; page++) {
		uint64_t *entry = table_entry(arch_kernel_root(), address + page * PAGE_SIZE, 0, &level);
		ASSERT(entry != NULL && arch_pte_present(*entry));
		if (page == 0)
			first = arch_pte_address(*entry);
		__atomic_store_n(entry, 0, __ATOMIC_RELAXED);
	}
	arch_tlb_flush(0, address, pages, __atomic_load_n(&cpus_online, __ATOMIC_RELAXED));
	frame_release_boot(first, (uint32_t)pages);
}
