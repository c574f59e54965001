/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Life of an endpoint: creation, binding a notification, the end of its
 * receivers, of its capabilities, of the processes that serve it. The calls
 * that move messages are in endpoint_call.c, endpoint_receive.c and endpoint_send.c.
 */
#include "endpoint_priv.h"
#include <kernel/panic.h>
#include <kernel/syscall.h>

#define QUEUE_DEPTH_MAX 64u

static uint32_t queued_reserved; /* [a] sum of all queue depths, at most the table's capacity */

static bool queue_reserve(uint32_t depth)
{
	uint32_t reserved = __atomic_add_fetch(&queued_reserved, depth, __ATOMIC_RELAXED);
	if (reserved <= queued_slots.capacity)
		return true;
	__atomic_fetch_sub(&queued_reserved, depth, __ATOMIC_RELAXED);
	return false;
}

static void endpoint_fill(struct endpoint *endpoint, uint32_t depth)
{
	endpoint->receiver_head = NONE;
	endpoint->receiver_tail = NONE;
	endpoint->sender_head = NONE;
	endpoint->sender_tail = NONE;
	endpoint->queued_head = NONE;
	endpoint->queued_tail = NONE;
	endpoint->queued_count = 0;
	endpoint->queue_depth = depth;
	endpoint->receivers = 0;
	endpoint->notification = NONE;
	endpoint->server = NONE;
	endpoint->queued_turn = false;
}

status_t sys_endpoint_create(struct thread *current)
{
	uint64_t depth = current->regs.arg[0];
	uint32_t slot;
	handle_t handle;
	if (depth > QUEUE_DEPTH_MAX)
		return STATUS_INVALID;
	if (!queue_reserve((uint32_t)depth))
		return STATUS_TABLE_FULL;
	status_t status = object_take(OBJECT_ENDPOINT, current->process, &slot);
	if (status != STATUS_OK) {
		__atomic_fetch_sub(&queued_reserved, (uint32_t)depth, __ATOMIC_RELAXED);
		return status;
	}
	endpoint_fill(&endpoint_table[slot], (uint32_t)depth);
	status = cap_create(current->process, OBJECT_ENDPOINT, slot, RIGHTS_ALL, 0, &handle);
	if (status != STATUS_OK)
		object_release(OBJECT_ENDPOINT, slot); /* gives the reservation back */
	else
		current->regs.arg[1] = handle;
	return status;
}

static void queued_drop_all(struct endpoint *endpoint)
{
	uint32_t slot = endpoint->queued_head;
	for (uint32_t dropped = 0; slot != NONE && dropped < QUEUE_DEPTH_MAX; dropped++) {
		uint32_t next = queued_table[slot].next;
		table_give(&queued_slots, slot);
		slot = next;
	}
	endpoint->queued_head = NONE;
	endpoint->queued_tail = NONE;
	endpoint->queued_count = 0;
}

void endpoint_destroy(uint32_t slot)
{
	struct endpoint *endpoint = &endpoint_table[slot];
	uint32_t bound = endpoint->notification;
	queued_drop_all(endpoint);
	if (bound != NONE) {
		struct notification *notification = &notification_table[bound];
		lock_acquire(&notification->lock, LOCK_NOTIFICATION);
		notification->endpoint = NONE;
		lock_release(&notification->lock, LOCK_NOTIFICATION);
		endpoint->notification = NONE;
		object_release(OBJECT_NOTIFICATION, bound);
	}
	__atomic_fetch_sub(&queued_reserved, endpoint->queue_depth, __ATOMIC_RELAXED);
	table_give(&object_tables[OBJECT_ENDPOINT], slot);
}

void endpoint_receiver_added(uint32_t slot)
{
	__atomic_fetch_add(&endpoint_table[slot].receivers, 1u, __ATOMIC_SEQ_CST);
}

/* Wake everybody who waits to be received: there is nobody left to receive. One at a time under the lock,
 * for the queue may be as long as the thread table. */
static void senders_gone(struct endpoint *endpoint)
{
	for (uint32_t woken = 0; woken < THREAD_MAX; woken++) {
		struct thread *thread = NULL;
		lock_acquire(&endpoint->lock, LOCK_ENDPOINT);
		if (endpoint->sender_head != NONE) {
			thread = &thread_table[endpoint->sender_head];
			thread_queue_remove(&endpoint->sender_head, &endpoint->sender_tail, thread);
			__atomic_store_n(&thread->wait, WAIT_WITH(thread->wait, THREAD_READY),
			                 __ATOMIC_RELEASE);
		} else {
			queued_drop_all(endpoint);
		}
		lock_release(&endpoint->lock, LOCK_ENDPOINT);
		if (thread == NULL)
			return;
		thread_wake(thread, STATUS_GONE);
	}
}

void endpoint_cap_died(uint32_t slot, uint32_t cap, uint32_t rights)
{
	struct endpoint *endpoint = &endpoint_table[slot];
	bool last = (rights & RIGHT_RECEIVE) != 0 &&
	            __atomic_sub_fetch(&endpoint->receivers, 1u, __ATOMIC_SEQ_CST) == 0;
	lock_acquire(&endpoint->lock, LOCK_ENDPOINT);
	lock_release(&endpoint->lock, LOCK_ENDPOINT);
	thread_cap_died(cap);
	if (last)
		senders_gone(endpoint);
}

