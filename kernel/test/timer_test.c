/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Timers: hundreds at once fire in the order of their deadlines, whatever was
 * cancelled or moved meanwhile and from which CPU; the hardware is armed for the
 * first one, and for none when there is none.
 */
#include "harness.h"

#define TIMERS 300u

static uint32_t notification[TIMERS];

static int setup(void **state)
{
	(void)state;
	harness_start(4);
	for (uint32_t i = 0; i < TIMERS; i++) {
		if (object_take(OBJECT_NOTIFICATION, NONE, &notification[i]) != STATUS_OK)
			break;
		struct notification *made = &notification_table[notification[i]];
		made->bits = 0;
		made->endpoint = made->waiter_head = made->waiter_tail = NONE;
		made->timer.cpu = CPU_NONE;
		made->timer_bits = 1;
	}
	return 0;
}

static uint32_t made(void)
{
	return object_tables[OBJECT_NOTIFICATION].used;
}

static bool fired(uint32_t i)
{
	return notification_table[notification[i]].bits != 0;
}

static void set(uint32_t i, deadline_t deadline)
{
	timer_set(TIMER_NOTIFICATION(notification[i]), deadline, 0);
}

static void timers_only(void **state)
{
	(void)state;
	uint32_t count = made();
	assert_true(count >= 90);
	uint64_t seed = 4711;
	deadline_t deadline[TIMERS];
	for (uint32_t i = 0; i < count; i++) {
		deadline[i] = host_ticks + 1000 + test_random(&seed) % 5000;
		set(i, deadline[i]);
		assert_true(timer_valid());
	}
	deadline_t end = host_ticks + 20000;
	for (deadline_t now = host_ticks + 1000; now < end; now += 50) {
		host_ticks = now;
		timer_interrupt();
		assert_true(timer_valid());
		for (uint32_t i = 0; i < count; i++)
			assert_int_equal(fired(i), deadline[i] <= now);
	}
	assert_int_equal(host_cpu->arch.timer_ticks, UINT64_MAX);
}

/* Against a plain array: set, move and cancel at random, from any CPU. */
static void random_run(void **state)
{
	(void)state;
	uint32_t count = made();
	uint64_t seed = 815;
	deadline_t deadline[TIMERS];
	uint32_t home[TIMERS];
	for (uint32_t i = 0; i < count; i++)
		deadline[i] = DEADLINE_NEVER;
	for (uint32_t step = 0; step < 20000; step++) {
		uint32_t i = (uint32_t)(test_random(&seed) % count);
		uint32_t cpu = (uint32_t)(test_random(&seed) % 4u);
		on_cpu(cpu);
		switch (test_random(&seed) % 4u) {
		case 0:
		case 1:
			deadline[i] = host_ticks + 1 + test_random(&seed) % 3000;
			home[i] = cpu;
			notification_table[notification[i]].bits = 0;
			set(i, deadline[i]);
			break;
		case 2:
			timer_cancel(TIMER_NOTIFICATION(notification[i]));
			assert_int_equal(notification_table[notification[i]].timer.cpu, CPU_NONE);
			deadline[i] = DEADLINE_NEVER;
			break;
		default:
			host_ticks += test_random(&seed) % 100;
			timer_interrupt();
			for (uint32_t other = 0; other < count; other++) {
				bool due = deadline[other] <= host_ticks && home[other] == cpu;
				if (due) {
					assert_true(fired(other));
					notification_table[notification[other]].bits = 0;
					deadline[other] = DEADLINE_NEVER;
				} else {
					assert_false(fired(other));
				}
			}
			break;
		}
		if (step % 16 == 0)
			assert_true(timer_valid());
	}
}

/* The order of expiry, seen one by one through the wait queue of sleepers. */
static void sleepers_in_order(void **state)
{
	(void)state;
	static const uint32_t delay[] = {900, 100, 500, 300, 700, 200, 800, 400, 600, 1000};
	struct thread *sleeper[10];
	deadline_t begin = host_ticks;
	for (uint32_t i = 0; i < 10; i++) {
		sleeper[i] = i == 0 ? make_process(16) : make_thread(sleeper[0], 16);
		assert_int_equal(SYS(sleeper[i], thread_sleep, begin + delay[i]), BLOCKED);
	}
	for (uint32_t now = 55; now <= 1055; now += 50) {
		pass_until(begin + now);
		for (uint32_t i = 0; i < 10; i++)
			assert_int_equal(state_of(sleeper[i]) == THREAD_SLEEPING, begin + delay[i] > host_ticks);
	}
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(outcome(sleeper[i]), STATUS_OK);
}

static void hardware_follows(void **state)
{
	(void)state;
	assert_int_equal(host_cpu->arch.timer_ticks, UINT64_MAX);
	set(0, host_ticks + 5000);
	uint64_t first = host_cpu->arch.timer_ticks;
	assert_true(first >= host_ticks + 5000 && first <= host_ticks + 5002);
	set(1, host_ticks + 9000);
	assert_int_equal(host_cpu->arch.timer_ticks, first);
	set(2, host_ticks + 1000);
	assert_true(host_cpu->arch.timer_ticks >= host_ticks + 1000 && host_cpu->arch.timer_ticks <= host_ticks + 1002);
	/* A cancelled one may cost a useless interrupt, and then not another. */
	timer_cancel(TIMER_NOTIFICATION(notification[2]));
	timer_cancel(TIMER_NOTIFICATION(notification[0]));
	host_ticks = host_cpu->arch.timer_ticks;
	timer_interrupt();
	assert_false(fired(0));
	assert_false(fired(2));
	timer_cancel(TIMER_NOTIFICATION(notification[1]));
	host_ticks = host_cpu->arch.timer_ticks;
	timer_interrupt();
	assert_int_equal(host_cpu->arch.timer_ticks, UINT64_MAX);
	assert_false(fired(1));
}

static void never_is_no_timer(void **state)
{
	(void)state;
	set(0, host_ticks + 100);
	set(0, DEADLINE_NEVER);
	assert_int_equal(notification_table[notification[0]].timer.cpu, CPU_NONE);
	timer_cancel(TIMER_NOTIFICATION(notification[0])); /* nothing to cancel */
	host_ticks += 1000000;
	timer_interrupt();
	assert_false(fired(0));
	assert_true(timer_valid());
}

/* All the same moment: all fire at it. */
static void equal_deadlines(void **state)
{
	(void)state;
	uint32_t count = made();
	deadline_t deadline = host_ticks + 1000;
	for (uint32_t i = 0; i < count; i++)
		set(i, deadline);
	for (uint32_t i = 0; i < count; i += 2)
		timer_cancel(TIMER_NOTIFICATION(notification[i]));
	assert_true(timer_valid());
	host_ticks = deadline - 1;
	timer_interrupt();
	for (uint32_t i = 0; i < count; i++)
		assert_false(fired(i));
	host_ticks = deadline + 1;
	timer_interrupt();
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(fired(i), i % 2);
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(timers_only), T(random_run), T(sleepers_in_order), T(hardware_follows), T(never_is_no_timer),
          T(equal_deadlines))
