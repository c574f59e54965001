/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A CPU that goes idle, and others that queue work for it (kernel/sched.c:
 * idle_once, sched_next, sched_ready, sched_poke). Names are the code's.
 *
 * Shown, in every interleaving of two wakers with two threads each: when nothing
 * more can happen, no thread is left in the queue of a CPU that halts.
 *
 * The model's memory is sequentially consistent; the code has a full barrier
 * between the two accesses of either side, which is what that takes.
 *
 * mutants: HALT_UNCHECKED CHECK_BEFORE_MARK POKE_BEFORE_QUEUE
 */
#define WAKES 2

byte ready;       /* threads in the queue */
byte running = 2; /* priority + 1 of what runs there; 0: nothing */
bit ipi;          /* pending */
bit halted;
byte woken;

active proctype cpu() {
	bit nothing;
end_run:
	do
	:: atomic { ready > 0 -> ready--; running = 2 }  /* take_own, sched_hand_off */
		ipi = 0;
		skip /* the thread runs, and ends */
	:: ready == 0 ->                                 /* idle_once */
#ifdef CHECK_BEFORE_MARK
		nothing = (ready == 0);
		running = 0;
#else
		running = 0;
		nothing = (ready == 0);
#endif
#ifdef HALT_UNCHECKED
		nothing = 1;
#endif
		if
		:: nothing ->
			halted = 1;
end_halt:		atomic { ipi -> ipi = 0; halted = 0 }
		:: else
		fi
	od
}

active [2] proctype waker() {
	byte i, seen;
	do
	:: i == WAKES -> break
	:: else ->
		i++;
#ifdef POKE_BEFORE_QUEUE
		seen = running;
		ready++;
#else
		ready++;          /* sched_ready, under the queue's lock */
		seen = running;   /* sched_poke: priority 0, so anything that runs there goes on */
#endif
		if
		:: seen > 1 -> skip
		:: else -> ipi = 1
		fi
	od;
	woken++
}

active proctype judge() {
	timeout -> assert(!(woken == 2 && halted && ready > 0))
}
