/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Per-CPU rings of 32-byte events, read by the monitor and by the epitaph. Each
 * CPU writes its own ring without a lock; all events share one sequence, so
 * that a reader can put them in order and tell what it missed.
 */
#pragma once
#include <abi/info.h>
#include <kernel/cpu.h>

enum trace_kind {
#define TRACE(name, bit, text, a, b) TRACE_##name = (bit),
#include <abi/trace.def>
#undef TRACE
	TRACE_KIND_COUNT = 13,
};
#define TRACE_EVENTS 256u /* per CPU */
struct trace_slot {
	uint64_t sequence; /* [a] 0: empty, or being written */
	struct trace_event event;
};
/* A whole number of pages per CPU: only those of CPUs that exist are backed. */
struct trace_ring {
	struct trace_slot slot[TRACE_EVENTS];
} CC_ALIGNED(PAGE_SIZE);
extern struct trace_ring trace_ring_table[CPU_MAX] CC_FAR;
#define TRACE_MASK_ALL ((1ull << TRACE_KIND_COUNT) - 1u)

/* Back the rings of `cpus` CPUs; before it trace_mask is 0. */
void trace_init(uint32_t cpus);
extern uint64_t trace_mask; /* [a] bit per kind */
void trace_record(enum trace_kind kind, uint64_t a, uint64_t b);
#define TRACE_EVENT(kind, a, b)                                                                    \
	do {                                                                                       \
		if (CC_UNLIKELY(trace_mask & (1ull << (kind))))                                    \
			trace_record((kind), (a), (b));                                            \
	} while (0)
/* Event of global sequence number `index` or the first still there after it; false: none. Sequence
 * numbers start at 1. */
CC_NODISCARD bool trace_read(uint64_t index, struct trace_event *out_event, uint64_t *out_next);
/* Print the last `count` events of all CPUs, oldest first. */
void trace_print_tail(uint32_t count);
