/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Records one after the other: who may add which, and what all of them come to.
 * A history is judged by adding its records one by one, as they were added.
 */
#include <abi/module.h>
#include <lib/identity.h>
#include <lib/object_record.h>
#include <lib/string.h>

/* Exactly one record, signed by whom its key names. */
static status_t record_check(const uint8_t *bytes, size_t size, struct object_record *out_record)
{
	uint8_t digest[HASH_SIZE];
	size_t taken;
	const status_t status = object_record_decode(bytes, size, out_record, &taken);

	if (status != STATUS_OK)
		return status;
	if (taken != size)
		return STATUS_INVALID;
	object_record_digest(bytes, size, digest);
	if (!signature_verify_digest(out_record->key, SIGN_DOMAIN_OBJECT, digest, bytes + size - SIGNATURE_SIZE))
		return STATUS_BAD_SIGNATURE;
	return STATUS_OK;
}

static bool signed_by(const struct object_record *record, const struct aid *who)
{
	struct aid signer;

	aid_of_key(record->key, &signer);
	return aid_equal(&signer, who);
}

status_t object_born(const uint8_t *bytes, size_t size, struct object *out_object)
{
	struct object_record birth;
	const status_t status = record_check(bytes, size, &birth);

	if (status != STATUS_OK)
		return status;
	if (birth.kind != OBJECT_BIRTH)
		return STATUS_INVALID;
	if (!signed_by(&birth, &birth.id.author))
		return STATUS_BAD_SIGNATURE;
	memset(out_object, 0, sizeof *out_object);
	out_object->birth = birth;
	out_object->owner = birth.owner;
	out_object->anchor_size = (uint32_t)size;
	object_record_digest(bytes, size, out_object->previous);
	return STATUS_OK;
}

/* The newest may leave a gap before it in a stored history: access records that were replaced. */
static status_t place_check(const struct object *object, const struct object_record *record)
{
	if (record->kind == OBJECT_BIRTH || !object_id_equal(&record->id, &object->birth.id))
		return STATUS_INVALID;
	if (record->sequence <= object->sequence)
		return STATUS_OUTDATED;
	if (!hash_equal(record->previous, object->previous))
		return STATUS_INVALID;
	if (!signed_by(record, &object->owner))
		return STATUS_DENIED;
	if (record->kind != OBJECT_TRANSFER && !aid_equal(&record->owner, &object->owner))
		return STATUS_INVALID;
	if (record->kind == OBJECT_TRANSFER && object->transfers == OBJECT_TRANSFERS_MAX)
		return STATUS_QUOTA;
	return STATUS_OK;
}

status_t object_follows(const struct object *object, const uint8_t *bytes, size_t size,
                        struct object_record *out_record)
{
	struct object_record record;
	status_t status = record_check(bytes, size, &record);

	if (status == STATUS_OK)
		status = place_check(object, &record);
	if (status == STATUS_OK && record.sequence != object->sequence + 1)
		status = STATUS_INVALID;
	if (status == STATUS_OK)
		*out_record = record;
	return status;
}

static void advance(struct object *object, const struct object_record *record, const uint8_t *bytes, size_t size)
{
	object->sequence = record->sequence;
	object->birth.entry_count = record->entry_count;
	memcpy(object->birth.entries, record->entries, sizeof object->birth.entries);
	if (record->kind != OBJECT_TRANSFER)
		return;
	object->owner = record->owner;
	object->transfers++;
	object->anchor_size += (uint32_t)size;
	object_record_digest(bytes, size, object->previous);
}

size_t object_history_add(struct object *object, const struct object_record *record, const uint8_t *bytes,
                          size_t size, uint8_t history[OBJECT_HISTORY_MAX])
{
	const size_t at = object->anchor_size;
	memcpy(history + at, bytes, size);
	advance(object, record, bytes, size);
	return at + size;
}

/* An access record is the last of all: an older one would have been replaced. */
static status_t replay_one(struct object *object, const uint8_t *bytes, size_t length, size_t *out_size)
{
	struct object_record record;
	status_t status = object_record_decode(bytes, length, &record, out_size);

	if (status == STATUS_OK)
		status = record_check(bytes, *out_size, &record);
	if (status == STATUS_OK)
		status = place_check(object, &record);
	if (status == STATUS_OK && (record.kind == OBJECT_DELETE || (record.kind == OBJECT_ACCESS && *out_size != length)))
		status = STATUS_INVALID;
	if (status == STATUS_OK)
		advance(object, &record, bytes, *out_size);
	return status;
}

status_t object_replay(const uint8_t *history, size_t length, struct object *out_object)
{
	struct object object;
	struct object_record first;
	size_t at, size;
	status_t status = object_record_decode(history, length, &first, &at);

	if (status == STATUS_OK)
		status = object_born(history, at, &object);
	for (; status == STATUS_OK && at < length; at += size)
		status = replay_one(&object, history + at, length - at, &size);
	if (status == STATUS_OK)
		*out_object = object;
	return status;
}

static bool entry_gives(const struct object_entry *entry, const struct aid *reader, uint32_t rights, uint64_t time_ns)
{
	if (!aid_equal(&entry->reader, &OBJECT_EVERYONE) && !aid_equal(&entry->reader, reader))
		return false;
	return (entry->rights & rights) == rights &&
	       (entry->expiry_ns == 0 || (time_ns != 0 && time_ns < entry->expiry_ns));
}

bool object_may(const struct object *object, const struct aid *readers, size_t reader_count, uint32_t rights,
                uint64_t time_ns)
{
	for (size_t i = 0; i < reader_count; i++) {
		if (aid_equal(&readers[i], &object->owner))
			return true;
		for (uint32_t entry = 0; entry < object->birth.entry_count; entry++) {
			if (entry_gives(&object->birth.entries[entry], &readers[i], rights, time_ns))
				return true;
		}
	}
	return false;
}
