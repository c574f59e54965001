/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The states of a channel and who may take which side: see channel_priv.h for what each step keeps. */
#include "channel_priv.h"

/*@ requires \valid_read(a) && \valid_read(b);
    assigns \nothing;
    ensures \result <==> aid_same(a, b); */
static bool same_principal(const struct aid *a, const struct aid *b)
{
	/*@ loop invariant 0 <= i <= 32;
	    loop invariant \forall integer k; 0 <= k < i ==> a->bytes[k] == b->bytes[k];
	    loop assigns i;
	    loop variant 32 - i; */
	for (uint32_t i = 0; i < sizeof a->bytes; i++)
		if (a->bytes[i] != b->bytes[i])
			return false;
	return true;
}

uint32_t channel_side_for(const struct channel *channel, uint64_t id, const struct aid *principal)
{
	if (channel->side[0].process_id == id)
		return 0;
	return same_principal(&channel->side[1].principal, principal) ? 1u : NONE;
}

status_t channel_side_claim(struct channel *channel, uint32_t side, uint32_t process, uint64_t id)
{
	if (channel->state != CHANNEL_OPEN)
		return STATUS_CLOSED;
	if (channel->side[side].process != NONE)
		return STATUS_BUSY;
	channel->side[side].process = process;
	channel->side[side].process_id = id;
	return STATUS_OK;
}

void channel_end(struct channel *channel, struct remains *out)
{
	out->memory = channel->memory;
	out->tombstone = channel->tombstone;
	channel->state = CHANNEL_CLOSED;
	channel->memory = NONE;
	channel->tombstone = NONE;
}

bool channel_side_leave(struct channel *channel, uint32_t side, struct remains *out)
{
	out->memory = NONE;
	out->tombstone = NONE;
	if (channel->side[side].closed || channel->state == CHANNEL_CLOSED)
		return false;
	channel->side[side].closed = true;
	if (channel->state == CHANNEL_OPEN && channel->side[1u - side].process != NONE)
		channel->state = CHANNEL_CLOSING;
	else
		channel_end(channel, out);
	/*@ assert which: side == 0 || side == 1; */
	/*@ assert now: channel->side[side].closed; */
	/*@ assert ended: channel->state != CHANNEL_OPEN && channel->state <= CHANNEL_CLOSED; */
	/*@ assert pages: channel->memory == NONE <==> channel->state == CHANNEL_CLOSED; */
	/*@ assert zeroes: channel->tombstone == NONE <==> channel->state == CHANNEL_CLOSED; */
	return true;
}
