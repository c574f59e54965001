/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The parts of the disk test.
 *
 *   session.c  one client's view of the disk: its memory, one request, a pattern
 *   basic.c    what a disk must do, and what it must refuse
 *   flight.c   many requests at once, also over a restart of the driver
 *   faulty.c   disks that are read-only, fail in places, or do not answer in time
 */
#pragma once
#include <os/block.h>
#include <os/check.h>

#define MEMORY_BLOCKS 512u

/* ---- session.c ---- */
extern handle_t disk;
extern struct block_info_rep info;
extern uint8_t *memory; /* NULL: not attached */

void session_open(void);
CC_NODISCARD status_t attach(uint64_t blocks);
CC_NODISCARD status_t detach(void);
struct block_request request(enum block_operation operation, uint64_t block, uint32_t count, uint32_t place);
/* The status of the whole; on OK *out has one for each. */
CC_NODISCARD status_t transfer(const struct block_request *requests, uint32_t count, struct block_transfer_rep *out);
/* The status of a transfer of one request, or of the request. */
CC_NODISCARD status_t one(enum block_operation operation, uint64_t block, uint32_t count, uint32_t place);
/* Every block has words of its own, for each seed. */
void pattern_put(uint64_t block, uint32_t count, uint32_t place, uint64_t seed);
CC_NODISCARD bool pattern_is(uint64_t block, uint32_t count, uint32_t place, uint64_t seed);
CC_NODISCARD bool is_zero(uint32_t count, uint32_t place);

/* ---- basic.c ---- */
void test_memory(void);
void test_refusals(void);
void test_data(void);
void test_erase(void);
/* Fill the first blocks and flush; and see whether they are still so. */
void test_write(uint64_t seed);
void test_verify(uint64_t seed);

/* ---- flight.c ---- */
void test_flight(uint64_t milliseconds);

/* ---- faulty.c ---- */
void test_read_only(void);
/* Reads and writes of one block fail. */
void test_failing(uint64_t block);
void test_slow(void);
