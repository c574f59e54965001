/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Frames: what boot leaves free, that no frame is handed out twice, that runs
 * are whole and aligned. A random run compares the pool with a plain array.
 */
#include "../../lib/test/test.h"
#include <arch/host.h>
#include <kernel/frame.h>
#include <kernel/frame_pool.h>

#define RAM (64u << 20)
#define POOL 1000u

static int setup(void **state)
{
	(void)state;
	host_machine(RAM, 1);
	return 0;
}

static void boot_reserves(void **state)
{
	(void)state;
	struct boot_info *info = host_boot_info();
	uint64_t base = info->memory[0].base;
	/* Bytes that are not whole frames take every frame they touch. */
	info->reserved[0] = (struct boot_range){base, 5u * PAGE_SIZE};
	info->reserved[1] = (struct boot_range){base + 10u * PAGE_SIZE + 1u, PAGE_SIZE};
	info->reserved_count = 2;
	frame_init(info);
	assert_int_equal(frame_total_count(), RAM / PAGE_SIZE);
	/* 5 + 2 reserved; the bitmap (one bit per frame from a round base) is one frame here. */
	uint32_t bitmap = frame_total_count() - frame_free_count() - 7u;
	assert_in_range(bitmap, 1, 3);
	paddr_t frame;
	while (frame_alloc(&frame)) {
		uint64_t number = (frame.a - base) / PAGE_SIZE;
		assert_true(number >= 5 && number != 10 && number != 11);
		assert_true(number < RAM / PAGE_SIZE);
	}
	assert_int_equal(frame_free_count(), 0);
	assert_true(frame_valid());
}

static void zero_and_back(void **state)
{
	(void)state;
	frame_init(host_boot_info());
	uint32_t before = frame_free_count();
	paddr_t frame;
	assert_true(frame_alloc(&frame));
	uint8_t *bytes = arch_direct(frame);
	bytes[0] = bytes[PAGE_SIZE - 1u] = 1;
	frame_free(frame);
	paddr_t again;
	assert_true(frame_alloc_zero(&again));
	assert_int_equal(again.a, frame.a); /* the lowest free one */
	assert_int_equal(bytes[0] | bytes[PAGE_SIZE - 1u], 0);
	frame_free(again);
	assert_int_equal(frame_free_count(), before);
}

/* RAM that begins at address 0, as on PCs, and a hole: zero means "none" and is never handed out. */
static void address_zero(void **state)
{
	(void)state;
	struct boot_info *info = host_boot_info();
	info->memory[1] = info->memory[0];
	info->memory[0] = (struct boot_range){0, 16u * PAGE_SIZE};
	info->memory_count = 2;
	frame_init(info);
	paddr_t frame;
	assert_true(frame_alloc(&frame));
	assert_int_equal(frame.a, PAGE_SIZE);
	while (frame_alloc(&frame))
		assert_true(frame.a < 16u * PAGE_SIZE || frame.a >= info->memory[1].base);
	assert_true(frame_range_is_device(16u * PAGE_SIZE, PAGE_SIZE));
	assert_true(frame_valid());
}

static void runs(void **state)
{
	(void)state;
	frame_init(host_boot_info());
	uint32_t before = frame_free_count();
	paddr_t single;
	paddr_t run;
	assert_true(frame_alloc(&single));
	assert_true(frame_alloc_run(64, 64, 0, &run));
	assert_int_equal(run.a % (64u * PAGE_SIZE), 0);
	assert_false(frame_alloc_run(RAM / PAGE_SIZE, 1, 0, &single));
	assert_false(frame_alloc_run(0, 1, 0, &single));
	frame_release_boot(run, 64);
	frame_free(single);
	assert_int_equal(frame_free_count(), before);
	assert_true(frame_valid());
}

/* A run ends at or below its limit, or nothing is taken. */
static void runs_below(void **state)
{
	(void)state;
	frame_init(host_boot_info());
	uint32_t before = frame_free_count();
	paddr_t run;
	paddr_t again;
	assert_true(frame_alloc_run(8, 1, 0, &run));
	uint64_t end = run.a + 8u * PAGE_SIZE;
	frame_release_boot(run, 8);
	assert_false(frame_alloc_run(8, 1, end - 1u, &again));
	assert_false(frame_alloc_run(8, 1, PAGE_SIZE - 1u, &again));
	assert_int_equal(frame_free_count(), before);
	assert_true(frame_valid());
	assert_true(frame_alloc_run(8, 1, end, &again));
	assert_int_equal(again.a, run.a);
	assert_false(frame_alloc_run(1, 1, end, &run)); /* what is below is taken now */
	frame_release_boot(again, 8);
}

static void devices(void **state)
{
	(void)state;
	struct boot_info *info = host_boot_info();
	frame_init(info);
	uint64_t base = info->memory[0].base;
	assert_true(frame_range_is_device(base - PAGE_SIZE, PAGE_SIZE));
	assert_true(frame_range_is_device(base + RAM, PAGE_SIZE));
	assert_false(frame_range_is_device(base - PAGE_SIZE, PAGE_SIZE + 1u));
	assert_false(frame_range_is_device(base + RAM - 1u, 1));
	assert_false(frame_range_is_device(0, UINT64_MAX));
	assert_false(frame_range_is_device(UINT64_MAX - 10u, 20));
	assert_false(frame_range_is_device(base + RAM, 0));
}

