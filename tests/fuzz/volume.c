/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A store on a disk that somebody altered and then made every checksum right again: an
 * input is patches to a sound image (which of the two, then block, offset, count, bytes)
 * or, if it begins with a zero, an image itself. It is mounted, checked, listed, read,
 * written to and, if that is possible still, mounted again.
 */
#include "fuzz.h"
#include <abi/module.h>
#include <lib/bytes.h>
#include <lib/crc32c.h>
#include <lib/identity.h>
#include <lib/object.h>
#include <string.h>

#define BLOCKS 256u
#define USED_MAX 64u
#define SUPERBLOCK 0x4c4f5643u
#define PAGE 0x45474150u
#define BATCH 0x48435442u

static const uint8_t IDENTITY[16] = "fuzzed volume...";
/* Short contents alone, quick to verify; a long one too. */
static uint8_t sounds[2][BLOCKS * BLOCK_SIZE], image[BLOCKS * BLOCK_SIZE];
static uint8_t used[2][USED_MAX]; /* blocks that are not zero */
static size_t used_count[2];
static uint8_t arena[VOLUME_ARENA_MIN] __attribute__((aligned(16)));
static uint8_t part[OBJECT_PART_SIZE];
static struct object_store store;

/* ---- the device: an array ---- */
static status_t disk_read(struct block_device *device, uint64_t block, uint32_t count, void *out_bytes)
{
	require(block <= device->blocks && count <= device->blocks - block);
	memcpy(out_bytes, image + block * BLOCK_SIZE, (size_t)count * BLOCK_SIZE);
	return STATUS_OK;
}

static status_t disk_write(struct block_device *device, uint64_t block, uint32_t count, const void *bytes)
{
	require(device->read_only == 0 && block <= device->blocks && count <= device->blocks - block);
	memcpy(image + block * BLOCK_SIZE, bytes, (size_t)count * BLOCK_SIZE);
	return STATUS_OK;
}

static status_t disk_flush(struct block_device *device)
{
	(void)device;
	return STATUS_OK;
}

static const struct block_operations OPERATIONS = {disk_read, disk_write, disk_flush, NULL};
static struct block_device device = {&OPERATIONS, BLOCKS, 0, 0};

/* ---- the sound images ---- */
static const uint8_t seed[SIGNATURE_SEED_SIZE] = {1};
static uint8_t key[SIGNATURE_KEY_SIZE];
static uint8_t birth[OBJECT_RECORD_MAX]; /* of what is put into an altered image: signing takes long */
static size_t birth_size;

static void bear(const uint8_t hash[HASH_SIZE], uint64_t size)
{
	struct object_record record = {.kind = OBJECT_BIRTH, .size = size};
	uint8_t digest[HASH_SIZE];

	memcpy(record.key, key, sizeof key);
	aid_of_key(key, &record.owner);
	record.id.author = record.owner;
	memcpy(record.id.hash, hash, HASH_SIZE);
	birth_size = object_record_encode(&record, birth, digest);
	signature_sign_digest(seed, key, SIGN_DOMAIN_OBJECT, digest, birth + birth_size);
	birth_size += SIGNATURE_SIZE;
}

/* Content: so many bytes of one value, in `part`. */
static void bear_short(uint8_t value, size_t size)
{
	uint8_t hash[HASH_SIZE];

	memset(part, value, size);
	hash_bytes(part, size, hash);
	bear(hash, size);
}

static void set_name(uint64_t sequence)
{
	struct object_name name = {.name = "name", .sequence = sequence, .removed = true};
	uint8_t bytes[OBJECT_NAME_SIZE], digest[HASH_SIZE];

	if (sequence > 1)
		object_name_digest(store.name, name.previous);
	memcpy(name.key, key, sizeof key);
	aid_of_key(key, &name.owner);
	require(object_name_encode(&name, bytes, digest));
	signature_sign_digest(seed, key, SIGN_DOMAIN_NAME, digest, bytes + OBJECT_NAME_SIZE - SIGNATURE_SIZE);
	require(object_name_set(&store, bytes, sizeof bytes) == STATUS_OK);
	require(object_name_get(&store, &name.owner, name.name, sequence, &name) == STATUS_OK);
}

static void put_long(size_t size, bool finish)
{
	struct object_upload upload;
	uint8_t hash[HASH_SIZE];

	require(object_upload_begin(&store, &upload) == STATUS_OK);
	for (size_t at = 0; at < size; at += sizeof part) {
		memset(part, (int)at, sizeof part);
		require(object_upload_part(&store, &upload, part, size - at < sizeof part ? size - at : sizeof part) ==
		        STATUS_OK);
		require(object_store_commit(&store) == STATUS_OK);
	}
	object_upload_address(&upload, hash);
	bear(hash, size);
	require(!finish || object_upload_finish(&store, &upload, birth, birth_size) == STATUS_OK);
}

static struct volume *open_store(bool read_only)
{
	const struct volume_options options = {read_only};
	struct volume *volume;

	device.read_only = read_only;
	if (volume_mount(&device, arena, sizeof arena, &options, &volume) != STATUS_OK)
		return NULL;
	require(volume_valid(volume));
	return object_store_open(&store, volume) == STATUS_OK ? volume : NULL;
}

static void note_used(uint32_t which)
{
	for (size_t block = 0; block < BLOCKS && used_count[which] < USED_MAX; block++) {
		for (size_t i = 0; i < BLOCK_SIZE; i++) {
			if (image[block * BLOCK_SIZE + i] != 0) {
				used[which][used_count[which]++] = (uint8_t)block;
				break;
			}
		}
	}
}

