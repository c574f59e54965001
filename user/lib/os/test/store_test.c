/* SPDX-License-Identifier: MPL-2.0 */
/* The store's client against an honest store and a lying one: what it gives is what was put, or it says DAMAGED. */
#include "store_fake.h"

static struct store_client ann, ben;
#define LONG_SIZE (2u * STORE_PART_SIZE + 1000u)
static uint8_t content[LONG_SIZE], got[LONG_SIZE + 1u];
static size_t got_size;

static void as(uint32_t person)
{
	fake.now = person;
}

static int begin(void **state)
{
	(void)state;
	fake_begin();
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 7u + i / 65536u * 13u + i / 997u);
	as(BEN);
	assert_int_equal(store_client_open(&ben, SERVER, VAULT, "user"), STATUS_OK);
	as(ANN);
	assert_int_equal(store_client_open(&ann, SERVER, VAULT, "user"), STATUS_OK);
	return 0;
}

static int end(void **state)
{
	(void)state;
	as(BEN);
	store_client_close(&ben);
	as(ANN);
	store_client_close(&ann);
	return 0;
}

static status_t sink(void *context, uint64_t offset, const uint8_t *bytes, size_t size)
{
	(void)context;
	assert_int_equal(offset, got_size);
	assert_true(offset + size <= sizeof(got));
	memcpy(got + offset, bytes, size);
	got_size += size;
	return STATUS_OK;
}

static status_t get(struct store_client *client, const struct object_id *id)
{
	struct object object;
	status_t status = store_client_find(client, id, &object, NULL);

	got_size = 0;
	return status == STATUS_OK ? store_client_get(client, &object, sink, NULL) : status;
}

static status_t source(void *context, uint64_t offset, uint8_t *out_bytes, size_t room, size_t *out_size)
{
	const size_t left = *(const size_t *)context - (size_t)offset;

	*out_size = left < room ? left : room;
	memcpy(out_bytes, content + offset, *out_size);
	return STATUS_OK;
}

static status_t put_long(struct store_client *client, size_t size, struct object_id *out_id)
{
	return store_client_put_from(client, source, &size, NULL, out_id);
}

static struct object_id put(struct store_client *client, const char *text)
{
	struct object_id id;

	assert_int_equal(store_client_put(client, text, strlen(text), NULL, &id), STATUS_OK);
	return id;
}

/* ---- putting and getting ---- */
static void test_sizes(void **state)
{
	static const size_t sizes[] = {0,     1,     2047,  2048,  2049,
	                               65535, 65536, 65537, 67584, LONG_SIZE};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct object_id id;
		uint8_t hash[HASH_SIZE];

		assert_int_equal(put_long(&ann, sizes[i], &id), STATUS_OK);
		hash_bytes(content, sizes[i], hash);
		assert_memory_equal(id.hash, hash, HASH_SIZE);
		assert_true(aid_equal(&id.author, &fake.people[ANN].aid));
		assert_int_equal(get(&ann, &id), STATUS_OK);
		assert_int_equal(got_size, sizes[i]);
		assert_memory_equal(got, content, got_size);
	}
	assert_int_equal(fake.parts, 2 + 2 + 3);
}

static void test_put_again(void **state)
{
	struct object_id first = put(&ann, "the same"), second;

	(void)state;
	assert_int_equal(store_client_put(&ann, "the same", 8, NULL, &second), STATUS_BUSY);
	assert_true(object_id_equal(&first, &second));
	fake.wall_ns = 0; /* without a time, the birth is the same too */
	(void)put(&ann, "timeless");
	assert_int_equal(store_client_put(&ann, "timeless", 8, NULL, &second), STATUS_BUSY);
	assert_int_equal(put_long(&ann, LONG_SIZE, &second), STATUS_OK);
	assert_int_equal(put_long(&ann, LONG_SIZE, &second), STATUS_BUSY);
	as(BEN);
	second = put(&ben, "the same");
	assert_false(object_id_equal(&first, &second));
}

