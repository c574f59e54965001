/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What an owner does: a record that follows the newest one, signed. When somebody
 * else with the same key was quicker, it is made anew on what there is then.
 */
#include "store_priv.h"
#include <lib/string.h>

#define RACES_MAX 4u

/* What changes of the record to be made, which says already what holds now. OK, or why not. */
typedef status_t edit(struct object_record *record, const void *context);

static status_t record_ask(struct store_client *client, const uint8_t *record, size_t size, bool deletes)
{
	const struct store_amend_req request = {.record_size = size};
	struct store_amend_rep reply;
	struct store_question question = {STORE_QUESTION(STORE_AMEND, request, reply), .record = record, .record_size = size};

	_Static_assert(sizeof(struct store_delete_req) == sizeof(request), "one question for both");
	if (deletes) {
		question.method = STORE_DELETE;
		question.once = 1;
	}
	const status_t status = store_ask(client, &question);
	/* Who was asked before did it. */
	return deletes && status == STATUS_NOT_FOUND && question.lost ? STATUS_OK : status;
}

static status_t record_make(struct store_client *client, const struct object *object, enum object_record_kind kind,
                            edit *change, const void *context)
{
	struct object_record record = {.kind = kind,
	                               .id = object->birth.id,
	                               .sequence = object->sequence + 1u,
	                               .time_ns = store_time(),
	                               .owner = object->owner};
	uint8_t bytes[OBJECT_RECORD_MAX];
	size_t size;

	memcpy(record.previous, object->previous, sizeof(record.previous));
	if (kind == OBJECT_ACCESS) {
		record.entry_count = object->birth.entry_count;
		memcpy(record.entries, object->birth.entries, sizeof(record.entries));
	}
	status_t status = change != NULL ? change(&record, context) : STATUS_OK;
	if (status == STATUS_OK)
		status = store_record_sign(client, &record, bytes, &size);
	return status == STATUS_OK ? record_ask(client, bytes, size, kind == OBJECT_DELETE) : status;
}

static status_t change_ask(struct store_client *client, const struct object_id *id, enum object_record_kind kind,
                           edit *change, const void *context)
{
	struct object object;
	status_t status = STATUS_OUTDATED;

	for (uint32_t i = 0; i < RACES_MAX && status == STATUS_OUTDATED; i++) {
		status = store_client_find(client, id, &object, NULL);
		if (status == STATUS_OK)
			status = record_make(client, &object, kind, change, context);
	}
	return status;
}

static status_t owner_set(struct object_record *record, const void *owner)
{
	record->owner = *(const struct aid *)owner;
	return STATUS_OK;
}

status_t store_client_transfer(struct store_client *client, const struct object_id *id, const struct aid *owner)
{
	return change_ask(client, id, OBJECT_TRANSFER, owner_set, owner);
}

/* ---- the access list, ascending by reader ---- */
static uint32_t place_of(const struct object_record *record, const struct aid *reader, bool *out_is_there)
{
	uint32_t at = 0;

	while (at < record->entry_count && memcmp(record->entries[at].reader.bytes, reader->bytes, AID_SIZE) < 0)
		at++;
	*out_is_there = at < record->entry_count &&
	                memcmp(record->entries[at].reader.bytes, reader->bytes, AID_SIZE) == 0;
	return at;
}

static status_t entry_put(struct object_record *record, const void *context)
{
	const struct object_entry *entry = context;
	bool is_there;
	const uint32_t at = place_of(record, &entry->reader, &is_there);

	if (!is_there && record->entry_count == OBJECT_ENTRIES_MAX)
		return STATUS_QUOTA;
	if (!is_there)
		memmove(&record->entries[at + 1u], &record->entries[at],
		        (record->entry_count++ - at) * sizeof(record->entries[0]));
	record->entries[at] = *entry;
	return STATUS_OK;
}

static status_t entry_remove(struct object_record *record, const void *context)
{
	bool is_there;
	const uint32_t at = place_of(record, context, &is_there);

	if (!is_there)
		return STATUS_NOT_FOUND;
	memmove(&record->entries[at], &record->entries[at + 1u],
	        (--record->entry_count - at) * sizeof(record->entries[0]));
	return STATUS_OK;
}

status_t store_client_grant(struct store_client *client, const struct object_id *id, const struct object_entry *entry)
{
	return change_ask(client, id, OBJECT_ACCESS, entry_put, entry);
}

status_t store_client_revoke(struct store_client *client, const struct object_id *id, const struct aid *reader)
{
	return change_ask(client, id, OBJECT_ACCESS, entry_remove, reader);
}

status_t store_client_delete(struct store_client *client, const struct object_id *id)
{
	return change_ask(client, id, OBJECT_DELETE, NULL, NULL);
}
