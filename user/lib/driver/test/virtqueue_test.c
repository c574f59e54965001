/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The queue against a simulated device: one that keeps the rules, and several that do not. */
#include "../../../../lib/test/test.h"
#include <driver/virtqueue.h>
#include <lib/bytes.h>
#include <string.h>

#define BUS      0x40000000u /* where the rings are on the simulated bus */
#define REQUESTS 4096u

static struct virtqueue queue;
static uint8_t *memory;
static uint64_t seed;

/* The device's side, from what is in shared memory alone. */
static struct {
	uint16_t seen;  /* of the available ring */
	uint16_t given; /* to the used ring */
	uint32_t heads[VIRTQUEUE_SIZE_MAX];
	uint32_t head_count;
} device;

static uint8_t *available(void)
{
	return memory + (virtqueue_places(&queue).available - BUS);
}

static uint8_t *used(void)
{
	return memory + (virtqueue_places(&queue).used - BUS);
}

static void put(uint8_t *at, uint32_t value, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8u * i));
}

static void begin(uint32_t size)
{
	free(memory);
	memory = aligned_alloc(16, (virtqueue_bytes(size) + 15u) & ~(size_t)15u);
	assert_non_null(memory);
	memset(memory, 0xa5, virtqueue_bytes(size));
	virtqueue_init(&queue, memory, BUS, size);
	memset(&device, 0, sizeof(device));
}

/* ---- a device that keeps the rules ---- */

static void device_look(void)
{
	uint16_t index = bytes_le16(available() + 2);

	for (; device.seen != index; device.seen++) {
		uint32_t head = bytes_le16(available() + 4 + device.seen % queue.size * 2u);

		assert_true(head < queue.size && device.head_count < queue.size);
		for (uint32_t i = 0; i < device.head_count; i++)
			assert_int_not_equal(device.heads[i], head);
		device.heads[device.head_count++] = head;
	}
}

/* Segments of a chain; returns how many. */
static uint32_t device_walk(uint32_t head, struct virtqueue_segment *out)
{
	uint32_t count = 0;

	for (uint32_t at = head;; at = bytes_le16(memory + at * 16u + 14u)) {
		const uint8_t *descriptor = memory + at * 16u;
		uint16_t flags = bytes_le16(descriptor + 12);

		assert_true(at < queue.size && count < VIRTQUEUE_SEGMENTS_MAX);
		out[count++] = (struct virtqueue_segment){bytes_le64(descriptor), bytes_le32(descriptor + 8),
		                                          (flags & 2u) != 0};
		if ((flags & 1u) == 0) {
			assert_int_equal(bytes_le16(descriptor + 14), 0);
			return count;
		}
	}
}

static void device_finish(uint32_t head, uint32_t written)
{
	uint8_t *element = used() + 4 + device.given % queue.size * 8u;

	put(element, head, 4);
	put(element + 4, written, 4);
	put(used() + 2, ++device.given, 2);
}

static uint32_t device_any(void)
{
	uint32_t which = (uint32_t)(test_random(&seed) % device.head_count);
	uint32_t head = device.heads[which];

	device.heads[which] = device.heads[--device.head_count];
	return head;
}

/* ---- what must hold ---- */

static void check_books(void)
{
	uint32_t held = 0;
	bool listed[VIRTQUEUE_SIZE_MAX] = { false };
	uint16_t at = queue.free_head;

	assert_true(queue.free_head < queue.size);
	for (uint32_t i = 0; i < queue.size; i++) {
		assert_true(queue.slots[i].next < queue.size);
		held += queue.slots[i].count;
	}
	for (uint32_t i = 0; i < queue.free_count; i++, at = queue.slots[at].next) {
		assert_true(at < queue.size && !listed[at] && queue.slots[at].count == 0);
		listed[at] = true;
	}
	assert_int_equal(held + queue.free_count, queue.size);
}

static uint32_t segments_make(struct virtqueue_segment *out, uint32_t count)
{
	uint32_t read = (uint32_t)(test_random(&seed) % (count + 1u));

	for (uint32_t i = 0; i < count; i++)
		out[i] = (struct virtqueue_segment){test_random(&seed), 1u + (uint32_t)(test_random(&seed) % 8192u),
		                                    i >= read};
	return count;
}

