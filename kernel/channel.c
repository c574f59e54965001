/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Channels in use: creation, attaching, doorbells. The teardown is in
 * channel_close.c.
 *
 * The channel's lock comes after those of address spaces and memory objects, so
 * mapping happens outside it: a side is claimed under the lock, mapped without,
 * and looked at again. Who asks is decided by process id for the creator and by
 * principal for the peer; the kernel compares principals for equality and reads
 * nothing else into them.
 */
#include "channel_priv.h"
#include <kernel/aspace.h>
#include <kernel/audit.h>
#include <kernel/memory.h>
#include <kernel/notification.h>
#include <kernel/principal.h>
#include <kernel/process.h>
#include <kernel/timer.h>

static void side_fill(struct channel_side *side, uint64_t process_id)
{
	side->process = NONE;
	side->process_id = process_id;
	side->address = 0;
	side->notification = NONE;
	side->bits = 0;
	side->closed = false;
}

static void channel_fill(struct channel *channel, uint32_t process, uint64_t pages, enum channel_role role,
                         const struct aid *peer)
{
	const struct process *creator = process_of(process);
	channel->state = CHANNEL_OPEN;
	channel->role = (uint32_t)role;
	channel->pages = pages;
	channel->created_ns = clock_now();
	channel->memory = NONE;
	channel->tombstone = NONE;
	side_fill(&channel->side[0], creator->id);
	side_fill(&channel->side[1], 0);
	principal_stamp(&channel->side[0].principal, creator);
	channel->side[1].principal = *peer;
	channel->grace_end = DEADLINE_NEVER;
	channel->grace_next = NONE;
	channel->grace_listed = false;
}

status_t channel_new(uint32_t process, uint64_t pages, enum channel_role role, const struct aid *peer,
                     uint32_t *out_channel)
{
	uint32_t slot;
	if (pages == 0 || pages > CHANNEL_PAGES_MAX || role > CHANNEL_BOTH)
		return STATUS_INVALID;
	status_t status = object_take(OBJECT_CHANNEL, process, &slot);
	if (status != STATUS_OK)
		return status;
	struct channel *channel = &channel_table[slot];
	channel_fill(channel, process, pages, role, peer);
	status = memory_new(process, pages, &channel->memory);
	if (status == STATUS_OK)
		status = memory_new(process, pages, &channel->tombstone);
	if (status != STATUS_OK) {
		object_release(OBJECT_CHANNEL, slot);
		return status;
	}
	audit_emit(AUDIT_CHANNEL_CREATED, process_of(process)->id, slot, pages, (uint64_t)role, 0, 0);
	*out_channel = slot;
	return STATUS_OK;
}

uint32_t channel_side_of(const struct channel *channel, uint32_t process)
{
	uint64_t id = process_of(process)->id;
	if (channel->side[0].process_id == id)
		return 0;
	return channel->side[1].process_id == id ? 1u : NONE;
}

_Static_assert(PROT_READ == (int)RIGHT_READ && PROT_WRITE == (int)RIGHT_WRITE, "access is named once");

static uint32_t side_prot(const struct channel *channel, uint32_t side)
{
	bool writes = channel->role == CHANNEL_BOTH ||
	              (channel->role == CHANNEL_PRODUCER ? side == 0 : side == 1);
	return writes ? PROT_READ | PROT_WRITE : PROT_READ;
}

/* What an attaching process takes out of the lock: references to channel and memory, and what to map. */
struct claim {
	uint32_t channel;
	uint32_t side;
	uint32_t memory;
	uint32_t prot;
};

static status_t claim_locked(struct channel *channel, const struct cap *cap, handle_t handle, uint32_t process,
                             uint32_t *out_missing, struct claim *claim)
{
	const struct process *asking = process_of(process);
	*out_missing = 0;
	if (!cap_current(cap, handle, &channel->object))
		return STATUS_BAD_HANDLE;
	claim->side = channel_side_for(channel, asking->id, &asking->principal);
	if (claim->side == NONE)
		return STATUS_DENIED;
	claim->prot = side_prot(channel, claim->side);
	*out_missing = claim->prot & ~(uint32_t)cap->rights;
	if (*out_missing != 0)
		return STATUS_DENIED;
	status_t status = channel_side_claim(channel, claim->side, process, asking->id);
	if (status != STATUS_OK)
		return status;
	claim->memory = channel->memory;
	object_retain(OBJECT_CHANNEL, claim->channel);
	object_retain(OBJECT_MEMORY, claim->memory);
	return STATUS_OK;
}

