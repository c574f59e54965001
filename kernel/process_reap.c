/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Taking a dying process apart: one bounded step each time its main thread is
 * scheduled, so that neither interrupts nor other programs wait for it. Exit,
 * kill and fault all come this way.
 */
#include <kernel/audit.h>
#include <kernel/channel.h>
#include <kernel/endpoint.h>
#include <kernel/loan.h>
#include <kernel/notification.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/timer.h>

#define REAP_CAPS 32u
#define REAP_PAGES 64u

enum reap_stage { REAP_THREADS, REAP_CHANNELS, REAP_CAPABILITIES, REAP_CALLERS, REAP_PAGES_STAGE, REAP_END };

/* A thread other than the reaper, or NULL. [P] held: it stays in the list, and its slot its own, meanwhile. */
static struct thread *other_thread(const struct process *process)
{
	uint32_t slot = process->thread_head;
	if (slot == process->main_thread)
		slot = thread_table[slot].process_next;
	return slot == NONE ? NULL : &thread_table[slot];
}

/* Take it out of whatever queue it is in. One that runs on another CPU is told to look. [P] held. */
static bool stop_thread(struct thread *thread)
{
	uint64_t wait = __atomic_load_n(&thread->wait, __ATOMIC_SEQ_CST);
	if (thread_claim(thread, wait) || sched_withdraw(thread))
		return true;
	if (WAIT_STATE(wait) == THREAD_RUNNING && thread->cpu != arch_cpu_self()->index) {
		__atomic_fetch_or(&cpu_table[thread->cpu].ipi_pending, IPI_RESCHEDULE, __ATOMIC_SEQ_CST);
		arch_ipi_send(thread->cpu);
	}
	return false;
}

static bool stop_threads(struct process *process)
{
	for (uint32_t stopped = 0; stopped < USER_PAGES_MAX; stopped++) {
		lock_acquire(&process->lock, LOCK_PROCESS);
		struct thread *thread = other_thread(process);
		bool ours = thread != NULL && stop_thread(thread);
		lock_release(&process->lock, LOCK_PROCESS);
		if (!ours)
			break;
		thread_finish(thread);
	}
	return __atomic_load_n(&process->threads, __ATOMIC_ACQUIRE) == 1u;
}

/* Nothing is left but the main thread and the record of how it ended. */
static void reap_end(struct process *process, struct thread *reaper)
{
	uint32_t slot = process_slot(process);
	uint32_t notification = process->notification;
	uint64_t bits = process->notification_bits;
	uint32_t image = process->image;
	process->notification = NONE;
	process->image = NONE;
	process->main_thread = NONE;
	thread_finish(reaper);
	timer_cancel(TIMER_BUDGET(slot));
	process->budget.spent = false;
	audit_emit(AUDIT_PROCESS_ENDED, process->id, slot, process->exit_code, clock_now() - process->created_ns,
	           process->killed, process->fault.kind);
	__atomic_store_n(&process->state, PROCESS_DEAD, __ATOMIC_SEQ_CST);
	if (notification != NONE) {
		notification_signal(notification, bits);
		object_release(OBJECT_NOTIFICATION, notification);
	}
	if (image != NONE)
		object_release(OBJECT_IMAGE, image);
	object_release(OBJECT_PROCESS, slot);
}

bool process_reap_step(struct thread *reaper)
{
	struct process *process = process_of(reaper->process);
	bool done = true;
	switch ((enum reap_stage)process->reap_stage) {
	case REAP_THREADS:
		done = stop_threads(process);
		break;
	case REAP_CHANNELS:
		channel_process_gone(reaper->process);
		break;
	case REAP_CAPABILITIES:
		done = cap_window_clear_some(reaper->process, REAP_CAPS);
		break;
	case REAP_CALLERS: /* after the capabilities: who can still receive is somebody else */
		endpoint_process_gone(reaper->process);
		loan_window_end(reaper); /* so that its own pages can go with the others */
		aspace_leave_page(&process->aspace, reaper->page_user, reaper->page_entries);
		break;
	case REAP_PAGES_STAGE:
		done = aspace_clear_some(&process->aspace, REAP_PAGES);
		break;
	case REAP_END:
		reap_end(process, reaper);
		return true;
	}
	if (done)
		process->reap_stage++;
	return false;
}
