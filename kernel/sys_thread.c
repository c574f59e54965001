/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* System calls of threads: create, end, sleep, yield, priority, affinity; and the clock. */
#include <kernel/budget.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>

status_t sys_clock_now(struct thread *current)
{
	current->regs.arg[1] = clock_now();
	return STATUS_OK;
}

status_t sys_thread_yield(struct thread *current)
{
	struct cpu *cpu = arch_cpu_self();
	if (run_queue_table[cpu->index].ready_mask >> current->priority == 0)
		return STATUS_OK; /* nobody of this priority or above waits here */
	current->regs.arg[0] = STATUS_OK;
	cpu->slice_end = 0; /* to the end of the queue */
	sched_put_back(cpu, current);
	return SYSCALL_BLOCKED;
}

status_t sys_thread_sleep(struct thread *current)
{
	deadline_t deadline = current->regs.arg[0];
	if (deadline <= clock_now())
		return STATUS_OK;
	uint64_t wait = WAIT_NEXT(current->wait, THREAD_SLEEPING);
	sched_leave(arch_cpu_self(), current);
	if (deadline != DEADLINE_NEVER)
		timer_set(thread_slot(current), deadline, wait);
	__atomic_store_n(&current->wait, wait, __ATOMIC_RELEASE);
	sched_check_dying(current);
	return SYSCALL_BLOCKED;
}

/* A thread other than the main one ends at once. The last of them to go wakes a main thread that has ended. */
static void exit_other(struct thread *current, struct process *process)
{
	uint32_t slot = current->process;
	object_retain(OBJECT_PROCESS, slot);
	aspace_activate(NULL);
	thread_finish(current);
	if (__atomic_load_n(&process->threads, __ATOMIC_SEQ_CST) == 1u &&
	    WAIT_STATE(thread_table[process->main_thread].wait) == THREAD_EXITING)
		process_end(slot, 0, false, NULL);
	object_release(OBJECT_PROCESS, slot);
}

status_t sys_thread_exit(struct thread *current)
{
	struct process *process = process_of(current->process);
	sched_leave(arch_cpu_self(), current);
	if (process->main_thread != thread_slot(current)) {
		exit_other(current, process);
		return SYSCALL_BLOCKED;
	}
	/* The main thread keeps its slot: it will reap the process when the others have ended. */
	__atomic_store_n(&current->wait, WAIT_NEXT(current->wait, THREAD_EXITING), __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&process->threads, __ATOMIC_SEQ_CST) == 1u)
		process_end(current->process, 0, false, NULL);
	sched_check_dying(current);
	return SYSCALL_BLOCKED;
}

status_t sys_thread_create(struct thread *current)
{
	struct process *process = process_of(current->process);
	uint64_t entry = current->regs.arg[0];
	uint64_t stack_top = current->regs.arg[1];
	uint64_t argument = current->regs.arg[2];
	uint64_t priority = current->regs.arg[3];
	uint32_t slot;
	handle_t handle;
	if (entry < USER_BASE || entry >= USER_LIMIT || stack_top > USER_LIMIT || stack_top % 16u != 0 ||
	    priority >= PRIORITY_COUNT)
		return STATUS_INVALID;
	if (priority > process->priority_limit)
		return STATUS_QUOTA;
	status_t status =
	    thread_new(current->process, entry, stack_top, argument, (uint32_t)priority, &slot);
	if (status != STATUS_OK)
		return status;
	status = cap_create(current->process, OBJECT_THREAD, slot, RIGHTS_ALL, 0, &handle);
	/* The process may be ending: then the reaper has claimed the new thread, and ends it. */
	struct thread *thread = &thread_table[slot];
	bool ours = thread_claim(thread, __atomic_load_n(&thread->wait, __ATOMIC_ACQUIRE));
	if (status != STATUS_OK) {
		if (ours)
			thread_finish(thread);
		object_release(OBJECT_THREAD, slot);
		return status;
	}
	current->regs.arg[1] = handle;
	if (ours)
		thread_start(slot);
	return STATUS_OK;
}

static status_t set_priority(struct thread *thread, uint64_t value)
{
	if (value >= PRIORITY_COUNT)
		return STATUS_INVALID;
	if (value > process_of(thread->process)->priority_limit)
		return STATUS_QUOTA;
	__atomic_store_n(&thread->base_priority, (uint8_t)value, __ATOMIC_RELAXED);
	sched_set_priority(thread, budget_priority(thread));
	return STATUS_OK;
}

static status_t set_affinity(struct thread *current, struct thread *thread, uint64_t value)
{
	if ((value & cpus_online) == 0)
		return STATUS_INVALID;
	__atomic_store_n(&thread->affinity, value, __ATOMIC_RELAXED);
	/* The running thread moves when it is next put back; make that now if it must. */
	if (thread == current && (value >> arch_cpu_self()->index & 1u) == 0)
		arch_cpu_self()->reschedule = true;
	return STATUS_OK;
}

static status_t thread_set(struct thread *current, struct thread *thread)
{
	if (WAIT_STATE(thread->wait) == THREAD_FREE)
		return STATUS_GONE;
	switch (current->regs.arg[1]) {
	case THREAD_CONTROL_PRIORITY:
		return set_priority(thread, current->regs.arg[2]);
	case THREAD_CONTROL_AFFINITY:
		return set_affinity(current, thread, current->regs.arg[2]);
	default:
		return STATUS_INVALID;
	}
}

status_t sys_thread_control(struct thread *current)
{
	uint32_t slot;
	if (current->regs.arg[0] == HANDLE_NONE)
		return thread_set(current, current);
	status_t status = cap_hold(current, current->regs.arg[0], OBJECT_THREAD, RIGHT_MANAGE, &slot);
	if (status != STATUS_OK)
		return status;
	status = thread_set(current, &thread_table[slot]);
	object_release(OBJECT_THREAD, slot);
	return status;
}
