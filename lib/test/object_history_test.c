/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Histories: what one comes to, field by field; what may be added, what may be stored, and whom it lets in. */
#include "person.h"
#include <lib/bytes.h>

static struct person ann, ben, eve;
static uint8_t history[OBJECT_HISTORY_MAX];
static size_t history_size;
static struct object object;

#define PLAIN (OBJECT_RECORD_FIXED + SIGNATURE_SIZE)

static struct object_record birth_of(const struct person *author)
{
	struct object_record record = {.kind = OBJECT_BIRTH, .time_ns = 5, .size = 3, .type = "text/plain"};

	memset(record.id.hash, 0x44, sizeof record.id.hash);
	record.id.author = record.owner = author->aid;
	return record;
}

static struct object_record next(enum object_record_kind kind, const struct person *owner)
{
	struct object_record record = {.kind = kind, .id = object.birth.id, .sequence = object.sequence + 1, .time_ns = 6};

	record.owner = owner->aid;
	memcpy(record.previous, object.previous, HASH_SIZE);
	return record;
}

/* Lets so many in, the last of them ben. */
static struct object_record letting_in(uint32_t count)
{
	struct object_record record = next(OBJECT_ACCESS, &ann);

	record.entry_count = count;
	for (uint32_t i = 0; i < count; i++) {
		record.entries[i] = (struct object_entry){.rights = 1u + i % 3u, .expiry_ns = 1000 + i};
		memset(record.entries[i].reader.bytes, (int)(i + 1), AID_SIZE);
	}
	return record;
}

/* Puts a record behind the history as it is, whatever it says. */
static void store(struct object_record record, const struct person *signer)
{
	history_size += person_signs(signer, &record, history + history_size);
}

static void add(struct object_record record, const struct person *signer)
{
	uint8_t bytes[OBJECT_RECORD_MAX];
	struct object_record out;
	const size_t size = person_signs(signer, &record, bytes);

	assert_int_equal(object_follows(&object, bytes, size, &out), STATUS_OK);
	assert_int_equal(out.kind, record.kind);
	assert_int_equal(out.sequence, record.sequence);
	history_size = object_history_add(&object, &out, bytes, size, history);
}

static status_t may_follow(struct object_record record, const struct person *signer)
{
	uint8_t bytes[OBJECT_RECORD_MAX];
	struct object_record out = {.sequence = 77};
	const status_t status = object_follows(&object, bytes, person_signs(signer, &record, bytes), &out);

	assert_int_equal(out.sequence, status == STATUS_OK ? record.sequence : 77);
	return status;
}

static status_t replay(void)
{
	struct object out;
	uint8_t *copy = test_copy(history, history_size);
	const status_t status = object_replay(copy, history_size, &out);

	free(copy);
	return status;
}

static int begin(void **state)
{
	struct object_record record;

	(void)state;
	ann = person(1), ben = person(2), eve = person(3);
	record = birth_of(&ann);
	history_size = person_signs(&ann, &record, history);
	assert_int_equal(object_born(history, history_size, &object), STATUS_OK);
	return 0;
}

static void born(void **state)
{
	struct object out = {.sequence = 77};
	struct object_record record = birth_of(&ann);
	uint8_t bytes[OBJECT_RECORD_MAX + 1] = {0}, digest[HASH_SIZE];

	(void)state;
	record.entry_count = 1;
	record.entries[0] = (struct object_entry){ben.aid, OBJECT_READ, 9};
	const size_t size = person_signs(&ann, &record, bytes);
	assert_int_equal(object_born(bytes, size, &out), STATUS_OK);
	assert_memory_equal(out.birth.key, ann.key, sizeof ann.key);
	assert_int_equal(out.birth.entry_count, 1);
	assert_true(aid_equal(&out.birth.entries[0].reader, &ben.aid) && aid_equal(&out.owner, &ann.aid));
	assert_int_equal(out.sequence, 0);
	assert_int_equal(out.transfers, 0);
	assert_int_equal(out.anchor_size, size);
	object_record_digest(bytes, size, digest);
	assert_memory_equal(out.previous, digest, HASH_SIZE);
	assert_int_equal(object_born(bytes, size + 1, &out), STATUS_INVALID); /* something behind it */
	assert_int_equal(object_born(bytes, size - 1, &out), STATUS_INVALID);
	bytes[size - 1] ^= 1;
	assert_int_equal(object_born(bytes, size, &out), STATUS_BAD_SIGNATURE);
	person_signs(&eve, &record, bytes);
	assert_int_equal(object_born(bytes, size, &out), STATUS_BAD_SIGNATURE);
	record = next(OBJECT_TRANSFER, &ann);
	assert_int_equal(object_born(bytes, person_signs(&ann, &record, bytes), &out), STATUS_INVALID);
}

