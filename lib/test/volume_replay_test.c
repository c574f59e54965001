/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Batches as somebody else wrote them, every checksum right: which are taken, where the log ends, and where it may not. */
#include "volume_parts.h"

static uint64_t unreadable; /* block; 0: none */
static uint64_t sequence, head, next; /* of the newest batch; where the one after it lies, or lies else */
static uint32_t previous, next_segment;

static status_t read_but_one(struct block_device *device, uint64_t block, uint32_t count, void *out_bytes)
{
	return unreadable != 0 && unreadable >= block && unreadable - block < count ? STATUS_IO_ERROR : sim_read(device, block, count, out_bytes);
}

/* A key in the log, and nothing after it. */
static int begin(void **state)
{
	static const struct block_operations operations = { .read = read_but_one, .write = sim_write, .flush = sim_flush };

	(void)state;
	unreadable = 0;
	volume = fresh(&disk, BLOCKS);
	assert_int_equal(volume_put(volume, "a", 1, "1", 1), STATUS_OK);
	assert_int_equal(volume_commit(volume), STATUS_OK);
	disk.device.operations = &operations;
	sequence = volume->sequence;
	previous = volume->previous;
	next_segment = volume->next_segment;
	head = segment_address(volume, volume->head_segment) + volume->head_block * BLOCK_SIZE;
	next = segment_address(volume, next_segment);
	return 0;
}

static void header_seal(uint64_t address)
{
	uint8_t *bytes = disk.cache + address;

	bytes_put_le32(bytes + 4, crc32c(CRC32C_INIT, bytes + 8, BATCH_HEADER - 8));
}

/* An empty batch. */
static uint8_t *batch_make(uint64_t address, uint64_t number, uint32_t before, uint32_t after)
{
	uint8_t *bytes = disk.cache + address;

	memset(bytes, 0, BLOCK_SIZE);
	batch_header_known(volume, address, bytes);
	bytes_put_le64(bytes + 24, number);
	bytes_put_le32(bytes + 40, BATCH_HEADER);
	bytes_put_le32(bytes + 48, after);
	bytes_put_le32(bytes + 52, before);
	header_seal(address);
	return bytes;
}

/* One more record in it: a key of one letter. */
static void record_append(uint64_t address, uint64_t number, char key)
{
	uint8_t *header = disk.cache + address, where[8];
	const uint32_t used = bytes_le32(header + 40);
	uint8_t *bytes = header + used;

	bytes[4] = 1;
	bytes[5] = RECORD_PUT;
	bytes_put_le64(bytes + 16, number);
	bytes[24] = (uint8_t)key;
	bytes_put_le64(where, address + used);
	bytes_put_le32(bytes, crc32c(crc32c(volume->seed, where, sizeof where), bytes + 4, 21));
	bytes_put_le32(header + 40, used + 32);
	bytes_put_le32(header + 44, bytes_le32(header + 44) + 1);
	header_seal(address);
}

/* As the next mount has it, in an arena of its own. */
static status_t mount_other(uint8_t **out_arena, struct volume **out_volume)
{
	const struct volume_options options = { .read_only = true };

	*out_arena = aligned_alloc(16, ARENA);
	return volume_mount(&disk.device, *out_arena, ARENA, &options, out_volume);
}

/* How many of the keys 'a', 'b', 'c'... there are; 1000 if the volume is damaged, 2000 if it cannot be read. */
static uint32_t keys(void)
{
	struct volume *mounted;
	uint8_t *other;
	const status_t status = mount_other(&other, &mounted);
	uint32_t count = status == STATUS_DAMAGED ? 1000 : 2000;

	if (status == STATUS_OK) {
		assert_true(volume_valid(mounted));
		count = (uint32_t)mounted->statistics.keys;
	} else {
		assert_true(status == STATUS_DAMAGED || status == STATUS_IO_ERROR);
	}
	free(other);
	return count;
}

static uint32_t keys_with(uint64_t address, size_t at, uint32_t value)
{
	uint8_t *before = test_copy(disk.cache + address, BLOCK_SIZE);

	bytes_put_le32(disk.cache + address + at, value);
	header_seal(address);
	const uint32_t count = keys();
	memcpy(disk.cache + address, before, BLOCK_SIZE);
	free(before);
	return count;
}

