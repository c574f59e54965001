/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * recv, reply, reply_recv. A server's steady state is reply_recv: the answer
 * goes to the caller, the server is published as RECEIVING and the CPU goes
 * straight back to the caller.
 */
#include "endpoint_priv.h"
#include <kernel/audit.h>
#include <kernel/budget.h>
#include <kernel/loan.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>

/* A caller that waits in the queue becomes one that waits for a reply. [e] held. */
static void receive_caller(struct endpoint *endpoint, struct thread *current,
                           struct message_caps *out_caps)
{
	struct thread *caller = &thread_table[endpoint->sender_head];
	uint64_t wait = WAIT_WITH(caller->wait, THREAD_REPLYING);
	uint64_t tag = caller->regs.arg[1];
	thread_queue_remove(&endpoint->sender_head, &endpoint->sender_tail, caller);
	message_copy_shared(current, caller, tag);
	if ((tag & MESSAGE_LEND) != 0)
		loan_begin(current, caller);
	out_caps->count = MESSAGE_CAPS(tag) <= MESSAGE_CAPS_MAX ? MESSAGE_CAPS(tag) : 0u;
	out_caps->holder = caller->process;
	for (uint32_t i = 0; i < out_caps->count; i++)
		out_caps->cap[i] = caller->page->caps[i];
	current->regs.arg[6] = caller->wait_badge;
	current->regs.arg[7] = reply_handle(thread_slot(caller), wait);
	caller->reply_holder = current->process;
	caller->reply_server = thread_slot(current);
	current->owner->served = true;
	if (++arch_cpu_self()->ipc % AUDIT_SAMPLE_EVERY == 0)
		audit_message(AUDIT_IPC_CALL, caller, caller->wait_cap, current->process, tag);
	if (current->priority < caller->priority)
		sched_set_priority(current, caller->priority);
	__atomic_store_n(&caller->wait, wait, __ATOMIC_RELEASE);
}

/* A message of send. [e] held. */
static void receive_queued(struct endpoint *endpoint, struct thread *current)
{
	uint32_t slot = endpoint->queued_head;
	struct queued *queued = &queued_table[slot];
	const uint64_t *words = (const uint64_t *)(const void *)queued->payload;
	uint64_t *page = (uint64_t *)(void *)current->page->payload;
	endpoint->queued_head = queued->next;
	if (queued->next == NONE)
		endpoint->queued_tail = NONE;
	endpoint->queued_count--;
	current->regs.arg[1] = queued->tag | (uint64_t)MESSAGE_SEND << 24;
	for (uint32_t i = 0; i < MESSAGE_WORDS; i++)
		current->regs.arg[2u + i] = words[i];
	for (uint32_t i = MESSAGE_WORDS; i < (MESSAGE_LENGTH(queued->tag) + 7u) / 8u; i++)
		page[i] = words[i];
	current->regs.arg[6] = queued->badge;
	current->regs.arg[7] = HANDLE_NONE;
	current->page->sender = queued->sender;
	table_give(&queued_slots, slot);
}

/* Bits of the bound notification that wait to be delivered; not taken yet. */
CC_INLINE bool bits_pending(const struct endpoint *endpoint)
{
	return endpoint->notification != NONE &&
	       __atomic_load_n(&notification_table[endpoint->notification].bits, __ATOMIC_RELAXED) != 0;
}

static uint64_t take_bits(const struct endpoint *endpoint)
{
	if (!bits_pending(endpoint))
		return 0;
	return __atomic_exchange_n(&notification_table[endpoint->notification].bits, 0, __ATOMIC_ACQ_REL);
}

/* Into the queue of receivers, published; what goes before is done. [e] held. */
CC_INLINE void receive_publish(struct endpoint *endpoint, struct thread *current, const struct cap *cap,
                               uint64_t wait)
{
	current->wait_object = (uint32_t)(endpoint - endpoint_table);
	current->wait_cap = cap;
	current->owner->served = true;
	endpoint->server = thread_slot(current);
	thread_queue_append(&endpoint->receiver_head, &endpoint->receiver_tail, current);
	__atomic_store_n(&current->wait, wait, __ATOMIC_RELEASE);
}

