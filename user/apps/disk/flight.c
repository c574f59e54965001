/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Several threads, each with ten requests at once in a part of disk and memory
 * that is its own, write, flush, read back and compare. Whoever restarts the driver
 * meanwhile must not be noticed.
 */
#include "disk.h"
#include <lib/string.h>
#include <os/print.h>
#include <os/thread.h>
#include <os/time.h>

#define WORKERS 6u
#define COUNT   4u /* blocks of each request */
#define BLOCKS  (COUNT * BLOCK_REQUESTS_MAX)

static uint64_t end_ns;
static uint64_t rounds, errors;

static bool all_ok(const struct block_request *requests)
{
	struct block_transfer_rep reply;

	if (transfer(requests, BLOCK_REQUESTS_MAX, &reply) != STATUS_OK)
		return false;
	for (uint32_t i = 0; i < BLOCK_REQUESTS_MAX; i++) {
		if (reply.status[i] != STATUS_OK)
			return false;
	}
	return true;
}

static bool round_is_right(uint64_t worker, uint64_t round)
{
	uint32_t place = (uint32_t)worker * 2u * BLOCKS;
	uint64_t first = 1000u + worker * BLOCKS;
	struct block_request requests[BLOCK_REQUESTS_MAX];

	if (place + 2u * BLOCKS > MEMORY_BLOCKS)
		return false;
	pattern_put(first, BLOCKS, place, round);
	for (uint32_t i = 0; i < BLOCK_REQUESTS_MAX; i++)
		requests[i] = request(BLOCK_WRITE, first + i * COUNT, COUNT, place + i * COUNT);
	if (!all_ok(requests) || one(BLOCK_FLUSH, 0, 0, 0) != STATUS_OK)
		return false;
	for (uint32_t i = 0; i < BLOCK_REQUESTS_MAX; i++)
		requests[i] = request(BLOCK_READ, first + i * COUNT, COUNT, place + BLOCKS + i * COUNT);
	return all_ok(requests) && pattern_is(first, BLOCKS, place + BLOCKS, round);
}

static uint64_t work(void *argument)
{
	uint64_t worker = (uint64_t)argument;
	uint64_t round = 0;

	do {
		if (!round_is_right(worker, round++))
			__atomic_fetch_add(&errors, 1u, __ATOMIC_RELAXED);
		__atomic_fetch_add(&rounds, 1u, __ATOMIC_RELAXED);
	} while (time_now() < end_ns);
	return 0;
}

void test_flight(uint64_t milliseconds)
{
	struct thread *threads[WORKERS];

	end_ns = time_after(milliseconds * NS_PER_MS);
	if (milliseconds != 0)
		print("disk: steady\n");
	for (uint64_t i = 0; i < WORKERS; i++)
		check_status(thread_run(work, (void *)i, NULL, &threads[i]), OK);
	for (uint32_t i = 0; i < WORKERS; i++)
		thread_join(threads[i], NULL);
	check(rounds >= WORKERS);
	check(errors == 0);
	if (milliseconds != 0)
		print("disk: %llu rounds, %llu errors\n", (unsigned long long)rounds, (unsigned long long)errors);
}
