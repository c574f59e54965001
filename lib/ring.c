/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The byte ring, written against the peer: of the shared memory only *end->peer
 * is read into a decision, once per call, and compared with the capacity.
 */
#include <lib/ring.h>
#include <lib/string.h>

/* The two places where memory order matters. */
/*@ requires \valid_read(index); assigns \nothing; */
static uint32_t index_load(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

/*@ requires \valid(index); assigns *index; */
static void index_publish(uint32_t *index, uint32_t value)
{
	__atomic_store_n(index, value, __ATOMIC_RELEASE);
}

/*@ assigns \nothing;
    ensures \result <= RING_CAPACITY_MAX;
    ensures \result > 0 ==> PAGE_SIZE + \result <= bytes; */
uint32_t ring_capacity(size_t bytes)
{
	uint32_t capacity = RING_CAPACITY_MAX;

	if (bytes <= PAGE_SIZE)
		return 0;
	/*@ loop invariant 1 <= capacity <= RING_CAPACITY_MAX;
	    loop assigns capacity;
	    loop variant capacity; */
	while (capacity > 1 && capacity > bytes - PAGE_SIZE)
		capacity /= 2;
	return capacity;
}

void ring_init(struct ring *ring, size_t bytes)
{
	ring->capacity = ring_capacity(bytes);
	index_publish(&ring->producer, 0);
	index_publish(&ring->consumer, 0);
}

bool ring_end_join(struct ring_end *end, struct ring *ring, struct ring *back, size_t bytes, bool producer)
{
	const uint32_t capacity = ring_capacity(bytes);

	if (capacity == 0)
		return false;
	end->own = producer ? &ring->producer : &back->consumer;
	end->peer = producer ? &back->consumer : &ring->producer;
	end->data = (uint8_t *)ring + PAGE_SIZE;
	end->capacity = capacity;
	end->index = index_load(end->own);
	end->producer = producer;
	end->broken = false;
	return true;
}

bool ring_end_init(struct ring_end *end, struct ring *ring, size_t bytes, bool producer)
{
	return ring_end_join(end, ring, ring, bytes, producer);
}

/* (a - b) modulo 2^32, without relying on wrap-around. */
/*@ assigns \nothing;
    ensures a >= b ==> \result == a - b;
    ensures a < b ==> \result == a - b + 0x100000000; */
static uint32_t distance(uint32_t a, uint32_t b)
{
	return a >= b ? a - b : UINT32_MAX - b + a + 1u;
}

/*@ assigns \nothing;
    ensures \result == a + b || \result == a + b - 0x100000000; */
static uint32_t advance(uint32_t a, uint32_t b)
{
	return a <= UINT32_MAX - b ? a + b : b - (UINT32_MAX - a) - 1u;
}

uint32_t ring_used(struct ring_end *end)
{
	const uint32_t peer = index_load(end->peer);
	const uint32_t used = end->producer ? distance(end->index, peer) : distance(peer, end->index);

	if (used > end->capacity)
		end->broken = true;
	return end->broken ? 0 : used;
}

uint32_t ring_free(struct ring_end *end)
{
	const uint32_t used = ring_used(end);

	return end->broken ? 0 : end->capacity - used;
}

/*@ requires ring_end_ok(end);
    assigns end->index, *end->own;
    ensures end->own == \old(end->own); */
static void publish(struct ring_end *end, uint32_t bytes)
{
	end->index = advance(end->index, bytes);
	index_publish(end->own, end->index);
}

/* Where the data of an index lies, and how many bytes follow before the end of the buffer. */
/*@ requires 0 < capacity <= RING_CAPACITY_MAX;
    assigns \nothing;
    ensures \result < capacity; */
static uint32_t place(uint32_t index, uint32_t capacity)
{
	return index % capacity;
}

/* The builtin memcpy of this machine or of the C library: trusted, not proved. */
/*@ requires \valid(to + (0 .. bytes - 1)) && \valid_read(from + (0 .. bytes - 1));
    requires \separated(to + (0 .. bytes - 1), from + (0 .. bytes - 1));
    assigns to[0 .. bytes - 1]; */
static void copy(uint8_t *to, const uint8_t *from, uint32_t bytes)
{
	memcpy(to, from, bytes);
}

uint32_t ring_write(struct ring_end *end, const uint8_t *from, uint32_t bytes)
{
	const uint32_t room = ring_free(end);
	const uint32_t count = bytes < room ? bytes : room;
	const uint32_t at = place(end->index, end->capacity);
	const uint32_t first = count < end->capacity - at ? count : end->capacity - at;

	if (count == 0)
		return 0;
	copy(end->data + at, from, first);
	copy(end->data, from + first, count - first);
	publish(end, count);
	return count;
}

uint32_t ring_read(struct ring_end *end, uint8_t *to, uint32_t bytes)
{
	const uint32_t ready = ring_used(end);
	const uint32_t count = bytes < ready ? bytes : ready;
	const uint32_t at = place(end->index, end->capacity);
	const uint32_t first = count < end->capacity - at ? count : end->capacity - at;

	if (count == 0)
		return 0;
	copy(to, end->data + at, first);
	copy(to + first, end->data, count - first);
	publish(end, count);
	return count;
}
