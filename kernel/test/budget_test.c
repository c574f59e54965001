/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * CPU budgets: what a limited process gets, when it is held back and until
 * when, and that nothing it can do or have done for it makes that more.
 */
#include "harness.h"
#include <kernel/budget.h>

#define SEND_RIGHTS (RIGHT_SEND | RIGHT_GRANT)
#define PERCENT 20u
#define SHARE (BUDGET_PERIOD_NS / 100u * PERCENT)

static struct thread *normal;  /* at 16, without a limit */
static struct thread *limited; /* at 20, with PERCENT */

static struct thread *make_limited(uint32_t priority, uint32_t percent)
{
	struct process_options options = harness_options(priority);
	options.cpu_percent = percent;
	return make_process_with(&options);
}

static int setup(void **state)
{
	(void)state;
	harness_start(1);
	normal = make_process(16);
	limited = make_limited(20, PERCENT);
	return 0;
}

/* Time passes, by the timer's interrupts, until `ticks`; every thread just runs. */
static void go_on_until(uint64_t ticks)
{
	while (host_cpu->arch.timer_ticks < ticks) {
		uint64_t due = host_cpu->arch.timer_ticks;
		pass_until(due > host_ticks ? due : host_ticks + 1u);
	}
	pass_until(ticks);
}

/* Time that a thread has run, its present turn included. */
static uint64_t time_of(const struct thread *thread)
{
	uint64_t present = current_thread() == thread ? host_ticks - host_cpu->switched_at : 0;
	return thread->cpu_ticks + present;
}

/* The limited process has just used up its budget in a period that began when it got the CPU. Returns that time. */
static uint64_t use_up(void)
{
	uint64_t begin = host_ticks;
	run(limited);
	go_on_until(begin + SHARE + 10u);
	assert_ptr_equal(current_thread(), normal);
	assert_true(limited->owner->budget.spent);
	assert_int_equal(limited->priority, PRIORITY_IDLE);
	return begin;
}

static void share_of_a_period(void **state)
{
	(void)state;
	uint64_t begin = use_up();
	uint64_t used = time_of(limited);
	assert_in_range(used, SHARE - 2u, SHARE + 10u);
	go_on_until(begin + BUDGET_PERIOD_NS - 10u);
	assert_ptr_equal(current_thread(), normal);
	assert_int_equal(time_of(limited), used);
	go_on_until(begin + BUDGET_PERIOD_NS + 10u); /* then at once, by its own priority */
	assert_ptr_equal(current_thread(), limited);
	assert_int_equal(limited->priority, 20);
	assert_int_equal(limited->owner->budget.times_spent, 1);
}

static void share_of_many_periods(void **state)
{
	(void)state;
	uint64_t begin = host_ticks;
	run(limited);
	go_on_until(begin + 20u * BUDGET_PERIOD_NS);
	assert_in_range(time_of(limited), 20u * SHARE - 1000u, 21u * SHARE);
	assert_true(time_of(normal) >= 20u * (BUDGET_PERIOD_NS - SHARE) - SHARE);
}

