/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is in the store, counted by walking over its keys. */
#include "object_priv.h"
#include <lib/string.h>

static status_t count_object(struct object_store *store, const uint8_t *key, size_t size,
                             struct object_totals *totals)
{
	struct object_id id;
	struct object object;

	if (size != KEY_OBJECT)
		return STATUS_DAMAGED;
	memcpy(id.hash, key + 1, HASH_SIZE);
	memcpy(id.author.bytes, key + KEY_DIGEST, AID_SIZE);
	const status_t status = object_find(store, &id, &object);
	if (status != STATUS_OK)
		return status;
	totals->objects++;
	totals->object_bytes += object.birth.size;
	return STATUS_OK;
}

/* Only the newest record says whether the name points to something. */
static status_t count_name(struct object_store *store, const uint8_t *key, size_t size, struct object_totals *totals)
{
	struct aid owner;
	struct object_name newest;
	char name[OBJECT_NAME_MAX] = "";

	if (size <= 1 + AID_SIZE || size - 1 - AID_SIZE >= OBJECT_NAME_MAX)
		return STATUS_DAMAGED;
	memcpy(owner.bytes, key + 1, AID_SIZE);
	memcpy(name, key + 1 + AID_SIZE, size - 1 - AID_SIZE);
	const status_t status = object_name_get(store, &owner, name, 0, &newest);
	if (status == STATUS_OK && !newest.removed)
		totals->names++;
	return status;
}

static status_t count_key(struct object_store *store, const uint8_t *key, size_t size, size_t value_bytes,
                          struct object_totals *totals)
{
	switch (key[0]) {
	case 'O': return count_object(store, key, size, totals);
	case 'N': return count_name(store, key, size, totals);
	case 'C': totals->long_contents++; return STATUS_OK;
	case 'U': totals->unowned_lists++; return STATUS_OK;
	case 'D':
		totals->parts++;
		totals->part_bytes += value_bytes;
		return STATUS_OK;
	default: return STATUS_OK;
	}
}

status_t object_totals_some(struct object_store *store, uint8_t cursor[VOLUME_KEY_MAX], size_t *cursor_size,
                            uint32_t keys, struct object_totals *totals)
{
	static const uint8_t FIRST[1] = { 0 };
	size_t value_bytes;
	status_t status = STATUS_OK;

	if (*cursor_size > VOLUME_KEY_MAX)
		return STATUS_INVALID;
	for (uint32_t i = 0; status == STATUS_OK && i < keys; i++) {
		const bool begin = *cursor_size == 0;
		status = object_key_next(store, begin ? FIRST : cursor, begin ? 1 : *cursor_size, 0, begin, cursor,
		                         cursor_size, &value_bytes);
		if (status != STATUS_OK)
			return status;
		status = count_key(store, cursor, *cursor_size, value_bytes, totals);
	}
	return status == STATUS_NOT_FOUND ? STATUS_DAMAGED : status;
}

status_t object_totals(struct object_store *store, struct object_totals *out_totals)
{
	struct object_totals totals = { 0 };
	uint8_t cursor[VOLUME_KEY_MAX];
	size_t size = 0;
	status_t status;

	do
		status = object_totals_some(store, cursor, &size, 1024, &totals);
	while (status == STATUS_OK);
	if (status != STATUS_NOT_FOUND)
		return status;
	*out_totals = totals;
	return STATUS_OK;
}