/* Something is there already, or the caller does not want to wait. [e] held. */
static CC_COLD status_t receive_now(struct endpoint *endpoint, struct thread *current,
                                    struct message_caps *out_caps)
{
	uint64_t bits = take_bits(endpoint);
	bool queued = endpoint->queued_head != NONE;
	bool caller = endpoint->sender_head != NONE;
	endpoint->server = thread_slot(current);
	if (bits != 0) {
		deliver_bits(current, bits);
		return STATUS_OK;
	}
	if (!queued && !caller)
		return STATUS_TIMED_OUT;
	/* Both kinds wait: by turns, so that neither starves the other. */
	if (queued && (!caller || endpoint->queued_turn))
		receive_queued(endpoint, current);
	else
		receive_caller(endpoint, current, out_caps);
	endpoint->queued_turn = !endpoint->queued_turn;
	return STATUS_OK;
}

/* Nothing is there that would be received at once. [e] held. */
CC_INLINE bool receive_must_wait(const struct endpoint *endpoint)
{
	return endpoint->queued_head == NONE && endpoint->sender_head == NONE && !bits_pending(endpoint);
}

/*
 * Receive for the current thread, the endpoint's lock held: take what is there
 * (OK; capabilities still to be passed are left in out_caps), or publish it as
 * RECEIVING (SYSCALL_BLOCKED), or TIMED_OUT when the deadline is DEADLINE_NOW.
 */
static CC_COLD status_t endpoint_receive(struct endpoint *endpoint, struct thread *current, const struct cap *cap,
                                         deadline_t deadline, struct message_caps *out_caps)
{
	out_caps->count = 0;
	if (deadline == DEADLINE_NOW || !receive_must_wait(endpoint))
		return receive_now(endpoint, current, out_caps);
	uint64_t wait = WAIT_NEXT(current->wait, THREAD_RECEIVING);
	sched_leave(arch_cpu_self(), current);
	if (deadline != DEADLINE_NEVER)
		timer_set(thread_slot(current), deadline, wait);
	receive_publish(endpoint, current, cap, wait);
	return SYSCALL_BLOCKED;
}

CC_COLD status_t sys_recv(struct thread *current)
{
	struct cap *cap;
	struct message_caps caps;
	handle_t handle = current->regs.arg[0];
	deadline_t deadline = current->regs.arg[1];
	status_t status = cap_lookup(current, handle, OBJECT_ENDPOINT, RIGHT_RECEIVE, &cap);
	if (status != STATUS_OK)
		return status;
	struct endpoint *endpoint = &endpoint_table[cap->object];
	lock_acquire(&endpoint->lock, LOCK_ENDPOINT);
	if (cap_current(cap, handle, &endpoint->object))
		status = endpoint_receive(endpoint, current, cap, deadline, &caps);
	else
		status = STATUS_BAD_HANDLE;
	lock_release(&endpoint->lock, LOCK_ENDPOINT);
	if (status == STATUS_OK && caps.count != 0)
		message_pass_caps(current, &caps);
	if (status == SYSCALL_BLOCKED)
		sched_check_dying(current);
	return status;
}

/* The thread a reply handle of this process names, and what it waits for; NULL: not such a handle, or the caller is
 * gone. Not claimed yet. */
CC_INLINE struct thread *reply_find(const struct thread *current, handle_t handle, uint64_t *out_wait)
{
	uint32_t slot = HANDLE_SLOT(handle) & ~HANDLE_REPLY;
	if (CC_UNLIKELY((HANDLE_SLOT(handle) & HANDLE_REPLY) == 0 ||
	                slot >= object_tables[OBJECT_THREAD].capacity))
		return NULL;
	struct thread *caller = &thread_table[slot];
	uint64_t wait = __atomic_load_n(&caller->wait, __ATOMIC_ACQUIRE);
	if (CC_UNLIKELY(!reply_answers(handle, slot, wait) || caller->reply_holder != current->process))
		return NULL;
	*out_wait = wait;
	return caller;
}

