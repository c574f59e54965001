/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records of volumes that cannot be mounted: all of them are found, but for those that were damaged. */
#include "sim_disk.h"
#include "../volume_priv.h"
#include <lib/volume_salvage.h>

#define ARENA (1u << 20)
#define BLOCKS 1000u
#define KEYS 60u
#define ROUNDS 400u
#define VALUE_MAX 6000u

static _Alignas(16) uint8_t arena[ARENA];
static uint8_t block[BLOCK_SIZE];
static uint32_t newest[KEYS]; /* version of each key's value; 0: deleted */
static uint32_t again;        /* keys that were deleted and are there, at the last look */
static uint64_t unreadable;   /* block; 0: none */
static const uint8_t first[16] = {1, 1}, second[16] = {2, 2};

/* A value says whose it is, and follows from that. */
static size_t value_make(uint32_t key, uint32_t version, uint8_t *out)
{
	const size_t size = 8u + (key * 977u + version * 131u) % (key % 9 == 0 ? VALUE_MAX - 8u : 200u);

	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(key * 7 + version * 13 + i);
	bytes_put_le32(out, key);
	bytes_put_le32(out + 4, version);
	return size;
}

static void fill(struct sim_disk *disk, const uint8_t identity[16], uint32_t rounds)
{
	static uint8_t value[VALUE_MAX];
	const struct volume_options options = {.read_only = false};
	struct volume *volume;
	uint64_t seed = rounds;

	memset(newest, 0, sizeof(newest));
	assert_int_equal(volume_format(&disk->device, arena, ARENA, identity), STATUS_OK);
	assert_int_equal(volume_mount(&disk->device, arena, ARENA, &options, &volume), STATUS_OK);
	for (uint32_t version = 1; version <= rounds; version++) {
		const uint32_t key = (uint32_t)(test_random(&seed) % KEYS);

		if (newest[key] != 0 && test_random(&seed) % 4 == 0) {
			assert_int_equal(volume_delete(volume, &key, sizeof(key)), STATUS_OK);
			newest[key] = 0;
		} else {
			assert_int_equal(volume_put(volume, &key, sizeof(key), value, value_make(key, version, value)),
			                 STATUS_OK);
			newest[key] = version;
		}
		assert_int_equal(volume_commit(volume), STATUS_OK);
	}
}

static void superblocks_lose(struct sim_disk *disk)
{
	const struct volume_options options = {.read_only = true};
	struct volume *volume;

	memset(disk->cache, 0x5a, 4u * BLOCK_SIZE);
	assert_int_equal(volume_mount(&disk->device, arena, ARENA, &options, &volume), STATUS_DAMAGED);
}

/* How many keys are not as they were last. Whatever is there was put once; what was deleted may be. */
static uint32_t lost(struct volume *volume)
{
	static uint8_t wanted[VALUE_MAX];
	uint32_t count = 0;

	again = 0;
	for (uint32_t key = 0; key < KEYS; key++) {
		const uint8_t *value;
		size_t size;
		const status_t status = volume_look(volume, &key, sizeof(key), &value, &size);

		if (status == STATUS_OK) {
			const uint32_t version = bytes_le32(value + 4);
			assert_int_equal(size, value_make(key, version, wanted));
			assert_memory_equal(value, wanted, size);
			again += newest[key] == 0;
			count += newest[key] != 0 && version != newest[key];
		} else {
			assert_int_equal(status, STATUS_NOT_FOUND);
			count += newest[key] != 0;
		}
	}
	return count;
}

static uint32_t salvage(struct sim_disk *disk, const uint8_t *identity, struct volume_salvaged *out_found)
{
	struct volume *volume;

	assert_int_equal(volume_salvage(&disk->device, arena, ARENA, identity, &volume, out_found), STATUS_OK);
	assert_true(volume_valid(volume));
	assert_int_equal(volume_put(volume, "a", 1, "b", 1), STATUS_DENIED);
	assert_int_equal(volume_unmount(volume), STATUS_OK);
	return lost(volume);
}

