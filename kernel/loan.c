/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A page lent with a call. The lock is the server's: of its window, of who is seen there (`lender`), and of that
 * thread's `loan_to`. Who ends a caller's wait takes it before the caller goes on, so a caller that runs has nothing
 * lent, and one that is gone is nobody's lender.
 */
#include <kernel/loan.h>
#include <kernel/process.h>

#define LOAN (MESSAGE_LOAN_OFFSET / PAGE_SIZE)
#define WINDOW (MESSAGE_WINDOW_OFFSET / PAGE_SIZE)

/* Take an entry out of the page table and every TLB. */
static void entry_clear(struct thread *thread, uint32_t which)
{
	struct aspace *aspace = &thread->owner->aspace;
	__atomic_store_n(&thread->page_entries[which], 0, __ATOMIC_RELAXED);
	/* As in table_flush: a CPU's mark in `cpus` is seen, or its walker sees this. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	arch_tlb_flush(aspace->asid, thread->page_user + which * PAGE_SIZE, 1,
	               __atomic_load_n(&aspace->cpus, __ATOMIC_RELAXED));
}

/* The window shows nothing any more; a page that is nobody else's goes with it. The server's loan lock is held. */
static CC_COLD void window_close(struct thread *server)
{
	uint64_t entry = server->page_entries[WINDOW];
	if (!arch_pte_present(entry))
		return;
	entry_clear(server, WINDOW);
	if (server->lender != NONE) {
		__atomic_store_n(&thread_table[server->lender].loan_to, NONE, __ATOMIC_RELEASE);
		server->lender = NONE;
	} else {
		process_frame_give(server->process, arch_pte_address(entry));
	}
}

void loan_begin(struct thread *server, struct thread *caller)
{
	lock_acquire(&server->loan_lock, LOCK_LOAN);
	if (CC_UNLIKELY(arch_pte_present(server->page_entries[WINDOW])))
		window_close(server);
	server->lender = thread_slot(caller);
	caller->loan_to = thread_slot(server);
	__atomic_store_n(&server->page_entries[WINDOW], caller->page_entries[LOAN], __ATOMIC_RELEASE);
	arch_pte_published();
	lock_release(&server->loan_lock, LOCK_LOAN);
}

/* The caller's page is the server's from here on, who is charged for it. */
static CC_COLD void loan_forfeit(struct thread *caller, struct thread *server)
{
	entry_clear(caller, LOAN);
	process_charge_move(caller->process, server->process);
	server->lender = NONE;
	__atomic_store_n(&caller->loan_to, NONE, __ATOMIC_RELEASE);
}

void loan_end(struct thread *caller, bool answered)
{
	uint32_t slot = __atomic_load_n(&caller->loan_to, __ATOMIC_ACQUIRE);
	if (slot == NONE)
		return;
	struct thread *server = &thread_table[slot];
	lock_acquire(&server->loan_lock, LOCK_LOAN);
	/* The server may have received another page meanwhile, or have ended: then its window was closed first. */
	if (CC_LIKELY(server->lender == thread_slot(caller))) {
		if (CC_LIKELY(answered))
			window_close(server);
		else
			loan_forfeit(caller, server);
	}
	lock_release(&server->loan_lock, LOCK_LOAN);
}

CC_COLD void loan_window_end(struct thread *server)
{
	lock_acquire(&server->loan_lock, LOCK_LOAN);
	window_close(server);
	lock_release(&server->loan_lock, LOCK_LOAN);
}

bool loan_valid(const struct thread *thread)
{
	if (thread->loan_to != NONE &&
	    (thread->loan_to >= THREAD_MAX || thread_table[thread->loan_to].lender != thread_slot(thread)))
		return false;
	if (thread->lender == NONE)
		return true;
	if (thread->lender >= THREAD_MAX || thread_table[thread->lender].loan_to != thread_slot(thread))
		return false;
	const struct thread *lender = &thread_table[thread->lender];
	return WAIT_STATE(lender->wait) == THREAD_REPLYING && loan_ready(lender) &&
	       arch_pte_address(thread->page_entries[WINDOW]).a == arch_pte_address(lender->page_entries[LOAN]).a;
}
