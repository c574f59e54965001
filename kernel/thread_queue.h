/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * First-in first-out lists of threads, linked by slot, under the lock of whoever owns the list: run queues, and
 * who waits at an endpoint or a notification. A list is two words, head and tail. Every link can be checked from its
 * own thread, so each step is proved to keep all lists whole.
 */
#pragma once
#include <kernel/thread.h>

/* For the proof alone: the list a thread is in, by the address of its head (null: none), and its turn there, which
 * grows along a list, so that no list is a ring and the order of a list is that of the turns. */
/*@ ghost extern uint32_t *thread_queued[THREAD_MAX]; */
/*@ ghost extern int64_t thread_turn[THREAD_MAX]; */
/*@ ghost extern int64_t turn_first, turn_last; */

/*@ lemma next_apart: \forall integer i, j; 0 <= i < THREAD_MAX && 0 <= j < THREAD_MAX && i != j ==>
      &thread_table[i].next != &thread_table[j].next;
    lemma previous_apart: \forall integer i, j; 0 <= i < THREAD_MAX && 0 <= j < THREAD_MAX && i != j ==>
      &thread_table[i].previous != &thread_table[j].previous;
    lemma links_apart: \forall integer i, j; 0 <= i < THREAD_MAX && 0 <= j < THREAD_MAX ==>
      &thread_table[i].next != &thread_table[j].previous;

    predicate queue_in{L}(uint32_t *head, integer i) = 0 <= i < THREAD_MAX && thread_queued[i] == head;

    predicate queue_ends{L}(uint32_t *head, uint32_t *tail) =
      (*head == NONE <==> *tail == NONE) &&
      (*head != NONE ==> queue_in(head, *head) && thread_table[*head].previous == NONE) &&
      (*tail != NONE ==> queue_in(head, *tail) && thread_table[*tail].next == NONE);

    predicate queue_nexts{L}(uint32_t *head, uint32_t *tail) =
      (\forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head && thread_table[i].next == NONE ==>
        i == *tail) &&
      (\forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head && thread_table[i].next != NONE ==>
        0 <= thread_table[i].next < THREAD_MAX && thread_queued[thread_table[i].next] == head) &&
      (\forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head && thread_table[i].next != NONE ==>
        thread_table[thread_table[i].next].previous == i) &&
      (\forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head && thread_table[i].next != NONE ==>
        thread_turn[i] < thread_turn[thread_table[i].next]);

    predicate queue_previouses{L}(uint32_t *head) =
      (\forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head && thread_table[i].previous == NONE ==>
        i == *head) &&
      (\forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head && thread_table[i].previous != NONE ==>
        0 <= thread_table[i].previous < THREAD_MAX && thread_queued[thread_table[i].previous] == head) &&
      (\forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head && thread_table[i].previous != NONE ==>
        thread_table[thread_table[i].previous].next == i);

    predicate queue_turns{L}(uint32_t *head) =
      turn_first <= turn_last &&
      (\forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head ==>
        turn_first <= thread_turn[i] <= turn_last);

    predicate queue_ok{L}(uint32_t *head, uint32_t *tail) =
      queue_ends(head, tail) && queue_nexts(head, tail) && queue_previouses(head) && queue_turns(head);

    predicate queue_words(uint32_t *head, uint32_t *tail) =
      \valid(head) && \valid(tail) && head != \null && head != tail &&
      \base_addr(head) != \base_addr(&thread_table[0]) && \base_addr(tail) != \base_addr(&thread_table[0]);

    predicate queue_thread{L}(struct thread *thread) =
      thread->slot < THREAD_MAX && thread == &thread_table[thread->slot];

    // every other thread is where it was, and has its turn; in other lists nothing changed at all
    predicate queue_others_kept{K, L}(uint32_t *head, integer slot) =
      \forall integer i; 0 <= i < THREAD_MAX && i != slot ==>
        \at(thread_queued[i], L) == \at(thread_queued[i], K) && \at(thread_turn[i], L) == \at(thread_turn[i], K) &&
        (\at(thread_queued[i], K) != head ==>
          \at(thread_table[i].next, L) == \at(thread_table[i].next, K) &&
          \at(thread_table[i].previous, L) == \at(thread_table[i].previous, K));

    predicate queue_threads_kept{K, L} =
      \forall integer i; 0 <= i < THREAD_MAX ==>
        \at(thread_queued[i], L) == \at(thread_queued[i], K) && \at(thread_turn[i], L) == \at(thread_turn[i], K) &&
        \at(thread_table[i].next, L) == \at(thread_table[i].next, K) &&
        \at(thread_table[i].previous, L) == \at(thread_table[i].previous, K);

    predicate queue_words_same{K, L}(uint32_t *head, uint32_t *tail) =
      \at(*head, L) == \at(*head, K) && \at(*tail, L) == \at(*tail, K);

    // of a list nothing changed: neither its words nor who is in it, nor their links and turns
    predicate queue_same{K, L}(uint32_t *head, uint32_t *tail) =
      queue_words_same{K, L}(head, tail) &&
      \at(turn_first, L) <= \at(turn_first, K) && \at(turn_last, K) <= \at(turn_last, L) &&
      (\forall integer i; 0 <= i < THREAD_MAX ==>
        (\at(thread_queued[i], L) == head <==> \at(thread_queued[i], K) == head)) &&
      (\forall integer i; 0 <= i < THREAD_MAX && \at(thread_queued[i], L) == head ==>
        \at(thread_table[i].next, L) == \at(thread_table[i].next, K) &&
        \at(thread_table[i].previous, L) == \at(thread_table[i].previous, K) &&
        \at(thread_turn[i], L) == \at(thread_turn[i], K));

    lemma queue_still_ok{K, L}: \forall uint32_t *head, *tail;
      \at(queue_ok(head, tail), K) && queue_same{K, L}(head, tail) ==> \at(queue_ok(head, tail), L);

    lemma queue_same_then{K, L, M}: \forall uint32_t *head, *tail;
      queue_same{K, L}(head, tail) && queue_same{L, M}(head, tail) ==> queue_same{K, M}(head, tail);

    lemma queue_step{K, L}: \forall uint32_t *head, *other, *tail, integer slot;
      queue_others_kept{K, L}(head, slot) && other != head &&
      \at(thread_queued[slot], K) != other && \at(thread_queued[slot], L) != other &&
      \at(turn_first, L) <= \at(turn_first, K) && \at(turn_last, K) <= \at(turn_last, L) &&
      queue_words_same{K, L}(other, tail) ==> queue_same{K, L}(other, tail);

    lemma queue_others_then{K, L, M}: \forall uint32_t *head, integer slot;
      queue_others_kept{K, L}(head, slot) && queue_threads_kept{L, M} ==> queue_others_kept{K, M}(head, slot);

    // each thread but one names the run queue it named
    predicate queue_cpus_kept{K, L}(integer slot) =
      \forall integer i; 0 <= i < THREAD_MAX && i != slot ==>
        \at(thread_table[i].queue_cpu, L) == \at(thread_table[i].queue_cpu, K) &&
        \at(thread_table[i].queue_priority, L) == \at(thread_table[i].queue_priority, K);

    predicate next_kept_but{K, L}(integer a, integer b) =
      \forall integer i; 0 <= i < THREAD_MAX && i != a && i != b ==>
        \at(thread_table[i].next, L) == \at(thread_table[i].next, K);

    predicate previous_kept_but{K, L}(integer a, integer b) =
      \forall integer i; 0 <= i < THREAD_MAX && i != a && i != b ==>
        \at(thread_table[i].previous, L) == \at(thread_table[i].previous, K);
*/

