/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Records one after the other: who may add which, and what all of them come to.
 * A history is judged by adding its records one by one, as they were added.
 */
#include <abi/module.h>
#include <lib/identity.h>
#include <lib/object_record.h>

/* Exactly one record, signed by whom its key names; and what is signed. */
/*@ requires bytes_in(bytes, size) && \valid(out_record) && \valid(out_digest + (0 .. HASH_SIZE - 1));
    requires \separated(out_record, bytes + (0 .. size - 1), out_digest + (0 .. HASH_SIZE - 1));
    assigns *out_record, out_digest[0 .. HASH_SIZE - 1];
    ensures \result == STATUS_OK ==> record_ok(out_record) && size == record_size(out_record); */
static status_t record_check(const uint8_t *bytes, size_t size, struct object_record *out_record,
                             uint8_t out_digest[HASH_SIZE])
{
	size_t taken;
	const status_t status = object_record_decode(bytes, size, out_record, &taken);

	if (status != STATUS_OK)
		return status;
	if (taken != size)
		return STATUS_INVALID;
	object_record_digest(bytes, size, out_digest);
	if (!signature_verify_digest(out_record->key, SIGN_DOMAIN_OBJECT, out_digest, bytes + size - SIGNATURE_SIZE))
		return STATUS_BAD_SIGNATURE;
	return STATUS_OK;
}

/*@ requires \valid_read(record) && \valid_read(who);
    assigns \nothing; */
static bool signed_by(const struct object_record *record, const struct aid *who)
{
	struct aid signer;

	aid_of_key(record->key, &signer);
	return aid_equal(&signer, who);
}

/* The newest may leave a gap before it in a stored history: access records that were replaced. */
/*@ requires \valid_read(object) && \valid_read(record);
    assigns \nothing;
    ensures \result == STATUS_OK ==> record->sequence > object->sequence;
    ensures \result == STATUS_OK && record->kind == OBJECT_TRANSFER ==> object->transfers != OBJECT_TRANSFERS_MAX; */
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
	uint8_t digest[HASH_SIZE];
	struct object_record record;
	status_t status = record_check(bytes, size, &record, digest);

	if (status == STATUS_OK)
		status = place_check(object, &record);
	if (status == STATUS_OK && record.sequence != object->sequence + 1)
		status = STATUS_INVALID;
	if (status == STATUS_OK)
		*out_record = record;
	return status;
}

/*@ requires \valid(object) && object_ok(object) && \valid_read(record) && record_ok(record);
    requires record->kind == OBJECT_TRANSFER ==> object->transfers < OBJECT_TRANSFERS_MAX;
    requires size == record_size(record) && \valid_read(bytes + (0 .. size - 1));
    requires \separated(object, record, bytes + (0 .. size - 1));
    assigns *object;
    ensures object_ok(object); */
static void advance(struct object *object, const struct object_record *record, const uint8_t *bytes, size_t size)
{
	object->sequence = record->sequence;
	object->birth.entry_count = record->entry_count;
	/*@ loop invariant 0 <= i <= OBJECT_ENTRIES_MAX;
	    loop assigns i, object->birth.entries[0 .. OBJECT_ENTRIES_MAX - 1];
	    loop variant OBJECT_ENTRIES_MAX - i; */
	for (uint32_t i = 0; i < OBJECT_ENTRIES_MAX; i++)
		object->birth.entries[i] = record->entries[i];
	//@ assert object_ok(object);
	if (record->kind != OBJECT_TRANSFER)
		return;
	object->owner = record->owner;
	object->transfers++;
	object->anchor_size += (uint32_t)size;
	//@ assert object_ok(object);
	object_record_digest(bytes, size, object->previous);
}

size_t object_history_add(struct object *object, const struct object_record *record, const uint8_t *bytes,
                          size_t size, uint8_t history[OBJECT_HISTORY_MAX])
{
	const size_t at = object->anchor_size;
	bytes_put(history + at, bytes, size);
	advance(object, record, bytes, size);
	return at + size;
}

/* A birth of this size and digest as it stands, its signature aside. */
/*@ requires \valid_read(birth) && record_ok(birth) && \valid(out_object);
    requires size == record_size(birth) && \valid_read(digest + (0 .. HASH_SIZE - 1));
    requires \separated(out_object, birth, digest + (0 .. HASH_SIZE - 1));
    assigns *out_object;
    ensures \result == STATUS_OK ==> object_ok(out_object); */
static status_t birth_load(const struct object_record *birth, size_t size, const uint8_t digest[HASH_SIZE],
                           struct object *out_object)
{
	if (birth->kind != OBJECT_BIRTH)
		return STATUS_INVALID;
	if (!signed_by(birth, &birth->id.author))
		return STATUS_BAD_SIGNATURE;
	//@ assert \let all = *birth; all.kind == birth->kind && all.entry_count == birth->entry_count;
	*out_object = (struct object){ .birth = *birth, .owner = birth->owner, .anchor_size = (uint32_t)size };
	/*@ assert \let all = out_object->birth; all.kind == out_object->birth.kind &&
	      all.entry_count == out_object->birth.entry_count; */
	bytes_put(out_object->previous, digest, HASH_SIZE);
	return STATUS_OK;
}

