/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The kernel log: stamps, positions, the ring's edge, text of programs, and who may read and write it. */
#include "../../lib/test/test.h"
#include <arch/host.h>
#include <kernel/boot.h>
#include <kernel/cap.h>
#include <kernel/log.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <string.h>

static uint64_t position; /* everything before it was read */
static char text[2 * LOG_BYTES];

static int setup(void **state)
{
	(void)state;
	host_kernel(64u << 20, 1, 16);
	log_console_release();
	(void)log_read(UINT64_MAX, (uint8_t *)text, 1, &position);
	return 0;
}

/* What was logged since, as a string. */
static const char *fresh(void)
{
	uint32_t length = log_read(position, (uint8_t *)text, sizeof text - 1, &position);
	text[length] = '\0';
	return text;
}

static bool stamped(const char *line)
{
	unsigned seconds, micros;
	int end = 0;
	return sscanf(line, "[%u.%6u] %n", &seconds, &micros, &end) == 2 && end >= 13;
}

static void lines_are_stamped(void **state)
{
	(void)state;
	log_print("one %d\ntwo", 1);
	log_print(" and %s\n", "more");
	const char *got = fresh();
	assert_true(stamped(got));
	assert_non_null(strstr(got, "] one 1\n["));
	assert_true(stamped(strchr(got, '\n') + 1));
	assert_non_null(strstr(got, "] two and more\n"));
	assert_string_equal(fresh(), "");
}

static void positions(void **state)
{
	(void)state;
	uint64_t start = position;
	uint8_t bytes[8];
	uint64_t next;
	log_print("0123456789\n");
	assert_int_equal(log_read(start, bytes, sizeof bytes, &next), 8);
	assert_int_equal(next, start + 8);
	const char *all = fresh();
	assert_memory_equal(bytes, all, 8);
	assert_int_equal(log_read(position, bytes, sizeof bytes, &next), 0);
	assert_int_equal(next, position);
	assert_int_equal(log_read(position + 100, bytes, sizeof bytes, &next), 0);
	assert_int_equal(next, position);
}

static void the_oldest_is_lost(void **state)
{
	(void)state;
	uint64_t start = position;
	for (uint32_t i = 0; i < 5000; i++)
		log_print("line %u\n", i);
	uint64_t next;
	uint32_t length = log_read(start, (uint8_t *)text, sizeof text - 1, &next);
	text[length] = '\0';
	assert_int_equal(length, LOG_BYTES);
	assert_true(next > start + LOG_BYTES);
	assert_non_null(strstr(text, "line 4999\n"));
	assert_null(strstr(text, "line 0\n"));
}

static void programs_cannot_forge(void **state)
{
	(void)state;
	static const uint8_t forged[] = "hello\n[  0.000001] KERNEL PANIC: no\n\x1b[2J\x7f\ttail";
	log_print("unfinished");
	log_write("liar", forged, sizeof forged - 1);
	const char *got = fresh();
	assert_non_null(strstr(got, "] unfinished\n["));
	assert_non_null(strstr(got, "] liar: hello\n["));
	assert_non_null(strstr(got, "] liar: [  0.000001] KERNEL PANIC: no\n["));
	assert_non_null(strstr(got, "] liar: ?[2J?\ttail\n"));
}

static void calls(void **state)
{
	(void)state;
	static struct message_page page;
	struct thread thread;
	uint32_t slot;
	handle_t both, reader;
	memset(&thread, 0, sizeof thread);
	assert_int_equal(object_take(OBJECT_PROCESS, NONE, &slot), STATUS_OK);
	strcpy(process_of(slot)->name, "prog");
	process_of(slot)->state = PROCESS_RUNNING;
	cap_window_init(slot);
	thread.process = slot;
	thread.window = &cap_table[cap_index(slot, 0)];
	thread.page = &page;
	assert_int_equal(cap_create(slot, OBJECT_LOG, 0, RIGHT_READ | RIGHT_WRITE, 0, &both), STATUS_OK);
	assert_int_equal(cap_create(slot, OBJECT_LOG, 0, RIGHT_READ, 0, &reader), STATUS_OK);
	memcpy(page.bulk, "from a program\n", 15);
	thread.regs.arg[0] = both;
	thread.regs.arg[1] = 15;
	assert_int_equal(sys_log_write(&thread), STATUS_OK);
	thread.regs.arg[1] = MESSAGE_BULK_SIZE + 1u;
	assert_int_equal(sys_log_write(&thread), STATUS_INVALID);
	thread.regs.arg[0] = reader;
	thread.regs.arg[1] = 15;
	assert_int_equal(sys_log_write(&thread), STATUS_DENIED);
	assert_int_equal(thread.regs.arg[1], RIGHT_WRITE);
	thread.regs.arg[1] = position;
	assert_int_equal(sys_log_read(&thread), STATUS_OK);
	assert_int_equal(thread.regs.arg[1], position + thread.regs.arg[2]);
	page.bulk[thread.regs.arg[2]] = '\0';
	assert_non_null(strstr((const char *)page.bulk, "] prog: from a program\n"));
}

static void words_of_the_command_line(void **state)
{
	(void)state;
	strcpy(boot_machine.command_line, "quiet  kernel.panic x=1");
	assert_true(boot_word("kernel.panic") && boot_word("quiet") && boot_word("x=1"));
	assert_false(boot_word("kernel.pan") || boot_word("kernel.panics") || boot_word("") || boot_word("x"));
	boot_machine.command_line[0] = '\0';
	assert_false(boot_word("quiet"));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(TEST(lines_are_stamped), TEST(positions), TEST(the_oldest_is_lost), TEST(programs_cannot_forge),
	  TEST(calls), TEST(words_of_the_command_line))
