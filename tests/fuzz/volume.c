/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A store on a disk that somebody altered who can put checksums and signatures right:
 * here checksums are all zero, and all signatures verify that do not begin with 0xff (the
 * linker sees to it). An input is patches to a sound image (which of the two, then block,
 * offset, count, bytes) or, if it begins with a zero, an image itself. It is mounted, checked,
 * listed, read, written to, tidied up and, if that is possible still, mounted again; and salvaged.
 */
#include "fuzz.h"
#include <abi/module.h>
#include <lib/bytes.h>
#include <lib/identity.h>
#include <lib/object.h>
#include <lib/volume_salvage.h>
#include <string.h>

#define BLOCKS 256u
#define USED_MAX 64u
#define STEPS_MAX 300u

uint32_t __wrap_crc32c_long(uint32_t crc, const uint8_t *data, size_t length);
bool __wrap_signature_verify_digest(const uint8_t *key, const char *domain, const uint8_t *digest, const uint8_t *signature);

static const uint8_t IDENTITY[16] = "fuzzed volume...";
/* Short contents alone, quick to verify; a long one too. */
static uint8_t sounds[2][BLOCKS * BLOCK_SIZE], image[BLOCKS * BLOCK_SIZE];
static uint8_t used[2][USED_MAX]; /* blocks that are not zero */
static size_t used_count[2];
static uint8_t arena[VOLUME_ARENA_MIN] __attribute__((aligned(16)));
static uint8_t part[OBJECT_PART_SIZE];
static struct object_store store;

uint32_t __wrap_crc32c_long(uint32_t crc, const uint8_t *data, size_t length)
{
	(void)crc, (void)data, (void)length;
	return 0;
}

bool __wrap_signature_verify_digest(const uint8_t *key, const char *domain, const uint8_t *digest, const uint8_t *signature)
{
	(void)key, (void)domain, (void)digest;
	return signature[0] != 0xff;
}

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
static const uint8_t key[SIGNATURE_KEY_SIZE] = {7};
static uint8_t birth[OBJECT_RECORD_MAX];
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
	memset(birth + birth_size, 0, SIGNATURE_SIZE);
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
	uint8_t bytes[OBJECT_NAME_SIZE] = {0}, digest[HASH_SIZE];

	if (sequence > 1)
		object_name_digest(store.name, name.previous);
	memcpy(name.key, key, sizeof key);
	aid_of_key(key, &name.owner);
	require(object_name_encode(&name, bytes, digest));
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
	require(text[0] != '\0' && strlen(text) < 256);
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

/* Every place that may be a record is one here, as no checksum says otherwise. What is found can be read. */
static void salvage(void)
{
	struct volume_trace traces[2];
	struct volume_salvaged found;
	struct volume *volume;
	uint32_t count;

	volume_traces(&device, part, traces, 2, &count);
	if (count == 0 || volume_salvage(&device, arena, sizeof arena, traces[0].identity, &volume, &found) != STATUS_OK)
		return;
	require(volume_valid(volume));
	if (object_store_open(&store, volume) == STATUS_OK)
		look(volume);
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
	for (uint32_t i = 0; i < STEPS_MAX && object_reclaim(&store, &freed) == STATUS_OK; i++)
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
	}
	struct volume_label label;
	(void)!volume_label(&device, arena, sizeof arena, &label);
	salvage();
	struct volume *volume = open_store(true);
	if (volume != NULL)
		look(volume);
	volume = open_store(false);
	if (volume != NULL)
		change(volume);
	return 0;
}
