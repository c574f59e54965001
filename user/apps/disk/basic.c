/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "disk.h"
#include <lib/string.h>
#include <os/print.h>

#define SPAN 64u /* blocks that test_write fills, from the start of the disk */

static void check_all(const struct block_request *requests, uint32_t count)
{
	struct block_transfer_rep reply = {.status = {0}};

	check_status(transfer(requests, count, &reply), OK);
	for (uint32_t i = 0; i < count; i++)
		check_status((status_t)reply.status[i], OK);
}

/* Attached once, of one size, and zero. */
void test_memory(void)
{
	check_status(one(BLOCK_READ, 0, 1, 0), NOT_FOUND);
	check_status(detach(), NOT_FOUND);
	check_status(attach(0), INVALID);
	check_status(attach(BLOCK_BUFFER_MAX + 1u), INVALID);
	check_status(attach(3), OK);
	check(is_zero(3, 0));
	check_status(attach(MEMORY_BLOCKS), BUSY);
	pattern_put(7, 3, 0, 1);
	check_status(attach(3), OK); /* the same again, at another place */
	check(pattern_is(7, 3, 0, 1));
	check_status(detach(), OK);
	check_status(detach(), NOT_FOUND);
	check_status(one(BLOCK_READ, 0, 1, 0), NOT_FOUND);
	check_status(attach(MEMORY_BLOCKS), OK);
	check(is_zero(MEMORY_BLOCKS, 0));
}

static void test_shapes(void)
{
	struct block_transfer_req whole = {.count = 1, .data = {request(BLOCK_FLUSH, 0, 0, 0)}};
	struct block_transfer_rep reply;
	const size_t entry = sizeof(whole.data[0]);

	check_status(block_transfer(disk, DEADLINE_NEVER, &whole, 0, &reply), INVALID);
	check_status(block_transfer(disk, DEADLINE_NEVER, &whole, 2u * entry, &reply), INVALID);
	check_status(block_transfer(disk, DEADLINE_NEVER, &whole, entry - 1u, &reply), INVALID);
	whole.count = 0;
	check_status(block_transfer(disk, DEADLINE_NEVER, &whole, 0, &reply), INVALID);
	whole.count = BLOCK_REQUESTS_MAX + 1u;
	check_status(block_transfer(disk, DEADLINE_NEVER, &whole, BLOCK_REQUESTS_MAX * entry, &reply), INVALID);
}

/* Beyond the disk, beyond the memory, too much, nonsense; and one good request among bad ones is carried out. */
void test_refusals(void)
{
	struct block_request mixed[] = {
		request(BLOCK_READ, info.blocks, 1, 0),
		request(BLOCK_FLUSH, 0, 0, 0),
		request(BLOCK_WRITE, 0, 1, MEMORY_BLOCKS),
	};
	struct block_transfer_rep reply = {.status = {0}};

	test_shapes();
	check_status(one(BLOCK_READ, info.blocks, 1, 0), INVALID);
	check_status(one(BLOCK_READ, info.blocks - 1u, 2, 0), INVALID);
	check_status(one(BLOCK_READ, UINT64_MAX, 2, 0), INVALID);
	check_status(one(BLOCK_READ, 0, 0, 0), INVALID);
	check_status(one(BLOCK_READ, 0, info.count_max + 1u, 0), INVALID);
	check_status(one(BLOCK_WRITE, 0, 1, MEMORY_BLOCKS), INVALID);
	check_status(one(BLOCK_WRITE, 0, 2, MEMORY_BLOCKS - 1u), INVALID);
	check_status(one(BLOCK_WRITE, 0, 1, UINT32_MAX), INVALID);
	check_status(one(BLOCK_FLUSH, 1, 0, 0), INVALID);
	check_status(one((enum block_operation)0, 0, 1, 0), INVALID);
	check_status(one((enum block_operation)77, 0, 1, 0), INVALID);
	check_status(transfer(mixed, 3, &reply), OK);
	check_status((status_t)reply.status[0], INVALID);
	check_status((status_t)reply.status[1], OK);
	check_status((status_t)reply.status[2], INVALID);
}

/* Ten writes at once, of different sizes, from one half of the memory; read into the other. */
void test_data(void)
{
	struct block_request requests[BLOCK_REQUESTS_MAX];
	uint64_t block = 100;
	uint32_t place = 0;

	for (uint32_t i = 0; i < BLOCK_REQUESTS_MAX; i++) {
		requests[i] = request(BLOCK_WRITE, block, i + 1u, place);
		pattern_put(block, i + 1u, place, 2);
		block += i + 2u;
		place += i + 1u;
	}
	check_all(requests, BLOCK_REQUESTS_MAX);
	check_status(one(BLOCK_FLUSH, 0, 0, 0), OK);
	for (uint32_t i = 0; i < BLOCK_REQUESTS_MAX; i++) {
		requests[i].operation = BLOCK_READ;
		requests[i].place += MEMORY_BLOCKS / 2u;
	}
	check_all(requests, BLOCK_REQUESTS_MAX);
	for (uint32_t i = 0; i < BLOCK_REQUESTS_MAX; i++)
		check(pattern_is(requests[i].block, i + 1u, requests[i].place, 2));
	/* As much as the memory holds, up to the last block of the disk. */
	uint32_t most = info.count_max < MEMORY_BLOCKS ? info.count_max : MEMORY_BLOCKS;
	pattern_put(info.blocks - most, most, 0, 3);
	check_status(one(BLOCK_WRITE, info.blocks - most, most, 0), OK);
	memset(memory, 0, (size_t)most * BLOCK_SIZE);
	check_status(one(BLOCK_READ, info.blocks - most, most, 0), OK);
	check(pattern_is(info.blocks - most, most, 0, 3));
}

/* What is zeroed reads as zeroes, and what lies beside it is as it was. */
void test_erase(void)
{
	if ((info.flags & BLOCK_CAN_ZERO) == 0) {
		check_status(one(BLOCK_ZERO, 0, 1, 0), UNSUPPORTED);
		return;
	}
	pattern_put(10, 20, 0, 4);
	check_status(one(BLOCK_WRITE, 10, 20, 0), OK);
	check_status(one(BLOCK_ZERO, 15, 10, 0), OK);
	check_status(one(BLOCK_READ, 10, 20, 0), OK);
	check(pattern_is(10, 5, 0, 4) && is_zero(10, 5) && pattern_is(25, 5, 15, 4));
	check_status(one(BLOCK_ZERO, info.blocks, 1, 0), INVALID);
	check_status(one(BLOCK_ZERO, 0, 1, 1), INVALID);
	if ((info.flags & BLOCK_CAN_DISCARD) != 0)
		check_status(one(BLOCK_DISCARD, 10, 5, 0), OK);
	else
		check_status(one(BLOCK_DISCARD, 10, 5, 0), UNSUPPORTED);
	check_status(one(BLOCK_READ, 25, 5, 0), OK);
	check(pattern_is(25, 5, 0, 4));
}

void test_write(uint64_t seed)
{
	pattern_put(0, SPAN, 0, seed);
	check_status(one(BLOCK_WRITE, 0, SPAN, 0), OK);
	check_status(one(BLOCK_FLUSH, 0, 0, 0), OK);
}

void test_verify(uint64_t seed)
{
	check_status(one(BLOCK_READ, 0, SPAN, 0), OK);
	check(pattern_is(0, SPAN, 0, seed));
}
