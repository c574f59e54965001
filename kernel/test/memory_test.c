/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Memory objects: pages appear on demand, zeroed and paid for; everything comes
 * back at the end, however large, whoever died in between. And regions: claimed
 * once, never RAM.
 */
#include "../../lib/test/test.h"
#include <arch/host.h>
#include <kernel/frame.h>
#include <kernel/memory.h>
#include <kernel/process.h>
#include <string.h>

static uint32_t payer;

static uint32_t make_process(uint32_t pages_limit)
{
	uint32_t slot;
	assert_int_equal(object_take(OBJECT_PROCESS, NONE, &slot), STATUS_OK);
	struct process *process = process_of(slot);
	process->objects = process->pages = 0;
	process->objects_limit = 100;
	process->pages_limit = pages_limit;
	return slot;
}

static int setup(void **state)
{
	(void)state;
	host_kernel(64u << 20, 1, 16);
	payer = make_process(1000);
	return 0;
}

static uint32_t make_memory(uint64_t pages)
{
	uint32_t slot = NONE;
	assert_int_equal(memory_new(payer, pages, &slot), STATUS_OK);
	return slot;
}

static void drop(uint32_t memory, uint32_t free_before)
{
	object_release(OBJECT_MEMORY, memory);
	while (memory_reap_some(100))
		continue;
	assert_int_equal(frame_free_count(), free_before);
	assert_int_equal(process_of(payer)->pages, 0);
}

static void on_demand(void **state)
{
	(void)state;
	static const uint64_t sizes[] = {1, 2, 512, 513, 1u << 18, (1u << 18) + 1u, MEMORY_PAGES_MAX};
	static const uint32_t tables[] = {0, 1, 1, 2, 2, 3, 3};
	uint32_t before = frame_free_count();
	for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		uint32_t memory = make_memory(sizes[i]);
		paddr_t frame;
		paddr_t again;
		assert_int_equal(memory_page(memory, sizes[i] - 1u, false, &frame), STATUS_NOT_FOUND);
		assert_int_equal(memory_page(memory, sizes[i], true, &frame), STATUS_INVALID);
		assert_int_equal(frame_free_count(), before);
		assert_int_equal(memory_page(memory, sizes[i] - 1u, true, &frame), STATUS_OK);
		assert_int_equal(*(uint64_t *)arch_direct(frame), 0);
		assert_int_equal(memory_page(memory, sizes[i] - 1u, true, &again), STATUS_OK);
		assert_int_equal(frame.a, again.a);
		assert_int_equal(before - frame_free_count(), tables[i] + 1u);
		assert_int_equal(process_of(payer)->pages, tables[i] + 1u);
		assert_true(memory_valid(&memory_table[memory]));
		drop(memory, before);
	}
}

static void sizes_refused(void **state)
{
	(void)state;
	uint32_t memory;
	assert_int_equal(memory_new(payer, 0, &memory), STATUS_INVALID);
	assert_int_equal(memory_new(payer, MEMORY_PAGES_MAX + 1ull, &memory), STATUS_INVALID);
	assert_int_equal(process_of(payer)->objects, 0);
}

static void quota_holds(void **state)
{
	(void)state;
	process_of(payer)->pages_limit = 4;
	uint32_t before = frame_free_count();
	uint32_t memory = make_memory(1000);
	paddr_t frame;
	/* Root table, leaf table, page; then one page; then no more. */
	assert_int_equal(memory_page(memory, 0, true, &frame), STATUS_OK);
	assert_int_equal(memory_page(memory, 1, true, &frame), STATUS_OK);
	assert_int_equal(memory_page(memory, 2, true, &frame), STATUS_QUOTA);
	assert_int_equal(memory_page(memory, 999, true, &frame), STATUS_QUOTA);
	assert_true(memory_valid(&memory_table[memory]));
	drop(memory, before);
}

