/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Address spaces: what a program maps is what it can touch, and no more; when it
 * is gone, so is every frame, page tables included. A random run compares with a
 * plain array of pages.
 */
#include "../../lib/test/test.h"
#include "../page_table.h"
#include <arch/host.h>
#include <kernel/cap.h>
#include <kernel/cpu.h>
#include <kernel/frame.h>
#include <kernel/memory.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/user_range.h>
#include <string.h>

#define RW (PROT_READ | PROT_WRITE)
#define RX (PROT_READ | PROT_EXECUTE)
#define BASE 0x0000000010000000ull

static uint32_t process;
static struct aspace *aspace;
static uint32_t free_before;

static int setup(void **state)
{
	(void)state;
	host_kernel(64u << 20, 2, 16);
	assert_int_equal(object_take(OBJECT_PROCESS, NONE, &process), STATUS_OK);
	struct process *made = process_of(process);
	made->state = PROCESS_RUNNING;
	made->id = 7;
	made->pages_limit = made->objects_limit = 100000;
	cap_window_init(process);
	aspace = &made->aspace;
	free_before = frame_free_count();
	assert_int_equal(aspace_init(aspace, process), STATUS_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_true(aspace_valid(aspace));
	aspace_activate(NULL);
	for (uint32_t step = 0; !aspace_clear_some(aspace, 7); step++)
		assert_true(step < 100000);
	while (!cap_window_clear_some(process, 10))
		continue;
	assert_int_equal(frame_free_count(), free_before);
	assert_int_equal(process_of(process)->pages, 0);
	assert_int_equal(process_of(process)->objects, 0);
	assert_int_equal(mapping_slots.used, 0);
	return 0;
}

static uint32_t make_memory(uint64_t pages)
{
	uint32_t memory = NONE;
	assert_int_equal(memory_new(process, pages, &memory), STATUS_OK);
	return memory;
}

/* Map all of a new object; the mapping alone keeps it. */
static uint64_t map_new(uint64_t address, uint64_t pages, uint32_t prot)
{
	uint32_t memory = make_memory(pages);
	uint64_t mapped = 0;
	assert_int_equal(aspace_map(aspace, MAPPING_MEMORY, memory, NONE, address, 0, pages, prot, RW | RX, &mapped),
	                 STATUS_OK);
	object_release(OBJECT_MEMORY, memory);
	return mapped;
}

static enum fault_kind touch(uint64_t address, enum fault_access access)
{
	enum fault_kind kind = FAULT_NONE;
	status_t status = aspace_fault(aspace, address, access, &kind);
	assert_int_equal(status == STATUS_OK, kind == FAULT_NONE);
	return kind;
}

static uint64_t entry_at(uint64_t address)
{
	uint32_t level;
	const uint64_t *entry = table_entry(aspace->root, address, 0, &level);
	return entry == NULL ? 0 : *entry;
}

static void map_and_touch(void **state)
{
	(void)state;
	assert_int_equal(map_new(BASE, 4, RW), BASE);
	assert_int_equal(entry_at(BASE), 0);
	assert_int_equal(touch(BASE + 5, FAULT_WRITE), FAULT_NONE);
	assert_int_equal(arch_pte_prot(entry_at(BASE)), RW);
	assert_int_equal(entry_at(BASE + PAGE_SIZE), 0); /* writable pages come one by one */
	assert_int_equal(touch(BASE, FAULT_EXECUTE), FAULT_PROTECTION);
	assert_int_equal(touch(BASE - 1, FAULT_READ), FAULT_UNMAPPED);
	assert_int_equal(touch(BASE + 4 * PAGE_SIZE, FAULT_READ), FAULT_UNMAPPED);
	assert_int_equal(touch(BASE, FAULT_READ), FAULT_NONE); /* present already */
}

static void requests_refused(void **state)
{
	(void)state;
	uint32_t memory = make_memory(4);
	uint64_t mapped;
	struct mapping_request good = {.kind = MAPPING_MEMORY, .memory = memory, .cap = NONE, .address = BASE,
		.pages = 2, .prot = PROT_READ, .prot_limit = RW};
	struct mapping_request bad = good;
#define REFUSED(status) assert_int_equal(aspace_map_request(aspace, &bad, &mapped), (status)); bad = good
	bad.address = BASE + 1;
	REFUSED(STATUS_INVALID);
	bad.address = USER_LIMIT - PAGE_SIZE;
	REFUSED(STATUS_INVALID);
	bad.address = USER_BASE - PAGE_SIZE;
	REFUSED(STATUS_INVALID);
	bad.address = USER_PAGES_BASE - PAGE_SIZE;
	REFUSED(STATUS_INVALID);
	bad.pages = 0;
	REFUSED(STATUS_INVALID);
	bad.pages = UINT64_MAX / PAGE_SIZE + 3u;
	REFUSED(STATUS_INVALID);
	bad.pages = 5;
	REFUSED(STATUS_INVALID);
	bad.first_page = 3;
	REFUSED(STATUS_INVALID);
	bad.first_page = UINT64_MAX;
	REFUSED(STATUS_INVALID);
	bad.prot = PROT_WRITE | PROT_EXECUTE;
	bad.prot_limit = 7;
	REFUSED(STATUS_INVALID);
	bad.prot = 8;
	bad.prot_limit = 15;
	REFUSED(STATUS_INVALID);
	bad.prot = RX;
	REFUSED(STATUS_DENIED);
	assert_int_equal(aspace_map_request(aspace, &good, &mapped), STATUS_OK);
	bad.address = BASE + PAGE_SIZE;
	REFUSED(STATUS_BUSY);
	bad.address = BASE - PAGE_SIZE;
	REFUSED(STATUS_BUSY);
	object_release(OBJECT_MEMORY, memory);
}

static void chosen_places(void **state)
{
	(void)state;
	uint64_t a = map_new(0, 3, RW);
	uint64_t b = map_new(0, 1, RW);
	uint64_t c = map_new(0, 600, RW);
	assert_int_equal(a, USER_CHOOSE_BASE);
	assert_int_equal(b, a + 4 * PAGE_SIZE); /* a free page between */
	assert_int_equal(c, b + 2 * PAGE_SIZE);
	assert_int_equal(aspace_unmap(aspace, a, 3), STATUS_OK);
	assert_int_equal(map_new(0, 4, RW), c + 601 * PAGE_SIZE); /* does not fit into the hole */
	assert_int_equal(map_new(0, 3, RW), a);
	uint64_t mapped;
	uint32_t memory = make_memory(MEMORY_PAGES_MAX);
	assert_int_equal(aspace_map(aspace, MAPPING_MEMORY, memory, NONE, 0, 0, MEMORY_PAGES_MAX, RW, RW, &mapped),
	                 STATUS_NO_MEMORY);
	object_release(OBJECT_MEMORY, memory);
	assert_int_equal(map_new(0, 1, RW), c + 606 * PAGE_SIZE);
}

static void unmap_parts(void **state)
{
	(void)state;
	map_new(BASE, 10, RW);
	for (uint32_t page = 0; page < 10; page++)
		assert_int_equal(touch(BASE + page * PAGE_SIZE, FAULT_WRITE), FAULT_NONE);
	paddr_t ninth = arch_pte_address(entry_at(BASE + 9 * PAGE_SIZE));
	uint64_t flushes = host_cpu->shootdowns;
	assert_int_equal(aspace_unmap(aspace, BASE + 3 * PAGE_SIZE, 2), STATUS_OK);
	assert_true(host_cpu->shootdowns > flushes);
	assert_int_equal(aspace->mapping_count, 2);
	assert_int_equal(touch(BASE + 2 * PAGE_SIZE, FAULT_READ), FAULT_NONE);
	assert_int_equal(touch(BASE + 3 * PAGE_SIZE, FAULT_READ), FAULT_UNMAPPED);
	assert_int_equal(touch(BASE + 4 * PAGE_SIZE, FAULT_READ), FAULT_UNMAPPED);
	assert_int_equal(arch_pte_address(entry_at(BASE + 9 * PAGE_SIZE)).a, ninth.a);
	/* Holes do not matter, and nothing to do is nothing to do. */
	assert_int_equal(aspace_unmap(aspace, BASE, 8), STATUS_OK);
	assert_int_equal(aspace_unmap(aspace, BASE, 8), STATUS_OK);
	assert_int_equal(aspace->mapping_count, 1);
	/* The upper part still shows the object's own pages. */
	assert_int_equal(aspace_protect(aspace, BASE + 9 * PAGE_SIZE, 1, PROT_READ), STATUS_OK);
	assert_int_equal(arch_pte_address(entry_at(BASE + 9 * PAGE_SIZE)).a, ninth.a);
	assert_int_equal(aspace_unmap(aspace, BASE + 8 * PAGE_SIZE, 2), STATUS_OK);
	assert_int_equal(process_of(process)->pages, 1); /* the root: tables went with what they served */
}

static void unmap_in_steps(void **state)
{
	(void)state;
	map_new(BASE, 2000, RW);
	for (uint32_t page = 0; page < 2000; page += 3)
		assert_int_equal(touch(BASE + page * PAGE_SIZE, FAULT_WRITE), FAULT_NONE);
	bool more = true;
	uint32_t steps = 0;
	for (; more; steps++) {
		assert_int_equal(aspace_unmap_some(aspace, BASE, 2000, 50, &more), STATUS_OK);
		assert_true(aspace_valid(aspace));
	}
	assert_in_range(steps, 10, 30);
	assert_int_equal(process_of(process)->pages, 1);
}

static void protection(void **state)
{
	(void)state;
	uint32_t missing = 0;
	map_new(BASE, 4, RW);
	assert_int_equal(touch(BASE, FAULT_WRITE), FAULT_NONE);
	assert_int_equal(aspace_protect(aspace, BASE, 2, PROT_READ), STATUS_OK);
	assert_int_equal(arch_pte_prot(entry_at(BASE)), PROT_READ);
	assert_int_equal(touch(BASE, FAULT_WRITE), FAULT_PROTECTION);
	assert_int_equal(touch(BASE + 2 * PAGE_SIZE, FAULT_WRITE), FAULT_NONE);
	assert_int_equal(aspace_protect(aspace, BASE, 1, RX), STATUS_OK);
	assert_int_equal(entry_at(BASE), 0); /* entered anew, so that what was written can be fetched */
	assert_int_equal(touch(BASE, FAULT_EXECUTE), FAULT_NONE);
	assert_int_equal(aspace_protect(aspace, BASE, 4, PROT_WRITE | PROT_EXECUTE), STATUS_INVALID);
	assert_int_equal(aspace_protect(aspace, BASE, 5, PROT_READ), STATUS_BAD_ADDRESS);
	assert_int_equal(aspace_protect(aspace, BASE, 4, 0), STATUS_OK);
	assert_int_equal(touch(BASE, FAULT_READ), FAULT_PROTECTION);
	uint64_t mapped;
	uint32_t memory = make_memory(1);
	assert_int_equal(aspace_map(aspace, MAPPING_MEMORY, memory, NONE, 0, 0, 1, PROT_READ, PROT_READ, &mapped),
	                 STATUS_OK);
	object_release(OBJECT_MEMORY, memory);
	assert_int_equal(aspace_protect_checked(aspace, mapped, 1, RW, &missing), STATUS_DENIED);
	assert_int_equal(missing, RIGHT_WRITE);
}

static void sealing(void **state)
{
	(void)state;
	uint32_t memory = make_memory(4);
	uint64_t mapped;
	assert_int_equal(aspace_map(aspace, MAPPING_MEMORY, memory, NONE, BASE, 0, 4, RW, RW, &mapped), STATUS_OK);
	assert_int_equal(memory_seal(memory), STATUS_BUSY);
	/* Cut in three, one part unmapped, one read-only: still writable somewhere. */
	assert_int_equal(aspace_protect(aspace, BASE + PAGE_SIZE, 1, PROT_READ), STATUS_OK);
	assert_int_equal(aspace_unmap(aspace, BASE, 1), STATUS_OK);
	assert_int_equal(memory_seal(memory), STATUS_BUSY);
	assert_true(memory_valid(&memory_table[memory]));
	assert_int_equal(aspace_protect(aspace, BASE + PAGE_SIZE, 3, PROT_READ), STATUS_OK);
	assert_int_equal(memory_seal(memory), STATUS_OK);
	assert_int_equal(aspace_protect(aspace, BASE + PAGE_SIZE, 3, RW), STATUS_DENIED);
	assert_int_equal(aspace_map(aspace, MAPPING_MEMORY, memory, NONE, 0, 0, 4, RW, RW, &mapped), STATUS_DENIED);
	/* All or nothing: the first mapping could become writable, the second is sealed. */
	assert_int_equal(map_new(BASE, 1, PROT_READ), BASE);
	assert_int_equal(aspace_protect(aspace, BASE, 2, RW), STATUS_DENIED);
	assert_int_equal(touch(BASE, FAULT_WRITE), FAULT_PROTECTION);
	assert_true(memory_valid(&memory_table[memory]));
	object_release(OBJECT_MEMORY, memory);
}

static void fault_around(void **state)
{
	(void)state;
	uint32_t memory = make_memory(40);
	uint64_t mapped;
	paddr_t frame;
	for (uint64_t page = 0; page < 30; page++)
		assert_int_equal(memory_page(memory, page, true, &frame), STATUS_OK);
	assert_int_equal(aspace_map(aspace, MAPPING_MEMORY, memory, NONE, BASE, 0, 40, PROT_READ, RW, &mapped),
	                 STATUS_OK);
	object_release(OBJECT_MEMORY, memory);
	assert_int_equal(touch(BASE, FAULT_READ), FAULT_NONE);
	assert_int_not_equal(entry_at(BASE + 16 * PAGE_SIZE), 0);
	assert_int_equal(entry_at(BASE + 17 * PAGE_SIZE), 0);
	assert_int_equal(arch_pte_prot(entry_at(BASE + 16 * PAGE_SIZE)), PROT_READ);
	/* Only what is there: nothing is allocated. */
	assert_int_equal(touch(BASE + 28 * PAGE_SIZE, FAULT_READ), FAULT_NONE);
	assert_int_equal(entry_at(BASE + 30 * PAGE_SIZE), 0);
}

static void quota_and_memory(void **state)
{
	(void)state;
	enum fault_kind kind;
	map_new(BASE, 10, RW);
	process_of(process)->pages_limit = process_of(process)->pages + 1u;
	assert_int_equal(aspace_fault(aspace, BASE, FAULT_WRITE, &kind), STATUS_QUOTA);
	assert_int_equal(kind, FAULT_MEMORY);
	process_of(process)->pages_limit = 100000;
	assert_int_equal(touch(BASE, FAULT_WRITE), FAULT_NONE);
}

static void pages_of_threads(void **state)
{
	(void)state;
	paddr_t frame;
	uint64_t mapped;
	uint64_t *entry;
	assert_true(frame_alloc_zero(&frame));
	assert_int_equal(aspace_enter_page(aspace, USER_PAGES_BASE, frame, &entry), STATUS_OK);
	assert_int_equal(arch_pte_address(entry_at(USER_PAGES_BASE)).a, frame.a);
	assert_int_equal(aspace_enter_page(aspace, USER_PAGES_BASE, frame, &entry), STATUS_BUSY);
	/* Programs have no say there. */
	assert_int_equal(aspace_unmap(aspace, USER_PAGES_BASE, 1), STATUS_INVALID);
	assert_int_equal(aspace_protect(aspace, USER_PAGES_BASE, 1, PROT_READ), STATUS_INVALID);
	assert_int_equal(aspace_map(aspace, MAPPING_MEMORY, 0, NONE, USER_PAGES_BASE + PAGE_SIZE, 0, 1, RW, RW, &mapped),
	                 STATUS_INVALID);
	aspace_leave_page(aspace, USER_PAGES_BASE, entry);
	assert_int_equal(entry_at(USER_PAGES_BASE), 0);
	aspace_leave_page(aspace, USER_PAGES_BASE, entry);
	assert_int_equal(process_of(process)->pages, 1);
	/* No table for it: nothing stays behind. */
	process_of(process)->pages_limit = 2;
	assert_int_equal(aspace_enter_page(aspace, USER_PAGES_BASE, frame, &entry), STATUS_QUOTA);
	assert_int_equal(process_of(process)->pages, 1);
	assert_int_equal(aspace->mapping_count, 0);
	process_of(process)->pages_limit = 100000;
	frame_free(frame);
}

static void copies(void **state)
{
	(void)state;
	static uint8_t out[2 * PAGE_SIZE], in[2 * PAGE_SIZE];
	memset(out, 0x5a, sizeof out);
	aspace_activate(aspace);
	assert_int_equal(host_cpu->active_root.a, aspace->root.a);
	assert_int_equal(aspace->cpus, 1);
	map_new(BASE, 3, RW);
	assert_true(user_copy_out(BASE + 100, out, sizeof out));
	assert_true(user_copy_in(in, BASE + 100, sizeof in));
	assert_memory_equal(in, out, sizeof in);
	assert_true(user_copy_in(in, BASE, 0));
	assert_false(user_copy_out(BASE + 2 * PAGE_SIZE, out, sizeof out)); /* runs off the end */
	assert_false(user_copy_in(in, UINT64_MAX - 3u, 8));
	assert_false(user_copy_in(in, USER_LIMIT - 4u, 8));
	assert_false(user_copy_in(in, DIRECT_MAP_BASE, 8));
	assert_int_equal(aspace_protect(aspace, BASE, 3, PROT_READ), STATUS_OK);
	assert_false(user_copy_out(BASE, out, 1));
	aspace_activate(NULL);
	assert_false(user_copy_in(in, BASE, 1));
}

/* A mapping lives as long as the capability it was made through. */
static void capability_dies(void **state)
{
	(void)state;
	static struct thread thread;
	handle_t first;
	handle_t second;
	uint32_t memory = make_memory(4);
	thread.process = process;
	thread.window = &cap_table[cap_index(process, 0)];
	assert_int_equal(cap_create(process, OBJECT_MEMORY, memory, RIGHTS_ALL, 0, &first), STATUS_OK);
	assert_int_equal(cap_derive(process, cap_index(process, HANDLE_SLOT(first)), first, RIGHT_READ, 0, &second),
	                 STATUS_OK);
	uint64_t arguments[] = {first, BASE, 0, 4, RW};
	memcpy(thread.regs.arg, arguments, sizeof arguments);
	assert_int_equal(sys_memory_map(&thread), STATUS_OK);
	assert_int_equal(thread.regs.arg[1], BASE);
	memcpy(thread.regs.arg, arguments, sizeof arguments);
	thread.regs.arg[0] = second;
	thread.regs.arg[1] = 0;
	assert_int_equal(sys_memory_map(&thread), STATUS_DENIED);
	assert_int_equal(thread.regs.arg[1], RIGHT_WRITE);
	thread.regs.arg[1] = 0;
	thread.regs.arg[4] = PROT_READ;
	assert_int_equal(sys_memory_map(&thread), STATUS_OK);
	uint64_t shown = thread.regs.arg[1];
	assert_int_equal(touch(shown, FAULT_READ), FAULT_NONE);
	assert_int_equal(touch(BASE, FAULT_WRITE), FAULT_NONE);
	uint32_t removed;
	bool more;
	assert_int_equal(cap_revoke_some(cap_index(process, HANDLE_SLOT(first)), first, 10, &removed, &more), STATUS_OK);
	assert_int_equal(touch(shown, FAULT_READ), FAULT_UNMAPPED);
	assert_int_equal(touch(BASE, FAULT_WRITE), FAULT_NONE);
	thread.regs.arg[0] = second;
	assert_int_equal(sys_memory_map(&thread), STATUS_BAD_HANDLE);
	assert_int_equal(cap_remove(cap_index(process, HANDLE_SLOT(first)), first), STATUS_OK);
	assert_int_equal(touch(BASE, FAULT_WRITE), FAULT_UNMAPPED);
	assert_int_equal(aspace->mapping_count, 0);
}

static void region_mapping(void **state)
{
	(void)state;
	uint32_t region;
	uint64_t mapped;
	assert_int_equal(region_new(process, REGION_MEMORY, 0x10000000, 0x3000, &region), STATUS_OK);
	assert_int_equal(aspace_map(aspace, MAPPING_REGION, region, NONE, 0, 1, 2, RW, RW, &mapped), STATUS_OK);
	assert_int_equal(aspace_map(aspace, MAPPING_REGION, region, NONE, 0, 2, 2, RW, RW, &mapped), STATUS_INVALID);
	object_release(OBJECT_REGION, region);
	assert_int_equal(touch(mapped + PAGE_SIZE, FAULT_WRITE), FAULT_NONE);
	assert_int_equal(arch_pte_address(entry_at(mapped + PAGE_SIZE)).a, 0x10002000);
	assert_true((entry_at(mapped + PAGE_SIZE) >> 5 & 1u) != 0); /* this port's device bit */
	/* The claim lives as long as the mapping. */
	assert_int_equal(region_new(process, REGION_MEMORY, 0x10000000, 0x1000, &region), STATUS_BUSY);
	assert_int_equal(aspace_unmap(aspace, mapped, 2), STATUS_OK);
	assert_int_equal(region_new(process, REGION_MEMORY, 0x10000000, 0x1000, &region), STATUS_OK);
	object_release(OBJECT_REGION, region);
}

static void not_while_active(void **state)
{
	(void)state;
	map_new(BASE, 1, RW);
	cpu_table[1].active_process = process;
	assert_false(aspace_clear_some(aspace, 100));
	assert_int_equal(aspace->mapping_count, 1);
	cpu_table[1].active_process = NONE;
	cpu_table[1].active_root = aspace->root; /* about to leave */
	assert_false(aspace_clear_some(aspace, 100));
	cpu_table[1].active_root.a = 0;
}

static void mapping_limit(void **state)
{
	(void)state;
	uint32_t memory = make_memory(1);
	uint64_t mapped;
	status_t status = STATUS_OK;
	uint32_t count = 0;
	for (; status == STATUS_OK; count++)
		status = aspace_map(aspace, MAPPING_MEMORY, memory, NONE, 0, 0, 1, RW, RW, &mapped);
	assert_int_equal(status, STATUS_TABLE_FULL);
	assert_int_equal(count - 1u, ASPACE_MAPPINGS_MAX);
	object_release(OBJECT_MEMORY, memory);
}

/* Cutting counts too: nobody gets more of the table by mapping once and cutting. */
static void piece_limit(void **state)
{
	(void)state;
	uint32_t capacity = mapping_slots.capacity;
	mapping_slots.capacity = 4u * ASPACE_MAPPINGS_MAX; /* the simulated machine's own is one process's share */
	map_new(BASE, 4u * ASPACE_MAPPINGS_MAX, RW);
	status_t status = STATUS_OK;
	for (uint64_t page = 1; status == STATUS_OK; page += 2u)
		status = aspace_protect(aspace, BASE + page * PAGE_SIZE, 1, PROT_READ);
	assert_int_equal(status, STATUS_TABLE_FULL);
	assert_in_range(aspace->mapping_count, ASPACE_MAPPINGS_MAX - 1u, ASPACE_MAPPINGS_MAX);
	assert_true(aspace_valid(aspace));
	/* The whole of it needs no cut. */
	assert_int_equal(aspace_unmap(aspace, BASE, 4u * ASPACE_MAPPINGS_MAX), STATUS_OK);
	assert_int_equal(aspace->mapping_count, 0);
	mapping_slots.capacity = capacity;
}

/* ---- against a plain array ---- */
#define WINDOW 1200u /* pages: three leaf tables */
#define OBJECTS 4u

struct model {
	bool mapped;
	uint32_t prot;
	uint32_t object; /* index */
	uint64_t page;
};
static struct model model[WINDOW];
static uint32_t objects[OBJECTS];
static uint64_t seed;

static uint32_t pick(uint32_t below)
{
	return (uint32_t)(test_random(&seed) % below);
}

static uint64_t window(uint32_t page)
{
	return BASE + (uint64_t)page * PAGE_SIZE;
}

static void random_map(uint32_t first, uint32_t pages)
{
	static const uint32_t prots[] = {0, PROT_READ, RW, RX};
	uint32_t prot = prots[pick(4)];
	uint32_t object = pick(OBJECTS);
	uint64_t first_page = pick(WINDOW);
	uint64_t mapped;
	bool busy = false;
	for (uint32_t i = first; i < first + pages; i++)
		busy = busy || model[i].mapped;
	status_t status = aspace_map(aspace, MAPPING_MEMORY, objects[object], NONE, window(first), first_page, pages,
	                             prot, RW | RX, &mapped);
	assert_int_equal(status, busy ? STATUS_BUSY : STATUS_OK);
	for (uint32_t i = 0; !busy && i < pages; i++)
		model[first + i] = (struct model){true, prot, object, first_page + i};
}

static void random_protect(uint32_t first, uint32_t pages)
{
	static const uint32_t prots[] = {0, PROT_READ, RW, RX};
	uint32_t prot = prots[pick(4)];
	bool hole = false;
	for (uint32_t i = first; i < first + pages; i++)
		hole = hole || !model[i].mapped;
	assert_int_equal(aspace_protect(aspace, window(first), pages, prot), hole ? STATUS_BAD_ADDRESS : STATUS_OK);
	for (uint32_t i = first; !hole && i < first + pages; i++)
		model[i].prot = prot;
}

static void random_touch(uint32_t page)
{
	static const uint32_t needs[] = {PROT_READ, PROT_WRITE, PROT_EXECUTE};
	uint32_t access = pick(3);
	enum fault_kind kind = touch(window(page), (enum fault_access)access);
	if (!model[page].mapped)
		assert_int_equal(kind, FAULT_UNMAPPED);
	else
		assert_int_equal(kind, (model[page].prot & needs[access]) != 0 ? FAULT_NONE : FAULT_PROTECTION);
}

static void random_withdraw(void)
{
	uint32_t object = pick(OBJECTS);
	struct mapping_filter filter = {.process = process, .cap = NONE};
	if (pick(20) != 0)
		return;
	uint32_t replacement = pick(2) == 0 ? NONE : (object + 1u) % OBJECTS;
	aspace_withdraw(MAPPING_MEMORY, objects[object], &filter,
	                replacement == NONE ? NONE : objects[replacement]);
	for (uint32_t i = 0; i < WINDOW; i++) {
		if (!model[i].mapped || model[i].object != object)
			continue;
		model[i].mapped = replacement != NONE;
		model[i].object = replacement;
	}
}

/* Every entry shows the page the model says, with the model's protection. */
static void window_compare(void)
{
	for (uint32_t i = 0; i < WINDOW; i++) {
		uint64_t entry = entry_at(window(i));
		paddr_t frame;
		if (entry == 0)
			continue;
		assert_true(model[i].mapped);
		assert_int_equal(arch_pte_prot(entry), model[i].prot);
		assert_int_equal(memory_page(objects[model[i].object], model[i].page, false, &frame), STATUS_OK);
		assert_int_equal(frame.a, arch_pte_address(entry).a);
	}
	assert_true(aspace_valid(aspace));
}

static void random_run(void **state)
{
	(void)state;
	seed = 99;
	memset(model, 0, sizeof model);
	for (uint32_t i = 0; i < OBJECTS; i++)
		objects[i] = make_memory(2 * WINDOW);
	for (uint32_t step = 0; step < 6000; step++) {
		uint32_t first = pick(WINDOW);
		uint32_t pages = 1u + pick(pick(8) == 0 ? WINDOW - first : 12u) % (WINDOW - first);
		switch (pick(8)) {
		case 0:
		case 1:
			random_map(first, pages);
			break;
		case 2:
			assert_int_equal(aspace_unmap(aspace, window(first), pages), STATUS_OK);
			memset(&model[first], 0, pages * sizeof model[0]);
			break;
		case 3:
			random_protect(first, pages);
			break;
		case 4:
			random_withdraw();
			break;
		default:
			random_touch(first);
		}
		if (step % 50 == 0)
			window_compare();
	}
	window_compare();
	for (uint32_t i = 0; i < OBJECTS; i++) {
		assert_true(memory_valid(&memory_table[objects[i]]));
		object_release(OBJECT_MEMORY, objects[i]);
	}
}

static uint32_t present_in(uint64_t address, uint32_t pages)
{
	uint32_t count = 0;
	for (uint32_t page = 0; page < pages; page++)
		count += arch_pte_present(entry_at(address + (uint64_t)page * PAGE_SIZE));
	return count;
}

/* New pages up to a bound; present ones of another mapping in fewer steps; and no more than can be had. */
static void populate(void **state)
{
	(void)state;
	uint32_t memory = make_memory(300);
	uint64_t first, second;
	assert_int_equal(aspace_map(aspace, MAPPING_MEMORY, memory, NONE, BASE, 0, 300, RW, RW, &first), STATUS_OK);
	aspace_populate(aspace, first);
	assert_int_equal(present_in(first, 300), 64);
	assert_int_equal(present_in(first, 64), 64);
	assert_int_equal(arch_pte_prot(entry_at(first)), RW);
	uint64_t far = BASE + (1ull << 30);
	assert_int_equal(aspace_map(aspace, MAPPING_MEMORY, memory, NONE, far, 0, 300, PROT_READ, RW, &second), STATUS_OK);
	aspace_populate(aspace, second);
	assert_true(present_in(second, 300) > 64 + 32);
	for (uint64_t page = 0; page < 64; page++)
		assert_int_equal(arch_pte_address(entry_at(first + page * PAGE_SIZE)).a,
		                 arch_pte_address(entry_at(second + page * PAGE_SIZE)).a);
	assert_int_equal(arch_pte_prot(entry_at(second)), PROT_READ);
	object_release(OBJECT_MEMORY, memory);
	uint64_t third = map_new(BASE + (2ull << 30), 20, RW);
	process_of(process)->pages_limit = process_of(process)->pages + 10;
	aspace_populate(aspace, third); /* the quota ends it early, tables included */
	assert_true(present_in(third, 20) > 4 && present_in(third, 20) <= 10);
	aspace_populate(aspace, 5 * PAGE_SIZE + BASE / 2); /* nothing there */
}

/* What boot gives back: the entries are gone, the frames are free, the tables that led there stay. */
static void kernel_pages_unbacked(void **state)
{
	(void)state;
	uint64_t address = DIRECT_MAP_BASE - 0x40000000ull;
	uint32_t level = 0;
	uint32_t before = frame_free_count();
	assert_int_equal(kernel_back(address, 5), STATUS_OK);
	uint32_t backed = frame_free_count();
	uint64_t shootdowns = arch_cpu_self()->shootdowns;
	kernel_unback(address + PAGE_SIZE, 3);
	assert_int_equal(frame_free_count(), backed + 3u);
	assert_true(arch_cpu_self()->shootdowns > shootdowns);
	for (uint64_t page = 0; page < 5; page++) {
		const uint64_t *entry = table_entry(arch_kernel_root(), address + page * PAGE_SIZE, 0, &level);
		assert_non_null(entry);
		assert_int_equal(arch_pte_present(*entry), page == 0 || page == 4);
	}
	free_before -= before - frame_free_count();
}

static void user_ranges(void **state)
{
	(void)state;
	assert_true(user_range_ok(USER_BASE, USER_LIMIT - USER_BASE));
	assert_false(user_range_ok(USER_BASE - 1u, 1));
	assert_false(user_range_ok(USER_LIMIT - 1u, 2));
	assert_true(user_range_ok(USER_LIMIT, 0));
	assert_false(user_range_ok(USER_LIMIT + 1u, 0));
	assert_false(user_range_ok(USER_LIMIT, UINT64_MAX));
	assert_false(user_range_ok(UINT64_MAX, 1));
	assert_true(user_pages_ok(USER_BASE, 1));
	assert_true(user_pages_ok(USER_LIMIT - PAGE_SIZE, 1));
	assert_false(user_pages_ok(USER_LIMIT - PAGE_SIZE, 2));
	assert_true(user_pages_ok(USER_BASE, (USER_LIMIT - USER_BASE) / PAGE_SIZE));
	assert_false(user_pages_ok(USER_BASE + 1u, 1));
	assert_false(user_pages_ok(USER_BASE, 0));
	assert_false(user_pages_ok(USER_BASE, UINT64_MAX / PAGE_SIZE + 2u));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
TEST_MAIN(TEST(map_and_touch), TEST(requests_refused), TEST(chosen_places), TEST(unmap_parts),
          TEST(unmap_in_steps), TEST(protection), TEST(sealing), TEST(fault_around), TEST(quota_and_memory),
          TEST(pages_of_threads), TEST(copies), TEST(capability_dies), TEST(region_mapping),
          TEST(not_while_active), TEST(mapping_limit), TEST(piece_limit), TEST(random_run), TEST(populate), TEST(kernel_pages_unbacked),
          cmocka_unit_test(user_ranges))
