/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys of every size, many of which begin alike. */
#include "volume_shadow.h"

/* Keys of every size, of few different pieces of 32 bytes, so that many begin alike and end in the middle of one. */
#define LONG_KEYS 3000u

struct long_key {
	uint8_t bytes[VOLUME_KEY_MAX];
	size_t size;
	bool there;
};

static int long_key_order(const void *a, const void *b)
{
	const struct long_key *left = a, *right = b;
	const size_t size = left->size < right->size ? left->size : right->size;
	const int order = memcmp(left->bytes, right->bytes, size);

	return order != 0 ? order : (left->size > right->size) - (left->size < right->size);
}

static void long_key_make(struct long_key *key, uint64_t *seed)
{
	/* Half of them of the sizes that most keys have, which are those that only pieces tell apart. */
	const bool usual = test_random(seed) % 2 == 0;
	key->size = usual ? 33 + test_random(seed) % 3 * 32 : 1 + test_random(seed) % VOLUME_KEY_MAX;
	key->bytes[0] = (uint8_t)('A' + test_random(seed) % 2);
	for (size_t i = 1; i < VOLUME_KEY_MAX; i++) {
		const size_t at = (i - 1) % 32;
		key->bytes[i] = (uint8_t)(at == 2 || at == 9 || at == 20 ? test_random(seed) % 12 : (i - 1) / 32);
	}
	key->there = false;
}

static void long_keys_are(struct volume *volume, const struct long_key *keys, size_t count)
{
	uint8_t key[VOLUME_KEY_MAX];
	size_t size = 0, value_size;
	bool inclusive = true;

	assert_true(volume_valid(volume));
	for (size_t i = 0; i < count; i++) {
		size_t found;
		const status_t status =
			volume_get(volume, keys[i].bytes, keys[i].size, &found, sizeof found, &value_size);
		assert_int_equal(status, keys[i].there ? STATUS_OK : STATUS_NOT_FOUND);
		if (!keys[i].there)
			continue;
		assert_int_equal(found, i);
		assert_int_equal(volume_next(volume, key, size, inclusive, key, &size, &value_size),
		                 STATUS_OK);
		assert_int_equal(size, keys[i].size);
		assert_memory_equal(key, keys[i].bytes, size);
		inclusive = false;
	}
	assert_int_equal(volume_next(volume, key, size, inclusive, key, &size, &value_size),
	                 STATUS_NOT_FOUND);
}

static void long_keys(void **state)
{
	(void)state;
	static struct long_key keys[LONG_KEYS];
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, 4 * BLOCKS);
	uint64_t seed = 3;
	size_t count = 0;

	for (size_t i = 0; i < LONG_KEYS; i++)
		long_key_make(&keys[i], &seed);
	qsort(keys, LONG_KEYS, sizeof keys[0], long_key_order);
	for (size_t i = 0; i < LONG_KEYS; i++) {
		if (count == 0 || long_key_order(&keys[count - 1], &keys[i]) != 0)
			keys[count++] = keys[i];
	}
	for (uint32_t step = 0; step < 20000; step++) {
		const size_t i = test_random(&seed) % count;
		const bool put = step < 6000 || step > 14000 ? test_random(&seed) % 4 != 0
		                                             : test_random(&seed) % 4 == 0;
		if (put)
			assert_int_equal(volume_put(volume, keys[i].bytes, keys[i].size, &i, sizeof i),
			                 STATUS_OK);
		else
			assert_int_equal(volume_delete(volume, keys[i].bytes, keys[i].size),
			                 keys[i].there ? STATUS_OK : STATUS_NOT_FOUND);
		keys[i].there = put;
		if (step % 100 == 0)
			assert_int_equal(volume_commit(volume), STATUS_OK);
		if (step % 4000 == 0)
			long_keys_are(volume, keys, count);
	}
	assert_int_equal(volume_commit(volume), STATUS_OK);
	long_keys_are(volume, keys, count);
	assert_int_equal(mount(&disk, &volume), STATUS_OK);
	long_keys_are(volume, keys, count);
	assert_int_equal(volume_unmount(volume), STATUS_OK);
	assert_int_equal(mount(&disk, &volume), STATUS_OK);
	long_keys_are(volume, keys, count);
	assert_int_equal(volume_check(volume, report_nothing, NULL), STATUS_OK);
	sim_end(&disk);
}

TEST_MAIN(cmocka_unit_test(long_keys))
