/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Signals, switches between threads, and the way of an interrupt to a thread. */
#include "bench.h"
#include <os/print.h>
#include <os/thread.h>

#define ROUNDS         2000u
#define TIMER_ROUNDS   100u
#define TIMER_GRAIN_NS 400u /* a whole number of ticks of every clock we know */

static void signal_nobody(void)
{
	handle_t notification;
	uint64_t least;

	must(sys_notification_create(&notification));
	MEASURE(ROUNDS, least, must(sys_notification_signal(notification, 1)));
	measure_report("signal_nobody", least, 1);
	must(sys_cap_drop(notification));
}

/* To a process of higher priority, which runs at once: until it does. */
static void signal_waiter(void)
{
	handle_t notification, memory;
	struct shared *shared = shared_make(&memory);
	struct bench_child child;
	uint64_t least = UINT64_MAX;

	must(sys_notification_create(&notification));
	const struct bench_grant grants[] = {
		{"notification", notification, RIGHT_WAIT},
		{"shared", memory, RIGHT_READ | RIGHT_WRITE},
	};
	child_start(image_get("bench"), "wait", PRIORITY_NORMAL + 2u, grants, 2, &child);
	time_sleep(2u * NS_PER_MS);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t from = arch_counter();
		must(sys_notification_signal(notification, 1));
		uint64_t ticks = shared->at - from;
		if (i > 10)
			least = ticks < least ? ticks : least;
	}
	measure_report("signal_waiter", least, 1);
	must(sys_notification_signal(notification, 2));
	child_wait(&child);
	must(sys_cap_drop(notification));
	must(sys_cap_drop(memory));
}

static bool stop;

static uint64_t give_way(void *argument)
{
	(void)argument;
	must(sys_thread_control(HANDLE_NONE, THREAD_CONTROL_AFFINITY, 1));
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		must(sys_thread_yield());
	return 0;
}

/* Two threads that give way to each other: one round is two switches. */
static void thread_switch(void)
{
	struct thread *other;
	uint64_t least;

	must(thread_run(give_way, NULL, NULL, &other));
	time_sleep(2u * NS_PER_MS);
	MEASURE(ROUNDS, least, must(sys_thread_yield()));
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	measure_report("thread_switch", least, 2);
	thread_join(other, NULL);
}

/* By how much a thread is late that waits for a point of time; the CPU is idle until then. */
static void timer_to_user(void)
{
	handle_t notification;
	uint64_t bits, late_ns = 0;

	must(sys_notification_create(&notification));
	for (uint32_t i = 0; i < TIMER_ROUNDS; i++) {
		deadline_t deadline = (time_after(200u * NS_PER_US) / TIMER_GRAIN_NS + 1u) * TIMER_GRAIN_NS;

		must(sys_notification_timer(notification, deadline, 1));
		must(sys_notification_wait(notification, DEADLINE_NEVER, &bits));
		late_ns += time_now() - deadline;
	}
	print("bench timer_to_user %llu ns\n", (unsigned long long)(late_ns / TIMER_ROUNDS));
	must(sys_cap_drop(notification));
}

void bench_signals(void)
{
	signal_nobody();
	signal_waiter();
	thread_switch();
	timer_to_user();
}