/* Claim it; false: somebody else did. */
CC_INLINE bool reply_claim_as(struct thread *caller, uint64_t wait, enum thread_state state)
{
	return __atomic_compare_exchange_n(&caller->wait, &wait, WAIT_WITH(wait, state), false, __ATOMIC_ACQ_REL,
	                                   __ATOMIC_RELAXED);
}

static struct thread *reply_claim(const struct thread *current, handle_t handle)
{
	uint64_t wait;
	struct thread *caller = reply_find(current, handle, &wait);
	return caller != NULL && reply_claim_as(caller, wait, THREAD_READY) ? caller : NULL;
}

/* An answer to nobody: late, twice, or to somebody else's caller. */
static CC_COLD status_t reply_nobody(const struct thread *current, handle_t handle)
{
	if ((HANDLE_SLOT(handle) & HANDLE_REPLY) == 0)
		return STATUS_BAD_HANDLE;
	audit_emit(AUDIT_BAD_ARGUMENT, current->owner->id, 0, current->regs.number, STATUS_GONE, handle,
	           current->regs.arg[1]);
	return STATUS_GONE;
}

/* The answer, to a caller this CPU owns. The server's loan of priority ends. */
static CC_COLD void reply_deliver(struct thread *current, struct thread *caller, uint64_t tag)
{
	message_copy_shared(caller, current, tag);
	loan_end(caller, true);
	caller->regs.arg[0] = STATUS_OK;
	if (CC_UNLIKELY(caller->timer.cpu != CPU_NONE))
		timer_cancel(thread_slot(caller));
	if (CC_UNLIKELY(current->priority != current->base_priority))
		sched_set_priority(current, budget_priority(current));
}

CC_COLD status_t sys_reply(struct thread *current)
{
	struct message_caps caps;
	uint64_t tag = current->regs.arg[1];
	status_t status = message_check(current, tag, &caps);
	if (status != STATUS_OK)
		return status;
	struct thread *caller = reply_claim(current, current->regs.arg[0]);
	if (caller == NULL)
		return reply_nobody(current, current->regs.arg[0]);
	reply_deliver(current, caller, tag);
	if (caps.count != 0)
		message_pass_caps(caller, &caps);
	sched_ready(caller);
	return STATUS_OK;
}

/* The rest of any reply_recv, from where the answer is out and the lock of the endpoint is held that the capability
 * named when it was found: receive, then run the caller (NULL: there is none), which is claimed. */
static CC_COLD struct thread *receive_locked(struct thread *current, struct thread *caller, struct endpoint *endpoint,
                                     struct cap *cap)
{
	struct cpu *cpu = arch_cpu_self();
	struct message_caps caps;
	status_t status = STATUS_BAD_HANDLE;
	handle_t handle = current->regs.arg[0];
	deadline_t deadline = current->regs.arg[6];
	if (cap_current(cap, handle, &endpoint->object))
		status = endpoint_receive(endpoint, current, cap, deadline, &caps);
	lock_release(&endpoint->lock, LOCK_ENDPOINT);
	if (status == SYSCALL_BLOCKED && caller != NULL && sched_may_run_here(cpu, caller, caller->priority)) {
		sched_claim_here(cpu, caller, caller->wait);
		return sched_hand_over(cpu, current, caller);
	}
	if (status == STATUS_OK && caps.count != 0)
		message_pass_caps(current, &caps);
	if (status == SYSCALL_BLOCKED)
		sched_check_dying(current);
	if (caller != NULL)
		sched_ready(caller);
	return syscall_finish(current, status);
}

