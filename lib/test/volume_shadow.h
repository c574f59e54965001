/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A volume on a simulated disk, and beside it the map that it should be. */
#pragma once
#include "sim_disk.h"
#include <lib/volume.h>

#define ARENA   (1u << 20)
#define BLOCKS  260u /* seven segments of 32 blocks */
#define KEYS    40u
#define LARGEST 9000u

static _Alignas(16) uint8_t arena[ARENA];
static const uint8_t identity[16] = {7, 1, 2};

/* What a key's value is follows from key and version; version 0: there is none. */
struct shadow {
	uint32_t version[KEYS];
	bool large; /* every value may be; otherwise those of one key in eight */
};

static inline size_t value_make(uint32_t key, uint32_t version, bool large, uint8_t *out)
{
	const size_t size = (key * 977u + version * 131u) % (large || key % 8 == 0 ? LARGEST : 300u);

	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(key * 7 + version * 13 + i);
	return size;
}

static inline void key_make(uint32_t key, char out[8])
{
	snprintf(out, 8, "key%03u", key);
}

static inline status_t mount(struct sim_disk *disk, struct volume **out)
{
	const struct volume_options options = {.read_only = false};
	return volume_mount(&disk->device, arena, ARENA, &options, out);
}

static inline struct volume *fresh(struct sim_disk *disk, uint64_t blocks)
{
	struct volume *volume = NULL;

	sim_start(disk, blocks);
	assert_int_equal(volume_format(&disk->device, arena, ARENA, identity), STATUS_OK);
	assert_int_equal(mount(disk, &volume), STATUS_OK);
	return volume;
}

/* The volume holds exactly this. */
static inline bool same(struct volume *volume, const struct shadow *shadow)
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
		if (status != STATUS_OK ||
		    size != value_make(key, shadow->version[key], shadow->large, expected) ||
		    memcmp(value, expected, size) != 0)
			return false;
	}
	volume_statistics(volume, &statistics);
	return statistics.keys == count && volume_valid(volume);
}

/* One transaction of a few changes; `next` becomes what the volume holds if it commits. */
static inline status_t transact(struct volume *volume, struct shadow *next, uint64_t *seed,
                                uint32_t version)
{
	static uint8_t value[LARGEST];
	const uint32_t changes = 1 + (uint32_t)(test_random(seed) % 5);

	for (uint32_t i = 0; i < changes; i++) {
		const uint32_t key = (uint32_t)(test_random(seed) % KEYS);
		char name[8];
		key_make(key, name);
		const bool remove = test_random(seed) % 4 == 0 && next->version[key] != 0;
		const status_t status = remove ? volume_delete(volume, name, 6)
		                               : volume_put(volume, name, 6, value,
		                                            value_make(key, version, next->large, value));
		if (status != STATUS_OK)
			return status;
		next->version[key] = remove ? 0 : version;
	}
	return volume_commit(volume);
}

static inline void report_nothing(void *context, const char *text)
{
	(void)context;
	(void)text;
}