static void memory_runs_out(void **state)
{
	(void)state;
	process_of(payer)->pages_limit = UINT32_MAX;
	uint32_t before = frame_free_count();
	uint32_t memory = make_memory(MEMORY_PAGES_MAX);
	paddr_t frame;
	uint64_t page = 0;
	status_t status;
	while ((status = memory_page(memory, page, true, &frame)) == STATUS_OK)
		page++;
	assert_int_equal(status, STATUS_NO_MEMORY);
	assert_int_equal(frame_free_count(), 0);
	assert_true(memory_valid(&memory_table[memory]));
	/* A large object goes in steps; who runs out of frames meanwhile takes the next step. */
	object_release(OBJECT_MEMORY, memory);
	assert_in_range(frame_free_count(), 1, before - 1u);
	uint32_t second = make_memory(MEMORY_PAGES_MAX);
	for (page = 0; page < before - 100u; page++)
		assert_int_equal(memory_page(second, page, true, &frame), STATUS_OK);
	drop(second, before);
}

static void payer_dies(void **state)
{
	(void)state;
	uint32_t before = frame_free_count();
	uint32_t memory = make_memory(100);
	uint32_t other = make_process(10);
	paddr_t frame;
	assert_int_equal(memory_page_touch(memory, 0, payer, &frame), STATUS_OK);
	assert_int_equal(process_of(payer)->pages, 2);
	/* Another process's touch is still the payer's expense. */
	assert_int_equal(memory_page_touch(memory, 1, other, &frame), STATUS_OK);
	assert_int_equal(process_of(payer)->pages, 3);
	assert_int_equal(process_of(other)->pages, 0);
	table_give(&object_tables[OBJECT_PROCESS], payer);
	payer = make_process(1000); /* the same slot, somebody else */
	assert_int_equal(memory_page_touch(memory, 2, other, &frame), STATUS_OK);
	assert_int_equal(process_of(payer)->pages, 0);
	assert_int_equal(process_of(other)->pages, 1);
	assert_true(memory_valid(&memory_table[memory]));
	drop(memory, before);
	assert_int_equal(process_of(other)->pages, 0);
}

static void contents(void **state)
{
	(void)state;
	static uint8_t out[3 * PAGE_SIZE], in[3 * PAGE_SIZE];
	uint32_t memory = make_memory(5);
	uint64_t seed = 3;
	for (uint32_t i = 0; i < sizeof out; i++)
		out[i] = (uint8_t)test_random(&seed);
	assert_int_equal(memory_write(memory, 100, out, sizeof out), STATUS_OK);
	assert_int_equal(memory_read(memory, 100, in, sizeof in), STATUS_OK);
	assert_memory_equal(in, out, sizeof in);
	/* Page 4 was never written: reading it makes nothing. */
	paddr_t frame;
	assert_int_equal(memory_read(memory, 4u * PAGE_SIZE, in, PAGE_SIZE), STATUS_OK);
	assert_int_equal(in[0], 0);
	assert_int_equal(memory_page(memory, 4, false, &frame), STATUS_NOT_FOUND);
	assert_int_equal(memory_write(memory, 5u * PAGE_SIZE - 1u, out, 2), STATUS_INVALID);
	assert_int_equal(memory_read(memory, UINT64_MAX, in, 1), STATUS_INVALID);
	assert_int_equal(memory_seal(memory), STATUS_OK);
	assert_int_equal(memory_write(memory, 0, out, 1), STATUS_DENIED);
}

static void present_run(void **state)
{
	(void)state;
	uint32_t memory = make_memory(2000);
	paddr_t frame;
	paddr_t frames[16];
	for (uint64_t page = 500; page < 520; page++)
		assert_int_equal(memory_page(memory, page, true, &frame), STATUS_OK);
	assert_int_equal(memory_pages_present(memory, 499, 16, frames), 0);
	assert_int_equal(memory_pages_present(memory, 500, 16, frames), 12); /* to the end of its table */
	assert_int_equal(memory_pages_present(memory, 512, 16, frames), 8);
	assert_int_equal(memory_page(memory, 519, false, &frame), STATUS_OK);
	assert_int_equal(frames[7].a, frame.a);
	assert_int_equal(memory_pages_present(memory, 2000, 16, frames), 0);
}

