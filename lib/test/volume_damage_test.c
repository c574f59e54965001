/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Flipped bits and false headers: each is found, or changes nothing. */
#include "volume_shadow.h"
#include <lib/bytes.h>
#include <lib/crc32c.h>

/* Nothing is wrong, and nothing looks torn. */
static bool is_sound(struct sim_disk *disk, struct volume **out_volume)
{
	bool torn;

	if (mount(disk, out_volume) != STATUS_OK ||
	    volume_check(*out_volume, report_nothing, NULL) != STATUS_OK)
		return false;
	assert_int_equal(volume_tail(*out_volume, &torn), STATUS_OK);
	return !torn;
}

/* Flip bits one at a time. Each is found, or changes nothing: if the log was not closed, one in its last batch makes that
 * transaction absent, whole, and is found as what looks like a torn write. Returns how many were found. */
static uint32_t flip(struct sim_disk *disk, const struct shadow *shadow, uint64_t *seed)
{
	struct volume *volume;
	uint32_t found = 0;

	for (uint32_t i = 0; i < 4000; i++) {
		const size_t at = test_random(seed) % sim_size(disk);
		const uint8_t bit = (uint8_t)(1u << test_random(seed) % 8);
		disk->cache[at] ^= bit;
		if (!is_sound(disk, &volume))
			found++;
		else if (!same(volume, shadow))
			fail_msg("a flipped bit at %zu was not found", at);
		disk->cache[at] ^= bit;
	}
	return found;
}

static void flipped_bits(void **state)
{
	(void)state;
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, BLOCKS);
	struct shadow shadow = {0};
	uint64_t seed = 5;

	for (uint32_t version = 1; version < 100; version++)
		assert_int_equal(transact(volume, &shadow, &seed, version), STATUS_OK);
	assert_true(is_sound(&disk, &volume));
	assert_true(flip(&disk, &shadow, &seed) > 100);
	assert_true(is_sound(&disk, &volume));
	assert_true(same(volume, &shadow));
	assert_int_equal(volume_unmount(volume), STATUS_OK);
	assert_true(is_sound(&disk, &volume));
	assert_true(flip(&disk, &shadow, &seed) > 100);
	sim_end(&disk);
}

/* Batches so large that each begins a segment: whichever but the last is damaged, nothing is lost unseen. */
static void damaged_before_the_end(void **state)
{
	(void)state;
	static uint8_t value[VOLUME_VALUE_MAX];
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, 2 * BLOCKS);
	struct volume_statistics statistics;
	uint32_t damaged = 0;

	for (uint32_t key = 0; key < 6; key++) {
		assert_int_equal(volume_put(volume, &key, sizeof key, value, sizeof value), STATUS_OK);
		assert_int_equal(volume_commit(volume), STATUS_OK);
	}
	for (size_t block = 4; block < 2 * BLOCKS; block += 32) {
		for (size_t at = block * BLOCK_SIZE; at < block * BLOCK_SIZE + 100; at += 4) {
			disk.cache[at] ^= 1;
			const status_t status = mount(&disk, &volume);
			if (status == STATUS_OK)
				volume_statistics(volume, &statistics);
			assert_true(status == STATUS_DAMAGED || statistics.keys >= 5);
			damaged += status == STATUS_DAMAGED;
			disk.cache[at] ^= 1;
		}
	}
	assert_true(damaged > 50);
	sim_end(&disk);
}

/* While it is mounted, the check finds a flipped bit in the last batch too. */
static void flipped_while_mounted(void **state)
{
	(void)state;
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, BLOCKS);
	struct shadow shadow = {0};
	uint64_t seed = 9;

	for (uint32_t version = 1; version < 50; version++)
		assert_int_equal(transact(volume, &shadow, &seed, version), STATUS_OK);
	uint8_t *clean = test_copy(disk.cache, sim_size(&disk));
	assert_int_equal(volume_delete(volume, "key001", 6) == STATUS_OK        ? volume_commit(volume)
	                 : volume_put(volume, "key001", 6, "x", 1) == STATUS_OK ? volume_commit(volume)
	                                                                        : STATUS_INVALID,
	                 STATUS_OK);
	assert_int_equal(volume_check(volume, report_nothing, NULL), STATUS_OK);
	for (size_t at = 0; at < sim_size(&disk); at++) {
		if (disk.cache[at] == clean[at] || disk.cache[at] == 0)
			continue;
		disk.cache[at] ^= 4;
		assert_int_equal(volume_check(volume, report_nothing, NULL), STATUS_DAMAGED);
		disk.cache[at] ^= 4;
	}
	assert_int_equal(volume_check(volume, report_nothing, NULL), STATUS_OK);
	free(clean);
	sim_end(&disk);
}

/* Superblocks that say segments are half as long, with their checksums right: what was inside a segment lies across two. */
static void segments_halve(struct sim_disk *disk)
{
	for (uint32_t i = 0; i < 4; i++) {
		uint8_t *bytes = disk->cache + i * BLOCK_SIZE;
		bytes_put_le32(bytes + 12, bytes_le32(bytes + 12) / 2);
		for (uint32_t at = 104; at < 104 + bytes_le32(bytes + 96) * 4; at += 4)
			bytes_put_le32(bytes + at, bytes_le32(bytes + at) * 2);
		bytes_put_le32(bytes + 4, crc32c(CRC32C_INIT, bytes + 8, BLOCK_SIZE - 8));
	}
}

/* A batch that reaches past its segment, every checksum right, is none: behind it nothing is where it says. */
static void batch_across_segments(void **state)
{
	(void)state;
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, 2100); /* segments of 64 blocks */
	const uint8_t *value;
	size_t size;

	for (uint32_t i = 0; i < 28; i++) {
		assert_int_equal(volume_put(volume, &i, sizeof i, "", 0), STATUS_OK);
		assert_int_equal(volume_commit(volume), STATUS_OK);
	}
	assert_int_equal(volume_unmount(volume), STATUS_OK);
	assert_int_equal(mount(&disk, &volume), STATUS_OK);
	/* The mark, and from block 30 on three blocks of records, one of which begins where the half of the segment ends. */
	for (uint32_t i = 100; i < 230; i++)
		assert_int_equal(
			volume_put(volume, &i, sizeof i, "0123456789abcdef0123456789abcdef0123", 36),
			STATUS_OK);
	assert_int_equal(volume_commit(volume), STATUS_OK);
	segments_halve(&disk);
	assert_int_equal(mount(&disk, &volume), STATUS_OK);
	for (uint32_t i = 100; i < 230; i++)
		assert_int_equal(volume_look(volume, &i, sizeof i, &value, &size), STATUS_NOT_FOUND);
	assert_true(volume_valid(volume));
	sim_end(&disk);
}

TEST_MAIN(cmocka_unit_test(flipped_bits), cmocka_unit_test(damaged_before_the_end),
          cmocka_unit_test(flipped_while_mounted), cmocka_unit_test(batch_across_segments))
