/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records of objects and names: every field altered, every cut, wrong signers, replays, and who may do what. */
#include "person.h"
#include <abi/module.h>
#include <lib/bytes.h>
#include <lib/object_name.h>

static struct person ann, ben, eve;

static uint8_t history[OBJECT_HISTORY_MAX];
static size_t history_size;
static struct object object;

static struct object_record birth_record(void)
{
	struct object_record record = { .kind = OBJECT_BIRTH, .time_ns = 5, .size = 3, .type = "text/plain" };

	hash_bytes((const uint8_t *)"abc", 3, record.id.hash);
	record.id.author = record.owner = ann.aid;
	return record;
}

static struct object_record next_record(enum object_record_kind kind, const struct person *owner)
{
	struct object_record record = { .kind = kind, .id = object.birth.id, .sequence = object.sequence + 1,
		                        .owner = owner->aid };

	memcpy(record.previous, object.previous, HASH_SIZE);
	return record;
}

static void add(struct object_record record, const struct person *signer)
{
	uint8_t bytes[OBJECT_RECORD_MAX];
	const size_t size = person_signs(signer, &record, bytes);

	assert_int_equal(object_follows(&object, bytes, size, &record), STATUS_OK);
	history_size = object_history_add(&object, &record, bytes, size, history);
}

static void refuse(struct object_record record, const struct person *signer, status_t status)
{
	uint8_t bytes[OBJECT_RECORD_MAX];
	struct object_record out;
	const size_t size = person_signs(signer, &record, bytes);

	assert_int_equal(object_follows(&object, bytes, size, &out), status);
}

static int begin(void **state)
{
	struct object_record record;

	(void)state;
	ann = person(1), ben = person(2), eve = person(3);
	record = birth_record();
	history_size = person_signs(&ann, &record, history);
	assert_int_equal(object_born(history, history_size, &object), STATUS_OK);
	return 0;
}

static struct object_record access_record(const struct person *owner, const struct person *reader, uint64_t expiry_ns)
{
	struct object_record record = next_record(OBJECT_ACCESS, owner);

	record.entry_count = 1;
	record.entries[0] = (struct object_entry){ reader->aid, OBJECT_READ, expiry_ns };
	return record;
}

/* The same, record by record, never seeing more than one can take. */
static void piecewise(const struct object *expected)
{
	struct object again = { .sequence = 0 };
	size_t taken = 0;

	for (size_t at = 0; at < history_size; at += taken) {
		const size_t rest = history_size - at;
		uint8_t *copy = test_copy(history + at, rest < OBJECT_RECORD_MAX ? rest : OBJECT_RECORD_MAX);

		assert_int_equal(object_replay_next(&again, copy, rest, &taken), STATUS_OK);
		free(copy);
	}
	assert_memory_equal(&again, expected, sizeof again);
}

/* What the history says, read again by a stranger, is what was built up. */
static void replays(void)
{
	struct object again;
	uint8_t *copy = test_copy(history, history_size);

	assert_int_equal(object_replay(copy, history_size, &again), STATUS_OK);
	assert_true(object_id_equal(&again.birth.id, &object.birth.id) && aid_equal(&again.owner, &object.owner));
	assert_int_equal(again.sequence, object.sequence);
	assert_int_equal(again.transfers, object.transfers);
	assert_int_equal(again.anchor_size, object.anchor_size);
	assert_int_equal(again.birth.entry_count, object.birth.entry_count);
	assert_memory_equal(again.previous, object.previous, HASH_SIZE);
	free(copy);
	piecewise(&again);
}

static void whole(void)
{
	add(access_record(&ann, &eve, 0), &ann);
	replays();
	add(access_record(&ann, &ben, 100), &ann);
	replays();
	add(next_record(OBJECT_TRANSFER, &ben), &ann);
	assert_int_equal(object.birth.entry_count, 0);
	replays();
	add(access_record(&ben, &eve, 0), &ben);
	replays();
	assert_int_equal(object.sequence, 4);
	assert_int_equal(history_size, 3 * (OBJECT_RECORD_FIXED + SIGNATURE_SIZE) + OBJECT_ENTRY_SIZE);
}

static void life(void **state)
{
	(void)state;
	whole();
}

