/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cambi disk format, passphrase: a new store on a blank disk, never on what is not one unless forced; its lock. */
#include "disk.h"
#include <errno.h>
#include <lib/hash.h>
#include <lib/identity.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define BLOCKS_MIN 256u
#define LOOK_BLOCKS 256u /* at each end: where partition tables and file systems have their signs */

/* ---- sizes ---- */
static uint64_t need_size(const char *text)
{
	char *end;
	const unsigned long long count = strtoull(text, &end, 10);
	const char *const unit = *end == '\0' ? NULL : strchr("KMGT", *end);
	const uint32_t shift = unit == NULL ? 0 : 10 * (uint32_t)(1 + unit - "KMGT");

	errno = 0;
	if (end == text || *text == '-' || (*end != '\0' && (unit == NULL || end[1] != '\0')) || count == 0 ||
	    count > (INT64_MAX >> shift))
		misused("%s is not a size: a number, and K, M, G or T behind it", text);
	if ((count << shift) / BLOCK_SIZE < BLOCKS_MIN)
		misused("a store takes 1M at least");
	return (uint64_t)count << shift;
}

/* ---- what is there ---- */
static bool all_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

static bool is_blank(struct disk *disk, uint64_t first, uint64_t count)
{
	struct block_device *const device = &disk->file.device;
	uint8_t block[BLOCK_SIZE];

	for (uint64_t i = first; i < first + count && i < device->blocks; i++) {
		disk_need(disk, device->operations->read(device, i, 1, block), "cannot be read");
		if (!all_zero(block, sizeof(block)))
			return false;
	}
	return true;
}

static void say_volume(const struct disk *disk, status_t said, const struct volume_label *label)
{
	char identity[33];

	hex_of_bytes(label->identity, sizeof(label->identity), identity);
	if (said == STATUS_OK)
		printf("%s: holds volume %s, of %llu blocks\n", disk->path, identity, (unsigned long long)label->blocks);
	else if (said == STATUS_UNSUPPORTED)
		printf("%s: holds a volume of version %u, unknown here\n", disk->path, label->version);
	else if (said == STATUS_DAMAGED)
		printf("%s: holds a damaged volume\n", disk->path);
	else
		printf("%s: holds something that is no volume\n", disk->path);
}

/* False: it was never used. */
static bool say_what_is_there(struct disk *disk)
{
	uint8_t blocks[4 * BLOCK_SIZE];
	struct volume_label label = {.version = 0};
	const uint64_t all = disk->file.device.blocks;
	bool encrypted = false;

	disk_need(disk, block_xts_is_there(&disk->file.device, &encrypted), "cannot be read");
	if (encrypted) {
		printf("%s: holds an encrypted disk\n", disk->path);
		return true;
	}
	if (is_blank(disk, 0, LOOK_BLOCKS) && is_blank(disk, all < LOOK_BLOCKS ? 0 : all - LOOK_BLOCKS, LOOK_BLOCKS))
		return false;
	say_volume(disk, volume_label(disk->device, blocks, sizeof(blocks), &label), &label);
	return true;
}

/* ---- making ---- */
static void need_random(void *out_bytes, size_t size)
{
	if (getrandom(out_bytes, size, 0) != (ssize_t)size)
		refuse("the system gives no random numbers");
}

static void encrypt(const struct disk_place *place, struct disk *disk)
{
	uint8_t key[XTS_KEY_SIZE], salt[BLOCK_XTS_SALT_SIZE];

	const struct passphrase passphrase = disk_passphrase(place, true);
	need_random(key, sizeof(key));
	need_random(salt, sizeof(salt));
	const status_t status = block_xts_format(&disk->file.device, &passphrase, BLOCK_XTS_ITERATIONS, key, salt);
	disk_passphrase_wipe();
	if (status == STATUS_OK)
		disk_decrypt(disk, key);
	secret_wipe(key, sizeof(key));
	disk_need(disk, status, "cannot be encrypted");
}

/* The store opened once has its first record; the arena is the volume's until then. */
static void make_store(struct disk *disk)
{
	uint8_t identity[16];
	void *const arena = grown(NULL, 2 * VOLUME_ARENA_MIN);
	const struct volume_options options = {.read_only = false};

	need_random(identity, sizeof(identity));
	status_t status = volume_format(disk->device, arena, 2 * VOLUME_ARENA_MIN, identity);
	if (status == STATUS_OK)
		status = volume_mount(disk->device, arena, 2 * VOLUME_ARENA_MIN, &options, &disk->volume);
	if (status == STATUS_OK)
		status = object_store_open(&disk->store, disk->volume);
	if (status == STATUS_OK)
		status = volume_unmount(disk->volume);
	disk->volume = NULL;
	free(arena);
	disk_need(disk, status, "cannot be formatted");
}

/* The device, without asking what lies on it. */
static struct disk *device_open(const struct disk_place *place, const char *size)
{
	struct disk *const disk = grown(NULL, sizeof(*disk));
	const bool make = access(place->path, F_OK) != 0;

	if (!make && size != NULL)
		refuse("%s: is there already: its size stays as it is", place->path);
	memset(disk, 0, sizeof(*disk));
	disk->path = place->path;
	disk_file_open(&disk->file, place->path, true, make && size != NULL ? need_size(size) : 0);
	disk->device = &disk->file.device;
	if (disk->device->blocks < BLOCKS_MIN)
		refuse("%s: too small: a store takes 1 MiB at least", disk->path);
	return disk;
}

int disk_format(const struct disk_place *place, int argc, char **argv)
{
	const char *const size = take_option(&argc, argv, "--size");
	const bool force = take_flag(&argc, argv, "--force");
	const bool encrypted = take_flag(&argc, argv, "--encrypt") || place->passphrase_file != NULL;

	need_words(argc, argv, 0, 0);
	struct disk *const disk = device_open(place, size);
	if (say_what_is_there(disk) && !force)
		refuse("%s: not blank, and left as it is (--force gives up what is there)", disk->path);
	if (encrypted)
		encrypt(place, disk);
	make_store(disk);
	printf("%s: a new store%s\n", disk->path, encrypted ? ", encrypted" : "");
	disk_close(disk);
	return 0;
}

int disk_passphrase_change(const struct disk_place *place, int argc, char **argv)
{
	const char *const path = take_option(&argc, argv, "--new-file");
	const struct disk_place new_place = {place->path, path};
	uint8_t salt[BLOCK_XTS_SALT_SIZE];
	char old[1024];

	need_words(argc, argv, 0, 0);
	struct disk *const disk = disk_device_open(place, true);
	if (disk->xts == NULL)
		refuse("%s: it is not encrypted", disk->path);
	need_random(salt, sizeof(salt));
	struct passphrase before = disk_passphrase(place, false);
	memcpy(old, before.bytes, before.size);
	before.bytes = old;
	const struct passphrase after = disk_passphrase(&new_place, true);
	const status_t status = block_xts_change(&disk->file.device, &before, &after, BLOCK_XTS_ITERATIONS, salt);
	secret_wipe(old, sizeof(old));
	disk_passphrase_wipe();
	disk_need(disk, status, "the passphrase");
	disk_close(disk);
	return 0;
}