/* The three writers of links. Their contracts say which links change, so that the proofs of the steps need not look
 * at the stores. */

/*@ requires queue_words(head, tail) && queue_thread(thread);
    requires *tail == NONE || (*tail < THREAD_MAX && *tail != thread->slot);
    assigns *head, *tail, thread->next, thread->previous, thread_table[*tail].next;
    ensures *head == (\old(*tail) == NONE ? \old(thread->slot) : \old(*head)) && *tail == \old(thread->slot);
    ensures thread_table[\old(thread->slot)].next == NONE;
    ensures thread_table[\old(thread->slot)].previous == \old(*tail);
    ensures \old(*tail) != NONE ==> thread_table[\old(*tail)].next == \old(thread->slot);
    ensures next_kept_but{Pre, Here}(\old(thread->slot), \old(*tail));
    ensures previous_kept_but{Pre, Here}(\old(thread->slot), \old(thread->slot));
    ensures queue_cpus_kept{Pre, Here}(NONE); */
CC_INLINE void links_append(uint32_t *head, uint32_t *tail, struct thread *thread)
{
	uint32_t slot = thread_slot(thread);
	uint32_t last = *tail;
	thread->next = NONE;
	thread->previous = last;
	if (last == NONE)
		*head = slot;
	else
		thread_table[last].next = slot;
	*tail = slot;
}