/* A batch is taken whole: its number, the one before it, its records and where they end. */
static void whole(void **state)
{
	(void)state;
	assert_int_equal(keys(), 1);
	for (uint32_t i = 0; i < 2; i++) {
		const uint64_t address = i == 0 ? head : next;
		batch_make(address, sequence + 1, previous, i == 0 ? next_segment : volume->segment_count - 1);
		assert_int_equal(keys(), 1);
		record_append(address, sequence + 1, 'b');
		record_append(address, sequence + 1, 'c');
		assert_int_equal(keys(), 3);
		assert_int_equal(keys_with(address, 24, (uint32_t)sequence), 1);
		assert_int_equal(keys_with(address, 52, previous + 1), 1);
		assert_int_equal(keys_with(address, 44, 1), 1); /* a record more than it says */
		assert_int_equal(keys_with(address, 44, 3), 1); /* or one less */
		assert_int_equal(keys_with(address, 40, BATCH_HEADER + 32), 1);
		assert_int_equal(keys_with(address, 40, BATCH_HEADER + 63), 1);
		assert_int_equal(keys_with(address, 40, BATCH_HEADER + 72), 1);
		batch_make(address, sequence + 1, previous, i == 0 ? next_segment : volume->segment_count - 1);
		record_append(address, sequence + 1, 'b');
		record_append(address, sequence, 'c'); /* an old one, where it may have been */
		assert_int_equal(keys(), 1);
		memset(disk.cache + address, 0, BLOCK_SIZE);
	}
}

/* Which segment is the next one: the same as before, but where a batch begins it. */
static void next_named(void **state)
{
	(void)state;
	batch_make(head, sequence + 1, previous, volume->segment_count - 1);
	record_append(head, sequence + 1, 'b');
	assert_int_equal(keys(), 1000);
	memset(disk.cache + head, 0, BLOCK_SIZE);
	batch_make(next, sequence + 1, previous, next_segment);
	record_append(next, sequence + 1, 'b');
	assert_int_equal(keys(), 1000);
}

/* A batch later than the one that is missing says that this was lost, wherever it may lie; one of its own number or older not. */
static void later_ones(void **state)
{
	(void)state;
	const uint64_t rest = 32 - volume->head_block;

	for (uint64_t block = 0; block < rest + 32; block++) {
		const uint64_t address = block < rest ? head + block * BLOCK_SIZE : next + (block - rest) * BLOCK_SIZE;
		for (uint32_t ahead = 0; ahead < 4; ahead++) {
			batch_make(address, sequence + ahead, previous + 1, next_segment);
			assert_int_equal(keys(), ahead < 2 ? 1 : 1000);
		}
		memset(disk.cache + address, 0, BLOCK_SIZE);
		unreadable = address / BLOCK_SIZE;
		assert_int_equal(keys(), 2000);
		unreadable = 0;
	}
}

/* The missing one, which began the next segment and names the one after it; what is damaged of it. */
static void missing_make(uint32_t after, uint32_t damaged)
{
	batch_make(next, sequence + 1, previous, after);
	record_append(next, sequence + 1, 'b');
	disk.cache[next + damaged] ^= 1;
}

static bool is_free(uint32_t segment)
{
	return segment != volume->head_segment && segment != next_segment;
}

static void forget(uint64_t address)
{
	memset(disk.cache + address, 0, BLOCK_SIZE);
}

/* Of each free segment, with nothing in it nor in the next one. */
static void in_each_free(void (*look)(uint32_t segment, uint64_t there))
{
	for (uint32_t i = 0; i < volume->segment_count; i++) {
		const uint64_t there = segment_address(volume, i);
		if (!is_free(i))
			continue;
		batch_make(there, sequence + 2, 7, 0);
		look(i, there);
		forget(there);
		forget(next);
	}
}

/* Its header is whole, and says where the next one may be; there alone it says that something was lost. */
static void header_says(uint32_t segment, uint64_t there)
{
	(void)there;
	assert_int_equal(keys(), 1); /* of an older log, for all that is known */
	missing_make(segment, BATCH_HEADER);
	assert_int_equal(keys(), 1000);
	batch_make(next, sequence, previous, segment);
	assert_int_equal(keys(), 1);
	for (uint32_t k = 0; k < volume->segment_count; k++) {
		batch_make(next, sequence + 1, previous + 1, k);
		assert_true(k == segment || !is_free(k) || keys() == 1);
	}
}