static void comes_to(void **state)
{
	struct object_record all = letting_in(OBJECT_ENTRIES_MAX), few = letting_in(2);
	uint8_t digest[HASH_SIZE];

	(void)state;
	few.sequence = 2;
	add(all, &ann);
	assert_memory_equal(object.birth.entries, all.entries, sizeof all.entries);
	assert_int_equal(object.birth.entry_count, OBJECT_ENTRIES_MAX);
	assert_int_equal(history_size, PLAIN + OBJECT_RECORD_MAX);
	assert_int_equal(object.anchor_size, PLAIN);
	assert_int_equal(object.sequence, 1);
	add(few, &ann);
	assert_memory_equal(object.birth.entries, few.entries, sizeof few.entries);
	assert_int_equal(history_size, PLAIN + PLAIN + 2 * OBJECT_ENTRY_SIZE);
	add(next(OBJECT_TRANSFER, &ben), &ann);
	object_record_digest(history + PLAIN, PLAIN, digest);
	assert_memory_equal(object.previous, digest, HASH_SIZE);
	assert_int_equal(object.birth.entry_count, 0);
	assert_int_equal(object.transfers, 1);
	assert_int_equal(object.sequence, 3);
	assert_int_equal(object.anchor_size, 2 * PLAIN);
	assert_int_equal(history_size, 2 * PLAIN);
	assert_true(aid_equal(&object.owner, &ben.aid));
}

static void next_one(void **state)
{
	struct object_record record = birth_of(&ann);

	(void)state;
	assert_int_equal(may_follow(record, &ann), STATUS_INVALID);
	assert_int_equal(may_follow(next(OBJECT_DELETE, &ann), &ann), STATUS_OK);
	assert_int_equal(may_follow(next(OBJECT_TRANSFER, &ben), &ann), STATUS_OK);
	assert_int_equal(may_follow(next(OBJECT_ACCESS, &ben), &ann), STATUS_INVALID);
	assert_int_equal(may_follow(next(OBJECT_DELETE, &ben), &ann), STATUS_INVALID);
	assert_int_equal(may_follow(next(OBJECT_TRANSFER, &ben), &ben), STATUS_DENIED);
	record = next(OBJECT_ACCESS, &ann);
	record.id.author = eve.aid;
	assert_int_equal(may_follow(record, &ann), STATUS_INVALID);
	record = next(OBJECT_ACCESS, &ann);
	record.previous[HASH_SIZE - 1] ^= 1;
	assert_int_equal(may_follow(record, &ann), STATUS_INVALID);
	add(next(OBJECT_ACCESS, &ann), &ann);
	add(next(OBJECT_ACCESS, &ann), &ann);
	record = next(OBJECT_ACCESS, &ann);
	for (record.sequence = 1; record.sequence <= 4; record.sequence++)
		assert_int_equal(may_follow(record, &ann), record.sequence <= 2 ? STATUS_OUTDATED :
		                                           record.sequence == 3 ? STATUS_OK : STATUS_INVALID);
	object.transfers = OBJECT_TRANSFERS_MAX - 1;
	assert_int_equal(may_follow(next(OBJECT_TRANSFER, &ben), &ann), STATUS_OK);
	object.transfers = OBJECT_TRANSFERS_MAX;
	assert_int_equal(may_follow(next(OBJECT_TRANSFER, &ben), &ann), STATUS_QUOTA);
	assert_int_equal(may_follow(next(OBJECT_ACCESS, &ann), &ann), STATUS_OK);
	uint8_t bytes[OBJECT_RECORD_MAX] = {0};
	assert_int_equal(object_follows(&object, bytes, 100, &record), STATUS_INVALID);
}

