/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Life of a thread, and the claim: how exactly one waker wins a blocked
 * thread. Running threads are the scheduler's; what they wait for belongs to
 * the object they wait at.
 */
#include "thread_queue.h"
#include <kernel/cap.h>
#include <kernel/endpoint.h>
#include <kernel/image.h>
#include <kernel/loan.h>
#include <kernel/notification.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <lib/string.h>

static uint64_t page_address(uint32_t index)
{
	return USER_PAGES_BASE + 4ull * PAGE_SIZE * index;
}

/* A number for the message page; the process's lock is held. */
static status_t page_index_take(struct process *process, uint32_t *out_index)
{
	if (process->threads >= process->threads_limit)
		return STATUS_QUOTA;
	if (process->page_slots == UINT64_MAX)
		return STATUS_TABLE_FULL;
	*out_index = (uint32_t)__builtin_ctzll(~process->page_slots);
	process->page_slots |= 1ull << *out_index;
	process->threads++;
	return STATUS_OK;
}

static void page_index_give(struct process *process, uint32_t index)
{
	lock_acquire(&process->lock, LOCK_PROCESS);
	process->page_slots &= ~(1ull << index);
	process->threads--;
	lock_release(&process->lock, LOCK_PROCESS);
}

static status_t page_make(struct process *process, uint32_t index, paddr_t *out_frame, uint64_t **out_entries)
{
	uint32_t slot = process_slot(process);
	status_t status = process_frame_take(slot, out_frame);
	if (status != STATUS_OK)
		return status;
	status = aspace_enter_page(&process->aspace, page_address(index), *out_frame, out_entries);
	if (status != STATUS_OK)
		process_frame_give(slot, *out_frame);
	return status;
}

static void thread_link(struct process *process, struct thread *thread)
{
	uint32_t slot = thread_slot(thread);
	lock_acquire(&process->lock, LOCK_PROCESS);
	thread->process_previous = NONE;
	thread->process_next = process->thread_head;
	if (process->thread_head != NONE)
		thread_table[process->thread_head].process_previous = slot;
	process->thread_head = slot;
	lock_release(&process->lock, LOCK_PROCESS);
}

static void thread_unlink(struct process *process, struct thread *thread)
{
	lock_acquire(&process->lock, LOCK_PROCESS);
	if (thread->process_previous == NONE)
		process->thread_head = thread->process_next;
	else
		thread_table[thread->process_previous].process_next = thread->process_next;
	if (thread->process_next != NONE)
		thread_table[thread->process_next].process_previous = thread->process_previous;
	process->cpu_ticks += thread->cpu_ticks;
	lock_release(&process->lock, LOCK_PROCESS);
}

static void thread_fill(struct thread *thread, uint32_t process, uint32_t priority, uint32_t index,
                        paddr_t frame, uint64_t *entries)
{
	thread->process = process;
	thread->owner = process_of(process);
	thread->window = &cap_table[cap_index(process, 0)];
	thread->slot = (uint32_t)(thread - thread_table);
	thread->cpu = arch_cpu_self()->index;
	thread->priority = (uint8_t)priority;
	thread->base_priority = (uint8_t)priority;
	thread->affinity = UINT64_MAX;
	thread->page_index = index;
	thread->page_user = page_address(index);
	thread->page_frame = frame;
	thread->page = arch_direct(frame);
	thread->page_entries = entries;
	thread->lender = NONE;
	thread->loan_to = NONE;
	thread->page->self = thread->page_user;
	thread->page->thread_id = thread_slot(thread);
	thread->page->process_id = process;
	thread->next = NONE;
	thread->previous = NONE;
	thread->queue_cpu = CPU_NONE;
	thread->wait_object = NONE;
	thread->wait_cap = NULL;
	thread->reply_holder = NONE;
	thread->reply_server = NONE;
	thread->timer.cpu = CPU_NONE;
	thread->cpu_ticks = 0;
	thread->restart_count = 0;
	thread->image_work = NONE;
	thread->fault_entry = 0;
	thread->fault_active = false;
	memset(&thread->fpu, 0, sizeof thread->fpu);
	/* The sequence goes on where the slot's last thread ended: old reply handles stay stale. */
	__atomic_store_n(&thread->wait, WAIT_NEXT(thread->wait, THREAD_STOPPED), __ATOMIC_RELEASE);
}

