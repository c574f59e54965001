/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Memory for devices: one run, paid for at once, never code, and whole again at the end, however that comes. */
#include "harness.h"

static struct thread *first, *second;
static handle_t devices;
static struct inventory before;

static int setup(void **state)
{
	(void)state;
	harness_start(1);
	first = make_process(PRIORITY_NORMAL);
	second = make_process(PRIORITY_NORMAL);
	run(first);
	devices = make_singleton(first, OBJECT_DEVICES);
	before = take_inventory();
	return 0;
}

static handle_t make(uint64_t pages, uint64_t limit, uint64_t *out_address)
{
	assert_int_equal(SYS(first, memory_contiguous, devices, pages, limit), STATUS_OK);
	*out_address = first->regs.arg[2];
	return first->regs.arg[1];
}

static struct process *payer(void)
{
	return process_of(first->process);
}

static uint8_t *direct(uint64_t address)
{
	return arch_direct((paddr_t){address});
}

/* Frames that somebody else wrote come as zeroes, in one piece, where the call says they are. */
static void one_run(void **state)
{
	(void)state;
	uint64_t address;
	uint32_t paid = payer()->pages;
	handle_t memory = make(40, 0, &address);
	memset(direct(address), 0xa5, 40 * PAGE_SIZE);
	assert_int_equal(SYS(first, cap_drop, memory), STATUS_OK);
	assert_int_equal(payer()->pages, paid);

	memory = make(40, 0, &address);
	uint32_t slot = cap_of(first, memory)->object;
	assert_int_equal(payer()->pages, paid + 40);
	for (uint64_t page = 0; page < 40; page++) {
		paddr_t frame;
		assert_int_equal(memory_page(slot, page, false, &frame), STATUS_OK);
		assert_int_equal(frame.a, address + page * PAGE_SIZE);
	}
	for (uint32_t at = 0; at < 40 * PAGE_SIZE; at++)
		assert_int_equal(direct(address)[at], 0);
	assert_int_equal(SYS(first, cap_drop, memory), STATUS_OK);
	assert_int_equal(payer()->pages, paid);
	assert_same(&before);
}

/* Whatever is refused leaves nothing taken and nothing charged. */
static void refusals(void **state)
{
	(void)state;
	uint32_t paid = payer()->pages;
	handle_t notification = make_notification(first);
	assert_int_equal(SYS(first, memory_contiguous, notification, 1, 0), STATUS_WRONG_TYPE);
	assert_int_equal(SYS(first, cap_mint, devices, RIGHT_GRANT, 0), STATUS_OK);
	handle_t weak = first->regs.arg[1];
	assert_int_equal(SYS(first, memory_contiguous, weak, 1, 0), STATUS_DENIED);
	assert_int_equal(first->regs.arg[1], RIGHT_MANAGE);
	assert_int_equal(SYS(first, cap_drop, weak), STATUS_OK);
	assert_int_equal(SYS(first, cap_drop, notification), STATUS_OK);
	assert_int_equal(SYS(first, memory_contiguous, devices, 0, 0), STATUS_INVALID);
	assert_int_equal(SYS(first, memory_contiguous, devices, MEMORY_CONTIGUOUS_MAX + 1u, 0), STATUS_INVALID);
	assert_int_equal(SYS(first, memory_contiguous, devices, 1ull << 32 | 1u, 0), STATUS_INVALID);
	assert_int_equal(SYS(first, memory_contiguous, devices, 1, PAGE_SIZE - 1u), STATUS_NO_MEMORY);
	payer()->pages_limit = paid + 7;
	assert_int_equal(SYS(first, memory_contiguous, devices, 8, 0), STATUS_QUOTA);
	payer()->pages_limit = UINT32_MAX;
	uint32_t objects = payer()->objects_limit;
	payer()->objects_limit = payer()->objects;
	assert_int_equal(SYS(first, memory_contiguous, devices, 8, 0), STATUS_QUOTA);
	payer()->objects_limit = objects;
	assert_int_equal(payer()->pages, paid);
	assert_same(&before);
}

/* Every second frame free is room enough for anything but two neighbours. */
static void holes(void **state)
{
	(void)state;
	uint64_t address;
	paddr_t frame;
	paddr_t chain = {0};
	payer()->pages_limit = UINT32_MAX;
	while (frame_alloc(&frame)) {
		*(uint64_t *)arch_direct(frame) = chain.a;
		chain = frame;
	}
	/* Highest first: of each pair of neighbours the upper one is given back. */
	paddr_t kept = {0};
	while (chain.a != 0) {
		paddr_t next = {*(uint64_t *)arch_direct(chain)};
		if ((chain.a >> PAGE_SHIFT) % 2u == 0) {
			*(uint64_t *)arch_direct(chain) = kept.a;
			kept = chain;
		} else {
			frame_free(chain);
		}
		chain = next;
	}
	assert_true(frame_free_count() > 100);
	assert_int_equal(SYS(first, memory_contiguous, devices, 2, 0), STATUS_NO_MEMORY);
	handle_t memory = make(1, 0, &address);
	assert_int_equal(SYS(first, cap_drop, memory), STATUS_OK);
	while (kept.a != 0) {
		paddr_t next = {*(uint64_t *)arch_direct(kept)};
		frame_free(kept);
		kept = next;
	}
	assert_same(&before);
	memory = make(MEMORY_CONTIGUOUS_MAX, 0, &address); /* and now the largest fits */
	assert_int_equal(SYS(first, cap_drop, memory), STATUS_OK);
	assert_same(&before);
}

