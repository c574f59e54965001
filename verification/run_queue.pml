/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Two threads on two CPUs that run them, put them back, let them block and steal
 * them from each other, while somebody wakes them, changes their priority and ends
 * their process (kernel/sched.c: sched_ready, sched_put_back, take_own, steal_from,
 * sched_withdraw, sched_set_priority, reap; run_queue.c; process_reap.c:
 * stop_thread). Names are the code's.
 *
 * Shown, in every interleaving: a thread is in at most one queue and runs on at most
 * one CPU, and only after what it did elsewhere was put away; a running thread's
 * wait word says so; it is finished once, and neither queued nor running then; a
 * ready thread that nobody holds in his hand is in a queue, so that who ends its
 * process gets hold of it.
 *
 * Who runs next within a queue is left open: priorities and order are proved and
 * tested. That an idle CPU looks again is idle.pml's.
 *
 * mutants: LEAVE_LATE STEAL_UNLOCKED WITHDRAW_UNCHECKED PRIORITY_UNCHECKED CLEAR_LATE READY_LATE CLAIM_SPLIT
 */
#define THREADS 2
#define NONE    2 /* no thread, no CPU */
#define IN(q, t) in[(q) * 2 + (t)]

#define READY   0
#define RUNNING 1
#define BLOCKED 2

byte wait[THREADS] = READY;
byte queue_cpu[THREADS] = 0;
byte home[THREADS];       /* thread->cpu */
bit in[4] = {1, 1, 0, 0}; /* what the lists say */
bit lock[2];              /* of each queue */
bit saved[THREADS] = 1;   /* registers and FPU state are in memory */
bit finished[THREADS];
bit dying;

inline lock_acquire(q) { atomic { lock[q] == 0 -> lock[q] = 1 } }
inline lock_release(q) { lock[q] = 0 }

inline run_queue_append(q, t) {
	atomic { assert(!IN(0, t) && !IN(1, t) && queue_cpu[t] == NONE && !finished[t]); IN(q, t) = 1 };
	queue_cpu[t] = q
}
inline run_queue_remove(q, t) {
	atomic { assert(IN(q, t)); IN(q, t) = 0 };
#ifndef CLEAR_LATE
	queue_cpu[t] = NONE
#endif
}

inline sched_ready(t, q) {
	lock_acquire(q);
#ifndef READY_LATE
	wait[t] = READY;
#endif
	run_queue_append(q, t);
	lock_release(q);
#ifdef READY_LATE
	wait[t] = READY
#endif
}

/* take_own and steal_from: any thread of the queue. */
inline take(q, t) {
#ifdef STEAL_UNLOCKED
	if :: IN(q, 0) -> t = 0 :: IN(q, 1) -> t = 1 :: !IN(q, 0) && !IN(q, 1) fi;
	if :: t != NONE -> IN(q, t) = 0; queue_cpu[t] = NONE :: else fi
#else
	lock_acquire(q);
	if :: IN(q, 0) -> t = 0 :: IN(q, 1) -> t = 1 :: !IN(q, 0) && !IN(q, 1) fi;
	if :: t != NONE -> run_queue_remove(q, t) :: else fi;
	lock_release(q);
#ifdef CLEAR_LATE
	if :: t != NONE -> queue_cpu[t] = NONE :: else fi
#endif
#endif
}

inline thread_claim(t, won) {
#ifdef CLAIM_SPLIT
	if :: wait[t] == BLOCKED -> wait[t] = READY; won = 1 :: else -> won = 0 fi
#else
	atomic { if :: wait[t] == BLOCKED -> wait[t] = READY; won = 1 :: else -> won = 0 fi }
#endif
}

inline thread_finish(t) {
	atomic { assert(!finished[t] && !IN(0, t) && !IN(1, t) && saved[t]); finished[t] = 1 }
}

/* The running thread goes to the queue, or waits. */
inline sched_put_back(c, t) {
#ifndef LEAVE_LATE
	saved[t] = 1; /* sched_leave */
#endif
	lock_acquire(c);
	wait[t] = READY;
	run_queue_append(c, t);
	lock_release(c);
#ifdef LEAVE_LATE
	saved[t] = 1
#endif
}

inline block(c, t) {
	saved[t] = 1;
	wait[t] = BLOCKED;
	if :: dying -> thread_claim(t, won); if :: won -> sched_ready(t, c) :: else fi :: else fi
}

active [2] proctype cpu() {
	byte t = NONE;
	bit won;
end_idle:
	do
	:: t == NONE && (IN(_pid, 0) || IN(_pid, 1)) -> take(_pid, t); goto taken
	:: t == NONE && (IN(1 - _pid, 0) || IN(1 - _pid, 1)) -> take(1 - _pid, t); goto taken
	:: t != NONE -> /* it runs */
		assert(wait[t] == RUNNING);
		if
		:: sched_put_back(_pid, t)
		:: block(_pid, t)
		fi;
		atomic { t = NONE; won = 0 }
	od;
taken:
	if
	:: t != NONE && dying -> thread_finish(t); t = NONE /* reap */
	:: t != NONE && !dying ->
		home[t] = _pid; /* sched_claim_here */
		wait[t] = RUNNING;
		atomic { assert(saved[t]); saved[t] = 0 } /* enter */
	:: else
	fi;
	goto end_idle
}

/* Whatever they wait for comes to pass, and makes them ready on a CPU of its choice. */
active proctype waker() {
	bit won; byte t;
end_wait:
	do
	:: wait[0] == BLOCKED -> t = 0; thread_claim(t, won); goto wake
	:: wait[1] == BLOCKED -> t = 1; thread_claim(t, won); goto wake
	od;
wake:
	if
	:: won -> if :: sched_ready(t, 0) :: sched_ready(t, 1) fi
	:: else
	fi;
	atomic { won = 0; t = 0 }
	goto end_wait
}

inline sched_set_priority(t, q) {
	q = queue_cpu[t];
	if :: q == NONE -> q = home[t] :: else fi;
	lock_acquire(q);
	if
#ifdef PRIORITY_UNCHECKED
	:: run_queue_remove(q, t);
#else
	:: queue_cpu[t] == q -> run_queue_remove(q, t);
#endif
		run_queue_append(q, t)
	:: else
	fi;
	lock_release(q)
}

inline sched_withdraw(t, q, won) {
	q = queue_cpu[t];
	if
	:: q == NONE -> won = 0
	:: else ->
		lock_acquire(q);
#ifdef WITHDRAW_UNCHECKED
		won = 1;
#else
		won = (queue_cpu[t] == q);
#endif
		if :: won -> run_queue_remove(q, t) :: else fi;
		lock_release(q)
	fi
}

/* Somebody lends a priority once; then the process ends, and its main thread stops the others. */
active proctype reaper() {
	bit won; byte q, t;
	sched_set_priority(0, q);
	dying = 1;
	do
	:: t == THREADS -> break
	:: t < THREADS && finished[t] -> t++
	:: t < THREADS && !finished[t] && (wait[t] == BLOCKED || queue_cpu[t] != NONE) -> /* stop_thread */
		thread_claim(t, won);
		if :: !won -> sched_withdraw(t, q, won) :: else fi;
		if :: won -> thread_finish(t) :: else fi;
		atomic { won = 0; q = 0 }
	od
}