status_t thread_new(uint32_t process_slot_, uint64_t entry, uint64_t stack_top, uint64_t argument,
                    uint32_t priority, uint32_t *out_thread)
{
	struct process *process = process_of(process_slot_);
	uint32_t index;
	uint32_t slot;
	paddr_t frame;
	uint64_t *entries;
	lock_acquire(&process->lock, LOCK_PROCESS);
	status_t status = page_index_take(process, &index);
	lock_release(&process->lock, LOCK_PROCESS);
	if (status != STATUS_OK)
		return status;
	status = object_take(OBJECT_THREAD, process_slot_, &slot);
	if (status == STATUS_OK) {
		status = page_make(process, index, &frame, &entries);
		if (status != STATUS_OK)
			object_release(OBJECT_THREAD, slot);
	}
	if (status != STATUS_OK) {
		page_index_give(process, index);
		return status;
	}
	struct thread *thread = &thread_table[slot];
	thread_fill(thread, process_slot_, priority, index, frame, entries);
	arch_thread_init(&thread->regs, entry, stack_top, argument, thread->page_user);
	object_retain(OBJECT_THREAD, slot); /* before anybody can find and end it: the caller's own */
	thread_link(process, thread);
	*out_thread = slot;
	return STATUS_OK;
}

void thread_destroy(uint32_t slot)
{
	struct thread *thread = &thread_table[slot];
	__atomic_store_n(&thread->wait, WAIT_NEXT(thread->wait, THREAD_FREE), __ATOMIC_RELEASE);
	table_give(&object_tables[OBJECT_THREAD], slot);
}

void thread_start(uint32_t slot)
{
	sched_ready(&thread_table[slot]);
}

void thread_finish(struct thread *thread)
{
	struct process *process = process_of(thread->process);
	uint32_t slot = thread_slot(thread);
	timer_cancel(slot);
	image_abandon(&thread->image_work);
	if (process->aspace.root.a != 0) { /* the reaper outlives the page tables */
		loan_window_end(thread);
		aspace_leave_page(&process->aspace, thread->page_user, thread->page_entries);
	}
	process_frame_give(thread->process, thread->page_frame);
	thread_unlink(process, thread);
	__atomic_store_n(&thread->wait, WAIT_NEXT(thread->wait, THREAD_FREE), __ATOMIC_RELEASE);
	/* Last: from here on the process may be taken apart under us. */
	page_index_give(process, thread->page_index);
	object_release(OBJECT_THREAD, slot);
}

void thread_answer(struct thread *thread, status_t status)
{
	thread->regs.arg[0] = (uint64_t)status;
	if (CC_UNLIKELY(thread->timer.cpu != CPU_NONE))
		timer_cancel(thread_slot(thread));
}

void thread_wake(struct thread *thread, status_t status)
{
	thread_answer(thread, status);
	sched_ready(thread);
}

static bool claim_at_endpoint(struct thread *thread, uint64_t wait)
{
	uint32_t object = thread->wait_object;
	if (object >= ENDPOINT_MAX)
		return false;
	struct endpoint *endpoint = &endpoint_table[object];
	lock_acquire(&endpoint->lock, LOCK_ENDPOINT);
	bool won = __atomic_load_n(&thread->wait, __ATOMIC_RELAXED) == wait;
	if (won && WAIT_STATE(wait) == THREAD_SENDING)
		thread_queue_remove(&endpoint->sender_head, &endpoint->sender_tail, thread);
	else if (won)
		thread_queue_remove(&endpoint->receiver_head, &endpoint->receiver_tail, thread);
	if (won)
		__atomic_store_n(&thread->wait, WAIT_WITH(wait, THREAD_READY), __ATOMIC_RELEASE);
	lock_release(&endpoint->lock, LOCK_ENDPOINT);
	return won;
}

