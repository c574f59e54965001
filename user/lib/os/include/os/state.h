/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a service must not forget: one record, kept for its successor (os/keep.h) and
 * in the object store under the service's own principal (os/store.h), so that it
 * outlives the machine's power. The store is asked for the capability "fs".
 *
 * A record begins with a header that is this library's. Its `format` says how the
 * rest is laid out: a record of another is refused, never overwritten.
 *
 * Without a store, or with one that lies in memory, a record lasts until the power
 * goes: `durable` says which.
 */
#pragma once
#include <os/keep.h>
#include <os/store.h>

struct state_header {
	uint64_t version; /* counts up with each change; 0: nothing was kept yet */
	uint32_t format;
	uint32_t reserved;
};

struct state {
	struct keep keep;
	struct store_client store;
	bool stored;  /* there is a store that takes it */
	bool durable; /* and that lies on a disk */
};

enum state_origin {
	STATE_NEW = 0,         /* the record is as it was: nothing is known */
	STATE_PREDECESSOR = 1, /* a process before this one kept it */
	STATE_STORE = 2,       /* it comes from the store */
};

/* Open, and load the newest record into `record` of `size` bytes, at most STORE_STATE_MAX. UNKNOWN_FORMAT: the newest
 * has another format or size. NO_MEMORY: more than the manifest's `keeps` has room for. Statuses of the store: it is
 * there, and what it keeps cannot be had. */
CC_NODISCARD status_t state_open(struct state *state, struct state_header *record, size_t size, uint32_t format,
                                 enum state_origin *out_origin);
/* Keep it from now on: on OK, durably if there is a disk. Otherwise the newest is what it was before, here and there;
 * the caller takes its change back. */
CC_NODISCARD status_t state_keep(struct state *state, struct state_header *record, size_t size);
