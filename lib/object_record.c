/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One record, to bytes and back. Decoding is strict by construction: what was
 * decoded is encoded again, and must be the same bytes, so there is one list of
 * fields and no second encoding of anything.
 */
#include <abi/module.h>
#include <lib/identity.h>
#include <lib/object_record.h>

/* Offsets; docs/protocols/object.md. */
#define AT_VERSION 0u
#define AT_KIND 1u
#define AT_ALGORITHM 2u
#define AT_ENTRY_COUNT 3u
#define AT_SEQUENCE 8u
#define AT_TIME 16u
#define AT_SIZE 24u
#define AT_HASH 32u
#define AT_AUTHOR 64u
#define AT_KEY 96u
#define AT_OWNER 128u
#define AT_PREVIOUS 160u
#define AT_PARENT_HASH 192u
#define AT_PARENT_AUTHOR 224u
#define AT_TYPE 256u
#define ENTRY_RIGHTS 32u
#define ENTRY_EXPIRY 40u

_Static_assert(AT_TYPE + OBJECT_TYPE_MAX == OBJECT_RECORD_FIXED, "the fields fill the fixed part");

const struct aid OBJECT_EVERYONE = { { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
	                               255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 } };

bool object_id_equal(const struct object_id *a, const struct object_id *b)
{
	return hash_equal(a->hash, b->hash) && aid_equal(&a->author, &b->author);
}

/*@ requires \valid_read(bytes + (0 .. length - 1));
    assigns \nothing; */
static bool all_zero(const uint8_t *bytes, size_t length)
{
	uint8_t any = 0;

	/*@ loop invariant 0 <= i <= length;
	    loop assigns i, any;
	    loop variant length - i; */
	for (size_t i = 0; i < length; i++)
		any |= bytes[i];
	return any == 0;
}

/* Zero from there on. */
/*@ requires \valid_read(type + (0 .. OBJECT_TYPE_MAX - 1));
    assigns \nothing; */
static bool type_ends(const char type[OBJECT_TYPE_MAX], size_t at)
{
	/*@ loop assigns at;
	    loop variant OBJECT_TYPE_MAX - at; */
	while (at < OBJECT_TYPE_MAX && type[at] == '\0')
		at++;
	return at == OBJECT_TYPE_MAX;
}

/* Printable up to the first NUL, and zero after it. */
/*@ requires \valid_read(type + (0 .. OBJECT_TYPE_MAX - 1));
    assigns \nothing; */
static bool type_valid(const char type[OBJECT_TYPE_MAX])
{
	size_t length = 0;

	/*@ loop assigns length;
	    loop variant OBJECT_TYPE_MAX - length; */
	while (length < OBJECT_TYPE_MAX && type[length] > ' ' && type[length] <= '~')
		length++;
	return length < OBJECT_TYPE_MAX && type_ends(type, length);
}

/*@ requires \valid_read(record);
    assigns \nothing;
    ensures \result ==> record->entry_count <= OBJECT_ENTRIES_MAX; */
static bool entries_valid(const struct object_record *record)
{
	if (record->entry_count > OBJECT_ENTRIES_MAX)
		return false;
	/*@ loop invariant 0 <= i <= record->entry_count;
	    loop assigns i;
	    loop variant record->entry_count - i; */
	for (uint32_t i = 0; i < record->entry_count; i++) {
		const struct object_entry *entry = &record->entries[i];

		if (entry->rights == 0 || (entry->rights & ~OBJECT_RIGHTS) != 0 || aid_is_anonymous(&entry->reader))
			return false;
		if (i > 0 && bytes_compare(record->entries[i - 1].reader.bytes, entry->reader.bytes, AID_SIZE) >= 0)
			return false;
	}
	return true;
}

/* Of an object at its birth, and of no record after it. */
/*@ requires \valid_read(record);
    assigns \nothing; */
static bool birth_fields_valid(const struct object_record *record)
{
	if (record->kind == OBJECT_BIRTH)
		return record->sequence == 0 && all_zero(record->previous, HASH_SIZE) && type_valid(record->type);
	return record->sequence != 0 && record->size == 0 && type_ends(record->type, 0) &&
	       all_zero(record->parent.hash, HASH_SIZE) && all_zero(record->parent.author.bytes, AID_SIZE);
}

/*@ requires \valid_read(record);
    assigns \nothing;
    ensures \result ==> record_ok(record); */
static bool record_valid(const struct object_record *record)
{
	const bool has_list = record->kind == OBJECT_BIRTH || record->kind == OBJECT_ACCESS;

	return record->kind >= OBJECT_BIRTH && record->kind <= OBJECT_DELETE && birth_fields_valid(record) &&
	       (has_list || record->entry_count == 0) && entries_valid(record) &&
	       !aid_is_anonymous(&record->owner) && !aid_equal(&record->owner, &OBJECT_EVERYONE);
}