/* Any reply_recv, from where the endpoint's capability was found. */
static CC_COLD struct thread *reply_receive_general(struct thread *current, struct cap *cap)
{
	struct message_caps caps;
	uint64_t tag = current->regs.arg[1];
	handle_t reply = current->regs.arg[7];
	status_t status = message_check(current, tag, &caps);
	if (status == STATUS_OK && (HANDLE_SLOT(reply) & HANDLE_REPLY) == 0)
		status = STATUS_BAD_HANDLE;
	if (status != STATUS_OK)
		return syscall_finish(current, status);
	struct thread *caller = reply_claim(current, reply);
	if (caller != NULL) {
		reply_deliver(current, caller, tag);
		if (caps.count != 0)
			message_pass_caps(caller, &caps);
	} else {
		(void)reply_nobody(current, reply);
	}
	struct endpoint *endpoint = &endpoint_table[cap->object];
	lock_acquire(&endpoint->lock, LOCK_ENDPOINT);
	return receive_locked(current, caller, endpoint, cap);
}

/* Somebody else has the endpoint's lock. */
static CC_COLD struct thread *receive_contended(struct thread *current, struct thread *caller,
                                                struct endpoint *endpoint, struct cap *cap, uint32_t ticket)
{
	lock_await(&endpoint->lock, ticket);
	return receive_locked(current, caller, endpoint, cap);
}

/* May this be done without calling a function: nothing but a plain answer, and no loan, deadline or FPU state? */
CC_INLINE bool reply_is_simple(const struct cpu *cpu, const struct thread *current)
{
	return message_is_plain(current->regs.arg[1]) && current->regs.arg[6] == DEADLINE_NEVER &&
	       current->priority == current->base_priority && !arch_fpu_held(cpu, &current->fpu);
}

/* As endpoint_call: no function is called on the hot path. */
struct thread *endpoint_reply_receive(struct thread *current)
{
	struct cpu *cpu = arch_cpu_self();
	uint64_t wait;
	handle_t handle = current->regs.arg[0];
	struct cap *cap = cap_find(current, handle, OBJECT_ENDPOINT, RIGHT_RECEIVE);
	if (CC_UNLIKELY(cap == NULL))
		return endpoint_refuse(current, RIGHT_RECEIVE);
	if (CC_UNLIKELY(!reply_is_simple(cpu, current)))
		return reply_receive_general(current, cap);
	struct thread *caller = reply_find(current, current->regs.arg[7], &wait);
	/* A timer that is not armed by now will not be: the caller has waited since. */
	if (CC_UNLIKELY(caller == NULL || caller->timer.cpu != CPU_NONE || caller->loan_to != NONE ||
	                !sched_may_run_here(cpu, caller, caller->priority) ||
	                !reply_claim_as(caller, wait, THREAD_RUNNING)))
		return reply_receive_general(current, cap);
	caller->cpu = cpu->index; /* sched_hand_over's barrier stands between this and a look at who is dying */
	message_copy(caller, current, current->regs.arg[1]);
	caller->regs.arg[0] = STATUS_OK;
	struct endpoint *endpoint = &endpoint_table[cap->object];
	uint32_t ticket = lock_draw(&endpoint->lock, LOCK_ENDPOINT);
	if (CC_UNLIKELY(!lock_serves(&endpoint->lock, ticket)))
		return receive_contended(current, caller, endpoint, cap, ticket);
	if (CC_UNLIKELY(!cap_current(cap, handle, &endpoint->object) || !receive_must_wait(endpoint)))
		return receive_locked(current, caller, endpoint, cap);
	sched_account(cpu, current);
	receive_publish(endpoint, current, cap, WAIT_NEXT(current->wait, THREAD_RECEIVING));
	lock_release(&endpoint->lock, LOCK_ENDPOINT);
	return sched_hand_over(cpu, current, caller);
}

/* The page goes back first, so that the hot path has nothing to keep. It is this thread's own window that is closed, not
 * its lender's loan: who lent may have gone on meanwhile, and lend to somebody else. */
CC_COLD struct thread *endpoint_reply_receive_lent(struct thread *current)
{
	uint32_t lender = __atomic_load_n(&current->lender, __ATOMIC_RELAXED);
	if (lender != NONE && HANDLE_SLOT(current->regs.arg[7]) == (HANDLE_REPLY | lender))
		loan_window_end(current);
	return endpoint_reply_receive(current);
}