static void fixed(void **state)
{
	(void)state;
	paddr_t run;
	paddr_t frames[4];
	uint32_t memory;
	assert_true(frame_alloc_run(3, 1, 0, &run));
	uint32_t before = frame_free_count();
	assert_int_equal(memory_new_fixed(run, 3, &memory), STATUS_OK);
	assert_int_equal(memory_pages_present(memory, 1, 4, frames), 2);
	assert_int_equal(frames[0].a, run.a + PAGE_SIZE);
	assert_int_equal(memory_write(memory, 0, frames, 1), STATUS_DENIED);
	object_release(OBJECT_MEMORY, memory);
	assert_int_equal(frame_free_count(), before); /* its frames are not its own */
}

static void regions(void **state)
{
	(void)state;
	uint32_t a;
	uint32_t b;
	uint64_t ram = host_boot_info()->memory[0].base;
	assert_int_equal(region_new(payer, REGION_MEMORY, 0x10000000, 0x2000, &a), STATUS_OK);
	assert_int_equal(region_new(payer, REGION_MEMORY, 0x10001000, 0x1000, &b), STATUS_BUSY);
	assert_int_equal(region_new(payer, REGION_MEMORY, 0x10002000, 0x1000, &b), STATUS_OK);
	object_release(OBJECT_REGION, b);
	assert_int_equal(region_new(payer, REGION_MEMORY, ram, 0x1000, &b), STATUS_INVALID);
	assert_int_equal(region_new(payer, REGION_MEMORY, ram - 0x1000, 0x2000, &b), STATUS_INVALID);
	assert_int_equal(region_new(payer, REGION_MEMORY, 0x10000800, 0x1000, &b), STATUS_INVALID);
	assert_int_equal(region_new(payer, REGION_MEMORY, UINT64_MAX - 0xfff, 0x1000, &b), STATUS_INVALID);
	/* Ports are another space: the same numbers do not collide. */
	assert_int_equal(region_new(payer, REGION_PORT, 0x3f8, 8, &b), STATUS_OK);
	assert_int_equal(region_new(payer, REGION_PORT, 0x3ff, 1, &b), STATUS_BUSY);
	assert_int_equal(region_new(payer, REGION_PORT, 0xffff, 2, &b), STATUS_INVALID);
	object_release(OBJECT_REGION, a);
	assert_int_equal(region_new(payer, REGION_MEMORY, 0x10001000, 0x1000, &a), STATUS_OK);
	assert_int_equal(process_of(payer)->objects, 2);
}

/* Pages at random, in an object of three levels: what is held is what is counted, and all of it comes back. */
static void random_pages(void **state)
{
	(void)state;
	process_of(payer)->pages_limit = UINT32_MAX;
	uint32_t before = frame_free_count();
	uint64_t seed = 11;
	for (uint32_t round = 0; round < 20; round++) {
		uint64_t pages = 1u + test_random(&seed) % (round % 2u == 0 ? 2000u : 1u << 20);
		uint32_t memory = make_memory(pages);
		paddr_t frame;
		for (uint32_t i = 0; i < 300; i++)
			assert_int_equal(memory_page(memory, test_random(&seed) % pages, true, &frame), STATUS_OK);
		assert_true(memory_valid(&memory_table[memory]));
		assert_int_equal(before - frame_free_count(), memory_table[memory].present);
		drop(memory, before);
	}
}

TEST_MAIN(cmocka_unit_test_setup(on_demand, setup), cmocka_unit_test_setup(sizes_refused, setup),
          cmocka_unit_test_setup(quota_holds, setup), cmocka_unit_test_setup(memory_runs_out, setup),
          cmocka_unit_test_setup(payer_dies, setup), cmocka_unit_test_setup(contents, setup),
          cmocka_unit_test_setup(present_run, setup), cmocka_unit_test_setup(fixed, setup),
          cmocka_unit_test_setup(regions, setup), cmocka_unit_test_setup(random_pages, setup))