static void test_birth(void **state)
{
	const struct object_id parent = put(&ann, "draft");
	const struct object_entry entries[] = {{OBJECT_EVERYONE, OBJECT_NAME, 0},
	                                       {fake.people[BEN].aid, OBJECT_READ, 77},
	                                       {fake.people[BEN].principal, OBJECT_RIGHTS, 0}};
	struct store_birth birth = {.type = "text/plain", .parent = &parent, .entries = entries, .entry_count = 3};
	struct object object;
	struct object_id id;
	uint64_t rights = 0;

	(void)state;
	assert_int_equal(store_client_put(&ann, "final", 5, &birth, &id), STATUS_OK);
	assert_int_equal(store_client_find(&ann, &id, &object, &rights), STATUS_OK);
	assert_string_equal(object.birth.type, "text/plain");
	assert_true(object_id_equal(&object.birth.parent, &parent));
	assert_int_equal(object.birth.entry_count, 3);
	assert_int_equal(rights, OBJECT_RIGHTS);
	assert_true(object.birth.time_ns >= 1000000000);
	birth.type = "a type of more than thirty-one characters";
	assert_int_equal(store_client_put(&ann, "final", 5, &birth, &id), STATUS_INVALID);
	birth = (struct store_birth){.entries = entries, .entry_count = OBJECT_ENTRIES_MAX + 1u};
	assert_int_equal(store_client_put(&ann, "final", 5, &birth, &id), STATUS_INVALID);
}

static status_t ends_early(void *context, uint64_t offset, uint8_t *out_bytes, size_t room, size_t *out_size)
{
	(void)context;
	memset(out_bytes, 1, room);
	*out_size = room;
	return offset < STORE_PART_SIZE + 100u ? STATUS_OK : STATUS_CHANGED;
}

static void test_source_ends(void **state)
{
	struct object_id id;

	(void)state;
	assert_int_equal(store_client_put_from(&ann, ends_early, NULL, NULL, &id), STATUS_CHANGED);
	assert_int_equal(fake.parts, 1);
	assert_int_equal(fake.people[ANN].upload_number, 0); /* given up */
}

static status_t sink_ends(void *context, uint64_t offset, const uint8_t *bytes, size_t size)
{
	(void)context, (void)bytes, (void)size;
	return offset == 0 ? STATUS_OK : STATUS_CHANGED;
}

static void test_sink_ends(void **state)
{
	struct object object;
	struct object_id id;

	(void)state;
	assert_int_equal(put_long(&ann, LONG_SIZE, &id), STATUS_OK);
	assert_int_equal(store_client_find(&ann, &id, &object, NULL), STATUS_OK);
	assert_int_equal(store_client_get(&ann, &object, sink_ends, NULL), STATUS_CHANGED);
	assert_int_equal(store_client_get(&ann, &object, NULL, NULL), STATUS_OK);
}

/* ---- a store that lies ---- */
static void test_lies_of_content(void **state)
{
	struct object_id small = put(&ann, "content"), large;

	(void)state;
	assert_int_equal(put_long(&ann, LONG_SIZE, &large), STATUS_OK);
	for (fake.lie = FAKE_CONTENT; fake.lie <= FAKE_SIZE; fake.lie++) {
		assert_int_equal(get(&ann, &small), STATUS_DAMAGED);
		assert_int_equal(get(&ann, &large), STATUS_DAMAGED);
	}
}

static void test_lies_of_history(void **state)
{
	const struct object_id id = put(&ann, "content"), other = put(&ann, "other content");
	const struct object_id anybody = {.hash = {0}};
	struct object_id asked = id;
	const uint8_t *history;
	struct object object;
	size_t size;

	(void)state, (void)other;
	for (fake.lie = FAKE_RECORD; fake.lie <= FAKE_CUT; fake.lie++) {
		asked.author = id.author;
		assert_int_equal(store_client_find(&ann, &asked, &object, NULL), STATUS_DAMAGED);
		asked.author = anybody.author;
		assert_int_equal(store_client_find(&ann, &asked, &object, NULL), STATUS_DAMAGED);
		assert_int_equal(store_client_history(&ann, &asked, &history, &size), STATUS_DAMAGED);
		assert_int_equal(store_client_delete(&ann, &id), STATUS_DAMAGED);
	}
	fake.lie = FAKE_HONEST;
	assert_int_equal(store_client_history(&ann, &asked, &history, &size), STATUS_OK);
	assert_int_equal(object_replay(history, size, &object), STATUS_OK);
	assert_true(object_id_equal(&object.birth.id, &id));
}

