/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names in the store: every record of each is kept, and where the newest is. */
#include "object_priv.h"
#include <lib/bytes.h>
#include <lib/string.h>

static size_t head_key(uint8_t out_key[VOLUME_KEY_MAX], const struct aid *owner, const char *name)
{
	return object_key(out_key, 'N', owner->bytes, AID_SIZE, name, strlen(name));
}

/* A NUL after the name, so that no name's records lie among another's. */
static size_t record_key(uint8_t out_key[VOLUME_KEY_MAX], const struct aid *owner, const char *name, uint64_t sequence)
{
	size_t size = object_key(out_key, 'H', owner->bytes, AID_SIZE, name, strlen(name) + 1);

	for (size_t i = 0; i < 8; i++)
		out_key[size++] = (uint8_t)(sequence >> (56 - 8 * i));
	return size;
}

/* The record into the store's buffer: it must be there, and of its size. */
static status_t record_load(struct object_store *store, const struct aid *owner, const char *name, uint64_t sequence)
{
	uint8_t key[VOLUME_KEY_MAX];
	size_t size;
	const status_t status = volume_get(store->volume, key, record_key(key, owner, name, sequence), store->name,
	                                   sizeof store->name, &size);

	if (status == STATUS_QUOTA || (status == STATUS_OK && size != sizeof store->name))
		return STATUS_DAMAGED;
	return status;
}

static status_t newest(struct object_store *store, const struct aid *owner, const char *name, uint64_t *out_sequence)
{
	uint8_t key[VOLUME_KEY_MAX];

	return object_numbers_get(store, key, head_key(key, owner, name), out_sequence, 1);
}

static status_t place_check(struct object_store *store, const struct object_name *name)
{
	uint64_t sequence;
	status_t status = newest(store, &name->owner, name->name, &sequence);

	if (status == STATUS_NOT_FOUND)
		return object_name_follows(NULL, name);
	if (status != STATUS_OK)
		return status;
	status = record_load(store, &name->owner, name->name, sequence);
	if (status == STATUS_NOT_FOUND)
		return STATUS_DAMAGED;
	return status == STATUS_OK ? object_name_follows(store->name, name) : status;
}

status_t object_name_set(struct object_store *store, const uint8_t *record, size_t size)
{
	uint8_t key[VOLUME_KEY_MAX];
	struct object_name name;
	status_t status = object_name_decode(record, size, &name);

	if (status == STATUS_OK)
		status = place_check(store, &name);
	if (status != STATUS_OK)
		return status;
	status = volume_put(store->volume, key, record_key(key, &name.owner, name.name, name.sequence), record, size);
	if (status == STATUS_OK)
		status = object_numbers_put(store, key, head_key(key, &name.owner, name.name), &name.sequence, 1);
	return object_changed(store, status);
}

static bool is_of(const struct object_name *record, const struct aid *owner, const char *name, uint64_t sequence)
{
	return memcmp(record->owner.bytes, owner->bytes, AID_SIZE) == 0 && strcmp(record->name, name) == 0 &&
	       record->sequence == sequence;
}

status_t object_name_get(struct object_store *store, const struct aid *owner, const char *name, uint64_t sequence,
                         struct object_name *out_name)
{
	struct object_name record;
	status_t status = object_name_valid(name) ? STATUS_OK : STATUS_INVALID;

	if (status == STATUS_OK && sequence == 0)
		status = newest(store, owner, name, &sequence);
	if (status == STATUS_OK)
		status = record_load(store, owner, name, sequence);
	if (status != STATUS_OK)
		return status;
	if (object_name_decode(store->name, sizeof store->name, &record) != STATUS_OK ||
	    !is_of(&record, owner, name, sequence))
		return STATUS_DAMAGED;
	*out_name = record;
	return STATUS_OK;
}

status_t object_name_next(struct object_store *store, const struct aid *owner, const char *cursor,
                          struct object_name *out_name)
{
	uint8_t key[VOLUME_KEY_MAX];
	char name[OBJECT_NAME_MAX] = "";
	size_t size, value_bytes;

	if (cursor[0] != '\0' && !object_name_valid(cursor))
		return STATUS_INVALID;
	size = head_key(key, owner, cursor);
	status_t status = object_key_next(store, key, size, 1 + AID_SIZE, false, key, &size, &value_bytes);
	if (status != STATUS_OK)
		return status;
	if (size - 1 - AID_SIZE >= OBJECT_NAME_MAX)
		return STATUS_DAMAGED;
	memcpy(name, key + 1 + AID_SIZE, size - 1 - AID_SIZE);
	status = object_name_get(store, owner, name, 0, out_name);
	return status == STATUS_NOT_FOUND || status == STATUS_INVALID ? STATUS_DAMAGED : status;
}

status_t object_name_record_next(struct object_store *store, uint8_t cursor[VOLUME_KEY_MAX], size_t *cursor_size,
                                 struct object_name *out_name)
{
	uint8_t key[VOLUME_KEY_MAX];
	struct object_name name;
	size_t size;

	if (*cursor_size == 0)
		*cursor_size = object_key(cursor, 'H', "", 0, "", 0);
	status_t status = object_key_next(store, cursor, *cursor_size, 1, false, cursor, cursor_size, &size);
	if (status != STATUS_OK)
		return status;
	status = volume_get(store->volume, cursor, *cursor_size, store->name, sizeof store->name, &size);
	if (status == STATUS_IO_ERROR)
		return status;
	if (status != STATUS_OK || object_name_decode(store->name, size, &name) != STATUS_OK ||
	    record_key(key, &name.owner, name.name, name.sequence) != *cursor_size ||
	    memcmp(key, cursor, *cursor_size) != 0)
		return STATUS_DAMAGED;
	*out_name = name;
	return STATUS_OK;
}

status_t object_name_owner_next(struct object_store *store, const struct aid *cursor, struct aid *out_owner)
{
	uint8_t key[VOLUME_KEY_MAX], last[OBJECT_NAME_MAX];
	size_t value_bytes;

	memset(last, 0xff, sizeof last); /* after every name */
	size_t size = object_key(key, 'N', cursor->bytes, AID_SIZE, last, sizeof last);
	const status_t status = object_key_next(store, key, size, 1, false, key, &size, &value_bytes);
	if (status != STATUS_OK)
		return status;
	if (size <= 1 + AID_SIZE)
		return STATUS_DAMAGED;
	memcpy(out_owner->bytes, key + 1, AID_SIZE);
	return STATUS_OK;
}
