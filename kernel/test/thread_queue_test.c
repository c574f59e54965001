/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lists of threads: every step, at both ends and in the middle, against a plain array; two lists do not mix. */
#include "../../lib/test/test.h"
#include "../thread_queue.h"
#include <string.h>

#define THREADS 12u
#define OBJECT 5u

/* A list, and what is to be in it. */
static struct {
	uint32_t head, tail;
	uint32_t count, slots[THREADS];
} lists[2];

static int setup(void **state)
{
	(void)state;
	memset(lists, 0, sizeof lists);
	for (uint32_t i = 0; i < 2; i++)
		lists[i].head = lists[i].tail = NONE;
	for (uint32_t i = 0; i < THREADS; i++) {
		memset(&thread_table[i], 0, sizeof thread_table[i]);
		thread_table[i].slot = i;
		thread_table[i].wait = WAIT_WITH(0, THREAD_SENDING);
		thread_table[i].wait_object = OBJECT;
		thread_table[i].next = thread_table[i].previous = 1000 + i; /* left over */
	}
	return 0;
}

static void check(void)
{
	for (uint32_t i = 0; i < 2; i++) {
		const uint32_t count = lists[i].count;
		assert_int_equal(lists[i].head, count == 0 ? NONE : lists[i].slots[0]);
		assert_int_equal(lists[i].tail, count == 0 ? NONE : lists[i].slots[count - 1]);
		for (uint32_t at = 0; at < count; at++) {
			const struct thread *thread = &thread_table[lists[i].slots[at]];
			assert_int_equal(thread->previous, at == 0 ? NONE : lists[i].slots[at - 1]);
			assert_int_equal(thread->next, at + 1 == count ? NONE : lists[i].slots[at + 1]);
		}
		assert_true(thread_queue_valid(lists[i].head, lists[i].tail, THREAD_SENDING, OBJECT));
	}
}

static void insert(uint32_t list, uint32_t at, uint32_t slot)
{
	memmove(&lists[list].slots[at + 1], &lists[list].slots[at], (lists[list].count - at) * sizeof(uint32_t));
	lists[list].slots[at] = slot;
	lists[list].count++;
}

static void append(uint32_t list, uint32_t slot)
{
	thread_queue_append(&lists[list].head, &lists[list].tail, &thread_table[slot]);
	insert(list, lists[list].count, slot);
	check();
}

static void prepend(uint32_t list, uint32_t slot)
{
	thread_queue_prepend(&lists[list].head, &lists[list].tail, &thread_table[slot]);
	insert(list, 0, slot);
	check();
}

static void taken(uint32_t list, uint32_t at)
{
	lists[list].count--;
	memmove(&lists[list].slots[at], &lists[list].slots[at + 1], (lists[list].count - at) * sizeof(uint32_t));
	check();
}

static void take(uint32_t list, uint32_t at)
{
	thread_queue_remove(&lists[list].head, &lists[list].tail, &thread_table[lists[list].slots[at]]);
	taken(list, at);
}

static void take_first(uint32_t list)
{
	thread_queue_remove_first(&lists[list].head, &lists[list].tail, &thread_table[lists[list].head]);
	taken(list, 0);
}

static void each_place(void **state)
{
	for (uint32_t count = 1; count <= 4; count++) {
		for (uint32_t at = 0; at < count; at++) {
			(void)setup(state);
			for (uint32_t slot = 0; slot < count; slot++)
				append(0, slot);
			take(0, at);
			while (lists[0].count != 0)
				take_first(0);
		}
	}
}

static void both_ends(void **state)
{
	(void)state;
	prepend(0, 3);
	append(0, 0);
	prepend(0, 2);
	append(1, 1);
	take(0, 1);
	prepend(1, 3);
	take_first(1);
	take_first(1);
	assert_int_equal(lists[0].head, 2);
	assert_int_equal(lists[0].tail, 0);
}

static void random_run(void **state)
{
	uint64_t seed = 314159;
	bool in[THREADS] = {false};

	(void)state;
	for (uint32_t step = 0; step < 20000; step++) {
		const uint32_t slot = (uint32_t)(test_random(&seed) % THREADS);
		const uint32_t list = (uint32_t)(test_random(&seed) % 2u);
		if (!in[slot]) {
			(test_random(&seed) % 2u != 0 ? append : prepend)(list, slot);
			in[slot] = true;
		} else if (lists[list].count != 0) {
			const uint32_t at = (uint32_t)(test_random(&seed) % lists[list].count);
			in[lists[list].slots[at]] = false;
			if (at == 0 && test_random(&seed) % 2u != 0)
				take_first(list);
			else
				take(list, at);
		}
	}
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(each_place), T(both_ends), T(random_run))
