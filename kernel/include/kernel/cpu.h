/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Per-CPU state. A CPU writes only its own, except where a lock letter says otherwise. */
#pragma once
#include <kernel/arch.h>
#include <kernel/lock.h>

#define CPU_NONE UINT32_MAX
#define KERNEL_STACK_SIZE 16384u

/* Reasons for an IPI, or-ed into cpu->ipi_pending. */
enum {
	IPI_RESCHEDULE = 1u,
	IPI_STOP = 2u,  /* panic elsewhere: halt */
	IPI_AUDIT = 4u, /* from itself: audit_turn */
};

struct cpu {
	struct arch_cpu arch; /* first: entry code relies on it */
	uint32_t index;       /* [c] */
	uint32_t online;      /* [a] */
	struct run_queue *queue; /* [c] &run_queue_table[index] */
	paddr_t active_root;  /* [p] root table in use */
	uint32_t active_process; /* [a] slot whose address space is active, or PROCESS_NONE */
	uint32_t ipi_pending; /* [a] IPI_* */
	bool reschedule;      /* [p] pick again before returning to user mode */
	uint64_t online_at;   /* [c] ticks when it came up */
	uint64_t switched_at; /* [p] ticks when the current thread or idling began */
	uint64_t slice_end;   /* [p] ticks; the slice is the CPU's: a hand-off passes on the rest of it */

	uint64_t refused_at;     /* [p] `syscalls` when a capability was refused last, for the audit record */
	uint64_t refused_handle; /* [p] */

	/* Counters, [p]; read by anyone, for display. */
	uint64_t idle_ticks;
	uint64_t timer_interrupts;
	uint64_t device_interrupts;
	uint64_t ipis;
	uint64_t shootdowns;
	uint64_t syscalls;
	uint64_t switches;
	uint64_t steals;
	uint64_t ipc;
	uint64_t faults;
	uint64_t random_timing; /* moments of device interrupts, folded (random.h) */
	char features[96]; /* [c] protections in force, space separated, set by arch_cpu_init */
};

extern struct cpu cpu_table[CPU_MAX];
extern uint32_t cpu_count; /* [c] CPUs the machine has, at most CPU_MAX */
