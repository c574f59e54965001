/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whatever the device says, what comes out keeps proto/block.h's promises. */
#include "disk.h"

#define SECTORS (BLOCK_SIZE / DISK_SECTOR)

/*@ requires a <= UINT32_MAX || b <= UINT32_MAX;
    assigns \nothing;
    ensures \result == \min(a, b); */
static uint32_t lesser(uint64_t a, uint64_t b)
{
	return (uint32_t)(a < b ? a : b);
}

/* Blocks of data that fit into the segments a request may have. */
/*@ requires \valid_read(config) && \valid_read(disk);
    assigns \nothing;
    ensures \result <= BLOCK_BUFFER_MAX;
    ensures \result * BLOCK_SIZE <= REQUEST_SEGMENTS_DATA * disk->segment_bytes; */
static uint32_t count_max(const struct disk_config *config, const struct disk *disk)
{
	uint64_t segments = REQUEST_SEGMENTS_DATA;

	if (config->queue_size < segments + 2u)
		segments = config->queue_size < 2u ? 0 : config->queue_size - 2u;
	/* What it does not say is one: a client's memory is in one run, and one segment holds all of it. */
	segments = lesser(segments, (config->features & DISK_SEGMENTS_MAX) != 0 ? config->segments_max : 1u);
	return lesser(segments * disk->segment_bytes / BLOCK_SIZE, BLOCK_BUFFER_MAX);
}

/*@ requires \valid_read(config);
    assigns \nothing; */
static uint32_t segment_bytes(const struct disk_config *config)
{
	if ((config->features & DISK_SIZE_MAX) == 0)
		return BLOCK_BUFFER_MAX * BLOCK_SIZE;
	return config->segment_bytes_max / DISK_SECTOR * DISK_SECTOR;
}

/* 0: it cannot. */
/*@ requires \valid_read(config);
    assigns \nothing;
    ensures \result <= UINT32_MAX / 8; */
static uint32_t erase_max(const struct disk_config *config, enum disk_feature feature, uint32_t sectors,
                          uint32_t ranges)
{
	bool can = (config->features & feature) != 0 && (config->features & DISK_READ_ONLY) == 0 && ranges != 0;

	return can ? sectors / SECTORS : 0;
}

/*@ requires \valid_read(config) && \valid(disk) && \separated(config, disk);
    assigns disk->flags, disk->erase_max, disk->zero_may_free;
    ensures disk->erase_max <= UINT32_MAX / 8; */
static void erasing(const struct disk_config *config, struct disk *disk)
{
	uint32_t zero = erase_max(config, DISK_ZERO, config->zero_sectors_max, config->zero_ranges_max);
	uint32_t discard = erase_max(config, DISK_DISCARD, config->discard_sectors_max, config->discard_ranges_max);

	disk->flags |= (zero != 0 ? BLOCK_CAN_ZERO : 0u) | (discard != 0 ? BLOCK_CAN_DISCARD : 0u);
	disk->erase_max = zero == 0 ? discard : discard == 0 ? zero : lesser(zero, discard);
	disk->zero_may_free = config->zero_may_free;
}

status_t disk_limits(const struct disk_config *config, struct disk *out_disk)
{
	struct disk disk = {
		.blocks = config->sectors / SECTORS,
		.sector_bytes = (config->features & DISK_SECTOR_BYTES) != 0 ? config->sector_bytes : DISK_SECTOR,
		.segment_bytes = segment_bytes(config),
	};

	disk.flags |= (config->features & DISK_READ_ONLY) != 0 ? BLOCK_IS_READ_ONLY : 0u;
	disk.flags |= (config->features & DISK_FLUSH) != 0 ? BLOCK_CAN_FLUSH : 0u;
	disk.count_max = count_max(config, &disk);
	erasing(config, &disk);
	if (disk.count_max == 0 || disk.sector_bytes == 0 || BLOCK_SIZE % disk.sector_bytes != 0)
		return STATUS_UNSUPPORTED;
	*out_disk = disk;
	return STATUS_OK;
}
