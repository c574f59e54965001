/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which thread runs where. The queues are in run_queue.c; blocking and waking
 * belong to the objects (endpoint.c, notification.c, timer.c).
 *
 * A wake-up is never lost between a CPU that goes idle and one that queues
 * work for it: each writes its own word first (the queue; the idle mark) and
 * then reads the other's, with a full barrier between.
 */
#include "run_queue_priv.h"
#include <kernel/budget.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/timer.h>
#include <kernel/trace.h>

#define IDLE_REAP 256u

uint64_t cpus_online;
static uint64_t cpus_idle; /* [a] bit per CPU that halts or is about to */

CC_BOOT void sched_init(void)
{
	for (uint32_t cpu = 0; cpu < CPU_MAX; cpu++) {
		cpu_table[cpu].queue = &run_queue_table[cpu];
		for (uint32_t priority = 0; priority < PRIORITY_COUNT; priority++) {
			run_queue_table[cpu].head[priority] = NONE;
			run_queue_table[cpu].tail[priority] = NONE;
		}
	}
}

void sched_cpu_online(struct cpu *cpu)
{
	cpu->online_at = arch_time_now();
	cpu->switched_at = cpu->online_at;
	__atomic_store_n(&cpu->online, 1u, __ATOMIC_RELEASE);
	__atomic_fetch_or(&cpus_online, 1ull << cpu->index, __ATOMIC_SEQ_CST);
}

static uint32_t lowest_cpu(uint64_t mask)
{
	return (uint32_t)__builtin_ctzll(mask);
}

static CC_NOINLINE uint32_t choose_cpu(const struct thread *thread)
{
	uint64_t allowed = thread->affinity & __atomic_load_n(&cpus_online, __ATOMIC_RELAXED);
	uint64_t idle = allowed & __atomic_load_n(&cpus_idle, __ATOMIC_RELAXED);
	if (allowed == 0)
		return lowest_cpu(cpus_online);
	bool home = allowed >> thread->cpu & 1u;
	if (idle != 0 && !(home && idle >> thread->cpu & 1u))
		return lowest_cpu(idle);
	return home ? thread->cpu : lowest_cpu(allowed);
}

/* After something was queued for a CPU: make it look, if that changes what it should do. */
static void sched_poke(uint32_t target, uint32_t priority)
{
	struct cpu *self = arch_cpu_self();
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	uint32_t running = __atomic_load_n(&run_queue_table[target].running, __ATOMIC_RELAXED);
	if (priority + 1u < running)
		return;
	if (target == self->index) {
		if (priority + 1u > running)
			self->reschedule = true;
		else
			timer_rearm(self); /* an equal: the slice counts from now on */
		return;
	}
	__atomic_fetch_or(&cpu_table[target].ipi_pending, IPI_RESCHEDULE, __ATOMIC_SEQ_CST);
	arch_ipi_send(target);
}

void sched_ready(struct thread *thread)
{
	uint32_t cpu = choose_cpu(thread);
	struct run_queue *queue = &run_queue_table[cpu];
	TRACE_EVENT(TRACE_WAKE, thread_slot(thread), cpu);
	lock_acquire(&queue->lock, LOCK_QUEUE);
	uint32_t priority = thread->priority;
	__atomic_store_n(&thread->wait, WAIT_WITH(thread->wait, THREAD_READY), __ATOMIC_RELEASE);
	run_queue_append(queue, cpu, thread);
	lock_release(&queue->lock, LOCK_QUEUE);
	sched_poke(cpu, priority);
}

void sched_put_back(struct cpu *cpu, struct thread *from)
{
	struct run_queue *queue = &run_queue_table[cpu->index];
	sched_leave(cpu, from);
	bool allowed = from->affinity >> cpu->index & 1u;
	if (!allowed) {
		sched_ready(from);
		return;
	}
	lock_acquire(&queue->lock, LOCK_QUEUE);
	__atomic_store_n(&from->wait, WAIT_WITH(from->wait, THREAD_READY), __ATOMIC_RELEASE);
	if (arch_time_now() >= cpu->slice_end)
		run_queue_append(queue, cpu->index, from);
	else
		run_queue_prepend(queue, cpu->index, from);
	lock_release(&queue->lock, LOCK_QUEUE);
}

