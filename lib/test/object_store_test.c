/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The object store over a map: contents short and long, kept once, given back; damage found; failures undone. */
#include "object_map.h"
#include "person.h"
#include <abi/module.h>
#include <lib/bytes.h>
#include <lib/object.h>

#define LONG_PARTS 70u /* two pages */
#define LONG_SIZE ((LONG_PARTS - 1u) * OBJECT_PART_SIZE + 1000u)

static struct person ann, ben;
static struct object_store store;
static uint8_t content[LONG_SIZE], part[OBJECT_PART_SIZE];
static uint8_t birth[OBJECT_RECORD_MAX];
static size_t birth_size;
static unsigned reports;

static void report(void *context, const char *text)
{
	(void)context, (void)text;
	reports++;
}

static int begin(void **state)
{
	(void)state;
	map_reset();
	ann = person(1), ben = person(2);
	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (uint8_t)(i * 7u + i / 65536u * 13u + i / 997u);
	assert_int_equal(object_store_open(&store, &map_volume), STATUS_OK);
	return 0;
}

static int end(void **state)
{
	(void)state;
	map_reset();
	return 0;
}

static struct object_id bear(const struct person *author, const uint8_t *bytes, size_t size)
{
	struct object_record record = { .kind = OBJECT_BIRTH, .size = size, .owner = author->aid };

	record.id.author = author->aid;
	hash_bytes(bytes, size, record.id.hash);
	birth_size = person_signs(author, &record, birth);
	return record.id;
}

static struct object_id put(const struct person *author, const uint8_t *bytes, size_t size)
{
	const struct object_id id = bear(author, bytes, size);

	assert_int_equal(object_put(&store, bytes, size, birth, birth_size), STATUS_OK);
	return id;
}

static status_t upload_parts(struct object_upload *upload, size_t size)
{
	status_t status = object_upload_begin(&store, upload);

	for (size_t at = 0; status == STATUS_OK && at < size; at += OBJECT_PART_SIZE)
		status = object_upload_part(&store, upload, content + at,
		                            size - at < OBJECT_PART_SIZE ? size - at : OBJECT_PART_SIZE);
	return status;
}

static status_t upload(const struct person *author, size_t size, struct object_id *out_id)
{
	struct object_upload under_way;
	status_t status = upload_parts(&under_way, size);

	*out_id = bear(author, content, size);
	return status == STATUS_OK ? object_upload_finish(&store, &under_way, birth, birth_size) : status;
}

static void reads(const struct object_id *id, const uint8_t *bytes, size_t size)
{
	struct object object;
	struct object_reader reader;
	size_t at = 0, got;

	assert_int_equal(object_find(&store, id, &object), STATUS_OK);
	assert_int_equal(object.birth.size, size);
	object_reader_begin(&reader, &object);
	for (uint64_t index = 0; object_read(&store, &reader, index, part, &got) == STATUS_OK; index++, at += got)
		assert_memory_equal(part, bytes + at, got);
	assert_int_equal(at, size);
}

static void record_of(const struct object_id *id, enum object_record_kind kind, const struct person *signer,
                      const struct person *owner)
{
	struct object object;

	assert_int_equal(object_find(&store, id, &object), STATUS_OK);
	struct object_record record = { .kind = kind, .id = *id, .sequence = object.sequence + 1, .owner = owner->aid };
	memcpy(record.previous, object.previous, HASH_SIZE);
	birth_size = person_signs(signer, &record, birth);
}

static status_t delete(const struct object_id *id, const struct person *owner, uint64_t *out_freed)
{
	record_of(id, OBJECT_DELETE, owner, owner);
	return object_delete(&store, birth, birth_size, out_freed);
}

static uint64_t reclaim_all(void)
{
	uint64_t freed, sum = 0;

	while (object_reclaim(&store, &freed) == STATUS_OK)
		sum += freed;
	return sum;
}

static void sound(void)
{
	assert_int_equal(object_verify_all(&store, part, report, NULL), STATUS_OK);
}

static struct object_totals totals(void)
{
	struct object_totals counted;

	assert_int_equal(object_totals(&store, &counted), STATUS_OK);
	return counted;
}

