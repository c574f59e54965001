/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Transfers against a simulated device that has its side of the queue, a disk and
 * the memory on its bus: one that keeps the rules, in any order; one that answers
 * what it likes; one that breaks the rules or stops.
 */
#include "../../../../lib/test/test.h"
#include "../disk.h"
#include <lib/bytes.h>
#include <os/panic.h>
#include <string.h>

#define BLOCKS        64u
#define MEMORY        32u /* blocks of each client */
#define CLIENTS       3u
#define RINGS_BUS     0x1000000u
#define FRAMES_BUS    0x2000000u
#define MEMORY_BUS(n) (0x10000000u + (uint64_t)(n) * 0x1000000u)

void assert_failed(const char *condition, const char *file, int line)
{
	(void)fprintf(stderr, "%s:%d: %s\n", file, line, condition);
	abort();
}

static struct disk disk;
static struct virtqueue queue;
static struct transfers transfers;
static struct client clients[CLIENTS];
static uint8_t rings[PAGE_SIZE] CC_ALIGNED(16);
static struct request_frame frames[FRAMES_MAX];
static uint8_t memory[CLIENTS][MEMORY * BLOCK_SIZE];
static uint8_t surface[BLOCKS * BLOCK_SIZE];
static uint64_t seed;

/* ---- the device ---- */

static struct {
	uint16_t seen;
	uint16_t given;
	uint32_t heads[VIRTQUEUE_SIZE_MAX];
	uint32_t count;
	uint32_t flushes;
} device;

static uint8_t *bus(uint64_t address, uint64_t bytes)
{
	if (address >= FRAMES_BUS && address - FRAMES_BUS + bytes <= sizeof(frames))
		return (uint8_t *)frames + (address - FRAMES_BUS);
	for (uint32_t i = 0; i < CLIENTS; i++) {
		if (address >= MEMORY_BUS(i) && address - MEMORY_BUS(i) + bytes <= sizeof(memory[i]))
			return memory[i] + (address - MEMORY_BUS(i));
	}
	fail_msg("the device was told of %llx, which is nobody's", (unsigned long long)address);
	return NULL;
}

static uint8_t *ring(uint64_t place)
{
	return rings + (place - RINGS_BUS);
}

static void device_look(void)
{
	const uint8_t *available = ring(virtqueue_places(&queue).available);

	for (; device.seen != bytes_le16(available + 2); device.seen++)
		device.heads[device.count++] = bytes_le16(available + 4 + device.seen % queue.size * 2u);
	assert_true(device.count <= queue.size);
}

static void device_finish(uint32_t head, uint32_t written)
{
	uint8_t *used = ring(virtqueue_places(&queue).used);

	bytes_put_le32(used + 4 + device.given % queue.size * 8u, head);
	bytes_put_le32(used + 8 + device.given % queue.size * 8u, written);
	bytes_put_le16(used + 2, ++device.given);
}

static uint32_t device_chain(uint32_t head, struct virtqueue_segment *out)
{
	uint32_t count = 0;

	for (uint32_t at = head;; at = bytes_le16(rings + at * 16u + 14u)) {
		const uint8_t *descriptor = rings + at * 16u;

		assert_true(at < queue.size && count < VIRTQUEUE_SEGMENTS_MAX);
		out[count++] = (struct virtqueue_segment){bytes_le64(descriptor), bytes_le32(descriptor + 8),
		                                          (bytes_le16(descriptor + 12) & 2u) != 0};
		if ((bytes_le16(descriptor + 12) & 1u) == 0)
			return count;
	}
}

/* Between surface and memory, as the head says; returns bytes written to memory. */
static uint32_t device_move(const uint8_t *head, const struct virtqueue_segment *data, uint32_t count)
{
	uint64_t at = bytes_le64(head + 8) * 512u;
	uint32_t written = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint8_t *piece = bus(data[i].address, data[i].bytes);

		assert_true(at + data[i].bytes <= sizeof(surface) && data[i].bytes <= disk.segment_bytes);
		assert_int_equal(data[i].written, bytes_le32(head) == 0);
		memcpy(data[i].written ? piece : surface + at, data[i].written ? surface + at : piece, data[i].bytes);
		at += data[i].bytes;
		written += data[i].written ? data[i].bytes : 0;
	}
	return written;
}

