/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Disks that do not do what they are asked. */
#include "disk.h"
#include <os/print.h>

#define SLOW 5u

void test_read_only(void)
{
	check((info.flags & BLOCK_IS_READ_ONLY) != 0);
	check_status(one(BLOCK_WRITE, 0, 1, 0), DENIED);
	check_status(one(BLOCK_ZERO, 0, 1, 0), DENIED);
	check_status(one(BLOCK_DISCARD, 0, 1, 0), DENIED);
	check_status(one(BLOCK_WRITE, info.blocks, 1, 0), INVALID);
	check_status(one(BLOCK_FLUSH, 0, 0, 0), OK);
	check_status(one(BLOCK_READ, 0, 4, 0), OK);
	check(is_zero(4, 0));
}

/* Those beside it are not touched by it. (With a gap: neighbours that are asked for together an emulator makes one of.) */
void test_failing(uint64_t block)
{
	struct block_request mixed[] = {
		request(BLOCK_WRITE, block - 2u, 1, 0),
		request(BLOCK_WRITE, block, 1, 2),
		request(BLOCK_WRITE, block + 2u, 1, 4),
	};
	struct block_transfer_rep reply = {.status = {0}};

	pattern_put(block - 2u, 5, 0, 5);
	for (uint32_t i = 0; i < 3; i++) {
		check_status(transfer(mixed, 3, &reply), OK);
		check_status((status_t)reply.status[0], OK);
		check_status((status_t)reply.status[1], IO_ERROR);
		check_status((status_t)reply.status[2], OK);
	}
	check_status(one(BLOCK_READ, block - 2u, 1, 10), OK);
	check_status(one(BLOCK_READ, block, 1, 12), IO_ERROR);
	check_status(one(BLOCK_READ, block + 2u, 1, 14), OK);
	check(pattern_is(block - 2u, 1, 10, 5) && pattern_is(block + 2u, 1, 14, 5));
}

/* A disk that takes ten seconds for each request, one after the other: those it is late for time out, and it can be
 * asked again afterwards. (Not at once: an emulated one pays for what it was late with.) */
void test_slow(void)
{
	struct block_request requests[SLOW];
	struct block_transfer_rep reply = {.status = {0}};
	uint32_t done = 0, late = 0;

	for (uint32_t i = 0; i < SLOW; i++)
		requests[i] = request(BLOCK_READ, 32u * i, 1, i);
	check_status(transfer(requests, SLOW, &reply), OK);
	for (uint32_t i = 0; i < SLOW; i++) {
		done += reply.status[i] == STATUS_OK;
		late += reply.status[i] == STATUS_TIMED_OUT;
	}
	check(late != 0 && done + late == SLOW);
	print("disk: %u done, %u late\n", done, late);
	status_t status = STATUS_TIMED_OUT;
	for (uint32_t i = 0; i < 4u && status == STATUS_TIMED_OUT; i++)
		status = one(BLOCK_READ, 0, 1, 0);
	check_status(status, OK);
}
