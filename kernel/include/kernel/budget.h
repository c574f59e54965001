/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * CPU budgets: how much a process may run, at the priorities of its threads, in
 * each period. Once that is used up its threads are ready at PRIORITY_IDLE until
 * the period ends, whoever waits for them: it gets what nobody else wants, and
 * takes nothing from anybody. Another process's loan of priority does not help.
 *
 * A period begins when the process is given a CPU and none is under way. What is
 * left bounds the slice, so that a budget is overrun by less than one trip through
 * the kernel on one CPU; a process that runs on several at once may use up to as
 * many times what was left.
 */
#pragma once
#include <kernel/process.h>
#include <kernel/sched.h>

#define BUDGET_PERIOD_NS 100000000ull

/* `percent` of one CPU, at most CPU_PERCENT_MAX; 0: no budget, it may run as much as it wants. */
void budget_init(struct process *process, uint32_t percent);
CC_INLINE bool budget_limits(const struct process *process) { return process->budget.ticks != 0; }
/* A ready thread of a limited process is about to get this CPU with a slice whose end is set. True: it may, and the
 * slice ends no later than the budget. False: the budget is used up and the thread's priority has been lowered;
 * it goes to the queue. */
CC_NODISCARD bool budget_admit(struct cpu *cpu, struct thread *thread);
/* The priority a thread has by itself now: its base, or PRIORITY_IDLE. */
CC_INLINE uint8_t budget_priority(const struct thread *thread)
{
	return __atomic_load_n(&thread->owner->budget.spent, __ATOMIC_RELAXED) ? PRIORITY_IDLE
	                                                                       : thread->base_priority;
}
/* From the timer interrupt, TIMER_BUDGET of a process slot: the period has ended. */
void budget_expired(uint32_t process);
bool budget_valid(const struct process *process);