static void device_erase(const uint8_t *head, const struct virtqueue_segment *range)
{
	const uint8_t *bytes = bus(range->address, range->bytes);

	assert_int_equal(range->bytes, 16);
	assert_int_equal(range->written, 0);
	assert_int_equal(bytes_le64(head + 8), 0);
	assert_int_equal(bytes_le32(bytes + 12), bytes_le32(head) == 13u && disk.zero_may_free);
	if (bytes_le32(head) == 13u)
		memset(surface + bytes_le64(bytes) * 512u, 0, bytes_le32(bytes + 8) * 512u);
}

/* One of those it has, at random; as it must, or with another answer. */
static void device_work(int answer)
{
	struct virtqueue_segment segments[VIRTQUEUE_SEGMENTS_MAX];
	uint32_t which = (uint32_t)(test_random(&seed) % device.count);
	uint32_t first = device.heads[which];
	uint32_t count = device_chain(first, segments);
	const uint8_t *head = bus(segments[0].address, 16);
	uint32_t written = 1;

	device.heads[which] = device.heads[--device.count];
	assert_true(segments[0].bytes == 16 && segments[0].written == 0);
	assert_true(segments[count - 1u].bytes == 1 && segments[count - 1u].written == 1);
	switch (bytes_le32(head)) {
	case 0:
	case 1: written += device_move(head, segments + 1, count - 2u); break;
	case 4:
		assert_int_equal(count, 2);
		device.flushes++;
		break;
	case 11:
	case 13: device_erase(head, &segments[1]); break;
	default: fail();
	}
	*bus(segments[count - 1u].address, 1) = (uint8_t)answer;
	device_finish(first, written);
}

/* ---- the driver's side ---- */

static void connect(uint32_t size)
{
	memset(&device, 0, sizeof(device));
	virtqueue_init(&queue, rings, RINGS_BUS, size);
}

static void begin(uint32_t size)
{
	disk = (struct disk){.blocks = BLOCKS,
	                     .flags = BLOCK_CAN_FLUSH | BLOCK_CAN_ZERO | BLOCK_CAN_DISCARD,
	                     .sector_bytes = 512,
	                     .count_max = 8,
	                     .erase_max = 16,
	                     .segment_bytes = 3u * 4096u,
	                     .zero_may_free = true};
	seed = 5;
	memset(memory, 0, sizeof(memory));
	memset(surface, 0, sizeof(surface));
	for (uint32_t i = 0; i < CLIENTS; i++)
		clients[i] = (struct client){.tag = 100u + i, .address = MEMORY_BUS(i), .blocks = MEMORY};
	connect(size);
	transfers_init(&transfers, &disk, &queue, frames, FRAMES_BUS);
}

static struct block_transfer_req whole_of(const struct block_request *requests, uint32_t count)
{
	struct block_transfer_req whole = {.count = count};

	memcpy(whole.data, requests, count * sizeof(*requests));
	return whole;
}

static status_t ask(handle_t reply, struct client *client, const struct block_request *requests, uint32_t count)
{
	struct block_transfer_req whole = whole_of(requests, count);

	return transfers_begin(&transfers, reply, client, &whole, 8u + count * sizeof(*requests));
}

static uint32_t take(void)
{
	bool rules;
	uint32_t count = transfers_take(&transfers, &rules);

	assert_true(rules);
	return count;
}

/* Give all, have all done, take all. */
static void settle(int answer)
{
	for (;;) {
		transfers_give(&transfers, 1000);
		device_look();
		if (device.count == 0)
			return;
		while (device.count != 0)
			device_work(answer);
		assert_true(take() != 0);
	}
}

static struct block_transfer_rep answer_of(handle_t expected)
{
	struct block_transfer_rep answer;
	handle_t reply;

	assert_true(transfers_finished(&transfers, &reply, &answer));
	assert_int_equal(reply, expected);
	return answer;
}

static void nothing_left(void)
{
	struct block_transfer_rep answer;
	handle_t reply;

	assert_false(transfers_finished(&transfers, &reply, &answer));
	assert_int_equal(transfers.waiting_count, 0);
	assert_int_equal(transfers.frames_free, UINT64_MAX);
	assert_int_equal(transfers_due(&transfers), DEADLINE_NEVER);
	for (uint32_t i = 0; i < CLIENTS; i++)
		assert_int_equal(clients[i].under_way, 0);
}

static status_t one(struct client *client, enum block_operation operation, uint64_t block, uint32_t count,
                    uint32_t place)
{
	struct block_request request = {operation, count, block, place, 0};
	status_t status = ask(7, client, &request, 1);

	if (status != STATUS_OK)
		return status;
	settle(0);
	status = (status_t)answer_of(7).status[0];
	nothing_left();
	return status;
}

