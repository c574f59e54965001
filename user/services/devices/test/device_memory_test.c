/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Memory that devices reach: the same for the same tag, in the device's space before its driver hears of it and out
 * of it before it is anybody else's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>

#include "../devices.h"
#include <os/info.h>
#include <os/panic.h>

#define RUNS 77u /* id of a process that runs */

struct message_page host_message_page;
static struct row row, other;
static status_t allow_status, withdraw_status, make_status;
static uint64_t allowed;  /* pages in the space of either */
static uint64_t made, dropped;

status_t confine_allow(struct row *of, uint64_t address, uint64_t pages)
{
	assert_true(of == &row || of == &other);
	assert_int_equal(address, made << 20);
	if (allow_status == STATUS_OK)
		allowed += pages;
	return allow_status;
}

status_t confine_withdraw(struct row *of, uint64_t address, uint64_t pages)
{
	assert_true(of == &row || of == &other);
	assert_int_equal(address % (1u << 20), 0);
	if (withdraw_status == STATUS_OK)
		allowed -= pages;
	return withdraw_status;
}

void host_syscall(uint64_t number, uint64_t regs[8])
{
	switch (number) {
	case SYSCALL_memory_contiguous:
		regs[0] = make_status;
		if (make_status != STATUS_OK)
			return;
		made++;
		regs[1] = 100u + made;
		regs[2] = made << 20;
		return;
	case SYSCALL_cap_drop:
		regs[0] = STATUS_OK;
		dropped++;
		return;
	default: fail_msg("system call %u", (unsigned)number);
	}
}

status_t info_read(handle_t monitor, enum info_kind what, uint64_t index, void *record, size_t bytes, uint64_t *out_next)
{
	(void)monitor;
	assert_int_equal(what, INFO_PROCESS);
	assert_int_equal(bytes, sizeof(struct info_process));
	if (index != 0)
		return STATUS_NOT_FOUND;
	((struct info_process *)record)->id = RUNS;
	*out_next = 1;
	return STATUS_OK;
}

handle_t startup_need(const char *name)
{
	(void)name;
	return 3;
}

void must_failed(const char *what, status_t status)
{
	fail_msg("%s: %u", what, (unsigned)status);
	abort();
}

static int setup(void **state)
{
	(void)state;
	allow_status = withdraw_status = make_status = STATUS_OK;
	return 0;
}

/* What a test leaves is forgotten, so that the next begins with nothing. */
static int teardown(void **state)
{
	(void)setup(state);
	for (uint64_t tag = 0; tag < 400; tag++) {
		(void)!memory_forget(&row, tag, false);
		(void)!memory_forget(&other, tag, false);
	}
	assert_int_equal(allowed, 0);
	assert_int_equal(made, dropped);
	return 0;
}

static status_t give(struct row *to, uint64_t tag, uint64_t pages, const struct memory_piece **out_piece)
{
	bool fresh;

	return memory_give(to, tag, pages, out_piece, &fresh);
}

static void test_same_for_a_tag(void **state)
{
	const struct memory_piece *piece, *again;
	bool fresh;

	(void)state;
	assert_int_equal(give(&row, 5, 0, &piece), STATUS_NOT_FOUND);
	assert_int_equal(memory_give(&row, 5, 3, &piece, &fresh), STATUS_OK);
	assert_true(fresh);
	assert_int_equal(memory_give(&row, 5, 3, &again, &fresh), STATUS_OK);
	assert_false(fresh);
	assert_ptr_equal(piece, again);
	assert_int_equal(give(&row, 5, 0, &again), STATUS_OK);
	assert_int_equal(give(&row, 5, 4, &again), STATUS_BUSY);
	assert_int_equal(give(&other, 5, 4, &again), STATUS_OK);
	assert_ptr_not_equal(piece, again);
	assert_int_equal(memory_pages(&row), 3);
	assert_int_equal(allowed, 7);
}

static void test_taken_back(void **state)
{
	const struct memory_piece *piece;
	uint64_t before = dropped;

	(void)state;
	assert_int_equal(give(&row, RUNS, 2, &piece), STATUS_OK);
	assert_int_equal(memory_forget(&row, RUNS, true), STATUS_BUSY);
	assert_int_equal(memory_forget(&other, RUNS, false), STATUS_NOT_FOUND);
	/* As long as the device may reach it, it is nobody else's. */
	withdraw_status = STATUS_IO_ERROR;
	assert_int_equal(memory_forget(&row, RUNS, false), STATUS_IO_ERROR);
	assert_int_equal(dropped, before);
	assert_int_equal(memory_pages(&row), 2);
	withdraw_status = STATUS_OK;
	assert_int_equal(memory_forget(&row, RUNS, false), STATUS_OK);
	assert_int_equal(dropped, before + 1u);
	assert_int_equal(allowed, 0);
}

static void test_refused(void **state)
{
	const struct memory_piece *piece;
	uint64_t before = dropped;

	(void)state;
	make_status = STATUS_QUOTA;
	assert_int_equal(give(&row, 1, 2, &piece), STATUS_QUOTA);
	make_status = STATUS_OK;
	allow_status = STATUS_NO_MEMORY;
	assert_int_equal(give(&row, 1, 2, &piece), STATUS_NO_MEMORY);
	assert_int_equal(dropped, before + 1u);
	assert_int_equal(memory_pages(&row), 0);
}

static void test_bounds(void **state)
{
	const struct memory_piece *piece;

	(void)state;
	for (uint64_t tag = 0; tag < ROW_MEMORY_MAX; tag++)
		assert_int_equal(give(&row, tag, 1, &piece), STATUS_OK);
	assert_int_equal(give(&row, ROW_MEMORY_MAX, 1, &piece), STATUS_TABLE_FULL);
	assert_int_equal(give(&other, 0, 1, &piece), STATUS_OK);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {T(test_same_for_a_tag), T(test_taken_back), T(test_refused), T(test_bounds)};

	(void)argc;
	(void)argv;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