/* ---- contents ---- */
static void short_content(void **state)
{
	static const size_t SIZES[] = { 0, 1, 100, OBJECT_PART_SIZE };

	(void)state;
	for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
		const struct object_id id = put(&ann, content, SIZES[i]);

		reads(&id, content, SIZES[i]);
	}
	assert_int_equal(totals().objects, 4);
	sound();
}

static void long_content(void **state)
{
	static const size_t SIZES[] = { 0, 5, OBJECT_PART_SIZE, OBJECT_PART_SIZE + 1, 64u * OBJECT_PART_SIZE, LONG_SIZE };
	struct object_id id;

	(void)state;
	for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
		assert_int_equal(upload(&ann, SIZES[i], &id), STATUS_OK);
		reads(&id, content, SIZES[i]);
		sound();
	}
	(void)reclaim_all();
	sound();
	reads(&id, content, LONG_SIZE);
}

static void kept_once(void **state)
{
	struct object_id of_ann, of_ben;
	uint64_t freed;

	(void)state;
	assert_int_equal(upload(&ann, LONG_SIZE, &of_ann), STATUS_OK);
	const uint64_t parts = totals().parts;
	assert_int_equal(upload(&ben, LONG_SIZE, &of_ben), STATUS_OK);
	assert_int_equal(totals().parts, parts);
	assert_int_equal(reclaim_all(), 0);
	assert_int_equal(delete(&of_ann, &ann, &freed), STATUS_OK);
	assert_int_equal(reclaim_all(), 0);
	reads(&of_ben, content, LONG_SIZE);
	sound();
	assert_int_equal(delete(&of_ben, &ben, &freed), STATUS_OK);
	assert_int_equal(reclaim_all(), LONG_SIZE);
	assert_int_equal(totals().parts, 0);
	sound();
	const struct object_id first = put(&ann, content, 100), second = put(&ben, content, 100);
	assert_int_equal(delete(&first, &ann, &freed), STATUS_OK);
	assert_int_equal(freed, 0);
	reads(&second, content, 100);
	assert_int_equal(delete(&second, &ben, &freed), STATUS_OK);
	assert_int_equal(freed, 100);
	sound();
}

static void interrupted(void **state)
{
	struct object_upload under_way;
	uint64_t freed;

	(void)state;
	assert_int_equal(upload_parts(&under_way, 3u * OBJECT_PART_SIZE), STATUS_OK);
	assert_int_equal(object_reclaim(&store, &freed), STATUS_NOT_FOUND);
	assert_int_equal(object_store_commit(&store), STATUS_OK);
	assert_int_equal(object_store_open(&store, &map_volume), STATUS_OK);
	sound();
	assert_int_equal(reclaim_all(), 3u * OBJECT_PART_SIZE);
	assert_int_equal(totals().unowned_lists, 0);
	assert_int_equal(upload_parts(&under_way, 3u * OBJECT_PART_SIZE), STATUS_OK);
	assert_int_equal(object_upload_cancel(&store, &under_way), STATUS_OK);
	assert_int_equal(reclaim_all(), 3u * OBJECT_PART_SIZE);
	sound();
}

static void refused(void **state)
{
	struct object_upload under_way;

	(void)state;
	(void)bear(&ann, content, 10);
	assert_int_equal(object_put(&store, content, 11, birth, birth_size), STATUS_INVALID);
	birth[birth_size - 1] ^= 1;
	assert_int_equal(object_put(&store, content, 10, birth, birth_size), STATUS_BAD_SIGNATURE);
	assert_int_equal(totals().objects, 0);
	assert_int_equal(totals().parts, 0);
	(void)put(&ann, content, 10);
	assert_int_equal(object_put(&store, content, 10, birth, birth_size), STATUS_OK);
	struct object_record again = { .kind = OBJECT_BIRTH, .size = 10, .owner = ben.aid, .id.author = ann.aid };
	hash_bytes(content, 10, again.id.hash);
	birth_size = person_signs(&ann, &again, birth);
	assert_int_equal(object_put(&store, content, 10, birth, birth_size), STATUS_BUSY);
	assert_int_equal(upload_parts(&under_way, 10), STATUS_OK);
	assert_int_equal(object_upload_part(&store, &under_way, content, 10), STATUS_INVALID);
	sound();
}

