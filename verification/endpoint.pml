/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One caller, one server, and everybody who may end the caller's wait at the
 * same time: the answer, the deadline, a revocation, a kill (kernel/thread.c,
 * endpoint_call.c, endpoint_receive.c, timer.c, process.c). Names are the code's.
 *
 * Shown, in every interleaving of two calls: the caller is woken exactly once for
 * each wait; an answer reaches only the wait it was for; nobody who came to end a
 * wait goes away and leaves the caller blocked; at the end nobody waits for what
 * has already happened.
 *
 * What happens under the endpoint's lock is one step here: nothing it touches is touched without the lock,
 * except a wait word that says REPLYING, and no section makes two visible changes to one.
 *
 * mutants: CLAIM_ONCE NO_SEQUENCE NO_EXCHANGE DYING_UNCHECKED EARLY_WAKE
 */
#define CALLS 2

#define READY     0
#define SENDING   1
#define RECEIVING 2
#define REPLYING  3
#define STATE(w)   ((w) % 4)
#define SEQ(w)     ((w) / 4)
#define NEXT(w, s) ((SEQ(w) + 1) * 4 + (s))
#define WITH(w, s) (SEQ(w) * 4 + (s))

byte caller_wait = 0;      /* the wait word: sequence and state */
bit in_senders;            /* the caller is queued at the endpoint */
bit server_receiving;      /* the server is queued at the endpoint */
byte server_runs;          /* wake-ups of the server that it has not used */
byte caller_runs;          /* likewise of the caller */
byte handed;               /* reply handle the server was given: the wait word of the call */
byte armed;                /* wait word the timer is armed for; 0: not armed */
bit dying, cap_dead;
bit revoked, killed;       /* each has done all it will do */
bit blocked;               /* the caller waits and has not been woken */

inline wake_caller() { atomic { assert(caller_runs == 0 && blocked); caller_runs = 1; blocked = 0 } }

/* thread.c, thread_claim: `w` is what the claimer saw. */
inline claim_seen(w, won) {
	won = 0;
	if
	:: STATE(w) == SENDING ->
		atomic {
			if
			:: caller_wait == w -> in_senders = 0; caller_wait = WITH(w, READY); won = 1
			:: else
			fi
		}
	:: STATE(w) == REPLYING ->
#ifdef NO_EXCHANGE
		if :: caller_wait == w -> caller_wait = WITH(w, READY); won = 1 :: else fi
#else
		atomic { if :: caller_wait == w -> caller_wait = WITH(w, READY); won = 1 :: else fi }
#endif
	:: else
	fi
}

inline thread_claim(w, won) {
	claim_seen(w, won);
#ifndef CLAIM_ONCE
	/* Within one wait SENDING may have become REPLYING. */
	if
	:: !won && SEQ(caller_wait) == SEQ(w) -> w = caller_wait; claim_seen(w, won)
	:: else
	fi
#endif
}

/* sched.h, sched_check_dying: after the wait word was published. */
inline sched_check_dying() {
#ifdef DYING_UNCHECKED
	skip
#else
	seen = caller_wait;
	if
	:: dying -> thread_claim(seen, mine); if :: mine -> wake_caller() :: else fi
	:: else
	fi
#endif
}

active proctype caller() {
	byte calls, seen; bit mine, delivered;
	do
	:: calls == CALLS || dying -> break
	:: else ->
		calls++;
		/* The timer is armed on this CPU, which takes no interrupt meanwhile. */
		atomic {
			blocked = !cap_dead; /* cap_current */
			if
			:: cap_dead -> break
			:: !cap_dead && server_receiving -> /* call_deliver */
				server_receiving = 0;
				caller_wait = NEXT(caller_wait, REPLYING);
				handed = caller_wait;
				delivered = 1
			:: else ->                          /* call_enqueue */
				in_senders = 1;
				caller_wait = NEXT(caller_wait, SENDING);
				delivered = 0
			fi;
			armed = caller_wait
		}
		sched_check_dying();
		atomic { if :: delivered -> server_runs++ :: else fi; seen = 0; mine = 0; delivered = 0 }
		/* It may wait for ever only if nobody answers and nobody came to end it. */
end_blocked:	atomic { caller_runs > 0 -> caller_runs = 0 }
	od
}

active proctype server() {
	byte seen, handle, old; bit won;
end_receive:
	do
	::	atomic {
			if
			:: in_senders -> /* receive_caller */
				in_senders = 0;
				caller_wait = WITH(caller_wait, REPLYING);
				handed = caller_wait
			:: else ->       /* receive_publish */
				server_receiving = 1
			fi
		}
		if
		:: server_receiving || server_runs > 0 ->
end_wait:		atomic { server_runs > 0 -> server_runs-- }
		:: else
		fi;
		/* Whom it answers: the caller of now, one it has kept the handle of, or nobody ever. */
		if
		:: handle = handed
		:: old != 0 -> handle = old
		:: goto end_keep
		fi;
		old = handed;
		seen = caller_wait; /* reply_claim */
		if
#ifdef NO_SEQUENCE
		:: STATE(seen) == REPLYING ->
#else
		:: STATE(seen) == REPLYING && seen == handle ->
#endif
#ifdef EARLY_WAKE
			wake_caller();
#endif
			claim_seen(seen, won);
			if
			:: won ->
				assert(SEQ(seen) == SEQ(handle));
#ifndef EARLY_WAKE
				wake_caller()
#endif
			:: else
			fi
		:: else
		fi;
		atomic { seen = 0; won = 0; handle = 0 }
	od;
end_keep: false
}

/* timer.c, expire: whatever the state has become, the sequence is what counts. */
active proctype timer() {
	byte seen, w_armed; bit won;
	if
	:: atomic { armed != 0 -> w_armed = armed }
		seen = caller_wait;
		if
		:: SEQ(seen) == SEQ(w_armed) && STATE(seen) != READY ->
			thread_claim(seen, won);
			if :: won -> wake_caller() :: else fi
		:: else
		fi;
		atomic { seen = 0; won = 0 }
		/* If the caller still is in the wait the timer was armed for, it is awake. */
		assert(!(blocked && SEQ(caller_wait) == SEQ(w_armed) && STATE(caller_wait) != READY))
	:: true
	fi
}

/* cap.c and thread.c, thread_cap_died: the generation first, the endpoint's lock next, then who waits through it. */
active proctype revoker() {
	byte seen; bit won;
	if
	:: cap_dead = 1;
		seen = caller_wait;
		if
		:: STATE(seen) == SENDING || STATE(seen) == REPLYING ->
			thread_claim(seen, won);
			if :: won -> wake_caller() :: else fi
		:: else
		fi;
		atomic { assert(!(blocked && STATE(caller_wait) != READY)); revoked = 1; seen = 0; won = 0 }
	:: true
	fi
}

/* process.c, process_end: DYING first, the wait word second. */
active proctype killer() {
	byte seen; bit won;
	if
	:: dying = 1;
		seen = caller_wait;
		thread_claim(seen, won);
		if :: won -> wake_caller() :: else fi;
		atomic { killed = 1; seen = 0; won = 0 }
	:: true
	fi
}

/* When nothing more can happen: who was killed or revoked does not wait. */
active proctype judge() {
	timeout -> assert(!(blocked && (revoked || killed)))
}