static void limits(void **state)
{
	(void)state;
	uint64_t low;
	uint64_t high;
	handle_t a = make(16, 0, &low);
	handle_t b = make(16, 0, &high);
	assert_true(high >= low + 16 * PAGE_SIZE);
	assert_int_equal(SYS(first, cap_drop, a), STATUS_OK);
	assert_int_equal(SYS(first, memory_contiguous, devices, 17, low + 17 * PAGE_SIZE), STATUS_NO_MEMORY);
	a = make(16, low + 16 * PAGE_SIZE, &high);
	assert_int_equal(high, low);
	assert_int_equal(SYS(first, cap_drop, a), STATUS_OK);
	assert_int_equal(SYS(first, cap_drop, b), STATUS_OK);
	assert_same(&before);
}

/* Data for programs, as any memory; never code, for a device could write it after it was verified. */
static void never_code(void **state)
{
	(void)state;
	uint64_t address;
	handle_t memory = make(2, 0, &address);
	assert_int_equal(SYS(first, memory_map, memory, 0, 0, 2, PROT_READ | PROT_EXECUTE), STATUS_DENIED);
	assert_int_equal(first->regs.arg[1], RIGHT_EXECUTE);
	assert_int_equal(SYS(first, memory_map, memory, 0, 0, 2, PROT_READ | PROT_WRITE), STATUS_OK);
	uint64_t mapped = first->regs.arg[1];
	assert_int_equal(SYS(first, memory_protect, mapped, 2, PROT_READ | PROT_EXECUTE), STATUS_DENIED);
	assert_int_equal(SYS(first, memory_seal, memory), STATUS_BUSY);
	assert_int_equal(SYS(first, memory_unmap, mapped, 2), STATUS_OK);
	assert_int_equal(SYS(first, memory_seal, memory), STATUS_OK);
	handle_t factory = make_singleton(first, OBJECT_FACTORY);
	assert_int_equal(SYS(first, image_create, factory, memory, 0, PAGE_SIZE), STATUS_DENIED);
	assert_int_equal(first->regs.arg[1], RIGHT_EXECUTE);
	assert_int_equal(SYS(first, cap_drop, factory), STATUS_OK);
	assert_int_equal(SYS(first, cap_drop, memory), STATUS_OK);
}

/* The driver's copy goes with a revocation, and what it mapped; the run is freed with the last capability. */
static void revoked(void **state)
{
	(void)state;
	uint64_t address;
	handle_t memory = make(4, 0, &address);
	uint32_t frames = frame_free_count();
	handle_t copy = share(first, memory, second, RIGHT_READ | RIGHT_WRITE, 0);
	assert_int_equal(SYS(second, memory_map, copy, 0, 0, 4, PROT_READ | PROT_WRITE | MAP_POPULATE), STATUS_OK);
	assert_int_equal(SYS(first, cap_revoke, memory), STATUS_OK);
	assert_false(holds(second, copy));
	assert_true(frame_free_count() <= frames);
	assert_int_equal(memory_table[cap_of(first, memory)->object].mapping_head, NONE);
	assert_int_equal(SYS(first, cap_drop, memory), STATUS_OK);
	assert_true(frame_free_count() <= before.frames);
	assert_true(frame_valid());
}

/* Its maker ends first: the run stays for who holds it, charged to nobody, and comes back whole. */
static void outlives_its_maker(void **state)
{
	(void)state;
	uint64_t address;
	handle_t memory = make(64, 0, &address);
	handle_t copy = share(first, memory, second, RIGHT_READ, 0);
	uint32_t held = process_of(second->process)->pages;
	assert_int_equal(SYS(first, process_exit, 0), ENDED);
	settle();
	paddr_t frame;
	uint32_t slot = cap_of(second, copy)->object;
	assert_int_equal(memory_page(slot, 63, false, &frame), STATUS_OK);
	assert_int_equal(frame.a, address + 63 * PAGE_SIZE);
	uint32_t frames = frame_free_count();
	assert_int_equal(SYS(second, cap_drop, copy), STATUS_OK);
	assert_int_equal(frame_free_count(), frames + 64);
	assert_int_equal(process_of(second->process)->pages, held);
	assert_true(frame_valid());
	assert_true(frame_alloc_run(64, 1, address + 64 * PAGE_SIZE, &frame)); /* as one run again */
}

TEST_MAIN(cmocka_unit_test_setup(one_run, setup), cmocka_unit_test_setup(refusals, setup),
          cmocka_unit_test_setup(holes, setup), cmocka_unit_test_setup(limits, setup),
          cmocka_unit_test_setup(never_code, setup), cmocka_unit_test_setup(revoked, setup),
          cmocka_unit_test_setup(outlives_its_maker, setup))
