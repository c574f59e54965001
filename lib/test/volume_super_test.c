/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Superblocks as somebody else wrote them, every checksum right: which counts, and what they may not say. */
#include "volume_parts.h"

static uint8_t *super(uint32_t which)
{
	return disk.cache + which * BLOCK_SIZE;
}

static void super_seal(uint32_t which)
{
	bytes_put_le32(super(which) + 4, crc32c(CRC32C_INIT, super(which) + 8, BLOCK_SIZE - 8));
}

/* A whole one in each place, of the newest two numbers. */
static int begin(void **state)
{
	(void)state;
	volume = fresh(&disk, BLOCKS);
	assert_int_equal(volume_unmount(volume), STATUS_OK);
	return 0;
}

/* What was in memory before is no superblock, be it ever so whole. */
static status_t find(void)
{
	volume = volume_begin(&disk.device, arena, ARENA);
	volume->read_only = true;
	uint8_t *stale = volume->window + 4 * BLOCK_SIZE;
	memcpy(stale, super(0), BLOCK_SIZE);
	bytes_put_le32(stale, SUPER_MAGIC);
	bytes_put_le32(stale + 8, VERSION);
	bytes_put_le64(stale + 40, UINT64_MAX);
	bytes_put_le32(stale + 4, crc32c(CRC32C_INIT, stale + 8, BLOCK_SIZE - 8));
	return checkpoint_find(volume);
}

/* All four say it. */
static status_t find_with(size_t at, size_t width, uint64_t value)
{
	uint8_t *before = test_copy(disk.cache, 4 * BLOCK_SIZE);

	for (uint32_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < width; k++)
			super(i)[at + k] = (uint8_t)(value >> 8 * k);
		super_seal(i);
	}
	const status_t status = find();
	memcpy(disk.cache, before, 4 * BLOCK_SIZE);
	free(before);
	return status;
}

enum what { NOTHING, DAMAGED, OTHER, OTHER_DAMAGED, WHOLE, WHATS };

static void super_make(uint32_t which, enum what what, uint64_t number)
{
	memset(super(which) + 16, (int)which + 1, 16);
	bytes_put_le32(super(which), what == NOTHING ? 0 : SUPER_MAGIC);
	bytes_put_le32(super(which) + 8, what == OTHER || what == OTHER_DAMAGED ? 10 + which : VERSION);
	bytes_put_le64(super(which) + 32, BLOCKS - which);
	bytes_put_le64(super(which) + 40, number);
	super(which)[1000] = 0;
	super_seal(which);
	super(which)[1000] = what == DAMAGED || what == OTHER_DAMAGED;
}

/* What all four together say, and who says it. */
static status_t expected(const enum what what[4], const uint64_t number[4], uint32_t *out_who)
{
	status_t said = STATUS_NOT_FOUND;

	for (uint32_t i = 4; i-- > 0;) {
		if (what[i] == WHOLE && (said != STATUS_OK || number[i] > number[*out_who]))
			said = STATUS_OK, *out_who = i;
		else if ((what[i] == OTHER || what[i] == OTHER_DAMAGED) && said != STATUS_OK)
			said = STATUS_UNSUPPORTED, *out_who = i;
		else if (what[i] == DAMAGED && said == STATUS_NOT_FOUND)
			said = STATUS_DAMAGED, *out_who = i;
	}
	return said;
}

static void expect_said(const enum what what[4], const uint64_t number[4])
{
	uint32_t who = 0;
	struct volume_label label = { .blocks = 0 };
	const status_t said = expected(what, number, &who);

	for (uint32_t i = 0; i < 4; i++)
		super_make(i, what[i], number[i]);
	assert_int_equal(volume_label(&disk.device, arena, 4 * BLOCK_SIZE, &label), said);
	assert_int_equal(find(), said == STATUS_NOT_FOUND ? STATUS_DAMAGED : said);
	if (said == STATUS_UNSUPPORTED)
		assert_int_equal(label.version, 10 + who);
	if (said == STATUS_OK) {
		assert_int_equal(label.version, VERSION);
		assert_int_equal(label.blocks, BLOCKS - who);
		assert_memory_equal(label.identity, super(who) + 16, 16);
		assert_memory_equal(volume->identity, super(who) + 16, 16);
		assert_int_equal(volume->statistics.checkpoint, number[who]);
	}
}

