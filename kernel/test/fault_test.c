/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Faults that a thread handles itself: it gets what happened and goes on as if nothing had; a second one is the end. */
#include "harness.h"
#include <kernel/fault.h>

#define ENTRY 0x401230ull
#define STACK 0x8000000ull
#define NOWHERE 0x700000123ull

static struct thread *first;

static int setup(void **state)
{
	(void)state;
	harness_start(1);
	first = make_process(16);
	run(first);
	return 0;
}

/* The thread touches what is not there; whoever runs then. */
static struct thread *touch(struct thread *thread, uint64_t address)
{
	run(thread);
	return trap_fault(thread, FAULT_UNMAPPED, FAULT_WRITE, address);
}

/* Registers that say which they are. */
static void mark(struct thread *thread)
{
	for (uint32_t i = 0; i < 8; i++)
		thread->regs.arg[i] = 100u + i;
	thread->regs.pc = TEXT + 0x44;
	thread->regs.sp = USER_STACK_TOP - 0x108;
	thread->regs.frame = USER_STACK_TOP - 0x80;
}

static void handled_and_back(void **state)
{
	(void)state;
	assert_int_equal(SYS(first, fault_handler, ENTRY, STACK), STATUS_OK);
	mark(first);
	struct arch_regs before = first->regs;
	assert_ptr_equal(touch(first, NOWHERE), first);
	assert_int_equal(first->regs.pc, ENTRY);
	assert_int_equal(first->regs.sp, STACK);
	assert_int_equal(first->regs.arg[0], FAULT_UNMAPPED);
	assert_int_equal(first->regs.arg[1], NOWHERE);
	assert_int_equal(first->regs.arg[2], FAULT_WRITE);
	assert_int_equal(first->regs.arg[3], before.pc);
	assert_int_equal(process_of(first->process)->state, PROCESS_RUNNING);
	first->regs.arg[0] = 0; /* try again */
	first->regs.number = SYSCALL_fault_return;
	assert_ptr_equal(trap_syscall(first), first);
	assert_memory_equal(&first->regs, &before, sizeof before);
	harness_check();
}

/* Without a stack of its own: below the one it faulted on, red zone spared. And on to another place. */
static void own_stack_and_elsewhere(void **state)
{
	(void)state;
	assert_int_equal(SYS(first, fault_handler, ENTRY, 0), STATUS_OK);
	mark(first);
	uint64_t sp = first->regs.sp;
	touch(first, NOWHERE);
	assert_true(first->regs.sp <= sp - 128u && first->regs.sp > sp - 160u && first->regs.sp % 16u == 0);
	first->regs.arg[0] = TEXT + 0x80;
	first->regs.number = SYSCALL_fault_return;
	assert_ptr_equal(trap_syscall(first), first);
	assert_int_equal(first->regs.pc, TEXT + 0x80);
	assert_int_equal(first->regs.sp, sp);
	assert_int_equal(first->regs.arg[0], 100);
}

static void second_fault_ends(void **state)
{
	(void)state;
	assert_int_equal(SYS(first, fault_handler, ENTRY, STACK), STATUS_OK);
	touch(first, NOWHERE);
	assert_ptr_not_equal(touch(first, NOWHERE + PAGE_SIZE), first);
	assert_int_not_equal(process_of(first->process)->state, PROCESS_RUNNING);
	assert_int_equal(process_of(first->process)->fault.address, NOWHERE + PAGE_SIZE);
}

/* A page that belongs there is no fault; without a handler a fault is the end. */
static void not_for_the_handler(void **state)
{
	(void)state;
	assert_int_equal(SYS(first, fault_handler, ENTRY, STACK), STATUS_OK);
	mark(first);
	assert_ptr_equal(touch(first, DATA + PAGE_SIZE), first);
	assert_int_equal(first->regs.pc, TEXT + 0x44);
	assert_int_equal(SYS(first, fault_handler, 0, 0), STATUS_OK);
	assert_ptr_not_equal(touch(first, NOWHERE), first);
	assert_int_not_equal(process_of(first->process)->state, PROCESS_RUNNING);
}

/* Handlers are the threads' own; a slot's next thread has none. */
static void per_thread(void **state)
{
	(void)state;
	struct thread *second = make_thread(first, 16);
	uint32_t slot = thread_slot(second);
	assert_int_equal(SYS(second, fault_handler, ENTRY, STACK), STATUS_OK);
	assert_int_equal(first->fault_entry, 0);
	assert_int_equal(SYS(second, thread_exit), ENDED);
	struct thread *third = make_thread(first, 16);
	assert_int_equal(thread_slot(third), slot);
	assert_int_equal(third->fault_entry, 0);
	assert_false(third->fault_active);
}

static void refusals(void **state)
{
	(void)state;
	assert_int_equal(SYS(first, fault_return, 0), STATUS_INVALID);
	assert_int_equal(SYS(first, fault_handler, USER_LIMIT, 0), STATUS_INVALID);
	assert_int_equal(SYS(first, fault_handler, ENTRY, STACK + 8), STATUS_INVALID);
	assert_int_equal(SYS(first, fault_handler, ENTRY, USER_LIMIT + 16), STATUS_INVALID);
	assert_int_equal(SYS(first, fault_handler, ENTRY, STACK), STATUS_OK);
	touch(first, NOWHERE);
	assert_int_equal(SYS(first, fault_return, USER_LIMIT), STATUS_INVALID);
	assert_true(first->fault_active);
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(handled_and_back), T(own_stack_and_elsewhere), T(second_fault_ends), T(not_for_the_handler), T(per_thread),
          T(refusals))
