/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "disk.h"
#include <lib/string.h>
#include <os/panic.h>
#include <os/startup.h>
#include <os/time.h>

#define WORDS (BLOCK_SIZE / sizeof(uint64_t))

handle_t disk;
struct block_info_rep info;
uint8_t *memory;

static deadline_t patience(void)
{
	return time_after(120u * NS_PER_SECOND);
}

void session_open(void)
{
	struct block_info_req none;

	disk = startup_need("scratch");
	must(block_info(disk, patience(), &none, &info));
}

status_t attach(uint64_t blocks)
{
	struct block_attach_req wanted = {blocks};
	struct block_attach_rep reply;
	uint64_t mapped;
	status_t status = block_attach(disk, patience(), &wanted, &reply);

	if (status != STATUS_OK)
		return status;
	must(sys_memory_map(ipc_reply_take(0), 0, 0, reply.blocks, PROT_READ | PROT_WRITE, &mapped));
	memory = (uint8_t *)mapped;
	return STATUS_OK;
}

status_t detach(void)
{
	struct block_detach_req none;
	struct block_detach_rep reply;

	return block_detach(disk, patience(), &none, &reply);
}

struct block_request request(enum block_operation operation, uint64_t block, uint32_t count, uint32_t place)
{
	return (struct block_request){.operation = operation, .count = count, .block = block, .place = place};
}

status_t transfer(const struct block_request *requests, uint32_t count, struct block_transfer_rep *out)
{
	struct block_transfer_req whole = {.count = count};

	memcpy(whole.data, requests, count * sizeof(*requests));
	return block_transfer(disk, patience(), &whole, count * sizeof(*requests), out);
}

status_t one(enum block_operation operation, uint64_t block, uint32_t count, uint32_t place)
{
	struct block_request only = request(operation, block, count, place);
	struct block_transfer_rep reply;
	status_t status = transfer(&only, 1, &reply);

	return status == STATUS_OK ? (status_t)reply.status[0] : status;
}

/* ---- patterns ---- */

static uint64_t *words_at(uint32_t place)
{
	return (uint64_t *)(void *)(memory + (uint64_t)place * BLOCK_SIZE);
}

static uint64_t word(uint64_t block, uint64_t seed, uint64_t index)
{
	return (block + 1u) * 0x9e3779b97f4a7c15u ^ (seed + 1u) * 0xbf58476d1ce4e5b9u ^ index;
}

void pattern_put(uint64_t block, uint32_t count, uint32_t place, uint64_t seed)
{
	for (uint32_t i = 0; i < count; i++) {
		for (uint64_t j = 0; j < WORDS; j++)
			words_at(place + i)[j] = word(block + i, seed, j);
	}
}

bool pattern_is(uint64_t block, uint32_t count, uint32_t place, uint64_t seed)
{
	for (uint32_t i = 0; i < count; i++) {
		for (uint64_t j = 0; j < WORDS; j++) {
			if (words_at(place + i)[j] != word(block + i, seed, j))
				return false;
		}
	}
	return true;
}

bool is_zero(uint32_t count, uint32_t place)
{
	for (uint64_t j = 0; j < count * WORDS; j++) {
		if (words_at(place)[j] != 0)
			return false;
	}
	return true;
}
