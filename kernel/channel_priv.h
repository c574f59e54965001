/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between channel.c (use), channel_close.c (teardown) and channel_state.c (states and sides). */
#pragma once
#include <kernel/channel.h>

/* A notification to signal once no lock is held. */
struct doorbell {
	uint32_t notification; /* NONE: nobody listens */
	uint32_t generation;
	uint64_t bits;
};
/* With the channel's lock held. */
struct doorbell doorbell_of(const struct channel_side *side, uint64_t more_bits);
void doorbell_ring(const struct doorbell *doorbell);

/* What a channel gives up when it is closed: references, or NONE. */
struct remains {
	uint32_t memory;
	uint32_t tombstone;
};

/*@ predicate aid_same{L}(struct aid *a, struct aid *b) =
      \forall integer k; 0 <= k < 32 ==> a->bytes[k] == b->bytes[k];

    predicate channel_ok{L}(struct channel *channel) =
      channel->state <= CHANNEL_CLOSED &&
      (channel->state == CHANNEL_OPEN <==> !channel->side[0].closed && !channel->side[1].closed) &&
      (channel->memory == NONE <==> channel->state == CHANNEL_CLOSED) &&
      (channel->tombstone == NONE <==> channel->state == CHANNEL_CLOSED);
*/

/* The side that the process `id`, which runs as `principal`, may attach; NONE if it is neither the creator nor the
 * named principal. Lock held, as for the next three. */
/*@ requires \valid_read(channel) && \valid_read(principal);
    assigns \nothing;
    ensures \result == 0 || \result == 1 || \result == NONE;
    ensures creator: \result == 0 <==> channel->side[0].process_id == id;
    ensures named: \result == 1 ==> aid_same(&channel->side[1].principal, principal);
    ensures nobody: \result == NONE ==> !aid_same(&channel->side[1].principal, principal); */
uint32_t channel_side_for(const struct channel *channel, uint64_t id, const struct aid *principal);
/* A side becomes a process's. CLOSED, BUSY (another has it); changes nothing then. */
/*@ requires \valid(channel) && side < 2 && process != NONE;
    assigns channel->side[side].process, channel->side[side].process_id;
    ensures open: \result == STATUS_OK ==> channel->state == CHANNEL_OPEN;
    ensures one: \result == STATUS_OK ==> \old(channel->side[side].process) == NONE;
    ensures taken: \result == STATUS_OK ==>
      channel->side[side].process == process && channel->side[side].process_id == id;
    ensures refused: \result != STATUS_OK ==>
      channel->side[side].process == \old(channel->side[side].process) &&
      channel->side[side].process_id == \old(channel->side[side].process_id); */
status_t channel_side_claim(struct channel *channel, uint32_t side, uint32_t process, uint64_t id);
/* CLOSED, from any state; what is given up then. */
/*@ requires \valid(channel) && \valid(out) && \separated(channel, out) && channel->state <= CHANNEL_CLOSED;
    assigns channel->state, channel->memory, channel->tombstone, *out;
    ensures forward: \old(channel->state) <= channel->state == CHANNEL_CLOSED;
    ensures given_up: channel->memory == NONE && channel->tombstone == NONE;
    ensures remains: out->memory == \old(channel->memory) && out->tombstone == \old(channel->tombstone); */
void channel_end(struct channel *channel, struct remains *out);
/* A side closes: CLOSING if the channel was open and the other side is attached, else CLOSED. False: it had, or the
 * channel is closed; nothing changes. The pages are given up by the step to CLOSED, and by no other. */
/*@ requires \valid(channel) && \valid(out) && \separated(channel, out) && side < 2 && channel_ok(channel);
    assigns channel->state, channel->memory, channel->tombstone, channel->side[side].closed, *out;
    ensures ok: channel_ok(channel);
    ensures forward: \old(channel->state) <= channel->state;
    ensures once: \result <==> !\old(channel->side[side].closed) && \old(channel->state) != CHANNEL_CLOSED;
    ensures closed: \result ==> channel->side[side].closed;
    ensures nothing: !\result ==> channel->state == \old(channel->state) &&
      channel->side[side].closed == \old(channel->side[side].closed);
    ensures next: \result ==> channel->state ==
      (\old(channel->state) == CHANNEL_OPEN && channel->side[1 - side].process != NONE
        ? CHANNEL_CLOSING : CHANNEL_CLOSED);
    ensures kept: !\result || channel->state == CHANNEL_CLOSING ==>
      channel->memory == \old(channel->memory) && channel->tombstone == \old(channel->tombstone) &&
      out->memory == NONE && out->tombstone == NONE;
    ensures given_up: \result && channel->state == CHANNEL_CLOSED ==>
      out->memory == \old(channel->memory) && out->tombstone == \old(channel->tombstone); */
bool channel_side_leave(struct channel *channel, uint32_t side, struct remains *out);

/* Which side a process is, or NONE. Lock held. */
uint32_t channel_side_of(const struct channel *channel, uint32_t process);
/* Close a side; the caller holds a reference to the channel. CLOSED: it was. */
status_t channel_side_close(uint32_t channel, uint32_t side);
/* Grace is over: whoever has not agreed gets zero pages, at its own expense. */
void channel_expire(uint32_t channel);

/* Into the list of closing channels; out of it, if it is there. */
void grace_insert(uint32_t channel);
void grace_remove(uint32_t channel);
