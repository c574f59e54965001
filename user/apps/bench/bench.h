/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the benchmarks share: a counter around a path, the least of many warm
 * rounds, less what an empty pair of readings costs, in nanoseconds of the
 * monotonic clock. Under an emulator that counts instructions as nanoseconds
 * the result is instructions.
 */
#pragma once
#include <os/ipc.h>
#include <os/panic.h>
#include <os/startup.h>
#include <os/time.h>

/* One page seen by both processes. */
struct shared {
	volatile uint64_t at; /* counter of the other side */
};

/* ---- measure.c ---- */
void measure_calibrate(void);
/* "bench NAME VALUE ns" from counter ticks, of which `per` units were done. */
void measure_report(const char *name, uint64_t ticks, uint64_t per);
/* Counter ticks of an empty pair. */
uint64_t measure_empty(void);

/* The least counter difference over `rounds` of a statement. */
#define MEASURE(rounds, out_least, statement)                                                              \
	do {                                                                                               \
		out_least = UINT64_MAX;                                                                    \
		for (uint32_t measure_i = 0; measure_i < (rounds); measure_i++) {                          \
			uint64_t measure_from = arch_counter();                                            \
			statement;                                                                         \
			uint64_t measure_ticks = arch_counter() - measure_from;                            \
			out_least = measure_ticks < out_least ? measure_ticks : out_least;                 \
		}                                                                                          \
	} while (0)

/* ---- process.c ---- */
struct bench_grant {
	const char *name;
	handle_t handle;
	uint32_t rights;
};
struct bench_child {
	handle_t process;
	handle_t ended; /* notification */
};
/* Image of a module of the bundle; it stays verified. */
handle_t image_get(const char *name);
/* A process of an image that is not started. */
handle_t child_create(handle_t image);
/* A process of an image with one argument beside its name, started. */
void child_start(handle_t image, const char *role, uint32_t priority, const struct bench_grant *grants,
                 uint32_t grant_count, struct bench_child *out_child);
/* Wait until it has ended, and forget it. */
void child_wait(struct bench_child *child);
/* Shared memory, mapped here; *out_memory to grant. */
struct shared *shared_make(handle_t *out_memory);

/* ---- the benchmarks ---- */
void bench_calls(void);   /* ipc.c */
void bench_signals(void); /* signal.c */
void bench_memory(void);  /* memory.c */
void bench_faults(void);  /* fault.c */
void bench_spawn(void);   /* process.c */
void bench_authority(void); /* authority.c */
void bench_store(void); /* store.c */

/* ---- partner.c: the other process ---- */
int partner_run(const char *role);
