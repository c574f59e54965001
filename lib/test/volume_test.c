/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The volume as a map: against a shadow, over mounts; formats, labels, devices that grow. */
#include "volume_shadow.h"

static void map(void **state)
{
	(void)state;
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, BLOCKS);
	struct shadow shadow = {0};
	uint64_t seed = 11;

	for (uint32_t version = 1; version < 1500; version++) {
		struct shadow next = shadow;
		assert_int_equal(transact(volume, &next, &seed, version), STATUS_OK);
		shadow = next;
		if (version % 50 == 0) {
			assert_true(same(volume, &shadow));
			if (version % 100 == 0)
				assert_int_equal(volume_unmount(volume), STATUS_OK);
			assert_int_equal(mount(&disk, &volume), STATUS_OK);
			assert_true(same(volume, &shadow));
		}
	}
	sim_end(&disk);
}

static void abort_and_order(void **state)
{
	(void)state;
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, BLOCKS);
	uint8_t key[VOLUME_KEY_MAX], value[8];
	size_t key_size, size;

	assert_int_equal(volume_put(volume, "b", 1, "1", 1), STATUS_OK);
	assert_int_equal(volume_put(volume, "ab", 2, "22", 2), STATUS_OK);
	assert_int_equal(volume_commit(volume), STATUS_OK);
	assert_int_equal(volume_put(volume, "a", 1, "333", 3), STATUS_OK);
	assert_int_equal(volume_delete(volume, "b", 1), STATUS_OK);
	assert_int_equal(volume_get(volume, "b", 1, value, sizeof value, &size), STATUS_NOT_FOUND);
	assert_int_equal(volume_next(volume, "", 0, true, key, &key_size, &size), STATUS_OK);
	assert_int_equal(size, 3);
	volume_abort(volume);
	assert_int_equal(volume_next(volume, "", 0, true, key, &key_size, &size), STATUS_OK);
	assert_memory_equal(key, "ab", 2);
	assert_int_equal(volume_next(volume, "ab", 2, false, key, &key_size, &size), STATUS_OK);
	assert_memory_equal(key, "b", 1);
	assert_int_equal(volume_next(volume, "b", 1, false, key, &key_size, &size), STATUS_NOT_FOUND);
	assert_int_equal(volume_get(volume, "ab", 2, value, 1, &size), STATUS_QUOTA);
	assert_int_equal(size, 2);
	assert_int_equal(volume_put(volume, key, 0, "", 0), STATUS_INVALID);
	assert_true(volume_valid(volume));
	sim_end(&disk);
}

/* Power is lost while a new disk is formatted: it is still blank, or it mounts. */
static void format_cut(void **state)
{
	uint32_t blanks = 0, mounts = 0;

	(void)state;
	for (uint32_t round = 0; round < 400; round++) {
		struct sim_disk disk;
		struct volume *volume;
		bool blank = false;

		sim_start(&disk, BLOCKS);
		disk.seed = round + 1;
		disk.fail_at = round % 5 + 1;
		(void)!volume_format(&disk.device, arena, ARENA, identity);
		sim_cut(&disk, round % 9);
		assert_int_equal(volume_is_blank(&disk.device, arena, ARENA, &blank), STATUS_OK);
		if (!blank)
			assert_int_equal(mount(&disk, &volume), STATUS_OK);
		blanks += blank;
		mounts += !blank;
		sim_end(&disk);
	}
	assert_true(blanks > 0 && mounts > 0);
}