static void who_counts(void **state)
{
	static const uint64_t numbers[][4] = { { 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 1, 3, 0, 2 }, { 1ull << 40, 2, 1ull << 41, 1 } };

	(void)state;
	for (uint32_t i = 0; i < WHATS * WHATS * WHATS * WHATS; i++) {
		const enum what what[4] = { i % WHATS, i / WHATS % WHATS, i / WHATS / WHATS % WHATS, i / WHATS / WHATS / WHATS };
		expect_said(what, numbers[i % 4]);
		expect_said(what, numbers[(i + 1) % 4]);
	}
}

static void label_refused(void **state)
{
	struct volume_label label;

	(void)state;
	assert_int_equal(volume_label(&disk.device, arena, 4 * BLOCK_SIZE - 1, &label), STATUS_INVALID);
	disk.device.blocks = 3;
	assert_int_equal(volume_label(&disk.device, arena, 4 * BLOCK_SIZE, &label), STATUS_NOT_FOUND);
	disk.device.blocks = 4;
	assert_int_equal(volume_label(&disk.device, arena, 4 * BLOCK_SIZE, &label), STATUS_OK);
	disk.device.blocks = BLOCKS;
	disk.fail_at = 1;
	disk.operations = 1;
	assert_int_equal(volume_label(&disk.device, arena, 4 * BLOCK_SIZE, &label), STATUS_IO_ERROR);
	assert_int_equal(find(), STATUS_IO_ERROR);
}

static void geometry(void **state)
{
	(void)state;
	assert_int_equal(find_with(12, 4, SEGMENT_BLOCKS_MIN - 1), STATUS_DAMAGED);
	assert_int_equal(find_with(12, 4, SEGMENT_BLOCKS_MIN), STATUS_OK);
	assert_int_equal(volume->segment_count, 8);
	assert_false(volume->grown);
	assert_int_equal(find_with(12, 4, 36), STATUS_OK);
	assert_int_equal(volume->segment_count, SEGMENTS_MIN);
	assert_int_equal(find_with(12, 4, 37), STATUS_DAMAGED);
	assert_int_equal(find_with(32, 8, BLOCKS + 1), STATUS_DAMAGED); /* cut short */
	assert_int_equal(find_with(32, 8, BLOCKS - 1), STATUS_OK);
	assert_true(volume->grown);
	assert_int_equal(volume->blocks, BLOCKS);
	disk.device.blocks = 4 + 8ull * SEGMENT_BLOCKS_MAX;
	assert_int_equal(find_with(12, 4, SEGMENT_BLOCKS_MAX), STATUS_OK);
	assert_int_equal(find_with(12, 4, SEGMENT_BLOCKS_MAX + 1), STATUS_DAMAGED);
	disk.device.blocks = 4 + (SEGMENTS_MAX - 1ull) * SEGMENT_BLOCKS_MIN;
	assert_int_equal(find(), STATUS_OK);
	assert_int_equal(volume->segment_count, SEGMENTS_MAX - 1);
	disk.device.blocks += 5 * SEGMENT_BLOCKS_MIN;
	assert_int_equal(find(), STATUS_OK);
	assert_int_equal(volume->segment_count, SEGMENTS_MAX);
	disk.device.blocks = BLOCKS;
}

