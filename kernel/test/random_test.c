/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The random number generator: what it gives is what its definition says, no
 * key outlives its request, reseeding cuts off who knew the key, and nothing is
 * given to programs before enough was credited.
 */
#include "harness.h"
#include <kernel/boot.h>
#include <kernel/random.h>

#define ENTROPY 0x13198a2e03707344ull
#define SAMPLE_BYTES 65536u

static void start(uint64_t entropy)
{
	host_entropy = entropy;
	host_kernel(RAM_BYTES, 1, PROCESSES);
}

static int setup(void **state)
{
	(void)state;
	start(ENTROPY);
	return 0;
}

static bool all_zero(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* ---- the generator ---- */

static void output_is_the_keyed_hash(void **state)
{
	(void)state;
	struct random_generator generator = {{1, 2, 3}};
	struct random_generator before = generator;
	struct hash work;
	uint8_t out[100], expected[HASH_SIZE + sizeof out];
	hash_begin_keyed(&work, before.key);
	hash_end(&work, expected, sizeof expected);
	random_generator_output(&generator, &work, out, sizeof out);
	assert_memory_equal(out, expected + HASH_SIZE, sizeof out);
	assert_memory_equal(generator.key, expected, HASH_SIZE);
	assert_true(all_zero((const uint8_t *)&work, sizeof work));
}

/* Whoever reads the key after a request has neither the old key nor a byte of what was given out. */
static void key_is_replaced_by_each_request(void **state)
{
	(void)state;
	struct random_generator generator = {{7}};
	struct hash work;
	for (uint32_t turn = 0; turn < 100; turn++) {
		struct random_generator before = generator;
		uint8_t given[RANDOM_GET_MAX], after[RANDOM_GET_MAX];
		random_generator_output(&generator, &work, given, sizeof given);
		assert_memory_not_equal(generator.key, before.key, HASH_SIZE);
		for (size_t at = 0; at + HASH_SIZE <= sizeof given; at++)
			assert_memory_not_equal(generator.key, given + at, HASH_SIZE);
		struct random_generator stolen = generator;
		random_generator_output(&stolen, &work, after, sizeof after);
		assert_memory_not_equal(after, given, sizeof given);
	}
}

/* A short request moves the key as a long one does; the bytes are the same ones. */
static void length_does_not_change_the_stream(void **state)
{
	(void)state;
	struct random_generator first = {{9}}, second = {{9}};
	struct hash work;
	uint8_t little[5], much[200];
	random_generator_output(&first, &work, little, sizeof little);
	random_generator_output(&second, &work, much, sizeof much);
	assert_memory_equal(little, much, sizeof little);
	assert_memory_equal(first.key, second.key, HASH_SIZE);
}

/* Who knew the key, but not the seed, does not know the next key. */
static void reseeding_changes_the_key(void **state)
{
	(void)state;
	struct random_generator one = {{5}}, other = {{5}}, none = {{5}};
	struct hash work;
	uint8_t seed[HASH_SIZE] = {1};
	random_generator_reseed(&one, &work, seed);
	seed[HASH_SIZE - 1u] ^= 0x80u;
	random_generator_reseed(&other, &work, seed);
	assert_memory_not_equal(one.key, other.key, HASH_SIZE);
	assert_memory_not_equal(one.key, none.key, HASH_SIZE);
	/* And a known seed does not make up for an unknown key. */
	struct random_generator secret = {{6}};
	random_generator_reseed(&secret, &work, seed);
	assert_memory_not_equal(secret.key, other.key, HASH_SIZE);
}

/* ---- sources ---- */

static void broken_words_are_worth_nothing(void **state)
{
	(void)state;
	uint64_t words[8] = {11, 22, 33, 44, 55, 66, 77, 88};
	assert_int_equal(random_words_credit(words, 8), 256);
	assert_int_equal(random_words_credit(words, 7), 224);
	assert_int_equal(random_words_credit(words, 0), 0);
	words[5] = words[4];
	assert_int_equal(random_words_credit(words, 8), 0);
	words[5] = 0;
	assert_int_equal(random_words_credit(words, 8), 0);
	words[5] = UINT64_MAX;
	assert_int_equal(random_words_credit(words, 8), 0);
}

static void regular_timing_is_worth_nothing(void **state)
{
	(void)state;
	uint64_t ticks[256];
	uint64_t seed = 3;
	for (uint32_t i = 0; i < 256; i++)
		ticks[i] = 1000u * i;
	assert_int_equal(random_timing_credit(ticks, 256), 0);
	for (uint32_t i = 0; i < 256; i++)
		ticks[i] = 1000u * i + (i & 1u) * 300u; /* to and fro between two distances */
	assert_int_equal(random_timing_credit(ticks, 256), 0);
	ticks[0] = 0;
	for (uint32_t i = 1; i < 256; i++)
		ticks[i] = ticks[i - 1u] + test_random(&seed) % 1000000u;
	uint32_t worth = random_timing_credit(ticks, 256);
	assert_true(worth > 8 && worth <= 16);
	assert_int_equal(random_timing_credit(ticks, 2), 0);
}

/* ---- seeded or not ---- */

static void cpu_alone_seeds(void **state)
{
	(void)state;
	assert_true(random_seeded());
	assert_int_equal(random_credit(RANDOM_CPU), 256);
	assert_int_equal(random_credit(RANDOM_FIRMWARE), 0);
	assert_int_equal(random_credit(RANDOM_TIMING), 0); /* time stands still on this machine */
}

static void firmware_alone_seeds_if_it_gives_enough(void **state)
{
	uint8_t seed[32] = {42};
	(void)state;
	start(0);
	random_boot_seed(seed, 31);
	random_init();
	assert_false(random_seeded());
	assert_int_equal(random_credit(RANDOM_FIRMWARE), 248);
	random_boot_seed(seed, 1);
	assert_false(random_seeded()); /* it is not in the key yet */
	random_init();
	assert_true(random_seeded());
	random_boot_seed(seed, sizeof seed);
	random_boot_seed(seed, sizeof seed);
	assert_int_equal(random_credit(RANDOM_FIRMWARE), 512); /* and no more */
}

/* Whoever does not believe CPU and firmware says so at boot: what they give is taken in and counts for nothing. */
static void distrusted_sources_count_for_nothing(void **state)
{
	uint8_t seed[64] = {42};
	uint64_t words[2];
	(void)state;
	for (uint32_t turn = 0; turn < 2; turn++) {
		start(0);
		strcpy(boot_machine.command_line, "quiet random.distrust");
		host_entropy = ENTROPY + turn;
		random_boot_seed(seed, sizeof seed);
		random_init();
		assert_false(random_seeded());
		assert_int_equal(random_credit(RANDOM_CPU) + random_credit(RANDOM_FIRMWARE), 0);
		words[turn] = random_word();
	}
	assert_int_not_equal(words[0], words[1]);
}

static uint32_t ask(struct thread *thread, uint64_t length)
{
	memset(thread->page->bulk, 0xaa, MESSAGE_BULK_SIZE);
	return SYS(thread, random_get, length);
}

static struct thread *program(uint64_t entropy)
{
	host_entropy = entropy;
	harness_start(1);
	struct thread *thread = make_process(PRIORITY_NORMAL);
	run(thread);
	return thread;
}

static void nothing_before_it_is_seeded(void **state)
{
	(void)state;
	struct thread *thread = program(0);
	assert_false(random_seeded());
	assert_int_equal(ask(thread, 32), STATUS_NOT_SEEDED);
	for (uint32_t i = 0; i < MESSAGE_BULK_SIZE; i++)
		assert_int_equal(thread->page->bulk[i], 0xaa);
	/* What the kernel needs at once it gets all the same, and not the same twice. */
	assert_true(random_word() != random_word());
}

static void random_get_fills_what_was_asked_for(void **state)
{
	(void)state;
	struct thread *thread = program(ENTROPY);
	assert_int_equal(ask(thread, 0), STATUS_INVALID);
	assert_int_equal(ask(thread, RANDOM_GET_MAX + 1u), STATUS_INVALID);
	assert_int_equal(ask(thread, UINT64_MAX), STATUS_INVALID);
	assert_int_equal(thread->page->bulk[0], 0xaa);
	for (uint32_t length = 1; length <= RANDOM_GET_MAX; length += 51) {
		uint32_t untouched = 0;
		assert_int_equal(ask(thread, length), STATUS_OK);
		for (uint32_t i = 0; i < length; i++)
			untouched += thread->page->bulk[i] == 0xaa;
		assert_true(untouched < length / 8u + 1u || length < 3);
		assert_int_equal(thread->page->bulk[length], 0xaa);
	}
}

/* ---- what a device gives, through its driver ---- */

static uint32_t give(struct thread *thread, handle_t random, uint64_t length)
{
	uint64_t seed = length + 1u;
	for (uint32_t i = 0; i < MESSAGE_BULK_SIZE; i++)
		thread->page->bulk[i] = (uint8_t)test_random(&seed);
	return SYS(thread, random_add, random, length);
}

static void device_alone_seeds(void **state)
{
	(void)state;
	struct thread *thread = program(0);
	handle_t random = make_singleton(thread, OBJECT_RANDOM);
	uint64_t before = random_word();
	/* Too little at once to be judged counts for nothing, however often it comes. */
	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(give(thread, random, 63), STATUS_OK);
		assert_int_equal(thread->regs.arg[1], 0);
	}
	assert_false(random_seeded());
	assert_int_equal(ask(thread, 32), STATUS_NOT_SEEDED);
	assert_int_equal(give(thread, random, 64), STATUS_OK);
	assert_int_equal(thread->regs.arg[1], 256);
	assert_true(random_seeded());
	assert_int_equal(random_credit(RANDOM_DEVICE), 256);
	assert_int_equal(ask(thread, 32), STATUS_OK);
	assert_true(random_word() != before);
	/* A long one is worth what is left of the most it can have. */
	assert_int_equal(give(thread, random, RANDOM_GET_MAX), STATUS_OK);
	assert_int_equal(thread->regs.arg[1], 256);
	assert_int_equal(give(thread, random, RANDOM_GET_MAX), STATUS_OK);
	assert_int_equal(thread->regs.arg[1], 0);
	assert_int_equal(random_credit(RANDOM_DEVICE), 512);
}