CC_COLD bool sched_withdraw(struct thread *thread)
{
	for (uint32_t attempt = 0; attempt < CPU_MAX; attempt++) {
		uint32_t cpu = __atomic_load_n(&thread->queue_cpu, __ATOMIC_ACQUIRE);
		if (cpu == CPU_NONE)
			return false;
		struct run_queue *queue = &run_queue_table[cpu];
		lock_acquire(&queue->lock, LOCK_QUEUE);
		bool there = thread->queue_cpu == cpu;
		if (there)
			run_queue_remove(queue, thread);
		lock_release(&queue->lock, LOCK_QUEUE);
		if (there)
			return true;
	}
	return false;
}

static struct thread *take_own(struct cpu *cpu)
{
	struct run_queue *queue = &run_queue_table[cpu->index];
	if (__atomic_load_n(&queue->ready_mask, __ATOMIC_RELAXED) == 0)
		return NULL;
	lock_acquire(&queue->lock, LOCK_QUEUE);
	struct thread *thread = run_queue_highest(queue);
	if (thread != NULL)
		run_queue_remove(queue, thread);
	lock_release(&queue->lock, LOCK_QUEUE);
	return thread;
}

static struct thread *steal_from(struct cpu *cpu, uint32_t victim)
{
	struct run_queue *queue = &run_queue_table[victim];
	if (victim == cpu->index || __atomic_load_n(&queue->ready_mask, __ATOMIC_RELAXED) == 0)
		return NULL;
	lock_acquire(&queue->lock, LOCK_QUEUE);
	struct thread *thread = run_queue_movable(queue, cpu->index);
	if (thread != NULL)
		run_queue_remove(queue, thread);
	lock_release(&queue->lock, LOCK_QUEUE);
	if (thread != NULL) {
		cpu->steals++;
		TRACE_EVENT(TRACE_STEAL, thread_slot(thread), victim);
	}
	return thread;
}

static struct thread *take_any(struct cpu *cpu)
{
	struct thread *thread = take_own(cpu);
	for (uint32_t step = 1; thread == NULL && step < cpu_count; step++)
		thread = steal_from(cpu, (cpu->index + step) % cpu_count);
	return thread;
}

/* Halt until something may have changed. The kernel's own page tables are active meanwhile, so an idle
 * CPU never holds the tables of a process that ends. */
static void idle_once(struct cpu *cpu)
{
	struct run_queue *queue = &run_queue_table[cpu->index];
	if (memory_reap_some(IDLE_REAP))
		return; /* what is left of large objects is taken apart when there is nothing better to do */
	aspace_activate(NULL);
	__atomic_store_n(&queue->running, 0u, __ATOMIC_RELAXED);
	__atomic_fetch_or(&cpus_idle, 1ull << cpu->index, __ATOMIC_SEQ_CST);
	timer_rearm(cpu);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&queue->ready_mask, __ATOMIC_RELAXED) == 0)
		arch_idle();
	__atomic_fetch_and(&cpus_idle, ~(1ull << cpu->index), __ATOMIC_SEQ_CST);
	uint64_t now = arch_time_now();
	cpu->idle_ticks += now - cpu->switched_at;
	cpu->switched_at = now;
}

/* A ready thread of a dying process: the main one takes the process apart, the others just end. */
static void reap(struct cpu *cpu, struct thread *thread)
{
	aspace_activate(NULL);
	cpu->arch.current = NULL;
	if (process_of(thread->process)->main_thread != thread_slot(thread)) {
		thread_finish(thread);
	} else if (!process_reap_step(thread)) {
		sched_ready(thread);
	}
	arch_irq_poll();
}

/* Make a RUNNING thread current. */
static void enter(struct cpu *cpu, struct thread *to)
{
	__atomic_store_n(&cpu->queue->running, to->priority + 1u, __ATOMIC_RELAXED);
	cpu->arch.current = to;
	cpu->switches++;
	if (cpu->active_process != to->process)
		aspace_activate(&to->owner->aspace);
	arch_thread_switch(to->page_user);
	arch_fpu_enter(cpu, &to->fpu);
}

CC_COLD struct thread *sched_hand_over_slow(struct cpu *cpu, struct thread *from, struct thread *to)
{
	sched_check_dying(from);
	bool limited = budget_limits(to->owner);
	if (to->owner->state != PROCESS_RUNNING || (limited && !budget_admit(cpu, to))) {
		sched_ready(to);
		return sched_next(cpu);
	}
	enter(cpu, to);
	if (limited)
		timer_rearm(cpu);
	return to;
}

