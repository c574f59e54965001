/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * call. The hot path is a call to an endpoint whose server waits: the
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
#include <kernel/loan.h>
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
	if ((tag & MESSAGE_LEND) != 0)
		loan_begin(server, current);
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
	if (server != NULL && caps->count != 0)
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
	status_t status = message_check(current, tag & ~MESSAGE_LEND, &caps);
	if (status == STATUS_OK && (tag & MESSAGE_LEND) != 0 && !loan_ready(current))
		status = STATUS_INVALID; /* it was never touched */
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