static bool claim_at_notification(struct thread *thread, uint64_t wait)
{
	uint32_t object = thread->wait_object;
	if (object >= NOTIFICATION_MAX)
		return false;
	struct notification *notification = &notification_table[object];
	lock_acquire(&notification->lock, LOCK_NOTIFICATION);
	bool won = __atomic_load_n(&thread->wait, __ATOMIC_RELAXED) == wait;
	if (won) {
		thread_queue_remove(&notification->waiter_head, &notification->waiter_tail, thread);
		__atomic_store_n(&thread->wait, WAIT_WITH(wait, THREAD_READY), __ATOMIC_RELEASE);
	}
	lock_release(&notification->lock, LOCK_NOTIFICATION);
	return won;
}

static bool claim_seen(struct thread *thread, uint64_t wait)
{
	switch (WAIT_STATE(wait)) {
	case THREAD_SENDING:
	case THREAD_RECEIVING:
		return claim_at_endpoint(thread, wait);
	case THREAD_WAITING:
		return claim_at_notification(thread, wait);
	case THREAD_REPLYING:
	case THREAD_SLEEPING:
	case THREAD_STOPPED:
	case THREAD_EXITING:
		if (!__atomic_compare_exchange_n(&thread->wait, &wait, WAIT_WITH(wait, THREAD_READY),
		                                 false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return false;
		loan_end(thread, false);
		return true;
	case THREAD_FREE:
	case THREAD_READY:
	case THREAD_RUNNING:
		return false;
	}
	return false;
}

/* A server that receives the caller meanwhile turns SENDING into REPLYING: the same wait, which the claimer came to
 * end. Nothing else goes on blocked under the same sequence, so looking twice is enough (verification/endpoint.pml). */
bool thread_claim(struct thread *thread, uint64_t wait)
{
	if (CC_LIKELY(claim_seen(thread, wait)))
		return true;
	uint64_t now = __atomic_load_n(&thread->wait, __ATOMIC_ACQUIRE);
	return now == WAIT_WITH(wait, THREAD_REPLYING) && claim_seen(thread, now);
}

static bool waits_through(const struct thread *thread, uint64_t wait, uint32_t cap)
{
	enum thread_state state = WAIT_STATE(wait);
	return thread->wait_cap == &cap_table[cap] && (state == THREAD_SENDING || state == THREAD_RECEIVING ||
	                                   state == THREAD_REPLYING || state == THREAD_WAITING);
}

void thread_cap_died(uint32_t cap)
{
	struct process *process = process_of(cap_holder(cap));
	lock_acquire(&process->lock, LOCK_PROCESS);
	uint32_t slot = process->thread_head;
	for (uint32_t looked = 0; slot != NONE && looked < USER_PAGES_MAX; looked++) {
		struct thread *thread = &thread_table[slot];
		uint64_t wait = __atomic_load_n(&thread->wait, __ATOMIC_ACQUIRE);
		slot = thread->process_next;
		if (waits_through(thread, wait, cap) && thread_claim(thread, wait))
			thread_wake(thread, STATUS_REVOKED);
	}
	lock_release(&process->lock, LOCK_PROCESS);
}

bool thread_queue_valid(uint32_t head, uint32_t tail, enum thread_state state, uint32_t object)
{
	uint32_t previous = NONE;
	for (uint32_t slot = head, seen = 0; slot != NONE; slot = thread_table[slot].next) {
		const struct thread *thread = &thread_table[slot];
		if (thread->previous != previous || WAIT_STATE(thread->wait) != state ||
		    thread->wait_object != object || ++seen > THREAD_MAX)
			return false;
		previous = slot;
	}
	return tail == previous;
}

bool thread_valid(const struct thread *thread)
{
	enum thread_state state = WAIT_STATE(thread->wait);
	if ((thread->object.generation & 1u) == 0)
		return true;
	if (state == THREAD_REPLYING && thread->reply_holder >= PROCESS_MAX)
		return false;
	if (thread->slot != (uint32_t)(thread - thread_table) || thread->owner != process_of(thread->process) ||
	    thread->window != &cap_table[cap_index(thread->process, 0)])
		return false;
	return loan_valid(thread) && (state == THREAD_READY || thread->queue_cpu == CPU_NONE) &&
	       thread->priority < PRIORITY_COUNT && thread->process < PROCESS_MAX;
}
