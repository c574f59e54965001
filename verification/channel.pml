/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The end of a channel: its creator closes while the peer attaches, closes from
 * another of its threads, and the grace period runs out (kernel/channel.c:
 * channel_attach, claim_locked, claim_commit; channel_close.c: channel_side_close,
 * close_locked, channel_expire, withdraw; channel_grace.c). Names are the code's.
 *
 * Shown, in every interleaving: the state only moves forward; no page is mapped
 * that was freed; once it is closed and everybody is done, neither side maps the
 * shared pages and their memory is free; a peer that would not leave has zero pages
 * in their place; who closed first was told that it is over; an attach that said OK
 * was told of a close that came after.
 *
 * What happens under the channel's lock is one step. Mapping and withdrawing are one
 * step each, under the lock of the address space. Capabilities and channel_destroy
 * are left out: everybody here holds a reference to the channel.
 *
 * mutants: NO_RECHECK UNRETAINED LATE_FORGOTTEN NOT_TOLD CLOSED_TWICE LEFT_MAPPED
 */
#define OPEN    0
#define CLOSING 1
#define CLOSED  2

#define NOTHING 0
#define SHARED  1
#define ZEROES  2
#define A 0 /* the creator's side */
#define B 1 /* the peer's */

byte state = OPEN;
bit has_memory = 1;      /* channel->memory and ->tombstone are there */
byte references = 2;     /* to the shared memory: the channel's, and A's mapping */
byte map[2] = {SHARED, NOTHING};
bit attached[2] = {1, 0}; /* side->process */
bit closed[2];           /* side->closed */
bit told[2];             /* CHANNEL_CLOSING_BIT on its doorbell */
bit listed;              /* in the grace list */
bit expired;
byte first = 2;          /* who closed first */
byte left = 4;           /* processes that are not done */

inline become(next) { assert(next > state); state = next }
inline drop() { assert(references > 0); references-- }

/* aspace_withdraw of one process: its mapping's reference goes with it. */
inline withdraw(s, replacement) {
	atomic { if :: map[s] == SHARED -> map[s] = replacement; drop() :: else fi }
}

inline channel_side_close(s, memory, began, mine) {
	atomic { /* close_locked */
		began = 0; mine = 0; memory = 0;
		if
#ifdef CLOSED_TWICE
		:: state != CLOSED ->
#else
		:: !closed[s] && state != CLOSED ->
#endif
			assert(!closed[s]);
			closed[s] = 1; memory = 1; mine = 1;
			if :: first == 2 -> first = s :: else fi;
			references++; /* closing->memory */
			began = (state == OPEN && attached[1 - s]);
			if
			:: began -> become(CLOSING)
			:: else -> become(CLOSED) /* channel_finish: the channel's reference is `remains` */
			fi
		:: else
		fi
	}
	if
	:: mine ->
#ifndef LEFT_MAPPED
		withdraw(s, NOTHING);
#endif
		atomic {
			drop();
			if
			:: began -> listed = 1
			:: else -> listed = 0
			fi
		}
		atomic { if :: !began -> has_memory = 0; drop() :: else fi } /* remains_release */
#ifdef NOT_TOLD
		if :: began -> told[1 - s] = 1 :: else fi
#else
		told[1 - s] = 1
#endif
	:: else
	fi
}

/* The creator is attached from the start, and closes. */
active proctype creator() {
	bit memory, began, mine;
	channel_side_close(A, memory, began, mine);
	left--
}

active proctype peer() {
	bit memory, began, mine, won, open;
	atomic { /* claim_locked */
		if
		:: state == OPEN && !attached[B] ->
			attached[B] = 1; won = 1;
#ifndef UNRETAINED
			references++
#endif
		:: else
		fi
	}
	if
	:: won ->
		atomic { assert(references > 0); map[B] = SHARED; references++ } /* aspace_map */
		open = (state == OPEN); /* claim_commit */
#ifdef NO_RECHECK
		open = 1;
#endif
		if
		:: !open ->
			withdraw(B, NOTHING);
			channel_side_close(B, memory, began, mine)
		:: else
		fi;
#ifndef UNRETAINED
		drop();
#endif
		if
		:: open && told[B] -> channel_side_close(B, memory, began, mine) /* agrees */
		:: true /* or does not */
		fi
	:: else
	fi;
	left--
}

/* Another thread of the peer. */
active proctype sibling() {
	bit memory, began, mine;
	if
	:: attached[B] -> channel_side_close(B, memory, began, mine)
	:: true
	fi;
	left--
}

/* channel_grace: takes it out of the list first. */
active proctype timer() {
	bit late, due, waits;
	do
	:: listed ->
		listed = 0;
		atomic { /* channel_expire */
			due = (state == CLOSING);
			if
			:: due ->
				late = (closed[A] -> B : A);
				closed[late] = 1;
				waits = attached[late];
				become(CLOSED)
			:: else
			fi
		}
		if
		:: due ->
#ifndef LATE_FORGOTTEN
			if :: waits -> withdraw(late, ZEROES) :: else fi;
#endif
			atomic { has_memory = 0; drop(); expired = 1 }
			told[1 - late] = 1
		:: else
		fi
	:: !listed && left == 1 -> break
	od;
	left--
}

/* No page of freed memory is mapped, ever; and what is so at the end. */
active proctype judge() {
end_watch:
	do
	:: atomic { references == 0 && (map[A] == SHARED || map[B] == SHARED) -> assert(false) }
	:: atomic { left == 0 -> break }
	od;
	assert(state == CLOSED && !has_memory && references == 0 && map[A] != SHARED && map[B] != SHARED);
	assert(!(first != 2 && state == CLOSED && attached[1 - first] && closed[1 - first]) || told[first]);
	assert(!(expired && map[A] == SHARED))
}