static uint32_t writable_of(const struct virtqueue_segment *segments, uint32_t count)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum += segments[i].written != 0 ? segments[i].bytes : 0;
	return sum;
}

/* ---- tests ---- */

static void test_places(void **state)
{
	(void)state;
	assert_int_equal(virtqueue_size_for(0), 0);
	assert_int_equal(virtqueue_size_for(1), 1);
	assert_int_equal(virtqueue_size_for(100), 64);
	assert_int_equal(virtqueue_size_for(32768), VIRTQUEUE_SIZE_MAX);
	for (uint32_t size = 1; size <= VIRTQUEUE_SIZE_MAX; size *= 2u) {
		begin(size);
		struct virtqueue_places places = virtqueue_places(&queue);
		const uint64_t end = places.available + 6u + 2u * size;
		assert_int_equal(places.descriptors, BUS);
		assert_int_equal(places.available, BUS + 16u * size);
		assert_int_equal(places.used, end + (4u - end % 4u) % 4u);
		assert_int_equal(BUS + virtqueue_bytes(size), places.used + 6u + 8u * size);
		for (size_t i = 0; i < virtqueue_bytes(size); i++)
			assert_int_equal(memory[i], 0);
		check_books();
		assert_int_equal(virtqueue_under_way(&queue), 0);
		uint64_t token;
		assert_false(virtqueue_abandon(&queue, &token));
	}
}

static void test_refused(void **state)
{
	(void)state;
	struct virtqueue_segment some[VIRTQUEUE_SEGMENTS_MAX + 1u];
	struct virtqueue_segment order[] = {{1, 1, 1}, {2, 1, 0}};
	struct virtqueue_segment empty[] = {{1, 0, 0}};
	struct virtqueue_segment large[] = {{1, UINT32_MAX, 1}, {2, 1, 1}};
	struct virtqueue_segment odd[] = {{1, 1, 2}};

	begin(8);
	for (uint32_t i = 0; i <= VIRTQUEUE_SEGMENTS_MAX; i++)
		some[i] = (struct virtqueue_segment){1, 1, 0};
	struct virtqueue before = queue;
	assert_int_equal(virtqueue_add(&queue, some, 0, 1), STATUS_INVALID);
	assert_int_equal(virtqueue_add(&queue, some, VIRTQUEUE_SEGMENTS_MAX + 1u, 1), STATUS_INVALID);
	assert_int_equal(virtqueue_add(&queue, order, 2, 1), STATUS_INVALID);
	assert_int_equal(virtqueue_add(&queue, empty, 1, 1), STATUS_INVALID);
	assert_int_equal(virtqueue_add(&queue, large, 2, 1), STATUS_INVALID);
	assert_int_equal(virtqueue_add(&queue, odd, 1, 1), STATUS_INVALID);
	assert_int_equal(virtqueue_add(&queue, some, 9, 1), STATUS_FULL);
	assert_memory_equal(&before, &queue, sizeof(queue));
	assert_int_equal(virtqueue_add(&queue, some, 8, 1), STATUS_OK);
	assert_int_equal(virtqueue_add(&queue, some, 1, 1), STATUS_FULL);
	begin(64);
	assert_int_equal(virtqueue_add(&queue, large, 1, 1), STATUS_OK);
	large[0].bytes--;
	assert_int_equal(virtqueue_add(&queue, large, 2, 1), STATUS_OK);
	assert_int_equal(virtqueue_add(&queue, some, VIRTQUEUE_SEGMENTS_MAX, 1), STATUS_OK);
}