/* A device that repeats itself, or is stuck, makes nothing seeded. */
static void broken_device_seeds_nothing(void **state)
{
	(void)state;
	struct thread *thread = program(0);
	handle_t random = make_singleton(thread, OBJECT_RANDOM);
	for (uint32_t byte = 0; byte < 256; byte += 51) {
		memset(thread->page->bulk, (int)byte, MESSAGE_BULK_SIZE);
		assert_int_equal(SYS(thread, random_add, random, RANDOM_GET_MAX), STATUS_OK);
		assert_int_equal(thread->regs.arg[1], 0);
	}
	assert_false(random_seeded());
}

/* Two machines alike but for one bit of what the device gave: unlike as soon as that has seeded them. */
static void what_a_device_gives_is_in_the_key(void **state)
{
	(void)state;
	uint64_t words[2];
	for (uint32_t turn = 0; turn < 2; turn++) {
		uint64_t given[8] = {1, 2, 3, 4, 5, 6, 7, 8};
		given[7] ^= (uint64_t)turn << 63;
		start(0);
		assert_int_equal(random_add(given, sizeof given), 256);
		words[turn] = random_word();
	}
	assert_int_not_equal(words[0], words[1]);
	/* Of a machine that is seeded already, at the next reseeding. */
	uint64_t later[2][2];
	for (uint32_t turn = 0; turn < 2; turn++) {
		uint64_t given[8] = {1, 2, 3, 4, 5, 6, 7, 8 + turn};
		start(ENTROPY);
		assert_int_equal(random_add(given, sizeof given), 256);
		later[turn][0] = random_word();
		host_ticks += RANDOM_RESEED_NS;
		later[turn][1] = random_word();
	}
	assert_int_equal(later[0][0], later[1][0]);
	assert_int_not_equal(later[0][1], later[1][1]);
}

