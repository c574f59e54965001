/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The way in: which calls reach the kernel at all, what a refusal tells, interrupts on the way out. */
#include "harness.h"

static struct thread *first;

static int setup(void **state)
{
	(void)state;
	harness_start(1);
	first = make_process(16);
	return 0;
}

static const uint64_t none[8];

static void unknown_numbers(void **state)
{
	(void)state;
	static const uint64_t numbers[] = {SYSCALL_COUNT, 63, 64, 65, 128, 1ull << 32, 1ull << 63, UINT64_MAX};
	for (uint32_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		assert_int_equal(harness_syscall(first, numbers[i], none), STATUS_UNKNOWN_SYSCALL);
		assert_ptr_equal(current_thread(), first);
	}
}

/* The numbers that calls have. */
static const bool defined[SYSCALL_COUNT] = {
#define SYSCALL(number, name, shape, sentence) [number] = true,
#include <abi/syscall.def>
#undef SYSCALL
};

/* Each bit of the mask is one call. */
static void mask(void **state)
{
	(void)state;
	for (uint64_t number = 0; number < SYSCALL_COUNT; number++) {
		process_of(first->process)->syscall_mask = ~(1ull << number);
		assert_int_equal(harness_syscall(first, number, none), STATUS_POLICY);
		if (number == SYSCALL_thread_exit || number == SYSCALL_process_exit)
			continue;
		process_of(first->process)->syscall_mask = 1ull << number;
		uint32_t result = harness_syscall(first, number, none);
		assert_int_not_equal(result, STATUS_POLICY);
		assert_int_equal(result == STATUS_UNKNOWN_SYSCALL, !defined[number]);
		assert_int_not_equal(result, BLOCKED);
	}
}

/* No call does more than refuse when all its arguments are nonsense. */
static void nonsense(void **state)
{
	(void)state;
	struct inventory before = take_inventory();
	uint64_t seed = 31337;
	for (uint32_t round = 0; round < 400; round++) {
		uint64_t number = test_random(&seed) % SYSCALL_COUNT;
		uint64_t arguments[8];
		for (uint32_t i = 0; i < 8; i++)
			arguments[i] = (test_random(&seed) << 16 | 1ull << 60) >> 8 * (test_random(&seed) % 3u);
		if (number == SYSCALL_thread_exit || number == SYSCALL_process_exit || number == SYSCALL_thread_sleep ||
		    number == SYSCALL_notification_create)
			continue;
		uint32_t result = harness_syscall(first, number, arguments);
		assert_int_not_equal(result, BLOCKED);
		assert_int_not_equal(result, ENDED);
	}
	assert_same(&before);
}

/* Results are written only on success, but for the rights of DENIED. */
static void failure_keeps_the_arguments(void **state)
{
	(void)state;
	assert_int_equal(SYS(first, call, 12345, 8, 2, 3, 4, 5, 6, 7), STATUS_BAD_HANDLE);
	const uint64_t *arg = first->regs.arg;
	assert_int_equal(arg[1], 8);
	for (uint32_t i = 2; i < 8; i++)
		assert_int_equal(arg[i], i);
}

static void denied_names_all_that_is_missing(void **state)
{
	(void)state;
	handle_t notification = make_notification(first);
	assert_int_equal(SYS(first, cap_mint, notification, RIGHT_SIGNAL, 0), STATUS_OK);
	handle_t weak = first->regs.arg[1];
	assert_int_equal(SYS(first, cap_mint, weak, RIGHT_WAIT | RIGHT_SIGNAL, 0), STATUS_DENIED);
	assert_int_equal(first->regs.arg[1], RIGHT_WAIT | RIGHT_GRANT);
	assert_int_equal(SYS(first, cap_revoke, weak), STATUS_DENIED);
	assert_int_equal(first->regs.arg[1], RIGHT_REVOKE);
	/* The one kind of refusal where no right is missing. */
	assert_int_equal(SYS(first, cap_mint, notification, RIGHT_SIGNAL | RIGHT_GRANT, 5), STATUS_OK);
	assert_int_equal(SYS(first, cap_mint, first->regs.arg[1], RIGHT_SIGNAL, 6), STATUS_DENIED);
	assert_int_equal(first->regs.arg[1], 0);
}

static void counted(void **state)
{
	(void)state;
	run(first);
	uint64_t syscalls = host_cpu->syscalls;
	uint64_t faults = host_cpu->faults;
	assert_int_equal(SYS(first, process_id), STATUS_OK);
	trap_fault(first, FAULT_UNMAPPED, FAULT_WRITE, DATA + PAGE_SIZE);
	assert_int_equal(host_cpu->syscalls, syscalls + 1);
	assert_int_equal(host_cpu->faults, faults + 1);
}

/* A revocation of more than one step is one call for the program. */
static void restarted(void **state)
{
	(void)state;
	handle_t root = make_notification(first);
	uint32_t count = 0;
	while (SYS(first, cap_mint, root, RIGHT_SIGNAL, 0) == STATUS_OK)
		count++;
	assert_true(count > 3 * CAP_STEP);
	uint64_t restarts = first->regs.restarts;
	assert_int_equal(SYS(first, cap_revoke, root), STATUS_OK);
	assert_int_equal(first->regs.arg[1], count);
	assert_true(first->regs.restarts >= restarts + 3);
}

static void ipi_reschedules(void **state)
{
	(void)state;
	struct thread *high = make_thread(first, 20);
	run(high);
	assert_int_equal(SYS(high, thread_sleep, host_ticks + 100), BLOCKED);
	run(first);
	host_cpu->ipi_pending = IPI_RESCHEDULE;
	trap_ipi();
	assert_true(host_cpu->reschedule);
	assert_int_equal(host_cpu->ipi_pending, 0);
	assert_ptr_equal(trap_return(first), first); /* nobody better */
	assert_false(host_cpu->reschedule);
	host_ticks += 200;
	trap_timer();
	assert_ptr_equal(trap_return(first), high); /* an interrupt woke a better one */
	assert_int_equal(state_of(first), THREAD_READY);
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(unknown_numbers), T(mask), T(nonsense), T(failure_keeps_the_arguments), T(denied_names_all_that_is_missing),
          T(counted), T(restarted), T(ipi_reschedules))
