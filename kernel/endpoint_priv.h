/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Shared by endpoint*.c and notification.c. */
#pragma once
#include "message.h"
#include "thread_queue.h"
#include <kernel/endpoint.h>
#include <kernel/notification.h>
#include <kernel/sched.h>

/* The end of a call or reply_recv whose endpoint handle (argument 0) does not do. */
CC_COLD struct thread *endpoint_refuse(struct thread *current, uint32_t rights);

/* Take the first waiting receiver out of the queue; the caller claims it. [e] held. */
CC_INLINE void endpoint_unlink_receiver(struct endpoint *endpoint, struct thread *receiver)
{
	thread_queue_remove_first(&endpoint->receiver_head, &endpoint->receiver_tail, receiver);
	endpoint->server = thread_slot(receiver);
}

/* First waiting receiver, out of the queue and claimed; the queue is not empty. [e] held. */
CC_INLINE struct thread *endpoint_take_receiver(struct endpoint *endpoint)
{
	struct thread *thread = &thread_table[endpoint->receiver_head];
	endpoint_unlink_receiver(endpoint, thread);
	__atomic_store_n(&thread->wait, WAIT_WITH(thread->wait, THREAD_READY), __ATOMIC_RELEASE);
	return thread;
}

/* If the endpoint has a waiting receiver and the notification pending bits: the receiver, claimed, with the
 * bits delivered; else NULL. The notification's lock is held. */
struct thread *endpoint_take_notified(uint32_t endpoint, struct notification *notification);
/* Results of recv for notification bits. */
CC_INLINE void deliver_bits(struct thread *to, uint64_t bits)
{
	to->regs.arg[1] = (uint64_t)MESSAGE_NOTIFICATION << 24;
	to->regs.arg[6] = bits;
	to->regs.arg[7] = HANDLE_NONE;
}
