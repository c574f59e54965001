/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between channel.c (use) and channel_close.c (teardown). */
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

/* Which side a process is, or NONE. Lock held. */
uint32_t channel_side_of(const struct channel *channel, uint32_t process);
/* Close a side; the caller holds a reference to the channel. CLOSED: it was. */
status_t channel_side_close(uint32_t channel, uint32_t side);
/* Grace is over: whoever has not agreed gets zero pages, at its own expense. */
void channel_expire(uint32_t channel);

/* Into the list of closing channels; out of it, if it is there. */
void grace_insert(uint32_t channel);
void grace_remove(uint32_t channel);