/*@ requires \valid_read(entry) && \valid(out_bytes + (0 .. OBJECT_ENTRY_SIZE - 1));
    requires \separated(entry, out_bytes + (0 .. OBJECT_ENTRY_SIZE - 1));
    assigns out_bytes[0 .. OBJECT_ENTRY_SIZE - 1]; */
static void entry_store(const struct object_entry *entry, uint8_t *out_bytes)
{
	bytes_clear(out_bytes, OBJECT_ENTRY_SIZE);
	bytes_put(out_bytes, entry->reader.bytes, AID_SIZE);
	bytes_put_le32(out_bytes + ENTRY_RIGHTS, entry->rights);
	bytes_put_le64(out_bytes + ENTRY_EXPIRY, entry->expiry_ns);
}

/*@ requires \valid_read(record) && \valid(out_bytes + (0 .. OBJECT_RECORD_FIXED - 1));
    requires \separated(record, out_bytes + (0 .. OBJECT_RECORD_FIXED - 1));
    assigns out_bytes[0 .. OBJECT_RECORD_FIXED - 1]; */
static void fixed_store(const struct object_record *record, uint8_t *out_bytes)
{
	bytes_clear(out_bytes, OBJECT_RECORD_FIXED);
	out_bytes[AT_VERSION] = OBJECT_RECORD_VERSION;
	out_bytes[AT_KIND] = (uint8_t)record->kind;
	out_bytes[AT_ALGORITHM] = OBJECT_ALGORITHM;
	out_bytes[AT_ENTRY_COUNT] = (uint8_t)record->entry_count;
	bytes_put(out_bytes + AT_HASH, record->id.hash, HASH_SIZE);
	bytes_put(out_bytes + AT_AUTHOR, record->id.author.bytes, AID_SIZE);
	bytes_put(out_bytes + AT_KEY, record->key, SIGNATURE_KEY_SIZE);
	bytes_put(out_bytes + AT_OWNER, record->owner.bytes, AID_SIZE);
	bytes_put(out_bytes + AT_PREVIOUS, record->previous, HASH_SIZE);
	bytes_put(out_bytes + AT_PARENT_HASH, record->parent.hash, HASH_SIZE);
	bytes_put(out_bytes + AT_PARENT_AUTHOR, record->parent.author.bytes, AID_SIZE);
	bytes_put_text(out_bytes + AT_TYPE, record->type, OBJECT_TYPE_MAX);
	bytes_put_le64(out_bytes + AT_SEQUENCE, record->sequence);
	bytes_put_le64(out_bytes + AT_TIME, record->time_ns);
	bytes_put_le64(out_bytes + AT_SIZE, record->size);
}

/* All of it but the signature; returns its size, 0 if it breaks a rule. */
/*@ requires \valid_read(record) && \valid(out_bytes + (0 .. OBJECT_RECORD_MAX - 1));
    requires \separated(record, out_bytes + (0 .. OBJECT_RECORD_MAX - 1));
    assigns out_bytes[0 .. OBJECT_RECORD_MAX - 1];
    ensures \result != 0 ==> record_ok(record) && \result == record_size(record) - SIGNATURE_SIZE; */
static size_t record_store(const struct object_record *record, uint8_t out_bytes[OBJECT_RECORD_MAX])
{
	size_t size = OBJECT_RECORD_FIXED;

	if (!record_valid(record))
		return 0;
	fixed_store(record, out_bytes);
	/*@ loop invariant 0 <= i <= record->entry_count && size == OBJECT_RECORD_FIXED + i * OBJECT_ENTRY_SIZE;
	    loop assigns i, size, out_bytes[0 .. OBJECT_RECORD_MAX - 1];
	    loop variant record->entry_count - i; */
	for (uint32_t i = 0; i < record->entry_count; i++, size += OBJECT_ENTRY_SIZE)
		entry_store(&record->entries[i], out_bytes + size);
	return size;
}

size_t object_record_encode(const struct object_record *record, uint8_t out_bytes[OBJECT_RECORD_MAX],
                            uint8_t out_digest[HASH_SIZE])
{
	const size_t size = record_store(record, out_bytes);

	if (size != 0)
		hash_bytes(out_bytes, size, out_digest);
	return size;
}

/*@ requires \valid_read(bytes + (0 .. OBJECT_ENTRY_SIZE - 1)) && \valid(out_entry);
    requires \separated(out_entry, bytes + (0 .. OBJECT_ENTRY_SIZE - 1));
    assigns *out_entry; */
