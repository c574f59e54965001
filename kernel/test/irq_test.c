/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Interrupt lines: claimed by one, delivered to its notification, silent when nobody has them. */
#include "../../lib/test/test.h"
#include <arch/host.h>
#include <kernel/cap.h>
#include <kernel/info.h>
#include <kernel/irq.h>
#include <kernel/notification.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <string.h>

static struct thread thread;
static handle_t devices, notification;
static uint32_t notification_slot;

static int setup(void **state)
{
	uint32_t slot;
	(void)state;
	host_kernel(64u << 20, 1, 16);
	memset(&thread, 0, sizeof thread);
	assert_int_equal(object_take(OBJECT_PROCESS, NONE, &slot), STATUS_OK);
	process_of(slot)->state = PROCESS_RUNNING;
	process_of(slot)->objects = 0;
	process_of(slot)->objects_limit = 10;
	cap_window_init(slot);
	thread.process = slot;
	thread.window = &cap_table[cap_index(slot, 0)];
	assert_int_equal(cap_create(slot, OBJECT_DEVICES, 0, RIGHTS_ALL, 0, &devices), STATUS_OK);
	assert_int_equal(sys_notification_create(&thread), STATUS_OK);
	notification = thread.regs.arg[1];
	notification_slot = cap_table[cap_index(slot, HANDLE_SLOT(notification))].object;
	return 0;
}

/* Everything goes with the process, the lines too. */
static int teardown(void **state)
{
	uint64_t count;
	uint32_t slot;
	(void)state;
	process_of(thread.process)->state = PROCESS_DYING;
	while (!cap_window_clear_some(thread.process, 4))
		continue;
	for (uint32_t number = 0; irq_line_get(number, &count, &slot); number++)
		assert_int_equal(slot, NONE);
	assert_int_equal(host_messages_routed, 0);
	assert_int_equal(object_tables[OBJECT_IRQ].used, 0);
	assert_int_equal(object_tables[OBJECT_NOTIFICATION].used, 0);
	return 0;
}

static status_t call(status_t (*function)(struct thread *), uint64_t a, uint64_t b, uint64_t c)
{
	thread.regs.arg[0] = a;
	thread.regs.arg[1] = b;
	thread.regs.arg[2] = c;
	return function(&thread);
}

static handle_t claim(uint32_t number)
{
	assert_int_equal(call(sys_irq_create, devices, number, IRQ_TRIGGER_LEVEL), STATUS_OK);
	return thread.regs.arg[1];
}

static uint64_t bits(void)
{
	return __atomic_exchange_n(&notification_table[notification_slot].bits, 0u, __ATOMIC_RELAXED);
}

static void exclusive(void **state)
{
	(void)state;
	handle_t irq = claim(9);
	assert_int_equal(call(sys_irq_create, devices, 9, IRQ_TRIGGER_EDGE), STATUS_BUSY);
	assert_int_equal(process_of(thread.process)->objects, 2);
	(void)claim(10);
	assert_true(irq_valid());
	assert_int_equal(call(sys_cap_drop, irq, 0, 0), STATUS_OK);
	(void)claim(9);
	assert_true(irq_valid() && cap_valid());
}

static void arguments(void **state)
{
	(void)state;
	handle_t irq = claim(9);
	handle_t weak;
	assert_int_equal(call(sys_irq_create, devices, arch_irq_count(), 0), STATUS_INVALID);
	assert_int_equal(call(sys_irq_create, devices, UINT64_MAX, 0), STATUS_INVALID);
	assert_int_equal(call(sys_irq_create, devices, 1ull << 32 | 5u, 0), STATUS_INVALID);
	assert_int_equal(call(sys_irq_create, devices, 11, 3), STATUS_INVALID);
	assert_int_equal(call(sys_irq_create, irq, 11, 0), STATUS_WRONG_TYPE);
	assert_int_equal(call(sys_irq_ack, irq, 0, 0), STATUS_INVALID); /* not bound */
	assert_int_equal(call(sys_irq_bind, irq, notification, 0), STATUS_INVALID);
	assert_int_equal(call(sys_irq_bind, irq, irq, 1), STATUS_WRONG_TYPE);
	assert_int_equal(call(sys_irq_bind, notification, notification, 1), STATUS_WRONG_TYPE);
	assert_int_equal(call(sys_cap_mint, irq, RIGHT_INSPECT, 0), STATUS_OK);
	weak = thread.regs.arg[1];
	assert_int_equal(call(sys_irq_bind, weak, notification, 1), STATUS_DENIED);
	assert_int_equal(thread.regs.arg[1], RIGHT_MANAGE);
	assert_int_equal(irq_table[0].object.references, 2);
}