static void heads(void **state)
{
	(void)state;
	assert_int_equal(find_with(16, 8, 0x0102030405060708), STATUS_OK);
	assert_int_equal(bytes_le64(volume->identity), 0x0102030405060708);
	assert_int_equal(volume->seed, crc32c(CRC32C_INIT, volume->identity, 16));
	assert_int_equal(find_with(48, 8, 0x1112131415161718), STATUS_OK);
	assert_int_equal(volume->sequence, 0x1112131415161718);
	assert_int_equal(find_with(68, 4, 0x21222324), STATUS_OK);
	assert_int_equal(volume->previous, 0x21222324);
	assert_int_equal(find_with(88, 8, 0x3132333435363738), STATUS_OK);
	assert_int_equal(volume->statistics.mounts, 0x3132333435363738);
	const uint32_t head = volume->head_segment, next = volume->next_segment;
	assert_int_equal(find_with(56, 4, 7), STATUS_OK);
	assert_int_equal(volume->head_segment, 7);
	assert_int_equal(find_with(56, 4, 8), STATUS_DAMAGED);
	assert_int_equal(find_with(56, 4, next), STATUS_DAMAGED);
	assert_int_equal(find_with(64, 4, 7), STATUS_OK);
	assert_int_equal(volume->next_segment, 7);
	assert_int_equal(find_with(64, 4, 8), STATUS_DAMAGED);
	assert_int_equal(find_with(64, 4, head), STATUS_DAMAGED);
	assert_int_equal(find_with(60, 4, SEGMENT_BLOCKS_MIN), STATUS_OK);
	assert_int_equal(volume->head_block, SEGMENT_BLOCKS_MIN);
	assert_int_equal(find_with(60, 4, SEGMENT_BLOCKS_MIN + 1), STATUS_DAMAGED);
}

/* So many segments, so many pages in them. */
static status_t find_dump(uint32_t count, uint64_t pages)
{
	for (uint32_t i = 0; i < 4; i++) {
		bytes_put_le64(super(i) + 72, pages);
		bytes_put_le32(super(i) + 96, count);
		for (uint32_t k = 0; k < 600; k++)
			bytes_put_le32(super(i) + 104 + 4 * k, k);
		super_seal(i);
	}
	return find();
}

static void dumps(void **state)
{
	(void)state;
	assert_int_equal(find_dump(0, 0), STATUS_OK);
	assert_int_equal(find_dump(0, 1), STATUS_DAMAGED);
	assert_int_equal(find_dump(8, 8 * SEGMENT_BLOCKS_MIN), STATUS_OK);
	assert_int_equal(volume->dump_count, 8);
	assert_int_equal(volume->dump_pages, 8 * SEGMENT_BLOCKS_MIN);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(volume->dump[i], i);
	assert_int_equal(find_dump(8, 8 * SEGMENT_BLOCKS_MIN + 1), STATUS_DAMAGED);
	assert_int_equal(find_dump(9, 8), STATUS_DAMAGED);
	assert_int_equal(find_dump(8, 8), STATUS_OK);
	assert_int_equal(find_with(104, 4, 8), STATUS_DAMAGED);
	assert_int_equal(find_with(104, 4, 7), STATUS_OK);
	assert_int_equal(find_with(104 + 28, 4, 8), STATUS_DAMAGED);
	assert_int_equal(find_with(104 + 32, 4, 8), STATUS_OK); /* none of them */
	disk.device.blocks = 4 + 1000ull * SEGMENT_BLOCKS_MIN;
	assert_int_equal(find_dump(DUMP_SEGMENTS_MAX, 8), STATUS_OK);
	assert_int_equal(volume->dump[DUMP_SEGMENTS_MAX - 1], DUMP_SEGMENTS_MAX - 1);
	assert_int_equal(find_dump(DUMP_SEGMENTS_MAX + 1, 8), STATUS_DAMAGED);
	disk.device.blocks = BLOCKS;
}

/* A copy of the newest that is not whole is written again, unless nothing may be; the older ones are left as they are. */
static void healed(void **state)
{
	(void)state;
	const uint32_t newest = bytes_le64(super(0) + 40) > bytes_le64(super(2) + 40) ? 0 : 2;

	for (uint32_t copy = 0; copy < 4; copy++) {
		super(copy)[1000] ^= 1;
		uint8_t *damaged = test_copy(super(0), 4 * BLOCK_SIZE);
		assert_int_equal(find(), STATUS_OK); /* which reads only */
		assert_memory_equal(super(0), damaged, 4 * BLOCK_SIZE);
		assert_int_equal(mount(&disk, &volume), STATUS_OK);
		if (copy / 2 * 2 != newest)
			assert_memory_equal(super(0), damaged, 4 * BLOCK_SIZE);
		else
			assert_memory_equal(super(newest), super(newest + 1), BLOCK_SIZE);
		free(damaged);
	}
}

TEST_MAIN(T(who_counts), T(label_refused), T(geometry), T(heads), T(dumps), T(healed))
