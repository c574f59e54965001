/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Opening, keys, numbers, and the rule of what happens when a change fails half-way. */
#include "object_priv.h"
#include <lib/bytes.h>
#include <lib/string.h>

size_t object_key(uint8_t *out_key, char letter, const void *a, size_t a_size, const void *b, size_t b_size)
{
	out_key[0] = (uint8_t)letter;
	memcpy(out_key + 1, a, a_size);
	memcpy(out_key + 1 + a_size, b, b_size);
	return 1 + a_size + b_size;
}

size_t object_key_id(uint8_t out_key[KEY_OBJECT], const struct object_id *id)
{
	return object_key(out_key, 'O', id->hash, HASH_SIZE, id->author.bytes, AID_SIZE);
}

size_t object_key_owned(uint8_t out_key[KEY_OWNED], const struct aid *owner, const struct object_id *id)
{
	const size_t size = object_key(out_key, 'P', owner->bytes, AID_SIZE, id->hash, HASH_SIZE);

	memcpy(out_key + size, id->author.bytes, AID_SIZE);
	return size + AID_SIZE;
}

/* Big-endian, so that keys ascend as numbers do. */
/*@ requires \valid(out_bytes + (0 .. size - 1));
    assigns out_bytes[0 .. size - 1]; */
static void put_be(uint8_t *out_bytes, uint64_t number, size_t size)
{
	/*@ loop invariant 0 <= i <= size;
	    loop assigns i, number, out_bytes[0 .. size - 1];
	    loop variant i; */
	for (size_t i = size; i > 0; i--, number /= 256)
		out_bytes[i - 1] = (uint8_t)(number % 256);
}

size_t object_key_list(uint8_t out_key[KEY_LIST], uint64_t list)
{
	out_key[0] = 'U';
	put_be(out_key + 1, list, 8);
	return KEY_LIST;
}

size_t object_key_page(uint8_t out_key[KEY_PAGE], uint64_t list, uint32_t page)
{
	out_key[0] = 'L';
	put_be(out_key + 1, list, 8);
	put_be(out_key + 9, page, 4);
	return KEY_PAGE;
}

status_t object_numbers_get(struct object_store *store, const uint8_t *key, size_t key_size, uint64_t *out_numbers,
                            size_t count)
{
	const uint8_t *value;
	size_t size;
	const status_t status = volume_look(store->volume, key, key_size, &value, &size);

	if (status != STATUS_OK)
		return status;
	if (size != 8 * count)
		return STATUS_DAMAGED;
	for (size_t i = 0; i < count; i++)
		out_numbers[i] = bytes_le64(value + 8 * i);
	return STATUS_OK;
}

status_t object_numbers_put(struct object_store *store, const uint8_t *key, size_t key_size, const uint64_t *numbers,
                            size_t count)
{
	uint8_t value[16];

	for (size_t i = 0; i < count; i++)
		bytes_put_le64(value + 8 * i, numbers[i]);
	return volume_put(store->volume, key, key_size, value, 8 * count);
}

status_t object_changed(struct object_store *store, status_t status)
{
	if (status == STATUS_OK)
		return STATUS_OK;
	volume_abort(store->volume);
	store->lost++;
	/* A record that had to be there was not. */
	return status == STATUS_NOT_FOUND ? STATUS_DAMAGED : status;
}

status_t object_key_next(struct object_store *store, const uint8_t *key, size_t key_size, size_t prefix,
                         bool inclusive, uint8_t out_key[VOLUME_KEY_MAX], size_t *out_size, size_t *out_value_size)
{
	uint8_t start[VOLUME_KEY_MAX]; /* `out_key` may be `key` */

	memcpy(start, key, key_size);
	const status_t status =
		volume_next(store->volume, start, key_size, inclusive, out_key, out_size, out_value_size);
	if (status != STATUS_OK)
		return status;
	return *out_size >= prefix && memcmp(out_key, start, prefix) == 0 ? STATUS_OK : STATUS_NOT_FOUND;
}

static status_t layout_put(struct object_store *store)
{
	const uint64_t layout[2] = { OBJECT_LAYOUT_VERSION, store->next_list };

	return object_numbers_put(store, (const uint8_t *)"V", 1, layout, 2);
}

status_t object_list_new(struct object_store *store, uint64_t *out_list)
{
	*out_list = store->next_list++;
	return layout_put(store);
}

/* No layout record: the volume must be new, that is, empty. One mounted read-only stays so. */
static status_t open_new(struct object_store *store)
{
	uint8_t key[VOLUME_KEY_MAX] = { 0 };
	size_t size, value_size;
	status_t status = volume_next(store->volume, key, 1, true, key, &size, &value_size);

	if (status == STATUS_OK)
		return STATUS_UNSUPPORTED;
	if (status != STATUS_NOT_FOUND)
		return status;
	store->next_list = 1;
	status = layout_put(store);
	if (status == STATUS_DENIED)
		return STATUS_OK;
	return status == STATUS_OK ? object_store_commit(store) : object_changed(store, status);
}

status_t object_store_open(struct object_store *store, struct volume *volume)
{
	uint64_t layout[2];

	memset(store, 0, sizeof *store);
	store->volume = volume;
	status_t status = object_numbers_get(store, (const uint8_t *)"V", 1, layout, 2);
	if (status == STATUS_NOT_FOUND)
		status = open_new(store);
	else if (status == STATUS_OK && layout[0] != OBJECT_LAYOUT_VERSION)
		status = STATUS_UNSUPPORTED;
	else if (status == STATUS_OK)
		store->next_list = layout[1];
	store->first_list = store->next_list;
	return status;
}

status_t object_store_commit(struct object_store *store)
{
	return object_changed(store, volume_commit(store->volume));
}

status_t object_state_put(struct object_store *store, const struct aid *principal, const void *state, size_t size)
{
	uint8_t key[1 + AID_SIZE];
	const size_t key_size = object_key(key, 'S', principal->bytes, AID_SIZE, "", 0);

	if (size > OBJECT_STATE_MAX)
		return STATUS_INVALID;
	return object_changed(store, volume_put(store->volume, key, key_size, state, size));
}

status_t object_state_get(struct object_store *store, const struct aid *principal, void *out_state, size_t room,
                          size_t *out_size)
{
	uint8_t key[1 + AID_SIZE];
	const size_t key_size = object_key(key, 'S', principal->bytes, AID_SIZE, "", 0);

	return volume_get(store->volume, key, key_size, out_state, room, out_size);
}