/*@ requires queue_words(head, tail) && queue_thread(thread);
    requires *head == NONE || (*head < THREAD_MAX && *head != thread->slot);
    assigns *head, *tail, thread->next, thread->previous, thread_table[*head].previous;
    ensures *tail == (\old(*head) == NONE ? \old(thread->slot) : \old(*tail)) && *head == \old(thread->slot);
    ensures thread_table[\old(thread->slot)].previous == NONE;
    ensures thread_table[\old(thread->slot)].next == \old(*head);
    ensures \old(*head) != NONE ==> thread_table[\old(*head)].previous == \old(thread->slot);
    ensures next_kept_but{Pre, Here}(\old(thread->slot), \old(thread->slot));
    ensures previous_kept_but{Pre, Here}(\old(thread->slot), \old(*head));
    ensures queue_cpus_kept{Pre, Here}(NONE); */
CC_INLINE void links_prepend(uint32_t *head, uint32_t *tail, struct thread *thread)
{
	uint32_t slot = thread_slot(thread);
	uint32_t first = *head;
	thread->next = first;
	thread->previous = NONE;
	if (first == NONE)
		*tail = slot;
	else
		thread_table[first].previous = slot;
	*head = slot;
}

/*@ requires queue_words(head, tail) && queue_thread(thread);
    requires thread->previous == NONE || (thread->previous < THREAD_MAX && thread->previous != thread->slot);
    requires thread->next == NONE ||
      (thread->next < THREAD_MAX && thread->next != thread->slot && thread->next != thread->previous);
    assigns *head, *tail, thread_table[thread->previous].next, thread_table[thread->next].previous;
    ensures *head == (\old(thread->previous) == NONE ? \old(thread->next) : \old(*head));
    ensures *tail == (\old(thread->next) == NONE ? \old(thread->previous) : \old(*tail));
    ensures \old(thread->previous) != NONE ==> thread_table[\old(thread->previous)].next == \old(thread->next);
    ensures \old(thread->next) != NONE ==> thread_table[\old(thread->next)].previous == \old(thread->previous);
    ensures next_kept_but{Pre, Here}(\old(thread->previous), \old(thread->previous));
    ensures previous_kept_but{Pre, Here}(\old(thread->next), \old(thread->next));
    ensures queue_cpus_kept{Pre, Here}(NONE); */
CC_INLINE void links_remove(uint32_t *head, uint32_t *tail, const struct thread *thread)
{
	uint32_t previous = thread->previous;
	uint32_t next = thread->next;
	if (previous == NONE)
		*head = next;
	else
		thread_table[previous].next = next;
	if (CC_LIKELY(next == NONE))
		*tail = previous;
	else
		thread_table[next].previous = previous;
}