static void every_bit(void **state)
{
	struct object out;

	(void)state;
	whole();
	for (size_t bit = 0; bit < history_size * 8; bit++) {
		history[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(object_replay(history, history_size, &out), STATUS_OK);
		history[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

/* Cut anywhere but between two records: refused, and nothing is read beyond the end. */
static void every_cut(void **state)
{
	struct object out;
	size_t wholes = 0;

	(void)state;
	whole();
	for (size_t size = 0; size < history_size; size++) {
		uint8_t *copy = test_copy(history, size);

		wholes += object_replay(copy, size, &out) == STATUS_OK;
		free(copy);
	}
	assert_int_equal(wholes, 2);
}

static void wrong_signer(void **state)
{
	(void)state;
	refuse(next_record(OBJECT_TRANSFER, &eve), &eve, STATUS_DENIED);
	refuse(access_record(&ann, &eve, 0), &eve, STATUS_DENIED);
	refuse(next_record(OBJECT_DELETE, &ann), &eve, STATUS_DENIED);
	refuse(access_record(&eve, &eve, 0), &ann, STATUS_INVALID);
	add(next_record(OBJECT_TRANSFER, &ben), &ann);
	refuse(next_record(OBJECT_DELETE, &ben), &ann, STATUS_DENIED);
	struct object_record record = birth_record();
	const size_t size = person_signs(&eve, &record, history);
	assert_int_equal(object_born(history, size, &object), STATUS_BAD_SIGNATURE);
}

static void replayed(void **state)
{
	const struct object_record old = access_record(&ann, &eve, 0);

	(void)state;
	add(old, &ann);
	add(next_record(OBJECT_ACCESS, &ann), &ann);
	refuse(old, &ann, STATUS_OUTDATED);
	struct object_record record = next_record(OBJECT_ACCESS, &ann);
	record.sequence++;
	refuse(record, &ann, STATUS_INVALID);
	record = next_record(OBJECT_ACCESS, &ann);
	record.previous[0] ^= 1;
	refuse(record, &ann, STATUS_INVALID);
	record = next_record(OBJECT_ACCESS, &ann);
	record.id.hash[0] ^= 1;
	refuse(record, &ann, STATUS_INVALID);
}

static void transfers(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < OBJECT_TRANSFERS_MAX; i++)
		add(next_record(OBJECT_TRANSFER, i % 2 == 0 ? &ben : &ann), i % 2 == 0 ? &ann : &ben);
	replays();
	refuse(next_record(OBJECT_TRANSFER, &ben), &ann, STATUS_QUOTA);
	add(next_record(OBJECT_ACCESS, &ann), &ann);
	replays();
}

static void rules(void **state)
{
	struct object_record record = birth_record();
	uint8_t bytes[OBJECT_RECORD_MAX], digest[HASH_SIZE];

	(void)state;
	record.sequence = 1;
	assert_int_equal(object_record_encode(&record, bytes, digest), 0);
	record = birth_record();
	record.type[3] = '\n';
	assert_int_equal(object_record_encode(&record, bytes, digest), 0);
	record = next_record(OBJECT_TRANSFER, &ben);
	record.size = 1;
	assert_int_equal(object_record_encode(&record, bytes, digest), 0);
	record = access_record(&ann, &ben, 0);
	record.entries[1] = record.entries[0];
	record.entry_count = 2;
	assert_int_equal(object_record_encode(&record, bytes, digest), 0);
	record = access_record(&ann, &ben, 0);
	record.entries[0].rights = OBJECT_RIGHTS + 1;
	assert_int_equal(object_record_encode(&record, bytes, digest), 0);
	record = next_record(OBJECT_DELETE, &ann);
	record.entry_count = OBJECT_ENTRIES_MAX + 1;
	assert_int_equal(object_record_encode(&record, bytes, digest), 0);
}

static bool may(const struct person *reader, uint32_t rights, uint64_t time_ns)
{
	return object_may(&object, &reader->aid, 1, rights, time_ns);
}

static void access(void **state)
{
	const struct aid both[2] = { eve.aid, ann.aid };

	(void)state;
	assert_true(may(&ann, OBJECT_RIGHTS, 0));
	assert_false(may(&ben, OBJECT_READ, 0));
	assert_false(object_may(&object, both, 1, OBJECT_READ, 1));
	assert_true(object_may(&object, both, 2, OBJECT_READ, 1));
	add(access_record(&ann, &ben, 100), &ann);
	assert_true(may(&ben, OBJECT_READ, 99));
	assert_false(may(&ben, OBJECT_READ, 100));
	assert_false(may(&ben, OBJECT_READ, 0));
	assert_false(may(&ben, OBJECT_READ | OBJECT_NAME, 99));
	assert_false(may(&eve, OBJECT_READ, 99));
	struct person everyone = { .aid = OBJECT_EVERYONE };
	add(access_record(&ann, &everyone, 0), &ann);
	assert_true(may(&eve, OBJECT_READ, 0));
	add(next_record(OBJECT_TRANSFER, &ben), &ann);
	assert_false(may(&ann, OBJECT_READ, 0));
	assert_true(may(&ben, OBJECT_RIGHTS, 0));
}

static void noise(void **state)
{
	uint64_t seed = 7;
	struct object out;

	(void)state;
	whole();
	for (unsigned round = 0; round < 2000; round++) {
		uint8_t *copy = test_copy(history, history_size);

		for (unsigned i = 0; i <= round % 8; i++)
			copy[test_random(&seed) % history_size] = (uint8_t)(1u + test_random(&seed) % 255);
		if (memcmp(copy, history, history_size) != 0)
			assert_int_not_equal(object_replay(copy, history_size, &out), STATUS_OK);
		free(copy);
	}
}

/* ---- names ---- */
static struct object_name name_record(const uint8_t *after)
{
	struct object_name name = { .owner = ann.aid, .name = "draft", .target = object.birth.id, .sequence = 1 };

	memcpy(name.key, ann.key, sizeof name.key);
	if (after != NULL) {
		name.sequence = bytes_le64(after + 8) + 1;
		object_name_digest(after, name.previous);
	}
	return name;
}

static void name_make(const struct object_name *name, const struct person *signer, uint8_t *out_bytes)
{
	uint8_t digest[HASH_SIZE];

	assert_true(object_name_encode(name, out_bytes, digest));
	signature_sign_digest(signer->seed, signer->key, SIGN_DOMAIN_NAME, digest,
	                      out_bytes + OBJECT_NAME_SIZE - SIGNATURE_SIZE);
}

static void names(void **state)
{
	uint8_t first[OBJECT_NAME_SIZE], second[OBJECT_NAME_SIZE];
	struct object_name name = name_record(NULL), out;

	(void)state;
	name_make(&name, &ann, first);
	assert_int_equal(object_name_decode(first, sizeof first, &out), STATUS_OK);
	assert_true(aid_equal(&out.owner, &name.owner) && object_id_equal(&out.target, &name.target));
	assert_string_equal(out.name, name.name);
	assert_int_equal(object_name_follows(NULL, &out), STATUS_OK);
	assert_int_equal(object_name_follows(first, &out), STATUS_OUTDATED);
	name = name_record(first);
	name.removed = true;
	memset(&name.target, 0, sizeof name.target);
	name_make(&name, &ann, second);
	assert_int_equal(object_name_decode(second, sizeof second, &out), STATUS_OK);
	assert_int_equal(object_name_follows(first, &out), STATUS_OK);
	assert_int_equal(object_name_follows(NULL, &out), STATUS_INVALID);
	out.previous[5] ^= 1;
	assert_int_equal(object_name_follows(first, &out), STATUS_INVALID);
}

static void names_hostile(void **state)
{
	uint8_t bytes[OBJECT_NAME_SIZE], digest[HASH_SIZE];
	struct object_name name = name_record(NULL), out;

	(void)state;
	name_make(&name, &eve, bytes);
	assert_int_equal(object_name_decode(bytes, sizeof bytes, &out), STATUS_BAD_SIGNATURE);
	memcpy(name.key, eve.key, sizeof name.key);
	name_make(&name, &eve, bytes);
	assert_int_equal(object_name_decode(bytes, sizeof bytes, &out), STATUS_BAD_SIGNATURE);
	name = name_record(NULL);
	name_make(&name, &ann, bytes);
	for (size_t bit = 0; bit < sizeof bytes * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(object_name_decode(bytes, sizeof bytes, &out), STATUS_OK);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(object_name_decode(bytes, sizeof bytes - 1, &out), STATUS_INVALID);
	strcpy(name.name, "a b");
	assert_false(object_name_encode(&name, bytes, digest));
	memset(name.name, 'a', sizeof name.name);
	assert_false(object_name_encode(&name, bytes, digest));
	name.name[OBJECT_NAME_MAX - 1] = '\0';
	assert_true(object_name_encode(&name, bytes, digest));
	name.name[0] = '\0';
	assert_false(object_name_encode(&name, bytes, digest));
}

#define TEST(name) cmocka_unit_test_setup(name, begin)
TEST_MAIN(TEST(life), TEST(every_bit), TEST(every_cut), TEST(wrong_signer), TEST(replayed), TEST(transfers),
          TEST(rules), TEST(access), TEST(noise), TEST(names), TEST(names_hostile))
