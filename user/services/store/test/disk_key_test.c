/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An encrypted disk and the service that has its key: what the store tells it, what it does when that ends, and that the
 * disk opens with what it answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../store.h"
#include <lib/block_xts.h>
#include <os/startup.h>
#include <os/unlock.h>

#define SERVER 7u
#define BLOCKS 20u

struct message_page host_message_page;
static uint8_t disk_bytes[BLOCKS][BLOCK_SIZE], key[XTS_KEY_SIZE];
static bool failing;
static uint32_t offers, asked, closed, dropped, ends; /* the last: times that the service still ends */
static struct block_xts_headers had;                  /* by the service */
static status_t says;

/* ---- the service ---- */
static status_t offered(const struct unlock_offer_req *request)
{
	assert_int_equal(request->copy, had.count); /* in order */
	memcpy(had.bytes[had.count++], request->header, sizeof request->header);
	offers++;
	return says == STATUS_DENIED ? STATUS_OK : says;
}

status_t ipc_request_repeat(handle_t server, deadline_t deadline, uint32_t method, const void *request, size_t bytes,
                            void *reply, size_t reply_min, size_t reply_max, size_t *out_extra)
{
	(void)deadline, (void)bytes, (void)reply, (void)reply_min, (void)reply_max, (void)out_extra;
	assert_int_equal(server, SERVER);
	if (method == UNLOCK_OFFER)
		return offered(request);
	assert_int_equal(method, UNLOCK_CLOSE);
	closed++;
	return STATUS_GONE; /* which is no trouble */
}

status_t ipc_request(handle_t server, deadline_t deadline, uint32_t method, const void *request, size_t bytes, void *reply,
                     size_t reply_min, size_t reply_max, size_t *out_extra)
{
	(void)deadline, (void)bytes, (void)reply_min, (void)reply_max, (void)out_extra;
	assert_int_equal(server, SERVER);
	assert_int_equal(method, UNLOCK_DISK);
	asked++;
	assert_int_equal(((const struct unlock_disk_req *)request)->copies, had.count);
	if (ends > 0) {
		ends--;
		had.count = 0;
		return STATUS_RESTARTED;
	}
	memcpy(((struct unlock_disk_rep *)reply)->key, key, sizeof key);
	return says;
}

handle_t startup_handle(const char *name)
{
	assert_string_equal(name, "unlock");
	return dropped == 0 ? SERVER : HANDLE_NONE;
}

handle_t startup_need(const char *name)
{
	return startup_handle(name);
}

void startup_drop(const char *name)
{
	assert_string_equal(name, "unlock");
	dropped++;
}

/* ---- the disk ---- */
static status_t disk_read(struct block_device *device, uint64_t block, uint32_t count, void *out_bytes)
{
	(void)device;
	memcpy(out_bytes, disk_bytes[block], (size_t)count * BLOCK_SIZE);
	return failing ? STATUS_IO_ERROR : STATUS_OK;
}

static status_t disk_write(struct block_device *device, uint64_t block, uint32_t count, const void *bytes)
{
	(void)device;
	memcpy(disk_bytes[block], bytes, (size_t)count * BLOCK_SIZE);
	return STATUS_OK;
}

static status_t disk_flush(struct block_device *device)
{
	(void)device;
	return STATUS_OK;
}

static const struct block_operations DISK = {disk_read, disk_write, disk_flush, NULL};
static struct block_device disk, *inside;

static int begin(void **state)
{
	static const struct passphrase passphrase = {"correct horse", 13};
	static const uint8_t salt[BLOCK_XTS_SALT_SIZE] = {1};

	(void)state;
	memset(disk_bytes, 0, sizeof disk_bytes);
	offers = asked = closed = dropped = ends = had.count = 0;
	says = STATUS_OK;
	failing = false;
	inside = NULL;
	disk = (struct block_device){&DISK, BLOCKS, 0, 0};
	for (uint32_t i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)(3u * i);
	return block_xts_format(&disk, &passphrase, 2, key, salt) != STATUS_OK;
}

/* ---- tests ---- */
static void opens(void **state)
{
	static uint8_t in[BLOCK_SIZE] = "kept", out[BLOCK_SIZE];
	struct block_xts direct;

	(void)state;
	assert_int_equal(unlock(&disk, &inside), STATUS_OK);
	assert_int_equal(had.count, 1);
	assert_memory_equal(had.bytes[0], disk_bytes[0], BLOCK_XTS_HEADER_SIZE);
	assert_int_equal(inside->operations->write(inside, 4, 1, in), STATUS_OK);
	block_xts_open(&direct, &disk, key);
	assert_int_equal(direct.device.operations->read(&direct.device, 4, 1, out), STATUS_OK);
	assert_memory_equal(in, out, BLOCK_SIZE);
}

/* A service that ended knows nothing of what its predecessor was offered; one that goes on ending is given up. */
static void service_ends(void **state)
{
	(void)state;
	ends = 3;
	assert_int_equal(unlock(&disk, &inside), STATUS_OK);
	assert_int_equal(offers, 4);
	assert_int_equal(asked, 4);
	assert_int_equal(begin(state), 0);
	ends = UINT32_MAX;
	assert_int_equal(unlock(&disk, &inside), STATUS_RESTARTED);
	assert_int_equal(asked, IFACE_REPEATS_MAX + 1u);
	assert_null(inside);
}

static void refused(void **state)
{
	static const status_t STATUSES[] = {STATUS_DENIED, STATUS_GONE, STATUS_UNSUPPORTED};

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		had.count = 0;
		says = STATUSES[i];
		assert_int_equal(unlock(&disk, &inside), STATUSES[i]);
		assert_null(inside);
	}
	assert_int_equal(asked, 1); /* nobody is asked with a header that was not taken */
}

/* Nobody is asked for a disk that no passphrase opens. */
static void damaged(void **state)
{
	(void)state;
	disk_bytes[0][40] ^= 1;
	assert_int_equal(unlock(&disk, &inside), STATUS_OK);
	assert_memory_equal(had.bytes[0], disk_bytes[1], BLOCK_XTS_HEADER_SIZE);
	disk_bytes[1][40] ^= 1;
	assert_int_equal(unlock(&disk, &inside), STATUS_DAMAGED);
	failing = true;
	assert_int_equal(unlock(&disk, &inside), STATUS_IO_ERROR);
	assert_int_equal(asked, 1);
}

static void ended(void **state)
{
	(void)state;
	unlock_end();
	assert_int_equal(closed, 1);
	assert_int_equal(dropped, 1);
	unlock_end(); /* there was none */
	assert_int_equal(closed, 1);
}

#define CASE(name) cmocka_unit_test_setup(name, begin)
static const struct CMUnitTest tests[] = {CASE(opens), CASE(service_ends), CASE(refused), CASE(damaged), CASE(ended)};

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