static void test_lies_of_listings(void **state)
{
	struct object_id none = {.hash = {0}};
	struct object_name name;
	struct store_totals_rep totals;
	struct store_row row;
	const struct object_id id = put(&ann, "content");

	(void)state;
	assert_int_equal(store_client_name_set(&ann, "one", &id), STATUS_OK);
	assert_int_equal(store_client_name_set(&ann, "other", &id), STATUS_OK);
	fake.lie = FAKE_TEXT;
	assert_int_equal(store_client_list(&ann, true, &none, &row), STATUS_DAMAGED);
	fake.lie = FAKE_STUCK;
	assert_int_equal(store_client_list(&ann, false, &none, &row), STATUS_DAMAGED);
	assert_int_equal(store_client_totals(&ann, &totals), STATUS_DAMAGED);
	assert_int_equal(store_client_name_next(&ann, NULL, "one", &name), STATUS_DAMAGED);
	for (fake.lie = FAKE_RECORD; fake.lie <= FAKE_OTHER; fake.lie++) {
		assert_int_equal(store_client_name_get(&ann, NULL, "one", 0, &name), STATUS_DAMAGED);
		assert_int_equal(store_client_name_set(&ann, "one", NULL), STATUS_DAMAGED);
	}
}

/* ---- looking ---- */
static void test_list(void **state)
{
	static const char *const texts[] = {"a", "b", "c", "d", "e"};
	struct object_id cursor = {.hash = {0}};
	struct store_row row;
	uint32_t rows = 0;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		as(i % 2u == 0 ? ANN : BEN);
		(void)put(i % 2u == 0 ? &ann : &ben, texts[i]);
	}
	as(ANN);
	for (; store_client_list(&ann, false, &cursor, &row) == STATUS_OK; rows++) {
		store_id_to(&row.id, &cursor);
		assert_true(aid_equal(&row.owner, &fake.people[ANN].aid));
	}
	assert_int_equal(rows, 3);
	assert_int_equal(store_client_list(&ann, false, &cursor, &row), STATUS_NOT_FOUND);
}

static char digits[2u * HASH_SIZE + 1u];

static const char *first_digits(const struct object_id *id, size_t count)
{
	hex_of_bytes(id->hash, HASH_SIZE, digits);
	digits[count] = '\0';
	return digits;
}

/* Texts until two hashes begin alike: then one digit is not enough, and one more is. */
static void test_resolve(void **state)
{
	struct object_id ids[17], found;
	uint32_t one = 0, other = 0;
	char text[2] = "a";

	(void)state;
	assert_int_equal(store_client_resolve(&ann, "", &found), STATUS_INVALID);
	assert_int_equal(store_client_resolve(&ann, "12x", &found), STATUS_INVALID);
	assert_int_equal(store_client_resolve(&ann, "1", &found), STATUS_NOT_FOUND);
	for (uint32_t i = 0; i < 17 && other == 0; i++, text[0]++) {
		ids[i] = put(&ann, text);
		for (one = 0; one < i && ids[one].hash[0] >> 4 != ids[i].hash[0] >> 4; one++)
			;
		other = one < i ? i : 0;
	}
	assert_int_not_equal(other, 0);
	assert_int_equal(store_client_resolve(&ann, first_digits(&ids[one], 1), &found), STATUS_BUSY);
	for (uint32_t i = 0; i <= other; i++) {
		assert_int_equal(store_client_resolve(&ann, first_digits(&ids[i], 64), &found), STATUS_OK);
		assert_true(object_id_equal(&found, &ids[i]));
		assert_int_equal(store_client_resolve(&ann, first_digits(&ids[i], 9), &found), STATUS_OK);
		assert_true(object_id_equal(&found, &ids[i]));
	}
}

/* Of one content by two authors, one's own; what one was only told of counts too. */
static void test_resolve_authors(void **state)
{
	const struct object_entry entry = {OBJECT_EVERYONE, OBJECT_NAME, 0};
	struct object object;
	struct object_id of_ann = put(&ann, "text"), found;

	(void)state;
	as(BEN);
	assert_int_equal(store_client_resolve(&ben, first_digits(&of_ann, 64), &found), STATUS_NOT_FOUND);
	as(ANN);
	assert_int_equal(store_client_grant(&ann, &of_ann, &entry), STATUS_OK);
	as(BEN);
	assert_int_equal(store_client_resolve(&ben, first_digits(&of_ann, 64), &found), STATUS_OK);
	assert_true(object_id_equal(&found, &of_ann));
	assert_int_equal(store_client_find(&ben, &found, &object, NULL), STATUS_DENIED);
	const struct object_id of_ben = put(&ben, "text");
	assert_int_equal(store_client_resolve(&ben, first_digits(&of_ann, 8), &found), STATUS_OK);
	assert_true(object_id_equal(&found, &of_ben));
	as(ANN);
	assert_int_equal(store_client_resolve(&ann, first_digits(&of_ann, 8), &found), STATUS_OK);
	assert_true(object_id_equal(&found, &of_ann));
}

