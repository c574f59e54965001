/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Objects: putting, finding, amending, deleting, and walking over them. */
#include "object_priv.h"
#include <lib/string.h>

status_t object_history(struct object_store *store, const struct object_id *id, const uint8_t **out_history,
                        size_t *out_size)
{
	uint8_t key[KEY_OBJECT];
	const status_t status = volume_get(store->volume, key, object_key_id(key, id), store->history,
	                                   sizeof store->history, out_size);

	if (status == STATUS_QUOTA)
		return STATUS_DAMAGED;
	*out_history = store->history;
	return status;
}

status_t object_load(struct object_store *store, const struct object_id *id, struct object *out_object,
                     size_t *out_size)
{
	const uint8_t *history;
	const status_t status = object_history(store, id, &history, out_size);

	if (status != STATUS_OK)
		return status;
	if (object_recall(history, *out_size, out_object) != STATUS_OK || !object_id_equal(&out_object->birth.id, id))
		return STATUS_DAMAGED;
	return STATUS_OK;
}

/* An object without the entries that its access list does not have. */
#define ENTRIES_AT (offsetof(struct object, birth) + offsetof(struct object_record, entries))
#define AFTER_AT offsetof(struct object, owner)
#define AFTER_SIZE (sizeof(struct object) - AFTER_AT)

static void note_keep(struct object_store *store, const uint8_t *key, size_t key_size, const struct object *object)
{
	const size_t size = ENTRIES_AT + object->birth.entry_count * sizeof(struct object_entry);
	uint8_t note[sizeof(struct object)];

	memcpy(note, object, size);
	memcpy(note + size, (const uint8_t *)object + AFTER_AT, AFTER_SIZE);
	volume_note_keep(store->volume, key, key_size, note, size + AFTER_SIZE);
}

static bool note_take(struct object_store *store, const uint8_t *key, size_t key_size, struct object *out_object)
{
	const uint8_t *note;
	size_t size;

	if (!volume_note(store->volume, key, key_size, &note, &size))
		return false;
	size -= AFTER_SIZE;
	memcpy(out_object, note, size);
	memset((uint8_t *)out_object + size, 0, AFTER_AT - size);
	memcpy((uint8_t *)out_object + AFTER_AT, note + size, AFTER_SIZE);
	return true;
}

status_t object_find(struct object_store *store, const struct object_id *id, struct object *out_object)
{
	uint8_t key[KEY_OBJECT];
	const size_t key_size = object_key_id(key, id);
	struct object object;
	size_t size;

	if (note_take(store, key, key_size, out_object))
		return STATUS_OK;
	const status_t status = object_load(store, id, &object, &size);
	if (status != STATUS_OK)
		return status;
	*out_object = object;
	note_keep(store, key, key_size, &object);
	return STATUS_OK;
}

/* ---- birth ---- */
status_t object_birth_check(struct object_store *store, const uint8_t *birth, size_t birth_size, bool whole,
                            const uint8_t hash[HASH_SIZE], uint64_t size, struct object *out_object, bool *out_here)
{
	const uint8_t *history;
	size_t history_size;
	status_t status = whole ? object_replay(birth, birth_size, out_object) :
	                          object_born(birth, birth_size, out_object);

	if (status == STATUS_OK && (!hash_equal(out_object->birth.id.hash, hash) || out_object->birth.size != size))
		status = STATUS_INVALID;
	if (status != STATUS_OK)
		return status;
	status = object_history(store, &out_object->birth.id, &history, &history_size);
	*out_here = status == STATUS_OK;
	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (status == STATUS_OK && (history_size < birth_size || memcmp(history, birth, birth_size) != 0))
		return STATUS_BUSY;
	return status;
}

status_t object_birth_put(struct object_store *store, const struct object *object, const uint8_t *birth,
                          size_t birth_size)
{
	uint8_t key[KEY_OWNED];
	status_t status =
		volume_put(store->volume, key, object_key_id(key, &object->birth.id), birth, birth_size);

	if (status == STATUS_OK)
		status = volume_put(store->volume, key, object_key_owned(key, &object->owner, &object->birth.id), "", 0);
	return status;
}

static status_t put(struct object_store *store, const uint8_t *content, size_t size, const uint8_t *birth,
                    size_t birth_size, bool whole)
{
	uint8_t hash[HASH_SIZE];
	struct object object;
	bool here;

	if (size > OBJECT_PART_SIZE)
		return STATUS_INVALID;
	hash_bytes(content, size, hash);
	status_t status = object_birth_check(store, birth, birth_size, whole, hash, size, &object, &here);
	if (status != STATUS_OK || here)
		return status;
	status = object_part_add(store, hash, content, size);
	if (status == STATUS_OK)
		status = object_birth_put(store, &object, birth, birth_size);
	return object_changed(store, status);
}

status_t object_put(struct object_store *store, const uint8_t *content, size_t size, const uint8_t *birth,
                    size_t birth_size)
{
	return put(store, content, size, birth, birth_size, false);
}

status_t object_restore(struct object_store *store, const uint8_t *content, size_t size, const uint8_t *history,
                        size_t history_size)
{
	return put(store, content, size, history, history_size, true);
}

/* ---- after birth ---- */
static status_t record_check(struct object_store *store, const uint8_t *bytes, size_t size, struct object *out_object,
                             struct object_record *out_record)
{
	size_t length;
	status_t status = object_record_decode(bytes, size, out_record, &length);

