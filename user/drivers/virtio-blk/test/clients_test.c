/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The clients' memory against a simulated device manager, over restarts of the driver, of clients and of the manager. */
#include "../../../../lib/test/test.h"
#include "../disk.h"
#include <os/keep.h>
#include <os/panic.h>
#include <os/time.h>
#include <proto/device.h>
#include <string.h>

#define PIECES 20u

/* ---- the device manager ---- */

static struct {
	uint64_t tag; /* 0: none */
	uint64_t pages;
	bool runs; /* the process of that id */
} pieces[PIECES];
static status_t trouble; /* what device_memory says instead */
static uint32_t attached, dropped;

static uint32_t piece_of(uint64_t tag)
{
	uint32_t at = 0;

	while (at < PIECES && pieces[at].tag != tag)
		at++;
	return at;
}

static status_t memory(const struct device_memory_req *request, struct device_memory_rep *reply)
{
	uint32_t at = piece_of(request->tag);

	assert_int_not_equal(request->tag, 0); /* that is the driver's own */
	if (trouble != STATUS_OK)
		return trouble;
	if (at == PIECES && request->pages == 0)
		return STATUS_NOT_FOUND;
	if (at == PIECES) {
		at = piece_of(0);
		if (at == PIECES)
			return STATUS_TABLE_FULL;
		pieces[at].tag = request->tag;
		pieces[at].pages = request->pages;
		pieces[at].runs = true;
	}
	if (request->pages != 0 && request->pages != pieces[at].pages)
		return STATUS_BUSY;
	*reply = (struct device_memory_rep){0x100000u * (at + 1u), pieces[at].pages, 0};
	return STATUS_OK;
}

static status_t forget(const struct device_forget_req *request)
{
	uint32_t at = piece_of(request->tag);

	if (at == PIECES)
		return STATUS_NOT_FOUND;
	if (request->ended != 0 && pieces[at].runs)
		return STATUS_BUSY;
	pieces[at].tag = 0;
	return STATUS_OK;
}

status_t ipc_request(handle_t server, deadline_t deadline, uint32_t method, const void *request, size_t bytes,
                     void *reply, size_t reply_min, size_t reply_max, size_t *out_extra)
{
	(void)bytes;
	(void)reply_min;
	(void)reply_max;
	(void)out_extra;
	assert_true(server == 3 && deadline != DEADLINE_NEVER);
	if (method == DEVICE_MEMORY)
		return memory(request, reply);
	assert_int_equal(method, DEVICE_FORGET);
	return forget(request);
}

handle_t ipc_reply_take(uint32_t index)
{
	assert_int_equal(index, 0);
	return 9;
}

void ipc_attach(handle_t handle, uint32_t rights, uint32_t flags)
{
	assert_true(handle == 9 && (rights & RIGHT_GRANT) == 0 && flags == MESSAGE_CAP_MOVE);
	attached++;
}

/* ---- what else it stands on ---- */

static uint8_t kept[256];
static bool is_kept;

status_t keep_open(struct keep *keep)
{
	(void)keep;
	return STATUS_OK;
}

bool keep_load(struct keep *keep, void *record, size_t length)
{
	(void)keep;
	memcpy(record, kept, length);
	return is_kept;
}

void keep_store(struct keep *keep, const void *record, size_t length)
{
	(void)keep;
	assert_true(length <= sizeof(kept));
	memcpy(kept, record, length);
	is_kept = true;
}

struct message_page host_message_page;
void host_syscall(uint64_t number, uint64_t regs[8])
{
	assert_int_equal(number, SYSCALL_cap_drop);
	regs[0] = STATUS_OK;
	dropped++;
}

deadline_t time_after(uint64_t ns)
{
	return ns;
}

static bool panicked;
static jmp_buf after_panic;
void panic(const char *text, ...)
{
	(void)text;
	panicked = true;
	longjmp(after_panic, 1);
}

void must_failed(const char *what, status_t status)
{
	(void)fprintf(stderr, "%s: %d\n", what, status);
	abort();
}

/* ---- the tests; each begins with no client ---- */

