/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The kernel's random number generator: one key, from which every request is
 * cut with a keyed hash, and which every request replaces, so that nobody who
 * reads the key later learns what was given out before.
 *
 * It is seeded when 256 bits are credited from sources that deserve it; until
 * then random_get refuses (docs/kernel/random.md).
 */
#pragma once
#include <kernel/cpu.h>
#include <lib/hash.h>

#define RANDOM_SEED_BITS 256u /* credited, before the generator counts as seeded */
#define RANDOM_GET_MAX 256u   /* bytes of one random_get */
#define RANDOM_RESEED_NS 60000000000ull
#define RANDOM_RESEED_REQUESTS 4096u

/* ROW(NAME, most bits it can be credited with, name) */
#define RANDOM_SOURCES(ROW)                                                                        \
	ROW(CPU, 512, "CPU instruction")                                                           \
	ROW(FIRMWARE, 512, "device tree")                                                          \
	ROW(TIMING, 64, "boot timing") /* never enough by itself */                                \
	ROW(DEVICE, 512, "device")     /* through its driver, after boot */

enum random_source {
#define RANDOM_SOURCE_ROW(NAME, most, name) RANDOM_##NAME,
	RANDOM_SOURCES(RANDOM_SOURCE_ROW)
#undef RANDOM_SOURCE_ROW
	RANDOM_SOURCE_COUNT,
};

/* Gather what the machine offers. Once, on the boot CPU, before anything below is called;
 * random_boot_seed (arch.h) may come before it. */
void random_init(void);
/* One line to the log: seeded or not, and from what. */
void random_report(void);
/* Enough was credited. Never becomes false again. */
bool random_seeded(void);
/* Bits credited to a source so far, at most what RANDOM_SOURCES allows it. */
uint32_t random_credit(enum random_source source);
/* What a device gave, `length` bytes (at most RANDOM_GET_MAX), through its driver: taken in, and into the key at once if
 * that makes the generator seeded. Returns the bits it is credited with: random_words_credit of eight words or more. */
uint32_t random_add(const uint64_t *words, size_t length);
/* For the kernel's own secrets of the moment (stack guards, start-up words): given out seeded or not. */
void random_bytes(void *out, size_t length);
uint64_t random_word(void);

/* The moment of a device's interrupt goes into what the next reseeding takes in; credited with nothing. */
CC_INLINE void random_interrupt(struct cpu *cpu)
{
	cpu->random_timing = (cpu->random_timing << 19 | cpu->random_timing >> 45) ^ arch_time_now();
}

/* ---- the generator proper, without the lock: for the functions above and for tests ---- */
struct random_generator {
	uint8_t key[HASH_SIZE];
};
/* The next `length` bytes (at most RANDOM_GET_MAX), and another key in place of the one they came from.
 * `work` is wiped. */
void random_generator_output(struct random_generator *generator, struct hash *work, void *out,
                             size_t length);
/* The new key depends on the old one and on the seed; either alone, if secret, keeps it secret. */
void random_generator_reseed(struct random_generator *generator, struct hash *work,
                             const uint8_t seed[HASH_SIZE]);
/* What a run of the CPU's words is worth: half of their bits; nothing if any is all zeroes, all ones, or
 * repeats the one before it. */
uint32_t random_words_credit(const uint64_t *words, uint32_t count);
/* What readings of the counter are worth: a bit for 16 of them whose distance to the one before is new. */
uint32_t random_timing_credit(const uint64_t *ticks, uint32_t count);
