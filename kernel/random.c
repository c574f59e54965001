/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The random number generator; see random.h.
 *
 * Two halves. The pool takes in everything that is hard to guess. Now and then
 * its digest is mixed into the generator's key, all at once, so that who knew
 * the key cannot follow by trying the little that came since; the pool then
 * begins anew and keeps nothing of what it gave.
 *
 * One lock for both: requests are rare and take microseconds, and one key is
 * easier to get right than one per CPU.
 */
#include <kernel/audit.h>
#include <kernel/boot.h>
#include <kernel/cap.h>
#include <kernel/cpu.h>
#include <kernel/lock.h>
#include <kernel/process.h>
#include <kernel/random.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <lib/format.h>
#include <lib/string.h>

#define CPU_WORDS_BOOT 8u /* half of their bits is 256 */
#define CPU_WORDS_RESEED 4u
#define DEVICE_WORDS_MIN 8u /* of one random_add: fewer cannot be judged */
#define TIMING_SAMPLES 256u
#define TIMING_SAMPLES_PER_BIT 16u
#define POOL_CONTEXT "CambiOS 2026-11-22 kernel random pool"
#define LINE_MAX 160u

static struct lock random_lock;             /* r: LOCK_RANDOM */
static struct random_generator generator;   /* [r] */
static struct hash pool;                    /* [r] */
static struct hash work;                    /* [r] wiped after each use: too large for a stack of ours */
static bool pool_begun;                     /* [r] */
static uint32_t credits[RANDOM_SOURCE_COUNT]; /* [r] bits */
static bool seeded;                         /* [a] */
static uint32_t requests;                   /* [r] since the last reseeding */
static deadline_t reseed_at;                /* [r] */

/* ---- the generator ---- */

void random_generator_output(struct random_generator *from, struct hash *hash, void *out, size_t length)
{
	uint8_t stream[HASH_SIZE + RANDOM_GET_MAX];
	size_t taken = length < RANDOM_GET_MAX ? length : RANDOM_GET_MAX;
	hash_begin_keyed(hash, from->key);
	hash_end(hash, stream, HASH_SIZE + taken);
	memcpy(from->key, stream, HASH_SIZE);
	memcpy(out, stream + HASH_SIZE, taken);
	secret_wipe(stream, sizeof stream);
	secret_wipe(hash, sizeof *hash);
}

void random_generator_reseed(struct random_generator *to, struct hash *hash, const uint8_t seed[HASH_SIZE])
{
	hash_begin_keyed(hash, to->key);
	hash_update(hash, seed, HASH_SIZE);
	hash_end(hash, to->key, HASH_SIZE);
	secret_wipe(hash, sizeof *hash);
}

/* ---- what sources are worth ---- */

uint32_t random_words_credit(const uint64_t *words, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (words[i] == 0 || words[i] == UINT64_MAX || (i > 0 && words[i] == words[i - 1u]))
			return 0;
	}
	return count * 32u;
}

CC_BOOT uint32_t random_timing_credit(const uint64_t *ticks, uint32_t count)
{
	uint32_t fresh = 0;
	for (uint32_t i = 3; i < count; i++) {
		uint64_t distance = ticks[i] - ticks[i - 1u];
		uint64_t before = ticks[i - 1u] - ticks[i - 2u];
		uint64_t before_that = ticks[i - 2u] - ticks[i - 3u];
		if (distance != before && distance != before_that)
			fresh++;
	}
	return fresh / TIMING_SAMPLES_PER_BIT;
}

static uint32_t credit(enum random_source source, uint32_t bits)
{
	static const uint32_t most[RANDOM_SOURCE_COUNT] = {
#define RANDOM_SOURCE_ROW(NAME, most, name) [RANDOM_##NAME] = (most),
		RANDOM_SOURCES(RANDOM_SOURCE_ROW)
#undef RANDOM_SOURCE_ROW
	};
	uint32_t room = most[source] - credits[source];
	bits = bits < room ? bits : room;
	credits[source] += bits;
	return bits;
}

static bool credit_is_enough(void)
{
	uint32_t sum = 0;
	for (uint32_t i = 0; i < RANDOM_SOURCE_COUNT; i++)
		sum += credits[i];
	return sum >= RANDOM_SEED_BITS;
}

/* What was credited is in the key now. */
static void seeded_update(void)
{
	if (credit_is_enough())
		__atomic_store_n(&seeded, true, __ATOMIC_RELEASE);
}

/* ---- the pool. [r] held, or boot alone ---- */

static void pool_add(const void *data, size_t length)
{
	if (!pool_begun)
		hash_begin_derive(&pool, POOL_CONTEXT);
	pool_begun = true;
	hash_update(&pool, data, length);
}

/* Into the key, all of it; nothing is left behind. */
static void pool_pour(void)
{
	uint8_t seed[HASH_SIZE];
	hash_end(&pool, seed, sizeof seed);
	secret_wipe(&pool, sizeof pool);
	pool_begun = false;
	random_generator_reseed(&generator, &work, seed);
	secret_wipe(seed, sizeof seed);
	seeded_update();
	requests = 0;
	reseed_at = clock_now() + RANDOM_RESEED_NS;
}

