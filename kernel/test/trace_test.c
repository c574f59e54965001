/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Trace rings: order across CPUs, what is overwritten, the mask, and who may set it. */
#include "../../lib/test/test.h"
#include <arch/host.h>
#include <kernel/cap.h>
#include <kernel/info.h>
#include <kernel/log.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/trace.h>
#include <string.h>

static uint64_t start; /* sequence number of the next event */

static int setup(void **state)
{
	struct trace_event event;
	(void)state;
	host_kernel(64u << 20, 2, 16);
	trace_init(2);
	log_console_release();
	trace_mask = TRACE_MASK_ALL;
	for (start = 1; trace_read(start, &event, &start);)
		continue;
	return 0;
}

static void order_across_cpus(void **state)
{
	(void)state;
	struct trace_event event;
	uint64_t next = start;
	for (uint32_t i = 0; i < 100; i++) {
		host_cpu = &cpu_table[i % 3u == 0 ? 1 : 0];
		TRACE_EVENT(TRACE_WAKE, i, i + 1u);
	}
	for (uint32_t i = 0; i < 100; i++) {
		assert_true(trace_read(next, &event, &next));
		assert_int_equal(event.kind, TRACE_WAKE);
		assert_int_equal(event.a, i);
		assert_int_equal(event.b, i + 1);
		assert_int_equal(event.cpu, i % 3u == 0 ? 1 : 0);
		assert_int_equal(next, start + i + 1);
	}
	assert_false(trace_read(next, &event, &next));
}

static void the_oldest_is_lost(void **state)
{
	(void)state;
	struct trace_event event;
	uint64_t next = start;
	for (uint32_t i = 0; i < 3u * TRACE_EVENTS; i++)
		TRACE_EVENT(TRACE_IRQ, i, 0);
	assert_true(trace_read(start, &event, &next));
	assert_int_equal(event.a, 2u * TRACE_EVENTS);
	assert_int_equal(next, start + 2u * TRACE_EVENTS + 1u); /* the gap shows */
}

static void mask(void **state)
{
	(void)state;
	struct trace_event event;
	uint64_t next;
	trace_mask = 1ull << TRACE_FAULT;
	TRACE_EVENT(TRACE_WAKE, 1, 1);
	TRACE_EVENT(TRACE_FAULT, 2, 2);
	assert_true(trace_read(start, &event, &next));
	assert_int_equal(event.kind, TRACE_FAULT);
	assert_false(trace_read(next, &event, &next));
}

static void control(void **state)
{
	(void)state;
	struct thread thread;
	uint32_t slot;
	handle_t full, weak;
	memset(&thread, 0, sizeof thread);
	assert_int_equal(object_take(OBJECT_PROCESS, NONE, &slot), STATUS_OK);
	process_of(slot)->state = PROCESS_RUNNING;
	cap_window_init(slot);
	thread.process = slot;
	thread.window = &cap_table[cap_index(slot, 0)];
	assert_int_equal(cap_create(slot, OBJECT_MONITOR, 0, RIGHTS_ALL, 0, &full), STATUS_OK);
	assert_int_equal(cap_create(slot, OBJECT_MONITOR, 0, RIGHT_INSPECT, 0, &weak), STATUS_OK);
	thread.regs.arg[0] = full;
	thread.regs.arg[1] = 1ull << TRACE_IPI;
	assert_int_equal(sys_trace_control(&thread), STATUS_OK);
	assert_int_equal(trace_mask, 1ull << TRACE_IPI);
	thread.regs.arg[1] = TRACE_MASK_ALL + 1u;
	assert_int_equal(sys_trace_control(&thread), STATUS_INVALID);
	thread.regs.arg[0] = weak;
	thread.regs.arg[1] = 0;
	assert_int_equal(sys_trace_control(&thread), STATUS_DENIED);
	assert_int_equal(thread.regs.arg[1], RIGHT_MANAGE);
	assert_int_equal(trace_mask, 1ull << TRACE_IPI);
}

/* The records that need nothing but tables. */
static void info_records(void **state)
{
	(void)state;
	uint8_t record[INFO_RECORD_MAX] CC_ALIGNED(8);
	const struct info_table *table = (const void *)record;
	uint32_t bytes;
	uint32_t count = 0;
	uint64_t next = 0;
	while (info_fill(INFO_TABLE, next, record, &bytes, &next) == STATUS_OK) {
		assert_int_equal(bytes, sizeof(struct info_table));
		assert_true(table->capacity > 0 && table->used <= table->capacity && table->name[0] != '\0');
		count++;
	}
	assert_int_equal(count, 12);
	assert_int_equal(info_fill(INFO_CPU, 2, record, &bytes, &next), STATUS_NOT_FOUND);
	assert_int_equal(info_fill(INFO_CPU, 1, record, &bytes, &next), STATUS_OK);
	assert_int_equal(next, 2);
	assert_int_equal(info_fill(INFO_CAPABILITY + 1, 0, record, &bytes, &next), STATUS_INVALID);
	assert_int_equal(info_fill(1ull << 32, 0, record, &bytes, &next), STATUS_INVALID);
	assert_int_equal(info_fill(INFO_IRQ, UINT64_MAX, record, &bytes, &next), STATUS_NOT_FOUND);
	assert_int_equal(info_fill(INFO_PROCESS, UINT64_MAX, record, &bytes, &next), STATUS_NOT_FOUND);
	assert_int_equal(info_fill(INFO_TABLE, UINT64_MAX, record, &bytes, &next), STATUS_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(TEST(order_across_cpus), TEST(the_oldest_is_lost), TEST(mask), TEST(control), TEST(info_records))