/* A new slice, for a thread that was taken out of a queue. False: its process has no time left, it goes back. */
static bool slice_begin(struct cpu *cpu, struct thread *thread)
{
	cpu->slice_end = arch_time_now() + clock_to_ticks(SLICE_NS);
	return !budget_limits(thread->owner) || budget_admit(cpu, thread);
}

struct thread *sched_next(struct cpu *cpu)
{
	cpu->arch.current = NULL;
	struct thread *thread;
	for (;;) {
		cpu->reschedule = false;
		thread = take_any(cpu);
		if (thread == NULL)
			idle_once(cpu);
		else if (__atomic_load_n(&process_of(thread->process)->state, __ATOMIC_ACQUIRE) !=
		         PROCESS_RUNNING)
			reap(cpu, thread);
		else if (slice_begin(cpu, thread))
			break;
		else
			sched_ready(thread);
	}
	sched_claim_here(cpu, thread, thread->wait);
	enter(cpu, thread);
	TRACE_EVENT(TRACE_SWITCH, thread_slot(thread), 0);
	timer_rearm(cpu);
	return thread;
}

struct thread *sched_give_way(struct cpu *cpu, struct thread *from, struct thread *to)
{
	if (to->priority <= from->priority || cpu->queue->ready_mask >> to->priority != 0 || choose_cpu(to) != cpu->index) {
		sched_ready(to);
		return trap_return(from);
	}
	TRACE_EVENT(TRACE_WAKE, thread_slot(to), cpu->index);
	sched_put_back(cpu, from);
	cpu->slice_end = arch_time_now() + clock_to_ticks(SLICE_NS);
	sched_claim_here(cpu, to, to->wait);
	return sched_hand_over(cpu, from, to);
}

/* The thread that runs on a CPU has another priority now: it may have to give way. */
static void running_changed(struct cpu *cpu, uint8_t priority)
{
	__atomic_store_n(&cpu->queue->running, priority + 1u, __ATOMIC_RELAXED);
	if (cpu->queue->ready_mask >> priority <= 1u)
		return;
	if (cpu == arch_cpu_self())
		cpu->reschedule = true;
	else
		sched_poke(cpu->index, PRIORITY_MAX);
}

CC_COLD void sched_set_priority(struct thread *thread, uint8_t priority)
{
	uint32_t queued_on = __atomic_load_n(&thread->queue_cpu, __ATOMIC_ACQUIRE);
	uint32_t cpu = queued_on == CPU_NONE ? thread->cpu : queued_on;
	struct run_queue *queue = &run_queue_table[cpu];
	lock_acquire(&queue->lock, LOCK_QUEUE);
	bool queued = thread->queue_cpu == cpu;
	if (queued)
		run_queue_remove(queue, thread);
	thread->priority = priority;
	if (queued)
		run_queue_append(queue, cpu, thread);
	lock_release(&queue->lock, LOCK_QUEUE);
	if (queued)
		sched_poke(cpu, priority);
	else if (cpu_table[cpu].arch.current == thread)
		running_changed(&cpu_table[cpu], priority);
}

/* The thread whose reply the given one waits for, or NULL. */
static struct thread *server_of(const struct thread *thread)
{
	uint32_t server = thread->reply_server;
	if (WAIT_STATE(thread->wait) != THREAD_REPLYING || server >= THREAD_MAX)
		return NULL;
	return &thread_table[server];
}

CC_COLD void sched_raise(struct thread *thread, uint8_t priority)
{
	for (uint32_t link = 0; link < 8u && thread != NULL && thread->priority < priority; link++) {
		sched_set_priority(thread, priority);
		thread = server_of(thread);
	}
}

uint64_t sched_slice_deadline(const struct cpu *cpu)
{
	const struct thread *current = cpu->arch.current;
	const struct run_queue *queue = &run_queue_table[cpu->index];
	if (current == NULL || (queue->ready_mask >> current->priority == 0 && !budget_limits(current->owner)))
		return UINT64_MAX;
	return cpu->slice_end;
}

CC_COLD bool sched_valid(void)
{
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++)
		if (!run_queue_valid(&run_queue_table[cpu], cpu))
			return false;
	return true;
}
