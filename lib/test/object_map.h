/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * volume.h over arrays, for tests of what lies above it: two sorted arrays, one
 * committed and one with the open transaction, and a plan of which call fails.
 */
#pragma once
#include "test.h"
#include <lib/volume.h>
#include <string.h>

#define MAP_ROOM 4096u

struct map_row {
	uint8_t key[VOLUME_KEY_MAX];
	size_t key_size, size;
	uint8_t *value;
};

struct map {
	struct map_row rows[MAP_ROOM];
	size_t count;
};

struct volume {
	struct map now, committed;
	uint64_t fail_at; /* the call that changes or reads, counted from 1, that fails; 0: none */
	uint64_t calls;
	status_t failure;
};

static struct volume map_volume;

static void map_clear(struct map *map)
{
	for (size_t i = 0; i < map->count; i++)
		free(map->rows[i].value);
	map->count = 0;
}

static void map_copy(struct map *to, const struct map *from)
{
	map_clear(to);
	for (size_t i = 0; i < from->count; i++) {
		to->rows[i] = from->rows[i];
		to->rows[i].value = test_copy(from->rows[i].value, from->rows[i].size);
	}
	to->count = from->count;
}

static int map_compare(const struct map_row *row, const void *key, size_t key_size)
{
	const int order = memcmp(row->key, key, row->key_size < key_size ? row->key_size : key_size);

	return order != 0 ? order : (int)row->key_size - (int)key_size;
}

/* The first row that is not less. */
static size_t map_find(const struct map *map, const void *key, size_t key_size)
{
	size_t low = 0, high = map->count;

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (map_compare(&map->rows[middle], key, key_size) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool map_has(const struct map *map, size_t at, const void *key, size_t key_size)
{
	return at < map->count && map_compare(&map->rows[at], key, key_size) == 0;
}

static bool map_fails(struct volume *volume)
{
	return ++volume->calls == volume->fail_at;
}

status_t volume_put(struct volume *volume, const void *key, size_t key_size, const void *value, size_t value_size)
{
	struct map *map = &volume->now;
	const size_t at = map_find(map, key, key_size);

	assert_true(key_size > 0 && key_size <= VOLUME_KEY_MAX && value_size <= VOLUME_VALUE_MAX);
	if (map_fails(volume))
		return volume->failure;
	uint8_t *copy = test_copy(value, value_size);
	if (map_has(map, at, key, key_size)) {
		free(map->rows[at].value);
	} else {
		assert_true(map->count < MAP_ROOM);
		memmove(&map->rows[at + 1], &map->rows[at], (map->count - at) * sizeof *map->rows);
		map->count++;
	}
	memcpy(map->rows[at].key, key, key_size);
	map->rows[at].key_size = key_size;
	map->rows[at].size = value_size;
	map->rows[at].value = copy;
	return STATUS_OK;
}

status_t volume_delete(struct volume *volume, const void *key, size_t key_size)
{
	struct map *map = &volume->now;
	const size_t at = map_find(map, key, key_size);

	if (map_fails(volume))
		return volume->failure;
	if (!map_has(map, at, key, key_size))
		return STATUS_NOT_FOUND;
	free(map->rows[at].value);
	map->count--;
	memmove(&map->rows[at], &map->rows[at + 1], (map->count - at) * sizeof *map->rows);
	return STATUS_OK;
}

status_t volume_commit(struct volume *volume)
{
	if (map_fails(volume))
		return volume->failure;
	map_copy(&volume->committed, &volume->now);
	return STATUS_OK;
}

void volume_abort(struct volume *volume)
{
	map_copy(&volume->now, &volume->committed);
}

status_t volume_look(struct volume *volume, const void *key, size_t key_size, const uint8_t **out_value,
                     size_t *out_size)
{
	const size_t at = map_find(&volume->now, key, key_size);

	if (map_fails(volume))
		return volume->failure;
	if (!map_has(&volume->now, at, key, key_size))
		return STATUS_NOT_FOUND;
	*out_value = volume->now.rows[at].value;
	*out_size = volume->now.rows[at].size;
	return STATUS_OK;
}

status_t volume_size(const struct volume *volume, const void *key, size_t key_size, size_t *out_size)
{
	const size_t at = map_find(&volume->now, key, key_size);

	if (!map_has(&volume->now, at, key, key_size))
		return STATUS_NOT_FOUND;
	*out_size = volume->now.rows[at].size;
	return STATUS_OK;
}

/* Notes are a cache: one that is always empty. */
bool volume_note(const struct volume *volume, const void *key, size_t key_size, const uint8_t **out_note, size_t *out_size)
{
	(void)volume, (void)key, (void)key_size, (void)out_note, (void)out_size;
	return false;
}

void volume_note_keep(struct volume *volume, const void *key, size_t key_size, const void *note, size_t size)
{
	(void)volume, (void)key, (void)key_size, (void)note, (void)size;
}

void volume_forget(struct volume *volume)
{
	(void)volume;
}

status_t volume_get(struct volume *volume, const void *key, size_t key_size, void *out_value, size_t room,
                    size_t *out_size)
{
	const uint8_t *value;
	const status_t status = volume_look(volume, key, key_size, &value, out_size);

	if (status != STATUS_OK)
		return status;
	if (*out_size > room)
		return STATUS_QUOTA;
	memcpy(out_value, value, *out_size);
	return STATUS_OK;
}

status_t volume_next(struct volume *volume, const void *key, size_t key_size, bool inclusive,
                     uint8_t out_key[VOLUME_KEY_MAX], size_t *out_key_size, size_t *out_value_size)
{
	size_t at = map_find(&volume->now, key, key_size);

	if (map_fails(volume))
		return volume->failure;
	if (!inclusive && map_has(&volume->now, at, key, key_size))
		at++;
	if (at == volume->now.count)
		return STATUS_NOT_FOUND;
	memcpy(out_key, volume->now.rows[at].key, volume->now.rows[at].key_size);
	*out_key_size = volume->now.rows[at].key_size;
	*out_value_size = volume->now.rows[at].size;
	return STATUS_OK;
}

/* Forget everything. */
static void map_reset(void)
{
	map_clear(&map_volume.now);
	map_clear(&map_volume.committed);
	map_volume.fail_at = map_volume.calls = 0;
}
