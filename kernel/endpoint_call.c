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

/* Deadline, FPU state and time of a thread that is about to be published as blocked. */
CC_INLINE void call_leave(struct cpu *cpu, struct thread *current, uint64_t wait)
{
	deadline_t deadline = current->regs.arg[6];
	sched_leave(cpu, current);
	if (CC_UNLIKELY(deadline != DEADLINE_NEVER))
		timer_set(thread_slot(current), deadline, wait);
}

/* The message and what goes with it, to a server the caller owns. Returns what the caller waits for, which is
 * still to be published. [e] held. */
CC_INLINE uint64_t call_deliver(struct thread *server, struct thread *current, const struct cap *cap,
                                uint64_t tag)
{
	uint64_t wait = WAIT_NEXT(current->wait, THREAD_REPLYING);
	server->regs.arg[0] = STATUS_OK;
	server->regs.arg[6] = cap->badge;
	server->regs.arg[7] = reply_handle(thread_slot(current), wait);
	message_copy(server, current, tag);
	current->reply_holder = server->process;
	current->reply_server = thread_slot(server);
	current->wait_cap = cap;
	if (server->priority < current->priority)
		server->priority = current->priority;
	return wait;
}

/* Nobody receives yet: queue the caller, and lend its priority to the server. [e] held. */
static struct thread *call_enqueue(struct cpu *cpu, struct endpoint *endpoint, struct thread *current,
                                   const struct cap *cap, uint64_t tag)
{
	uint64_t wait = WAIT_NEXT(current->wait, THREAD_SENDING);
	current->regs.arg[1] = tag;
	current->wait_object = (uint32_t)(endpoint - endpoint_table);
	current->wait_badge = cap->badge;
	current->wait_cap = cap;
	call_leave(cpu, current, wait);
	thread_queue_append(&endpoint->sender_head, &endpoint->sender_tail, current);
	__atomic_store_n(&current->wait, wait, __ATOMIC_RELEASE);
	return endpoint->server == NONE ? NULL : &thread_table[endpoint->server];
}

/* The server waits. [e] held; returns it, claimed. */
static struct thread *call_hand(struct cpu *cpu, struct endpoint *endpoint, struct thread *current,
                                const struct cap *cap, uint64_t tag)
{
	struct thread *server = endpoint_take_receiver(endpoint);
	uint64_t wait = call_deliver(server, current, cap, tag);
	if (++cpu->ipc % AUDIT_SAMPLE_EVERY == 0)
		audit_message(AUDIT_IPC_CALL, current, cap, server->process, tag);
	call_leave(cpu, current, wait);
	__atomic_store_n(&current->wait, wait, __ATOMIC_RELEASE);
	return server;
}

/* Any call, from where the endpoint's lock is held: the endpoint that the capability named when it was found. It may
 * name another by now, which cap_current tells. */
static struct thread *call_locked(struct thread *current, struct endpoint *endpoint, struct cap *cap,
                                  const struct message_caps *caps)
{
	struct cpu *cpu = arch_cpu_self();
	handle_t handle = current->regs.arg[0];
	uint64_t tag = current->regs.arg[1];
	uint8_t priority = current->priority;
	struct thread *server = NULL;
	struct thread *lend_to = NULL;
	status_t status = SYSCALL_BLOCKED;
	if (!cap_current(cap, handle, &endpoint->object))
		status = STATUS_BAD_HANDLE;
	else if (__atomic_load_n(&endpoint->receivers, __ATOMIC_SEQ_CST) == 0)
		status = STATUS_GONE;
	else if (endpoint->receiver_head != NONE)
		server = call_hand(cpu, endpoint, current, cap, tag);
	else if (current->regs.arg[6] == DEADLINE_NOW)
		status = STATUS_TIMED_OUT;
	else
		lend_to = call_enqueue(cpu, endpoint, current, cap, tag);
	lock_release(&endpoint->lock, LOCK_ENDPOINT);
	if (status != SYSCALL_BLOCKED)
		return syscall_finish(current, status);
	if (lend_to != NULL)
		sched_raise(lend_to, priority);
	if (server != NULL)
		message_pass_caps(server, caps);
	if (server != NULL && sched_may_run_here(cpu, server, server->priority)) {
		sched_claim_here(cpu, server, server->wait);
		return sched_hand_over(cpu, current, server);
	}
	sched_check_dying(current);
	if (server != NULL)
		sched_ready(server);
	return sched_next(cpu);
}

