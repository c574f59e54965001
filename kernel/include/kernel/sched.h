/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Scheduler: one run queue of 32 priorities per CPU, FIFO within a priority,
 * tickless. A blocked thread is in no queue; the running one neither. The
 * highest ready priority of a CPU runs there; an idle CPU takes work from the
 * others before it halts.
 *
 * A thread leaves the CPU in this order, so that whoever wakes it finds it
 * whole: sched_leave (FPU state and time are put away), then its new `wait` is
 * published, then sched_next or sched_hand_over picks the successor.
 */
#pragma once
#include <kernel/process.h>
#include <kernel/thread.h>

#define SLICE_NS 10000000ull

struct run_queue {
	struct lock lock;               /* q: LOCK_QUEUE */
	uint32_t ready_mask;            /* [q] bit per priority with a ready thread; read by anyone */
	uint32_t count;                 /* [q] */
	uint32_t head[PRIORITY_COUNT];  /* [q] */
	uint32_t tail[PRIORITY_COUNT];
	uint32_t running;               /* [a] 1 + priority of the running thread, 0 while idle */
};
extern struct run_queue run_queue_table[CPU_MAX];
extern uint64_t cpus_online; /* [a] bit per CPU */

void sched_init(void);
/* The calling CPU takes part from now on. */
void sched_cpu_online(struct cpu *cpu);
/* Before a thread is published as blocked or ready: put its FPU state and run time away. */
CC_INLINE void sched_leave(struct cpu *cpu, struct thread *from);
/* Put a claimed thread on a run queue: its last CPU if that is idle, else an idle one it may use, else its
 * last; wakes or preempts that CPU as needed. */
void sched_ready(struct thread *thread);
/* Put the running thread back; it goes to the end of its priority if its slice is over. */
void sched_put_back(struct cpu *cpu, struct thread *from);
/* The next thread of this CPU, made current; idles until there is one. Dying processes are reaped on the way. */
struct thread *sched_next(struct cpu *cpu);
/* The running time alone; for a thread whose FPU state this CPU does not hold. */
CC_INLINE void sched_account(struct cpu *cpu, struct thread *from);
/* After the published thread `from`: was its process killed meanwhile? Then nobody else may ever wake it. */
CC_INLINE void sched_check_dying(struct thread *from);
/* Take a ready thread out of its queue; false if it is in none. */
CC_NODISCARD bool sched_withdraw(struct thread *thread);
/* May a thread run here right away with this priority, before anything that is ready on this CPU? */
CC_INLINE bool sched_may_run_here(const struct cpu *cpu, const struct thread *thread, uint32_t priority);
/* A thread whose claim the caller has just won is to run here: its wait word becomes RUNNING. Who ends its process
 * from now on interrupts this CPU, or is seen by sched_hand_over. */
CC_INLINE void sched_claim_here(const struct cpu *cpu, struct thread *thread, uint64_t wait);
/* From a thread that has been published to one claimed with sched_claim_here, with the rest of the slice; or, where
 * one of their processes is ending, to whichever is next. Returns the thread that runs. */
CC_INLINE struct thread *sched_hand_over(struct cpu *cpu, struct thread *from, struct thread *to);
/* The same, whatever is to be done. */
struct thread *sched_hand_over_slow(struct cpu *cpu, struct thread *from, struct thread *to);
/* A claimed thread is to go on. If it comes before the running one on this CPU, and no other CPU is free for it, it is
 * made current (or, where a process is ending, whichever is next) and the running one put back; else it is made ready.
 * Returns the thread that runs. */
struct thread *sched_give_way(struct cpu *cpu, struct thread *from, struct thread *to);
/* Set the effective priority, in the queue too if it is in one. */
void sched_set_priority(struct thread *thread, uint8_t priority);
/* Raise the effective priority of a thread and of those it waits for (bounded chain). */
void sched_raise(struct thread *thread, uint8_t priority);
/* End of the slice in counter ticks, or UINT64_MAX if nobody else wants this CPU and no budget bounds it. */
uint64_t sched_slice_deadline(const struct cpu *cpu);
bool sched_valid(void);

CC_INLINE void sched_account(struct cpu *cpu, struct thread *from)
{
	uint64_t now = arch_time_now();
	from->cpu_ticks += now - cpu->switched_at;
	cpu->switched_at = now;
}

CC_INLINE void sched_leave(struct cpu *cpu, struct thread *from)
{
	sched_account(cpu, from);
	arch_fpu_leave(cpu, &from->fpu);
}

CC_INLINE void sched_check_dying(struct thread *from)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	uint64_t wait = __atomic_load_n(&from->wait, __ATOMIC_RELAXED);
	if (CC_UNLIKELY(from->owner->state == PROCESS_DYING) && thread_claim(from, wait))
		sched_ready(from);
}

CC_INLINE bool sched_may_run_here(const struct cpu *cpu, const struct thread *thread, uint32_t priority)
{
	return (thread->affinity >> cpu->index & 1u) != 0 &&
	       __atomic_load_n(&cpu->queue->ready_mask, __ATOMIC_RELAXED) >> priority <= 1u;
}

CC_INLINE void sched_claim_here(const struct cpu *cpu, struct thread *thread, uint64_t wait)
{
	thread->cpu = cpu->index;
	__atomic_store_n(&thread->wait, WAIT_WITH(wait, THREAD_RUNNING), __ATOMIC_RELAXED);
}

/* The address space in which this thread's instructions are, on a CPU that has been in it before. */
CC_INLINE void sched_enter_aspace(struct cpu *cpu, const struct aspace *aspace)
{
	/* In this order for who takes the old one apart; see aspace_activate. */
	__atomic_store_n(&cpu->active_process, aspace->process, __ATOMIC_SEQ_CST);
	arch_aspace_enter(aspace->token);
	__atomic_store_n(&cpu->active_root.a, aspace->root.a, __ATOMIC_RELEASE);
}

CC_INLINE struct thread *sched_hand_over(struct cpu *cpu, struct thread *from, struct thread *to)
{
	const struct process *owner = to->owner;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (CC_UNLIKELY(from->owner->state == PROCESS_DYING || owner->state != PROCESS_RUNNING ||
	                owner->budget.ticks != 0 || to->fpu.live || owner->aspace.token == 0 ||
	                (owner->aspace.cpus >> cpu->index & 1u) == 0))
		return sched_hand_over_slow(cpu, from, to);
	__atomic_store_n(&cpu->queue->running, to->priority + 1u, __ATOMIC_RELAXED);
	cpu->arch.current = to;
	cpu->switches++;
	if (CC_LIKELY(cpu->active_process != owner->aspace.process))
		sched_enter_aspace(cpu, &owner->aspace);
	arch_thread_switch(to->page_user);
	return to;
}
