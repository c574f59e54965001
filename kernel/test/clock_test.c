/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Ticks and nanoseconds: never backwards, never early, no overflow at either
 * end, at the frequencies that counters have.
 */
#include "harness.h"

static int setup(void **state)
{
	(void)state;
	host_kernel(RAM_BYTES, 1, PROCESSES);
	return 0;
}

static void ends_of_the_range(void **state)
{
	(void)state;
	assert_int_equal(clock_from_ticks(0), 0);
	assert_int_equal(clock_from_ticks(UINT64_MAX), UINT64_MAX); /* one tick is one nanosecond here */
	assert_int_equal(clock_to_ticks(DEADLINE_NEVER), UINT64_MAX);
	assert_true(clock_to_ticks(DEADLINE_NOW) <= 1);
	assert_true(clock_to_ticks(UINT64_MAX - 1) >= UINT64_MAX - 1);
	assert_true(clock_to_ticks(UINT64_MAX - 2) >= UINT64_MAX - 2);
}

/* When the counter has reached the ticks of a deadline, the clock has reached the deadline. */
static void never_early(void **state)
{
	(void)state;
	uint64_t seed = 0x1234567;
	for (uint32_t i = 0; i < 200000; i++) {
		deadline_t deadline = test_random(&seed) >> (test_random(&seed) % 64u);
		uint64_t ticks = clock_to_ticks(deadline);
		assert_true(clock_from_ticks(ticks) >= deadline);
		/* And not much later. */
		if (deadline > 2)
			assert_true(clock_from_ticks(ticks - 2) < deadline);
	}
}

/* The same at every frequency, for deadlines up to a century away; late by three ticks, and one for each 2^32 ns. */
static void never_early_at_any_frequency(void **state)
{
	static const uint64_t frequencies[] = {32768,     1000000,   1193182,    3579545,    10000000,
	                                       24000000,  62500000,  999999999,  1000000001, 1896000000,
	                                       2394454321, 3000000000, 4999999999};
	uint64_t seed = 0x7654321;
	(void)state;
	for (uint32_t f = 0; f < sizeof frequencies / sizeof frequencies[0]; f++) {
		host_frequency = frequencies[f];
		clock_init();
		for (uint32_t i = 0; i < 50000; i++) {
			deadline_t deadline = test_random(&seed) % 3155760000000000000ull >> (test_random(&seed) % 60u);
			uint64_t ticks = clock_to_ticks(deadline);
			if (clock_from_ticks(ticks) < deadline)
				fail_msg("at %llu Hz, %llu ns come early", (unsigned long long)host_frequency,
				         (unsigned long long)deadline);
			uint64_t slack = 3u + (deadline >> 32);
			assert_true(ticks < slack || clock_from_ticks(ticks - slack) < deadline);
		}
	}
}

static void monotonic(void **state)
{
	(void)state;
	uint64_t seed = 99;
	for (uint32_t i = 0; i < 200000; i++) {
		uint64_t ticks = test_random(&seed) >> (test_random(&seed) % 60u);
		assert_true(clock_from_ticks(ticks) <= clock_from_ticks(ticks + 1));
		assert_true(clock_to_ticks(ticks) <= clock_to_ticks(ticks + 1));
	}
}

static void now_follows_the_counter(void **state)
{
	(void)state;
	host_ticks = 5;
	assert_int_equal(clock_now(), 5);
	host_ticks = 1ull << 62;
	assert_int_equal(clock_now(), 1ull << 62);
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(ends_of_the_range), T(never_early), T(never_early_at_any_frequency), T(monotonic), T(now_follows_the_counter))
