/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Address spaces: birth, end, which one a CPU is in, and faults. Making and
 * changing mappings is in aspace_map.c.
 *
 * A CPU notes itself in aspace->cpus before it can cache a translation and is
 * never taken out: where translations carry an address space number they outlive
 * the switch to another one. An address space is taken apart only when no CPU is
 * in it, so nothing needs to be forgotten before the very end.
 */
#include "aspace_priv.h"
#include <kernel/cpu.h>
#include <kernel/memory.h>
#include <kernel/process.h>
#include <kernel/user_range.h>

#define AROUND_PAGES 16u      /* present pages entered with one that was touched */
#define POPULATE_STEPS 64u    /* each a page, new or not, and up to AROUND_PAGES present ones after it */
#define COPY_ATTEMPTS 3u      /* another thread may unmap between fault and copy, but not for ever */

status_t aspace_init(struct aspace *aspace, uint32_t process)
{
	aspace->root.a = 0;
	aspace->asid = process + 1u;
	aspace->process = process;
	aspace->mapping_head = NONE;
	aspace->mapping_hint = NONE;
	aspace->mapping_count = 0;
	aspace->choose_next = USER_CHOOSE_BASE;
	aspace->cpus = 0;
	paddr_t root;
	status_t status = process_frame_take(process, &root);
	if (status != STATUS_OK)
		return status;
	arch_root_init(arch_direct(root));
	aspace->root = root;
	aspace->token = arch_aspace_token(root, aspace->asid);
	return STATUS_OK;
}

static bool active_elsewhere(const struct aspace *aspace)
{
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++) {
		if (cpu == arch_cpu_self()->index)
			continue;
		if (__atomic_load_n(&cpu_table[cpu].active_process, __ATOMIC_ACQUIRE) == aspace->process ||
		    __atomic_load_n(&cpu_table[cpu].active_root.a, __ATOMIC_ACQUIRE) == aspace->root.a)
			return true;
	}
	return false;
}

static void root_free(struct aspace *aspace)
{
	arch_tlb_flush(aspace->asid, 0, 0, aspace->cpus);
	process_frame_give(aspace->process, aspace->root);
	aspace->root.a = 0;
	aspace->cpus = 0;
}

bool aspace_clear_some(struct aspace *aspace, uint32_t limit)
{
	struct gather gather = {0};
	struct drops drops;
	drops.count = 0;
	if (aspace->root.a == 0)
		return !memory_reap_some(limit);
	if (arch_cpu_self()->active_process == aspace->process)
		aspace_activate(NULL);
	if (active_elsewhere(aspace))
		return false;
	lock_acquire(&aspace->lock, LOCK_ASPACE);
	while (aspace->mapping_head != NONE && limit > 0 && drops.count < DROPS_MAX)
		if (!mapping_retire(aspace, &mapping_table[aspace->mapping_head], &limit, &gather, &drops))
			break;
	table_free(aspace, &gather);
	bool done = aspace->mapping_head == NONE;
	if (done)
		root_free(aspace);
	lock_release(&aspace->lock, LOCK_ASPACE);
	drops_release(&drops);
	/* What died with the process and was too large to free in one go goes with it. */
	return done && !memory_reap_some(limit);
}

void aspace_activate(struct aspace *aspace)
{
	struct cpu *cpu = arch_cpu_self();
	uint32_t process = aspace == NULL ? NONE : aspace->process;
	if (cpu->active_process == process)
		return;
	paddr_t root = aspace == NULL ? arch_kernel_root() : aspace->root;
	if (aspace != NULL && (__atomic_load_n(&aspace->cpus, __ATOMIC_RELAXED) >> cpu->index & 1u) == 0)
		__atomic_fetch_or(&aspace->cpus, 1ull << cpu->index, __ATOMIC_SEQ_CST);
	/* Who takes the old one apart reads both: the first is set before the switch, the second after. */
	__atomic_store_n(&cpu->active_process, process, __ATOMIC_SEQ_CST);
	arch_aspace_activate(root, aspace == NULL ? 0 : aspace->asid);
	__atomic_store_n(&cpu->active_root.a, root.a, __ATOMIC_RELEASE);
}

/* Enter the pages after one that was touched, as far as they are present, in the same mapping and served by
 * the same table. Returns how many. */
static uint32_t fault_around(struct aspace *aspace, const struct mapping *mapping, uint64_t address)
{
	paddr_t frames[AROUND_PAGES];
	uint32_t level;
	uint64_t *entry = table_entry(aspace->root, address, 0, &level);
	uint64_t left = (mapping_end(mapping) - address) >> PAGE_SHIFT;
	uint32_t in_table = TABLE_ENTRIES - table_index(address, 0);
	uint32_t max = left < in_table ? (uint32_t)left : in_table;
	if (entry == NULL)
		return 0;
	uint64_t page = mapping->first_page + ((address - mapping->address) >> PAGE_SHIFT);
	uint32_t count = memory_pages_present(mapping->memory, page, max < AROUND_PAGES ? max : AROUND_PAGES, frames);
	for (uint32_t i = 0; i < count; i++)
		if (!arch_pte_present(entry[i]))
			__atomic_store_n(&entry[i], arch_pte_leaf(frames[i], mapping->prot, true, false),
			                 __ATOMIC_RELEASE);
	return count;
}

