/* SPDX-License-Identifier: MPL-2.0 */
/* A service's record over its own end, over the power, over both, and when the store cannot keep it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <os/startup.h>
#include <os/state.h>

#define FORMAT 3u

struct message_page host_message_page;
static uint8_t kept[4096];
static struct {
	uint64_t version;
	size_t size;
	uint8_t bytes[256];
	uint32_t medium, flags;
	status_t fails; /* putting */
	bool there;
} store;
static struct record {
	struct state_header header;
	char text[16];
} record;
static struct state state;

/* ---- what the library asks ---- */
void host_syscall(uint64_t number, uint64_t regs[8])
{
	(void)number;
	regs[0] = STATUS_OK;
}

handle_t startup_handle(const char *name)
{
	return strcmp(name, "fs") == 0 && store.there ? 5 : HANDLE_NONE;
}

status_t keep_open(struct keep *keep)
{
	keep_init(keep, kept, sizeof(kept));
	return STATUS_OK;
}

status_t store_client_open(struct store_client *client, handle_t server, handle_t keys, const char *context)
{
	(void)client;
	(void)context;
	assert_int_equal(keys, HANDLE_NONE);
	return server == 5 ? STATUS_OK : STATUS_GONE;
}

status_t store_client_info(struct store_client *client, struct store_info_rep *out_info)
{
	(void)client;
	memset(out_info, 0, sizeof(*out_info));
	out_info->medium = store.medium;
	out_info->flags = store.flags;
	return STATUS_OK;
}

status_t store_client_state_put(struct store_client *client, uint64_t version, const void *bytes, size_t size)
{
	(void)client;
	if (store.fails != STATUS_OK)
		return store.fails;
	assert_true(version > store.version);
	store.version = version;
	store.size = size;
	memcpy(store.bytes, bytes, size);
	return STATUS_OK;
}

status_t store_client_state_get(struct store_client *client, void *out, size_t room, uint64_t *out_version,
                                size_t *out_size)
{
	(void)client;
	if (store.version == 0)
		return STATUS_NOT_FOUND;
	*out_size = store.size;
	if (store.size > room)
		return STATUS_QUOTA;
	memcpy(out, store.bytes, store.size);
	*out_version = store.version;
	return STATUS_OK;
}

/* ---- tests ---- */
static int setup(void **context)
{
	(void)context;
	memset(kept, 0, sizeof(kept));
	memset(&store, 0, sizeof(store));
	store.there = true;
	store.medium = STORE_ON_DISK;
	return 0;
}

static enum state_origin starts(void)
{
	enum state_origin origin;

	memset(&record, 0, sizeof(record));
	assert_int_equal(state_open(&state, &record.header, sizeof(record), FORMAT, &origin), STATUS_OK);
	return origin;
}

static status_t changes(const char *text)
{
	strcpy(record.text, text);
	return state_keep(&state, &record.header, sizeof(record));
}

static void power_off(void)
{
	memset(kept, 0, sizeof(kept));
}

static void over_an_end(void **context)
{
	(void)context;
	assert_int_equal(starts(), STATE_NEW);
	assert_true(state.durable);
	assert_int_equal(changes("one"), STATUS_OK);
	assert_int_equal(changes("two"), STATUS_OK);
	assert_int_equal(starts(), STATE_PREDECESSOR);
	assert_string_equal(record.text, "two");
	power_off();
	assert_int_equal(starts(), STATE_STORE);
	assert_string_equal(record.text, "two");
	assert_int_equal(changes("three"), STATUS_OK);
	assert_int_equal(starts(), STATE_PREDECESSOR);
	assert_string_equal(record.text, "three");
}

/* Its writer ended before the store had it, or after, before it was kept. */
static void half_done(void **context)
{
	(void)context;
	(void)starts();
	assert_int_equal(changes("one"), STATUS_OK);
	const uint64_t version = store.version;
	store.version--;
	assert_int_equal(starts(), STATE_PREDECESSOR);
	assert_int_equal(store.version, version);
	store.version++;
	struct record newer = record;
	newer.header.version++;
	strcpy(newer.text, "newer");
	memcpy(store.bytes, &newer, sizeof(newer));
	assert_int_equal(starts(), STATE_STORE);
	assert_string_equal(record.text, "newer");
	store.version++; /* not what the record itself says */
	power_off();
	enum state_origin origin;
	memset(&record, 0, sizeof(record));
	assert_int_equal(state_open(&state, &record.header, sizeof(record), FORMAT, &origin), STATUS_DAMAGED);
}

static void not_kept(void **context)
{
	(void)context;
	(void)starts();
	assert_int_equal(changes("one"), STATUS_OK);
	store.fails = STATUS_NO_SPACE;
	assert_int_equal(changes("two"), STATUS_NO_SPACE);
	assert_int_equal(starts(), STATE_PREDECESSOR);
	assert_string_equal(record.text, "one");
}

static void without_a_disk(void **context)
{
	(void)context;
	store.there = false;
	assert_int_equal(starts(), STATE_NEW);
	assert_false(state.stored || state.durable);
	assert_int_equal(changes("one"), STATUS_OK);
	assert_int_equal(starts(), STATE_PREDECESSOR);
	setup(context);
	store.medium = STORE_IN_MEMORY;
	(void)starts();
	assert_true(state.stored && !state.durable);
	store.medium = STORE_ON_NOTHING;
	(void)starts();
	assert_false(state.stored || state.durable);
}

static void other_formats(void **context)
{
	enum state_origin origin;

	(void)context;
	(void)starts();
	assert_int_equal(changes("one"), STATUS_OK);
	memset(&record, 0, sizeof(record));
	assert_int_equal(state_open(&state, &record.header, sizeof(record), FORMAT + 1, &origin), STATUS_UNKNOWN_FORMAT);
	power_off();
	assert_int_equal(state_open(&state, &record.header, sizeof(record) - 1, FORMAT, &origin), STATUS_UNKNOWN_FORMAT);
	assert_int_equal(state_open(&state, &record.header, sizeof(kept), FORMAT, &origin), STATUS_NO_MEMORY);
	assert_int_equal(store.version, 1);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {TEST(over_an_end), TEST(half_done), TEST(not_kept), TEST(without_a_disk),
	                                   TEST(other_formats)};
	const int count = (int)(sizeof(tests) / sizeof(tests[0]));
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);

	(void)argc;
	(void)argv;
	printf("%d passed, %d failed\n", count - failed, failed);
	return failed != 0;
}
