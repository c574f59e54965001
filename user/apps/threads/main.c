/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Threads, mutexes and conditions of the system library. */
#include <os/check.h>
#include <os/heap.h>
#include <os/panic.h>
#include <os/sync.h>
#include <os/thread.h>
#include <os/time.h>

#define WORKERS 4u
#define TURNS   5000u

static struct mutex mutex;
static uint64_t counter;

static uint64_t count_up(void *argument)
{
	(void)argument;
	for (uint32_t i = 0; i < TURNS; i++) {
		mutex_lock(&mutex);
		uint64_t seen = counter;
		if (i % 512u == 0)
			must(sys_thread_yield());
		counter = seen + 1u;
		mutex_unlock(&mutex);
	}
	return TURNS;
}

static void test_mutex(void)
{
	struct thread *threads[WORKERS];
	uint64_t sum = 0, result;

	for (uint32_t i = 0; i < WORKERS; i++)
		check_status(thread_run(count_up, NULL, NULL, &threads[i]), OK);
	for (uint32_t i = 0; i < WORKERS; i++) {
		thread_join(threads[i], &result);
		sum += result;
	}
	check(sum == WORKERS * TURNS);
	check(counter == WORKERS * TURNS);
	check(mutex_try(&mutex));
	mutex_unlock(&mutex);
	mutex_release(&mutex);
}

/* A queue of one place between two threads. */
static struct condition full, empty;
static uint64_t place;
static bool taken;

static uint64_t produce(void *argument)
{
	(void)argument;
	for (uint64_t i = 1; i <= 1000; i++) {
		mutex_lock(&mutex);
		while (taken)
			must(condition_wait(&empty, &mutex, DEADLINE_NEVER));
		place = i;
		taken = true;
		condition_signal(&full);
		mutex_unlock(&mutex);
	}
	return 0;
}

static void test_condition(void)
{
	struct thread *producer;
	uint64_t sum = 0;

	check_status(thread_run(produce, NULL, NULL, &producer), OK);
	for (uint32_t i = 0; i < 1000; i++) {
		mutex_lock(&mutex);
		while (!taken)
			must(condition_wait(&full, &mutex, DEADLINE_NEVER));
		sum += place;
		taken = false;
		condition_signal(&empty);
		mutex_unlock(&mutex);
	}
	thread_join(producer, NULL);
	check(sum == 1000u * 1001u / 2u);
}

static struct condition start;
static bool started;

static uint64_t wait_for_start(void *argument)
{
	(void)argument;
	mutex_lock(&mutex);
	while (!started)
		must(condition_wait(&start, &mutex, DEADLINE_NEVER));
	mutex_unlock(&mutex);
	return 1;
}

static void test_broadcast(void)
{
	struct thread *threads[WORKERS];
	uint64_t result;

	for (uint32_t i = 0; i < WORKERS; i++)
		check_status(thread_run(wait_for_start, NULL, NULL, &threads[i]), OK);
	time_sleep(5u * NS_PER_MS);
	mutex_lock(&mutex);
	started = true;
	condition_broadcast(&start);
	mutex_unlock(&mutex);
	for (uint32_t i = 0; i < WORKERS; i++) {
		thread_join(threads[i], &result);
		check(result == 1);
	}
}

static void test_deadline(void)
{
	uint64_t before_ns = time_now();

	mutex_lock(&mutex);
	check_status(condition_wait(&start, &mutex, time_after(20u * NS_PER_MS)), TIMED_OUT);
	mutex_unlock(&mutex);
	check(time_now() - before_ns >= 20u * NS_PER_MS);
}

static uint64_t add_one(void *argument)
{
	return (uint64_t)argument + 1u;
}

/* Far more threads, one after the other, than there are stacks: each is used again. */
static void test_many(void)
{
	struct thread *thread;
	uint64_t result, wrong = 0;
	uint64_t pieces = heap_use().pieces;

	for (uint64_t i = 0; i < 200; i++) {
		must(thread_run(add_one, (void *)i, NULL, &thread));
		thread_join(thread, &result);
		wrong += result != i + 1u;
	}
	check(wrong == 0);
	check(heap_use().pieces == pieces);
}

static uint64_t churn(void *argument)
{
	uint8_t *pieces[32] = {NULL};
	uint64_t state = (uint64_t)argument, wrong = 0;

	for (uint32_t i = 0; i < 2000; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		uint8_t **piece = &pieces[state >> 59];
		size_t bytes = (state >> 40 & 1023u) + 1u;

		if (*piece != NULL)
			wrong += **piece != (uint8_t)(uint64_t)argument;
		heap_give(*piece);
		*piece = heap_take(bytes);
		if (*piece != NULL)
			__builtin_memset(*piece, (int)(uint64_t)argument, bytes);
	}
	for (uint32_t i = 0; i < 32; i++)
		heap_give(pieces[i]);
	return wrong;
}

static void test_heap(void)
{
	struct thread *threads[WORKERS];
	uint64_t wrong, pieces = heap_use().pieces;

	for (uint64_t i = 0; i < WORKERS; i++)
		check_status(thread_run(churn, (void *)(i + 1u), NULL, &threads[i]), OK);
	for (uint32_t i = 0; i < WORKERS; i++) {
		thread_join(threads[i], &wrong);
		check(wrong == 0);
	}
	check(heap_use().pieces == pieces);
}

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	test_mutex();
	test_condition();
	test_broadcast();
	test_deadline();
	test_many();
	test_heap();
	return check_finish();
}
