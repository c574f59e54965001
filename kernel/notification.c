/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Notifications. Bits are or-ed in before any lock is taken and exchanged for
 * zero by whoever delivers them, so none is lost and none arrives twice. A
 * bound notification is delivered by recv on its endpoint instead of
 * notification_wait.
 */
#include "endpoint_priv.h"
#include "thread_queue.h"
#include <kernel/notification.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>

/* The waiter that takes the bits, claimed; NULL if there is none or nothing to take. [n] held. */
static struct thread *take_waiter(struct notification *notification)
{
	uint32_t slot = notification->waiter_head;
	if (slot == NONE)
		return NULL;
	uint64_t bits = __atomic_exchange_n(&notification->bits, 0, __ATOMIC_ACQ_REL);
	if (bits == 0)
		return NULL;
	struct thread *thread = &thread_table[slot];
	thread_queue_remove(&notification->waiter_head, &notification->waiter_tail, thread);
	__atomic_store_n(&thread->wait, WAIT_WITH(thread->wait, THREAD_READY), __ATOMIC_RELEASE);
	thread->regs.arg[1] = bits;
	return thread;
}

/* Set bits; returns whom they are delivered to, claimed, or NULL. [n] held. */
static CC_NOINLINE struct thread *deliver(struct notification *notification, uint64_t bits)
{
	__atomic_fetch_or(&notification->bits, bits, __ATOMIC_SEQ_CST);
	if (notification->endpoint != NONE)
		return endpoint_take_notified(notification->endpoint, notification);
	return take_waiter(notification);
}

static void signal_locked(struct notification *notification, uint64_t bits)
{
	struct thread *thread = deliver(notification, bits);
	if (thread != NULL)
		thread_wake(thread, STATUS_OK);
}

CC_COLD void notification_signal(uint32_t slot, uint64_t bits)
{
	struct notification *notification = &notification_table[slot];
	lock_acquire(&notification->lock, LOCK_NOTIFICATION);
	signal_locked(notification, bits);
	lock_release(&notification->lock, LOCK_NOTIFICATION);
}

CC_COLD void notification_signal_if(uint32_t slot, uint32_t generation, uint64_t bits)
{
	struct notification *notification = &notification_table[slot];
	lock_acquire(&notification->lock, LOCK_NOTIFICATION);
	if (notification->object.generation == generation)
		signal_locked(notification, bits);
	lock_release(&notification->lock, LOCK_NOTIFICATION);
}

CC_COLD void notification_expired(uint32_t slot)
{
	struct notification *notification = &notification_table[slot];
	lock_acquire(&notification->lock, LOCK_NOTIFICATION);
	if (notification->object.generation & 1u)
		signal_locked(notification, notification->timer_bits);
	lock_release(&notification->lock, LOCK_NOTIFICATION);
}

/* Any signal, from where the notification's lock is held: that the capability named when it was found. A waiter of
 * higher priority gets the CPU at once, without a way through the run queue. */
static CC_NOINLINE struct thread *signal_through(struct thread *current, struct notification *notification,
                                                 const struct cap *cap, uint64_t bits)
{
	bool named = cap_current(cap, current->regs.arg[0], &notification->object);
	struct thread *waiter = named ? deliver(notification, bits) : NULL;
	lock_release(&notification->lock, LOCK_NOTIFICATION);
	if (waiter == NULL)
		return syscall_finish(current, named ? STATUS_OK : STATUS_BAD_HANDLE);
	thread_answer(waiter, STATUS_OK);
	current->regs.arg[0] = STATUS_OK;
	return sched_give_way(arch_cpu_self(), current, waiter);
}

static CC_COLD struct thread *signal_contended(struct thread *current, struct notification *notification,
                                               const struct cap *cap, uint64_t bits, uint32_t ticket)
{
	lock_await(&notification->lock, ticket);
	return signal_through(current, notification, cap, bits);
}

static CC_COLD struct thread *signal_refuse(struct thread *current)
{
	return syscall_finish(current, cap_refuse(current, current->regs.arg[0], OBJECT_NOTIFICATION, RIGHT_SIGNAL));
}

/* Where nobody waits, no function is called: no stack frame. */
struct thread *notification_signal_by_handle(struct thread *current)
{
	handle_t handle = current->regs.arg[0];
	struct cap *cap = cap_find(current, handle, OBJECT_NOTIFICATION, RIGHT_SIGNAL);
	if (CC_UNLIKELY(cap == NULL))
		return signal_refuse(current);
	uint64_t bits = cap->badge != 0 ? cap->badge : current->regs.arg[1];
	struct notification *notification = &notification_table[cap->object];
	uint32_t ticket = lock_draw(&notification->lock, LOCK_NOTIFICATION);
	if (CC_UNLIKELY(!lock_serves(&notification->lock, ticket)))
		return signal_contended(current, notification, cap, bits, ticket);
	if (!cap_current(cap, handle, &notification->object) || notification->endpoint != NONE ||
	    notification->waiter_head != NONE)
		return signal_through(current, notification, cap, bits);
	__atomic_fetch_or(&notification->bits, bits, __ATOMIC_SEQ_CST);
	lock_release(&notification->lock, LOCK_NOTIFICATION);
	current->regs.arg[0] = STATUS_OK;
	return current;
}

/* Publish the current thread as waiting. [n] held. */
static void wait_publish(struct notification *notification, struct thread *current,
                         const struct cap *cap, deadline_t deadline)
{
	uint64_t wait = WAIT_NEXT(current->wait, THREAD_WAITING);
	current->wait_object = (uint32_t)(notification - notification_table);
	current->wait_cap = cap;
	if (deadline != DEADLINE_NEVER)
		timer_set(thread_slot(current), deadline, wait);
	thread_queue_append(&notification->waiter_head, &notification->waiter_tail, current);
	__atomic_store_n(&current->wait, wait, __ATOMIC_RELEASE);
}

CC_COLD status_t sys_notification_wait(struct thread *current)
{
	struct cap *cap;
	handle_t handle = current->regs.arg[0];
	deadline_t deadline = current->regs.arg[1];
	status_t status = cap_lookup(current, handle, OBJECT_NOTIFICATION, RIGHT_WAIT, &cap);
	if (status != STATUS_OK)
		return status;
	struct notification *notification = &notification_table[cap->object];
	sched_leave(arch_cpu_self(), current);
	lock_acquire(&notification->lock, LOCK_NOTIFICATION);
	uint64_t bits = 0;
	if (!cap_current(cap, handle, &notification->object))
		status = STATUS_BAD_HANDLE;
	else if (notification->endpoint != NONE)
		status = STATUS_BUSY;
	else if ((bits = __atomic_exchange_n(&notification->bits, 0, __ATOMIC_ACQ_REL)) != 0)
		current->regs.arg[1] = bits;
	else if (deadline == DEADLINE_NOW)
		status = STATUS_TIMED_OUT;
	else
		wait_publish(notification, current, cap, deadline), status = SYSCALL_BLOCKED;
	lock_release(&notification->lock, LOCK_NOTIFICATION);
	if (status == SYSCALL_BLOCKED)
		sched_check_dying(current);
	else
		arch_fpu_enter(arch_cpu_self(), &current->fpu);
	return status;
}

bool notification_valid(const struct notification *notification)
{
	if ((notification->object.generation & 1u) == 0)
		return true;
	uint32_t slot = (uint32_t)(notification - notification_table);
	if (notification->endpoint != NONE && notification->waiter_head != NONE)
		return false;
	return thread_queue_valid(notification->waiter_head, notification->waiter_tail, THREAD_WAITING,
	                          slot);
}
