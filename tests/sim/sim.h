/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Parts of the simulation: the machine's first program, the actor, the checks, the fault plan. */
#pragma once
#include <arch/host.h>

/* Where in the bundle its program lies, and how long it is, signature included. */
#define SIM_MODULE_OFFSET PAGE_SIZE
#define SIM_MODULE_BYTES (3u * PAGE_SIZE + 168u)

struct sim {
	uint64_t seed;
	uint64_t steps;
	uint32_t cpus;
	uint64_t fail_at;   /* number of the allocation that fails; 0: none */
	bool verbose;
	/* Counted while it runs. */
	uint64_t calls[64];
	uint64_t statuses[40];
	uint64_t delivered; /* messages whose principal was compared with the sender's */
	uint64_t verified;  /* images a program had made */
	uint64_t checks;
};

/* Put a bundle with a program "init" at the end of RAM and name it in the boot info. */
void sim_bundle(struct boot_info *info);
/* One user-mode step of whatever thread runs: judge the last call's result, make the next call. */
struct thread *sim_actor(struct thread *current, void *sim);
/* All x_valid() of the kernel; ends the program with the replay command if one is false. */
void sim_check(void *sim);
/* Memory to remember and to put back. `loaded`: of the program's file; else it was zero before it was written. */
struct snapshot_range {
	uint8_t *begin, *end;
	bool loaded;
};
/* Not with the address sanitizer, which knows of no such thing. */
void snapshot_take(const struct snapshot_range *ranges, size_t count);
void snapshot_restore(void);
/* Say what broke and how to see it again, and end. */
_Noreturn void sim_fail(const struct sim *sim, const char *what);

/* A call is about to be made; it came back. */
void sim_authority_note(const struct thread *thread);
void sim_authority_judge(const struct sim *sim, const struct thread *thread);

/* The audit ring, as a reader sees it: each event the next of its CPU, as it was emitted. */
void sim_audit_read(const struct sim *sim);
/* A call came back to its program: if it was refused, that is recorded. */
void sim_audit_refused(const struct sim *sim, const struct thread *thread);
/* With no CPU in the kernel: nothing stays behind, and the counts are exact. */
void sim_audit_check(const struct sim *sim);

/* The fault plan: allocations are counted, number `fail_at` fails. */
extern uint64_t sim_allocations;
extern bool sim_booted; /* set by the first step of a program; counting starts then */
extern uint64_t sim_fail_at;
