/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Threads. A thread that does not run is wholly in memory: `regs`, `fpu`, and
 * the fields below; there is no kernel stack to keep.
 *
 * Who may change a blocked thread: `wait` says what it waits for and carries a
 * sequence number. A waker claims it: under the lock of the object it is queued
 * at (endpoint, notification), or by compare-and-swap where there is no queue
 * (reply, sleep). The one that wins owns the thread and makes it ready, or RUNNING
 * if it hands its own CPU over to it.
 */
#pragma once
#include <kernel/cpu.h>
#include <kernel/object.h>
#include <kernel/wait.h>

struct cap;
struct process;

struct timer {
	deadline_t deadline; /* [q of cpu] */
	uint32_t cpu;        /* [q] whose heap holds it, or CPU_NONE */
	uint32_t position;   /* [q] in the heap */
	uint64_t wait;       /* [q] threads: the wait word it was armed for */
};

struct thread {
	struct arch_regs regs;      /* first: entry code saves here */
	struct arch_fpu fpu;
	struct object object;
	uint64_t wait;              /* [a] state and sequence */
	uint32_t process;           /* [c] slot */
	uint32_t slot;              /* [c] its own */
	struct cap *window;         /* [c] &cap_table[first of its process]: look-up begins there */
	struct process *owner;      /* [c] &process_table[process]: the hot path looks there several times */
	uint32_t cpu;               /* CPU it runs or last ran on; written by its owner */
	uint8_t priority;           /* [a] effective: base or inherited */
	uint8_t base_priority;      /* [a] */
	uint8_t queue_priority;     /* [q] the list it is in: `priority` may be raised while it is on its way there */
	uint64_t restart_count;     /* [p] progress of a system call that restarts */
	uint32_t image_work;        /* [p] image it is verifying, step by step, or NONE */
	uint64_t affinity;          /* [a] bit per CPU */
	uint64_t page_user;         /* [c] user address of the message page */
	struct message_page *page;  /* [c] kernel address of the same frame */
	paddr_t page_frame;         /* [c] */
	uint64_t *page_entries;     /* [c] page table entries of message page, loan and window (loan.h) */
	struct lock loan_lock;      /* L: LOCK_LOAN */
	uint32_t lender;            /* [L] thread whose page its window shows, or NONE */
	uint32_t loan_to;           /* [L of that one] thread whose window shows its page, or NONE */

	/* Queues: a thread is in at most one. */
	uint32_t next;              /* run queue [q], endpoint or notification queue [e, n] */
	uint32_t previous;
	uint32_t queue_cpu;         /* [q] run queue it is in, or CPU_NONE */

	/* Waiting. */
	uint32_t wait_object;       /* endpoint or notification slot while queued there */
	const struct cap *wait_cap; /* the capability the wait came through, or NULL */
	uint32_t reply_holder;      /* process slot that may answer; while REPLYING */
	uint32_t reply_server;      /* thread that received it, for priority inheritance */
	uint64_t wait_badge;        /* badge of the capability a queued caller used */
	struct timer timer;

	uint32_t process_next;      /* [P] list of the process's threads */
	uint32_t process_previous;
	uint32_t page_index;        /* [P] number of its message page in the process */

	uint64_t cpu_ticks;         /* [p of the running CPU] */

	/* Its fault handler; its own doing only. */
	uint64_t fault_entry;       /* 0: none, a fault ends the process */
	uint64_t fault_stack;       /* top of the handler's stack; 0: below where it stood */
	bool fault_active;          /* in the handler: fault_regs is what it was doing */
	struct arch_regs fault_regs;
};

extern struct thread thread_table[THREAD_MAX] CC_FAR;

/*@ requires \valid_read(thread);
    assigns \nothing;
    ensures \result == thread->slot; */
CC_INLINE uint32_t thread_slot(const struct thread *thread) { return thread->slot; }

/* New thread of a process, STOPPED: slot, message page (frame charged to the process, mapped), registers.
 * QUOTA, TABLE_FULL, NO_MEMORY; changes nothing on failure. It has two references: the
 * process's, which ends with the thread, and the caller's, which the caller passes on or releases. */
CC_NODISCARD status_t thread_new(uint32_t process, uint64_t entry, uint64_t stack_top, uint64_t argument,
                                 uint32_t priority, uint32_t *out_thread);
/* STOPPED -> READY. */
void thread_start(uint32_t thread);
/* Wake a thread the caller has claimed, with a status in result register 0; all of it but making it ready. */
void thread_wake(struct thread *thread, status_t status);
void thread_answer(struct thread *thread, status_t status);
/* Claim a blocked thread whatever it waits for, taking it out of its queue; false if it was not blocked
 * (any more) or is no longer in the wait that `wait` is of: its sequence. */
CC_NODISCARD bool thread_claim(struct thread *thread, uint64_t wait);
/* A capability died: whoever waits through it is woken with REVOKED. The caller has bumped the generation and
 * passed through the object's lock since. */
void thread_cap_died(uint32_t cap);
/* End of a thread that no CPU runs and no queue holds: page, timer, place in its process. */
void thread_finish(struct thread *thread);
bool thread_valid(const struct thread *thread);
