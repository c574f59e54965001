/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is kept of what was read, and notes beside it. */
#include "volume_shadow.h"

#define FEW_NOTES 80u /* an arena of this size has 256 slots for notes */

static bool note_is(const struct volume *volume, const void *key, size_t key_size, const void *wanted,
                    size_t size)
{
	const uint8_t *note;
	size_t found;

	return volume_note(volume, key, key_size, &note, &found) && found == size &&
	       memcmp(note, wanted, size) == 0;
}

static bool note_is_there(const struct volume *volume, const void *key, size_t key_size)
{
	const uint8_t *note;
	size_t found;

	return volume_note(volume, key, key_size, &note, &found);
}

/* What was read stays until its place is written anew: then it is what is there now, and a note is gone. Damage behind
 * what was read is seen by who looks for it. */
static void read_before(void **state)
{
	(void)state;
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, BLOCKS);
	uint8_t value[100], got[100]; /* so small that the cache reaches further back than the log */
	size_t size;

	for (uint32_t version = 1; version < 2000; version++) {
		memset(value, (int)(version % 251), sizeof value);
		assert_int_equal(volume_put(volume, "k", 1, value, sizeof value), STATUS_OK);
		volume_note_keep(volume, "k", 1, &version, sizeof version);
		assert_false(note_is_there(volume, "k", 1));
		assert_int_equal(volume_commit(volume), STATUS_OK);
		assert_false(note_is_there(volume, "k", 1));
		volume_note_keep(volume, "k", 1, &version, sizeof version);
		for (uint32_t round = 0; round < 2; round++) {
			assert_int_equal(volume_get(volume, "k", 1, got, sizeof got, &size), STATUS_OK);
			assert_memory_equal(got, value, sizeof value);
			assert_true(note_is(volume, "k", 1, &version, sizeof version));
		}
	}
	for (size_t at = 0; at < sim_size(&disk); at++)
		disk.cache[at] ^= disk.cache[at] == value[0];
	assert_int_equal(volume_get(volume, "k", 1, got, sizeof got, &size), STATUS_OK);
	assert_memory_equal(got, value, sizeof value);
	assert_int_equal(volume_check(volume, report_nothing, NULL), STATUS_DAMAGED);
	volume_forget(volume);
	assert_int_equal(volume_get(volume, "k", 1, got, sizeof got, &size), STATUS_DAMAGED);
	assert_false(note_is_there(volume, "k", 1));
	sim_end(&disk);
}

/* More notes than there is room for: the oldest are gone, and each that is there is whole. */
static void many_notes(void **state)
{
	(void)state;
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, BLOCKS);
	uint8_t note[1000], wanted[1000];
	uint32_t kept = 0;

	for (uint32_t key = 0; key < 150; key++)
		assert_int_equal(volume_put(volume, &key, sizeof key, "", 0), STATUS_OK);
	assert_int_equal(volume_commit(volume), STATUS_OK);
	for (uint32_t key = 0; key < 150; key++) {
		memset(note, (int)key, sizeof note);
		volume_note_keep(volume, &key, sizeof key, note, sizeof note);
	}
	for (uint32_t key = 0; key < 150; key++) {
		memset(wanted, (int)key, sizeof wanted);
		if (!note_is_there(volume, &key, sizeof key))
			continue;
		assert_true(note_is(volume, &key, sizeof key, wanted, sizeof wanted));
		kept++;
	}
	assert_in_range(kept, 30, 70);
	sim_end(&disk);
}

/* As many as a third of the slots: hardly one has to make room for another. */
static void few_notes(void **state)
{
	(void)state;
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, BLOCKS);
	static const uint8_t value[1000];
	uint64_t seed = 7;
	uint32_t kept = 0;

	for (uint32_t key = 0; key < FEW_NOTES; key++)
		assert_int_equal(
			volume_put(volume, &key, sizeof key, value, test_random(&seed) % sizeof value),
			STATUS_OK);
	assert_int_equal(volume_commit(volume), STATUS_OK);
	for (uint32_t key = 0; key < FEW_NOTES; key++)
		volume_note_keep(volume, &key, sizeof key, &key, sizeof key);
	for (uint32_t key = 0; key < FEW_NOTES; key++)
		kept += (uint32_t)note_is(volume, &key, sizeof key, &key, sizeof key);
	assert_in_range(kept, FEW_NOTES - 2, FEW_NOTES);
	sim_end(&disk);
}

TEST_MAIN(cmocka_unit_test(read_before), cmocka_unit_test(many_notes), cmocka_unit_test(few_notes))