static void without_superblocks(void **state)
{
	struct volume_salvaged found;
	struct volume_trace traces[2];
	struct sim_disk disk;
	uint32_t count;

	(void)state;
	sim_start(&disk, BLOCKS);
	fill(&disk, first, ROUNDS);
	superblocks_lose(&disk);
	volume_traces(&disk.device, block, traces, 2, &count);
	assert_int_equal(count, 1);
	assert_memory_equal(traces[0].identity, first, sizeof(first));
	assert_int_equal(salvage(&disk, traces[0].identity, &found), 0);
	assert_int_equal(again, 0); /* nothing was written over yet */
	assert_true(found.records == ROUNDS && found.unreadable == 0);
	(void)salvage(&disk, second, &found);
	assert_int_equal(found.records, 0);
	sim_end(&disk);
}

/* Two volumes on one disk, one after the other: each has its own records, and the second may have written over the first's. */
static void two_volumes(void **state)
{
	struct volume_salvaged found;
	struct volume_trace traces[3];
	struct sim_disk disk;
	uint32_t count;

	(void)state;
	sim_start(&disk, BLOCKS);
	fill(&disk, first, ROUNDS);
	fill(&disk, second, ROUNDS / 4);
	superblocks_lose(&disk);
	volume_traces(&disk.device, block, traces, 3, &count);
	assert_int_equal(count, 2);
	assert_int_equal(salvage(&disk, second, &found), 0);
	volume_traces(&disk.device, block, traces, 1, &count);
	assert_int_equal(count, 1);
	sim_end(&disk);
}

/* Each byte that is damaged costs one record at most; an older one of the same key may take its place. */
static void damaged(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (uint32_t round = 0; round < 20; round++) {
		struct volume_salvaged found;
		struct sim_disk disk;
		const uint32_t bytes = 1 + 3 * round;

		sim_start(&disk, BLOCKS);
		fill(&disk, first, ROUNDS / 2 + round);
		superblocks_lose(&disk);
		for (uint32_t i = 0; i < bytes; i++)
			disk.cache[test_random(&seed) % sim_size(&disk)] ^= (uint8_t)(1u << test_random(&seed) % 8);
		assert_true(salvage(&disk, first, &found) <= bytes);
		sim_end(&disk);
	}
}

static status_t read_but_one(struct block_device *device, uint64_t at, uint32_t count, void *out_bytes)
{
	return unreadable - at < count ? STATUS_IO_ERROR : sim_read(device, at, count, out_bytes);
}

/* Of every block in turn the device gives nothing: the records in it are lost, and no other. */
static void blocks_unreadable(void **state)
{
	static const struct block_operations operations = {.read = read_but_one};
	struct volume_salvaged found;
	struct sim_disk disk;
	uint32_t keys = 0, all = 0;

	(void)state;
	sim_start(&disk, BLOCKS);
	fill(&disk, first, ROUNDS / 4);
	disk.device.operations = &operations;
	for (unreadable = 4; unreadable < BLOCKS; unreadable += 17) {
		const uint32_t count = salvage(&disk, first, &found);

		assert_int_equal(found.unreadable, 1);
		assert_true(count <= 1); /* a batch has one record, and begins a block */
		all += count;
	}
	for (uint32_t key = 0; key < KEYS; key++)
		keys += newest[key] != 0;
	assert_true(all > 0 && all <= keys);
	sim_end(&disk);
}

/* The header of a batch in a block: of whom, and where it says that it is. */
static uint8_t *batch_put(struct sim_disk *disk, uint64_t at, uint8_t whose_first, uint8_t whose_last, uint64_t says)
{
	uint8_t *bytes = disk->cache + at * BLOCK_SIZE;

	memcpy(bytes, "BTCH", 4);
	bytes[8] = whose_first;
	bytes[23] = whose_last;
	bytes_put_le64(bytes + 32, says * BLOCK_SIZE);
	bytes_put_le32(bytes + 4, crc32c(CRC32C_INIT, bytes + 8, 56));
	return bytes;
}