static void test_tell(void **state)
{
	(void)state;
	struct virtqueue_segment one = {1, 1, 0};

	begin(8);
	assert_false(virtqueue_must_tell(&queue));
	assert_int_equal(virtqueue_add(&queue, &one, 1, 1), STATUS_OK);
	assert_true(virtqueue_must_tell(&queue));
	assert_false(virtqueue_must_tell(&queue));
	assert_int_equal(virtqueue_add(&queue, &one, 1, 2), STATUS_OK);
	put(used(), 1, 2); /* it is awake and looks by itself */
	assert_false(virtqueue_must_tell(&queue));
	assert_int_equal(virtqueue_add(&queue, &one, 1, 3), STATUS_OK);
	put(used(), 0xfffe, 2); /* what else may stand there says nothing */
	assert_true(virtqueue_must_tell(&queue));
	assert_int_equal(virtqueue_add(&queue, &one, 1, 4), STATUS_OK);
	uint64_t token;
	assert_true(virtqueue_abandon(&queue, &token)); /* which is the end of it */
	assert_false(virtqueue_must_tell(&queue));
	assert_int_equal(virtqueue_add(&queue, &one, 1, 5), STATUS_IO_ERROR);
}

/* Many requests, taken in any order and finished in any other; indices wrap more than once. */
static void test_honest(void **state)
{
	(void)state;
	static struct {
		struct virtqueue_segment segments[VIRTQUEUE_SEGMENTS_MAX];
		uint32_t count, head, written;
		bool under_way, finished;
	} requests[REQUESTS];
	uint64_t token = 0, finished = 0;

	seed = 3;
	begin(64);
	memset(requests, 0, sizeof(requests));
	for (uint32_t step = 0; step < 600000u; step++) {
		struct virtqueue_done done;
		uint64_t what = test_random(&seed) % 3u;
		uint32_t slot = (uint32_t)(token % REQUESTS);

		if (what == 0 && !requests[slot].under_way) {
			uint32_t count = segments_make(requests[slot].segments, 1u + (uint32_t)(test_random(&seed) % 8u));
			status_t status = virtqueue_add(&queue, requests[slot].segments, count, token);
			if (status == STATUS_FULL)
				continue;
			assert_int_equal(status, STATUS_OK);
			requests[slot].under_way = true;
			requests[slot].finished = false;
			requests[slot].count = count;
			device_look();
			requests[slot].head = device.heads[device.head_count - 1u];
			token++;
		} else if (what == 1 && device.head_count != 0) {
			struct virtqueue_segment seen[VIRTQUEUE_SEGMENTS_MAX];
			uint32_t head = device_any();
			uint32_t count = device_walk(head, seen);
			uint32_t i = 0;
			while (!requests[i].under_way || requests[i].finished || requests[i].head != head)
				i++;
			assert_int_equal(count, requests[i].count);
			assert_memory_equal(seen, requests[i].segments, count * sizeof(seen[0]));
			requests[i].finished = true;
			requests[i].written = (uint32_t)(test_random(&seed) % (writable_of(seen, count) + 1u));
			device_finish(head, requests[i].written);
		} else if (virtqueue_take(&queue, &done) == VIRTQUEUE_DONE) {
			slot = (uint32_t)(done.token % REQUESTS);
			assert_true(requests[slot].under_way && requests[slot].finished);
			assert_int_equal(done.written, requests[slot].written);
			requests[slot].under_way = false;
			finished++;
		}
		if (step % 256u == 0)
			check_books();
	}
	assert_true(finished > 2u * 65536u);
	assert_false(queue.broken);
}

static void fill(uint32_t requests)
{
	struct virtqueue_segment segments[] = {{0x1000, 16, 0}, {0x2000, 512, 1}, {0x3000, 1, 1}};

	begin(16);
	for (uint32_t i = 0; i < requests; i++)
		assert_int_equal(virtqueue_add(&queue, segments, 3, i), STATUS_OK);
	device_look();
}

/* Broken for good, and every request comes back exactly once. */
static void check_broken(uint32_t requests)
{
	struct virtqueue_segment one = {1, 1, 0};
	struct virtqueue_done done;
	uint64_t token, seen = 0;

	assert_int_equal(virtqueue_take(&queue, &done), VIRTQUEUE_BROKEN);
	assert_int_equal(virtqueue_take(&queue, &done), VIRTQUEUE_BROKEN);
	assert_int_equal(virtqueue_add(&queue, &one, 1, 9), STATUS_IO_ERROR);
	assert_false(virtqueue_must_tell(&queue));
	assert_int_equal(virtqueue_under_way(&queue), requests);
	for (uint32_t i = 0; i < requests; i++) {
		assert_true(virtqueue_abandon(&queue, &token));
		assert_int_equal(seen >> token & 1u, 0);
		seen |= 1ull << token;
	}
	assert_false(virtqueue_abandon(&queue, &token));
	check_books();
	assert_int_equal(queue.free_count, queue.size);
}

