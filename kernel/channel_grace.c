/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Closing channels and their time. All grace periods are equally long, so the
 * list is in order of expiry and one timer serves it. The list holds a reference
 * to each channel in it. Its lock is never held together with a channel's.
 */
#include "channel_priv.h"
#include <kernel/timer.h>

static struct lock grace_lock;      /* W: LOCK_CHANNEL */
static uint32_t grace_head = NONE;  /* [W] */
static uint32_t grace_tail = NONE;  /* [W] */

/* The list's order is the order of time, so only the first needs the timer. */
static void grace_arm(void)
{
	timer_set(TIMER_GRACE, grace_head == NONE ? DEADLINE_NEVER : channel_table[grace_head].grace_end, 0);
}

void grace_insert(uint32_t slot)
{
	struct channel *channel = &channel_table[slot];
	object_retain(OBJECT_CHANNEL, slot);
	lock_acquire(&grace_lock, LOCK_CHANNEL);
	channel->grace_end = clock_now() + CHANNEL_CLOSE_GRACE_NS;
	channel->grace_next = NONE;
	channel->grace_listed = true;
	if (grace_tail == NONE)
		grace_head = slot;
	else
		channel_table[grace_tail].grace_next = slot;
	grace_tail = slot;
	if (grace_head == slot)
		grace_arm();
	lock_release(&grace_lock, LOCK_CHANNEL);
}

/* [W] held. */
static bool grace_unlink(uint32_t slot)
{
	uint32_t before = NONE;
	for (uint32_t at = grace_head; at != NONE; before = at, at = channel_table[at].grace_next) {
		if (at != slot)
			continue;
		if (before == NONE)
			grace_head = channel_table[slot].grace_next;
		else
			channel_table[before].grace_next = channel_table[slot].grace_next;
		if (grace_tail == slot)
			grace_tail = before;
		channel_table[slot].grace_listed = false;
		return true;
	}
	return false;
}

void grace_remove(uint32_t slot)
{
	bool listed = false;
	lock_acquire(&grace_lock, LOCK_CHANNEL);
	if (channel_table[slot].grace_listed)
		listed = grace_unlink(slot);
	lock_release(&grace_lock, LOCK_CHANNEL);
	if (listed)
		object_release(OBJECT_CHANNEL, slot);
}

/* Take the first channel out of the list if its time has come. */
static uint32_t grace_take(deadline_t now)
{
	lock_acquire(&grace_lock, LOCK_CHANNEL);
	uint32_t slot = grace_head;
	if (slot != NONE && channel_table[slot].grace_end <= now)
		grace_unlink(slot);
	else
		slot = NONE;
	lock_release(&grace_lock, LOCK_CHANNEL);
	return slot;
}

deadline_t channel_grace(deadline_t now)
{
	for (uint32_t slot = grace_take(now); slot != NONE; slot = grace_take(now)) {
		channel_expire(slot);
		object_release(OBJECT_CHANNEL, slot);
	}
	lock_acquire(&grace_lock, LOCK_CHANNEL);
	deadline_t next = grace_head == NONE ? DEADLINE_NEVER : channel_table[grace_head].grace_end;
	grace_arm();
	lock_release(&grace_lock, LOCK_CHANNEL);
	return next;
}