/* ---- owners, listing, names, state ---- */
static void owners(void **state)
{
	struct object_id id = put(&ann, content, 50), found = { 0 }, start = { 0 };

	(void)state;
	record_of(&id, OBJECT_TRANSFER, &ben, &ben);
	assert_int_equal(object_amend(&store, birth, birth_size), STATUS_DENIED);
	record_of(&id, OBJECT_TRANSFER, &ann, &ben);
	assert_int_equal(object_amend(&store, birth, birth_size), STATUS_OK);
	assert_int_equal(object_next(&store, &ann.aid, &start, &found), STATUS_NOT_FOUND);
	assert_int_equal(object_next(&store, &ben.aid, &start, &found), STATUS_OK);
	assert_true(object_id_equal(&found, &id));
	sound();
	uint64_t freed;
	assert_int_equal(delete(&id, &ann, &freed), STATUS_DENIED);
	assert_int_equal(delete(&id, &ben, &freed), STATUS_OK);
	sound();
}

static void listing(void **state)
{
	struct object_id cursor = { 0 }, before = { 0 };
	unsigned count = 0;
	char hex[2 * HASH_SIZE + 1];
	uint8_t hash[HASH_SIZE];

	(void)state;
	for (size_t i = 0; i < 40; i++)
		(void)put(i % 2 == 0 ? &ann : &ben, content + i, 20);
	for (; object_next(&store, NULL, &cursor, &cursor) == STATUS_OK; count++, before = cursor) {
		assert_true(memcmp(before.hash, cursor.hash, HASH_SIZE) < 0);
		hex_of_bytes(cursor.hash, HASH_SIZE, hex);
		assert_int_equal(object_resolve(&store, hex, 64, hash), STATUS_OK);
		assert_memory_equal(hash, cursor.hash, HASH_SIZE);
		assert_int_equal(object_resolve(&store, hex, 9, hash), STATUS_OK);
		assert_memory_equal(hash, cursor.hash, HASH_SIZE);
	}
	assert_int_equal(count, 40);
	memset(&cursor, 0, sizeof cursor);
	for (count = 0; object_next(&store, &ben.aid, &cursor, &cursor) == STATUS_OK; count++)
		assert_true(aid_equal(&cursor.author, &ben.aid));
	assert_int_equal(count, 20);
	unsigned several = 0;
	for (const char *digit = "0123456789abcdef"; *digit != '\0'; digit++)
		several += object_resolve(&store, digit, 1, hash) == STATUS_BUSY;
	assert_true(several >= 1);
	assert_int_equal(object_resolve(&store, "xyz", 3, hash), STATUS_INVALID);
}

static status_t name_set(const char *text, uint64_t sequence, bool removed, uint8_t previous[HASH_SIZE])
{
	uint8_t bytes[OBJECT_NAME_SIZE], digest[HASH_SIZE];
	struct object_name name = { .owner = ann.aid, .sequence = sequence, .removed = removed };

	strcpy(name.name, text);
	memcpy(name.key, ann.key, sizeof name.key);
	memcpy(name.previous, previous, HASH_SIZE);
	assert_true(object_name_encode(&name, bytes, digest));
	signature_sign_digest(ann.seed, ann.key, SIGN_DOMAIN_NAME, digest, bytes + OBJECT_NAME_SIZE - SIGNATURE_SIZE);
	const status_t status = object_name_set(&store, bytes, sizeof bytes);
	if (status == STATUS_OK)
		memcpy(previous, digest, HASH_SIZE);
	return status;
}

