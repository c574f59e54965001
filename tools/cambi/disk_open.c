/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From a path to a store: file, encryption, volume, objects; and why it cannot be had, in words. */
#define _GNU_SOURCE
#include "disk.h"
#include <lib/hash.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA_MAX (32ull << 30) /* address space: memory is taken as it is touched */
#define COMMIT_ROOM (OBJECT_PART_SIZE + OBJECT_HISTORY_MAX + 16384u) /* what one call may add to a transaction */

_Static_assert(COMMIT_ROOM < 256 * BLOCK_SIZE, "a transaction has room for it");

void disk_need(const struct disk *disk, status_t status, const char *what)
{
	if (status == STATUS_OK)
		return;
	if (status == STATUS_IO_ERROR && disk->file.error != 0)
		refuse("%s: %s: %s", disk->path, what, strerror(disk->file.error));
	refuse("%s: %s: %s", disk->path, what, disk_status_text(status));
}

/* ---- the device ---- */
void disk_decrypt(struct disk *disk, const uint8_t key[XTS_KEY_SIZE])
{
	disk->xts = grown(NULL, sizeof(*disk->xts));
	block_xts_open(disk->xts, &disk->file.device, key);
	disk->device = &disk->xts->device;
}

static void unlock(struct disk *disk, const struct disk_place *place)
{
	uint8_t key[XTS_KEY_SIZE];
	const struct passphrase passphrase = disk_passphrase(place, false);
	const status_t status = block_xts_unwrap(&disk->file.device, &passphrase, key);
	disk_passphrase_wipe();
	if (status == STATUS_DENIED)
		refuse("%s: this is not the passphrase", disk->path);
	if (status == STATUS_DAMAGED)
		refuse("%s: both headers of the encryption are damaged: without one nothing can be read", disk->path);
	if (status == STATUS_UNSUPPORTED)
		refuse("%s: encrypted in a way this program does not know", disk->path);
	disk_need(disk, status, "the encryption cannot be opened");
	disk_decrypt(disk, key);
	secret_wipe(key, sizeof(key));
}

static struct disk *file_only(const struct disk_place *place, bool writable)
{
	struct disk *const disk = grown(NULL, sizeof(*disk));

	memset(disk, 0, sizeof(*disk));
	disk->path = place->path;
	disk_file_open(&disk->file, place->path, writable, 0);
	disk->device = &disk->file.device;
	return disk;
}

struct disk *disk_device_open(const struct disk_place *place, bool writable)
{
	struct disk *const disk = file_only(place, writable);
	bool encrypted = false;

	disk_need(disk, block_xts_is_there(&disk->file.device, &encrypted), "cannot be read");
	if (encrypted)
		unlock(disk, place);
	return disk;
}

/* ---- the volume ---- */
void disk_arena_take(struct disk *disk)
{
	for (disk->arena_size = ARENA_MAX; disk->arena_size >= VOLUME_ARENA_MIN * 16ull; disk->arena_size /= 2) {
		disk->arena = mmap(NULL, disk->arena_size, PROT_READ | PROT_WRITE,
		                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (disk->arena != MAP_FAILED)
			return;
	}
	refuse("there is no memory for the index of a disk");
}

/* What is there instead of a volume that can be mounted. */
static CC_NORETURN void explain(const struct disk *disk, status_t status)
{
	uint8_t blocks[4 * BLOCK_SIZE];
	struct volume_label label;
	const status_t said = volume_label(disk->device, blocks, sizeof(blocks), &label);

	if (said == STATUS_NOT_FOUND)
		refuse("%s: no store lies on it (`format` makes one; `salvage` looks for what is left of one)", disk->path);
	if (said == STATUS_UNSUPPORTED)
		refuse("%s: a volume of version %u, which this program does not know", disk->path, label.version);
	if (said == STATUS_OK && label.blocks > disk->device->blocks)
		refuse("%s: cut short: the volume has %llu blocks, the disk %llu", disk->path,
		       (unsigned long long)label.blocks, (unsigned long long)disk->device->blocks);
	if (said == STATUS_DAMAGED)
		refuse("%s: damaged: no superblock is whole (`salvage` saves what is)", disk->path);
	if (status == STATUS_DAMAGED)
		refuse("%s: damaged: the newest checkpoint or the log after it (`salvage` saves what is whole)", disk->path);
	disk_need(disk, status, "cannot be mounted");
	refuse("%s: cannot be read", disk->path);
}

struct disk *disk_open(const struct disk_place *place, bool writable)
{
	struct disk *const disk = disk_device_open(place, writable);
	const struct volume_options options = {.read_only = !writable};

	disk_arena_take(disk);
	status_t status = volume_mount(disk->device, disk->arena, disk->arena_size, &options, &disk->volume);
	if (status != STATUS_OK)
		explain(disk, status);
	status = object_store_open(&disk->store, disk->volume);
	if (status == STATUS_UNSUPPORTED)
		refuse("%s: the volume holds something else than objects, or objects of a later version", disk->path);
	disk_need(disk, status, "the store cannot be opened");
	return disk;
}

void disk_close(struct disk *disk)
{
	const status_t status = disk->volume == NULL ? STATUS_OK : volume_unmount(disk->volume);

	/* A disk too full for a checkpoint keeps its log: nothing is lost. */
	if (status != STATUS_NO_SPACE)
		disk_need(disk, status, "the last checkpoint");
	if (disk->arena != NULL)
		munmap(disk->arena, disk->arena_size);
	if (disk->xts != NULL)
		block_xts_close(disk->xts);
	free(disk->xts);
	disk_file_close(&disk->file);
	free(disk);
}

/* ---- transactions ---- */
void disk_commit(struct disk *disk)
{
	disk_need(disk, object_store_commit(&disk->store), "nothing more can be stored");
}

void disk_make_room(struct disk *disk)
{
	if (volume_room(disk->volume) < COMMIT_ROOM)
		disk_commit(disk);
}

uint64_t disk_reclaim(struct disk *disk)
{
	uint64_t freed, all = 0;
	status_t status;

	while ((status = object_reclaim(&disk->store, &freed)) == STATUS_OK) {
		all += freed;
		disk_make_room(disk);
	}
	if (status != STATUS_NOT_FOUND)
		disk_need(disk, status, "giving back space");
	disk_commit(disk);
	return all;
}
