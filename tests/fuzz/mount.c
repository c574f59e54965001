/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A disk that somebody altered who can put every checksum and signature right:
 * here checksums are all zero and signatures all verify (the linker sees to it), so
 * what is left is what mounting, reading, verifying and changing must bear. An input is
 * edits of a whole store: four bytes each, which block of it that is not empty,
 * where in it (twelve bits), how (four bits), and a value.
 */
#include "fuzz.h"
#include <abi/module.h>
#include <lib/identity.h>
#include <lib/object.h>
#include <lib/volume_salvage.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS 300u
#define STEPS_MAX 300u

uint32_t __wrap_crc32c_long(uint32_t crc, const uint8_t *data, size_t length);
bool __wrap_signature_verify_digest(const uint8_t *key, const char *domain, const uint8_t *digest, const uint8_t *signature);

uint32_t __wrap_crc32c_long(uint32_t crc, const uint8_t *data, size_t length)
{
	(void)crc, (void)data, (void)length;
	return 0;
}

bool __wrap_signature_verify_digest(const uint8_t *key, const char *domain, const uint8_t *digest, const uint8_t *signature)
{
	(void)key, (void)domain, (void)digest, (void)signature;
	return true;
}

static uint8_t image[BLOCKS * BLOCK_SIZE], whole[BLOCKS * BLOCK_SIZE], part[OBJECT_PART_SIZE];
static uint32_t used[BLOCKS], used_count;
static struct object_store store;
static _Alignas(16) uint8_t arena[VOLUME_ARENA_MIN];

static status_t read_blocks(struct block_device *device, uint64_t block, uint32_t count, void *out_bytes)
{
	require(block <= device->blocks && count <= device->blocks - block);
	memcpy(out_bytes, image + block * BLOCK_SIZE, (size_t)count * BLOCK_SIZE);
	return STATUS_OK;
}

static status_t write_blocks(struct block_device *device, uint64_t block, uint32_t count, const void *bytes)
{
	require(block <= device->blocks && count <= device->blocks - block);
	memcpy(image + block * BLOCK_SIZE, bytes, (size_t)count * BLOCK_SIZE);
	return STATUS_OK;
}

static status_t flush(struct block_device *device)
{
	(void)device;
	return STATUS_OK;
}

static const struct block_operations operations = { .read = read_blocks, .write = write_blocks, .flush = flush };
static struct block_device device = { .operations = &operations, .blocks = BLOCKS };

/* ---- the store that is altered ---- */
static size_t birth_make(const uint8_t hash[HASH_SIZE], size_t size, uint8_t out_bytes[OBJECT_RECORD_MAX])
{
	struct object_record record = { .kind = OBJECT_BIRTH, .size = size, .key = { 7 } };
	uint8_t digest[HASH_SIZE];

	aid_of_key(record.key, &record.id.author);
	record.owner = record.id.author;
	memcpy(record.id.hash, hash, HASH_SIZE);
	const size_t length = object_record_encode(&record, out_bytes, digest);
	memset(out_bytes + length, 0, SIGNATURE_SIZE);
	return length + SIGNATURE_SIZE;
}

static status_t put(size_t size)
{
	uint8_t hash[HASH_SIZE], birth[OBJECT_RECORD_MAX];

	hash_bytes(part, size, hash);
	const size_t length = birth_make(hash, size, birth);
	const status_t status = object_put(&store, part, size, birth, length);
	return status == STATUS_OK ? object_store_commit(&store) : status;
}

static status_t upload(void)
{
	struct object_upload upload;
	uint8_t hash[HASH_SIZE], birth[OBJECT_RECORD_MAX];
	status_t status = object_upload_begin(&store, &upload);

	if (status == STATUS_OK)
		status = object_upload_part(&store, &upload, part, sizeof part);
	if (status == STATUS_OK)
		status = object_upload_part(&store, &upload, part, 100);
	if (status != STATUS_OK)
		return status;
	object_upload_address(&upload, hash);
	const size_t length = birth_make(hash, sizeof part + 100, birth);
	status = object_upload_finish(&store, &upload, birth, length);
	return status == STATUS_OK ? object_store_commit(&store) : status;
}