static void begin(void)
{
	for (uint64_t tag = 1; tag < 200; tag++)
		(void)!client_detach(tag);
	memset(pieces, 0, sizeof(pieces));
	is_kept = false;
	trouble = STATUS_OK;
	clients_open(3);
}

static void test_attach(void **state)
{
	(void)state;
	begin();
	attached = 0;
	assert_null(client_find(7));
	assert_null(client_find(0));
	assert_int_equal(client_attach(7, 0), STATUS_INVALID);
	assert_int_equal(client_attach(7, BLOCK_BUFFER_MAX + 1u), STATUS_INVALID);
	assert_int_equal(client_attach(7, 10), STATUS_OK);
	assert_int_equal(attached, 1);
	struct client *client = client_find(7);
	assert_non_null(client);
	assert_true(client->blocks == 10 && client->address == 0x100000u);
	/* The same again, and what is under way stays so. */
	client->under_way = 3;
	assert_int_equal(client_attach(7, 10), STATUS_OK);
	assert_true(client_find(7) == client && client->under_way == 3);
	assert_int_equal(client_attach(7, 11), STATUS_BUSY);
	assert_int_equal(client_detach(7), STATUS_BUSY);
	client->under_way = 0;
	assert_int_equal(client_detach(7), STATUS_OK);
	assert_null(client_find(7));
	assert_int_equal(client_detach(7), STATUS_NOT_FOUND);
	assert_int_equal(piece_of(7), PIECES);
}

/* Those whose process has ended make room, unless the device still works in their memory. */
static void test_ended(void **state)
{
	uint64_t tag = 1;

	(void)state;
	begin();
	while (client_attach(tag, 4) == STATUS_OK)
		tag++;
	assert_int_equal(client_attach(tag, 4), STATUS_TABLE_FULL);
	pieces[piece_of(2)].runs = false;
	client_find(2)->under_way = 1;
	assert_int_equal(client_attach(tag, 4), STATUS_TABLE_FULL);
	assert_non_null(client_find(2));
	client_find(2)->under_way = 0;
	assert_int_equal(client_attach(tag, 4), STATUS_OK);
	assert_null(client_find(2));
	assert_int_equal(piece_of(2), PIECES);
	assert_non_null(client_find(1));
}

static void test_refused(void **state)
{
	(void)state;
	begin();
	attached = 0;
	trouble = STATUS_NO_MEMORY;
	assert_int_equal(client_attach(7, 10), STATUS_NO_MEMORY);
	assert_null(client_find(7));
	assert_int_equal(attached, 0);
	trouble = STATUS_OK;
	assert_int_equal(client_attach(7, 10), STATUS_OK);
}

/* A successor knows its predecessor's clients; but not what the manager does not. */
static void test_successor(void **state)
{
	uint8_t record[sizeof(kept)];

	(void)state;
	begin();
	assert_int_equal(client_attach(7, 10), STATUS_OK);
	assert_int_equal(client_attach(8, 20), STATUS_OK);
	memcpy(record, kept, sizeof(kept));
	begin();
	assert_null(client_find(7));
	pieces[4].tag = 7;
	pieces[4].pages = 10;
	memcpy(kept, record, sizeof(kept));
	is_kept = true;
	dropped = 0;
	clients_open(3);
	assert_non_null(client_find(7));
	assert_true(client_find(7)->blocks == 10 && client_find(7)->address == 0x500000u);
	assert_null(client_find(8));
	assert_int_equal(dropped, 1);
}

/* Without the manager the driver ends rather than guess. */
static void test_no_manager(void **state)
{
	static const status_t silent[] = {STATUS_GONE, STATUS_RESTARTED, STATUS_TIMED_OUT};

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		begin();
		trouble = silent[i];
		panicked = false;
		if (setjmp(after_panic) == 0)
			(void)!client_attach(7, 10);
		assert_true(panicked);
		assert_null(client_find(7));
	}
}

TEST_MAIN(cmocka_unit_test(test_attach), cmocka_unit_test(test_ended), cmocka_unit_test(test_refused),
          cmocka_unit_test(test_successor), cmocka_unit_test(test_no_manager))