static void expect_traces(struct sim_disk *disk, uint32_t room, uint32_t count, uint64_t batches)
{
	struct volume_trace traces[4];
	uint32_t found = 99;

	memset(traces, 0xa5, sizeof traces);
	volume_traces(&disk->device, block, traces, room, &found);
	assert_int_equal(found, count);
	if (count > 0)
		assert_int_equal(traces[0].batches, batches);
	for (size_t i = sizeof(traces[0]) * room; i < sizeof traces; i++) /* no more than there is room for */
		assert_int_equal(((uint8_t *)traces)[i], 0xa5);
}

/* Whole headers where they say they are, of as many volumes as there is room for. */
static void traces_counted(void **state)
{
	static const struct block_operations operations = {.read = read_but_one};
	struct sim_disk disk;

	(void)state;
	sim_start(&disk, 40);
	expect_traces(&disk, 4, 0, 0);
	(void)batch_put(&disk, 3, 1, 1, 3); /* superblocks are there */
	expect_traces(&disk, 4, 0, 0);
	(void)batch_put(&disk, 4, 1, 1, 4);
	(void)batch_put(&disk, 39, 1, 1, 39);
	expect_traces(&disk, 4, 1, 2);
	uint8_t *bytes = batch_put(&disk, 20, 1, 1, 20);
	expect_traces(&disk, 4, 1, 3);
	for (uint32_t bit = 0; bit < 64 * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		expect_traces(&disk, 4, 1, 2);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	(void)batch_put(&disk, 21, 1, 1, 22);
	expect_traces(&disk, 4, 1, 3);
	(void)batch_put(&disk, 5, 2, 1, 5); /* others, by the first byte and by the last */
	(void)batch_put(&disk, 6, 1, 2, 6);
	expect_traces(&disk, 4, 3, 3);
	expect_traces(&disk, 3, 3, 3);
	expect_traces(&disk, 2, 2, 3);
	expect_traces(&disk, 1, 1, 3);
	expect_traces(&disk, 0, 0, 0);
	disk.device.operations = &operations;
	unreadable = 20;
	expect_traces(&disk, 4, 3, 2);
	sim_end(&disk);
}

/* A record of the first volume, without a batch around it; gives where one may lie behind it. */
static uint64_t record_put(struct sim_disk *disk, uint64_t address, enum record_kind kind, uint64_t sequence,
                           const char *key, uint8_t key_size, char value)
{
	const uint32_t value_size = kind == RECORD_PUT ? 1 : 0, length = RECORD_HEADER + key_size + value_size;
	uint8_t *bytes = disk->cache + address, where[8];

	memset(bytes, 0, RECORD_HEADER);
	bytes[4] = key_size;
	bytes[5] = (uint8_t)kind;
	bytes_put_le32(bytes + 8, value_size);
	bytes_put_le64(bytes + 16, sequence);
	memcpy(bytes + RECORD_HEADER, key, key_size);
	memcpy(bytes + RECORD_HEADER + key_size, &value, value_size);
	bytes_put_le64(where, address);
	bytes_put_le32(bytes, crc32c(crc32c(crc32c(CRC32C_INIT, first, sizeof first), where, sizeof where), bytes + 4, length - 4));
	return address + (length + 7) / 8 * 8;
}

/* Of three records of one key the newest counts, wherever it lies; if it says so, that there is none. */
static void newest_wins(void **state)
{
	struct volume_salvaged found;
	struct volume *volume;
	struct sim_disk disk;

	(void)state;
	sim_start(&disk, 40);
	for (uint32_t order = 0; order < 27; order++) {
		const uint64_t sequences[3] = {order % 3, order / 3 % 3, order / 9};
		uint64_t address = (4 + order) * BLOCK_SIZE;
		const uint8_t *value;
		size_t size;

		if (sequences[0] == sequences[1] || sequences[0] == sequences[2] || sequences[1] == sequences[2])
			continue;
		for (uint32_t i = 0; i < 3; i++)
			address = record_put(&disk, address, RECORD_PUT, 1 + sequences[i], "a", 1, (char)('0' + sequences[i]));
		assert_int_equal(volume_salvage(&disk.device, arena, ARENA, first, &volume, &found), STATUS_OK);
		assert_int_equal(found.records, 3);
		assert_int_equal(volume_look(volume, "a", 1, &value, &size), STATUS_OK);
		assert_true(size == 1 && value[0] == '2');
		address = (4 + order) * BLOCK_SIZE;
		for (uint32_t i = 0; i < 3; i++)
			address = record_put(&disk, address, sequences[i] == 2 ? RECORD_DELETE : RECORD_PUT, 1 + sequences[i], "a", 1, 'x');
		assert_int_equal(volume_salvage(&disk.device, arena, ARENA, first, &volume, &found), STATUS_OK);
		assert_int_equal(volume_look(volume, "a", 1, &value, &size), STATUS_NOT_FOUND);
		assert_true(volume_valid(volume));
		memset(disk.cache + (4 + order) * BLOCK_SIZE, 0, BLOCK_SIZE);
	}
	sim_end(&disk);
}

/* More keys than the arena holds. */
static void too_many(void **state)
{
	struct volume_salvaged found;
	struct volume *volume;
	struct sim_disk disk;
	uint64_t address = 4 * BLOCK_SIZE, seed = 3;

	(void)state;
	sim_start(&disk, BLOCKS);
	for (uint32_t number = 0; number < 8000; number++) {
		uint64_t key[VOLUME_KEY_MAX / 8];

		for (uint32_t i = 0; i < VOLUME_KEY_MAX / 8; i++)
			key[i] = test_random(&seed);
		address = record_put(&disk, address, RECORD_PUT, 1, (const char *)key, VOLUME_KEY_MAX, 'x');
	}
	assert_int_equal(volume_salvage(&disk.device, arena, ARENA, first, &volume, &found), STATUS_QUOTA);
	sim_end(&disk);
}

static status_t read_nothing(struct block_device *device, uint64_t at, uint32_t count, void *out_bytes)
{
	(void)device, (void)at, (void)count, (void)out_bytes;
	return STATUS_IO_ERROR;
}

/* As many segments of the largest size as the disk has blocks for, the last one in part. */
static void segments_counted(void **state)
{
	static const struct block_operations operations = {.read = read_nothing};
	struct volume_salvaged found;
	struct volume *volume;

	(void)state;
	for (uint32_t more = 0; more < 3; more++) {
		struct block_device device = {.operations = &operations, .blocks = SUPER_BLOCKS + 2 * SEGMENT_BLOCKS_MAX - 1 + more};

		assert_int_equal(volume_salvage(&device, arena, ARENA, first, &volume, &found), STATUS_OK);
		assert_int_equal(found.unreadable, device.blocks - SUPER_BLOCKS);
		assert_int_equal(found.records, 0);
		assert_int_equal(volume->segment_count, more < 2 ? 2 : 3);
	}
}

static void refusals(void **state)
{
	struct volume_salvaged found;
	struct volume *volume;
	struct sim_disk disk;

	(void)state;
	sim_start(&disk, 4);
	assert_int_equal(volume_salvage(&disk.device, arena, ARENA, first, &volume, &found), STATUS_INVALID);
	sim_end(&disk);
	sim_start(&disk, BLOCKS);
	assert_int_equal(volume_salvage(&disk.device, arena, ARENA / 2, first, &volume, &found), STATUS_INVALID);
	assert_int_equal(volume_salvage(&disk.device, arena, ARENA, first, &volume, &found), STATUS_OK);
	assert_int_equal(found.records, 0);
	sim_end(&disk);
}

TEST_MAIN(cmocka_unit_test(without_superblocks), cmocka_unit_test(two_volumes), cmocka_unit_test(damaged),
          cmocka_unit_test(blocks_unreadable), cmocka_unit_test(traces_counted),
          cmocka_unit_test(newest_wins), cmocka_unit_test(too_many), cmocka_unit_test(segments_counted), cmocka_unit_test(refusals))
