/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The scheduler: who runs next, for how long and on which CPU; whose priority a
 * server has, and until when.
 */
#include "harness.h"

#define SEND_RIGHTS (RIGHT_SEND | RIGHT_GRANT)

static struct thread *a;

static int setup(void **state)
{
	(void)state;
	harness_start(1);
	a = make_process(16);
	return 0;
}

static int setup_4(void **state)
{
	(void)state;
	harness_start(4);
	a = make_process(16);
	return 0;
}

/* ---- one CPU ---- */

static void higher_runs_first(void **state)
{
	(void)state;
	static const uint8_t priority[] = {3, 31, 8, 24, 16, 1};
	struct thread *thread[6];
	for (uint32_t i = 0; i < 6; i++)
		thread[i] = make_thread(a, priority[i]);
	static const uint32_t expected[] = {1, 3};
	struct thread *next = reschedule();
	for (uint32_t i = 0; i < 2; i++) {
		assert_ptr_equal(next, thread[expected[i]]);
		assert_int_equal(SYS(next, thread_sleep, DEADLINE_NEVER), BLOCKED);
		next = current_thread();
	}
	/* 16 twice: in the order they became ready. */
	assert_ptr_equal(next, a);
	assert_int_equal(SYS(a, thread_sleep, DEADLINE_NEVER), BLOCKED);
	static const uint32_t rest[] = {4, 2, 0, 5};
	for (uint32_t i = 0; i < 4; i++) {
		assert_ptr_equal(current_thread(), thread[rest[i]]);
		assert_int_equal(SYS(thread[rest[i]], thread_sleep, DEADLINE_NEVER), BLOCKED);
	}
	assert_ptr_equal(current_thread(), harness_idlers[0]);
}