static void names(void **state)
{
	uint8_t a[HASH_SIZE] = { 0 }, b[HASH_SIZE] = { 0 }, c[HASH_SIZE] = { 0 }, none[HASH_SIZE] = { 0 };
	struct object_name name;

	(void)state;
	for (uint64_t i = 1; i <= 5; i++)
		assert_int_equal(name_set("a", i, i == 5, a), STATUS_OK);
	assert_int_equal(name_set("ab", 1, false, b), STATUS_OK);
	assert_int_equal(name_set("a-much-longer-name", 1, false, c), STATUS_OK);
	assert_int_equal(name_set("a", 1, false, none), STATUS_OUTDATED);
	assert_int_equal(name_set("a", 7, false, a), STATUS_INVALID);
	assert_int_equal(name_set("a", 6, false, b), STATUS_INVALID);
	assert_int_equal(object_name_get(&store, &ann.aid, "a", 0, &name), STATUS_OK);
	assert_true(name.removed && name.sequence == 5);
	assert_int_equal(object_name_get(&store, &ann.aid, "a", 3, &name), STATUS_OK);
	assert_int_equal(object_name_get(&store, &ann.aid, "a", 6, &name), STATUS_NOT_FOUND);
	assert_int_equal(object_name_get(&store, &ben.aid, "a", 0, &name), STATUS_NOT_FOUND);
	assert_int_equal(object_name_next(&store, &ann.aid, "", &name), STATUS_OK);
	assert_string_equal(name.name, "a");
	assert_int_equal(object_name_next(&store, &ann.aid, "a", &name), STATUS_OK);
	assert_string_equal(name.name, "a-much-longer-name");
	assert_int_equal(object_name_next(&store, &ann.aid, "ab", &name), STATUS_NOT_FOUND);
	assert_int_equal(totals().names, 2);
	sound();
}

static void principals_state(void **state)
{
	uint8_t out[200];
	size_t size;

	(void)state;
	assert_int_equal(object_state_get(&store, &ann.aid, out, sizeof out, &size), STATUS_NOT_FOUND);
	assert_int_equal(object_state_put(&store, &ann.aid, content, 200), STATUS_OK);
	assert_int_equal(object_state_get(&store, &ann.aid, out, sizeof out, &size), STATUS_OK);
	assert_int_equal(size, 200);
	assert_memory_equal(out, content, 200);
	assert_int_equal(object_state_put(&store, &ann.aid, content, OBJECT_STATE_MAX + 1), STATUS_INVALID);
	sound();
	/* One that cannot be read is told, as this one, which no state can be. */
	assert_int_equal(volume_put(&map_volume, "Sx", 2, "", 0), STATUS_OK);
	assert_int_equal(object_verify_all(&store, part, report, NULL), STATUS_DAMAGED);
}

/* ---- damage and failure ---- */
static void populate(void)
{
	uint8_t previous[HASH_SIZE] = { 0 };
	struct object_id id;

	assert_int_equal(upload(&ann, 3u * OBJECT_PART_SIZE + 5, &id), STATUS_OK);
	(void)put(&ann, content + 9, 30);
	id = put(&ben, content + 9, 30);
	record_of(&id, OBJECT_TRANSFER, &ben, &ann);
	assert_int_equal(object_amend(&store, birth, birth_size), STATUS_OK);
	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(name_set("n", i, false, previous), STATUS_OK);
	assert_int_equal(object_store_commit(&store), STATUS_OK);
}

/* A bit of any value that the volume's checksums let through, or a value gone: told. Sampled in long values. */
static void damage(void **state)
{
	(void)state;
	populate();
	sound();
	for (size_t row = 0; row < map_volume.now.count; row++) {
		struct map_row *victim = &map_volume.now.rows[row];
		const size_t step = victim->size < 400 ? 1 : victim->size / 60;

		for (size_t at = 0; victim->key[0] != 'V' && at < victim->size; at += step) {
			victim->value[at] ^= 4;
			if (object_verify_all(&store, part, report, NULL) == STATUS_OK)
				fail_msg("a flipped bit at %zu of a value under %c is not told", at, victim->key[0]);
			victim->value[at] ^= 4;
		}
	}
	sound();
}

static status_t read_all(const struct object_id *id)
{
	struct object object;
	struct object_reader reader;
	size_t got;
	status_t status = object_find(&store, id, &object);

	object_reader_begin(&reader, &object);
	for (uint64_t index = 0; status == STATUS_OK && index * OBJECT_PART_SIZE < object.birth.size; index++)
		status = object_read(&store, &reader, index, part, &got);
	return status;
}

/* Reading alone, with nothing to trust but the address: an altered part, a chaining value altered, or one part
 * in the place of another, each in a list that is otherwise whole. */