static void entry_load(const uint8_t *bytes, struct object_entry *out_entry)
{
	bytes_put(out_entry->reader.bytes, bytes, AID_SIZE);
	out_entry->rights = bytes_le32(bytes + ENTRY_RIGHTS);
	out_entry->expiry_ns = bytes_le64(bytes + ENTRY_EXPIRY);
}

/*@ requires \valid_read(bytes + (0 .. OBJECT_RECORD_FIXED - 1)) && \valid(out_record);
    requires \separated(out_record, bytes + (0 .. OBJECT_RECORD_FIXED - 1));
    assigns *out_record;
    ensures out_record->entry_count == bytes[AT_ENTRY_COUNT]; */
static void fixed_load(const uint8_t *bytes, struct object_record *out_record)
{
	*out_record = (struct object_record){ .kind = (enum object_record_kind)bytes[AT_KIND] };
	bytes_put(out_record->id.hash, bytes + AT_HASH, HASH_SIZE);
	bytes_put(out_record->id.author.bytes, bytes + AT_AUTHOR, AID_SIZE);
	bytes_put(out_record->key, bytes + AT_KEY, SIGNATURE_KEY_SIZE);
	bytes_put(out_record->owner.bytes, bytes + AT_OWNER, AID_SIZE);
	bytes_put(out_record->previous, bytes + AT_PREVIOUS, HASH_SIZE);
	bytes_put(out_record->parent.hash, bytes + AT_PARENT_HASH, HASH_SIZE);
	bytes_put(out_record->parent.author.bytes, bytes + AT_PARENT_AUTHOR, AID_SIZE);
	bytes_get_text(out_record->type, bytes + AT_TYPE, OBJECT_TYPE_MAX);
	out_record->sequence = bytes_le64(bytes + AT_SEQUENCE);
	out_record->time_ns = bytes_le64(bytes + AT_TIME);
	out_record->size = bytes_le64(bytes + AT_SIZE);
	out_record->entry_count = bytes[AT_ENTRY_COUNT];
}

/* Reserved bytes and all rules at once: encoding it again gives the same bytes. */
/*@ requires \valid_read(record) && OBJECT_RECORD_FIXED <= signed_size <= OBJECT_RECORD_MAX && \valid_read(bytes + (0 .. signed_size - 1));
    assigns \nothing;
    ensures \result ==> record_ok(record) && signed_size == record_size(record) - SIGNATURE_SIZE; */
static bool is_canonical(const struct object_record *record, const uint8_t *bytes, size_t signed_size)
{
	uint8_t again[OBJECT_RECORD_MAX];

	return record_store(record, again) == signed_size && bytes_compare(again, bytes, signed_size) == 0;
}

status_t object_record_decode(const uint8_t *bytes, size_t length, struct object_record *out_record, size_t *out_size)
{
	if (!bytes_fit(length, 0, OBJECT_RECORD_FIXED + SIGNATURE_SIZE))
		return STATUS_INVALID;
	if (bytes[AT_VERSION] != OBJECT_RECORD_VERSION || bytes[AT_ALGORITHM] != OBJECT_ALGORITHM)
		return STATUS_UNKNOWN_FORMAT;
	const uint32_t count = bytes[AT_ENTRY_COUNT];
	const size_t signed_size = OBJECT_RECORD_FIXED + count * OBJECT_ENTRY_SIZE;
	if (count > OBJECT_ENTRIES_MAX || !bytes_fit(length, signed_size, SIGNATURE_SIZE))
		return STATUS_INVALID;
	struct object_record record;
	fixed_load(bytes, &record);
	/*@ loop invariant 0 <= i <= count;
	    loop assigns i, record.entries[0 .. OBJECT_ENTRIES_MAX - 1];
	    loop variant count - i; */
	for (uint32_t i = 0; i < count; i++)
		entry_load(bytes + OBJECT_RECORD_FIXED + i * OBJECT_ENTRY_SIZE, &record.entries[i]);
	if (!is_canonical(&record, bytes, signed_size))
		return STATUS_INVALID;
	//@ assert \let all = record; all.kind == record.kind && all.entry_count == record.entry_count;
	*out_record = record;
	//@ assert \let all = *out_record; all.kind == out_record->kind && all.entry_count == out_record->entry_count;
	*out_size = signed_size + SIGNATURE_SIZE;
	return STATUS_OK;
}

void object_record_digest(const uint8_t *bytes, size_t size, uint8_t out_digest[HASH_SIZE])
{
	hash_bytes(bytes, size - SIGNATURE_SIZE, out_digest);
}