static void only_its_capability_adds(void **state)
{
	(void)state;
	struct thread *thread = program(0);
	handle_t random = make_singleton(thread, OBJECT_RANDOM);
	handle_t clock = make_singleton(thread, OBJECT_CLOCK);
	assert_int_equal(SYS(thread, cap_mint, random, RIGHTS_ALL & ~(uint32_t)RIGHT_MANAGE, 0), STATUS_OK);
	handle_t weak = thread->regs.arg[1];
	assert_int_equal(give(thread, weak, 64), STATUS_DENIED);
	assert_int_equal(thread->regs.arg[1], RIGHT_MANAGE);
	assert_int_equal(give(thread, clock, 64), STATUS_WRONG_TYPE);
	assert_int_equal(give(thread, HANDLE_NONE, 64), STATUS_BAD_HANDLE);
	assert_int_equal(give(thread, random, 0), STATUS_INVALID);
	assert_int_equal(give(thread, random, RANDOM_GET_MAX + 1u), STATUS_INVALID);
	assert_int_equal(give(thread, random, UINT64_MAX), STATUS_INVALID);
	assert_false(random_seeded());
	assert_int_equal(random_credit(RANDOM_DEVICE), 0);
}

/* ---- the whole ---- */

/* The same machine gives the same bytes: what simulation relies on. Another one gives others. */
static void a_run_can_be_repeated(void **state)
{
	uint8_t first[64], second[64], other[64];
	(void)state;
	random_bytes(first, sizeof first);
	start(ENTROPY);
	random_bytes(second, sizeof second);
	start(ENTROPY + 1u);
	random_bytes(other, sizeof other);
	assert_memory_equal(first, second, sizeof first);
	assert_memory_not_equal(first, other, sizeof first);
}

