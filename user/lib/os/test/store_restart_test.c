/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The store ends over every single request of a day's work, in every way there is:
 * whoever works sees none of it, and finds everything as without.
 */
#include "store_fake.h"

static struct store_client ann;
#define LONG_SIZE (2u * STORE_PART_SIZE + 1000u)
static uint8_t content[LONG_SIZE];
static size_t got_size;

static void begin(void)
{
	fake_begin();
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 7u + i / 65536u * 13u + i / 997u);
	assert_int_equal(store_client_open(&ann, SERVER, VAULT, "user"), STATUS_OK);
}

static status_t source(void *context, uint64_t offset, uint8_t *out_bytes, size_t room, size_t *out_size)
{
	const size_t left = LONG_SIZE - (size_t)offset;

	(void)context;
	*out_size = left < room ? left : room;
	memcpy(out_bytes, content + offset, *out_size);
	return STATUS_OK;
}

static status_t sink(void *context, uint64_t offset, const uint8_t *bytes, size_t size)
{
	(void)context;
	assert_int_equal(offset, got_size);
	assert_memory_equal(bytes, content + offset, size);
	got_size += size;
	return STATUS_OK;
}

/* Every function once; returns the first status that is not OK. */
#define WORK(call)                                                                                         \
	do {                                                                                               \
		const status_t work_status = (call);                                                       \
		if (work_status != STATUS_OK)                                                              \
			return work_status;                                                                \
	} while (0)
static status_t work_objects(struct object_id *small, struct object_id *large)
{
	const struct object_entry entry = {fake.people[BEN].aid, OBJECT_READ, 0};
	struct object_id gift;

	WORK(store_client_put(&ann, "small", 5, NULL, small));
	WORK(store_client_put_from(&ann, source, NULL, NULL, large));
	WORK(store_client_grant(&ann, small, &entry));
	WORK(store_client_revoke(&ann, small, &entry.reader));
	WORK(store_client_put(&ann, "gift", 4, NULL, &gift));
	WORK(store_client_transfer(&ann, &gift, &fake.people[BEN].aid));
	return store_client_delete(&ann, small);
}

static status_t work_names(const struct object_id *large)
{
	struct object_name name;

	WORK(store_client_name_set(&ann, "name", large));
	WORK(store_client_name_set(&ann, "name", NULL));
	WORK(store_client_name_set(&ann, "name", large));
	WORK(store_client_name_next(&ann, NULL, "", &name));
	assert_int_equal(name.sequence, 3);
	return store_client_name_get(&ann, NULL, "name", 2, &name);
}

static status_t work_looking(const struct object_id *large)
{
	struct object_id none = {.hash = {0}};
	struct object object;
	struct store_row row;
	struct store_totals_rep totals;
	uint64_t version;
	size_t size;
	char digits[17];

	got_size = 0;
	WORK(store_client_find(&ann, large, &object, NULL));
	WORK(store_client_get(&ann, &object, sink, NULL));
	assert_int_equal(got_size, LONG_SIZE);
	WORK(store_client_list(&ann, true, &none, &row));
	hex_of_bytes(large->hash, 8, digits);
	WORK(store_client_resolve(&ann, digits, &none));
	WORK(store_client_totals(&ann, &totals));
	assert_int_equal(totals.objects, 2);
	assert_int_equal(totals.names, 1);
	WORK(store_client_state_put(&ann, 1, "kept", 4));
	return store_client_state_get(&ann, digits, sizeof(digits), &version, &size);
}

static status_t work(void)
{
	struct object_id small, large;

	WORK(work_objects(&small, &large));
	WORK(work_names(&large));
	return work_looking(&large);
}

/* A request that was done and not answered is the hardest: it is done again. */
static void test_every_request(void **state)
{
	(void)state;
	begin();
	assert_int_equal(work(), STATUS_OK);
	const uint32_t all = fake.asked;
	store_client_close(&ann);
	assert_true(all > 30);
	for (fake.end = 0; fake.end < FAKE_ENDINGS; fake.end++) {
		const enum fake_end ending = fake.end;

		for (uint32_t at = 1; at <= all; at++) {
			begin();
			fake.end = ending;
			fake.end_at = at;
			const status_t status = work();
			if (status != (ending == FAKE_FOR_EVER ? STATUS_GONE : STATUS_OK))
				fail_msg("ending %d over request %u: status %u", ending, at, status);
			assert_int_equal(fake.stores, ending <= FAKE_INSTEAD ? 2 : 1);
			store_client_close(&ann);
			assert_null(fake.people[ANN].window);
		}
		fake.end = ending;
	}
}

static void put_long(enum fake_end ending, uint32_t at, uint32_t parts)
{
	struct object_id id;

	begin();
	fake.end = ending;
	fake.end_at = at;
	assert_int_equal(store_client_put_from(&ann, source, NULL, NULL, &id), STATUS_OK);
	assert_int_equal(fake.parts, parts);
	store_client_close(&ann);
}

/* Requests: attach, challenge, prove, begin, three parts, finish. */
static void test_upload(void **state)
{
	(void)state;
	put_long(FAKE_EVICTS, 7, 3);   /* what the store kept is not sent again */
	put_long(FAKE_EVICTS, 8, 3);
	put_long(FAKE_GIVES_UP, 7, 5); /* all of it is */
	put_long(FAKE_INSTEAD, 6, 4);
	put_long(FAKE_OVER, 8, 6);
}

/* For a store that is gone nobody waits. */
static void test_no_store(void **state)
{
	struct store_info_rep info;
	struct object_id id;

	(void)state;
	begin();
	fake.gone = true;
	assert_int_equal(store_client_put(&ann, "x", 1, NULL, &id), STATUS_GONE);
	assert_int_equal(store_client_info(&ann, &info), STATUS_GONE);
	assert_int_equal(fake.asked, 2);
	store_client_close(&ann);
}

/* NOT_FOUND is success only if a question was lost. */
static void test_delete(void **state)
{
	struct object_id id;

	(void)state;
	begin();
	assert_int_equal(store_client_put(&ann, "x", 1, NULL, &id), STATUS_OK);
	fake.end = FAKE_OVER;
	fake.end_at = fake.asked + 2u; /* find, delete */
	assert_int_equal(store_client_delete(&ann, &id), STATUS_OK);
	assert_int_equal(fake.stores, 2);
	assert_int_equal(store_client_delete(&ann, &id), STATUS_NOT_FOUND);
	store_client_close(&ann);
}

/* A check that a successor has not begun begins again. */
static void test_check(void **state)
{
	char text[STORE_CHECK_TEXT_MAX];
	struct store_check_rep check;
	uint64_t step = 0;

	(void)state;
	begin();
	assert_int_equal(store_client_check(&ann, &step, &check, text), STATUS_OK);
	assert_int_equal(step, 1);
	fake_restart();
	assert_int_equal(store_client_check(&ann, &step, &check, text), STATUS_BUSY);
	assert_int_equal(step, 0);
	assert_int_equal(store_client_check(&ann, &step, &check, text), STATUS_OK);
	store_client_close(&ann);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_request),
		cmocka_unit_test(test_upload),
		cmocka_unit_test(test_no_store),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_check),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