/* ---- tests ---- */

static void test_data(void **state)
{
	(void)state;
	begin(64);
	memset(memory[0] + 4096, 0xaa, 7u * 4096u); /* in three segments */
	assert_int_equal(one(&clients[0], BLOCK_WRITE, 20, 7, 1), STATUS_OK);
	assert_memory_equal(surface + 20u * 4096u, memory[0] + 4096, 7u * 4096u);
	assert_int_equal(surface[20u * 4096u - 1u], 0);
	assert_int_equal(surface[27u * 4096u], 0);
	assert_int_equal(one(&clients[1], BLOCK_READ, 20, 7, 25), STATUS_OK);
	assert_memory_equal(memory[1] + 25u * 4096u, memory[0] + 4096, 7u * 4096u);
	assert_int_equal(one(&clients[0], BLOCK_ZERO, 21, 2, 0), STATUS_OK);
	assert_int_equal(surface[21u * 4096u - 1u], 0xaa);
	assert_int_equal(surface[21u * 4096u], 0);
	assert_int_equal(surface[23u * 4096u], 0xaa);
	assert_int_equal(one(NULL, BLOCK_DISCARD, 21, 2, 0), STATUS_OK);
	assert_int_equal(one(NULL, BLOCK_FLUSH, 0, 0, 0), STATUS_OK);
	assert_int_equal(device.flushes, 1);
}

static void test_refused(void **state)
{
	struct client *client = &clients[0];

	(void)state;
	begin(64);
	assert_int_equal(one(client, BLOCK_READ, BLOCKS - 1u, 2, 0), STATUS_INVALID);
	assert_int_equal(one(client, BLOCK_READ, UINT64_MAX, 1, 0), STATUS_INVALID);
	assert_int_equal(one(client, BLOCK_READ, UINT64_MAX / 8u + 1u, 1, 0), STATUS_INVALID);
	assert_int_equal(one(client, BLOCK_READ, 0, 9, 0), STATUS_INVALID);
	assert_int_equal(one(client, BLOCK_READ, 0, 0, 0), STATUS_INVALID);
	assert_int_equal(one(client, BLOCK_READ, 0, 2, MEMORY - 1u), STATUS_INVALID);
	assert_int_equal(one(client, BLOCK_READ, 0, 1, UINT32_MAX), STATUS_INVALID);
	assert_int_equal(one(client, (enum block_operation)0, 0, 1, 0), STATUS_INVALID);
	assert_int_equal(one(client, (enum block_operation)6, 0, 1, 0), STATUS_INVALID);
	assert_int_equal(one(client, BLOCK_FLUSH, 0, 1, 0), STATUS_INVALID);
	assert_int_equal(one(client, BLOCK_ZERO, 0, 17, 0), STATUS_INVALID);
	assert_int_equal(one(client, BLOCK_ZERO, 0, 1, 1), STATUS_INVALID);
	assert_int_equal(one(NULL, BLOCK_READ, 0, 1, 0), STATUS_NOT_FOUND);
	disk.flags = BLOCK_IS_READ_ONLY;
	assert_int_equal(one(client, BLOCK_WRITE, 0, 1, 0), STATUS_DENIED);
	assert_int_equal(one(client, BLOCK_DISCARD, 0, 1, 0), STATUS_DENIED);
	disk.flags = 0;
	assert_int_equal(one(client, BLOCK_ZERO, 0, 1, 0), STATUS_UNSUPPORTED);
	assert_int_equal(one(client, BLOCK_DISCARD, 0, 1, 0), STATUS_UNSUPPORTED);
	assert_int_equal(one(client, BLOCK_FLUSH, 0, 0, 0), STATUS_OK);
	assert_int_equal(device.given, 0); /* the device never heard of any of it */
}

/* As much as is allowed, and of the two that erase the one that the disk can. */
static void test_allowed(void **state)
{
	struct client *client = &clients[0];

	(void)state;
	begin(64);
	assert_int_equal(one(client, BLOCK_READ, BLOCKS - 8u, 8, MEMORY - 8u), STATUS_OK);
	assert_int_equal(one(client, BLOCK_ZERO, BLOCKS - 16u, 16, 0), STATUS_OK);
	disk.flags = BLOCK_CAN_ZERO;
	assert_int_equal(one(client, BLOCK_ZERO, 0, 1, 0), STATUS_OK);
	assert_int_equal(one(client, BLOCK_DISCARD, 0, 1, 0), STATUS_UNSUPPORTED);
	disk.flags = BLOCK_CAN_DISCARD;
	assert_int_equal(one(client, BLOCK_ZERO, 0, 1, 0), STATUS_UNSUPPORTED);
	assert_int_equal(one(client, BLOCK_DISCARD, 0, 1, 0), STATUS_OK);
}

