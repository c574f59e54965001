/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Lending a page with a call (docs/kernel/loan.md). Behind its message page every thread has two places for one page
 * each: its own *loan*, which comes into being when it is touched, and the *window*, where the page of a call it has
 * received is seen. A page that is lent is mapped twice until the answer.
 *
 * A call that ends without an answer leaves its page to the server, who may be reading it: nobody can make another
 * program fault. The caller's next touch gets a new one.
 */
#pragma once
#include <kernel/thread.h>


/* Has the thread a page to lend? */
CC_INLINE bool loan_ready(const struct thread *thread)
{
	return arch_pte_present(__atomic_load_n(&thread->page_entries[MESSAGE_LOAN_OFFSET / PAGE_SIZE], __ATOMIC_RELAXED));
}

/* Show the caller's page to the server, in place of what its window showed. Before the caller is published as
 * REPLYING; it and the server hold still. loan_ready(caller). */
void loan_begin(struct thread *server, struct thread *caller);
/* The end of what the caller has lent, if it has: by who answers it, then the page is its alone again; or by who has
 * claimed it to end its wait without an answer, then the page is the server's. */
void loan_end(struct thread *caller, bool answered);
/* The end of a thread's window: it answers who lent, or receives no more. Its page tables are still there. */
void loan_window_end(struct thread *server);

/* A window and the loan it shows agree, and its lender waits for an answer. */
bool loan_valid(const struct thread *thread);
