/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Slot tables and the lives of objects: stale generations, quotas, references, retirement. */
#include "../../lib/test/test.h"
#include <arch/host.h>
#include <kernel/endpoint.h>
#include <kernel/notification.h>
#include <kernel/object.h>
#include <kernel/process.h>

static uint32_t owner;

static int setup(void **state)
{
	(void)state;
	host_kernel(64u << 20, 1, 16);
	assert_int_equal(object_take(OBJECT_PROCESS, NONE, &owner), STATUS_OK);
	process_of(owner)->objects = 0;
	process_of(owner)->objects_limit = 10;
	return 0;
}

/* An entry as a kernel-internal table has them. */
struct entry {
	struct object object;
	uint64_t payload;
};
static struct entry entries[8];

static void table_cycle(void **state)
{
	(void)state;
	struct table table = {.name = "entries"};
	uint32_t slots[8];
	uint32_t slot = 99;
	table_init(&table, &entries[0].object, sizeof entries[0], 8);
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(table_take(&table, NONE, &slots[i]), STATUS_OK);
		assert_int_equal(slots[i], i);
		assert_int_equal(entries[i].object.generation % 2u, 1);
		assert_int_equal(entries[i].object.references, 1);
		assert_int_equal(entries[i].object.owner, NONE);
	}
	assert_int_equal(table_take(&table, NONE, &slot), STATUS_TABLE_FULL);
	assert_int_equal(slot, 99);
	assert_int_equal(table.used, 8);
	uint32_t before = entries[3].object.generation;
	table_give(&table, 3);
	table_give(&table, 5);
	assert_true(table_valid(&table));
	assert_int_equal(table_take(&table, NONE, &slot), STATUS_OK);
	assert_int_equal(slot, 5);
	assert_int_equal(table_take(&table, NONE, &slot), STATUS_OK);
	assert_int_equal(slot, 3);
	assert_int_equal(entries[3].object.generation, before + 2);
	assert_true(table_valid(&table));
}

static void table_retires(void **state)
{
	(void)state;
	struct table table = {.name = "entries"};
	uint32_t slot;
	table_init(&table, &entries[0].object, sizeof entries[0], 1);
	entries[0].object.generation = GENERATION_RETIRED - 2u;
	assert_int_equal(table_take(&table, NONE, &slot), STATUS_OK);
	table_give(&table, slot);
	assert_int_equal(entries[0].object.generation, GENERATION_RETIRED);
	assert_int_equal(table_take(&table, NONE, &slot), STATUS_TABLE_FULL);
	assert_true(table_valid(&table));
}

static void table_valid_sees_damage(void **state)
{
	(void)state;
	struct table table = {.name = "entries"};
	uint32_t slot;
	table_init(&table, &entries[0].object, sizeof entries[0], 8);
	for (uint32_t i = 0; i < 8; i++) {
		entries[i].object.generation = 0;
		assert_int_equal(table_take(&table, NONE, &slot), STATUS_OK);
	}
	table_give(&table, 1);
	table_give(&table, 2);
	entries[1].object.next_free = 2; /* a circle */
	assert_false(table_valid(&table));
	entries[1].object.next_free = NONE;
	assert_true(table_valid(&table));
	entries[2].object.generation++; /* live on the free list */
	assert_false(table_valid(&table));
}

static uint32_t take(void)
{
	uint32_t slot;
	assert_int_equal(object_take(OBJECT_NOTIFICATION, owner, &slot), STATUS_OK);
	notification_table[slot].endpoint = NONE;
	notification_table[slot].waiter_head = NONE;
	notification_table[slot].waiter_tail = NONE;
	notification_table[slot].timer.cpu = CPU_NONE;
	return slot;
}

static void quota(void **state)
{
	(void)state;
	uint32_t slots[10];
	uint32_t slot;
	for (uint32_t i = 0; i < 10; i++)
		slots[i] = take();
	assert_int_equal(object_take(OBJECT_NOTIFICATION, owner, &slot), STATUS_QUOTA);
	assert_int_equal(process_of(owner)->objects, 10);
	object_release(OBJECT_NOTIFICATION, slots[4]);
	assert_int_equal(process_of(owner)->objects, 9);
	assert_int_equal(take(), slots[4]);
}

static void quota_survives_a_full_table(void **state)
{
	(void)state;
	uint32_t slot;
	process_of(owner)->objects_limit = 100000;
	uint32_t capacity = object_tables[OBJECT_NOTIFICATION].capacity;
	for (uint32_t i = 0; i < capacity; i++)
		(void)take();
	assert_int_equal(object_take(OBJECT_NOTIFICATION, owner, &slot), STATUS_TABLE_FULL);
	assert_int_equal(process_of(owner)->objects, capacity);
}

static void references(void **state)
{
	(void)state;
	uint32_t slot = take();
	uint32_t generation = notification_table[slot].object.generation;
	object_retain(OBJECT_NOTIFICATION, slot);
	assert_true(object_retain_if(OBJECT_NOTIFICATION, slot, generation));
	assert_false(object_retain_if(OBJECT_NOTIFICATION, slot, generation + 2));
	assert_int_equal(notification_table[slot].object.references, 3);
	object_release(OBJECT_NOTIFICATION, slot);
	object_release(OBJECT_NOTIFICATION, slot);
	assert_int_equal(notification_table[slot].object.generation, generation);
	object_release(OBJECT_NOTIFICATION, slot);
	assert_int_equal(notification_table[slot].object.generation, generation + 1);
	assert_false(object_retain_if(OBJECT_NOTIFICATION, slot, generation));
	assert_false(object_retain_if(OBJECT_NOTIFICATION, slot, generation + 1));
}

/* The payer is gone and its slot has a new tenant: nothing is paid back to a stranger. */
static void owner_is_gone(void **state)
{
	(void)state;
	uint32_t slot = take();
	uint32_t tenant;
	process_of(owner)->state = PROCESS_DEAD;
	object_release(OBJECT_PROCESS, owner);
	assert_int_equal(object_take(OBJECT_PROCESS, NONE, &tenant), STATUS_OK);
	assert_int_equal(tenant, owner);
	process_of(tenant)->objects = 5;
	object_release(OBJECT_NOTIFICATION, slot);
	assert_int_equal(process_of(tenant)->objects, 5);
}

static void singletons(void **state)
{
	(void)state;
	assert_true(object_is_singleton(OBJECT_FACTORY) && object_is_singleton(OBJECT_POLICY));
	assert_false(object_is_singleton(OBJECT_IMAGE));
	assert_int_equal(object_header(OBJECT_LOG, 0)->generation, 1);
	object_retain(OBJECT_LOG, 0);
	object_release(OBJECT_LOG, 0);
	object_release(OBJECT_LOG, 0);
	assert_int_equal(object_header(OBJECT_LOG, 0)->references, 1);
	assert_string_equal(object_type_name(OBJECT_DEVICES), "device-authority");
	assert_string_equal(object_type_name((enum object_type)12), "unknown");
}

static void headers_are_where_the_tables_say(void **state)
{
	(void)state;
	assert_ptr_equal(object_header(OBJECT_THREAD, 3), &thread_table[3].object);
	assert_ptr_equal(object_header(OBJECT_ENDPOINT, 7), &endpoint_table[7].object);
	assert_ptr_equal(table_header(&queued_slots, 2), &queued_table[2].object);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(TEST(table_cycle), TEST(table_retires), TEST(table_valid_sees_damage), TEST(quota),
	  TEST(quota_survives_a_full_table), TEST(references), TEST(owner_is_gone), TEST(singletons),
	  TEST(headers_are_where_the_tables_say))
