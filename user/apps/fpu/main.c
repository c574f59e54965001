/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Floating point in several threads at once: each computes the same series from
 * a start of its own, giving the CPU away in the middle, and must get bit for
 * bit what a single thread gets.
 */
#include <os/check.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/thread.h>
#include <os/time.h>

#define THREADS 6u
#define ROUNDS  200u
#define TERMS   500u

static double series(uint32_t seed, bool give_way)
{
	double sum = 0.0;
	float small = (float)seed;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < TERMS; i++) {
			double term = 1.0 / (double)(2u * i + 1u + seed);

			sum += i % 2u == 0 ? term : -term;
			small = small * 0.75f + (float)term;
		}
		if (give_way && round % 8u == 0)
			must(sys_thread_yield());
		if (give_way && round % 64u == 0)
			time_sleep(NS_PER_MS);
	}
	return sum + (double)small;
}

static uint64_t bits_of(double value)
{
	uint64_t bits;

	__builtin_memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static uint64_t work(void *argument)
{
	return bits_of(series((uint32_t)(uint64_t)argument, true));
}

int main(int argc, char **argv)
{
	struct thread *threads[THREADS];
	uint64_t result;

	(void)argc;
	(void)argv;
	for (uint64_t i = 0; i < THREADS; i++)
		must(thread_run(work, (void *)(i + 1u), NULL, &threads[i]));
	for (uint32_t i = 0; i < THREADS; i++) {
		thread_join(threads[i], &result);
		check(result == bits_of(series(i + 1u, false)));
	}
	/* The values are also right: the alternating series of odd reciprocals is pi / 4. */
	double pi = 0.0;
	for (uint32_t i = 0; i < 100000u; i++)
		pi += (i % 2u == 0 ? 4.0 : -4.0) / (double)(2u * i + 1u);
	check(pi > 3.14157 && pi < 3.14160);
	return check_finish();
}