static void test_form(void **state)
{
	struct block_request requests[BLOCK_REQUESTS_MAX] = {{BLOCK_FLUSH, 0, 0, 0, 0}};
	struct block_transfer_req whole = whole_of(requests, 2);

	(void)state;
	begin(64);
	assert_int_equal(transfers_begin(&transfers, 7, NULL, &whole, 8u + 24u), STATUS_INVALID);
	assert_int_equal(transfers_begin(&transfers, 7, NULL, &whole, 8u + 72u), STATUS_INVALID);
	assert_int_equal(transfers_begin(&transfers, HANDLE_NONE, NULL, &whole, 8u + 48u), STATUS_INVALID);
	whole.reserved = 1;
	assert_int_equal(transfers_begin(&transfers, 7, NULL, &whole, 8u + 48u), STATUS_INVALID);
	whole = whole_of(requests, 0);
	assert_int_equal(transfers_begin(&transfers, 7, NULL, &whole, 8), STATUS_INVALID);
	whole.count = BLOCK_REQUESTS_MAX + 1u;
	assert_int_equal(transfers_begin(&transfers, 7, NULL, &whole, 8u + 264u), STATUS_INVALID);
	nothing_left();
}

/* More than the device takes and more than may wait: in the order of their coming, and none is lost. */
static void test_full(void **state)
{
	struct block_request requests[BLOCK_REQUESTS_MAX];

	(void)state;
	begin(8);
	for (uint32_t i = 0; i < BLOCK_REQUESTS_MAX; i++)
		requests[i] = (struct block_request){BLOCK_READ, 1, i, i, 0};
	for (handle_t i = 1; i <= TRANSFERS_MAX; i++)
		assert_int_equal(ask(i, &clients[i % CLIENTS], requests, BLOCK_REQUESTS_MAX), STATUS_OK);
	assert_int_equal(ask(99, &clients[0], requests, 1), STATUS_FULL);
	for (handle_t i = 1; i <= TRANSFERS_MAX; i++) {
		struct block_transfer_rep answer;
		handle_t reply;

		while (!transfers_finished(&transfers, &reply, &answer)) {
			transfers_give(&transfers, 1000);
			device_look();
			assert_in_range(device.count, 1, 2);
			device_work(0);
			(void)take();
		}
		assert_int_equal(reply, i);
	}
	nothing_left();
}

/* What a device may answer, and must not be believed. */
static void test_answers(void **state)
{
	struct block_request read = {BLOCK_READ, 2, 0, 0, 0}, zero = {BLOCK_ZERO, 2, 0, 0, 0};

	(void)state;
	begin(64);
	for (int answer = 1; answer <= 255; answer++) {
		assert_int_equal(ask(7, &clients[0], &read, 1), STATUS_OK);
		assert_int_equal(ask(8, &clients[0], &zero, 1), STATUS_OK);
		settle(answer);
		assert_int_equal(answer_of(7).status[0], STATUS_IO_ERROR);
		assert_int_equal(answer_of(8).status[0], answer == 2 ? STATUS_UNSUPPORTED : STATUS_IO_ERROR);
	}
	nothing_left();
	/* Done, it says, and has not written all, or has not answered at all. */
	for (uint32_t written = 0; written <= 2u * 4096u + 1u; written += 1024u) {
		assert_int_equal(ask(7, &clients[0], &read, 1), STATUS_OK);
		transfers_give(&transfers, 1000);
		device_look();
		frames[0].status = 0;
		device_finish(device.heads[--device.count], written);
		assert_int_equal(take(), 1);
		assert_int_equal(answer_of(7).status[0], STATUS_IO_ERROR);
	}
	assert_int_equal(ask(7, &clients[0], &zero, 1), STATUS_OK);
	transfers_give(&transfers, 1000);
	device_look();
	device_finish(device.heads[--device.count], 1);
	assert_int_equal(take(), 1);
	assert_int_equal(answer_of(7).status[0], STATUS_IO_ERROR);
	nothing_left();
}