/* Nobody is better off if it idles. */
static void the_rest_is_anybodys(void **state)
{
	(void)state;
	uint64_t begin = use_up();
	uint64_t used = time_of(limited);
	assert_int_equal(SYS(normal, thread_sleep, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(harness_idlers[0], thread_sleep, DEADLINE_NEVER), BLOCKED);
	assert_ptr_equal(current_thread(), limited);
	go_on_until(begin + BUDGET_PERIOD_NS - 10u);
	assert_ptr_equal(current_thread(), limited);
	assert_true(time_of(limited) > used + BUDGET_PERIOD_NS / 2u);
}

static void what_is_not_used_is_no_credit(void **state)
{
	(void)state;
	uint64_t begin = host_ticks;
	run(limited);
	host_ticks = begin + 1000u;
	assert_int_equal(SYS(limited, thread_sleep, begin + 50u * BUDGET_PERIOD_NS), BLOCKED);
	go_on_until(begin + 50u * BUDGET_PERIOD_NS + 10u);
	assert_ptr_equal(current_thread(), limited);
	go_on_until(host_ticks + SHARE + 20u);
	assert_ptr_equal(current_thread(), normal);
	assert_in_range(time_of(limited), SHARE, SHARE + 2000u);
}

static void threads_share_it(void **state)
{
	(void)state;
	uint64_t begin = host_ticks;
	struct thread *second = make_thread(limited, 20);
	run(limited);
	go_on_until(begin + SHARE + 10u);
	assert_ptr_equal(current_thread(), normal);
	assert_true(time_of(second) > 0);
	assert_in_range(time_of(limited) + time_of(second), SHARE - 2u, SHARE + 10u);
	struct thread *third = make_thread(limited, 20); /* nor does a new one help */
	(void)reschedule();
	assert_ptr_equal(current_thread(), normal);
	assert_int_equal(third->priority, PRIORITY_IDLE);
}

/* A call lends its priority to a server, but not to one whose time is up. */
static void a_loan_does_not_help(void **state)
{
	(void)state;
	struct thread *client = make_process(24);
	handle_t receive = make_endpoint(limited, 0);
	handle_t sends = share(limited, receive, client, SEND_RIGHTS, 0);
	(void)SYS(client, thread_sleep, host_ticks + SHARE + 1000u);
	uint64_t begin = use_up();
	go_on_until(begin + SHARE + 1010u);
	assert_int_equal(SYS(client, call, sends, 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_ptr_equal(current_thread(), normal);
	(void)reschedule();
	assert_ptr_equal(current_thread(), normal);
	go_on_until(begin + BUDGET_PERIOD_NS + 10u);
	assert_ptr_equal(current_thread(), limited);
}

/* The fast way of a call into a waiting server is no way round its budget. */
static void a_call_hands_over_no_more(void **state)
{
	(void)state;
	struct thread *client = make_process(24);
	handle_t receive = make_endpoint(limited, 0);
	handle_t sends = share(limited, receive, client, SEND_RIGHTS, 0);
	assert_int_equal(SYS(limited, recv, receive, DEADLINE_NEVER), BLOCKED);
	uint64_t begin = host_ticks;
	assert_int_equal(SYS(client, call, sends, 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_ptr_equal(current_thread(), limited);
	go_on_until(begin + SHARE + 100u);
	assert_ptr_equal(current_thread(), normal);
	/* An answer, given with what nobody else wanted, does not lift it either. */
	uint64_t reply = limited->regs.arg[7];
	assert_int_equal(SYS(limited, reply, reply, 0), STATUS_OK);
	assert_int_equal(limited->priority, PRIORITY_IDLE);
	/* Nor does it itself. */
	assert_int_equal(SYS(limited, thread_control, HANDLE_NONE, THREAD_CONTROL_PRIORITY, 19), STATUS_OK);
	assert_int_equal(limited->priority, PRIORITY_IDLE);
	go_on_until(begin + 2u * BUDGET_PERIOD_NS);
	assert_int_equal(limited->base_priority, 19);
}

static void it_ends_while_held_back(void **state)
{
	(void)state;
	use_up();
	uint32_t slot = limited->process;
	process_end(slot, 0, true, NULL);
	assert_int_equal(SYS(normal, thread_sleep, DEADLINE_NEVER), BLOCKED);
	settle();
	assert_int_equal(timer_of(TIMER_BUDGET(slot))->cpu, CPU_NONE);
	harness_check();
}

static void as_much_as_was_asked_for(void **state)
{
	(void)state;
	uint32_t slot;
	struct process_options options = harness_options(16);
	options.cpu_percent = CPU_PERCENT_MAX + 1u;
	assert_int_equal(process_new(NONE, harness_image, &options, &slot), STATUS_INVALID);
	options.cpu_percent = CPU_PERCENT_MAX;
	assert_int_equal(process_new(NONE, harness_image, &options, &slot), STATUS_OK);
	assert_in_range(process_of(slot)->budget.ticks, 16u * BUDGET_PERIOD_NS, 16u * BUDGET_PERIOD_NS + 100u);
	assert_false(budget_limits(normal->owner));
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(share_of_a_period), T(share_of_many_periods), T(the_rest_is_anybodys), T(what_is_not_used_is_no_credit),
          T(threads_share_it), T(a_loan_does_not_help), T(a_call_hands_over_no_more), T(it_ends_while_held_back),
          T(as_much_as_was_asked_for))