static void read_damaged(void **state)
{
	struct object_id id;

	(void)state;
	assert_int_equal(upload(&ann, LONG_SIZE, &id), STATUS_OK);
	assert_int_equal(read_all(&id), STATUS_OK);
	for (size_t row = 0; row < map_volume.now.count; row++) {
		struct map_row *victim = &map_volume.now.rows[row];
		uint8_t *entry = victim->value, kept[HASH_SIZE];

		if (victim->key[0] != 'D' && victim->key[0] != 'L')
			continue;
		victim->value[victim->size - 1] ^= 1;
		assert_int_equal(read_all(&id), STATUS_DAMAGED);
		victim->value[victim->size - 1] ^= 1;
		if (victim->key[0] == 'D')
			continue;
		memcpy(kept, entry, HASH_SIZE);
		memcpy(entry, entry + 2 * HASH_SIZE, HASH_SIZE);
		assert_int_equal(read_all(&id), STATUS_DAMAGED);
		memcpy(entry, kept, HASH_SIZE);
	}
	assert_int_equal(read_all(&id), STATUS_OK);
}

static void missing(void **state)
{
	(void)state;
	populate();
	for (size_t row = 0; row < map_volume.committed.count; row++) {
		const struct map_row *victim = &map_volume.committed.rows[row];

		if (victim->key[0] == 'V')
			continue;
		assert_int_equal(volume_delete(&map_volume, victim->key, victim->key_size), STATUS_OK);
		if (object_verify_all(&store, part, report, NULL) == STATUS_OK)
			fail_msg("a missing value under %c is not told", victim->key[0]);
		volume_abort(&map_volume);
	}
	sound();
}

static status_t everything(void)
{
	struct object_id id;
	uint64_t freed;
	status_t status = upload(&ann, 2u * OBJECT_PART_SIZE, &id);

	if (status == STATUS_OK)
		status = object_store_commit(&store);
	if (status != STATUS_OK)
		return status;
	id = bear(&ben, content, 77);
	status = object_put(&store, content, 77, birth, birth_size);
	if (status == STATUS_OK)
		status = object_store_commit(&store);
	if (status != STATUS_OK)
		return status;
	struct object object;
	status = object_find(&store, &id, &object);
	if (status != STATUS_OK)
		return status;
	struct object_record record = { .kind = OBJECT_DELETE, .id = id, .sequence = 1, .owner = ben.aid };
	memcpy(record.previous, object.previous, HASH_SIZE);
	birth_size = person_signs(&ben, &record, birth);
	status = object_delete(&store, birth, birth_size, &freed);
	return status == STATUS_OK ? object_store_commit(&store) : status;
}

/* Each call of the volume fails once: the status arrives, and what is left is sound. */
static void every_failure(void **state)
{
	static const status_t FAILURES[] = { STATUS_IO_ERROR, STATUS_NO_SPACE, STATUS_QUOTA, STATUS_DAMAGED };

	for (size_t kind = 0; kind < sizeof FAILURES / sizeof *FAILURES; kind++) {
		for (uint64_t call = 1;; call++) {
			(void)begin(state);
			map_volume.calls = 0;
			map_volume.fail_at = call;
			map_volume.failure = FAILURES[kind];
			const status_t status = everything();
			const bool reached = map_volume.calls >= call;
			map_volume.fail_at = 0;
			assert_true(reached == (status != STATUS_OK));
			sound();
			volume_abort(&map_volume);
			assert_int_equal(object_store_open(&store, &map_volume), STATUS_OK);
			sound();
			if (!reached)
				break;
		}
	}
}

static void lost(void **state)
{
	struct object_upload under_way;

	(void)state;
	assert_int_equal(upload_parts(&under_way, OBJECT_PART_SIZE), STATUS_OK);
	map_volume.fail_at = map_volume.calls + 1;
	map_volume.failure = STATUS_NO_SPACE;
	assert_int_equal(object_store_commit(&store), STATUS_NO_SPACE);
	assert_int_equal(object_upload_part(&store, &under_way, content, 5), STATUS_GONE);
	assert_int_equal(object_upload_finish(&store, &under_way, birth, birth_size), STATUS_GONE);
	assert_int_equal(object_upload_cancel(&store, &under_way), STATUS_OK);
	sound();
}

static void foreign(void **state)
{
	(void)state;
	map_reset();
	assert_int_equal(volume_put(&map_volume, "x", 1, "y", 1), STATUS_OK);
	assert_int_equal(object_store_open(&store, &map_volume), STATUS_UNSUPPORTED);
}