/* Not mapped after all: the side is free again. */
static void claim_undo(const struct claim *claim)
{
	struct channel *channel = &channel_table[claim->channel];
	lock_acquire(&channel->lock, LOCK_CHANNEL);
	channel->side[claim->side].process = NONE;
	if (claim->side == 1)
		channel->side[1].process_id = 0;
	lock_release(&channel->lock, LOCK_CHANNEL);
}

/* Mapped; unless the other side closed meanwhile, in which case this one agrees at once. */
static status_t claim_commit(const struct claim *claim, uint32_t process, uint64_t address)
{
	struct channel *channel = &channel_table[claim->channel];
	lock_acquire(&channel->lock, LOCK_CHANNEL);
	channel->side[claim->side].address = address;
	bool open = channel->state == CHANNEL_OPEN;
	lock_release(&channel->lock, LOCK_CHANNEL);
	if (open) {
		audit_emit(AUDIT_CHANNEL_ATTACHED, process_of(process)->id, claim->channel, channel->pages,
		           claim->side, 0, 0);
		return STATUS_OK;
	}
	aspace_withdraw(MAPPING_MEMORY, claim->memory,
	                &(struct mapping_filter){.process = process, .cap = NONE}, NONE);
	channel_side_close(claim->channel, claim->side);
	return STATUS_CLOSED;
}

status_t channel_attach(struct cap *cap, handle_t handle, uint32_t process, uint32_t *out_missing,
                        uint64_t *out_address)
{
	struct claim claim = {.channel = cap->object};
	struct channel *channel = &channel_table[claim.channel];
	lock_acquire(&channel->lock, LOCK_CHANNEL);
	status_t status = claim_locked(channel, cap, handle, process, out_missing, &claim);
	lock_release(&channel->lock, LOCK_CHANNEL);
	if (status != STATUS_OK)
		return status;
	status = aspace_map(&process_of(process)->aspace, MAPPING_MEMORY, claim.memory, NONE, 0, 0,
	                    channel->pages, claim.prot, claim.prot, out_address);
	if (status == STATUS_OK)
		status = claim_commit(&claim, process, *out_address);
	else
		claim_undo(&claim);
	object_release(OBJECT_MEMORY, claim.memory);
	object_release(OBJECT_CHANNEL, claim.channel);
	return status;
}

status_t channel_bind(uint32_t slot, uint32_t process, uint32_t notification, uint64_t bits)
{
	struct channel *channel = &channel_table[slot];
	uint32_t old = NONE;
	status_t status = STATUS_DENIED;
	lock_acquire(&channel->lock, LOCK_CHANNEL);
	uint32_t side = channel_side_of(channel, process);
	if (side != NONE) {
		status = channel->state == CHANNEL_OPEN ? STATUS_OK : STATUS_CLOSED;
		if (status == STATUS_OK) {
			old = channel->side[side].notification;
			channel->side[side].notification = notification;
			channel->side[side].bits = bits;
		}
	}
	lock_release(&channel->lock, LOCK_CHANNEL);
	if (old != NONE)
		object_release(OBJECT_NOTIFICATION, old);
	return status;
}

struct doorbell doorbell_of(const struct channel_side *side, uint64_t more_bits)
{
	struct doorbell doorbell = {side->notification, 0, side->bits | more_bits};
	if (side->notification != NONE)
		doorbell.generation = notification_table[side->notification].object.generation;
	return doorbell;
}

void doorbell_ring(const struct doorbell *doorbell)
{
	if (doorbell->notification != NONE)
		notification_signal_if(doorbell->notification, doorbell->generation, doorbell->bits);
}

status_t channel_ring(uint32_t slot, uint32_t process)
{
	struct channel *channel = &channel_table[slot];
	struct doorbell doorbell = {.notification = NONE};
	status_t status = STATUS_DENIED;
	lock_acquire(&channel->lock, LOCK_CHANNEL);
	uint32_t side = channel_side_of(channel, process);
	if (side != NONE) {
		status = channel->state == CHANNEL_OPEN ? STATUS_OK : STATUS_CLOSED;
		if (status == STATUS_OK)
			doorbell = doorbell_of(&channel->side[1u - side], 0);
	}
	lock_release(&channel->lock, LOCK_CHANNEL);
	doorbell_ring(&doorbell);
	return status;
}

bool channel_valid(struct channel *channel)
{
	lock_acquire(&channel->lock, LOCK_CHANNEL);
	bool closed = channel->state == CHANNEL_CLOSED;
	bool one = channel->side[0].closed || channel->side[1].closed;
	bool valid = channel->state <= CHANNEL_CLOSED && (channel->state == CHANNEL_OPEN) == !one &&
	             (channel->memory == NONE) == closed && (channel->tombstone == NONE) == closed;
	lock_release(&channel->lock, LOCK_CHANNEL);
	return valid;
}
