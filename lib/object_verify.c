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

#define SUM_WORDS 4u

struct sum {
	uint64_t words[SUM_WORDS]; /* of digests, each modulo 2^64 */
	uint64_t count;
};

struct walk {
	struct object_store *store;
	uint8_t *part;
	object_report *report;
	void *context;
	bool wrong;
	struct sum referred, kept;
	struct sum list_users, lists;
};

static void sum_add(struct sum *sum, const uint8_t digest[HASH_SIZE], uint64_t times)
{
	for (size_t i = 0; i < SUM_WORDS; i++)
		sum->words[i] += times * bytes_le64(digest + 8 * i);
	sum->count += times;
}

static bool sum_equal(const struct sum *a, const struct sum *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* Lists are numbers: their digests are summed. */
static void list_add(struct sum *sum, uint64_t list)
{
	uint8_t number[8], digest[HASH_SIZE];

	bytes_put_le64(number, list);
	hash_bytes(number, sizeof number, digest);
	sum_add(sum, digest, 1);
}

static void tell(struct walk *walk, const char *what, const uint8_t *digest, const char *problem)
{
	char hex[2 * 8 + 1], text[128];

	hex_of_bytes(digest, 8, hex);
	(void)format(text, sizeof text, "%s %s: %s", what, hex, problem);
	walk->report(walk->context, text);
	walk->wrong = true;
}

/* ---- one object ---- */
static void content_check(struct walk *walk, const struct object *object)
{
	const uint64_t parts = object_parts(object->birth.size);
	struct object_reader reader;

	object_reader_begin(&reader, object);
	for (uint64_t index = 0; index < parts; index++) {
		size_t size;
		const status_t status = object_read(walk->store, &reader, index, walk->part, &size);

		if (status == STATUS_OK)
			continue;
		tell(walk, "object", object->birth.id.hash,
		     status == STATUS_NOT_FOUND ? "content or a part of it is missing" :
		                                  "content does not match its address");
		return;
	}
}

static void index_check(struct walk *walk, const struct object *object)
{
	uint8_t key[KEY_OWNED];
	const uint8_t *value;
	size_t size;

	if (volume_look(walk->store->volume, key, object_key_owned(key, &object->owner, &object->birth.id), &value,
	                &size) != STATUS_OK ||
	    size != 0)
		tell(walk, "object", object->birth.id.hash, "is not in its owner's index");
}

static const char *history_fault(status_t status)
{
	if (status == STATUS_BAD_SIGNATURE)
		return "a signature in its history does not verify";
	if (status == STATUS_DENIED)
		return "a record in its history is not its owner's";
	return "its history is broken";
}

static void object_check(struct walk *walk, const struct object_id *id)
{
	struct object object;
	const uint8_t *history;
	size_t size;
	status_t status = object_history(walk->store, id, &history, &size);

	if (status != STATUS_OK) {
		tell(walk, "object", id->hash, status == STATUS_NOT_FOUND ? "is missing" : "its history cannot be read");
		return;
	}
	status = object_replay(history, size, &object);
	if (status != STATUS_OK) {
		tell(walk, "object", id->hash, history_fault(status));
		return;
	}
	if (!object_id_equal(&object.birth.id, id)) {
		tell(walk, "object", id->hash, "its history is another object's");
		return;
	}
	if (object.birth.size <= OBJECT_PART_SIZE)
		sum_add(&walk->referred, id->hash, 1);
	index_check(walk, &object);
	content_check(walk, &object);
}

/* ---- each kind of key; the value's size is known ---- */
static void check_object(struct walk *walk, const uint8_t *key, size_t size)
{
	struct object_id id;

	if (size != KEY_OBJECT) {
		tell(walk, "key", key, "is no object's");
		return;
	}
	memcpy(id.hash, key + 1, HASH_SIZE);
	memcpy(id.author.bytes, key + KEY_DIGEST, AID_SIZE);
	object_check(walk, &id);
}

static void check_owned(struct walk *walk, const uint8_t *key, size_t size)
{
	struct object_id id;
	struct object object;

	if (size != KEY_OWNED) {
		tell(walk, "key", key, "is no owner's");
		return;
	}
	memcpy(id.hash, key + 1 + AID_SIZE, HASH_SIZE);
	memcpy(id.author.bytes, key + 1 + AID_SIZE + HASH_SIZE, AID_SIZE);
	if (object_find(walk->store, &id, &object) != STATUS_OK ||
	    memcmp(object.owner.bytes, key + 1, AID_SIZE) != 0)
		tell(walk, "object", id.hash, "is in the index of someone who does not own it");
}

static void check_part(struct walk *walk, const uint8_t *key, size_t size)
{
	uint8_t digest[HASH_SIZE];
	uint64_t count;
	size_t bytes;

	if (size != KEY_DIGEST ||
	    volume_get(walk->store->volume, key, size, walk->part, OBJECT_PART_SIZE, &bytes) != STATUS_OK) {
		tell(walk, "part", key + 1, "cannot be read");
		return;
	}
	hash_bytes(walk->part, bytes, digest);
	if (!hash_equal(digest, key + 1))
		tell(walk, "part", key + 1, "does not match its digest");
	if (object_references(walk->store, key + 1, &count) == STATUS_OK)
		sum_add(&walk->kept, key + 1, count);
	else
		tell(walk, "part", key + 1, "its count of references cannot be read");
}

static void check_references(struct walk *walk, const uint8_t *key, size_t size)
{
	uint64_t count;

	if (size != KEY_DIGEST || object_references(walk->store, key + 1, &count) != STATUS_OK)
		tell(walk, "part", key + 1, "is counted, but missing or counted wrongly");
}

static void check_content(struct walk *walk, const uint8_t *key, size_t size)
{
	uint8_t first[VOLUME_KEY_MAX];
	struct object_content content;
	size_t first_size, value_bytes;

	if (size != KEY_DIGEST || object_content_find(walk->store, key + 1, &content) != STATUS_OK) {
		tell(walk, "content", key + 1, "cannot be read");
		return;
	}
	list_add(&walk->list_users, content.list);
	memcpy(first, key, size);
	first[0] = 'O';
	if (object_key_next(walk->store, first, size, size, true, first, &first_size, &value_bytes) != STATUS_OK)
		tell(walk, "content", key + 1, "is no object's");
}

/* The first page stands for its list; one that is given back has lost it, and is nobody's. */
static void check_page(struct walk *walk, const uint8_t *key, size_t size)
{
	const uint8_t *value;
	uint8_t user[KEY_LIST];
	uint64_t state;
	size_t bytes;

	if (size != KEY_PAGE || volume_look(walk->store->volume, key, size, &value, &bytes) != STATUS_OK || bytes == 0 ||
	    bytes > OBJECT_PAGE_SIZE || bytes % ENTRY_SIZE != 0) {
		tell(walk, "list", key + 1, "a page cannot be read");
		return;
	}
	for (size_t at = 0; at < bytes; at += ENTRY_SIZE)
		sum_add(&walk->referred, value + at, 1);
	const uint64_t list = bytes_be64(key + 1);
	if (bytes_be32(key + 9) == 0 &&
	    object_numbers_get(walk->store, user, object_key_list(user, list), &state, 1) == STATUS_NOT_FOUND)
		list_add(&walk->lists, list);
}

static void check_upload(struct walk *walk, const uint8_t *key, size_t size)
{
	uint64_t state;

	if (size != KEY_LIST || object_numbers_get(walk->store, key, size, &state, 1) != STATUS_OK || state > 1)
		tell(walk, "list", key + 1, "its state cannot be read");
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

static void check_name(struct walk *walk, const uint8_t *key, size_t size)
{
	struct object_name newest, after;
	struct aid owner;
	char name[OBJECT_NAME_MAX];

	if (!name_split(key, size, 0, &owner, name) ||
	    object_name_get(walk->store, &owner, name, 0, &newest) != STATUS_OK)
		tell(walk, "name of", key + 1, "its newest record is missing or does not verify");
	else if (object_name_get(walk->store, &owner, name, newest.sequence + 1, &after) != STATUS_NOT_FOUND)
		tell(walk, "name of", key + 1, "it has records after its newest");
}

static void check_name_record(struct walk *walk, const uint8_t *key, size_t size)
{
	struct object_name record, before, newest;
	struct aid owner;
	char name[OBJECT_NAME_MAX];
	const uint64_t sequence = size >= 8 ? bytes_be64(key + size - 8) : 0;

	if (sequence == 0 || !name_split(key, size, 9, &owner, name) || key[size - 9] != 0 ||
	    object_name_get(walk->store, &owner, name, sequence, &record) != STATUS_OK ||
	    object_name_get(walk->store, &owner, name, 0, &newest) != STATUS_OK || newest.sequence < sequence) {
		tell(walk, "name of", key + 1, "a record does not verify");
		return;
	}
	if (sequence > 1 && object_name_get(walk->store, &owner, name, sequence - 1, &before) != STATUS_OK)
		tell(walk, "name of", key + 1, "a record is missing");
	else if (object_name_follows(sequence > 1 ? walk->store->name : NULL, &record) != STATUS_OK)
		tell(walk, "name of", key + 1, "a record does not follow the one before it");
}

static void check_key(struct walk *walk, const uint8_t *key, size_t size)
{
	switch (key[0]) {
	case 'O': check_object(walk, key, size); break;
	case 'P': check_owned(walk, key, size); break;
	case 'D': check_part(walk, key, size); break;
	case 'R': check_references(walk, key, size); break;
	case 'C': check_content(walk, key, size); break;
	case 'L': check_page(walk, key, size); break;
	case 'U': check_upload(walk, key, size); break;
	case 'N': check_name(walk, key, size); break;
	case 'H': check_name_record(walk, key, size); break;
	case 'S':
	case 'V': break;
	default: tell(walk, "key", key, "is of no known kind");
	}
}

status_t object_verify(struct object_store *store, const struct object_id *id, uint8_t part[OBJECT_PART_SIZE],
                       object_report *report, void *context)
{
	struct walk walk = { .store = store, .part = part, .report = report, .context = context };

	object_check(&walk, id);
	return walk.wrong ? STATUS_DAMAGED : STATUS_OK;
}

status_t object_verify_all(struct object_store *store, uint8_t part[OBJECT_PART_SIZE], object_report *report,
                           void *context)
{
	static const uint8_t NOWHERE[HASH_SIZE];
	struct walk walk = { .store = store, .part = part, .report = report, .context = context };
	uint8_t key[VOLUME_KEY_MAX] = { 0 };
	size_t size = 1, value_bytes;
	status_t status = volume_next(store->volume, key, size, true, key, &size, &value_bytes);

	while (status == STATUS_OK) {
		if (size < VOLUME_KEY_MAX)
			memset(key + size, 0, VOLUME_KEY_MAX - size);
		check_key(&walk, key, size);
		status = object_key_next(store, key, size, 0, false, key, &size, &value_bytes);
	}
	if (status != STATUS_NOT_FOUND)
		tell(&walk, "store", NOWHERE, "its keys cannot all be read");
	if (!sum_equal(&walk.referred, &walk.kept))
		tell(&walk, "store", NOWHERE, "counts of references are not what objects and lists refer to");
	if (!sum_equal(&walk.list_users, &walk.lists))
		tell(&walk, "store", NOWHERE, "there are lists without content, or contents without list");
	return walk.wrong ? STATUS_DAMAGED : STATUS_OK;
}
