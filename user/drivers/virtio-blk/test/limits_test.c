/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a device says of itself, sense and nonsense. */
#include "../../../../lib/test/test.h"
#include "../disk.h"

static const struct disk_config usual = {
	.features = DISK_SEGMENTS_MAX | DISK_SECTOR_BYTES | DISK_FLUSH | DISK_DISCARD | DISK_ZERO,
	.sectors = 1000u * 8u + 7u,
	.segments_max = 126,
	.sector_bytes = 512,
	.discard_sectors_max = 8000,
	.discard_ranges_max = 1,
	.zero_sectors_max = 16007,
	.zero_ranges_max = 1,
	.zero_may_free = true,
	.queue_size = 128,
};

static void test_usual(void **state)
{
	struct disk disk;

	(void)state;
	assert_int_equal(disk_limits(&usual, &disk), STATUS_OK);
	assert_int_equal(disk.blocks, 1000);
	assert_int_equal(disk.flags, BLOCK_CAN_FLUSH | BLOCK_CAN_ZERO | BLOCK_CAN_DISCARD);
	assert_int_equal(disk.count_max, BLOCK_BUFFER_MAX);
	assert_int_equal(disk.erase_max, 1000);
	assert_int_equal(disk.sector_bytes, 512);
	assert_true(disk.zero_may_free);
}

/* A field without its feature means nothing. */
static void test_features(void **state)
{
	struct disk_config config = usual;
	struct disk disk;

	(void)state;
	config.features = 0;
	config.sector_bytes = 3;
	config.segments_max = 0;
	config.segment_bytes_max = 1;
	assert_int_equal(disk_limits(&config, &disk), STATUS_OK);
	assert_int_equal(disk.flags, 0);
	assert_int_equal(disk.erase_max, 0);
	assert_int_equal(disk.sector_bytes, 512);
	assert_int_equal(disk.count_max, BLOCK_BUFFER_MAX);
	config.features = DISK_ZERO;
	assert_int_equal(disk_limits(&config, &disk), STATUS_OK);
	assert_int_equal(disk.flags, BLOCK_CAN_ZERO);
	assert_int_equal(disk.erase_max, 2000);
	config.features = DISK_ZERO | DISK_DISCARD | DISK_READ_ONLY;
	assert_int_equal(disk_limits(&config, &disk), STATUS_OK);
	assert_int_equal(disk.flags, BLOCK_IS_READ_ONLY);
	config.features = DISK_DISCARD;
	config.discard_ranges_max = 0;
	assert_int_equal(disk_limits(&config, &disk), STATUS_OK);
	assert_int_equal(disk.flags, 0);
}

static void test_segments(void **state)
{
	struct disk_config config = usual;
	struct disk disk;

	(void)state;
	config.features = DISK_SIZE_MAX | DISK_SEGMENTS_MAX;
	config.segment_bytes_max = 4096;
	assert_int_equal(disk_limits(&config, &disk), STATUS_OK);
	assert_int_equal(disk.count_max, REQUEST_SEGMENTS_DATA);
	for (uint32_t less = 0; less < 4; less++) { /* a queue that is too short for head, data and status */
		config.queue_size = REQUEST_SEGMENTS_DATA + 2u - less;
		assert_int_equal(disk_limits(&config, &disk), STATUS_OK);
		assert_int_equal(disk.count_max, REQUEST_SEGMENTS_DATA - less);
	}
	config.queue_size = usual.queue_size;
	config.features = DISK_SIZE_MAX; /* it does not say how many: one */
	assert_int_equal(disk_limits(&config, &disk), STATUS_OK);
	assert_int_equal(disk.count_max, 1);
	config.features = DISK_SIZE_MAX | DISK_SEGMENTS_MAX;
	config.segment_bytes_max = 1000; /* whole sectors: 512, of which 14 hold one block */
	assert_int_equal(disk_limits(&config, &disk), STATUS_OK);
	assert_int_equal(disk.segment_bytes, 512);
	assert_int_equal(disk.count_max, 1);
	config.segments_max = 7;
	assert_int_equal(disk_limits(&config, &disk), STATUS_UNSUPPORTED);
	config.segments_max = 8;
	assert_int_equal(disk_limits(&config, &disk), STATUS_OK);
	config.queue_size = 8; /* of which two are not for data */
	assert_int_equal(disk_limits(&config, &disk), STATUS_UNSUPPORTED);
}

static void test_unusable(void **state)
{
	static const uint32_t sectors[] = {0, 3, 513, 8192, UINT32_MAX};
	struct disk_config config = usual;
	struct disk disk;

	(void)state;
	for (uint32_t i = 0; i < sizeof(sectors) / sizeof(sectors[0]); i++) {
		config.sector_bytes = sectors[i];
		assert_int_equal(disk_limits(&config, &disk), STATUS_UNSUPPORTED);
	}
	config = usual;
	for (config.queue_size = 0; config.queue_size < 3; config.queue_size++)
		assert_int_equal(disk_limits(&config, &disk), STATUS_UNSUPPORTED);
	config = usual;
	config.segments_max = 0;
	assert_int_equal(disk_limits(&config, &disk), STATUS_UNSUPPORTED);
	config.features |= DISK_SIZE_MAX;
	config.segments_max = UINT32_MAX;
	config.segment_bytes_max = 511;
	assert_int_equal(disk_limits(&config, &disk), STATUS_UNSUPPORTED);
}

/* Any numbers: refused, or limits that keep every request inside what the device takes. */
static void test_any(void **state)
{
	uint64_t seed = 11;

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t words[10];
		struct disk disk = {.blocks = 0};

		for (uint32_t j = 0; j < 10; j++)
			words[j] = (uint32_t)(test_random(&seed) >> test_random(&seed) % 32u);
		struct disk_config config = {
			.features = words[0], .sectors = test_random(&seed), .segment_bytes_max = words[1],
			.segments_max = words[2], .sector_bytes = 1u << words[3] % 14u, .discard_sectors_max = words[4],
			.discard_ranges_max = words[5], .zero_sectors_max = words[6], .zero_ranges_max = words[7],
			.queue_size = words[8] % 129u};
		if (disk_limits(&config, &disk) != STATUS_OK)
			continue;
		assert_in_range(disk.count_max, 1, BLOCK_BUFFER_MAX);
		assert_true((uint64_t)disk.segment_bytes * REQUEST_SEGMENTS_DATA >= (uint64_t)disk.count_max * BLOCK_SIZE);
		assert_true(disk.blocks * 8u <= config.sectors && BLOCK_SIZE % disk.sector_bytes == 0);
		assert_true(disk.erase_max <= UINT32_MAX / 8u);
		assert_true((disk.flags & (BLOCK_CAN_ZERO | BLOCK_CAN_DISCARD)) == 0 || disk.erase_max != 0);
	}
}

TEST_MAIN(cmocka_unit_test(test_usual), cmocka_unit_test(test_features), cmocka_unit_test(test_segments),
          cmocka_unit_test(test_unusable), cmocka_unit_test(test_any))
