/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The volume against a shadow map: as a map, over power cuts at every operation, on a full disk, with flipped bits. */
#include "sim_disk.h"
#include <lib/bytes.h>
#include <lib/crc32c.h>
#include <lib/volume.h>

#define ARENA (1u << 20)
#define BLOCKS 260u /* seven segments of 32 blocks */
#define KEYS 40u
#define LARGEST 9000u
#define TEARS 24u /* one of six sectors, at one of four operations */
#define FEW_NOTES 80u /* an arena of this size has 256 slots for notes */

static uint8_t *arena;
static uint32_t large_every = 8; /* so many keys to one with large values */
static const uint8_t identity[16] = { 7, 1, 2 };

/* What a key's value is follows from key and version; version 0: there is none. */
struct shadow {
	uint32_t version[KEYS];
};

static size_t value_make(uint32_t key, uint32_t version, uint8_t *out)
{
	const size_t size = (key * 977u + version * 131u) % (key % large_every == 0 ? LARGEST : 300u);

	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(key * 7 + version * 13 + i);
	return size;
}

static void key_make(uint32_t key, char out[8])
{
	snprintf(out, 8, "key%03u", key);
}

static status_t mount(struct sim_disk *disk, struct volume **out)
{
	const struct volume_options options = { .read_only = false };
	return volume_mount(&disk->device, arena, ARENA, &options, out);
}

static struct volume *fresh(struct sim_disk *disk, uint64_t blocks)
{
	struct volume *volume = NULL;

	sim_start(disk, blocks);
	assert_int_equal(volume_format(&disk->device, arena, ARENA, identity), STATUS_OK);
	assert_int_equal(mount(disk, &volume), STATUS_OK);
	return volume;
}

/* The volume holds exactly this. */
static bool same(struct volume *volume, const struct shadow *shadow)
{
	static uint8_t expected[LARGEST];
	uint32_t count = 0;
	struct volume_statistics statistics;

	for (uint32_t key = 0; key < KEYS; key++) {
		char name[8];
		const uint8_t *value;
		size_t size;
		key_make(key, name);
		const status_t status = volume_look(volume, name, 6, &value, &size);
		if (shadow->version[key] == 0) {
			if (status != STATUS_NOT_FOUND)
				return false;
			continue;
		}
		count++;
		if (status != STATUS_OK || size != value_make(key, shadow->version[key], expected) ||
		    memcmp(value, expected, size) != 0)
			return false;
	}
	volume_statistics(volume, &statistics);
	return statistics.keys == count && volume_valid(volume);
}

/* One transaction of a few changes; `next` becomes what the volume holds if it commits. */
static status_t transact(struct volume *volume, struct shadow *next, uint64_t *seed, uint32_t version)
{
	static uint8_t value[LARGEST];
	const uint32_t changes = 1 + (uint32_t)(test_random(seed) % 5);

	for (uint32_t i = 0; i < changes; i++) {
		const uint32_t key = (uint32_t)(test_random(seed) % KEYS);
		char name[8];
		key_make(key, name);
		const bool remove = test_random(seed) % 4 == 0 && next->version[key] != 0;
		const status_t status = remove ? volume_delete(volume, name, 6) :
		                                 volume_put(volume, name, 6, value, value_make(key, version, value));
		if (status != STATUS_OK)
			return status;
		next->version[key] = remove ? 0 : version;
	}
	return volume_commit(volume);
}

