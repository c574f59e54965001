/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The end of channels. A side that closes loses its pages at once. If the other
 * is attached it is told and gets a grace period; when it closes too, or the
 * period is over, the shared pages are mapped nowhere and go.
 *
 * Each step is decided under the channel's lock and carried out after it; what
 * carries it out holds references of its own.
 */
#include "channel_priv.h"
#include <kernel/aspace.h>
#include <kernel/audit.h>
#include <kernel/memory.h>
#include <kernel/process.h>
#include <kernel/timer.h>

/* `subject`: id of the process whose step it was, 0 the kernel's. */
static void audit_closed(const struct channel *channel, uint64_t subject)
{
	audit_emit(AUDIT_CHANNEL_CLOSED, subject, (uint64_t)(channel - channel_table), channel->pages,
	           clock_now() - channel->created_ns, 0, 0);
}

static void remains_release(const struct remains *remains)
{
	if (remains->memory != NONE)
		object_release(OBJECT_MEMORY, remains->memory);
	if (remains->tombstone != NONE)
		object_release(OBJECT_MEMORY, remains->tombstone);
}

static void withdraw(uint32_t memory, uint32_t process, uint32_t replacement)
{
	struct mapping_filter filter = {.process = process, .cap = NONE};
	if (memory != NONE && process != NONE)
		aspace_withdraw(MAPPING_MEMORY, memory, &filter, replacement);
}

/* One side's step, decided under the lock. */
struct closing {
	struct remains remains; /* when it was the last step */
	uint32_t memory;        /* retained: where this side's pages are */
	uint32_t process;
	bool began;             /* the other side now has its grace period */
	struct doorbell other;
};

static status_t close_locked(struct channel *channel, uint32_t slot, struct closing *closing)
{
	const struct channel_side *side = &channel->side[slot];
	const struct channel_side *other = &channel->side[1u - slot];
	uint32_t memory = channel->memory;
	if (!channel_side_leave(channel, slot, &closing->remains))
		return STATUS_CLOSED;
	closing->memory = memory;
	closing->process = side->process;
	closing->other = doorbell_of(other, CHANNEL_CLOSING_BIT);
	object_retain(OBJECT_MEMORY, memory);
	closing->began = channel->state == CHANNEL_CLOSING;
	if (closing->began)
		audit_emit(AUDIT_CHANNEL_CLOSING, side->process_id, (uint64_t)(channel - channel_table),
		           channel->pages, 0, 0, 0);
	else
		audit_closed(channel, side->process_id);
	return STATUS_OK;
}

status_t channel_side_close(uint32_t slot, uint32_t side)
{
	struct channel *channel = &channel_table[slot];
	struct closing closing;
	lock_acquire(&channel->lock, LOCK_CHANNEL);
	status_t status = close_locked(channel, side, &closing);
	lock_release(&channel->lock, LOCK_CHANNEL);
	if (status != STATUS_OK)
		return status;
	withdraw(closing.memory, closing.process, NONE);
	object_release(OBJECT_MEMORY, closing.memory);
	if (closing.began)
		grace_insert(slot);
	else
		grace_remove(slot);
	remains_release(&closing.remains);
	doorbell_ring(&closing.other);
	return STATUS_OK;
}

status_t channel_close(uint32_t slot, uint32_t process)
{
	struct channel *channel = &channel_table[slot];
	lock_acquire(&channel->lock, LOCK_CHANNEL);
	uint32_t side = channel_side_of(channel, process);
	lock_release(&channel->lock, LOCK_CHANNEL);
	return side == NONE ? STATUS_DENIED : channel_side_close(slot, side);
}

void channel_expire(uint32_t slot)
{
	struct channel *channel = &channel_table[slot];
	struct remains remains = {NONE, NONE};
	struct doorbell first = {.notification = NONE};
	uint32_t process = NONE;
	lock_acquire(&channel->lock, LOCK_CHANNEL);
	uint32_t late = channel->side[0].closed ? 1u : 0u;
	if (channel->state == CHANNEL_CLOSING && channel_side_leave(channel, late, &remains)) {
		process = channel->side[late].process;
		first = doorbell_of(&channel->side[1u - late], CHANNEL_CLOSING_BIT);
		if (process != NONE)
			memory_set_payer(remains.tombstone, process);
		audit_closed(channel, 0);
	}
	lock_release(&channel->lock, LOCK_CHANNEL);
	withdraw(remains.memory, process, remains.tombstone);
	remains_release(&remains);
	doorbell_ring(&first);
}

/* Close a process's side of one channel and forget its doorbell. */
static void side_gone(uint32_t slot, uint32_t process)
{
	struct channel *channel = &channel_table[slot];
	uint32_t notification = NONE;
	lock_acquire(&channel->lock, LOCK_CHANNEL);
	uint32_t side = channel_side_of(channel, process);
	if (side != NONE) {
		notification = channel->side[side].notification;
		channel->side[side].notification = NONE;
	}
	lock_release(&channel->lock, LOCK_CHANNEL);
	if (notification != NONE)
		object_release(OBJECT_NOTIFICATION, notification);
	if (side != NONE)
		channel_side_close(slot, side);
}

void channel_process_gone(uint32_t process)
{
	uint64_t id = process_of(process)->id;
	uint32_t used = object_tables[OBJECT_CHANNEL].fresh;
	for (uint32_t slot = 0; slot < used; slot++) {
		struct channel *channel = &channel_table[slot];
		uint32_t generation = __atomic_load_n(&channel->object.generation, __ATOMIC_ACQUIRE);
		if ((generation & 1u) == 0 ||
		    (channel->side[0].process_id != id && channel->side[1].process_id != id) ||
		    !object_retain_if(OBJECT_CHANNEL, slot, generation))
			continue;
		side_gone(slot, process);
		object_release(OBJECT_CHANNEL, slot);
	}
}

/* Nobody can name it any more: the creator's pages go, a peer that still looks sees zeroes. */
void channel_destroy(uint32_t slot)
{
	struct channel *channel = &channel_table[slot];
	struct remains remains;
	if (channel->state != CHANNEL_CLOSED)
		audit_closed(channel, 0);
	channel_end(channel, &remains);
	if (remains.tombstone != NONE && channel->side[1].process != NONE)
		memory_set_payer(remains.tombstone, channel->side[1].process);
	withdraw(remains.memory, channel->side[0].process, NONE);
	withdraw(remains.memory, channel->side[1].process, remains.tombstone);
	remains_release(&remains);
	for (uint32_t side = 0; side < 2; side++)
		if (channel->side[side].notification != NONE)
			object_release(OBJECT_NOTIFICATION, channel->side[side].notification);
	channel->side[0].process_id = 0;
	channel->side[1].process_id = 0;
	table_give(&object_tables[OBJECT_CHANNEL], slot);
}
