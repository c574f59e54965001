/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * call and send. The hot path is a call to an endpoint whose server waits: the
 * message goes from thread to thread, the caller is published as REPLYING and
 * the CPU is handed over, with one lock taken and no queue touched.
 *
 * What is checked on it: the system-call mask (trap.c), the handle's slot,
 * generation, type and right, the object's generation again under its lock,
 * the message tag, the server's process and CPU set. What is delivered: the
 * sender's principal, the badge, a one-time reply handle. It is counted.
 */
#include "endpoint_priv.h"
#include <kernel/audit.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>

/* Publish the current thread as blocked on this endpoint. Its state is put away first. [e] held. */
CC_INLINE uint64_t call_publish(struct cpu *cpu, struct thread *current, const struct cap *cap,
                                enum thread_state state, deadline_t deadline)
{
	uint64_t wait = WAIT_NEXT(current->wait, state);
	current->wait_cap = cap;
	sched_leave(cpu, current);
	if (CC_UNLIKELY(deadline != DEADLINE_NEVER))
		timer_set(thread_slot(current), deadline, wait);
	__atomic_store_n(&current->wait, wait, __ATOMIC_RELEASE);
	return wait;
}

/* The server waits: hand it the message. [e] held; returns the server, which the caller owns. */
CC_INLINE struct thread *call_deliver(struct cpu *cpu, struct endpoint *endpoint, struct thread *current,
                                      const struct cap *cap, uint64_t tag, deadline_t deadline)
{
	struct thread *server = endpoint_take_receiver(endpoint);
	message_copy(server, current, tag);
	server->regs.arg[0] = STATUS_OK;
	server->regs.arg[6] = cap->badge;
	current->reply_holder = server->process;
	current->reply_server = thread_slot(server);
	uint64_t wait = call_publish(cpu, current, cap, THREAD_REPLYING, deadline);
	server->regs.arg[7] = reply_handle(thread_slot(current), wait);
	if (server->priority < current->priority)
		server->priority = current->priority;
	if (CC_UNLIKELY(++cpu->ipc % AUDIT_SAMPLE_EVERY == 0))
		audit_message(AUDIT_IPC_CALL, current, cap, server->process, tag);
	return server;
}

/* Nobody receives yet: queue the caller, and lend its priority to the server. [e] held. */
static struct thread *call_enqueue(struct cpu *cpu, struct endpoint *endpoint, struct thread *current,
                                   const struct cap *cap, uint64_t tag, deadline_t deadline)
{
	current->regs.arg[1] = tag;
	current->wait_object = (uint32_t)(endpoint - endpoint_table);
	current->wait_badge = cap->badge;
	thread_queue_append(&endpoint->sender_head, &endpoint->sender_tail, current);
	call_publish(cpu, current, cap, THREAD_SENDING, deadline);
	return endpoint->server == NONE ? NULL : &thread_table[endpoint->server];
}

static status_t call_slow(struct cpu *cpu, struct thread *current, struct cap *cap, handle_t handle,
                          uint64_t tag, const struct message_caps *caps)
{
	struct endpoint *endpoint = &endpoint_table[cap->object];
	deadline_t deadline = current->regs.arg[6];
	uint8_t priority = current->priority;
	struct thread *server = NULL;
	struct thread *lend_to = NULL;
	status_t status = SYSCALL_BLOCKED;
	lock_acquire(&endpoint->lock, LOCK_ENDPOINT);
	if (!cap_current(cap, handle, &endpoint->object))
		status = STATUS_BAD_HANDLE;
	else if (__atomic_load_n(&endpoint->receivers, __ATOMIC_SEQ_CST) == 0)
		status = STATUS_GONE;
	else if (endpoint->receiver_head != NONE)
		server = call_deliver(cpu, endpoint, current, cap, tag, deadline);
	else if (deadline == DEADLINE_NOW)
		status = STATUS_TIMED_OUT;
	else
		lend_to = call_enqueue(cpu, endpoint, current, cap, tag, deadline);
	lock_release(&endpoint->lock, LOCK_ENDPOINT);
	if (status != SYSCALL_BLOCKED)
		return status;
	if (lend_to != NULL)
		sched_raise(lend_to, priority);
	if (server != NULL)
		message_pass_caps(server, caps);
	sched_check_dying(current);
	if (server != NULL)
		thread_wake(server, STATUS_OK);
	return SYSCALL_BLOCKED;
}