/* A stored history has no deletion and one access record, at its end; before that numbers may be left out. */
static void stored(void **state)
{
	struct object_record record;

	assert_int_equal(replay(), STATUS_OK);
	store(next(OBJECT_DELETE, &ann), &ann);
	assert_int_equal(replay(), STATUS_INVALID);
	(void)begin(state);
	record = letting_in(3);
	record.sequence = 9;
	store(record, &ann);
	assert_int_equal(replay(), STATUS_OK);
	record.sequence = 10;
	store(record, &ann);
	assert_int_equal(replay(), STATUS_INVALID);
	(void)begin(state);
	store(next(OBJECT_TRANSFER, &ben), &eve);
	assert_int_equal(replay(), STATUS_DENIED);
	(void)begin(state);
	store(birth_of(&ann), &ann);
	assert_int_equal(replay(), STATUS_INVALID);
	history_size = 0;
	assert_int_equal(replay(), STATUS_INVALID);
	store(next(OBJECT_TRANSFER, &ben), &ann);
	assert_int_equal(replay(), STATUS_INVALID);
}

/* Recalling believes signatures, replaying does not; by pieces it is the same. */
static void read_again(void **state)
{
	struct object whole = {.anchor_size = 1}, recalled, pieces = {.anchor_size = 0};
	size_t size;

	(void)state;
	add(next(OBJECT_TRANSFER, &ben), &ann);
	struct object_record record = next(OBJECT_ACCESS, &ben);
	record.entry_count = OBJECT_ENTRIES_MAX;
	memcpy(record.entries, letting_in(OBJECT_ENTRIES_MAX).entries, sizeof record.entries);
	add(record, &ben);
	assert_int_equal(object_replay(history, history_size, &whole), STATUS_OK);
	assert_int_equal(object_recall(history, history_size, &recalled), STATUS_OK);
	assert_memory_equal(&whole, &recalled, sizeof whole);
	assert_memory_equal(whole.birth.entries, record.entries, sizeof record.entries);
	assert_int_equal(whole.birth.entry_count, OBJECT_ENTRIES_MAX);
	assert_int_equal(whole.sequence, 2);
	assert_int_equal(whole.transfers, 1);
	assert_int_equal(whole.anchor_size, 2 * PLAIN);
	assert_true(aid_equal(&whole.owner, &ben.aid));
	for (size_t at = 0; at < history_size; at += size)
		assert_int_equal(object_replay_next(&pieces, history + at, history_size - at, &size), STATUS_OK);
	assert_memory_equal(&whole, &pieces, sizeof whole);
	const size_t ends[] = {PLAIN, 2 * PLAIN, history_size};
	for (uint32_t i = 0; i < 3; i++) {
		history[ends[i] - 1] ^= 1;
		assert_int_equal(replay(), STATUS_BAD_SIGNATURE);
		assert_int_equal(object_recall(history, history_size, &recalled), STATUS_OK);
		history[ends[i] - 1] ^= 1;
	}
}

static void lets_in(void **state)
{
	const struct aid readers[] = {eve.aid, ben.aid};

	(void)state;
	object.birth.entry_count = 2;
	object.birth.entries[0] = (struct object_entry){ben.aid, OBJECT_NAME, 0};
	object.birth.entries[1] = (struct object_entry){ben.aid, OBJECT_READ, 50};
	object.birth.entries[2] = (struct object_entry){eve.aid, OBJECT_READ, 0}; /* left over */
	assert_true(object_may(&object, &ben.aid, 1, OBJECT_NAME, 0));
	assert_true(object_may(&object, &ben.aid, 1, OBJECT_READ, 1));
	assert_true(object_may(&object, &ben.aid, 1, OBJECT_READ, 49));
	assert_false(object_may(&object, &ben.aid, 1, OBJECT_READ, 50));
	assert_false(object_may(&object, &ben.aid, 1, OBJECT_READ, 0)); /* nobody knows what time it is */
	assert_false(object_may(&object, &ben.aid, 1, OBJECT_RIGHTS, 1));
	assert_false(object_may(&object, &eve.aid, 1, OBJECT_READ, 1));
	assert_true(object_may(&object, readers, 2, OBJECT_READ, 1));
	assert_false(object_may(&object, readers, 1, OBJECT_READ, 1));
	assert_false(object_may(&object, readers, 0, OBJECT_READ, 1));
	assert_true(object_may(&object, &ann.aid, 1, OBJECT_RIGHTS, 0));
	object.birth.entries[0] = (struct object_entry){OBJECT_EVERYONE, OBJECT_RIGHTS, 0};
	assert_true(object_may(&object, &eve.aid, 1, OBJECT_RIGHTS, 0));
}

#define TEST(name) cmocka_unit_test_setup(name, begin)
TEST_MAIN(TEST(born), TEST(comes_to), TEST(next_one), TEST(stored), TEST(read_again), TEST(lets_in))