/* A checkpoint of some, and a log of others. */
static void make_sound(uint32_t which)
{
	memset(image, 0, sizeof image);
	require(volume_format(&device, arena, sizeof arena, IDENTITY) == STATUS_OK);
	struct volume *const volume = open_store(false);
	require(volume != NULL);
	for (uint8_t i = 0; i < 2; i++) {
		bear_short(i, 10u * i);
		require(object_put(&store, part, 10u * i, birth, birth_size) == STATUS_OK);
	}
	set_name(1);
	if (which == 1)
		put_long(sizeof part + 100, true);
	require(object_store_commit(&store) == STATUS_OK);
	require(volume_unmount(volume) == STATUS_OK && open_store(false) != NULL);
	put_long(200, false);
	require(object_store_commit(&store) == STATUS_OK);
	memcpy(sounds[which], image, sizeof image);
	note_used(which);
}

/* ---- an altered one ---- */
static void checksum(uint8_t *at, uint32_t begin, size_t size)
{
	bytes_put_le32(at + 4, crc32c(begin, at + 8, size - 8));
}

static void seal_batch(uint8_t *batch, uint32_t identity)
{
	const uint64_t address = (uint64_t)(batch - image);
	const size_t room = sizeof image - address;
	uint8_t place[8];

	checksum(batch, CRC32C_INIT, 64);
	for (size_t at = 64; at + 24 < bytes_le32(batch + 40) && at + 24 < room;) {
		const size_t length = 24u + batch[at + 4] + (size_t)bytes_le32(batch + at + 8);
		if (length > room - at)
			return;
		bytes_put_le64(place, address + at);
		bytes_put_le32(batch + at, crc32c(crc32c(identity, place, 8), batch + at + 4, length - 4));
		at += (length + 7) / 8 * 8;
	}
}

static void seal(const uint8_t *sound)
{
	const uint32_t identity = crc32c(CRC32C_INIT, IDENTITY, sizeof IDENTITY);
	size_t batch = 0; /* that the block is of, perhaps */

	for (size_t block = 0; block < BLOCKS; block++) {
		uint8_t *const at = image + block * BLOCK_SIZE;
		if (bytes_le32(at) == BATCH)
			batch = block;
		if (memcmp(at, sound + block * BLOCK_SIZE, BLOCK_SIZE) == 0)
			continue;
		if (bytes_le32(at) == SUPERBLOCK)
			checksum(at, CRC32C_INIT, BLOCK_SIZE);
		else if (bytes_le32(at) == PAGE)
			checksum(at, identity, BLOCK_SIZE);
		else if (batch != 0)
			seal_batch(image + batch * BLOCK_SIZE, identity);
	}
}

/* One byte says which block, two where in it, one how much; the rest of the input goes on. */
static void patch(uint32_t which, const uint8_t *data, size_t size)
{
	while (size > 4) {
		const size_t block = used[which][data[0] % used_count[which]];
		const size_t at = block * BLOCK_SIZE + bytes_le16(data + 1) % BLOCK_SIZE;
		size_t length = data[3] % 64u + 1u;
		if (length > size - 4)
			length = size - 4;
		if (length > sizeof image - at)
			length = sizeof image - at;
		memcpy(image + at, data + 4, length);
		data += 4 + length;
		size -= 4 + length;
	}
}

/* ---- what is done with it ---- */
static void report(void *context, const char *text)
{
	(void)context;
	require(text[0] != '\0');
}

static void look(struct volume *volume)
{
	uint8_t at[VOLUME_KEY_MAX] = {0};
	size_t size = 1, value_size;
	struct object_totals totals;
	bool torn;

	(void)!volume_check(volume, report, NULL);
	(void)!volume_tail(volume, &torn);
	(void)!object_verify_all(&store, part, report, NULL);
	(void)!object_totals(&store, &totals);
	for (bool first = true; volume_next(volume, at, size, first, at, &size, &value_size) == STATUS_OK; first = false) {
		size_t got;
		const status_t status = volume_get(volume, at, size, part, sizeof part, &got);
		require(status != STATUS_OK || got == value_size);
	}
}

/* What was mounted is written to. If it mounts again it holds what it held; what was altered may have left a batch that
 * looks like a later one where the log has come to by now, and be refused. */
static void change(struct volume *volume)
{
	struct volume_statistics before, after;
	uint64_t freed;

	memset(part, 77, 500);
	(void)!object_put(&store, part, 500, birth, birth_size);
	(void)!object_store_commit(&store);
	for (uint32_t i = 0; i < 8 && object_reclaim(&store, &freed) == STATUS_OK; i++)
		(void)!object_store_commit(&store);
	(void)!volume_clean(volume);
	require(volume_valid(volume));
	volume_statistics(volume, &before);
	if (volume_unmount(volume) != STATUS_OK)
		return;
	volume = open_store(true);
	if (volume == NULL)
		return;
	volume_statistics(volume, &after);
	require(after.keys == before.keys && after.value_bytes == before.value_bytes);
}

static void begin(void)
{
	signature_public(seed, key);
	make_sound(0);
	make_sound(1);
	bear_short(77, 500);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (birth_size == 0)
		begin();
	if (size == 0)
		return 0;
	if (data[0] == 0) {
		memset(image, 0, sizeof image);
		memcpy(image, data + 1, size - 1);
	} else {
		const uint32_t which = data[0] % 16 == 1; /* the slower one is the rarer */
		memcpy(image, sounds[which], sizeof image);
		patch(which, data + 1, size - 1);
		seal(sounds[which]);
	}
	struct volume *volume = open_store(true);
	if (volume != NULL)
		look(volume);
	volume = open_store(false);
	if (volume != NULL)
		change(volume);
	return 0;
}