/* ---- what an owner does ---- */
static void test_access(void **state)
{
	const struct object_id id = put(&ann, "secret");
	struct object_entry entry = {fake.people[BEN].aid, OBJECT_READ, 0};

	(void)state;
	as(BEN);
	assert_int_equal(get(&ben, &id), STATUS_NOT_FOUND);
	as(ANN);
	assert_int_equal(store_client_grant(&ann, &id, &entry), STATUS_OK);
	as(BEN);
	assert_int_equal(get(&ben, &id), STATUS_OK);
	assert_int_equal(store_client_grant(&ben, &id, &entry), STATUS_DENIED);
	assert_int_equal(store_client_delete(&ben, &id), STATUS_DENIED);
	as(ANN);
	assert_int_equal(store_client_revoke(&ann, &id, &fake.people[ANN].aid), STATUS_NOT_FOUND);
	assert_int_equal(store_client_revoke(&ann, &id, &entry.reader), STATUS_OK);
	assert_int_equal(store_client_revoke(&ann, &id, &entry.reader), STATUS_NOT_FOUND);
	as(BEN);
	assert_int_equal(get(&ben, &id), STATUS_NOT_FOUND);
}

static void test_access_full(void **state)
{
	const struct object_id id = put(&ann, "popular");
	struct object_entry entry = {.rights = OBJECT_READ};
	struct object object;

	(void)state;
	for (uint8_t i = OBJECT_ENTRIES_MAX; i > 0; i--) {
		memset(entry.reader.bytes, 20 + i * 7 % 16, AID_SIZE);
		assert_int_equal(store_client_grant(&ann, &id, &entry), STATUS_OK);
	}
	entry.rights = OBJECT_RIGHTS; /* replaces */
	assert_int_equal(store_client_grant(&ann, &id, &entry), STATUS_OK);
	memset(entry.reader.bytes, 99, AID_SIZE);
	assert_int_equal(store_client_grant(&ann, &id, &entry), STATUS_QUOTA);
	assert_int_equal(store_client_find(&ann, &id, &object, NULL), STATUS_OK);
	assert_int_equal(object.birth.entry_count, OBJECT_ENTRIES_MAX);
	for (uint32_t i = 1; i < OBJECT_ENTRIES_MAX; i++)
		assert_true(object.birth.entries[i - 1u].reader.bytes[0] < object.birth.entries[i].reader.bytes[0]);
}

static void test_transfer(void **state)
{
	const struct object_id id = put(&ann, "gift");
	struct object object;

	(void)state;
	assert_int_equal(store_client_transfer(&ann, &id, &fake.people[BEN].aid), STATUS_OK);
	assert_int_equal(get(&ann, &id), STATUS_NOT_FOUND);
	assert_int_equal(store_client_transfer(&ann, &id, &fake.people[ANN].aid), STATUS_NOT_FOUND);
	as(BEN);
	assert_int_equal(store_client_transfer(&ben, &id, &fake.people[BEN].aid), STATUS_OK);
	assert_int_equal(store_client_find(&ben, &id, &object, NULL), STATUS_OK);
	assert_true(aid_equal(&object.owner, &fake.people[BEN].aid));
	assert_int_equal(object.transfers, 2);
	assert_int_equal(store_client_delete(&ben, &id), STATUS_OK);
	assert_int_equal(store_client_delete(&ben, &id), STATUS_NOT_FOUND);
}

/* ---- names ---- */
static void test_names(void **state)
{
	const struct object_id one = put(&ann, "one"), two = put(&ann, "two");
	struct object_name name;

	(void)state;
	assert_int_equal(store_client_name_get(&ann, NULL, "plan", 0, &name), STATUS_NOT_FOUND);
	assert_int_equal(store_client_name_set(&ann, "plan", NULL), STATUS_NOT_FOUND);
	assert_int_equal(store_client_name_set(&ann, "two words", &one), STATUS_INVALID);
	assert_int_equal(store_client_name_set(&ann, "plan", &one), STATUS_OK);
	assert_int_equal(store_client_name_set(&ann, "plan", &two), STATUS_OK);
	assert_int_equal(store_client_name_set(&ann, "plan", NULL), STATUS_OK);
	assert_int_equal(store_client_name_set(&ann, "plan", NULL), STATUS_NOT_FOUND);
	assert_int_equal(store_client_name_get(&ann, NULL, "plan", 0, &name), STATUS_OK);
	assert_true(name.removed);
	assert_int_equal(name.sequence, 3);
	assert_int_equal(store_client_name_get(&ann, NULL, "plan", 1, &name), STATUS_OK);
	assert_true(object_id_equal(&name.target, &one));
	assert_int_equal(store_client_name_set(&ann, "plan", &one), STATUS_OK);
	as(BEN);
	assert_int_equal(store_client_name_get(&ben, &fake.people[ANN].aid, "plan", 0, &name), STATUS_OK);
	assert_int_equal(name.sequence, 4);
}

