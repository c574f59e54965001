/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notifications: how they begin and end, and their timers; what is measured is in notification.c. */
#include <kernel/notification.h>
#include <kernel/panic.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>

void notification_destroy(uint32_t slot)
{
	struct notification *notification = &notification_table[slot];
	timer_cancel(TIMER_NOTIFICATION(slot));
	ASSERT(notification->waiter_head == NONE && notification->endpoint == NONE);
	table_give(&object_tables[OBJECT_NOTIFICATION], slot);
}

void notification_cap_died(uint32_t slot, uint32_t cap)
{
	struct notification *notification = &notification_table[slot];
	lock_acquire(&notification->lock, LOCK_NOTIFICATION);
	lock_release(&notification->lock, LOCK_NOTIFICATION);
	thread_cap_died(cap);
}

status_t sys_notification_create(struct thread *current)
{
	uint32_t slot;
	status_t status = object_take(OBJECT_NOTIFICATION, current->process, &slot);
	if (status != STATUS_OK)
		return status;
	struct notification *notification = &notification_table[slot];
	notification->bits = 0;
	notification->endpoint = NONE;
	notification->waiter_head = NONE;
	notification->waiter_tail = NONE;
	notification->timer.cpu = CPU_NONE;
	handle_t handle;
	status = cap_create(current->process, OBJECT_NOTIFICATION, slot, RIGHTS_ALL, 0, &handle);
	if (status != STATUS_OK)
		object_release(OBJECT_NOTIFICATION, slot);
	else
		current->regs.arg[1] = handle;
	return status;
}

status_t sys_notification_timer(struct thread *current)
{
	struct cap *cap;
	handle_t handle = current->regs.arg[0];
	deadline_t deadline = current->regs.arg[1];
	status_t status = cap_lookup(current, handle, OBJECT_NOTIFICATION, RIGHT_WAIT, &cap);
	if (status != STATUS_OK)
		return status;
	if (current->regs.arg[2] == 0 && deadline != DEADLINE_NEVER)
		return STATUS_INVALID;
	struct notification *notification = &notification_table[cap->object];
	lock_acquire(&notification->lock, LOCK_NOTIFICATION);
	if (cap_current(cap, handle, &notification->object)) {
		notification->timer_bits = current->regs.arg[2];
		timer_set(TIMER_NOTIFICATION(cap->object), deadline, 0);
	} else {
		status = STATUS_BAD_HANDLE;
	}
	lock_release(&notification->lock, LOCK_NOTIFICATION);
	return status;
}
