/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Channels: shared pages between two processes, named by principal, with roles
 * that page permissions enforce. States only move forward. Teardown has two
 * phases: the one that closes loses its pages and the other side is told; that
 * one agrees by closing too or, after a grace period, finds zero pages in place
 * of the shared ones. The first to close hears when it is over.
 *
 * A channel takes three of its creator's objects. The pages are the creator's;
 * zero pages after a teardown are charged to the process that sees them.
 */
#pragma once
#include <kernel/cap.h>
#include <kernel/object.h>

enum channel_state {
	CHANNEL_OPEN = 0,     /* created; sides attach */
	CHANNEL_CLOSING = 1,  /* one side closed */
	CHANNEL_CLOSED = 2,   /* no shared page is mapped anywhere */
};

struct channel_side {
	struct aid principal;     /* [c] who may attach */
	uint32_t process;         /* [H] slot attached, or NONE */
	uint64_t process_id;      /* [H] whose side it is; 0: nobody's yet */
	uint64_t address;         /* [H] where it is mapped */
	uint32_t notification;    /* [H] doorbell, referenced, or NONE */
	uint64_t bits;            /* [H] */
	bool closed;              /* [H] has agreed */
};

struct channel {
	struct object object;
	uint32_t state;           /* [H] enum channel_state */
	uint32_t role;            /* [c] enum channel_role */
	uint64_t pages;           /* [c] */
	deadline_t created_ns;    /* [c] */
	uint32_t memory;          /* [H] shared pages, referenced; NONE when CLOSED */
	uint32_t tombstone;       /* [H] demand-zero object that replaces them; NONE when CLOSED */
	struct channel_side side[2]; /* 0: creator, 1: peer */
	deadline_t grace_end;     /* [W] while in the list of closing channels */
	uint32_t grace_next;      /* [W] */
	bool grace_listed;        /* [W] the list holds a reference */
	struct lock lock;         /* H: LOCK_CHANNEL */
};
extern struct channel channel_table[CHANNEL_MAX] CC_FAR;

/* New channel of a process to a principal. INVALID, QUOTA, TABLE_FULL. One reference. */
CC_NODISCARD status_t channel_new(uint32_t process, uint64_t pages, enum channel_role role,
                                  const struct aid *peer, uint32_t *out_channel);
/* Map a process's side, with the rights of the capability it comes through. DENIED: neither the creator nor the
 * named principal (*out_missing 0), or a right is missing; BUSY: that side is taken; CLOSED; as aspace_map. */
CC_NODISCARD status_t channel_attach(struct cap *cap, handle_t handle, uint32_t process,
                                     uint32_t *out_missing, uint64_t *out_address);
/* Doorbell of the caller's side; takes over one reference to the notification on success. DENIED: no party. */
CC_NODISCARD status_t channel_bind(uint32_t channel, uint32_t process, uint32_t notification, uint64_t bits);
/* Ring the other side. DENIED: no party; CLOSED. */
CC_NODISCARD status_t channel_ring(uint32_t channel, uint32_t process);
/* Begin, or agree to, the teardown. DENIED: no party; CLOSED: this side has closed before. */
CC_NODISCARD status_t channel_close(uint32_t channel, uint32_t process);
/* The last three want the caller to hold a reference to the channel. */

/* A process is going: its sides close as by channel_close. */
void channel_process_gone(uint32_t process);
/* Called from the timer interrupt when TIMER_GRACE expires. Ends what is due and arms TIMER_GRACE for what is
 * left; returns that time, or DEADLINE_NEVER. */
deadline_t channel_grace(deadline_t now);
/* Lock not held by the caller. */
bool channel_valid(struct channel *channel);