static status_t name_set(void)
{
	struct object_name name = { .name = "n", .sequence = 1, .key = { 7 }, .target.hash = { 1 }, .target.author.bytes = { 1 } };
	uint8_t bytes[OBJECT_NAME_SIZE] = { 0 }, digest[HASH_SIZE];

	aid_of_key(name.key, &name.owner);
	require(object_name_encode(&name, bytes, digest));
	const status_t status = object_name_set(&store, bytes, sizeof bytes);
	return status == STATUS_OK ? object_store_commit(&store) : status;
}

static bool open_store(struct volume **out_volume)
{
	const struct volume_options options = { .read_only = false };

	return volume_mount(&device, arena, sizeof arena, &options, out_volume) == STATUS_OK &&
	       object_store_open(&store, *out_volume) == STATUS_OK;
}

static void whole_make(void)
{
	static const uint8_t IDENTITY[16] = { 1 };
	struct volume *volume = NULL;

	for (size_t i = 0; i < sizeof part; i++)
		part[i] = (uint8_t)(i / 100);
	require(volume_format(&device, arena, sizeof arena, IDENTITY) == STATUS_OK && open_store(&volume));
	require(upload() == STATUS_OK && put(10) == STATUS_OK && put(5000) == STATUS_OK);
	require(volume_unmount(volume) == STATUS_OK && open_store(&volume));
	require(name_set() == STATUS_OK && put(300) == STATUS_OK);
	memcpy(whole, image, sizeof whole);
	for (uint32_t block = 0; block < BLOCKS; block++) {
		const uint8_t *bytes = whole + block * BLOCK_SIZE;
		if (bytes[0] != 0 || memcmp(bytes, bytes + 1, BLOCK_SIZE - 1) != 0)
			used[used_count++] = block;
	}
}

/* ---- edits ---- */
static void edit(const uint8_t *edit)
{
	const size_t at = edit[1] + 256u * (edit[2] % 16u);
	uint8_t *byte = image + used[edit[0] % used_count] * BLOCK_SIZE + at;

	switch (edit[2] / 16u) {
	case 0: *byte = (uint8_t)(*byte + edit[3]); break;
	case 1: *byte = (uint8_t)(*byte ^ edit[3]); break;
	case 2: memset(byte, 0xff, BLOCK_SIZE - at < 4 ? BLOCK_SIZE - at : 4); break;
	case 3: memset(byte, 0, BLOCK_SIZE - at < edit[3] ? BLOCK_SIZE - at : edit[3]); break;
	default: *byte = edit[3]; break;
	}
}

static void report(void *context, const char *text)
{
	(void)context;
	require(text != NULL && strlen(text) < 256);
}

static void use(struct volume *volume)
{
	struct object_totals totals;
	uint64_t freed;

	(void)!volume_check(volume, report, NULL);
	(void)!object_verify_all(&store, part, report, NULL);
	(void)!object_totals(&store, &totals);
	for (uint32_t i = 0; i < STEPS_MAX && object_reclaim(&store, &freed) == STATUS_OK; i++)
		(void)!object_store_commit(&store);
	(void)!put(700);
	(void)!volume_clean(volume);
	(void)!volume_unmount(volume);
}

static volatile uint8_t last; /* read, so that it has to be there */

/* Every place that may be a record is one here, as no checksum says otherwise. What is found can be read. */
static void salvage(void)
{
	struct volume_trace traces[2];
	struct volume_salvaged found;
	struct volume *volume;
	uint8_t key[VOLUME_KEY_MAX];
	const uint8_t *value;
	size_t key_size = 0, size;
	uint32_t count;

	volume_traces(&device, part, traces, 2, &count);
	if (count == 0 || volume_salvage(&device, arena, sizeof arena, traces[0].identity, &volume, &found) != STATUS_OK)
		return;
	require(volume_valid(volume));
	while (volume_next(volume, key, key_size, false, key, &key_size, &size) == STATUS_OK) {
		require(volume_look(volume, key, key_size, &value, &size) == STATUS_OK);
		if (size > 0)
			last = value[size - 1];
	}
	(void)!object_store_open(&store, volume);
	(void)!object_verify_all(&store, part, report, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct volume_label label;
	struct volume *volume = NULL;

	if (used_count == 0)
		whole_make();
	memcpy(image, whole, sizeof image);
	for (size_t i = 0; i + 4 <= size && i < 4 * 256; i += 4)
		edit(data + i);
	(void)!volume_label(&device, arena, sizeof arena, &label);
	salvage();
	if (open_store(&volume))
		use(volume);
	return 0;
}
