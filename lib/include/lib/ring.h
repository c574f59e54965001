/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A single-producer single-consumer byte ring in memory shared with a peer
 * that may be hostile.
 *
 * Page 0 of the shared pages holds `struct ring`; the data follows. Indices run
 * free (they count bytes modulo 2^32), the capacity is a power of two. What each
 * end believes lives in its private `struct ring_end`: its own index, and the
 * capacity, which is computed from the size of the mapping and never read back.
 * Of the shared words only the peer's index is ever read; a value that no honest
 * peer writes marks the ring broken and moves no byte. So a hostile peer can
 * garble the data, which it could do anyway, and nothing else.
 *
 * An index is published with release order after the bytes it covers, and read
 * with acquire order before them. Waking the peer is the caller's business.
 * Where one end may not write page 0 (a one-way channel), each end publishes in
 * a ring of its own: see ring_end_join.
 */
#pragma once
#include <abi/types.h>

#define RING_CAPACITY_MAX 0x40000000u

/* The shared part; each index on a cache line of its own. */
struct ring {
	uint32_t producer; /* bytes ever written, modulo 2^32; the producer writes it */
	uint8_t reserved0[60];
	uint32_t consumer; /* bytes ever read, modulo 2^32; the consumer writes it */
	uint8_t reserved1[60];
	uint32_t capacity; /* for the record: the peer computes its own */
	uint8_t reserved2[PAGE_SIZE - 132];
};
ABI_SIZE(struct ring, PAGE_SIZE);

/* The private part of one end. */
struct ring_end {
	uint32_t *own;        /* index this end publishes */
	uint32_t *peer;       /* index the other end publishes */
	uint8_t *data;        /* capacity bytes, shared */
	uint32_t capacity;    /* power of two */
	uint32_t index;       /* what we published last */
	bool producer;
	bool broken;          /* the peer published nonsense */
};

/*@ predicate ring_end_ok{L}(struct ring_end *end) =
      \valid(end) && \valid(end->own) && \valid_read(end->peer) &&
      0 < end->capacity <= RING_CAPACITY_MAX && \valid(end->data + (0 .. end->capacity - 1)) &&
      \separated(end, end->own, end->peer, end->data + (0 .. end->capacity - 1));
*/

/* Largest capacity that fits into `bytes` of shared memory, page 0 included; 0: too small. */
uint32_t ring_capacity(size_t bytes);

/* The creator, before the peer can see the memory: an empty ring. */
void ring_init(struct ring *ring, size_t bytes);

/* Attach one end to `bytes` of shared memory at `ring`, of which both ends know the size. A new end
 * starts at the index its predecessor published: a successor carries on. False: too small. */
CC_NODISCARD bool ring_end_init(struct ring_end *end, struct ring *ring, size_t bytes, bool producer);

/* As ring_end_init where the memory of the data (`ring`) is written by the producer alone: the consumer
 * publishes its index in `back`, a ring header in memory that it may write. */
CC_NODISCARD bool ring_end_join(struct ring_end *end, struct ring *ring, struct ring *back, size_t bytes,
                                bool producer);

/* Bytes that can be read now (consumer) or are not yet read (producer); 0 when broken. */
/*@ requires ring_end_ok(end);
    assigns end->broken;
    ensures \result <= end->capacity; */
uint32_t ring_used(struct ring_end *end);

/* Bytes that can be written now; 0 when broken. */
/*@ requires ring_end_ok(end);
    assigns end->broken;
    ensures \result <= end->capacity; */
uint32_t ring_free(struct ring_end *end);

/* Producer: copy in as many of `bytes` as there is room for, and publish them. Returns how many. */
/*@ requires ring_end_ok(end) && \valid_read(from + (0 .. bytes - 1));
    requires \separated(from + (0 .. bytes - 1), end, end->own, end->data + (0 .. end->capacity - 1));
    assigns end->broken, end->index, *end->own, end->data[0 .. end->capacity - 1];
    ensures \result <= bytes && \result <= end->capacity; */
uint32_t ring_write(struct ring_end *end, const uint8_t *from, uint32_t bytes);

/* Consumer: copy out as many of `bytes` as there are, and give their room back. Returns how many. */
/*@ requires ring_end_ok(end) && \valid(to + (0 .. bytes - 1));
    requires \separated(to + (0 .. bytes - 1), end, end->own, end->data + (0 .. end->capacity - 1));
    assigns end->broken, end->index, *end->own, to[0 .. bytes - 1];
    ensures \result <= bytes && \result <= end->capacity; */
uint32_t ring_read(struct ring_end *end, uint8_t *to, uint32_t bytes);