status_t sys_call(struct thread *current)
{
	struct cap *cap;
	handle_t handle = current->regs.arg[0];
	uint64_t tag = current->regs.arg[1];
	status_t status = cap_lookup(current, handle, OBJECT_ENDPOINT, RIGHT_SEND, &cap);
	if (CC_UNLIKELY(status != STATUS_OK))
		return status;
	struct cpu *cpu = arch_cpu_self();
	struct message_caps caps;
	caps.count = 0;
	if (CC_UNLIKELY(!message_is_short(tag))) {
		status = message_check(current, tag, &caps);
		if (status != STATUS_OK)
			return status;
		if (caps.count != 0)
			return call_slow(cpu, current, cap, handle, tag, &caps);
	}
	struct endpoint *endpoint = &endpoint_table[cap->object];
	lock_acquire(&endpoint->lock, LOCK_ENDPOINT);
	if (CC_UNLIKELY(endpoint->receiver_head == NONE || !cap_current(cap, handle, &endpoint->object))) {
		lock_release(&endpoint->lock, LOCK_ENDPOINT);
		return call_slow(cpu, current, cap, handle, tag, &caps);
	}
	struct thread *server = call_deliver(cpu, endpoint, current, cap, tag, current->regs.arg[6]);
	lock_release(&endpoint->lock, LOCK_ENDPOINT);
	sched_check_dying(current);
	if (CC_LIKELY(sched_can_hand_off(cpu, server))) {
		sched_hand_off(cpu, server);
		return SYSCALL_SWITCHED;
	}
	thread_wake(server, STATUS_OK);
	return SYSCALL_BLOCKED;
}

/* Keep a message for later. [e] held; there is room by reservation. */
static void send_enqueue(struct endpoint *endpoint, const struct thread *current, const struct cap *cap,
                         uint64_t tag, uint32_t slot)
{
	struct queued *queued = &queued_table[slot];
	uint64_t *words = (uint64_t *)(void *)queued->payload;
	const uint64_t *page = (const uint64_t *)(const void *)current->page->payload;
	queued->next = NONE;
	queued->cap = (uint32_t)(cap - cap_table);
	queued->tag = tag;
	queued->badge = cap->badge;
	queued->sender = current->owner->principal;
	for (uint32_t i = 0; i < MESSAGE_WORDS; i++)
		words[i] = current->regs.arg[2u + i];
	for (uint32_t i = MESSAGE_WORDS; i < (MESSAGE_LENGTH(tag) + 7u) / 8u; i++)
		words[i] = page[i];
	if (endpoint->queued_tail == NONE)
		endpoint->queued_head = slot;
	else
		queued_table[endpoint->queued_tail].next = slot;
	endpoint->queued_tail = slot;
	endpoint->queued_count++;
}

/* [e] held. Sets *out_server when somebody waits. */
static status_t send_locked(struct endpoint *endpoint, struct thread *current, const struct cap *cap,
                            uint64_t tag, struct thread **out_server)
{
	uint32_t slot;
	if (__atomic_load_n(&endpoint->receivers, __ATOMIC_SEQ_CST) == 0)
		return STATUS_GONE;
	if (endpoint->receiver_head != NONE) {
		struct thread *server = endpoint_take_receiver(endpoint);
		message_copy(server, current, tag | (uint64_t)MESSAGE_SEND << 24);
		server->regs.arg[6] = cap->badge;
		server->regs.arg[7] = HANDLE_NONE;
		*out_server = server;
		return STATUS_OK;
	}
	if (endpoint->queued_count >= endpoint->queue_depth)
		return STATUS_FULL;
	if (table_take(&queued_slots, NONE, &slot) != STATUS_OK)
		return STATUS_FULL;
	send_enqueue(endpoint, current, cap, tag, slot);
	return STATUS_OK;
}

status_t sys_send(struct thread *current)
{
	struct cap *cap;
	struct message_caps caps;
	struct thread *server = NULL;
	handle_t handle = current->regs.arg[0];
	uint64_t tag = current->regs.arg[1];
	status_t status = cap_lookup(current, handle, OBJECT_ENDPOINT, RIGHT_SEND, &cap);
	if (status != STATUS_OK)
		return status;
	if (MESSAGE_CAPS(tag) != 0)
		return STATUS_INVALID; /* capabilities go by call: a queue would have to keep them alive */
	if (!message_is_short(tag) && (status = message_check(current, tag, &caps)) != STATUS_OK)
		return status;
	struct endpoint *endpoint = &endpoint_table[cap->object];
	lock_acquire(&endpoint->lock, LOCK_ENDPOINT);
	if (cap_current(cap, handle, &endpoint->object))
		status = send_locked(endpoint, current, cap, tag, &server);
	else
		status = STATUS_BAD_HANDLE;
	lock_release(&endpoint->lock, LOCK_ENDPOINT);
	if (status == STATUS_OK && ++arch_cpu_self()->ipc % AUDIT_SAMPLE_EVERY == 0)
		audit_message(AUDIT_IPC_SEND, current, cap, server == NULL ? NONE : server->process, tag);
	if (server != NULL)
		thread_wake(server, STATUS_OK);
	return status;
}
