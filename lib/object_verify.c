/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Is everything true? One walk over all keys, each judged by its letter, each
 * value by what it claims to be. References are counted without memory: the sum
 * of all digests referred to must be the sum of all digests kept, each as often
 * as its count says; digests are BLAKE3's, so sums that agree by chance do not
 * happen. The same for lists and who has them, by number.
 */
#include "object_priv.h"
#include <lib/bytes.h>
#include <lib/format.h>
#include <lib/identity.h>
#include <lib/string.h>

static void sum_add(struct object_sum *sum, const uint8_t digest[HASH_SIZE], uint64_t times)
{
	for (size_t i = 0; i < OBJECT_SUM_WORDS; i++)
		sum->words[i] += times * bytes_le64(digest + 8 * i);
	sum->count += times;
}

static bool sum_equal(const struct object_sum *a, const struct object_sum *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* Lists are numbers: their digests are summed. */
static void list_add(struct object_sum *sum, uint64_t list)
{
	uint8_t number[8], digest[HASH_SIZE];

	bytes_put_le64(number, list);
	hash_bytes(number, sizeof number, digest);
	sum_add(sum, digest, 1);
}

static void tell(struct object_check *check, const char *what, const uint8_t *digest, const char *problem)
{
	char hex[2 * 8 + 1], text[128];

	hex_of_bytes(digest, 8, hex);
	(void)format(text, sizeof text, "%s %s: %s", what, hex, problem);
	check->report(check->context, text);
	check->problems++;
}

/* ---- one object ---- */
/* One part of the content that is being read; the rest are for the next steps. */
static void content_step(struct object_check *check)
{
	size_t size;
	const status_t status = object_read(check->store, &check->reader, check->part_next++, check->part, &size);

	if (status == STATUS_OK)
		return;
	tell(check, "object", check->reader.hash,
	     status == STATUS_NOT_FOUND ? "content or a part of it is missing" : "content does not match its address");
	check->part_next = check->parts;
}

static void index_check(struct object_check *check, const struct object *object)
{
	uint8_t key[KEY_OWNED];
	const uint8_t *value;
	size_t size;

	if (volume_look(check->store->volume, key, object_key_owned(key, &object->owner, &object->birth.id), &value,
	                &size) != STATUS_OK ||
	    size != 0)
		tell(check, "object", object->birth.id.hash, "is not in its owner's index");
}

static const char *history_fault(status_t status)
{
	if (status == STATUS_BAD_SIGNATURE)
		return "a signature in its history does not verify";
	if (status == STATUS_DENIED)
		return "a record in its history is not its owner's";
	return "its history is broken";
}

static void judge_object(struct object_check *check, const struct object_id *id)
{
	struct object object;
	const uint8_t *history;
	size_t size;
	status_t status = object_history(check->store, id, &history, &size);

	if (status != STATUS_OK) {
		tell(check, "object", id->hash, status == STATUS_NOT_FOUND ? "is missing" : "its history cannot be read");
		return;
	}
	status = object_replay(history, size, &object);
	if (status != STATUS_OK) {
		tell(check, "object", id->hash, history_fault(status));
		return;
	}
	if (!object_id_equal(&object.birth.id, id)) {
		tell(check, "object", id->hash, "its history is another object's");
		return;
	}
	if (object.birth.size <= OBJECT_PART_SIZE)
		sum_add(&check->referred, id->hash, 1);
	index_check(check, &object);
	object_reader_begin(&check->reader, &object);
	check->parts = object_parts(object.birth.size);
	check->part_next = 0;
}

/* ---- each kind of key; the value's size is known ---- */
static void check_object(struct object_check *check, const uint8_t *key, size_t size)
{
	struct object_id id;

	if (size != KEY_OBJECT) {
		tell(check, "key", key, "is no object's");
		return;
	}
	memcpy(id.hash, key + 1, HASH_SIZE);
	memcpy(id.author.bytes, key + KEY_DIGEST, AID_SIZE);
	judge_object(check, &id);
}

static void check_owned(struct object_check *check, const uint8_t *key, size_t size)
{
	struct object_id id;
	struct object object;

	if (size != KEY_OWNED) {
		tell(check, "key", key, "is no owner's");
		return;
	}
	memcpy(id.hash, key + 1 + AID_SIZE, HASH_SIZE);
	memcpy(id.author.bytes, key + 1 + AID_SIZE + HASH_SIZE, AID_SIZE);
	if (object_find(check->store, &id, &object) != STATUS_OK ||
	    memcmp(object.owner.bytes, key + 1, AID_SIZE) != 0)
		tell(check, "object", id.hash, "is in the index of someone who does not own it");
}

static void check_part(struct object_check *check, const uint8_t *key, size_t size)
{
	uint8_t digest[HASH_SIZE];
	uint64_t count;
	size_t bytes;

	if (size != KEY_DIGEST ||
	    volume_get(check->store->volume, key, size, check->part, OBJECT_PART_SIZE, &bytes) != STATUS_OK) {
		tell(check, "part", key + 1, "cannot be read");
		return;
	}
	hash_bytes(check->part, bytes, digest);
	if (!hash_equal(digest, key + 1))
		tell(check, "part", key + 1, "does not match its digest");
	if (object_references(check->store, key + 1, &count) == STATUS_OK)
		sum_add(&check->kept, key + 1, count);
	else
		tell(check, "part", key + 1, "its count of references cannot be read");
}

static void check_references(struct object_check *check, const uint8_t *key, size_t size)
{
	uint64_t count;

	if (size != KEY_DIGEST || object_references(check->store, key + 1, &count) != STATUS_OK)
		tell(check, "part", key + 1, "is counted, but missing or counted wrongly");
}

static void check_content(struct object_check *check, const uint8_t *key, size_t size)
{
	uint8_t first[VOLUME_KEY_MAX];
	struct object_content content;
	size_t first_size, value_bytes;

	if (size != KEY_DIGEST || object_content_find(check->store, key + 1, &content) != STATUS_OK) {
		tell(check, "content", key + 1, "cannot be read");
		return;
	}
	list_add(&check->list_users, content.list);
	memcpy(first, key, size);
	first[0] = 'O';
	if (object_key_next(check->store, first, size, size, true, first, &first_size, &value_bytes) != STATUS_OK)
		tell(check, "content", key + 1, "is no object's");
}

/* The first page stands for its list; one that is given back has lost it, and is nobody's. */
static void check_page(struct object_check *check, const uint8_t *key, size_t size)
{
	const uint8_t *value;
	uint8_t user[KEY_LIST];
	uint64_t state;
	size_t bytes;

	if (size != KEY_PAGE || volume_look(check->store->volume, key, size, &value, &bytes) != STATUS_OK || bytes == 0 ||
	    bytes > OBJECT_PAGE_SIZE || bytes % ENTRY_SIZE != 0) {
		tell(check, "list", key + 1, "a page cannot be read");
		return;
	}
	for (size_t at = 0; at < bytes; at += ENTRY_SIZE)
		sum_add(&check->referred, value + at, 1);
	const uint64_t list = bytes_be64(key + 1);
	if (bytes_be32(key + 9) == 0 &&
	    object_numbers_get(check->store, user, object_key_list(user, list), &state, 1) == STATUS_NOT_FOUND)
		list_add(&check->lists, list);
}

static void check_upload(struct object_check *check, const uint8_t *key, size_t size)
{
	uint64_t state;

	if (size != KEY_LIST || object_numbers_get(check->store, key, size, &state, 1) != STATUS_OK || state > 1)
		tell(check, "list", key + 1, "its state cannot be read");
}

/* A name's owner and text, out of a key of at least this form. */
static bool name_split(const uint8_t *key, size_t size, size_t tail, struct aid *out_owner, char out_name[OBJECT_NAME_MAX])
{
	if (size < 1 + AID_SIZE + tail + 1 || size - 1 - AID_SIZE - tail >= OBJECT_NAME_MAX)
		return false;
	memset(out_name, 0, OBJECT_NAME_MAX);
	memcpy(out_owner->bytes, key + 1, AID_SIZE);
	memcpy(out_name, key + 1 + AID_SIZE, size - 1 - AID_SIZE - tail);
	return object_name_valid(out_name);
}

static void check_name(struct object_check *check, const uint8_t *key, size_t size)
{
	struct object_name newest, after;
	struct aid owner;
	char name[OBJECT_NAME_MAX];

	if (!name_split(key, size, 0, &owner, name) ||
	    object_name_get(check->store, &owner, name, 0, &newest) != STATUS_OK)
		tell(check, "name of", key + 1, "its newest record is missing or does not verify");
	else if (object_name_get(check->store, &owner, name, newest.sequence + 1, &after) != STATUS_NOT_FOUND)
		tell(check, "name of", key + 1, "it has records after its newest");
}

static void check_name_record(struct object_check *check, const uint8_t *key, size_t size)
{
	struct object_name record, before, newest;
	struct aid owner;
	char name[OBJECT_NAME_MAX];
	const uint64_t sequence = size >= 8 ? bytes_be64(key + size - 8) : 0;

	if (sequence == 0 || !name_split(key, size, 9, &owner, name) || key[size - 9] != 0 ||
	    object_name_get(check->store, &owner, name, sequence, &record) != STATUS_OK ||
	    object_name_get(check->store, &owner, name, 0, &newest) != STATUS_OK || newest.sequence < sequence) {
		tell(check, "name of", key + 1, "a record does not verify");
		return;
	}
	if (sequence > 1 && object_name_get(check->store, &owner, name, sequence - 1, &before) != STATUS_OK)
		tell(check, "name of", key + 1, "a record is missing");
	else if (object_name_follows(sequence > 1 ? check->store->name : NULL, &record) != STATUS_OK)
		tell(check, "name of", key + 1, "a record does not follow the one before it");
}

/* What it means is its owner's affair; that it can be read is ours. */
static void check_state(struct object_check *check, const uint8_t *key, size_t size)
{
	const uint8_t *value;
	size_t bytes;

	if (size != 1 + AID_SIZE || volume_look(check->store->volume, key, size, &value, &bytes) != STATUS_OK ||
	    bytes > OBJECT_STATE_MAX)
		tell(check, "state of", key + 1, "cannot be read");
}

static void check_layout(struct object_check *check, const uint8_t *key, size_t size)
{
	uint64_t layout[2];

	if (size != 1 || object_numbers_get(check->store, key, size, layout, 2) != STATUS_OK || layout[0] != OBJECT_LAYOUT_VERSION)
		tell(check, "store", key, "its layout's version cannot be read");
}

static void check_key(struct object_check *check, const uint8_t *key, size_t size)
{
	switch (key[0]) {
	case 'O': check_object(check, key, size); break;
	case 'P': check_owned(check, key, size); break;
	case 'D': check_part(check, key, size); break;
	case 'R': check_references(check, key, size); break;
	case 'C': check_content(check, key, size); break;
	case 'L': check_page(check, key, size); break;
	case 'U': check_upload(check, key, size); break;
	case 'N': check_name(check, key, size); break;
	case 'H': check_name_record(check, key, size); break;
	case 'S': check_state(check, key, size); break;
	case 'V': check_layout(check, key, size); break;
	default: tell(check, "key", key, "is of no known kind");
	}
}

/* ---- steps ---- */
void object_check_begin(struct object_check *check, struct object_store *store, uint8_t part[OBJECT_PART_SIZE],
                        object_report *report, void *context)
{
	memset(check, 0, sizeof *check);
	check->store = store;
	check->part = part;
	check->report = report;
	check->context = context;
	check->key_size = 1; /* before every key there is */
	volume_forget(store->volume); /* what counts is what the disk has now */
}

static void counts_compare(struct object_check *check)
{
	static const uint8_t NOWHERE[HASH_SIZE];

	if (check->changed)
		return;
	if (!sum_equal(&check->referred, &check->kept))
		tell(check, "store", NOWHERE, "counts of references are not what objects and lists refer to");
	if (!sum_equal(&check->list_users, &check->lists))
		tell(check, "store", NOWHERE, "there are lists without content, or contents without list");
}

static void key_step(struct object_check *check)
{
	static const uint8_t NOWHERE[HASH_SIZE];
	size_t value_bytes;
	const status_t status = object_key_next(check->store, check->key, check->key_size, 0, check->keys == 0, check->key,
	                                        &check->key_size, &value_bytes);

	if (status == STATUS_OK) {
		memset(check->key + check->key_size, 0, VOLUME_KEY_MAX - check->key_size);
		check->keys++;
		check_key(check, check->key, check->key_size);
		return;
	}
	if (status != STATUS_NOT_FOUND)
		tell(check, "store", NOWHERE, "its keys cannot all be read");
	counts_compare(check);
	check->finished = true;
}

void object_check_step(struct object_check *check)
{
	if (check->part_next < check->parts)
		content_step(check);
	else if (!check->finished)
		key_step(check);
}

status_t object_verify(struct object_store *store, const struct object_id *id, uint8_t part[OBJECT_PART_SIZE],
                       object_report *report, void *context)
{
	struct object_check check;

	object_check_begin(&check, store, part, report, context);
	judge_object(&check, id);
	while (check.part_next < check.parts)
		content_step(&check);
	return check.problems == 0 ? STATUS_OK : STATUS_DAMAGED;
}

status_t object_verify_all(struct object_store *store, uint8_t part[OBJECT_PART_SIZE], object_report *report,
                           void *context)
{
	struct object_check check;

	object_check_begin(&check, store, part, report, context);
	while (!check.finished)
		object_check_step(&check);
	return check.problems == 0 ? STATUS_OK : STATUS_DAMAGED;
}