static void versions_and_blank(void **state)
{
	(void)state;
	struct sim_disk disk;
	struct volume *volume;
	bool blank = false;

	sim_start(&disk, BLOCKS);
	assert_int_equal(volume_is_blank(&disk.device, arena, ARENA, &blank), STATUS_OK);
	assert_true(blank);
	disk.cache[64u * 1024u + 64u] = '_'; /* there Btrfs begins; ISO 9660 does at 32 KiB */
	assert_int_equal(volume_is_blank(&disk.device, arena, ARENA, &blank), STATUS_OK);
	assert_false(blank);
	disk.cache[64u * 1024u + 64u] = 0;
	assert_int_equal(mount(&disk, &volume), STATUS_DAMAGED);
	assert_int_equal(volume_format(&disk.device, arena, ARENA, identity), STATUS_OK);
	assert_int_equal(volume_is_blank(&disk.device, arena, ARENA, &blank), STATUS_OK);
	assert_false(blank);
	for (uint32_t i = 0; i < 4; i++)
		disk.cache[i * BLOCK_SIZE + 8] = 2;
	assert_int_equal(mount(&disk, &volume), STATUS_UNSUPPORTED);
	disk.device.blocks = 100;
	assert_int_equal(volume_format(&disk.device, arena, ARENA, identity), STATUS_INVALID);
	disk.device.blocks = BLOCKS;
	sim_end(&disk);
}

static void label(void **state)
{
	(void)state;
	struct sim_disk disk;
	struct volume_label said = {.blocks = 0};

	sim_start(&disk, BLOCKS);
	assert_int_equal(volume_label(&disk.device, arena, ARENA, &said), STATUS_NOT_FOUND);
	assert_int_equal(volume_label(&disk.device, arena, 100, &said), STATUS_INVALID);
	assert_int_equal(volume_format(&disk.device, arena, ARENA, identity), STATUS_OK);
	assert_int_equal(volume_label(&disk.device, arena, ARENA, &said), STATUS_OK);
	assert_memory_equal(said.identity, identity, sizeof identity);
	assert_int_equal(said.blocks, BLOCKS);
	for (uint32_t i = 0; i < 4; i++)
		disk.cache[i * BLOCK_SIZE + 1000] ^= 1;
	assert_int_equal(volume_label(&disk.device, arena, ARENA, &said), STATUS_DAMAGED);
	disk.cache[8] = disk.cache[BLOCK_SIZE + 8] = disk.cache[2 * BLOCK_SIZE + 8] =
		disk.cache[3 * BLOCK_SIZE + 8] = 9;
	assert_int_equal(volume_label(&disk.device, arena, ARENA, &said), STATUS_UNSUPPORTED);
	assert_int_equal(said.version, 9);
	sim_end(&disk);
}

/* A larger device gives space that can be filled, through power cuts on the way; a smaller one is refused. */
static void grown_device(void **state)
{
	(void)state;
	static uint8_t value[30000];
	struct sim_disk disk;
	struct volume *volume;
	struct volume_statistics before, after;

	sim_start(&disk, 3 * BLOCKS);
	disk.device.blocks = BLOCKS;
	assert_int_equal(volume_format(&disk.device, arena, ARENA, identity), STATUS_OK);
	assert_int_equal(mount(&disk, &volume), STATUS_OK);
	volume_statistics(volume, &before);
	disk.device.blocks = 3 * BLOCKS;
	assert_int_equal(mount(&disk, &volume), STATUS_OK);
	volume_statistics(volume, &after);
	assert_int_equal(after.blocks, 3 * BLOCKS);
	assert_true(after.free_blocks > before.free_blocks + BLOCKS);
	for (uint32_t key = 0; key < 60; key++) {
		assert_int_equal(volume_put(volume, &key, sizeof key, value, sizeof value), STATUS_OK);
		assert_int_equal(volume_commit(volume), STATUS_OK);
		sim_cut(&disk, 4);
		assert_int_equal(mount(&disk, &volume), STATUS_OK);
		volume_statistics(volume, &after);
		assert_int_equal(after.keys, key + 1);
	}
	assert_int_equal(volume_check(volume, report_nothing, NULL), STATUS_OK);
	disk.device.blocks = BLOCKS;
	assert_int_equal(mount(&disk, &volume), STATUS_DAMAGED);
	disk.device.blocks = 3 * BLOCKS;
	sim_end(&disk);
}

TEST_MAIN(cmocka_unit_test(map), cmocka_unit_test(abort_and_order), cmocka_unit_test(format_cut),
          cmocka_unit_test(versions_and_blank), cmocka_unit_test(label), cmocka_unit_test(grown_device))