/* After a minute, or many requests, the CPU is asked again: its generator has moved. */
static void reseeds_by_time_and_by_count(void **state)
{
	(void)state;
	uint64_t before = host_entropy;
	(void)random_word();
	assert_int_equal(host_entropy, before);
	host_ticks += RANDOM_RESEED_NS;
	(void)random_word();
	assert_int_not_equal(host_entropy, before);
	before = host_entropy;
	for (uint32_t i = 1; i < RANDOM_RESEED_REQUESTS; i++)
		(void)random_word();
	assert_int_equal(host_entropy, before);
	(void)random_word();
	assert_int_not_equal(host_entropy, before);
}

/* Two machines alike but for the moment of one interrupt differ after the next reseeding, not before. */
static void interrupts_matter_at_the_next_reseeding(void **state)
{
	(void)state;
	uint64_t words[2][2];
	for (uint32_t turn = 0; turn < 2; turn++) {
		start(ENTROPY);
		host_ticks = 1000;
		host_ticks += turn;
		random_interrupt(host_cpu);
		host_ticks = 2000;
		words[turn][0] = random_word();
		host_ticks += RANDOM_RESEED_NS;
		words[turn][1] = random_word();
	}
	assert_int_equal(words[0][0], words[1][0]);
	assert_int_not_equal(words[0][1], words[1][1]);
}

/* Sanity, not proof: ones, pairs of equal bits, and bytes are about as frequent as they should be. Bounds
 * are six standard deviations; the numbers are the same in every run. */
static void output_looks_random(void **state)
{
	static uint8_t bytes[SAMPLE_BYTES];
	uint32_t counts[256] = {0};
	uint32_t ones = 0, runs = 0;
	(void)state;
	random_bytes(bytes, sizeof bytes);
	for (uint32_t i = 0; i < SAMPLE_BYTES; i++) {
		counts[bytes[i]]++;
		ones += (uint32_t)__builtin_popcount(bytes[i]);
		runs += (uint32_t)__builtin_popcount((bytes[i] ^ bytes[i] >> 1) & 0x7fu);
	}
	/* 524,288 bits: deviation 362; 458,752 pairs: 339; each byte 256 times: 16. */
	assert_in_range(ones, SAMPLE_BYTES * 4u - 2172u, SAMPLE_BYTES * 4u + 2172u);
	assert_in_range(runs, SAMPLE_BYTES * 7u / 2u - 2034u, SAMPLE_BYTES * 7u / 2u + 2034u);
	double chi = 0;
	for (uint32_t i = 0; i < 256; i++)
		chi += ((double)counts[i] - 256.0) * ((double)counts[i] - 256.0) / 256.0;
	assert_true(chi > 120.0 && chi < 390.0); /* 255 expected, deviation 22.6 */
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(output_is_the_keyed_hash), T(key_is_replaced_by_each_request), T(length_does_not_change_the_stream),
          T(reseeding_changes_the_key), T(broken_words_are_worth_nothing), T(regular_timing_is_worth_nothing),
          T(cpu_alone_seeds), T(firmware_alone_seeds_if_it_gives_enough),
          T(distrusted_sources_count_for_nothing), T(nothing_before_it_is_seeded),
          T(random_get_fills_what_was_asked_for), T(device_alone_seeds), T(broken_device_seeds_nothing),
          T(what_a_device_gives_is_in_the_key), T(only_its_capability_adds), T(a_run_can_be_repeated), T(reseeds_by_time_and_by_count),
          T(interrupts_matter_at_the_next_reseeding), T(output_looks_random))