/* To the end: after everybody who is there. The thread is in no list. */
/*@ requires queue_words(head, tail) && queue_ok(head, tail) && queue_thread(thread);
    requires free: thread_queued[thread->slot] == \null;
    requires turn_last < INT64_MAX;
    assigns *head, *tail, thread->next, thread->previous, thread_table[*tail].next,
            thread_queued[thread->slot], thread_turn[thread->slot], turn_last;
    ensures turn: turn_last == \old(turn_last) + 1;
    ensures ok: queue_ok(head, tail);
    ensures last: *tail == \old(thread->slot) && queue_in(head, \old(thread->slot));
    ensures order: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head && i != \old(thread->slot) ==>
      thread_turn[i] < thread_turn[\old(thread->slot)];
    ensures others: queue_others_kept{Pre, Post}(head, \old(thread->slot));
    ensures say: queue_cpus_kept{Pre, Post}(NONE); */
CC_INLINE void thread_queue_append(uint32_t *head, uint32_t *tail, struct thread *thread)
{
	/*@ ghost uint32_t slot = thread->slot, last = *tail; */
	/*@ assert tail: last != NONE ==> queue_in(head, last) && last != slot && thread_table[last].next == NONE; */
	/*@ assert nobody: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head ==>
	      i != slot && thread_table[i].next != slot && thread_table[i].previous != slot; */
	links_append(head, tail, thread);
	/*@ ghost turn_last = turn_last + 1; */
	/*@ ghost thread_queued[slot] = head; */
	/*@ ghost thread_turn[slot] = turn_last; */
	/*@ assert ends: queue_ends(head, tail); */
	/*@ assert turns: queue_turns(head); */
	/*@ assert previous_1: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].previous == NONE ==> i == *head; */
	/*@ assert previous_2: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].previous != NONE ==>
	      0 <= thread_table[i].previous < THREAD_MAX && thread_queued[thread_table[i].previous] == head; */
	/*@ assert previous_3: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].previous != NONE ==> thread_table[thread_table[i].previous].next == i; */
	/*@ assert previous: queue_previouses(head); */
	/*@ assert next_1: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].next == NONE ==> i == *tail; */
	/*@ assert next_2: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].next != NONE ==>
	      0 <= thread_table[i].next < THREAD_MAX && thread_queued[thread_table[i].next] == head; */
	/*@ assert next_3: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].next != NONE ==> thread_table[thread_table[i].next].previous == i; */
	/*@ assert next_4: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].next != NONE ==> thread_turn[i] < thread_turn[thread_table[i].next]; */
	/*@ assert next: queue_nexts(head, tail); */
}

/* To the front: before everybody who is there. The thread is in no list. */
/*@ requires queue_words(head, tail) && queue_ok(head, tail) && queue_thread(thread);
    requires free: thread_queued[thread->slot] == \null;
    requires turn_first > INT64_MIN;
    assigns *head, *tail, thread->next, thread->previous, thread_table[*head].previous,
            thread_queued[thread->slot], thread_turn[thread->slot], turn_first;
    ensures turn: turn_first == \old(turn_first) - 1;
    ensures ok: queue_ok(head, tail);
    ensures first: *head == \old(thread->slot) && queue_in(head, \old(thread->slot));
    ensures order: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head && i != \old(thread->slot) ==>
      thread_turn[\old(thread->slot)] < thread_turn[i];
    ensures others: queue_others_kept{Pre, Post}(head, \old(thread->slot));
    ensures say: queue_cpus_kept{Pre, Post}(NONE); */
