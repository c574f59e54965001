/* SPDX-License-Identifier: MPL-2.0 */
/* A disk behind the block protocol against a driver of this test's: sizes, order, limits, and a driver that forgets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <os/block_device.h>
#include <os/startup.h>

#define BLOCKS 2000u
#define SERVER 7u

struct message_page host_message_page;
static uint8_t disk_bytes[BLOCKS * BLOCK_SIZE];
static uint8_t *shared, *forgotten; /* the client's memory, and what it had before */
static struct block_info_rep says;
static uint32_t transfers, flushes, forget_at; /* the transfer over which the driver forgets its clients */
static status_t fails, ended; /* each request; the driver */
static struct block_device_client disk;

/* ---- the driver ---- */
static status_t one(const struct block_request *request)
{
	uint8_t *at = disk_bytes + request->block * BLOCK_SIZE;
	const size_t bytes = (size_t)request->count * BLOCK_SIZE;

	assert_true(request->count <= says.count_max || request->operation == BLOCK_DISCARD);
	assert_true(request->block + request->count <= BLOCKS);
	if (request->operation == BLOCK_READ)
		memcpy(shared + request->place * BLOCK_SIZE, at, bytes);
	else if (request->operation == BLOCK_WRITE)
		memcpy(at, shared + request->place * BLOCK_SIZE, bytes);
	else if (request->operation == BLOCK_DISCARD)
		memset(at, 0, bytes);
	flushes += request->operation == BLOCK_FLUSH;
	return fails;
}

static status_t transfer(const struct block_transfer_req *request, struct block_transfer_rep *reply)
{
	if (ended != STATUS_OK)
		return ended;
	if (++transfers == forget_at) {
		forgotten = shared;
		shared = NULL;
	}
	if (shared == NULL)
		return STATUS_NOT_FOUND;
	assert_true(request->count >= 1 && request->count <= BLOCK_REQUESTS_MAX);
	for (uint32_t i = 0; i < request->count; i++)
		reply->status[i] = one(&request->data[i]);
	return STATUS_OK;
}

status_t ipc_request_repeat(handle_t server, deadline_t deadline, uint32_t method, const void *request, size_t bytes,
                            void *reply, size_t reply_min, size_t reply_max, size_t *out_extra)
{
	(void)deadline;
	(void)bytes;
	(void)reply_min;
	(void)reply_max;
	(void)out_extra;
	assert_int_equal(server, SERVER);
	switch (method) {
	case BLOCK_INFO: *(struct block_info_rep *)reply = says; return STATUS_OK;
	case BLOCK_ATTACH: shared = calloc(BLOCK_DEVICE_BUFFER, BLOCK_SIZE); return STATUS_OK;
	case BLOCK_TRANSFER: return transfer(request, reply);
	default: return STATUS_UNSUPPORTED;
	}
}

handle_t ipc_reply_take(uint32_t index)
{
	assert_int_equal(index, 0);
	return 9;
}

void host_syscall(uint64_t number, uint64_t regs[8])
{
	if (number == SYSCALL_memory_map)
		regs[1] = (uint64_t)shared;
	if (number == SYSCALL_memory_unmap) {
		assert_ptr_equal((void *)regs[0], forgotten);
		free(forgotten);
		forgotten = NULL;
	}
	if (number == SYSCALL_clock_now)
		regs[1] = 1;
	regs[0] = STATUS_OK;
}

/* ---- tests ---- */
static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(disk_bytes); i++)
		disk_bytes[i] = (uint8_t)(i / BLOCK_SIZE * 7u + i);
	says = (struct block_info_rep){
		.blocks = BLOCKS, .flags = BLOCK_CAN_FLUSH | BLOCK_CAN_DISCARD, .count_max = 30, .erase_max = 100};
	transfers = flushes = forget_at = 0;
	fails = ended = STATUS_OK;
	assert_int_equal(block_device_open(&disk, SERVER), STATUS_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(shared);
	shared = NULL;
	return 0;
}

