/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <kernel/budget.h>
#include <kernel/timer.h>

void budget_init(struct process *process, uint32_t percent)
{
	struct budget *budget = &process->budget;
	budget->percent = percent;
	budget->ticks = percent == 0 ? 0 : clock_to_ticks(BUDGET_PERIOD_NS) * percent / 100u;
	budget->end = 0;
	budget->spent = false;
	budget->times_spent = 0;
	budget->timer.cpu = CPU_NONE;
}

/* Ticks that its threads have run, up to the last time each left a CPU. [P] held. */
static uint64_t ticks_run(const struct process *process)
{
	uint64_t ticks = process->cpu_ticks;
	for (uint32_t slot = process->thread_head; slot != NONE; slot = thread_table[slot].process_next)
		ticks += __atomic_load_n(&thread_table[slot].cpu_ticks, __ATOMIC_RELAXED);
	return ticks;
}

/* Ticks left in this period, which begins now if there was none. [P] held. */
static uint64_t ticks_left(const struct process *process, struct budget *budget, deadline_t now)
{
	uint64_t run = ticks_run(process);
	if (now >= budget->end) {
		budget->end = now + BUDGET_PERIOD_NS;
		budget->begin = run;
	}
	uint64_t used = run - budget->begin;
	return used < budget->ticks ? budget->ticks - used : 0;
}

/* [P] held. */
static void spend(struct process *process)
{
	struct budget *budget = &process->budget;
	__atomic_store_n(&budget->spent, true, __ATOMIC_RELAXED);
	budget->times_spent++;
	timer_set(TIMER_BUDGET(process_slot(process)), budget->end, 0);
}

bool budget_admit(struct cpu *cpu, struct thread *thread)
{
	struct process *process = thread->owner;
	lock_acquire(&process->lock, LOCK_PROCESS);
	uint64_t left = ticks_left(process, &process->budget, clock_now());
	if (left == 0 && !process->budget.spent)
		spend(process);
	bool spent = process->budget.spent;
	lock_release(&process->lock, LOCK_PROCESS);
	if (spent) {
		if (thread->priority == PRIORITY_IDLE)
			return true;
		sched_set_priority(thread, PRIORITY_IDLE);
		return false;
	}
	uint64_t end = arch_time_now() + left;
	if (end < cpu->slice_end)
		cpu->slice_end = end;
	return true;
}

void budget_expired(uint32_t slot)
{
	struct process *process = process_of(slot);
	lock_acquire(&process->lock, LOCK_PROCESS);
	__atomic_store_n(&process->budget.spent, false, __ATOMIC_RELAXED);
	for (uint32_t at = process->thread_head; at != NONE; at = thread_table[at].process_next)
		if (thread_table[at].priority < thread_table[at].base_priority)
			sched_set_priority(&thread_table[at], thread_table[at].base_priority);
	lock_release(&process->lock, LOCK_PROCESS);
}

bool budget_valid(const struct process *process)
{
	const struct budget *budget = &process->budget;
	/* Who is held back will be let go. */
	return !budget->spent || (budget_limits(process) && budget->timer.cpu != CPU_NONE);
}