static void delivery(void **state)
{
	(void)state;
	uint64_t count;
	uint64_t before;
	uint32_t slot;
	handle_t irq = claim(9);
	assert_true(irq_line_get(9, &before, &slot));
	trap_irq(9);
	assert_int_equal(bits(), 0); /* nobody is bound */
	assert_int_equal(call(sys_irq_bind, irq, notification, 4), STATUS_OK);
	trap_irq(9);
	assert_int_equal(bits(), 4);
	assert_int_equal(call(sys_irq_ack, irq, 0, 0), STATUS_OK);
	trap_irq(10);
	trap_irq(IRQ_NUMBERS_MAX + 5u);
	assert_int_equal(bits(), 0);
	assert_true(irq_line_get(9, &count, &slot));
	assert_int_equal(count, before + 2);
	assert_true(slot != NONE);
	assert_true(irq_line_get(arch_irq_count() + HOST_MESSAGES - 1u, &count, &slot));
	assert_false(irq_line_get(arch_irq_count() + HOST_MESSAGES, &count, &slot));
}

/* ---- messages ---- */

static handle_t message(uint32_t requester)
{
	assert_int_equal(call(sys_irq_message, devices, requester, 0), STATUS_OK);
	return thread.regs.arg[1];
}

/* An irq like any other: the pair that is returned names its number and this CPU. */
static void messages(void **state)
{
	(void)state;
	handle_t a = message(0x0108);
	assert_int_equal(thread.regs.arg[2], HOST_MESSAGE_ADDRESS);
	uint32_t number = (uint32_t)thread.regs.arg[3];
	assert_int_equal(number, arch_irq_count());
	handle_t b = message(0x0108);
	assert_int_equal(thread.regs.arg[3], number + 1u);
	assert_int_equal(host_messages_routed, 2);
	trap_irq(number); /* nobody waits for it yet */
	assert_int_equal(call(sys_irq_bind, a, notification, 1), STATUS_OK);
	assert_int_equal(call(sys_irq_bind, b, notification, 2), STATUS_OK);
	trap_irq(number);
	assert_int_equal(bits(), 1);
	assert_int_equal(call(sys_irq_ack, a, 0, 0), STATUS_OK);
	trap_irq(number + 1u);
	assert_int_equal(bits(), 2);
	uint64_t count;
	uint32_t slot;
	assert_true(irq_line_get(number, &count, &slot));
	assert_int_equal(count, 2);
	assert_true(irq_valid());
}

static void message_arguments(void **state)
{
	(void)state;
	assert_int_equal(call(sys_irq_message, notification, 0, 0), STATUS_WRONG_TYPE);
	assert_int_equal(call(sys_cap_mint, devices, RIGHT_GRANT, 0), STATUS_OK);
	assert_int_equal(call(sys_irq_message, thread.regs.arg[1], 0, 0), STATUS_DENIED);
	assert_int_equal(thread.regs.arg[1], RIGHT_MANAGE);
	assert_int_equal(call(sys_irq_message, devices, 0x10000, 0), STATUS_INVALID);
	assert_int_equal(call(sys_irq_message, devices, UINT64_MAX, 0), STATUS_INVALID);
	assert_int_equal(call(sys_irq_message, devices, HOST_BUSES << 8, 0), STATUS_UNSUPPORTED);
	/* A message is nobody's line. */
	assert_int_equal(call(sys_irq_create, devices, arch_irq_count(), 0), STATUS_INVALID);
	host_messages = 0;
	assert_int_equal(call(sys_irq_message, devices, 0, 0), STATUS_UNSUPPORTED);
	assert_int_equal(process_of(thread.process)->objects, 1); /* the notification */
}