/*
 * The endpoint a thread called, by the capability it waits through; NONE if it has gone on meanwhile. What is
 * read here may be stale, but then so is the wait word, and claiming the thread by it fails: a capability's
 * slot is not used again before everybody who waited through it was woken.
 */
static uint32_t endpoint_called(const struct thread *thread)
{
	const struct cap *cap = __atomic_load_n(&thread->wait_cap, __ATOMIC_RELAXED);
	uint32_t slot = cap == NULL ? NONE : cap->object;
	return slot < object_tables[OBJECT_ENDPOINT].capacity ? slot : NONE;
}

/* Its own capabilities are gone: whoever is left to receive takes its place. */
void endpoint_process_gone(uint32_t process)
{
	if (!process_of(process)->served)
		return;
	for (uint32_t slot = 0; slot < object_tables[OBJECT_THREAD].capacity; slot++) {
		struct thread *thread = &thread_table[slot];
		uint64_t wait = __atomic_load_n(&thread->wait, __ATOMIC_ACQUIRE);
		if (WAIT_STATE(wait) != THREAD_REPLYING || thread->reply_holder != process)
			continue;
		uint32_t endpoint = endpoint_called(thread);
		bool successor = endpoint != NONE &&
		                 __atomic_load_n(&endpoint_table[endpoint].receivers, __ATOMIC_SEQ_CST) != 0;
		if (thread_claim(thread, wait))
			thread_wake(thread, successor ? STATUS_RESTARTED : STATUS_GONE);
	}
}

/* [n] and [e] held; both objects live. */
static status_t bind_locked(struct notification *notification, struct endpoint *endpoint)
{
	if (notification->endpoint != NONE || notification->waiter_head != NONE ||
	    endpoint->notification != NONE)
		return STATUS_BUSY;
	object_retain(OBJECT_NOTIFICATION, (uint32_t)(notification - notification_table));
	endpoint->notification = (uint32_t)(notification - notification_table);
	notification->endpoint = (uint32_t)(endpoint - endpoint_table);
	return STATUS_OK;
}

status_t sys_notification_bind(struct thread *current)
{
	struct cap *cap;
	struct cap *endpoint_cap;
	handle_t handle = current->regs.arg[0];
	handle_t endpoint_handle = current->regs.arg[1];
	status_t status = cap_lookup(current, handle, OBJECT_NOTIFICATION, RIGHT_WAIT, &cap);
	if (status == STATUS_OK)
		status = cap_lookup(current, endpoint_handle, OBJECT_ENDPOINT, RIGHT_RECEIVE, &endpoint_cap);
	if (status != STATUS_OK)
		return status;
	uint32_t slot = cap->object;
	uint32_t generation = cap->object_generation;
	struct notification *notification = &notification_table[slot];
	struct endpoint *endpoint = &endpoint_table[endpoint_cap->object];
	lock_acquire(&notification->lock, LOCK_NOTIFICATION);
	lock_acquire(&endpoint->lock, LOCK_ENDPOINT);
	if (cap_current(cap, handle, &notification->object) &&
	    cap_current(endpoint_cap, endpoint_handle, &endpoint->object))
		status = bind_locked(notification, endpoint);
	else
		status = STATUS_BAD_HANDLE;
	lock_release(&endpoint->lock, LOCK_ENDPOINT);
	lock_release(&notification->lock, LOCK_NOTIFICATION);
	if (status == STATUS_OK)
		notification_signal_if(slot, generation, 0); /* a receiver may be waiting for what is pending */
	return status;
}

struct thread *endpoint_take_notified(uint32_t slot, struct notification *notification)
{
	struct endpoint *endpoint = &endpoint_table[slot];
	struct thread *thread = NULL;
	lock_acquire(&endpoint->lock, LOCK_ENDPOINT);
	if (endpoint->receiver_head != NONE) {
		uint64_t bits = __atomic_exchange_n(&notification->bits, 0, __ATOMIC_ACQ_REL);
		if (bits != 0) {
			thread = endpoint_take_receiver(endpoint);
			deliver_bits(thread, bits);
		}
	}
	lock_release(&endpoint->lock, LOCK_ENDPOINT);
	return thread;
}

bool endpoint_valid(const struct endpoint *endpoint)
{
	uint32_t object = (uint32_t)(endpoint - endpoint_table);
	uint32_t count = 0;
	if ((endpoint->object.generation & 1u) == 0)
		return true;
	for (uint32_t slot = endpoint->queued_head; slot != NONE && count <= QUEUE_DEPTH_MAX;
	     slot = queued_table[slot].next)
		count++;
	if (count != endpoint->queued_count || count > endpoint->queue_depth)
		return false;
	if (endpoint->receiver_head != NONE &&
	    (endpoint->sender_head != NONE || endpoint->queued_head != NONE))
		return false;
	return thread_queue_valid(endpoint->receiver_head, endpoint->receiver_tail, THREAD_RECEIVING,
	                          object) &&
	       thread_queue_valid(endpoint->sender_head, endpoint->sender_tail, THREAD_SENDING, object);
}