/* Words of this CPU's instruction; returns what they are worth. */
static uint32_t pool_add_cpu(uint32_t count)
{
	uint64_t words[CPU_WORDS_BOOT];
	uint32_t got = 0;
	while (got < count && arch_random(&words[got]))
		got++;
	uint32_t bits = random_words_credit(words, got);
	pool_add(words, got * sizeof words[0]);
	secret_wipe(words, sizeof words);
	return bits;
}

/* How long the same work takes differs with caches, buses and interrupts of the host. */
CC_BOOT static uint32_t pool_add_timing(void)
{
	static uint64_t ticks[TIMING_SAMPLES]; /* too large for a stack of ours */
	for (uint32_t i = 0; i < TIMING_SAMPLES; i++) {
		ticks[i] = arch_time_now();
		pool_add(&ticks[i], sizeof ticks[i]);
	}
	uint32_t bits = random_timing_credit(ticks, TIMING_SAMPLES);
	secret_wipe(ticks, sizeof ticks);
	return bits;
}

static void reseed(void)
{
	uint64_t now = arch_time_now();
	(void)pool_add_cpu(CPU_WORDS_RESEED);
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++) {
		uint64_t timing = __atomic_load_n(&cpu_table[cpu].random_timing, __ATOMIC_RELAXED);
		pool_add(&timing, sizeof timing);
	}
	pool_add(&now, sizeof now);
	pool_pour();
}

/* ---- for the kernel ---- */

CC_BOOT void random_boot_seed(const void *seed, size_t length)
{
	pool_add(seed, length);
	(void)credit(RANDOM_FIRMWARE, length < RANDOM_SEED_BITS ? (uint32_t)length * 8u : RANDOM_SEED_BITS);
}

CC_BOOT void random_init(void)
{
	(void)credit(RANDOM_CPU, pool_add_cpu(CPU_WORDS_BOOT));
	(void)credit(RANDOM_TIMING, pool_add_timing());
	if (boot_word("random.distrust"))
		credits[RANDOM_CPU] = credits[RANDOM_FIRMWARE] = 0;
	pool_pour();
}

bool random_seeded(void)
{
	return __atomic_load_n(&seeded, __ATOMIC_ACQUIRE);
}

uint32_t random_credit(enum random_source source)
{
	return credits[source];
}

void random_report(void)
{
	static const char *const names[RANDOM_SOURCE_COUNT] = {
#define RANDOM_SOURCE_ROW(NAME, most, name) [RANDOM_##NAME] = (name),
		RANDOM_SOURCES(RANDOM_SOURCE_ROW)
#undef RANDOM_SOURCE_ROW
	};
	log_print("random: %s;", random_seeded() ? "seeded" : "NOT seeded, no keys can be made");
	for (uint32_t i = 0; i < RANDOM_SOURCE_COUNT; i++)
		log_print("%s %s %u bits", i == 0 ? "" : ",", names[i], credits[i]);
	log_print("\n");
}

uint32_t random_add(const uint64_t *words, size_t length)
{
	uint32_t count = (uint32_t)(length / sizeof *words);
	uint32_t bits = count < DEVICE_WORDS_MIN ? 0 : random_words_credit(words, count);
	lock_acquire(&random_lock, LOCK_RANDOM);
	pool_add(words, length);
	bits = credit(RANDOM_DEVICE, bits);
	if (!random_seeded() && credit_is_enough())
		pool_pour();
	lock_release(&random_lock, LOCK_RANDOM);
	return bits;
}

void random_bytes(void *out, size_t length)
{
	uint8_t *to = out;
	lock_acquire(&random_lock, LOCK_RANDOM);
	if (++requests >= RANDOM_RESEED_REQUESTS || clock_now() >= reseed_at)
		reseed();
	for (size_t done = 0; done < length; done += RANDOM_GET_MAX) {
		size_t left = length - done;
		random_generator_output(&generator, &work, to + done, left < RANDOM_GET_MAX ? left : RANDOM_GET_MAX);
	}
	lock_release(&random_lock, LOCK_RANDOM);
}

uint64_t random_word(void)
{
	uint64_t word;
	random_bytes(&word, sizeof word);
	return word;
}

/* ---- for programs ---- */

status_t sys_random_get(struct thread *current)
{
	uint64_t length = current->regs.arg[0];
	if (length == 0 || length > RANDOM_GET_MAX)
		return STATUS_INVALID;
	if (!random_seeded())
		return STATUS_NOT_SEEDED;
	random_bytes(current->page->bulk, (size_t)length);
	return STATUS_OK;
}

/* The bulk area stays the program's to write: what is judged is a copy. */
status_t sys_random_add(struct thread *current)
{
	uint64_t words[RANDOM_GET_MAX / sizeof(uint64_t)];
	uint64_t length = current->regs.arg[1];
	bool before = random_seeded();
	struct cap *cap;
	status_t status = cap_lookup(current, current->regs.arg[0], OBJECT_RANDOM, RIGHT_MANAGE, &cap);
	if (status != STATUS_OK)
		return status;
	if (length == 0 || length > RANDOM_GET_MAX)
		return STATUS_INVALID;
	memcpy(words, current->page->bulk, (size_t)length);
	uint32_t bits = random_add(words, (size_t)length);
	secret_wipe(words, sizeof words);
	audit_emit(AUDIT_RANDOM_ADDED, current->owner->id, 0, length, bits, random_seeded(), 0);
	if (!before && random_seeded())
		random_report();
	current->regs.arg[1] = bits;
	return STATUS_OK;
}
