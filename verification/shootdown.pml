/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Two CPUs that each take a page of an address space away and free its frame,
 * against a third that runs programs in both, idles and faults (kernel/
 * page_table.c: table_clear, table_flush; aspace.c: aspace_activate,
 * fault_enter; arch/x86_64/kernel/smp.c: arch_tlb_flush, x86_shootdown_answer;
 * arch/riscv64/kernel/memory.c: leave_notes, memory_pay). Names are the code's.
 *
 * Shown, in every interleaving: no CPU has a translation of a frame that was
 * freed, whether it ran, entered the address space meanwhile, or idled and was
 * left a note; and two CPUs that ask each other, or one that spins for a lock
 * the asker holds, do not wait for ever.
 *
 * Page p is all there is of address space p. Asking and idling with notes are two
 * ports' ways, mixed here: each of a port alone is among these runs. Where address
 * space numbers are kept, translations outlive the switch to another address space.
 *
 * The model's memory is sequentially consistent: table_flush has a full barrier
 * between the cleared entries and its look at who has them, aspace_activate between
 * its mark and the walk; READ_EARLY is what is left without the first.
 *
 * mutants: NOT_WAITED FREED_EARLY READ_EARLY MARKED_LATE NO_ANSWER NOTE_UNCHECKED PAID_EARLY
 */
#define CPUS 3
#define BIT(c) (1 << (c))
#define TLB(c, p) tlb[(c) * 2 + (p)]

bit pte[2];             /* the page's entry is present */
bit mapped[2] = 1;      /* it has a mapping */
bit freed[2];           /* its frame was given back */
byte cpus[2];           /* aspace->cpus */
bit lock[2];            /* aspace->lock */
bit tlb[6];             /* what each CPU has cached */
byte asked_by[CPUS];    /* bit per asker */
byte waiting_for[2];    /* of the request of CPU 0 and 1: bit per target */
bit idle[CPUS], owed[CPUS];

/* The askers' bits are taken at once, and answered one by one. */
inline x86_shootdown_answer(c) {
	atomic { askers = asked_by[c]; asked_by[c] = 0 }
	if :: askers & 1 -> TLB(c, 0) = 0; waiting_for[0] = waiting_for[0] & ~BIT(c) :: else fi;
	if :: askers & 2 -> TLB(c, 1) = 0; waiting_for[1] = waiting_for[1] & ~BIT(c) :: else fi;
	askers = 0
}

/* One turn of a spin loop: arch_spin_hint. */
inline arch_spin_hint(c) {
#ifdef NO_ANSWER
	false
#else
	x86_shootdown_answer(c)
#endif
}

inline lock_acquire(c, p) {
	do
	:: atomic { lock[p] == 0 -> lock[p] = 1; break }
	:: asked_by[c] != 0 -> arch_spin_hint(c)
	od
}

/* Leave a note to one that idles, or ask it. The request is the asker's own: the page it takes away. */
inline ask(c, t) {
	if
	:: (targets & BIT(t)) && idle[t] ->
		owed[t] = 1;
		if
#ifndef NOTE_UNCHECKED
		:: !idle[t] -> waiting_for[c] = waiting_for[c] | BIT(t); asked_by[t] = asked_by[t] | BIT(c)
#endif
		:: else
		fi
	:: (targets & BIT(t)) && !idle[t] ->
		atomic { waiting_for[c] = waiting_for[c] | BIT(t); asked_by[t] = asked_by[t] | BIT(c) }
	:: else
	fi
}

inline arch_tlb_flush(c) {
	TLB(c, c) = 0; /* flush_here */
	ask(c, (c + 1) % CPUS);
	ask(c, (c + 2) % CPUS);
#ifndef NOT_WAITED
	do
	:: waiting_for[c] == 0 -> break
	:: asked_by[c] != 0 -> arch_spin_hint(c)
	od
#endif
}

/* aspace_unmap_some: CPU c takes page c away. */
inline unmap(c) {
	lock_acquire(c, c);
#ifdef READ_EARLY
	targets = cpus[c];
#endif
	mapped[c] = 0;
	pte[c] = 0; /* table_clear */
#ifndef READ_EARLY
	targets = cpus[c];
#endif
	targets = targets & ~BIT(c);
#ifdef FREED_EARLY
	freed[c] = 1;
#endif
	arch_tlb_flush(c);
	freed[c] = 1; /* drops_release; its last reference */
	lock[c] = 0
}

/* A program's access in address space p: by what is cached, by the walker, or a fault and then the walker. */
inline touch(c, p) {
	if
	:: cpus[p] & BIT(c)
	:: else ->
#ifdef MARKED_LATE
		if :: pte[p] -> TLB(c, p) = 1 :: else fi;
#endif
		cpus[p] = cpus[p] | BIT(c) /* aspace_activate */
	fi;
	if
	:: TLB(c, p) -> assert(!freed[p])
	:: atomic { !TLB(c, p) && pte[p] -> TLB(c, p) = 1 }
	:: !TLB(c, p) && !pte[p] ->
		lock_acquire(c, p); /* aspace_fault */
		if :: mapped[p] -> pte[p] = 1 :: else fi;
		lock[p] = 0
	fi
}

inline arch_idle(c) {
	idle[c] = 1;
	skip;
#ifdef PAID_EARLY
	if :: owed[c] -> atomic { owed[c] = 0; TLB(c, 0) = 0; TLB(c, 1) = 0 } :: else fi;
	idle[c] = 0
#else
	idle[c] = 0;
	if :: owed[c] -> atomic { owed[c] = 0; TLB(c, 0) = 0; TLB(c, 1) = 0 } :: else fi /* memory_pay */
#endif
}

active [CPUS] proctype cpu() {
	byte askers, targets;
	bit unmapped;
end_run:
	do
	:: asked_by[_pid] != 0 -> x86_shootdown_answer(_pid) /* the interrupt */
	:: true -> touch(_pid, 0)
	:: true -> touch(_pid, 1)
	:: _pid < 2 && !unmapped -> unmap(_pid); unmapped = 1; targets = 0
	:: _pid == 2 -> arch_idle(_pid)
	od
}