static uint64_t words[BITMAP_WORDS(POOL)];
static bool model[POOL];

static void pool_make(struct frame_pool *pool)
{
	*pool = (struct frame_pool){.words = words, .count = POOL, .free = POOL, .hint = 0};
	for (uint32_t i = 0; i < BITMAP_WORDS(POOL); i++)
		words[i] = 0;
	for (uint32_t i = POOL; i < 64u * BITMAP_WORDS(POOL); i++)
		bitmap_set(words, i);
	for (uint32_t i = 0; i < POOL; i++)
		model[i] = false;
}

static void pool_compare(const struct frame_pool *pool)
{
	uint32_t free = 0;
	for (uint32_t i = 0; i < POOL; i++) {
		assert_int_equal(bitmap_get(words, i), model[i]);
		free += !model[i];
	}
	assert_int_equal(pool->free, free);
	for (uint32_t i = 0; i < 64u * pool->hint && i < POOL; i++)
		assert_true(model[i]);
}

static bool model_run_free(uint32_t first, uint32_t frames)
{
	for (uint32_t i = 0; i < frames; i++)
		if (first + i >= POOL || model[first + i])
			return false;
	return true;
}

static void run_step(struct frame_pool *pool, uint32_t frames, uint32_t align)
{
	uint32_t expected = FRAME_POOL_NONE;
	for (uint32_t first = 0; first < POOL && expected == FRAME_POOL_NONE; first += align)
		if (model_run_free(first, frames))
			expected = first;
	assert_int_equal(frame_pool_take_run(pool, frames, align), expected);
	for (uint32_t i = 0; expected != FRAME_POOL_NONE && i < frames; i++)
		model[expected + i] = true;
}

static void pool_random(void **state)
{
	(void)state;
	struct frame_pool pool;
	uint64_t seed = 7;
	pool_make(&pool);
	for (uint32_t step = 0; step < 20000; step++) {
		uint32_t index = (uint32_t)(test_random(&seed) % (POOL + 50u));
		switch (test_random(&seed) % 5u) {
		case 0:
			run_step(&pool, 1u + index % 40u, 1u << index % 6u);
			break;
		case 1:
		case 2: {
			uint32_t taken = frame_pool_take(&pool);
			assert_true(taken == FRAME_POOL_NONE || model_run_free(taken, 1));
			if (taken != FRAME_POOL_NONE)
				model[taken] = true;
			else
				assert_int_equal(pool.free, 0);
			break;
		}
		default: {
			bool was = index < POOL && model[index];
			assert_int_equal(frame_pool_give(&pool, index), was);
			if (was)
				model[index] = false;
		}
		}
		pool_compare(&pool);
	}
}

static void spans(void **state)
{
	(void)state;
	struct frame_span span;
	assert_true(frame_span_inside(1, 3u * PAGE_SIZE, &span));
	assert_int_equal(span.first, 1);
	assert_int_equal(span.count, 2);
	assert_false(frame_span_inside(1, PAGE_SIZE, &span));
	assert_false(frame_span_inside(UINT64_MAX - 1u, PAGE_SIZE, &span));
	assert_false(frame_span_inside(0, 0, &span));
	assert_true(frame_span_inside(PAGE_SIZE - 1u, 2u * PAGE_SIZE, &span));
	assert_int_equal(span.first, 1);
	assert_int_equal(span.count, 1);
	assert_true(frame_span_inside(3u * PAGE_SIZE, PAGE_SIZE, &span));
	assert_int_equal(span.first, 3);
	assert_int_equal(span.count, 1);
}

/* The lowest run first, the whole pool if it must be, and nothing behind the last word. */
static void whole_words(void **state)
{
	(void)state;
	uint64_t *const map = calloc(2, sizeof *map);
	struct frame_pool pool = {.words = map, .count = 128, .free = 128, .hint = 0};

	assert_non_null(map);
	assert_int_equal(frame_pool_take_run(&pool, 3, 1), 0);
	assert_int_equal(frame_pool_take_run(&pool, 3, 1), 3);
	assert_int_equal(frame_pool_take_run(&pool, 128, 1), FRAME_POOL_NONE);
	for (uint32_t i = 0; i < 6; i++)
		assert_true(frame_pool_give(&pool, i));
	assert_int_equal(frame_pool_take_run(&pool, 0, 1), FRAME_POOL_NONE);
	assert_int_equal(frame_pool_take_run(&pool, 129, 1), FRAME_POOL_NONE);
	assert_int_equal(frame_pool_take_run(&pool, 128, 128), 0);
	assert_int_equal(pool.free, 0);
	assert_int_equal(frame_pool_take(&pool), FRAME_POOL_NONE);
	free(map);
}

TEST_MAIN(cmocka_unit_test_setup(boot_reserves, setup), cmocka_unit_test_setup(zero_and_back, setup),
          cmocka_unit_test_setup(address_zero, setup),
          cmocka_unit_test_setup(runs, setup), cmocka_unit_test_setup(runs_below, setup), cmocka_unit_test_setup(devices, setup),
          cmocka_unit_test(pool_random), cmocka_unit_test(whole_words), cmocka_unit_test(spans))
