/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The disk of disk.h: an array, a list of events, and blocks saved to be put back. */
#include "store.h"
#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX 65536u

size_t disk_size(const struct disk *disk)
{
	return (size_t)disk->device.blocks * BLOCK_SIZE;
}

static bool fails(const struct disk *disk, bool read, uint64_t number)
{
	const struct disk_fault *fault = &disk->fault;

	return fault->at != 0 && fault->reads == read && number >= fault->at && number - fault->at < fault->fails;
}

static void event_add(struct disk *disk, struct disk_event event, const uint8_t *bytes)
{
	if (!disk->recording)
		return;
	if (disk->event_count == EVENTS_MAX)
		store_fail("a transaction of too many operations");
	if (event.count > 0) {
		event.bytes = memory(event.count * BLOCK_SIZE);
		memcpy(event.bytes, bytes, event.count * BLOCK_SIZE);
	}
	disk->events[disk->event_count++] = event;
}

static void block_save(struct disk *disk, uint64_t block)
{
	if (!disk->marked || disk->is_saved[block])
		return;
	disk->is_saved[block] = true;
	disk->saved_blocks[disk->saved_count] = (uint32_t)block;
	memcpy(disk->saved + (size_t)disk->saved_count++ * BLOCK_SIZE, disk->image + block * BLOCK_SIZE, BLOCK_SIZE);
}

static status_t disk_read(struct block_device *device, uint64_t block, uint32_t count, void *out_bytes)
{
	struct disk *disk = (struct disk *)device;

	if (block > device->blocks || count > device->blocks - block)
		return STATUS_INVALID;
	if (fails(disk, true, ++disk->reads))
		return STATUS_IO_ERROR;
	memcpy(out_bytes, disk->image + block * BLOCK_SIZE, (size_t)count * BLOCK_SIZE);
	return STATUS_OK;
}

/* What reached the disk of a write that failed: recorded as a write of what each sector is now. */
static void write_torn(struct disk *disk, uint64_t block, uint32_t count, const uint8_t *bytes)
{
	for (uint32_t i = 0; disk->fault.torn != 0 && i < count * SECTORS; i++) {
		if (random_below(&disk->fault.torn, 2) == 0)
			disk_sector_put(disk, (uint32_t)block * SECTORS + i, bytes + i * SECTOR);
	}
	event_add(disk, (struct disk_event){ .kind = DISK_WRITE, .block = block, .count = count },
	          disk->image + block * BLOCK_SIZE);
}

static status_t disk_write(struct block_device *device, uint64_t block, uint32_t count, const void *bytes)
{
	struct disk *disk = (struct disk *)device;

	if (block > device->blocks || count > device->blocks - block)
		return STATUS_INVALID;
	for (uint32_t i = 0; i < count; i++)
		block_save(disk, block + i);
	if (fails(disk, false, ++disk->operations)) {
		write_torn(disk, block, count, bytes);
		return STATUS_IO_ERROR;
	}
	event_add(disk, (struct disk_event){ .kind = DISK_WRITE, .block = block, .count = count }, bytes);
	memcpy(disk->image + block * BLOCK_SIZE, bytes, (size_t)count * BLOCK_SIZE);
	return STATUS_OK;
}

static status_t disk_flush(struct block_device *device)
{
	struct disk *disk = (struct disk *)device;

	if (fails(disk, false, ++disk->operations))
		return STATUS_IO_ERROR;
	event_add(disk, (struct disk_event){ .kind = DISK_FLUSH }, NULL);
	return STATUS_OK;
}

static const struct block_operations operations = { .read = disk_read, .write = disk_write, .flush = disk_flush };

void disk_make(struct disk *disk, uint64_t blocks)
{
	*disk = (struct disk){ .device = { .operations = &operations, .blocks = blocks } };
	disk->image = memory(disk_size(disk));
	disk->saved = memory(disk_size(disk));
	disk->saved_blocks = memory(blocks * sizeof *disk->saved_blocks);
	disk->is_saved = memory(blocks * sizeof *disk->is_saved);
	disk->events = memory(EVENTS_MAX * sizeof *disk->events);
}

void disk_fault_set(struct disk *disk, struct disk_fault fault)
{
	disk->fault = fault;
	disk->operations = disk->reads = 0;
}

void disk_record(struct disk *disk)
{
	for (uint32_t i = 0; i < disk->event_count; i++)
		free(disk->events[i].bytes);
	disk->event_count = 0;
	disk->recording = true;
}

void disk_acknowledge(struct disk *disk)
{
	event_add(disk, (struct disk_event){ .kind = DISK_ACKNOWLEDGED }, NULL);
}

bool disk_wrote(const struct disk *disk)
{
	for (uint32_t i = 0; i < disk->event_count; i++) {
		if (disk->events[i].kind == DISK_WRITE)
			return true;
	}
	return false;
}

void disk_mark(struct disk *disk)
{
	disk_unmark(disk);
	disk->marked = true;
}

void disk_unmark(struct disk *disk)
{
	for (uint32_t i = 0; i < disk->saved_count; i++)
		disk->is_saved[disk->saved_blocks[i]] = false;
	disk->saved_count = 0;
	disk->marked = false;
}

void disk_back(struct disk *disk)
{
	for (uint32_t i = 0; i < disk->saved_count; i++)
		memcpy(disk->image + (size_t)disk->saved_blocks[i] * BLOCK_SIZE, disk->saved + (size_t)i * BLOCK_SIZE, BLOCK_SIZE);
	disk_mark(disk);
}

void disk_sector_put(struct disk *disk, uint32_t sector, const uint8_t *bytes)
{
	block_save(disk, sector / SECTORS);
	memcpy(disk->image + (size_t)sector * SECTOR, bytes, SECTOR);
}

void disk_copy(struct disk *disk, const struct disk *from)
{
	disk_unmark(disk);
	memcpy(disk->image, from->image, disk_size(disk));
}
