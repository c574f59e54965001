/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Processes: an address space, a capability window, a principal bound once,
 * quotas, threads. Ends by exit, kill or fault, all one path: DYING, then its
 * first thread is scheduled as the reaper and takes everything apart in bounded
 * steps, then DEAD until the last capability to it goes.
 */
#pragma once
#include <kernel/aspace.h>
#include <kernel/thread.h>

/* CPU time of a process; see budget.h. */
struct budget {
	uint64_t ticks;       /* [c] that it may run in a period; 0: no limit */
	uint64_t begin;       /* [P] ticks it had run when the period began */
	deadline_t end;       /* [P] of the period */
	bool spent;           /* [P] written; read by anyone */
	uint32_t percent;     /* [c] `ticks`, as it was asked for */
	uint32_t times_spent; /* [P] for display */
	struct timer timer;   /* armed while spent */
};

struct process {
	struct object object;
	uint32_t state;            /* [a] enum process_state */
	struct budget budget;
	uint64_t syscall_mask;     /* [a] bit per allowed system call; only ever narrowed */
	struct aspace aspace;      /* lock inside */
	struct aid principal;      /* [c] bound before the first thread starts, never changed */
	uint64_t id;               /* [c] never reused, starts at 1 */
	uint64_t parent;           /* [c] id */
	deadline_t created_ns;     /* [c] */
	char name[24];             /* [c] */

	uint32_t cap_free;         /* [C] head of the window's free list, or NONE */
	uint32_t cap_used;         /* [C] */

	uint32_t pages;            /* [a] frames charged */
	uint32_t pages_limit;      /* [c] */
	uint32_t objects;          /* [a] */
	uint32_t objects_limit;    /* [c] */
	uint32_t threads;          /* [P] live */
	uint32_t threads_limit;    /* [c] */
	uint32_t priority_limit;   /* [c] */
	uint32_t thread_head;      /* [P] */
	uint64_t page_slots;       /* [P] message pages in use, bit per page index */
	uint32_t main_thread;      /* [c] the reaper; its slot lives as long as the process */
	bool served;               /* [a] some thread may hold a reply: look for callers at exit */
	struct lock lock;          /* P: LOCK_PROCESS */

	uint32_t image;            /* [c] slot, referenced */
	uint32_t notification;     /* [c] told when it ends, or NONE */
	uint32_t notification_generation;
	uint64_t notification_bits;

	uint64_t exit_code;        /* written once, by whoever made it DYING */
	uint32_t killed;
	struct fault_report fault;
	uint32_t reap_stage;       /* [p of the reaper] */

	uint64_t cpu_ticks;        /* [P] of threads that ended; read by anyone */
};

extern struct process process_table[PROCESS_MAX] CC_FAR;

CC_INLINE struct process *process_of(uint32_t slot) { return &process_table[slot]; }
CC_INLINE uint32_t process_slot(const struct process *process) { return (uint32_t)(process - process_table); }

/* Charge frames to a process; false: over its quota, nothing charged. process NONE: the kernel, always true. */
CC_NODISCARD bool process_charge(uint32_t process, uint32_t pages);
void process_uncharge(uint32_t process, uint32_t pages);
/* A zeroed frame, charged to the process: QUOTA, NO_MEMORY; and its end. */
CC_NODISCARD status_t process_frame_take(uint32_t process, paddr_t *out_frame);
void process_frame_give(uint32_t process, paddr_t frame);
/* A page has changed hands: charged to who has it now, over the quota or not. */
void process_charge_move(uint32_t from, uint32_t to);

/* New process in state CREATED: empty aspace and window, quotas from `options`, the principal too if it names one
 * and else the image's, image mapped, stack and first thread (STOPPED) made. The caller has checked the rights. */
CC_NODISCARD status_t process_new(uint32_t parent, uint32_t image, const struct process_options *options,
                                  uint32_t *out_process);
/* The process of an id, referenced. NOT_FOUND: there is none, or it has ended. */
CC_NODISCARD status_t process_find(uint64_t id, uint32_t *out_process);
/* Make it DYING; the first call wins and sets the outcome. */
void process_end(uint32_t process, uint64_t code, bool killed, const struct fault_report *fault);
/* One bounded step of taking a DYING process apart, run by its main thread; true when it is DEAD. */
bool process_reap_step(struct thread *reaper);
bool process_valid(const struct process *process);
