/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The byte ring: order, wrap-around of place and index, two threads, and a peer that lies. */
#include "test.h"
#include <lib/ring.h>
#include <pthread.h>
#include <string.h>

/* Shared memory for a ring of `capacity` bytes, exactly. */
static struct ring *memory_new(size_t capacity)
{
	struct ring *ring = aligned_alloc(PAGE_SIZE, PAGE_SIZE + (capacity + PAGE_MASK) / PAGE_SIZE * PAGE_SIZE);

	assert_non_null(ring);
	ring_init(ring, PAGE_SIZE + capacity);
	return ring;
}

static void capacities(void **state)
{
	(void)state;
	assert_int_equal(ring_capacity(0), 0);
	assert_int_equal(ring_capacity(PAGE_SIZE), 0);
	assert_int_equal(ring_capacity(PAGE_SIZE + 1), 1);
	assert_int_equal(ring_capacity(2 * PAGE_SIZE), PAGE_SIZE);
	assert_int_equal(ring_capacity(4 * PAGE_SIZE), 2 * PAGE_SIZE);
	assert_int_equal(ring_capacity(5 * PAGE_SIZE), 4 * PAGE_SIZE);
	assert_int_equal(ring_capacity(SIZE_MAX), RING_CAPACITY_MAX);
}

/* Random amounts through a small ring, starting shortly before the index wraps. */
static void order(void **state)
{
	(void)state;
	const size_t bytes = PAGE_SIZE + 64;
	struct ring *ring = memory_new(64);
	struct ring_end producer, consumer;
	uint64_t seed = 11;
	uint8_t written = 0, expected = 0;
	uint32_t total = 0;

	ring->producer = ring->consumer = UINT32_MAX - 1000;
	assert_int_equal(ring->capacity, 64);
	assert_false(ring_end_init(&producer, ring, PAGE_SIZE, true));
	assert_true(ring_end_init(&producer, ring, bytes, true));
	assert_true(ring_end_init(&consumer, ring, bytes, false));
	assert_int_equal(ring_read(&consumer, (uint8_t[1]){ 0 }, 1), 0);
	while (total < 5000) {
		uint8_t out[100], in[100];
		const uint32_t want = (uint32_t)(test_random(&seed) % 100);
		const uint32_t room = ring_free(&producer);
		for (uint32_t i = 0; i < want; i++)
			out[i] = (uint8_t)(written + i);
		const uint32_t wrote = ring_write(&producer, out, want);
		assert_int_equal(wrote, want < room ? want : room);
		written = (uint8_t)(written + wrote);
		assert_int_equal(ring_used(&producer) + ring_free(&producer), 64);
		assert_int_equal(ring_used(&producer), (uint8_t)(written - expected)); /* across the end of the indices too */
		const uint32_t take = (uint32_t)(test_random(&seed) % 100);
		const uint32_t ready = ring_used(&consumer);
		const uint32_t got = ring_read(&consumer, in, take);
		assert_int_equal(got, take < ready ? take : ready);
		for (uint32_t i = 0; i < got; i++)
			assert_int_equal(in[i], expected++);
		total += got;
	}
	assert_false(producer.broken || consumer.broken);
	free(ring);
}

/* A successor of either end carries on where its predecessor stopped. */
static void successor(void **state)
{
	(void)state;
	const size_t bytes = 2 * PAGE_SIZE;
	struct ring *ring = memory_new(PAGE_SIZE);
	struct ring_end end;
	uint8_t in[8];

	assert_true(ring_end_init(&end, ring, bytes, true));
	assert_int_equal(ring_write(&end, (const uint8_t *)"abcdef", 6), 6);
	assert_true(ring_end_init(&end, ring, bytes, false));
	assert_int_equal(ring_read(&end, in, 2), 2);
	assert_true(ring_end_init(&end, ring, bytes, false));
	assert_int_equal(ring_read(&end, in, 8), 4);
	assert_memory_equal(in, "cdef", 4);
	free(ring);
}

/* Two one-way channels: the consumer publishes in memory of its own. */
static void one_way(void **state)
{
	(void)state;
	const size_t bytes = 2 * PAGE_SIZE;
	struct ring *ring = memory_new(PAGE_SIZE), *back = memory_new(PAGE_SIZE);
	struct ring_end producer, consumer;
	uint8_t in[4];

	assert_true(ring_end_join(&producer, ring, back, bytes, true));
	assert_true(ring_end_join(&consumer, ring, back, bytes, false));
	assert_int_equal(ring_write(&producer, (const uint8_t *)"wxyz", 4), 4);
	assert_int_equal(ring_read(&consumer, in, 4), 4);
	assert_memory_equal(in, "wxyz", 4);
	assert_int_equal(ring->consumer, 0);
	assert_int_equal(back->consumer, 4);
	assert_int_equal(ring_free(&producer), PAGE_SIZE);
	free(ring);
	free(back);
}

/* Every index the peer could publish is either honest or breaks the ring, without a byte out of place. */
static void hostile_peer(void **state)
{
	(void)state;
	const size_t bytes = PAGE_SIZE + 16;
	uint64_t seed = 12;

	for (uint32_t i = 0; i < 4000; i++) {
		struct ring *ring = memory_new(16);
		struct ring_end end;
		uint8_t *buffer = calloc(1, 40);
		const bool producer = i % 2 == 0;
		const uint32_t start = (uint32_t)test_random(&seed);
		const uint32_t lie = i < 2000 ? start + (i / 2) % 40 - 20 : (uint32_t)test_random(&seed);
		const uint32_t used = producer ? start - lie : lie - start;
		ring->producer = ring->consumer = start;
		assert_true(ring_end_init(&end, ring, bytes, producer));
		*end.peer = lie;
		ring->capacity = (uint32_t)test_random(&seed); /* never read */
		const uint32_t moved = producer ? ring_write(&end, buffer, 40) : ring_read(&end, buffer, 40);
		assert_int_equal(end.broken, used > 16);
		assert_int_equal(moved, used > 16 ? 0 : producer ? 16 - used : used);
		if (end.broken) { /* for good */
			*end.peer = start;
			assert_int_equal(ring_used(&end), 0);
			assert_int_equal(ring_free(&end), 0);
		}
		free(buffer);
		free(ring);
	}
}

static void *produce(void *ring)
{
	struct ring_end end;
	uint32_t next = 0;

	if (!ring_end_init(&end, ring, PAGE_SIZE + 256, true))
		return NULL;
	while (next < 300000) {
		uint8_t out[97];
		for (uint32_t i = 0; i < sizeof out; i++)
			out[i] = (uint8_t)((next + i) * 7u);
		next += ring_write(&end, out, sizeof out);
	}
	return NULL;
}

static void two_threads(void **state)
{
	(void)state;
	struct ring *ring = memory_new(256);
	struct ring_end end;
	pthread_t thread;

	assert_true(ring_end_init(&end, ring, PAGE_SIZE + 256, false));
	assert_int_equal(pthread_create(&thread, NULL, produce, ring), 0);
	for (uint32_t next = 0; next < 300000;) {
		uint8_t in[61];
		const uint32_t got = ring_read(&end, in, sizeof in);
		for (uint32_t i = 0; i < got; i++)
			assert_int_equal(in[i], (uint8_t)((next + i) * 7u));
		next += got;
	}
	pthread_join(thread, NULL);
	free(ring);
}

TEST_MAIN(cmocka_unit_test(capacities), cmocka_unit_test(order), cmocka_unit_test(successor),
          cmocka_unit_test(one_way), cmocka_unit_test(hostile_peer), cmocka_unit_test(two_threads))