CC_INLINE void thread_queue_prepend(uint32_t *head, uint32_t *tail, struct thread *thread)
{
	/*@ ghost uint32_t slot = thread->slot, first = *head; */
	/*@ assert head: first != NONE ==> queue_in(head, first) && first != slot &&
	      thread_table[first].previous == NONE; */
	/*@ assert nobody: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head ==>
	      i != slot && thread_table[i].next != slot && thread_table[i].previous != slot; */
	links_prepend(head, tail, thread);
	/*@ ghost turn_first = turn_first - 1; */
	/*@ ghost thread_queued[slot] = head; */
	/*@ ghost thread_turn[slot] = turn_first; */
	/*@ assert ends: queue_ends(head, tail); */
	/*@ assert turns: queue_turns(head); */
	/*@ assert previous_1: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].previous == NONE ==> i == *head; */
	/*@ assert previous_2: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].previous != NONE ==>
	      0 <= thread_table[i].previous < THREAD_MAX && thread_queued[thread_table[i].previous] == head; */
	/*@ assert previous_3: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].previous != NONE ==> thread_table[thread_table[i].previous].next == i; */
	/*@ assert previous: queue_previouses(head); */
	/*@ assert next_1: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].next == NONE ==> i == *tail; */
	/*@ assert next_2: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].next != NONE ==>
	      0 <= thread_table[i].next < THREAD_MAX && thread_queued[thread_table[i].next] == head; */
	/*@ assert next_3: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].next != NONE ==> thread_table[thread_table[i].next].previous == i; */
	/*@ assert next_4: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].next != NONE ==> thread_turn[i] < thread_turn[thread_table[i].next]; */
	/*@ assert next: queue_nexts(head, tail); */
}

/* Out of the list it is in; the others keep their order. */
/*@ requires queue_words(head, tail) && queue_ok(head, tail) && queue_thread(thread);
    requires member: queue_in(head, thread->slot);
    assigns *head, *tail, thread_table[thread->previous].next, thread_table[thread->next].previous,
            thread_queued[thread->slot];
    ensures ok: queue_ok(head, tail);
    ensures out: thread_queued[\old(thread->slot)] == \null;
    ensures others: queue_others_kept{Pre, Post}(head, \old(thread->slot));
    ensures say: queue_cpus_kept{Pre, Post}(NONE); */
CC_INLINE void thread_queue_remove(uint32_t *head, uint32_t *tail, struct thread *thread)
{
	/*@ ghost uint32_t slot = thread->slot, before = thread->previous, after = thread->next; */
	/*@ ghost uint32_t first = *head, last = *tail; */
	/*@ assert apart: before != slot && after != slot && (before != NONE ==> before != after) &&
	      (before == NONE ? first == slot : first != slot && first != after) &&
	      (after == NONE ? last == slot : last != slot && last != before); */
	/*@ assert between: before != NONE && after != NONE ==> thread_turn[before] < thread_turn[after]; */
	/*@ assert nobody: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head ==>
	      (thread_table[i].next == slot ==> i == before) && (thread_table[i].previous == slot ==> i == after) &&
	      (i != slot && after != NONE ==> thread_table[i].next != after) &&
	      (i != slot && before != NONE ==> thread_table[i].previous != before); */
	links_remove(head, tail, thread);
	/*@ ghost thread_queued[slot] = (uint32_t *)0; */
	/*@ assert head: *head == (before == NONE ? after : first); */
	/*@ assert tail: *tail == (after == NONE ? before : last); */
	/*@ assert link: before != NONE ==> thread_table[before].next == after && queue_in(head, before); */
	/*@ assert link_back: after != NONE ==> thread_table[after].previous == before && queue_in(head, after); */
	/*@ assert ends: queue_ends(head, tail); */
	/*@ assert previous_1: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].previous == NONE ==> i == *head; */
	/*@ assert previous_2: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].previous != NONE ==>
	      0 <= thread_table[i].previous < THREAD_MAX && thread_queued[thread_table[i].previous] == head; */
	/*@ assert previous_3: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].previous != NONE ==> thread_table[thread_table[i].previous].next == i; */
	/*@ assert previous: queue_previouses(head); */
	/*@ assert next_1: \forall integer i; 0 <= i < THREAD_MAX && i != before && thread_queued[i] == head &&
	      thread_table[i].next == NONE ==> i == *tail; */
	/*@ assert next_2: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].next != NONE ==>
	      0 <= thread_table[i].next < THREAD_MAX && thread_queued[thread_table[i].next] == head; */
	/*@ assert next_3: \forall integer i; 0 <= i < THREAD_MAX && i != before && thread_queued[i] == head &&
	      thread_table[i].next != NONE ==> thread_table[thread_table[i].next].previous == i; */
	/*@ assert next_4: \forall integer i; 0 <= i < THREAD_MAX && i != before && thread_queued[i] == head &&
	      thread_table[i].next != NONE ==> thread_turn[i] < thread_turn[thread_table[i].next]; */
	/*@ assert next_before: before != NONE ==> thread_table[before].next == after && queue_in(head, before) &&
	      (after == NONE ? before == *tail : queue_in(head, after) && thread_table[after].previous == before &&
	        thread_turn[before] < thread_turn[after]); */
	/*@ assert next_5: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].next == NONE ==> i == *tail; */
	/*@ assert next_6: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].next != NONE ==> thread_table[thread_table[i].next].previous == i; */
	/*@ assert next_7: \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head &&
	      thread_table[i].next != NONE ==> thread_turn[i] < thread_turn[thread_table[i].next]; */
	/*@ assert next: queue_nexts(head, tail); */
}

