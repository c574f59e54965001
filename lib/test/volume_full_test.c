/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Disks without room: what fits, what is refused, and what still must be possible. */
#include "volume_shadow.h"

static void full_disk(void **state)
{
	(void)state;
	static uint8_t value[VOLUME_VALUE_MAX];
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, BLOCKS);
	uint32_t count = 0;

	for (uint32_t round = 0; round < 3; round++) {
		status_t status = STATUS_OK;
		for (count = 0; status == STATUS_OK; count++) {
			status = volume_put(volume, &count, sizeof count, value,
			                    count % 3 == 0 ? sizeof value : 200);
			if (status == STATUS_OK)
				status = volume_commit(volume);
		}
		assert_int_equal(status, STATUS_NO_SPACE);
		assert_true(count > 3);
		assert_int_equal(mount(&disk, &volume), STATUS_OK);
		for (uint32_t key = 0; key + 1 < count; key++) {
			assert_int_equal(volume_delete(volume, &key, sizeof key), STATUS_OK);
			assert_int_equal(volume_commit(volume), STATUS_OK);
		}
		assert_true(volume_valid(volume));
	}
	sim_end(&disk);
}

/* Records so large that segments cannot be filled: what does not fit is refused at once, and not after moving everything. */
static void full_disk_is_quiet(void **state)
{
	(void)state;
	static uint8_t value[VOLUME_VALUE_MAX];
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, BLOCKS);
	uint64_t seed = 2;

	for (uint32_t round = 0; round < 40; round++) {
		const uint64_t operations = disk.operations;
		uint32_t refused = 0;
		for (uint32_t i = 0; i < 30; i++) {
			const uint32_t key = (uint32_t)(test_random(&seed) % 40);
			const size_t size = key % 2 == 0 ? 40000 + test_random(&seed) % 20000
			                                 : test_random(&seed) % 9000;
			assert_int_equal(volume_put(volume, &key, sizeof key, value, size), STATUS_OK);
			refused += volume_commit(volume) != STATUS_OK;
		}
		assert_true(refused > 20);
		assert_true(disk.operations - operations < 300);
	}
	assert_true(volume_valid(volume));
	sim_end(&disk);
}

/* What leaves less than it found is done on a full disk, also if it puts something: here a number for each value. */
static void full_disk_shrinks(void **state)
{
	(void)state;
	static uint8_t value[1200];
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, BLOCKS);
	status_t status = STATUS_OK;
	uint32_t count = 0;

	for (; status == STATUS_OK; count++) {
		status = volume_put(volume, &count, sizeof count, value, sizeof value);
		if (status == STATUS_OK)
			status = volume_commit(volume);
	}
	assert_int_equal(status, STATUS_NO_SPACE);
	for (uint32_t i = 0; i + 1 < count; i++) {
		const uint32_t key = i * 37 % (count - 1); /* all over the disk */
		if (count % 37 == 1)
			break;
		assert_int_equal(volume_put(volume, &key, sizeof key, "12345678", 8), STATUS_OK);
		assert_int_equal(volume_commit(volume), STATUS_OK);
	}
	assert_int_equal(volume_check(volume, report_nothing, NULL), STATUS_OK);
	assert_int_equal(volume_put(volume, &count, sizeof count, value, sizeof value), STATUS_OK);
	assert_int_equal(volume_commit(volume), STATUS_OK);
	sim_end(&disk);
}

/* What volume_room says fits does, and not much more. */
static void room(void **state)
{
	(void)state;
	static uint8_t value[2000];
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, BLOCKS);
	uint32_t key = 0;

	for (; volume_room(volume) >= sizeof key + sizeof value + 32; key++)
		assert_int_equal(volume_put(volume, &key, sizeof key, value, sizeof value), STATUS_OK);
	assert_int_equal(volume_put(volume, &key, sizeof key, value, sizeof value), STATUS_QUOTA);
	assert_int_equal(volume_commit(volume), STATUS_OK);
	assert_true(volume_room(volume) > 100000);
	sim_end(&disk);
}

TEST_MAIN(cmocka_unit_test(full_disk), cmocka_unit_test(full_disk_is_quiet),
          cmocka_unit_test(full_disk_shrinks), cmocka_unit_test(room))