static void beyond_by_header(void **state)
{
	(void)state;
	in_each_free(header_says);
}

/* Its header is not whole, but a record behind it says that it was written: then it may be anywhere. */
static void record_says(uint32_t segment, uint64_t there)
{
	missing_make(segment, 0);
	assert_int_equal(keys(), 1000);
	batch_make(there, sequence + 1, 7, 0);
	assert_int_equal(keys(), 1);
	batch_make(there, sequence + 2, 7, 0);
	batch_make(next, sequence + 1, previous, segment);
	record_append(next, sequence, 'b'); /* an older record says nothing */
	disk.cache[next] ^= 1;
	assert_int_equal(keys(), 1);
}

static void beyond_by_record(void **state)
{
	(void)state;
	in_each_free(record_says);
}

static void beyond_unreadable(void **state)
{
	(void)state;
	missing_make(volume->segment_count - 1, BATCH_HEADER);
	unreadable = segment_address(volume, volume->segment_count - 1) / BLOCK_SIZE;
	assert_int_equal(keys(), 2000);
	missing_make(volume->segment_count - 1, 0);
	assert_int_equal(keys(), 2000);
}

/* ---- while it is mounted ---- */
static status_t verify(void)
{
	volume->window_blocks = 0;
	return log_verify(volume);
}

/* Batches of so many blocks. */
static void commit_blocks(uint32_t blocks)
{
	static const uint8_t value[VOLUME_VALUE_MAX];

	assert_int_equal(volume_put(volume, "v", 1, value, blocks * BLOCK_SIZE - BATCH_HEADER - RECORD_HEADER - 1), STATUS_OK);
	assert_int_equal(volume_commit(volume), STATUS_OK);
}

/* What follows from the log is what its writer had. */
static void expect_followed(void)
{
	struct volume *mounted;
	uint8_t *other;

	assert_int_equal(mount_other(&other, &mounted), STATUS_OK);
	assert_int_equal(mounted->head_segment, volume->head_segment);
	assert_int_equal(mounted->head_block, volume->head_block);
	assert_int_equal(mounted->next_segment, volume->next_segment);
	assert_int_equal(mounted->free_segments, volume->free_segments);
	assert_int_equal(mounted->sequence, volume->sequence);
	assert_int_equal(mounted->previous, volume->previous);
	assert_int_equal(mounted->log_blocks, volume->log_blocks);
	assert_int_equal(mounted->statistics.commits, volume->statistics.commits);
	assert_int_equal(mounted->statistics.keys, volume->statistics.keys);
	free(other);
}

static void followed(void **state)
{
	uint64_t blocks = volume->log_blocks, commits = volume->statistics.commits, checkpoint = volume->statistics.checkpoint;

	(void)state;
	expect_followed();
	for (uint32_t i = 0; i < 40; i++) {
		commit_blocks(1 + i % 5);
		blocks += 1 + i % 5;
		commits++;
		if (volume->statistics.checkpoint != checkpoint) {
			checkpoint = volume->statistics.checkpoint;
			blocks = volume->log_blocks;
			commits = volume->statistics.commits;
		}
		assert_int_equal(volume->log_blocks, blocks);
		assert_int_equal(volume->statistics.commits, commits);
		expect_followed();
	}
}

/* Of what was put and deleted since the checkpoint, nothing is left in the index. */
static void deleted(void **state)
{
	struct volume *mounted;
	uint8_t *other;

	(void)state;
	assert_int_equal(volume_delete(volume, "a", 1), STATUS_OK);
	assert_int_equal(volume_commit(volume), STATUS_OK);
	assert_int_equal(mount_other(&other, &mounted), STATUS_OK);
	assert_int_equal(mounted->statistics.keys, 0);
	assert_int_equal(node_at(mounted, mounted->root)->links[0], 0);
	free(other);
}

