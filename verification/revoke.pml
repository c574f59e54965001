/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Use of a capability against its revocation and the reuse of its slot (kernel/
 * cap_inline.h: cap_lookup, cap_current; cap.c: kill, bury, cap_create; docs/
 * kernel/capability.md). Names are the code's.
 *
 * Shown, in every interleaving of two users and one revoker that gives the slot
 * to another object afterwards: nobody acts through the capability once the
 * revocation has returned, and nobody acts on one object with what the slot says
 * of another.
 *
 * Sequentially consistent: the generation is read and written with acquire and
 * release, and the lock of the object stands between.
 *
 * mutants: NOT_CURRENT NOT_PASSED REUSED_EARLY
 */
byte generation = 1;   /* of the slot; odd: live */
byte object = 0;       /* which object the slot names */
byte rights = 1;       /* the right that is checked */
bit lock[2];           /* of each object */
bit returned;          /* the revocation has */

inline acquire(o) { atomic { lock[o] == 0 -> lock[o] = 1 } }
inline release(o) { lock[o] = 0 }

active [2] proctype user() {
	byte handle = 1, seen, o; /* the handle's generation */
	seen = generation;
	if
	:: seen == handle && rights == 1 -> /* cap_lookup */
		o = object;
		acquire(o);
#ifdef NOT_CURRENT
		assert(!returned && o == 0);
#else
		if
		:: generation == handle ->      /* cap_current: act */
			assert(!returned);
			assert(o == object && o == 0)
		:: else
		fi;
#endif
		release(o)
	:: else
	fi
}

active proctype revoker() {
	generation++;          /* dead from here on */
#ifdef REUSED_EARLY
	object = 1; rights = 1; generation++;
#endif
#ifndef NOT_PASSED
	acquire(0); release(0); /* whoever acted has gone */
#endif
	returned = 1;
#ifndef REUSED_EARLY
	object = 1;            /* cap_create, for another object */
	rights = 1;
	generation++
#endif
}
