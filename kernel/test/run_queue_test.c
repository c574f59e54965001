/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Run queues: order, both ends, removal from anywhere, what a thief may take; a random run against plain arrays. */
#include "../run_queue_priv.h"
#include "harness.h"

#define THREADS 40u

static struct run_queue *queue;

static int setup(void **state)
{
	(void)state;
	host_kernel(RAM_BYTES, 2, PROCESSES);
	queue = &run_queue_table[0];
	for (uint32_t i = 0; i < THREADS; i++) {
		struct thread *thread = &thread_table[i];
		memset(thread, 0, sizeof *thread);
		thread->slot = i;
		thread->wait = WAIT_WITH(0, THREAD_READY);
		thread->queue_cpu = CPU_NONE;
		thread->next = thread->previous = NONE;
		thread->affinity = UINT64_MAX;
	}
	return 0;
}

static struct thread *thread_of(uint32_t i, uint8_t priority)
{
	thread_table[i].priority = priority;
	return &thread_table[i];
}

static uint32_t take(void)
{
	struct thread *thread = run_queue_highest(queue);
	if (thread == NULL)
		return NONE;
	run_queue_remove(queue, thread);
	assert_int_equal(thread->queue_cpu, CPU_NONE);
	assert_true(run_queue_valid(queue, 0));
	return thread_slot(thread);
}

static void order(void **state)
{
	(void)state;
	run_queue_append(queue, 0, thread_of(0, 5));
	run_queue_append(queue, 0, thread_of(1, 31));
	run_queue_append(queue, 0, thread_of(2, 5));
	run_queue_append(queue, 0, thread_of(3, 0));
	run_queue_prepend(queue, 0, thread_of(4, 5));
	assert_int_equal(queue->ready_mask, 1u << 31 | 1u << 5 | 1u);
	assert_int_equal(queue->count, 5);
	assert_true(run_queue_valid(queue, 0));
	static const uint32_t expected[] = {1, 4, 0, 2, 3, NONE};
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(take(), expected[i]);
	assert_int_equal(queue->ready_mask, 0);
}

/* A priority that is raised while the thread is queued does not confuse its removal. */
static void removed_from_its_own_list(void **state)
{
	(void)state;
	run_queue_append(queue, 0, thread_of(0, 5));
	run_queue_append(queue, 0, thread_of(1, 5));
	thread_table[0].priority = 9;
	run_queue_remove(queue, &thread_table[0]);
	assert_int_equal(queue->ready_mask, 1u << 5);
	assert_int_equal(take(), 1);
	assert_int_equal(queue->count, 0);
}

static void movable(void **state)
{
	(void)state;
	assert_null(run_queue_movable(queue, 1));
	for (uint32_t i = 0; i < 4; i++)
		run_queue_append(queue, 0, thread_of(i, (uint8_t)(10 + i)));
	thread_table[3].affinity = 1;
	thread_table[2].affinity = 1u << 2;
	assert_int_equal(thread_slot(run_queue_movable(queue, 1)), 1); /* the best that may go there */
	assert_int_equal(thread_slot(run_queue_movable(queue, 2)), 2);
	thread_table[1].affinity = thread_table[0].affinity = 1;
	assert_null(run_queue_movable(queue, 1));
	/* It looks only so far into one priority. */
	for (uint32_t i = 0; i < RUN_QUEUE_LOOK; i++) {
		thread_table[10 + i].affinity = 1;
		run_queue_append(queue, 0, thread_of(10 + i, 20));
	}
	run_queue_append(queue, 0, thread_of(30, 20));
	assert_null(run_queue_movable(queue, 1));
	run_queue_remove(queue, &thread_table[12]);
	assert_int_equal(thread_slot(run_queue_movable(queue, 1)), 30);
	run_queue_append(queue, 0, thread_of(31, PRIORITY_COUNT - 1));
	assert_int_equal(thread_slot(run_queue_movable(queue, 1)), 31);
}

static void broken_is_seen(void **state)
{
	(void)state;
	run_queue_append(queue, 0, thread_of(0, 5));
	run_queue_append(queue, 0, thread_of(1, 5));
	assert_true(run_queue_valid(queue, 0));
	assert_false(run_queue_valid(queue, 1));
	thread_table[1].previous = NONE;
	assert_false(run_queue_valid(queue, 0));
	thread_table[1].previous = 0;
	queue->count = 3;
	assert_false(run_queue_valid(queue, 0));
	queue->count = 2;
	queue->ready_mask = 0;
	assert_false(run_queue_valid(queue, 0));
	queue->ready_mask = 1u << 5;
	thread_table[0].wait = WAIT_WITH(0, THREAD_RUNNING);
	assert_false(run_queue_valid(queue, 0));
	thread_table[0].wait = WAIT_WITH(0, THREAD_READY);
	assert_true(run_queue_valid(queue, 0));
}

/* The model: a stamp per thread; higher priority first, then the lower stamp. */
static void random_run(void **state)
{
	(void)state;
	uint64_t seed = 271828;
	int64_t stamp[THREADS];
	bool in[THREADS] = {false};
	int64_t newest = 0;
	int64_t oldest = 0;
	for (uint32_t step = 0; step < 20000; step++) {
		uint32_t i = (uint32_t)(test_random(&seed) % THREADS);
		if (in[i]) {
			run_queue_remove(queue, &thread_table[i]);
			in[i] = false;
		} else if (test_random(&seed) % 2u == 0) {
			run_queue_append(queue, 0, thread_of(i, (uint8_t)(test_random(&seed) % 32u)));
			stamp[i] = ++newest;
			in[i] = true;
		} else {
			run_queue_prepend(queue, 0, thread_of(i, (uint8_t)(test_random(&seed) % 32u)));
			stamp[i] = --oldest;
			in[i] = true;
		}
		uint32_t best = NONE;
		for (uint32_t other = 0; other < THREADS; other++)
			if (in[other] && (best == NONE || thread_table[other].priority > thread_table[best].priority ||
			                  (thread_table[other].priority == thread_table[best].priority &&
			                   stamp[other] < stamp[best])))
				best = other;
		struct thread *highest = run_queue_highest(queue);
		assert_int_equal(highest == NULL ? NONE : thread_slot(highest), best);
		assert_true(run_queue_valid(queue, 0));
	}
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(order), T(removed_from_its_own_list), T(movable), T(broken_is_seen), T(random_run))