/* A message page is entered from the start, and a window by who lends. */
static status_t fault_frame(struct aspace *aspace, const struct mapping *mapping, uint64_t page, paddr_t *out_frame)
{
	if (mapping->kind == MAPPING_MEMORY)
		return memory_page_touch(mapping->memory, page, aspace->process, out_frame);
	if (mapping->kind == MAPPING_PAGE)
		return page == MESSAGE_LOAN_OFFSET / PAGE_SIZE ? process_frame_take(aspace->process, out_frame)
		                                                 : STATUS_NOT_FOUND;
	out_frame->a = region_table[mapping->memory].base + page * PAGE_SIZE;
	return STATUS_OK;
}

static status_t fault_enter(struct aspace *aspace, const struct mapping *mapping, uint64_t address)
{
	uint64_t *entry;
	paddr_t frame;
	status_t status = table_make(aspace->root, address, aspace->process, &entry);
	if (status != STATUS_OK)
		return status;
	if (arch_pte_present(*entry))
		return STATUS_OK; /* another thread was faster */
	uint64_t page = mapping->first_page + ((address - mapping->address) >> PAGE_SHIFT);
	status = fault_frame(aspace, mapping, page, &frame);
	if (status != STATUS_OK)
		return status;
	bool fetch = (mapping->prot & PROT_EXECUTE) != 0 && !mapping->fetchable;
	if (fetch)
		arch_cache_sync(arch_direct(frame), PAGE_SIZE);
	bool device = mapping->kind == MAPPING_REGION;
	/* Release: another CPU's walker sees the page's zeroes before it sees the page. */
	__atomic_store_n(entry, arch_pte_leaf(frame, mapping->prot, true, device), __ATOMIC_RELEASE);
	if (!device && (mapping->prot & PROT_WRITE) == 0 && !fetch && address + PAGE_SIZE < mapping_end(mapping))
		(void)fault_around(aspace, mapping, address + PAGE_SIZE);
	return STATUS_OK;
}

/* May what is present be entered without being made fetchable, page by page, first? */
static bool around_allowed(const struct mapping *mapping)
{
	return mapping->kind == MAPPING_MEMORY && ((mapping->prot & PROT_EXECUTE) == 0 || mapping->fetchable);
}

void aspace_populate(struct aspace *aspace, uint64_t address)
{
	lock_acquire(&aspace->lock, LOCK_ASPACE);
	const struct mapping *mapping = mapping_floor(aspace, address);
	if (mapping != NULL && around_allowed(mapping)) {
		uint64_t end = mapping_end(mapping);
		for (uint32_t step = 0; step < POPULATE_STEPS && address < end; step++) {
			if (fault_enter(aspace, mapping, address) != STATUS_OK)
				break;
			address += PAGE_SIZE;
			if (address < end)
				address += (uint64_t)fault_around(aspace, mapping, address) << PAGE_SHIFT;
		}
		arch_pte_published();
	}
	lock_release(&aspace->lock, LOCK_ASPACE);
}

status_t aspace_fault(struct aspace *aspace, uint64_t address, enum fault_access access,
                      enum fault_kind *out_kind)
{
	static const uint8_t needs[] = {
		[FAULT_READ] = PROT_READ, [FAULT_WRITE] = PROT_WRITE, [FAULT_EXECUTE] = PROT_EXECUTE};
	status_t status = STATUS_BAD_ADDRESS;
	lock_acquire(&aspace->lock, LOCK_ASPACE);
	const struct mapping *mapping = mapping_floor(aspace, address);
	if (mapping == NULL || mapping_end(mapping) <= address) {
		*out_kind = FAULT_UNMAPPED;
	} else if ((mapping->prot & needs[access]) == 0) {
		*out_kind = FAULT_PROTECTION;
	} else {
		status = fault_enter(aspace, mapping, address & ~(uint64_t)PAGE_MASK);
		if (status != STATUS_OK)
			*out_kind = status == STATUS_NOT_FOUND ? FAULT_UNMAPPED : FAULT_MEMORY;
	}
	arch_pte_published();
	lock_release(&aspace->lock, LOCK_ASPACE);
	return status;
}

/* Make the pages of a user range of the active address space present. */
static bool user_touch(uint64_t user, size_t bytes, enum fault_access access)
{
	uint32_t process = arch_cpu_self()->active_process;
	enum fault_kind kind;
	if (process == NONE)
		return false;
	for (uint64_t page = user & ~(uint64_t)PAGE_MASK; page < user + bytes; page += PAGE_SIZE)
		if (aspace_fault(&process_of(process)->aspace, page, access, &kind) != STATUS_OK)
			return false;
	return true;
}

bool user_copy_in(void *to, uint64_t user, size_t bytes)
{
	if (!user_range_ok(user, bytes))
		return false;
	for (uint32_t attempt = 0; attempt < COPY_ATTEMPTS; attempt++) {
		if (arch_copy_from_user(to, user, bytes))
			return true;
		if (!user_touch(user, bytes, FAULT_READ))
			return false;
	}
	return false;
}

bool user_copy_out(uint64_t user, const void *from, size_t bytes)
{
	if (!user_range_ok(user, bytes))
		return false;
	for (uint32_t attempt = 0; attempt < COPY_ATTEMPTS; attempt++) {
		if (arch_copy_to_user(user, from, bytes))
			return true;
		if (!user_touch(user, bytes, FAULT_WRITE))
			return false;
	}
	return false;
}