/* A history as another store has it: with a transfer, and an access record before which one was replaced. */
static size_t history_of(const struct object_id *id, uint8_t *out_history)
{
	const uint8_t *history;
	size_t size;

	record_of(id, OBJECT_ACCESS, &ann, &ann);
	assert_int_equal(object_amend(&store, birth, birth_size), STATUS_OK);
	record_of(id, OBJECT_TRANSFER, &ann, &ben);
	assert_int_equal(object_amend(&store, birth, birth_size), STATUS_OK);
	record_of(id, OBJECT_ACCESS, &ben, &ben);
	assert_int_equal(object_amend(&store, birth, birth_size), STATUS_OK);
	record_of(id, OBJECT_ACCESS, &ben, &ben);
	assert_int_equal(object_amend(&store, birth, birth_size), STATUS_OK);
	assert_int_equal(object_history(&store, id, &history, &size), STATUS_OK);
	memcpy(out_history, history, size);
	return size;
}

static void restored(void **state)
{
	static uint8_t history[OBJECT_HISTORY_MAX];
	struct object object;
	struct object_upload under_way;

	for (unsigned is_long = 0; is_long < 2; is_long++) {
		const size_t length = is_long ? 3u * OBJECT_PART_SIZE : 100;
		struct object_id id;

		(void)begin(state);
		assert_int_equal(upload(&ann, length, &id), STATUS_OK);
		const size_t size = history_of(&id, history);
		(void)begin(state); /* another disk */
		assert_int_equal(upload_parts(&under_way, length), STATUS_OK);
		assert_int_equal(object_upload_finish(&store, &under_way, history, size), STATUS_INVALID);
		history[size - 1] ^= 1;
		assert_int_equal(object_upload_restore(&store, &under_way, history, size), STATUS_BAD_SIGNATURE);
		history[size - 1] ^= 1;
		if (is_long) {
			assert_int_equal(object_upload_restore(&store, &under_way, history, size), STATUS_OK);
		} else {
			assert_int_equal(object_upload_cancel(&store, &under_way), STATUS_OK);
			assert_int_equal(object_put(&store, content, length, history, size), STATUS_INVALID);
			assert_int_equal(object_restore(&store, content, length - 1, history, size), STATUS_INVALID);
			assert_int_equal(object_restore(&store, content, length, history, size), STATUS_OK);
			assert_int_equal(object_restore(&store, content, length, history, size), STATUS_OK);
		}
		assert_int_equal(object_find(&store, &id, &object), STATUS_OK);
		assert_memory_equal(object.owner.bytes, ben.aid.bytes, AID_SIZE);
		assert_int_equal(object.sequence, 4);
		reads(&id, content, length);
		sound();
		record_of(&id, OBJECT_ACCESS, &ben, &ben);
		assert_int_equal(object_amend(&store, birth, birth_size), STATUS_OK);
		if (!is_long)
			assert_int_equal(object_restore(&store, content, length, history, size), STATUS_BUSY);
	}
}

static void name_owners(void **state)
{
	uint8_t first[HASH_SIZE] = { 0 }, second[HASH_SIZE] = { 0 };
	struct aid owner = { { 0 } };
	uint8_t all[OBJECT_NAME_MAX];

	(void)state;
	assert_int_equal(object_name_owner_next(&store, &owner, &owner), STATUS_NOT_FOUND);
	assert_int_equal(name_set("a", 1, false, first), STATUS_OK);
	memset(all, '~', sizeof all);
	all[OBJECT_NAME_MAX - 1] = 0;
	assert_int_equal(name_set((const char *)all, 1, false, second), STATUS_OK);
	assert_int_equal(object_name_owner_next(&store, &owner, &owner), STATUS_OK);
	assert_memory_equal(owner.bytes, ann.aid.bytes, AID_SIZE);
	assert_int_equal(object_name_owner_next(&store, &owner, &owner), STATUS_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
TEST_MAIN(TEST(short_content), TEST(long_content), TEST(kept_once), TEST(interrupted), TEST(refused), TEST(owners),
          TEST(listing), TEST(names), TEST(principals_state), TEST(damage), TEST(read_damaged), TEST(missing), TEST(every_failure),
          TEST(lost), TEST(foreign), TEST(restored), TEST(name_owners))