static void waking_preempts(void **state)
{
	(void)state;
	handle_t wait = make_notification(a);
	struct thread *high = make_thread(a, 20);
	struct thread *low = make_thread(a, 10);
	assert_int_equal(SYS(high, notification_wait, wait, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(low, notification_signal, wait, 1), STATUS_OK);
	assert_ptr_equal(current_thread(), high); /* at once */
	assert_int_equal(SYS(high, notification_wait, wait, DEADLINE_NEVER), BLOCKED);
	assert_ptr_equal(current_thread(), a);
	/* The one that was preempted is still before its equals, for its slice is not over. */
	struct thread *equal = make_thread(a, 16);
	run(a);
	assert_int_equal(SYS(a, notification_signal, wait, 1), STATUS_OK);
	assert_ptr_equal(current_thread(), high);
	assert_int_equal(SYS(high, thread_sleep, DEADLINE_NEVER), BLOCKED);
	assert_ptr_equal(current_thread(), a);
	assert_int_equal(state_of(equal), THREAD_READY);
}

/* A signal hands the CPU over itself: with a slice of its own, no deadline left behind, and by recv as by wait. */
static void signal_gives_way(void **state)
{
	(void)state;
	handle_t wait = make_notification(a);
	handle_t endpoint = make_endpoint(a, 0);
	struct thread *high = make_thread(a, 20);
	struct thread *low = make_thread(a, 10);
	assert_int_equal(SYS(high, notification_wait, wait, host_ticks + 500), BLOCKED);
	run(low);
	host_cpu->slice_end = host_ticks - 1;
	assert_int_equal(SYS(low, notification_signal, wait, 6), STATUS_OK);
	assert_ptr_equal(current_thread(), high);
	assert_int_equal(high->regs.arg[1], 6);
	assert_int_equal(high->timer.cpu, CPU_NONE);
	assert_true(host_cpu->slice_end > host_ticks + SLICE_NS / 2);
	assert_int_equal(state_of(low), THREAD_READY);
	assert_int_equal(low->queue_cpu, 0);
	assert_int_equal(SYS(high, notification_bind, wait, endpoint), STATUS_OK);
	assert_int_equal(SYS(high, recv, endpoint, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(low, notification_signal, wait, 1), STATUS_OK);
	assert_ptr_equal(current_thread(), high);
	assert_int_equal(high->regs.arg[6], 1);
}

/* Not past an equal that was ready before, and not to an equal of the signaller. */
static void signal_keeps_order(void **state)
{
	(void)state;
	handle_t wait = make_notification(a);
	struct thread *high = make_thread(a, 20);
	struct thread *low = make_thread(a, 10);
	assert_int_equal(SYS(high, notification_wait, wait, DEADLINE_NEVER), BLOCKED);
	struct thread *before = make_thread(a, 20);
	assert_int_equal(SYS(low, notification_signal, wait, 1), STATUS_OK);
	assert_ptr_equal(current_thread(), before);
	assert_int_equal(SYS(before, notification_wait, wait, DEADLINE_NEVER), BLOCKED);
	assert_ptr_equal(current_thread(), high);
	assert_int_equal(SYS(high, notification_signal, wait, 1), STATUS_OK);
	assert_ptr_equal(current_thread(), high);
	assert_int_equal(state_of(before), THREAD_READY);
}

/* Not to a thread that belongs elsewhere; and who signals leaves a CPU that it may not use any more. */
static void signal_keeps_cpus(void **state)
{
	(void)state;
	handle_t wait = make_notification(a);
	struct thread *high = make_thread(a, 20);
	struct thread *low = make_thread(a, 10);
	assert_int_equal(SYS(high, notification_wait, wait, DEADLINE_NEVER), BLOCKED);
	high->affinity = 2;
	assert_int_equal(SYS(low, notification_signal, wait, 1), STATUS_OK);
	assert_ptr_equal(current_thread(), low);
	assert_int_equal(high->queue_cpu, 1);
	assert_true(sched_withdraw(high));
	high->affinity = 1;
	sched_ready(high);
	assert_int_equal(SYS(high, notification_wait, wait, DEADLINE_NEVER), BLOCKED);
	run(low);
	low->affinity = 2;
	assert_int_equal(SYS(low, notification_signal, wait, 1), STATUS_OK);
	assert_ptr_equal(current_thread(), high);
	assert_int_equal(low->queue_cpu, 1);
}

static void yield_goes_round(void **state)
{
	(void)state;
	struct thread *b = make_thread(a, 16);
	struct thread *c = make_thread(a, 16);
	make_thread(a, 15);
	run(a);
	struct thread *expected[] = {b, c, a};
	struct thread *now = a;
	for (uint32_t i = 0; i < 9; i++) {
		assert_int_equal(SYS(now, thread_yield), STATUS_OK);
		now = current_thread();
		assert_ptr_equal(now, expected[i % 3]);
	}
	assert_int_equal(SYS(b, thread_sleep, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(c, thread_sleep, DEADLINE_NEVER), BLOCKED);
	run(a);
	assert_int_equal(SYS(a, thread_yield), STATUS_OK);
	assert_ptr_equal(current_thread(), a); /* not to lower ones */
}

static void slice_ends(void **state)
{
	(void)state;
	struct thread *b = make_thread(a, 16);
	assert_int_equal(SYS(b, thread_sleep, host_ticks + 100), BLOCKED);
	run(a);
	assert_int_equal(sched_slice_deadline(host_cpu), UINT64_MAX); /* nobody else wants this CPU */
	uint64_t begin = host_ticks;
	pass_until(begin + 200);
	assert_ptr_equal(current_thread(), a);
	assert_int_equal(state_of(b), THREAD_READY);
	assert_int_equal(host_cpu->arch.timer_ticks, host_cpu->slice_end);
	assert_true(host_cpu->slice_end <= begin + SLICE_NS + 2);
	pass_until(host_cpu->slice_end - 1);
	assert_ptr_equal(current_thread(), a);
	pass_until(host_cpu->slice_end);
	assert_ptr_equal(current_thread(), b);
	uint64_t second = host_cpu->slice_end;
	assert_true(second >= host_ticks + SLICE_NS);
	pass_until(second);
	assert_ptr_equal(current_thread(), a); /* it was put at the end, not lost */
}

/* The slice belongs to the CPU: a call does not begin a new one. */
static void slice_goes_with_a_call(void **state)
{
	(void)state;
	struct thread *server = make_process(16);
	handle_t receive = make_endpoint(server, 0);
	handle_t sends = share(server, receive, a, SEND_RIGHTS, 0);
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NEVER), BLOCKED);
	run(a);
	uint64_t end = host_cpu->slice_end;
	host_ticks += SLICE_NS / 2;
	assert_int_equal(SYS(a, call, sends, 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_ptr_equal(current_thread(), server);
	assert_int_equal(host_cpu->slice_end, end);
}

static void no_hand_off_past_a_better_one(void **state)
{
	(void)state;
	struct thread *server = make_process(10);
	struct thread *caller = make_process(12);
	handle_t receive = make_endpoint(server, 0);
	handle_t sends = share(server, receive, caller, SEND_RIGHTS, 0);
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NEVER), BLOCKED);
	run(caller); /* although `a` is ready at 16 */
	assert_int_equal(SYS(caller, call, sends, 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_ptr_equal(current_thread(), a);
	assert_int_equal(state_of(server), THREAD_READY);
	assert_int_equal(server->priority, 12);
}

static void priority_of_a_ready_thread(void **state)
{
	(void)state;
	handle_t handle;
	assert_int_equal(SYS(a, thread_create, TEXT, USER_STACK_TOP, 0, 5), STATUS_OK);
	handle = a->regs.arg[1];
	struct thread *b = &thread_table[cap_of(a, handle)->object];
	assert_int_equal(SYS(a, thread_control, handle, THREAD_CONTROL_PRIORITY, 25), STATUS_OK);
	assert_ptr_equal(current_thread(), b);
	assert_int_equal(SYS(b, thread_control, 0, THREAD_CONTROL_PRIORITY, 2), STATUS_OK);
	assert_int_equal(b->priority, 2);
	assert_ptr_equal(reschedule(), a);
}

/* The highest ready priority runs: who lowers its own below that of a ready one gives way at once. */
static void lowering_gives_way(void **state)
{
	(void)state;
	struct thread *b = make_thread(a, 25);
	run(b);
	assert_int_equal(SYS(b, thread_control, 0, THREAD_CONTROL_PRIORITY, 2), STATUS_OK);
	assert_ptr_equal(current_thread(), a);
}

/* ---- inheritance ---- */

static void server_has_its_callers_priority(void **state)
{
	(void)state;
	struct thread *server = make_process(8);
	handle_t receive = make_endpoint(server, 0);
	handle_t sends = share(server, receive, a, SEND_RIGHTS, 0);
	struct thread *high = make_thread(a, 28);
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(a, call, sends, 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(server->priority, 16);
	handle_t reply = server->regs.arg[7];
	/* One that waits in line raises it further. */
	assert_int_equal(SYS(high, call, sends, 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(server->priority, 28);
	assert_int_equal(server->base_priority, 8);
	assert_ptr_equal(current_thread(), server);
	assert_int_equal(SYS(server, reply, reply, 0), STATUS_OK);
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NOW), STATUS_OK);
	assert_int_equal(server->priority, 28);
	assert_int_equal(SYS(server, reply, server->regs.arg[7], 0), STATUS_OK);
	assert_int_equal(server->priority, 8);
	assert_int_equal(outcome(high), STATUS_OK);
	assert_ptr_equal(current_thread(), high);
}

static void low_caller_does_not_lower(void **state)
{
	(void)state;
	struct thread *server = make_process(24);
	struct thread *low = make_process(4);
	handle_t receive = make_endpoint(server, 0);
	handle_t sends = share(server, receive, low, SEND_RIGHTS, 0);
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(low, call, sends, 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(server->priority, 24);
	assert_int_equal(SYS(server, reply_recv, receive, 0, 0, 0, 0, 0, DEADLINE_NEVER, server->regs.arg[7]), BLOCKED);
	assert_int_equal(server->priority, 24);
	assert_int_equal(low->priority, 4);
}

/* a -> s1 -> s2 -> s3: who calls s1 late lends to all of them. */
static void chain(void **state)
{
	(void)state;
	struct thread *server[4];
	handle_t receive[4];
	handle_t next[4];
	handle_t reply[4];
	for (uint32_t i = 0; i < 4; i++) {
		server[i] = make_process(4);
		receive[i] = make_endpoint(server[i], 0);
	}
	for (uint32_t i = 0; i < 3; i++)
		next[i] = share(server[i + 1], receive[i + 1], server[i], SEND_RIGHTS, 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(SYS(server[i], recv, receive[i], DEADLINE_NEVER), BLOCKED);
	struct thread *low = make_process(6);
	handle_t low_sends = share(server[0], receive[0], low, SEND_RIGHTS, 0);
	handle_t sends = share(server[0], receive[0], a, SEND_RIGHTS, 0);
	assert_int_equal(SYS(low, call, low_sends, 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(SYS(server[i], call, next[i], 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
		reply[i + 1] = server[i + 1]->regs.arg[7];
	}
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(server[i]->priority, 6);
	assert_int_equal(SYS(a, call, sends, 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(server[i]->priority, 16);
	for (uint32_t i = 4; i-- > 1;) {
		assert_int_equal(SYS(server[i], reply, reply[i], 0), STATUS_OK);
		assert_int_equal(server[i]->priority, 4);
	}
	assert_int_equal(server[0]->priority, 16); /* it still has a caller in line */
}

/* ---- several CPUs ---- */

static struct thread *pinned(uint64_t cpus)
{
	struct thread *thread = make_thread(a, 16);
	thread->affinity = cpus;
	return thread;
}

static void woken_where_it_ran(void **state)
{
	(void)state;
	struct thread *b = make_thread(a, 16);
	run(b); /* on CPU 0 */
	assert_int_equal(SYS(b, thread_sleep, host_ticks + 1000), BLOCKED);
	assert_int_equal(SYS(a, thread_sleep, DEADLINE_NEVER), BLOCKED);
	pass_until(host_ticks + 2000);
	assert_ptr_equal(current_thread(), b);
	for (uint32_t cpu = 1; cpu < 4; cpu++)
		assert_false(cpu_table[cpu].arch.ipi);
}

static void affinity_moves(void **state)
{
	(void)state;
	assert_int_equal(SYS(a, thread_control, 0, THREAD_CONTROL_AFFINITY, 1u << 2), STATUS_OK);
	assert_ptr_not_equal(current_thread(), a);
	assert_int_equal(a->queue_cpu, 2);
	assert_true(cpu_table[2].arch.ipi);
	on_cpu(2);
	host_cpu->arch.ipi = false;
	trap_ipi();
	assert_ptr_equal(trap_return(current_thread()), a);
	assert_int_equal(a->cpu, 2);
	assert_int_equal(SYS(a, thread_control, 0, THREAD_CONTROL_AFFINITY, 1u << 9), STATUS_INVALID);
	assert_int_equal(SYS(a, thread_control, 0, THREAD_CONTROL_AFFINITY, UINT64_MAX), STATUS_OK);
	assert_ptr_equal(current_thread(), a);
}

static void woken_within_its_affinity(void **state)
{
	(void)state;
	struct thread *b = pinned(UINT64_MAX);
	handle_t wait = make_notification(a);
	assert_int_equal(SYS(b, notification_wait, wait, DEADLINE_NEVER), BLOCKED);
	b->affinity = 1u << 3;
	assert_int_equal(SYS(a, notification_signal, wait, 1), STATUS_OK);
	assert_int_equal(b->queue_cpu, 3);
	assert_int_equal(cpu_table[3].ipi_pending, IPI_RESCHEDULE);
	assert_true(cpu_table[3].arch.ipi);
	assert_false(cpu_table[1].arch.ipi);
}

/* A CPU with nothing of its own takes from another, but not what is tied there. */
static void steal(void **state)
{
	(void)state;
	struct thread *tied = pinned(1);
	struct thread *free = make_thread(a, 12);
	run(a);
	assert_int_equal(tied->queue_cpu, 0);
	assert_int_equal(free->queue_cpu, 0);
	on_cpu(1);
	assert_true(sched_withdraw(harness_idlers[1]) == false); /* it runs */
	uint64_t steals = host_cpu->steals;
	struct thread *idler = current_thread();
	sched_leave(host_cpu, idler);
	idler->wait = WAIT_NEXT(idler->wait, THREAD_SLEEPING);
	assert_ptr_equal(sched_next(host_cpu), free);
	assert_int_equal(free->cpu, 1);
	assert_int_equal(host_cpu->steals, steals + 1);
	assert_int_equal(tied->queue_cpu, 0);
	assert_true(sched_valid());
}

/* Two CPUs idle in the kernel's own loop: work goes to one that idles, and an IPI with it. */
static void idle_cpu_is_preferred(void **state)
{
	(void)state;
	run(a);
	struct thread *server = make_process(16);
	server->affinity = 1;
	handle_t receive = make_endpoint(server, 0);
	handle_t sends = share(server, receive, a, SEND_RIGHTS, 0);
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NEVER), BLOCKED);
	server->affinity = 1u << 1;
	/* It may not run here: no hand-off, but a wake-up over there. */
	assert_int_equal(SYS(a, call, sends, 8, 9, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(server->queue_cpu, 1);
	assert_ptr_equal(current_thread(), harness_idlers[0]);
	on_cpu(1);
	trap_ipi();
	assert_ptr_equal(trap_return(current_thread()), server);
	assert_int_equal(server->regs.arg[2], 9);
	/* The reply pulls the caller over, for it may run anywhere. */
	assert_int_equal(SYS(server, reply_recv, receive, 0, 0, 0, 0, 0, DEADLINE_NEVER, server->regs.arg[7]), BLOCKED);
	assert_ptr_equal(current_thread(), a);
	assert_int_equal(a->cpu, 1);
}

/* A process one of whose threads runs on another CPU ends only after that thread has stopped there. */
static void killed_while_running_elsewhere(void **state)
{
	(void)state;
	struct inventory before;
	struct thread *victim = make_process(16);
	before = take_inventory();
	struct thread *there = make_thread(victim, 16);
	on_cpu(1);
	run(there);
	on_cpu(0);
	process_end(victim->process, 5, true, NULL);
	reschedule();
	for (uint32_t i = 0; i < 10; i++) {
		run(a);
		assert_ptr_equal(cpu_table[1].arch.current, there);
		assert_int_equal(process_of(victim->process)->state, PROCESS_DYING);
		if (cpu_table[1].arch.ipi)
			break;
		assert_int_equal(SYS(a, thread_yield), STATUS_OK);
	}
	assert_true(cpu_table[1].arch.ipi);
	on_cpu(1);
	host_cpu->arch.ipi = false;
	trap_ipi();
	assert_ptr_equal(trap_return(there), harness_idlers[1]);
	on_cpu(0);
	settle();
	assert_int_equal(object_tables[OBJECT_PROCESS].used, before.used[OBJECT_PROCESS] - 1);
	assert_int_equal(object_tables[OBJECT_THREAD].used, before.used[OBJECT_THREAD] - 1);
	harness_check();
}

#define T(name) cmocka_unit_test_setup(name, setup)
#define T4(name) cmocka_unit_test_setup(name, setup_4)
TEST_MAIN(T(higher_runs_first), T(waking_preempts), T(signal_gives_way), T(signal_keeps_order),
          T4(signal_keeps_cpus), T(yield_goes_round), T(slice_ends), T(slice_goes_with_a_call),
          T(no_hand_off_past_a_better_one), T(priority_of_a_ready_thread), T(lowering_gives_way),
          T(server_has_its_callers_priority), T(low_caller_does_not_lower), T(chain), T4(woken_where_it_ran), T4(affinity_moves),
          T4(woken_within_its_affinity), T4(steal), T4(idle_cpu_is_preferred), T4(killed_while_running_elsewhere))