/* Batches that each begin another segment are followed until none is free. */
static void every_segment(void **state)
{
	uint64_t at = next, number = sequence + 1;
	uint32_t before = previous;

	(void)state;
	for (uint32_t i = 0; i < volume->segment_count; i++) {
		if (!is_free(i) || volume->segments[i].state != SEGMENT_FREE)
			continue;
		batch_make(at, number, before, i);
		record_append(at, number, (char)('b' + i));
		assert_int_equal(keys(), number - sequence + 1);
		before = bytes_le32(disk.cache + at + 4);
		at = segment_address(volume, i);
		number++;
	}
	assert_int_equal(number - sequence - 1, volume->free_segments);
	batch_make(at, number, before, next_segment);
	assert_int_equal(keys(), 1000);
}

/* More keys than the arena holds, the last of them in the log. */
static void too_many(void **state)
{
	const size_t large = 4 * ARENA;
	const struct volume_options options = { .read_only = false };
	uint8_t *other = aligned_alloc(16, large);
	struct volume *writer = NULL;
	struct sim_disk full;
	uint64_t key[VOLUME_KEY_MAX / 8], seed = 3;

	(void)state;
	sim_start(&full, 2000);
	assert_int_equal(volume_format(&full.device, other, large, identity), STATUS_OK);
	for (uint32_t number = 0; number < 6000; number++) {
		if (number == 0 || number == 2000) {
			assert_int_equal(number == 0 ? STATUS_OK : volume_unmount(writer), STATUS_OK); /* with a checkpoint */
			assert_int_equal(volume_mount(&full.device, other, large, &options, &writer), STATUS_OK);
		}
		for (uint32_t i = 0; i < VOLUME_KEY_MAX / 8; i++)
			key[i] = test_random(&seed);
		assert_int_equal(volume_put(writer, key, sizeof key, "x", 1), STATUS_OK);
		if (number % 100 == 99)
			assert_int_equal(volume_commit(writer), STATUS_OK);
	}
	assert_int_equal(volume_mount(&full.device, arena, ARENA, &options, &writer), STATUS_QUOTA);
	free(other);
	sim_end(&full);
}

static void expect_verified(void)
{
	const struct mark mark = volume->mark;

	assert_int_equal(verify(), STATUS_OK);
	for (uint32_t i = 0; i < volume->segment_count * 32; i++) {
		uint8_t *bytes = disk.cache + (4 + i) * BLOCK_SIZE;
		const bool since = memcmp(bytes, "BTCH", 4) == 0 && bytes_le64(bytes + 24) > mark.sequence;
		for (uint32_t at = 4; since && at < BATCH_HEADER; at += 5) {
			bytes[at] ^= 8;
			assert_int_equal(verify(), STATUS_DAMAGED);
			bytes[at] ^= 8;
		}
		unreadable = since ? 4 + i : 0;
		assert_int_equal(verify(), since ? STATUS_IO_ERROR : STATUS_OK);
		unreadable = 0;
	}
	assert_int_equal(verify(), STATUS_OK);
}

/* From the checkpoint on, through segments, also if it was made where one was full. */
static void verified(void **state)
{
	(void)state;
	expect_verified();
	while (volume->head_block < 16)
		commit_blocks(1);
	commit_blocks(16);
	assert_int_equal(volume->head_block, 32);
	expect_verified();
	commit_blocks(16);
	commit_blocks(16);
	commit_blocks(1);
	expect_verified();
	assert_int_equal(volume_unmount(volume), STATUS_OK);
	assert_int_equal(mount(&disk, &volume), STATUS_OK);
	assert_int_equal(verify(), STATUS_OK);
	commit_blocks(15);
	commit_blocks(15);
	assert_int_equal(volume->head_block, 32);
	assert_int_equal(volume_unmount(volume), STATUS_OK);
	assert_int_equal(mount(&disk, &volume), STATUS_OK);
	assert_int_equal(volume->mark.block, 32);
	for (uint32_t i = 0; i < 3; i++)
		commit_blocks(2);
	expect_verified();
}

TEST_MAIN(T(whole), T(next_named), T(later_ones), T(beyond_by_header), T(beyond_by_record),
          T(beyond_unreadable), T(followed), T(deleted), T(every_segment), T(too_many), T(verified))