static void test_name_next(void **state)
{
	static const char *const names[] = {"a", "ab", "b"};
	const struct object_id id = put(&ann, "one");
	struct object_name name = {.name = ""};

	(void)state;
	assert_int_equal(store_client_name_set(&ann, ".hidden", &id), STATUS_OK);
	for (size_t i = 3; i > 0; i--)
		assert_int_equal(store_client_name_set(&ann, names[i - 1u], &id), STATUS_OK);
	for (size_t i = 0; i < 3; i++) {
		char cursor[OBJECT_NAME_MAX];

		strcpy(cursor, name.name);
		assert_int_equal(store_client_name_next(&ann, NULL, cursor, &name), STATUS_OK);
		assert_string_equal(name.name, names[i]);
	}
	assert_int_equal(store_client_name_next(&ann, NULL, "b", &name), STATUS_NOT_FOUND);
}

/* ---- the whole, and state ---- */
static void test_whole(void **state)
{
	const struct object_id id = put(&ann, "one");
	char text[STORE_CHECK_TEXT_MAX];
	struct store_totals_rep totals;
	struct store_check_rep check;
	struct store_info_rep info;
	uint64_t step = 0;

	(void)state;
	(void)put(&ann, "two");
	assert_int_equal(store_client_name_set(&ann, "name", &id), STATUS_OK);
	assert_int_equal(store_client_info(&ann, &info), STATUS_OK);
	assert_int_equal(strlen(info.model), sizeof(info.model) - 1u);
	assert_int_equal(store_client_totals(&ann, &totals), STATUS_OK);
	assert_int_equal(totals.objects, 2);
	assert_int_equal(totals.names, 1);
	assert_int_equal(totals.parts, 2);
	assert_int_equal(store_client_check(&ann, &step, &check, text), STATUS_OK);
	assert_string_equal(text, "");
	assert_int_equal(store_client_check(&ann, &step, &check, text), STATUS_OK);
	assert_string_equal(text, "wrong");
	assert_int_equal(check.finished, 0);
	assert_int_equal(store_client_check(&ann, &step, &check, text), STATUS_OK);
	assert_int_equal(check.finished, 1);
	assert_int_equal(step, 3);
	step = 7;
	assert_int_equal(store_client_check(&ann, &step, &check, text), STATUS_BUSY);
	assert_int_equal(step, 0);
	assert_int_equal(store_client_check(&ann, &step, &check, text), STATUS_OK);
}

static void test_state(void **state)
{
	struct store_client service;
	uint64_t version = 0;
	size_t size = 0;

	(void)state;
	store_client_close(&ann);
	assert_int_equal(store_client_open(&service, SERVER, HANDLE_NONE, NULL), STATUS_OK);
	assert_int_equal(store_client_state_get(&service, got, sizeof(got), &version, &size), STATUS_NOT_FOUND);
	assert_int_equal(store_client_state_put(&service, 1, content, STORE_STATE_MAX), STATUS_OK);
	assert_int_equal(store_client_state_put(&service, 2, content, STORE_STATE_MAX + 1u), STATUS_INVALID);
	assert_int_equal(store_client_state_get(&service, got, 10, &version, &size), STATUS_QUOTA);
	assert_int_equal(size, STORE_STATE_MAX);
	assert_int_equal(store_client_state_get(&service, got, sizeof(got), &version, &size), STATUS_OK);
	assert_int_equal(version, 1);
	assert_memory_equal(got, content, size);
	assert_int_equal(store_client_name_set(&service, "name", &(struct object_id){.hash = {1}}), STATUS_DENIED);
	store_client_close(&service);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_sizes),
		TEST(test_put_again),
		TEST(test_birth),
		TEST(test_source_ends),
		TEST(test_sink_ends),
		TEST(test_lies_of_content),
		TEST(test_lies_of_history),
		TEST(test_lies_of_listings),
		TEST(test_list),
		TEST(test_resolve),
		TEST(test_resolve_authors),
		TEST(test_access),
		TEST(test_access_full),
		TEST(test_transfer),
		TEST(test_names),
		TEST(test_name_next),
		TEST(test_whole),
		TEST(test_state),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