/* The same for the first of a list. */
/*@ requires queue_words(head, tail) && queue_ok(head, tail) && queue_thread(thread);
    requires member: *head == thread->slot;
    assigns *head, *tail, thread_table[thread->previous].next, thread_table[thread->next].previous,
            thread_queued[thread->slot];
    ensures ok: queue_ok(head, tail);
    ensures out: thread_queued[\old(thread->slot)] == \null;
    ensures others: queue_others_kept{Pre, Post}(head, \old(thread->slot));
    ensures say: queue_cpus_kept{Pre, Post}(NONE); */
CC_INLINE void thread_queue_remove_first(uint32_t *head, uint32_t *tail, struct thread *thread)
{
	if (thread->previous != NONE)
		CC_UNREACHABLE();
	thread_queue_remove(head, tail, thread);
}

/* Nobody in a list was there before its first: going back along the list, the turn falls, and it ends there. */
/*@ ghost
    /@ requires queue_ok(head, tail) && queue_in(head, index);
       assigns \nothing;
       ensures queue_in(head, *head) && *head != NONE && thread_turn[*head] <= thread_turn[index]; @/
    void queue_before(uint32_t *head, uint32_t *tail, uint32_t index)
    {
      uint32_t at = index;
      /@ loop invariant at < THREAD_MAX && thread_queued[at] == head && thread_turn[at] <= thread_turn[index];
         loop assigns at;
         loop variant thread_turn[at] - turn_first; @/
      while (thread_table[at].previous != NONE)
        at = thread_table[at].previous;
    }
*/

/*@ ghost
    /@ requires queue_ok(head, tail);
       assigns \nothing;
       ensures \forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == head ==>
         thread_turn[*head] <= thread_turn[i]; @/
    void queue_first(uint32_t *head, uint32_t *tail)
    {
      uint32_t i = 0;
      /@ loop invariant 0 <= i <= THREAD_MAX;
         loop invariant \forall integer k; 0 <= k < i && thread_queued[k] == head ==>
           thread_turn[*head] <= thread_turn[k];
         loop assigns i;
         loop variant THREAD_MAX - i; @/
      while (i < THREAD_MAX) {
        if (thread_queued[i] == head)
          queue_before(head, tail, i);
        i++;
      }
    }
*/

/* Every member is in `state` and waits at `object`; links agree in both directions. */
bool thread_queue_valid(uint32_t head, uint32_t tail, enum thread_state state, uint32_t object);
