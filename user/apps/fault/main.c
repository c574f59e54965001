/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Handlers of one's own faults. What ends the program is tried by name: `fault nested`, `fault return`. */
#include <lib/string.h>
#include <os/check.h>
#include <os/fault.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/sync.h>
#include <os/thread.h>

#define WINDOW       0x0000000500000000ull /* pages that appear when touched */
#define WINDOW_PAGES 16u
#define STACK_BYTES  8192u
#define DEEP         4000u                 /* frames: far beyond the first stack */
#define READ_WRITE   (PROT_READ | PROT_WRITE)

static uint8_t handler_stack[STACK_BYTES] CC_ALIGNED(16);
static handle_t memory;
static uint64_t page_next; /* of the memory object */
static volatile uint64_t faults, last_kind, last_address, last_access;

static void note(uint64_t kind, uint64_t address, uint64_t access)
{
	faults = faults + 1;
	last_kind = kind;
	last_address = address;
	last_access = access;
}

/* A page for whatever address has none, and on. */
static void provide(uint64_t kind, uint64_t address, uint64_t access, uint64_t pc)
{
	uint64_t mapped;

	(void)pc;
	note(kind, address, access);
	must(sys_memory_map(memory, address & ~(uint64_t)(PAGE_SIZE - 1u), page_next++, 1, READ_WRITE, &mapped));
	fault_resume(0);
}

static void test_refusals(void)
{
	check_status(sys_fault_return(0), INVALID);
	check_status(sys_fault_handler(1ull << 63, 0), INVALID);
	check_status(sys_fault_handler(0x400000, 8), INVALID);
	check_status(sys_fault_handler(0x400000, 1ull << 63), INVALID);
}

/* Sums that live in registers across the faults. */
static void test_provide(void)
{
	volatile uint64_t *word = (volatile uint64_t *)WINDOW;
	const uint64_t stride = PAGE_SIZE / sizeof(uint64_t);
	uint64_t written = 0, read = 0, product = 1;

	check_status(fault_catch(provide, handler_stack, STACK_BYTES), OK);
	for (uint64_t i = 0; i < WINDOW_PAGES; i++) {
		word[i * stride] = i * 3u + 1u;
		written += i * 3u + 1u;
		product = product * 31u + i;
	}
	for (uint64_t i = 0; i < WINDOW_PAGES; i++)
		read += word[i * stride];
	check(faults == WINDOW_PAGES);
	check(read == written && product != 1);
	check(last_kind == FAULT_UNMAPPED && last_access == FAULT_WRITE);
	check(last_address == WINDOW + (WINDOW_PAGES - 1u) * PAGE_SIZE);
	check_status(sys_memory_unmap(WINDOW, WINDOW_PAGES), OK);
}

static __attribute__((noinline)) uint64_t deep(uint64_t depth)
{
	volatile uint64_t frame[16];

	frame[depth % 16u] = depth;
	return depth == 0 ? 0 : deep(depth - 1u) + frame[depth % 16u] - depth + 1u;
}

/* The stack grows where it overflowed: the handler stands on another one. */
static void test_stack_grows(void)
{
	uint64_t before = faults;

	check(deep(DEEP) == DEEP);
	check(faults > before);
}

static struct thread *walker;
static volatile bool went_on;

/* Where a thread goes on after it jumped to nowhere: the end of it. */
static void went_nowhere(void)
{
	went_on = true;
	must(sys_thread_exit());
}

static void redirect(uint64_t kind, uint64_t address, uint64_t access, uint64_t pc)
{
	note(kind, address, access);
	fault_resume(pc == WINDOW ? (uint64_t)went_nowhere : 0);
}

/* On its own stack, below where it stood. */
static uint64_t walk(void *argument)
{
	void (*volatile nowhere)(void) = (void (*)(void))WINDOW;

	(void)argument;
	must(fault_catch(redirect, NULL, 0));
	nowhere();
	return 0;
}

static void test_thread_goes_elsewhere(void)
{
	must(thread_run(walk, NULL, NULL, &walker));
	while (!went_on)
		must(sys_thread_yield());
	check(last_address == WINDOW && last_access == FAULT_EXECUTE);
	/* This thread's handler is still its own. */
	uint64_t before = faults;
	*(volatile uint8_t *)WINDOW = 7;
	check(faults == before + 1u && *(volatile uint8_t *)WINDOW == 7);
}

static void nested(uint64_t kind, uint64_t address, uint64_t access, uint64_t pc)
{
	(void)kind, (void)access, (void)pc;
	*(volatile uint8_t *)(address + PAGE_SIZE) = 1;
	fault_resume(0);
}

static void returns(uint64_t kind, uint64_t address, uint64_t access, uint64_t pc)
{
	(void)kind, (void)address, (void)access, (void)pc;
}

static int end_by(fault_function *function)
{
	must(fault_catch(function, handler_stack, STACK_BYTES));
	*(volatile uint8_t *)WINDOW = 1;
	print("fault: still here\n");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return end_by(strcmp(argv[1], "nested") == 0 ? nested : returns);
	must(sys_memory_create(512, &memory));
	test_refusals();
	test_provide();
	test_stack_grows();
	test_thread_goes_elsewhere();
	return check_finish();
}