static uint8_t bytes[700u * BLOCK_SIZE];

static void reads_and_writes(void **state)
{
	(void)state;
	assert_int_equal(disk.device.operations->read(&disk.device, 3, 700, bytes), STATUS_OK);
	assert_memory_equal(bytes, disk_bytes + 3u * BLOCK_SIZE, sizeof(bytes));
	assert_true(transfers >= 3);
	memset(bytes, 0x5a, sizeof(bytes));
	assert_int_equal(disk.device.operations->write(&disk.device, 1300, 700, bytes), STATUS_OK);
	assert_memory_equal(bytes, disk_bytes + 1300u * BLOCK_SIZE, sizeof(bytes));
	assert_int_equal(disk.device.operations->write(&disk.device, 1301, 700, bytes), STATUS_INVALID);
	assert_int_equal(disk.device.operations->read(&disk.device, UINT64_MAX, 2, bytes), STATUS_INVALID);
	assert_int_equal(disk.device.operations->flush(&disk.device), STATUS_OK);
	assert_int_equal(flushes, 1);
	assert_int_equal(disk.device.operations->discard(&disk.device, 5, 250), STATUS_OK);
	assert_int_equal(disk_bytes[5u * BLOCK_SIZE + 1], 0);
	assert_int_equal(disk_bytes[254u * BLOCK_SIZE + 1], 0);
	assert_true(disk_bytes[255u * BLOCK_SIZE + 1] != 0);
}

/* The device manager was restarted: over each of the transfers of a write, what was on its way is not lost. */
static void forgets(void **state)
{
	(void)state;
	for (uint32_t at = 1; at <= 3; at++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(i * at + i / 999u);
		transfers = 0;
		forget_at = at;
		assert_int_equal(disk.device.operations->write(&disk.device, 100, 700, bytes), STATUS_OK);
		assert_memory_equal(bytes, disk_bytes + 100u * BLOCK_SIZE, sizeof(bytes));
		assert_null(forgotten);
	}
}

/* A disk that is late, a driver that is, and none any more: the volume knows but one failure. */
static void failures(void **state)
{
	static const status_t each[] = {STATUS_TIMED_OUT, STATUS_GONE};

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		fails = each[i];
		assert_int_equal(disk.device.operations->write(&disk.device, 0, 1, bytes), STATUS_IO_ERROR);
		fails = STATUS_OK;
		ended = each[i];
		assert_int_equal(disk.device.operations->flush(&disk.device), STATUS_IO_ERROR);
		ended = STATUS_OK;
	}
}

static void refusals(void **state)
{
	(void)state;
	fails = STATUS_IO_ERROR;
	assert_int_equal(disk.device.operations->read(&disk.device, 0, 1, bytes), STATUS_IO_ERROR);
	assert_int_equal(disk.device.operations->flush(&disk.device), STATUS_IO_ERROR);
	fails = STATUS_OK;
	free(shared);
	says.flags = BLOCK_IS_READ_ONLY;
	assert_int_equal(block_device_open(&disk, SERVER), STATUS_OK);
	assert_int_equal(disk.device.operations->write(&disk.device, 0, 1, bytes), STATUS_DENIED);
	assert_int_equal(disk.device.operations->flush(&disk.device), STATUS_OK); /* what is answered is durable */
	assert_int_equal(disk.device.operations->discard(&disk.device, 0, 1), STATUS_OK);
	says.blocks = 0;
	assert_int_equal(block_device_open(&disk, SERVER), STATUS_IO_ERROR);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {TEST(reads_and_writes), TEST(forgets), TEST(failures), TEST(refusals)};
	const int count = (int)(sizeof(tests) / sizeof(tests[0]));
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);

	(void)argc;
	(void)argv;
	printf("%d passed, %d failed\n", count - failed, failed);
	return failed != 0;
}
