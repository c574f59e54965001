/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The power goes at any operation, with any of the sectors that were not flushed. */
#include "volume_shadow.h"

#define TEARS 24u /* one of six sectors, at one of four operations */

/* Power goes, or the device fails, at operation after operation; then again while mounting. Returns how many segments
 * were cleaned. */
static uint64_t power_cut_every(uint64_t blocks, bool large)
{
	uint64_t cleaned = 0;

	for (uint64_t run = 1; run <= 60; run++) {
		struct sim_disk disk;
		struct shadow shadow = {.large = large}, next = shadow;
		struct volume *volume = fresh(&disk, blocks);
		uint64_t seed = run;
		uint32_t version = 1, committed = 0;
		for (uint32_t cut = 0; cut < 40; cut++) {
			disk.seed = run * 1000 + cut + 1;
			disk.fail_at = disk.operations + 1 + test_random(&seed) % 60;
			status_t ended = STATUS_OK;
			while (next = shadow,
			       (ended = transact(volume, &next, &seed, version++)) == STATUS_OK)
				shadow = next, committed++;
			assert_int_equal(ended, STATUS_IO_ERROR);
			volume_abort(volume);
			struct volume_statistics statistics;
			volume_statistics(volume, &statistics);
			cleaned += statistics.cleaned_segments;
			sim_cut(&disk, cut % 9);
			if (cut % 3 == 0) {
				disk.fail_at = 1;
				assert_int_equal(mount(&disk, &volume), STATUS_IO_ERROR);
				sim_cut(&disk, 4);
			}
			const status_t status = mount(&disk, &volume);
			if (status != STATUS_OK || !(same(volume, &shadow) || same(volume, &next)))
				fail_msg("run %u cut %u: status %d", (unsigned)run, cut, (int)status);
			if (!same(volume, &shadow))
				shadow = next;
		}
		assert_true(committed > 200);
		sim_end(&disk);
	}
	return cleaned;
}

static void power_cuts(void **state)
{
	(void)state;
	assert_true(power_cut_every(BLOCKS, false) > 500);
}

/* Every value may be large: hardly a segment is dead by itself. */
static void power_cuts_cleaning(void **state)
{
	(void)state;
	assert_true(power_cut_every(324, true) > 1000);
}

/* A power cut may tear one of a superblock's copies: mounting writes it again, so that no check complains of it and
 * the other may be damaged next. */
static void torn_superblock(void **state)
{
	(void)state;
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, BLOCKS);

	for (uint32_t round = 0; round < 6; round++) {
		assert_int_equal(volume_unmount(volume), STATUS_OK);
		for (uint32_t block = round % 2; block < 4; block += 2)
			disk.cache[block * BLOCK_SIZE + 50] ^= 1;
		assert_int_equal(mount(&disk, &volume), STATUS_OK);
		assert_int_equal(volume_check(volume, report_nothing, NULL), STATUS_OK);
	}
	sim_end(&disk);
}

/* Power goes: of the sectors that were not flushed one is gone, or (`alone`) only that one is there. False: there are not so
 * many. */
static bool cut_one(struct sim_disk *disk, uint32_t one, bool alone)
{
	uint32_t count = 0;

	for (size_t at = 0; at < sim_size(disk); at += SIM_SECTOR) {
		if (memcmp(disk->media + at, disk->cache + at, SIM_SECTOR) != 0 &&
		    (count++ == one) == alone)
			memcpy(disk->media + at, disk->cache + at, SIM_SECTOR);
	}
	memcpy(disk->cache, disk->media, sim_size(disk));
	disk->fail_at = disk->operations = 0;
	return one < count;
}

/* On the disk as it is: puts that differ in the first record, cut at an operation; what is there after. */
static bool put_cut(struct sim_disk *disk, uint8_t content, uint32_t operation, uint32_t sector, bool alone,
                    uint8_t *out_content)
{
	uint8_t value[600], same[1500];
	struct volume *volume;
	size_t size;

	memset(value, content, sizeof value);
	memset(same, 9, sizeof same);
	assert_int_equal(mount(disk, &volume), STATUS_OK);
	disk->fail_at = disk->operations + operation;
	assert_int_equal(volume_put(volume, "a", 1, value, sizeof value), STATUS_OK);
	assert_int_equal(volume_put(volume, "b", 1, same, sizeof same), STATUS_OK);
	(void)!volume_commit(volume);
	const bool found = cut_one(disk, sector, alone);
	assert_int_equal(mount(disk, &volume), STATUS_OK);
	*out_content = volume_get(volume, "a", 1, value, sizeof value, &size) == STATUS_OK ? value[0] : 0;
	assert_int_equal(volume_check(volume, report_nothing, NULL), STATUS_OK);
	return found;
}

/* A batch lacks one sector, and the next lacks all others: they do not make one together that nobody was told of. */
static void torn_twice(void **state)
{
	(void)state;
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, BLOCKS);
	uint32_t tried = 0;

	assert_int_equal(volume_unmount(volume), STATUS_OK);
	uint8_t *clean = test_copy(disk.cache, sim_size(&disk));
	for (uint32_t cut = 0; cut < TEARS * TEARS; cut++) {
		uint8_t first, second;
		memcpy(disk.cache, clean, sim_size(&disk));
		memcpy(disk.media, clean, sim_size(&disk));
		if (!put_cut(&disk, 1, 1 + cut / TEARS % 4, cut / TEARS / 4, false, &first))
			continue;
		tried += put_cut(&disk, 2, 1 + cut % TEARS % 4, cut % TEARS / 4, true, &second);
		if (second != first && second != 2)
			fail_msg("cut %u: %u, and then %u", cut, first, second);
	}
	assert_true(tried > 10);
	free(clean);
	sim_end(&disk);
}

TEST_MAIN(cmocka_unit_test(power_cuts), cmocka_unit_test(power_cuts_cleaning),
          cmocka_unit_test(torn_superblock), cmocka_unit_test(torn_twice))
