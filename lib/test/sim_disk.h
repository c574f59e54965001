/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A disk in memory with a volatile cache: what was written since the last flush
 * is, after a power cut, there or not, sector by sector, in any order. Power is
 * cut, or errors begin, at the operation that is asked for.
 */
#pragma once
#include "test.h"
#include <lib/block.h>
#include <string.h>

#define SIM_SECTOR 512u

struct sim_disk {
	struct block_device device;
	uint8_t *media, *cache; /* durable; as reads see it */
	uint64_t operations;    /* writes and flushes so far */
	uint64_t reads;
	uint64_t fail_at;       /* the operation from which on everything fails; 0: none */
	uint64_t seed;
	bool lies; /* flushes do nothing */
};

static inline size_t sim_size(const struct sim_disk *disk)
{
	return (size_t)disk->device.blocks * BLOCK_SIZE;
}

static inline bool sim_fails(struct sim_disk *disk)
{
	disk->operations++;
	return disk->fail_at != 0 && disk->operations >= disk->fail_at;
}

static inline status_t sim_read(struct block_device *device, uint64_t block, uint32_t count, void *out_bytes)
{
	struct sim_disk *disk = (struct sim_disk *)device;

	if (block > device->blocks || count > device->blocks - block)
		return STATUS_INVALID;
	if (disk->fail_at != 0 && disk->operations >= disk->fail_at)
		return STATUS_IO_ERROR;
	disk->reads++;
	memcpy(out_bytes, disk->cache + block * BLOCK_SIZE, (size_t)count * BLOCK_SIZE);
	return STATUS_OK;
}

/* A write that fails may have changed any of its sectors. */
static inline status_t sim_write(struct block_device *device, uint64_t block, uint32_t count, const void *bytes)
{
	struct sim_disk *disk = (struct sim_disk *)device;
	const bool fails = sim_fails(disk);

	if (block > device->blocks || count > device->blocks - block)
		return STATUS_INVALID;
	if (fails && disk->operations > disk->fail_at)
		return STATUS_IO_ERROR;
	memcpy(disk->cache + block * BLOCK_SIZE, bytes, (size_t)count * BLOCK_SIZE);
	return fails ? STATUS_IO_ERROR : STATUS_OK;
}

static inline status_t sim_flush(struct block_device *device)
{
	struct sim_disk *disk = (struct sim_disk *)device;

	if (sim_fails(disk))
		return STATUS_IO_ERROR;
	if (!disk->lies)
		memcpy(disk->media, disk->cache, sim_size(disk));
	return STATUS_OK;
}

static const struct block_operations sim_operations = { .read = sim_read, .write = sim_write, .flush = sim_flush };

static inline void sim_start(struct sim_disk *disk, uint64_t blocks)
{
	*disk = (struct sim_disk){ .device = { .operations = &sim_operations, .blocks = blocks }, .seed = 1 };
	disk->media = calloc(1, sim_size(disk));
	disk->cache = calloc(1, sim_size(disk));
	assert_non_null(disk->media);
	assert_non_null(disk->cache);
}

static inline void sim_end(struct sim_disk *disk)
{
	free(disk->media);
	free(disk->cache);
}

/* Each sector that was not flushed survives with a chance of `eighths` in 8. */
static inline void sim_cut(struct sim_disk *disk, uint32_t eighths)
{
	for (size_t at = 0; at < sim_size(disk); at += SIM_SECTOR) {
		if (memcmp(disk->media + at, disk->cache + at, SIM_SECTOR) != 0 && test_random(&disk->seed) % 8 < eighths)
			memcpy(disk->media + at, disk->cache + at, SIM_SECTOR);
	}
	memcpy(disk->cache, disk->media, sim_size(disk));
	disk->fail_at = disk->operations = 0;
}