static void test_lies(void **state)
{
	struct virtqueue_done done;

	(void)state;
	fill(3); /* no such descriptor */
	device_finish(queue.size, 0);
	check_broken(3);
	fill(3);
	device_finish(UINT32_MAX, 0);
	check_broken(3);
	fill(3); /* the middle of a chain */
	device_finish(bytes_le16(memory + device.heads[0] * 16u + 14u), 0);
	check_broken(3);
	fill(3); /* more than there is room for */
	device_finish(device.heads[1], 514);
	check_broken(3);
	fill(3); /* an index that jumps, and one that goes back */
	put(used() + 2, 4, 2);
	check_broken(3);
	fill(3);
	put(used() + 2, UINT16_MAX, 2);
	check_broken(3);
	fill(3); /* the same one twice */
	device_finish(device.heads[0], 513);
	device_finish(device.heads[0], 0);
	assert_int_equal(virtqueue_take(&queue, &done), VIRTQUEUE_DONE);
	assert_int_equal(done.token, 0);
	check_broken(2);
}

/* What it writes into parts that are none of its business changes nothing. */
static void test_scribbles(void **state)
{
	struct virtqueue_done done;

	(void)state;
	fill(5);
	uint32_t heads[5];
	memcpy(heads, device.heads, sizeof(heads));
	memset(memory, 0xff, (size_t)(virtqueue_places(&queue).used - BUS));
	for (uint32_t i = 0; i < 5; i++)
		device_finish(heads[i], i);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(virtqueue_take(&queue, &done), VIRTQUEUE_DONE);
		assert_int_equal(done.token, i);
		assert_int_equal(done.written, i);
	}
	check_books();
	assert_int_equal(virtqueue_under_way(&queue), 0);
}

/* A device that writes anything anywhere, at any time: no token twice, none that was not given, books in order. */
static void test_hostile(void **state)
{
	(void)state;
	for (uint64_t run = 1; run <= 3000; run++) {
		bool under_way[VIRTQUEUE_SIZE_MAX] = {false};
		struct virtqueue_segment segments[VIRTQUEUE_SEGMENTS_MAX];
		struct virtqueue_done done;
		uint64_t token;

		seed = run;
		begin(1u << test_random(&seed) % 6u);
		for (uint32_t step = 0; step < 200; step++) {
			uint64_t name = test_random(&seed) % VIRTQUEUE_SIZE_MAX;
			uint32_t count = segments_make(segments, 1u + (uint32_t)(test_random(&seed) % 4u));
			if (!under_way[name] && virtqueue_add(&queue, segments, count, name) == STATUS_OK)
				under_way[name] = true;
			if (test_random(&seed) % 8u == 0)
				memory[test_random(&seed) % virtqueue_bytes(queue.size)] = (uint8_t)test_random(&seed);
			if (test_random(&seed) % 4u == 0)
				device_finish((uint32_t)(test_random(&seed) % (queue.size + 1u)),
				              (uint32_t)(test_random(&seed) % 64u));
			if (virtqueue_take(&queue, &done) == VIRTQUEUE_DONE) {
				assert_true(done.token < VIRTQUEUE_SIZE_MAX && under_way[done.token]);
				under_way[done.token] = false;
			}
		}
		check_books();
		while (virtqueue_abandon(&queue, &token)) {
			assert_true(under_way[token]);
			under_way[token] = false;
		}
		for (uint32_t i = 0; i < VIRTQUEUE_SIZE_MAX; i++)
			assert_false(under_way[i]);
		check_books();
	}
	free(memory);
	memory = NULL;
}

TEST_MAIN(cmocka_unit_test(test_places), cmocka_unit_test(test_refused), cmocka_unit_test(test_tell),
          cmocka_unit_test(test_honest), cmocka_unit_test(test_lies), cmocka_unit_test(test_scribbles),
          cmocka_unit_test(test_hostile))