static void map(void **state)
{
	(void)state;
	struct sim_disk disk;
	struct volume *volume = fresh(&disk, BLOCKS);
	struct shadow shadow = { 0 };
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

/* Power goes, or the device fails, at operation after operation; then again while mounting. */
/* Returns how many segments were cleaned. */
static uint64_t power_cut_every(uint64_t blocks, uint64_t seeds)
{
	uint64_t cleaned = 0;

	for (uint64_t run = 1; run <= seeds; run++) {
		struct sim_disk disk;
		struct shadow shadow = { 0 }, next = { 0 };
		struct volume *volume = fresh(&disk, blocks);
		uint64_t seed = run;
		uint32_t version = 1, committed = 0;
		for (uint32_t cut = 0; cut < 40; cut++) {
			disk.seed = run * 1000 + cut + 1;
			disk.fail_at = disk.operations + 1 + test_random(&seed) % 60;
			status_t ended = STATUS_OK;
			while (next = shadow, (ended = transact(volume, &next, &seed, version++)) == STATUS_OK)
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
	assert_true(power_cut_every(BLOCKS, 60) > 500);
}

/* Every value may be large: hardly a segment is dead by itself. */
static void power_cuts_cleaning(void **state)
{
	(void)state;
	large_every = 1;
	assert_true(power_cut_every(324, 60) > 1000);
	large_every = 8;
}

static void report_nothing(void *context, const char *text)
{
	(void)context;
	(void)text;
}

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
			status = volume_put(volume, &count, sizeof count, value, count % 3 == 0 ? sizeof value : 200);
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
			const size_t size = key % 2 == 0 ? 40000 + test_random(&seed) % 20000 : test_random(&seed) % 9000;
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

/* Nothing is wrong, and nothing looks torn. */
static bool is_sound(struct sim_disk *disk, struct volume **out_volume)
{
	bool torn;

	if (mount(disk, out_volume) != STATUS_OK || volume_check(*out_volume, report_nothing, NULL) != STATUS_OK)
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
	struct shadow shadow = { 0 };
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
	struct shadow shadow = { 0 };
	uint64_t seed = 9;

	for (uint32_t version = 1; version < 50; version++)
		assert_int_equal(transact(volume, &shadow, &seed, version), STATUS_OK);
	uint8_t *clean = test_copy(disk.cache, sim_size(&disk));
	assert_int_equal(volume_delete(volume, "key001", 6) == STATUS_OK ? volume_commit(volume) :
	                 volume_put(volume, "key001", 6, "x", 1) == STATUS_OK ? volume_commit(volume) : STATUS_INVALID,
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
	struct volume_label said = { .blocks = 0 };

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
	disk.cache[8] = disk.cache[BLOCK_SIZE + 8] = disk.cache[2 * BLOCK_SIZE + 8] = disk.cache[3 * BLOCK_SIZE + 8] = 9;
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
	key->size = 1 + test_random(seed) % VOLUME_KEY_MAX;
	key->bytes[0] = (uint8_t)('A' + test_random(seed) % 2);
	for (size_t i = 1; i < VOLUME_KEY_MAX; i++)
		key->bytes[i] = (uint8_t)((i - 1) % 32 == 9 || (i - 1) % 32 == 20 ? test_random(seed) % 12 : (i - 1) / 32);
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
		const status_t status = volume_get(volume, keys[i].bytes, keys[i].size, &found, sizeof found, &value_size);
		assert_int_equal(status, keys[i].there ? STATUS_OK : STATUS_NOT_FOUND);
		if (!keys[i].there)
			continue;
		assert_int_equal(found, i);
		assert_int_equal(volume_next(volume, key, size, inclusive, key, &size, &value_size), STATUS_OK);
		assert_int_equal(size, keys[i].size);
		assert_memory_equal(key, keys[i].bytes, size);
		inclusive = false;
	}
	assert_int_equal(volume_next(volume, key, size, inclusive, key, &size, &value_size), STATUS_NOT_FOUND);
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
		const bool put = step < 6000 || step > 14000 ? test_random(&seed) % 4 != 0 : test_random(&seed) % 4 == 0;
		if (put)
			assert_int_equal(volume_put(volume, keys[i].bytes, keys[i].size, &i, sizeof i), STATUS_OK);
		else
			assert_int_equal(volume_delete(volume, keys[i].bytes, keys[i].size), keys[i].there ? STATUS_OK : STATUS_NOT_FOUND);
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

/* Power goes: of the sectors that were not flushed one is gone, or (`alone`) only that one is there. False: there are not so
 * many. */
static bool cut_one(struct sim_disk *disk, uint32_t one, bool alone)
{
	uint32_t count = 0;

	for (size_t at = 0; at < sim_size(disk); at += SIM_SECTOR) {
		if (memcmp(disk->media + at, disk->cache + at, SIM_SECTOR) != 0 && (count++ == one) == alone)
			memcpy(disk->media + at, disk->cache + at, SIM_SECTOR);
	}
	memcpy(disk->cache, disk->media, sim_size(disk));
	disk->fail_at = disk->operations = 0;
	return one < count;
}

/* On the disk as it is: puts that differ in the first record, cut at an operation; what is there after. */
static bool put_cut(struct sim_disk *disk, uint8_t content, uint32_t operation, uint32_t sector, bool alone, uint8_t *out_content)
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

static bool note_is(const struct volume *volume, const void *key, size_t key_size, const void *wanted, size_t size)
{
	const uint8_t *note;
	size_t found;

	return volume_note(volume, key, key_size, &note, &found) && found == size && memcmp(note, wanted, size) == 0;
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
		assert_int_equal(volume_put(volume, &i, sizeof i, "0123456789abcdef0123456789abcdef0123", 36), STATUS_OK);
	assert_int_equal(volume_commit(volume), STATUS_OK);
	segments_halve(&disk);
	assert_int_equal(mount(&disk, &volume), STATUS_OK);
	for (uint32_t i = 100; i < 230; i++)
		assert_int_equal(volume_look(volume, &i, sizeof i, &value, &size), STATUS_NOT_FOUND);
	assert_true(volume_valid(volume));
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
		assert_int_equal(volume_put(volume, &key, sizeof key, value, test_random(&seed) % sizeof value), STATUS_OK);
	assert_int_equal(volume_commit(volume), STATUS_OK);
	for (uint32_t key = 0; key < FEW_NOTES; key++)
		volume_note_keep(volume, &key, sizeof key, &key, sizeof key);
	for (uint32_t key = 0; key < FEW_NOTES; key++)
		kept += (uint32_t)note_is(volume, &key, sizeof key, &key, sizeof key);
	assert_in_range(kept, FEW_NOTES - 2, FEW_NOTES);
	sim_end(&disk);
}

static int arena_make(void **state)
{
	(void)state;
	arena = aligned_alloc(16, ARENA);
	return arena == NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(map),       cmocka_unit_test(abort_and_order),
		                            cmocka_unit_test(power_cuts), cmocka_unit_test(power_cuts_cleaning), cmocka_unit_test(full_disk), cmocka_unit_test(full_disk_shrinks), cmocka_unit_test(full_disk_is_quiet), cmocka_unit_test(torn_superblock),
		                            cmocka_unit_test(flipped_bits), cmocka_unit_test(damaged_before_the_end), cmocka_unit_test(flipped_while_mounted),
		                            cmocka_unit_test(format_cut), cmocka_unit_test(versions_and_blank), cmocka_unit_test(label),
		                            cmocka_unit_test(grown_device), cmocka_unit_test(room), cmocka_unit_test(long_keys), cmocka_unit_test(read_before),
		                            cmocka_unit_test(many_notes), cmocka_unit_test(few_notes), cmocka_unit_test(batch_across_segments),
		                            cmocka_unit_test(torn_twice) };
	const int count = (int)(sizeof tests / sizeof tests[0]);
	const int failed = cmocka_run_group_tests(tests, arena_make, NULL);

	free(arena);
	printf("%d passed, %d failed\n", count - failed, failed);
	return failed != 0;
}