/* Late, or broken: what was with it has the status, what waited is given to it anew. */
static void test_abandon(void **state)
{
	struct block_request requests[4];

	(void)state;
	begin(8);
	for (uint32_t i = 0; i < 4; i++)
		requests[i] = (struct block_request){BLOCK_WRITE, 1, i, i, 0};
	assert_int_equal(ask(7, &clients[0], requests, 4), STATUS_OK);
	assert_int_equal(ask(8, &clients[1], requests, 4), STATUS_OK);
	transfers_give(&transfers, 500);
	assert_int_equal(transfers_due(&transfers), 500);
	device_look();
	device_work(0);
	assert_int_equal(take(), 1);
	transfers_give(&transfers, 800);
	assert_int_equal(transfers_due(&transfers), 500);
	transfers_abandon(&transfers, STATUS_TIMED_OUT);
	assert_int_equal(transfers_due(&transfers), DEADLINE_NEVER);
	connect(8);
	settle(0);
	struct block_transfer_rep answer = answer_of(7);
	uint32_t late = 0, done = 0;
	for (uint32_t i = 0; i < 4; i++) {
		late += answer.status[i] == STATUS_TIMED_OUT;
		done += answer.status[i] == STATUS_OK;
	}
	assert_int_equal(late, 2);
	assert_int_equal(done, 2);
	answer = answer_of(8);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(answer.status[i], STATUS_OK);
	nothing_left();
}

static void test_gone(void **state)
{
	struct block_request flush = {BLOCK_FLUSH, 0, 0, 0, 0};

	(void)state;
	begin(8);
	for (handle_t i = 1; i <= 6; i++)
		assert_int_equal(ask(i, NULL, &flush, 1), STATUS_OK);
	transfers_give(&transfers, 500);
	transfers_abandon(&transfers, STATUS_IO_ERROR);
	transfers_refuse(&transfers, STATUS_IO_ERROR);
	for (handle_t i = 1; i <= 6; i++)
		assert_int_equal(answer_of(i).status[0], STATUS_IO_ERROR);
	nothing_left();
	assert_int_equal(ask(7, NULL, &flush, 1), STATUS_OK);
	transfers_refuse(&transfers, STATUS_IO_ERROR);
	assert_int_equal(answer_of(7).status[0], STATUS_IO_ERROR);
}

/* A device that writes anything into the used ring at any time. Every transfer is answered, once. */
static void test_lies(void **state)
{
	uint32_t open = 0, resets = 0;
	bool waits[TRANSFERS_MAX + 1u] = {false};

	(void)state;
	begin(16);
	for (uint32_t round = 0; round < 200000; round++) {
		struct block_request requests[3];
		struct block_transfer_rep answer;
		handle_t reply = 1u + test_random(&seed) % TRANSFERS_MAX;
		bool rules;

		for (uint32_t i = 0; i < 3; i++)
			requests[i] = (struct block_request){1u + (uint32_t)(test_random(&seed) % 5u),
			                                     1u + (uint32_t)(test_random(&seed) % 8u),
			                                     test_random(&seed) % BLOCKS, i, 0};
		if (!waits[reply] && ask(reply, &clients[round % CLIENTS], requests, 3) == STATUS_OK) {
			waits[reply] = true;
			open++;
		}
		transfers_give(&transfers, 1000);
		device_look();
		if (device.count != 0 && test_random(&seed) % 4u != 0)
			device_work((int)(test_random(&seed) % 4u));
		else if (test_random(&seed) % 4u == 0)
			device_finish((uint32_t)test_random(&seed) % 20u, (uint32_t)test_random(&seed) % 40000u);
		(void)transfers_take(&transfers, &rules);
		if (!rules) {
			transfers_abandon(&transfers, STATUS_IO_ERROR);
			connect(16);
			resets++;
		}
		while (transfers_finished(&transfers, &reply, &answer)) {
			assert_true(waits[reply]);
			waits[reply] = false;
			open--;
		}
		/* One that finished what it has not looked at would look at it again. */
		if (rules && device.given != device.seen - device.count) {
			transfers_abandon(&transfers, STATUS_IO_ERROR);
			connect(16);
		}
	}
	assert_true(resets > 100);
	settle(0);
	for (; open != 0; open--) {
		struct block_transfer_rep answer;
		handle_t reply;

		assert_true(transfers_finished(&transfers, &reply, &answer));
	}
	nothing_left();
}

TEST_MAIN(cmocka_unit_test(test_data), cmocka_unit_test(test_refused), cmocka_unit_test(test_allowed),
          cmocka_unit_test(test_form), cmocka_unit_test(test_full), cmocka_unit_test(test_answers),
          cmocka_unit_test(test_abandon), cmocka_unit_test(test_gone), cmocka_unit_test(test_lies))