/* Any call, from where its capability was found. */
static CC_COLD struct thread *call_general(struct thread *current, struct cap *cap)
{
	struct message_caps caps;
	uint64_t tag = current->regs.arg[1];
	status_t status = message_check(current, tag, &caps);
	if (status != STATUS_OK)
		return syscall_finish(current, status);
	struct endpoint *endpoint = &endpoint_table[cap->object];
	lock_acquire(&endpoint->lock, LOCK_ENDPOINT);
	return call_locked(current, endpoint, cap, &caps);
}

/* Somebody else has the endpoint's lock. */
static CC_COLD struct thread *call_contended(struct thread *current, struct endpoint *endpoint, struct cap *cap,
                                             uint32_t ticket)
{
	lock_await(&endpoint->lock, ticket);
	return call_locked(current, endpoint, cap, &message_no_caps);
}

/* No function is called on the hot path, so that it needs no stack and keeps no registers. */
struct thread *endpoint_call(struct thread *current)
{
	struct cpu *cpu = arch_cpu_self();
	handle_t handle = current->regs.arg[0];
	uint64_t tag = current->regs.arg[1];
	struct cap *cap = cap_find(current, handle, OBJECT_ENDPOINT, RIGHT_SEND);
	if (CC_UNLIKELY(cap == NULL))
		return endpoint_refuse(current, RIGHT_SEND);
	/* One message of AUDIT_SAMPLE_EVERY is recorded: not on this path. */
	if (CC_UNLIKELY(!message_is_plain(tag) || current->regs.arg[6] != DEADLINE_NEVER ||
	                arch_fpu_held(cpu, &current->fpu) || (cpu->ipc + 1u) % AUDIT_SAMPLE_EVERY == 0))
		return call_general(current, cap);
	struct endpoint *endpoint = &endpoint_table[cap->object];
	uint32_t ticket = lock_draw(&endpoint->lock, LOCK_ENDPOINT);
	if (CC_UNLIKELY(!lock_serves(&endpoint->lock, ticket)))
		return call_contended(current, endpoint, cap, ticket);
	if (CC_UNLIKELY(endpoint->receiver_head == NONE || !cap_current(cap, handle, &endpoint->object)))
		return call_locked(current, endpoint, cap, &message_no_caps);
	struct thread *server = &thread_table[endpoint->receiver_head];
	if (CC_UNLIKELY(!sched_may_run_here(cpu, server, server->priority)))
		return call_locked(current, endpoint, cap, &message_no_caps);
	endpoint_unlink_receiver(endpoint, server);
	sched_claim_here(cpu, server, server->wait);
	uint64_t wait = call_deliver(server, current, cap, tag);
	cpu->ipc++;
	sched_account(cpu, current);
	__atomic_store_n(&current->wait, wait, __ATOMIC_RELEASE);
	lock_release(&endpoint->lock, LOCK_ENDPOINT);
	return sched_hand_over(cpu, current, server);
}

struct thread *endpoint_refuse(struct thread *current, uint32_t rights)
{
	return syscall_finish(current, cap_refuse(current, current->regs.arg[0], OBJECT_ENDPOINT, rights));
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
	principal_stamp(&queued->sender, current->owner);
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
	if (!message_is_plain(tag) && (status = message_check(current, tag, &caps)) != STATUS_OK)
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