/* All of them, one too many, and each free again with its object: a late one then wakes nobody. */
static void messages_run_out(void **state)
{
	(void)state;
	handle_t irqs[HOST_MESSAGES];
	process_of(thread.process)->objects_limit = 100;
	for (uint32_t i = 0; i < HOST_MESSAGES; i++)
		irqs[i] = message(i);
	assert_int_equal(call(sys_irq_message, devices, 1, 0), STATUS_TABLE_FULL);
	assert_int_equal(process_of(thread.process)->objects, 1 + HOST_MESSAGES);
	assert_int_equal(call(sys_irq_bind, irqs[5], notification, 4), STATUS_OK);
	trap_irq(arch_irq_count() + 5u);
	assert_int_equal(bits(), 4);
	assert_int_equal(call(sys_cap_drop, irqs[5], 0, 0), STATUS_OK);
	assert_int_equal(host_messages_routed, HOST_MESSAGES - 1u);
	trap_irq(arch_irq_count() + 5u);
	assert_int_equal(bits(), 0);
	irqs[5] = message(77);
	assert_int_equal(thread.regs.arg[3], arch_irq_count() + 5u);
	uint64_t count;
	uint32_t slot;
	assert_true(irq_line_get(arch_irq_count() + 5u, &count, &slot));
	assert_int_equal(count, 0); /* what it was before is not this one's */
	assert_int_equal(process_of(thread.process)->objects, 1 + HOST_MESSAGES);
	process_of(thread.process)->objects_limit = 1 + HOST_MESSAGES;
	assert_int_equal(call(sys_irq_message, devices, 1, 0), STATUS_QUOTA);
	assert_true(irq_valid() && cap_valid());
}

static void rebinding_and_end(void **state)
{
	(void)state;
	handle_t irq = claim(9);
	assert_int_equal(call(sys_cap_mint, notification, RIGHTS_ALL, 32), STATUS_OK);
	handle_t badged = thread.regs.arg[1];
	assert_int_equal(call(sys_irq_bind, irq, notification, 4), STATUS_OK);
	assert_int_equal(call(sys_irq_bind, irq, badged, 1), STATUS_OK);
	assert_int_equal(notification_table[notification_slot].object.references, 3);
	trap_irq(9);
	assert_int_equal(bits(), 32); /* the badge, not the wish */
	assert_int_equal(call(sys_cap_drop, irq, 0, 0), STATUS_OK);
	assert_int_equal(notification_table[notification_slot].object.references, 2);
	trap_irq(9);
	assert_int_equal(bits(), 0);
	assert_int_equal(call(sys_irq_ack, irq, 0, 0), STATUS_BAD_HANDLE);
	assert_true(irq_valid());
}

/* Claimed by one process, used by another: shown is who uses it. */
static void shown_is_who_bound_it(void **state)
{
	uint8_t record[INFO_RECORD_MAX];
	struct info_irq info;
	uint32_t bytes;
	uint64_t next;
	(void)state;
	handle_t irq = claim(9);
	process_of(thread.process)->id = 40;
	assert_int_equal(info_fill(INFO_IRQ, 9, record, &bytes, &next), STATUS_OK);
	memcpy(&info, record, sizeof info);
	assert_int_equal(info.owner, 40);
	process_of(thread.process)->id = 41; /* as if it were the driver's thread */
	assert_int_equal(call(sys_irq_bind, irq, notification, 4), STATUS_OK);
	process_of(thread.process)->id = 40;
	assert_int_equal(info_fill(INFO_IRQ, 9, record, &bytes, &next), STATUS_OK);
	memcpy(&info, record, sizeof info);
	assert_int_equal(info.number, 9);
	assert_int_equal(info.owner, 41);
	assert_int_equal(call(sys_cap_drop, irq, 0, 0), STATUS_OK);
	(void)claim(9);
	assert_int_equal(info_fill(INFO_IRQ, 9, record, &bytes, &next), STATUS_OK);
	memcpy(&info, record, sizeof info);
	assert_int_equal(info.owner, 40);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
TEST_MAIN(TEST(messages), TEST(message_arguments), TEST(messages_run_out), TEST(exclusive), TEST(arguments), TEST(delivery), TEST(rebinding_and_end), TEST(shown_is_who_bound_it))
