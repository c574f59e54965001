/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The time of day: set only by who may, follows the monotonic clock and never
 * moves it, and a reader never sees one setting's time with another's source.
 */
#include "harness.h"
#include <kernel/wall_clock.h>
#include <pthread.h>

#define MOMENT 1935817689000000000ull /* 2031-05-06 07:08:09 UTC */

static struct thread *thread;

static int setup(void **state)
{
	(void)state;
	harness_start(1);
	thread = make_process(PRIORITY_NORMAL);
	run(thread);
	return 0;
}

static void not_set_at_first(void **state)
{
	(void)state;
	thread->regs.arg[1] = thread->regs.arg[2] = 9;
	assert_int_equal(SYS(thread, clock_wall), STATUS_OK);
	assert_int_equal(thread->regs.arg[1], 0);
	assert_int_equal(thread->regs.arg[2], CLOCK_SOURCE_NONE);
}

static void follows_the_monotonic_clock(void **state)
{
	handle_t clock = make_singleton(thread, OBJECT_CLOCK);
	deadline_t before = clock_now();
	(void)state;
	assert_int_equal(SYS(thread, clock_set, clock, MOMENT, CLOCK_SOURCE_RTC), STATUS_OK);
	assert_int_equal(clock_now(), before);
	host_ticks += 5000;
	assert_int_equal(SYS(thread, clock_wall), STATUS_OK);
	assert_int_equal(thread->regs.arg[1], MOMENT + 5000u);
	assert_int_equal(thread->regs.arg[2], CLOCK_SOURCE_RTC);
}

/* A step in either direction: what was waited for by the monotonic clock is due when it was. */
static void a_step_moves_no_deadline(void **state)
{
	handle_t clock = make_singleton(thread, OBJECT_CLOCK);
	struct thread *sleeper = make_process(PRIORITY_HIGH);
	deadline_t due = clock_now() + 1000000u;
	(void)state;
	assert_int_equal(SYS(sleeper, thread_sleep, due), BLOCKED);
	assert_int_equal(SYS(thread, clock_set, clock, MOMENT, CLOCK_SOURCE_RTC), STATUS_OK);
	assert_int_equal(SYS(thread, clock_set, clock, 1, CLOCK_SOURCE_HAND), STATUS_OK);
	pass_until(clock_to_ticks(due) - 10u);
	assert_int_equal(state_of(sleeper), THREAD_SLEEPING);
	pass_until(clock_to_ticks(due));
	assert_int_not_equal(state_of(sleeper), THREAD_SLEEPING);
	assert_int_equal(wall_clock_read().unix_ns, 1u + clock_now() - (due - 1000000u));
	assert_int_equal(wall_clock_read().source, CLOCK_SOURCE_HAND);
}

static void only_who_may_sets_it(void **state)
{
	handle_t clock = make_singleton(thread, OBJECT_CLOCK);
	handle_t weak, other = make_notification(thread);
	(void)state;
	assert_int_equal(SYS(thread, cap_mint, clock, RIGHTS_ALL & ~(uint32_t)RIGHT_MANAGE, 0), STATUS_OK);
	weak = thread->regs.arg[1];
	assert_int_equal(SYS(thread, clock_set, weak, MOMENT, CLOCK_SOURCE_HAND), STATUS_DENIED);
	assert_int_equal(thread->regs.arg[1], RIGHT_MANAGE);
	assert_int_equal(SYS(thread, clock_set, other, MOMENT, CLOCK_SOURCE_HAND), STATUS_WRONG_TYPE);
	assert_int_equal(SYS(thread, clock_set, HANDLE_NONE, MOMENT, CLOCK_SOURCE_HAND), STATUS_BAD_HANDLE);
	assert_int_equal(wall_clock_read().source, CLOCK_SOURCE_NONE);
}

static void nonsense_is_refused(void **state)
{
	handle_t clock = make_singleton(thread, OBJECT_CLOCK);
	(void)state;
	assert_int_equal(SYS(thread, clock_set, clock, 0, CLOCK_SOURCE_HAND), STATUS_INVALID);
	assert_int_equal(SYS(thread, clock_set, clock, (uint64_t)CLOCK_UNIX_MAX_NS + 1u, CLOCK_SOURCE_HAND), STATUS_INVALID);
	assert_int_equal(SYS(thread, clock_set, clock, MOMENT, CLOCK_SOURCE_NONE), STATUS_INVALID);
	assert_int_equal(SYS(thread, clock_set, clock, MOMENT, CLOCK_SOURCE_COUNT), STATUS_INVALID);
	assert_int_equal(SYS(thread, clock_set, clock, MOMENT, UINT64_MAX), STATUS_INVALID);
	assert_int_equal(wall_clock_read().source, CLOCK_SOURCE_NONE);
	assert_int_equal(SYS(thread, clock_set, clock, CLOCK_UNIX_MAX_NS, CLOCK_SOURCE_HAND), STATUS_OK);
}

/* ---- readers while it is set: on the host's own CPUs, for the simulation's do not part between two stores ---- */

#define SEEN 1000000u       /* readings of each setting, at least: both were at work at the same time */
#define STEPS_MAX 20000000u /* on a crowded machine they may not be */

static bool done; /* [a] */
static uint64_t torn;
static uint64_t seen[2];

static void *read_on(void *argument)
{
	(void)argument;
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		struct wall_clock_reading reading = wall_clock_read();
		bool rtc = reading.source == CLOCK_SOURCE_RTC;
		torn += reading.unix_ns != (rtc ? MOMENT : 1000u);
		__atomic_fetch_add(&seen[rtc], 1u, __ATOMIC_RELAXED);
	}
	return NULL;
}

static bool seen_enough(void)
{
	return __atomic_load_n(&seen[0], __ATOMIC_RELAXED) >= SEEN && __atomic_load_n(&seen[1], __ATOMIC_RELAXED) >= SEEN;
}

static void never_torn(void **state)
{
	pthread_t reader;
	(void)state;
	done = false;
	torn = seen[0] = seen[1] = 0;
	(void)wall_clock_set(MOMENT, CLOCK_SOURCE_RTC);
	assert_int_equal(pthread_create(&reader, NULL, read_on, NULL), 0);
	for (uint32_t i = 0; i < STEPS_MAX && !seen_enough(); i++) {
		(void)wall_clock_set(1000u, CLOCK_SOURCE_HAND);
		struct wall_clock_reading before = wall_clock_set(MOMENT, CLOCK_SOURCE_RTC);
		assert_int_equal(before.source, CLOCK_SOURCE_HAND);
		assert_int_equal(before.unix_ns, 1000u);
	}
	__atomic_store_n(&done, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(reader, NULL), 0);
	assert_int_equal(torn, 0);
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(not_set_at_first), T(follows_the_monotonic_clock), T(a_step_moves_no_deadline),
          T(only_who_may_sets_it), T(nonsense_is_refused), T(never_torn))