	if (status == STATUS_OK)
		status = object_load(store, &out_record->id, out_object, &length);
	return status == STATUS_OK ? object_follows(out_object, bytes, size, out_record) : status;
}

static status_t owner_change(struct object_store *store, const struct object_id *id, const struct aid *from,
                             const struct aid *to)
{
	uint8_t key[KEY_OWNED];
	const status_t status = volume_delete(store->volume, key, object_key_owned(key, from, id));

	return status == STATUS_OK ? volume_put(store->volume, key, object_key_owned(key, to, id), "", 0) : status;
}

status_t object_amend(struct object_store *store, const uint8_t *record_bytes, size_t size)
{
	uint8_t key[KEY_OBJECT];
	struct object object;
	struct object_record record;
	status_t status = record_check(store, record_bytes, size, &object, &record);

	if (status == STATUS_OK && record.kind == OBJECT_DELETE)
		status = STATUS_INVALID;
	if (status != STATUS_OK)
		return status;
	const struct aid owner = object.owner;
	const size_t length = object_history_add(&object, &record, record_bytes, size, store->history);
	status = volume_put(store->volume, key, object_key_id(key, &record.id), store->history, length);
	if (status == STATUS_OK && record.kind == OBJECT_TRANSFER)
		status = owner_change(store, &record.id, &owner, &object.owner);
	return object_changed(store, status);
}

/* Two steps are enough: one of them is another. */
status_t object_content_shared(struct object_store *store, const struct object_id *id, bool *out_shared)
{
	uint8_t key[VOLUME_KEY_MAX];
	size_t size = object_key(key, 'O', id->hash, HASH_SIZE, "", 0), value_bytes;
	status_t status = STATUS_OK;

	*out_shared = false;
	for (unsigned step = 0; status == STATUS_OK && !*out_shared && step < 2; step++) {
		status = object_key_next(store, key, size, KEY_DIGEST, false, key, &size, &value_bytes);
		if (status == STATUS_OK && size != KEY_OBJECT)
			status = STATUS_DAMAGED;
		if (status == STATUS_OK)
			*out_shared = memcmp(key + KEY_DIGEST, id->author.bytes, AID_SIZE) != 0;
	}
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

status_t object_delete(struct object_store *store, const uint8_t *record_bytes, size_t size, uint64_t *out_freed)
{
	uint8_t key[KEY_OWNED];
	struct object object;
	struct object_record record;
	bool shared = false;
	uint64_t freed = 0;
	status_t status = record_check(store, record_bytes, size, &object, &record);

	if (status == STATUS_OK && record.kind != OBJECT_DELETE)
		status = STATUS_INVALID;
	if (status == STATUS_OK)
		status = object_content_shared(store, &record.id, &shared);
	if (status != STATUS_OK)
		return status;
	status = volume_delete(store->volume, key, object_key_id(key, &record.id));
	if (status == STATUS_OK)
		status = volume_delete(store->volume, key, object_key_owned(key, &object.owner, &record.id));
	if (status == STATUS_OK)
		status = object_content_drop(store, &object, shared, &freed);
	status = object_changed(store, status);
	if (status == STATUS_OK)
		*out_freed = freed;
	return status;
}

/* ---- walking ---- */
status_t object_next(struct object_store *store, const struct aid *owner, const struct object_id *cursor,
                     struct object_id *out_id)
{
	uint8_t key[VOLUME_KEY_MAX];
	const size_t key_size = owner == NULL ? object_key_id(key, cursor) : object_key_owned(key, owner, cursor);
	const size_t prefix = key_size - HASH_SIZE - AID_SIZE;
	size_t size, value_bytes;
	const status_t status = object_key_next(store, key, key_size, prefix, false, key, &size, &value_bytes);

	if (status != STATUS_OK)
		return status;
	if (size != key_size)
		return STATUS_DAMAGED;
	memcpy(out_id->hash, key + prefix, HASH_SIZE);
	memcpy(out_id->author.bytes, key + prefix + HASH_SIZE, AID_SIZE);
	return STATUS_OK;
}

static int digit_of(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static bool starts_with(const uint8_t hash[HASH_SIZE], const char *digits, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if ((i % 2 == 0 ? hash[i / 2] / 16 : hash[i / 2] % 16) != digit_of(digits[i]))
			return false;
	}
	return true;
}

status_t object_resolve(struct object_store *store, const char *digits, size_t count, uint8_t out_hash[HASH_SIZE])
{
	struct object_id cursor = { 0 }, other;

	if (count == 0 || count > 2 * HASH_SIZE)
		return STATUS_INVALID;
	for (size_t i = 0; i < count; i++) {
		const int digit = digit_of(digits[i]);

		if (digit < 0)
			return STATUS_INVALID;
		cursor.hash[i / 2] |= (uint8_t)(i % 2 == 0 ? digit * 16 : digit);
	}
	status_t status = object_next(store, NULL, &cursor, &cursor);
	if (status != STATUS_OK)
		return status;
	if (!starts_with(cursor.hash, digits, count))
		return STATUS_NOT_FOUND;
	memcpy(out_hash, cursor.hash, HASH_SIZE);
	cursor.author = OBJECT_EVERYONE; /* after every author of this content */
	status = object_next(store, NULL, &cursor, &other);
	if (status == STATUS_OK && starts_with(other.hash, digits, count))
		return STATUS_BUSY;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