status_t object_born(const uint8_t *bytes, size_t size, struct object *out_object)
{
	uint8_t digest[HASH_SIZE];
	struct object_record birth;
	const status_t status = record_check(bytes, size, &birth, digest);

	return status == STATUS_OK ? birth_load(&birth, size, digest, out_object) : status;
}

/* An access record is the last of all: an older one would have been replaced. */
/*@ requires \valid(object) && object_ok(object) && \valid_read(record) && record_ok(record);
    requires size == record_size(record) && \valid_read(bytes + (0 .. size - 1));
    requires \separated(object, record, bytes + (0 .. size - 1));
    assigns *object;
    ensures \result == STATUS_OK ==> object_ok(object); */
static status_t add_stored(struct object *object, const struct object_record *record, const uint8_t *bytes,
                           size_t size, bool is_last)
{
	const status_t status = place_check(object, record);

	if (status != STATUS_OK)
		return status;
	if (record->kind == OBJECT_DELETE || (record->kind == OBJECT_ACCESS && !is_last))
		return STATUS_INVALID;
	advance(object, record, bytes, size);
	return STATUS_OK;
}

/* The first record of `rest` bytes of history, of which as much as a record can take is at `bytes`. */
/*@ requires bytes_in(bytes, rest < OBJECT_RECORD_MAX ? rest : OBJECT_RECORD_MAX) && \valid(out_record) && \valid(out_size);
    requires \separated(out_record, out_size, bytes + (0 .. (rest < OBJECT_RECORD_MAX ? rest : OBJECT_RECORD_MAX) - 1));
    assigns *out_record, *out_size;
    ensures \result == STATUS_OK ==> record_ok(out_record) && *out_size == record_size(out_record) && *out_size <= rest; */
static status_t next_read(const uint8_t *bytes, size_t rest, bool verify, struct object_record *out_record, size_t *out_size)
{
	uint8_t digest[HASH_SIZE];
	const status_t status =
		object_record_decode(bytes, rest < OBJECT_RECORD_MAX ? rest : OBJECT_RECORD_MAX, out_record, out_size);

	return status == STATUS_OK && verify ? record_check(bytes, *out_size, out_record, digest) : status;
}

/*@ requires bytes_in(bytes, rest < OBJECT_RECORD_MAX ? rest : OBJECT_RECORD_MAX);
    requires \valid(object) && (object->anchor_size == 0 || object_ok(object)) && \valid(out_size);
    requires \separated(object, out_size, bytes + (0 .. (rest < OBJECT_RECORD_MAX ? rest : OBJECT_RECORD_MAX) - 1));
    assigns *object, *out_size;
    ensures \result == STATUS_OK ==> object_ok(object) && 0 < *out_size <= rest; */
static status_t add_next(struct object *object, const uint8_t *bytes, size_t rest, bool verify, size_t *out_size)
{
	uint8_t digest[HASH_SIZE];
	struct object_record record;
	const status_t status = next_read(bytes, rest, verify, &record, out_size);

	if (status != STATUS_OK)
		return status;
	if (object->anchor_size != 0)
		return add_stored(object, &record, bytes, *out_size, *out_size == rest);
	object_record_digest(bytes, *out_size, digest);
	return birth_load(&record, *out_size, digest, object);
}

/*@ requires bytes_in(history, length) && \valid(object) && \separated(object, history + (0 .. length - 1));
    assigns *object;
    ensures \result == STATUS_OK ==> object_ok(object); */
static status_t read_all(const uint8_t *history, size_t length, bool verify, struct object *object)
{
	status_t status = STATUS_INVALID; /* no record at all */
	size_t size;

	object->anchor_size = 0;
	/*@ loop invariant 0 <= at <= length;
	    loop invariant at == 0 ? object->anchor_size == 0 && status != STATUS_OK : object_ok(object);
	    loop assigns at, size, status, *object;
	    loop variant length - at; */
	for (size_t at = 0; at < length; at += size) {
		status = add_next(object, history + at, length - at, verify, &size);
		if (status != STATUS_OK)
			break;
	}
	return status;
}

status_t object_replay(const uint8_t *history, size_t length, struct object *out_object)
{
	return read_all(history, length, true, out_object);
}

status_t object_replay_next(struct object *object, const uint8_t *bytes, size_t rest, size_t *out_size)
{
	return add_next(object, bytes, rest, true, out_size);
}

status_t object_recall(const uint8_t *history, size_t length, struct object *out_object)
{
	return read_all(history, length, false, out_object);
}

/*@ requires \valid_read(entry) && \valid_read(reader);
    assigns \nothing; */
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
	/*@ loop invariant 0 <= i <= reader_count;
	    loop assigns i;
	    loop variant reader_count - i; */
	for (size_t i = 0; i < reader_count; i++) {
		if (aid_equal(&readers[i], &object->owner))
			return true;
		/*@ loop invariant 0 <= entry <= object->birth.entry_count;
		    loop assigns entry;
		    loop variant object->birth.entry_count - entry; */
		for (uint32_t entry = 0; entry < object->birth.entry_count; entry++) {
			if (entry_gives(&object->birth.entries[entry], &readers[i], rights, time_ns))
				return true;
		}
	}
	return false;
}
