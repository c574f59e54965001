/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Locks: their tickets, and what the debug build's look at their order refuses. */
#include "../../lib/test/test.h"
#include <arch/host.h>
#include <kernel/cpu.h>
#include <kernel/lock.h>
#include <kernel/log.h>
#include <string.h>

static struct lock first, second, third;

static int setup(void **state)
{
	(void)state;
	host_kernel(64u << 20, 2, 16);
	first = second = third = (struct lock){0};
	return 0;
}

static void expect_last_words(const char *sentence)
{
	static uint8_t text[LOG_BYTES + 1u];
	uint64_t next;
	uint32_t length = log_read(0, text, LOG_BYTES, &next);
	text[length] = '\0';
	if (strstr((const char *)text, sentence) == NULL)
		fail_msg("expected '%s' in:\n%s", sentence, (const char *)text);
}

static void in_order(void **state)
{
	(void)state;
	lock_acquire(&first, LOCK_PROCESS);
	lock_acquire(&second, LOCK_CAP);
	lock_acquire(&third, LOCK_FRAME);
	assert_true(lock_debug_held(&first) && lock_debug_held(&second) && lock_debug_held(&third));
	/* The last one taken need not be the first one given back. */
	lock_release(&first, LOCK_PROCESS);
	assert_false(lock_debug_held(&first));
	assert_true(lock_debug_held(&second) && lock_debug_held(&third));
	lock_release(&third, LOCK_FRAME);
	lock_release(&second, LOCK_CAP);
	assert_false(lock_debug_held(&second) || lock_debug_held(&third));
	assert_int_equal(first.next, 1);
	assert_int_equal(first.serving, 1);
}

/* A lock is its CPU's. */
static void held_by_another(void **state)
{
	(void)state;
	lock_acquire(&first, LOCK_PROCESS);
	host_cpu = &cpu_table[1];
	assert_false(lock_debug_held(&first));
}

static void tickets(void **state)
{
	(void)state;
	assert_true(lock_try(&first, LOCK_PROCESS));
	assert_false(lock_try(&first, LOCK_PROCESS));
	host_cpu = &cpu_table[1];
	uint32_t ticket = lock_draw(&first, LOCK_PROCESS);
	assert_false(lock_serves(&first, ticket));
	host_cpu = &cpu_table[0];
	lock_release(&first, LOCK_PROCESS);
	assert_true(lock_serves(&first, ticket));
	assert_false(lock_try(&first, LOCK_PROCESS)); /* it is somebody else's turn */
}

static void backwards(void)
{
	lock_acquire(&first, LOCK_FRAME);
	lock_acquire(&second, LOCK_CAP);
}

static void twice_the_rank(void)
{
	lock_acquire(&first, LOCK_ENDPOINT);
	lock_acquire(&second, LOCK_ENDPOINT);
}

static void not_held(void)
{
	lock_acquire(&first, LOCK_PROCESS);
	lock_release(&second, LOCK_CAP);
}

static void too_many(void)
{
	static struct lock locks[LOCK_AUDIT];
	for (uint32_t rank = LOCK_PROCESS; rank <= LOCK_AUDIT; rank++)
		lock_acquire(&locks[rank - 1u], (enum lock_rank)rank);
}

static void out_of_order(void **state)
{
	(void)state;
	assert_true(host_stops(backwards));
	expect_last_words("KERNEL PANIC: lock order: rank 2 at ");
}

static void of_the_same_rank(void **state)
{
	(void)state;
	assert_true(host_stops(twice_the_rank));
	expect_last_words("KERNEL PANIC: lock order: rank 4 at ");
}

static void released_by_a_stranger(void **state)
{
	(void)state;
	assert_true(host_stops(not_held));
	expect_last_words("released by a CPU that does not hold it");
}

static void more_than_the_stack_holds(void **state)
{
	(void)state;
	assert_true(host_stops(too_many));
	expect_last_words("more than 8 locks held");
}

/* As long as no CPU knows itself there is no order to look at. */
static void before_the_first_cpu(void **state)
{
	(void)state;
	cpu_table[0].online = 0;
	assert_false(host_stops(backwards));
	assert_true(lock_debug_held(&third));
	lock_release(&second, LOCK_CAP);
	lock_release(&first, LOCK_FRAME);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(TEST(in_order), TEST(held_by_another), TEST(tickets), TEST(out_of_order), TEST(of_the_same_rank),
          TEST(released_by_a_stranger), TEST(more_than_the_stack_holds), TEST(before_the_first_cpu))
