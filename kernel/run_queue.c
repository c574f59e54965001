/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Run queues: doubly linked lists of thread slots, one per priority and CPU.
 * Pure bookkeeping under the queue's lock; which CPU and when is sched.c's.
 */
#include "run_queue_priv.h"
#include <lib/bitops.h>

struct run_queue run_queue_table[CPU_MAX];

/* Steps of the proofs: what stays, said of all lists at once. */
/*@ predicate run_queue_words{K, L}(integer cpu, integer priority) =
      \forall integer c, p; 0 <= c < CPU_MAX && 0 <= p < PRIORITY_COUNT && (c != cpu || p != priority) ==>
        queue_words_same{K, L}(\at(&run_queue_table[c].head[p], L), \at(&run_queue_table[c].tail[p], L));

    lemma heads_apart: \forall integer c, d, p, q;
      0 <= c < CPU_MAX && 0 <= d < CPU_MAX && 0 <= p < PRIORITY_COUNT && 0 <= q < PRIORITY_COUNT &&
      (c != d || p != q) ==>
        &run_queue_table[c].head[p] != &run_queue_table[d].head[q] &&
        &run_queue_table[c].tail[p] != &run_queue_table[d].tail[q];

    lemma words_apart: \forall integer c, d, p; 0 <= c < CPU_MAX && 0 <= d < CPU_MAX && 0 <= p < PRIORITY_COUNT ==>
      &run_queue_table[c].head[p] != &run_queue_table[d].count &&
      &run_queue_table[c].tail[p] != &run_queue_table[d].count &&
      &run_queue_table[c].head[p] != &run_queue_table[d].ready_mask &&
      &run_queue_table[c].tail[p] != &run_queue_table[d].ready_mask;

    lemma run_queue_step{K, L}: \forall uint32_t *head, integer cpu, priority, slot;
      0 <= cpu < CPU_MAX && 0 <= priority < PRIORITY_COUNT && 0 <= slot < THREAD_MAX &&
      head == \at(&run_queue_table[cpu].head[priority], L) && queue_others_kept{K, L}(head, slot) &&
      (\at(thread_queued[slot], K) == \null || \at(thread_queued[slot], K) == head) &&
      (\at(thread_queued[slot], L) == \null || \at(thread_queued[slot], L) == head) &&
      \at(turn_first, L) <= \at(turn_first, K) && \at(turn_last, K) <= \at(turn_last, L) &&
      run_queue_words{K, L}(cpu, priority) ==> run_queue_others{K, L}(cpu, priority);

    lemma run_queue_kept{K, L}:
      queue_threads_kept{K, L} && run_queue_words{K, L}(CPU_NONE, NONE) &&
      \at(turn_first, L) <= \at(turn_first, K) && \at(turn_last, K) <= \at(turn_last, L) ==>
        run_queue_others{K, L}(CPU_NONE, NONE);

    lemma run_queue_then{K, L, M}: \forall integer cpu, priority;
      run_queue_others{K, L}(cpu, priority) && run_queue_others{L, M}(CPU_NONE, NONE) ==>
        run_queue_others{K, M}(cpu, priority);

    lemma run_queue_still{K, L}: \forall integer cpu; 0 <= cpu < CPU_MAX &&
      \at(run_queue_lists(&run_queue_table[cpu]), K) && run_queue_others{K, L}(CPU_NONE, NONE) ==>
        \at(run_queue_lists(&run_queue_table[cpu]), L);

    lemma run_queue_name_still{K, L}: \forall integer cpu, i;
      run_queue_name{K}(cpu, i) && \at(thread_queued[i], L) == \at(thread_queued[i], K) &&
      \at(thread_table[i].queue_cpu, L) == \at(thread_table[i].queue_cpu, K) &&
      \at(thread_table[i].queue_priority, L) == \at(thread_table[i].queue_priority, K) ==> run_queue_name{L}(cpu, i);

    lemma run_queue_names_step{K, L}: \forall uint32_t *head, integer cpu, slot;
      run_queue_names{K}(cpu, NONE) && queue_cpus_kept{K, L}(NONE) && queue_others_kept{K, L}(head, slot) ==>
        run_queue_names{L}(cpu, slot);

    lemma run_queue_names_still{K, L}: \forall integer cpu, slot;
      run_queue_names{K}(cpu, slot) && queue_cpus_kept{K, L}(slot) && queue_threads_kept{K, L} ==>
        run_queue_names{L}(cpu, slot);

    lemma run_queue_named{L}: \forall integer cpu, slot;
      run_queue_names{L}(cpu, slot) && run_queue_name{L}(cpu, slot) ==> run_queue_names{L}(cpu, NONE);
*/

/* A builtin: trusted, not proved; tried at every priority by the tests. */
/*@ requires mask != 0;
    assigns \nothing;
    ensures \result < PRIORITY_COUNT && bit((uint64_t)mask, \result);
    ensures \forall integer k; \result < k < PRIORITY_COUNT ==> !bit((uint64_t)mask, k); */
static uint32_t highest_bit(uint32_t mask)
{
	return 31u - (uint32_t)__builtin_clz(mask);
}

/*@ requires priority < PRIORITY_COUNT;
    assigns \nothing;
    ensures set: bit((uint64_t)\result, priority);
    ensures keep: \forall integer k; 0 <= k < PRIORITY_COUNT && k != priority ==>
      (bit((uint64_t)\result, k) <==> bit((uint64_t)mask, k)); */
CC_INLINE uint32_t mask_with(uint32_t mask, uint32_t priority)
{
	uint64_t with = bit_set(mask, priority);
	uint32_t result = (uint32_t)with;
	/*@ assert \forall integer k; 0 <= k < 32 ==> (bit((uint64_t)result, k) <==> bit(with, k)); */
	return result;
}

/*@ requires priority < PRIORITY_COUNT;
    assigns \nothing;
    ensures clear: !bit((uint64_t)\result, priority);
    ensures keep: \forall integer k; 0 <= k < PRIORITY_COUNT && k != priority ==>
      (bit((uint64_t)\result, k) <==> bit((uint64_t)mask, k)); */
CC_INLINE uint32_t mask_without(uint32_t mask, uint32_t priority)
{
	uint64_t without = bit_clear(mask, priority);
	uint32_t result = (uint32_t)without;
	/*@ assert \forall integer k; 0 <= k < 32 ==> (bit((uint64_t)result, k) <==> bit(without, k)); */
	return result;
}

/* The thread is in a list of the queue now, and says so. */
/*@ requires cpu < CPU_MAX && queue == &run_queue_table[cpu] && queue_thread(thread) && priority < PRIORITY_COUNT;
    requires queue->count < UINT32_MAX && run_queue_lists(queue) && queue->head[priority] != NONE;
    requires others: \forall integer p; 0 <= p < PRIORITY_COUNT && p != priority ==>
      (bit((uint64_t)queue->ready_mask, p) <==> queue->head[p] != NONE);
    assigns queue->count, queue->ready_mask, thread->queue_priority, thread->queue_cpu;
    ensures mask: run_queue_mask(queue);
    ensures same: run_queue_others{Pre, Post}(CPU_NONE, NONE);
    ensures lists: run_queue_lists(queue);
    ensures count: queue->count == \old(queue->count) + 1;
    ensures says: thread->queue_cpu == cpu && thread->queue_priority == priority && queue_thread(thread);
    ensures others_say: queue_cpus_kept{Pre, Post}(thread->slot);
    ensures threads: queue_threads_kept{Pre, Post}; */
CC_INLINE void entered(struct run_queue *queue, uint32_t cpu, struct thread *thread, uint32_t priority)
{
	queue->count++;
	thread->queue_priority = (uint8_t)priority;
	thread->queue_cpu = cpu;
	CC_STORE_RELAXED(&queue->ready_mask, mask_with(queue->ready_mask, priority));
	/*@ assert words: run_queue_words{Pre, Here}(CPU_NONE, NONE); */
	/*@ assert threads: queue_threads_kept{Pre, Here}; */
	/*@ assert same: run_queue_others{Pre, Here}(CPU_NONE, NONE); */
}

void run_queue_append(struct run_queue *queue, uint32_t cpu, struct thread *thread)
{
	uint32_t priority = CC_LOAD_RELAXED(&thread->priority);
	/*@ ghost uint32_t slot = thread->slot; */
	/*@ assert place: thread == &thread_table[slot]; */
	thread_queue_append(&queue->head[priority], &queue->tail[priority], thread);
	/*@ assert slot: thread->slot == slot; */
	/*@ assert others_named: run_queue_names(cpu, slot); */
	/*@ assert heads: \forall integer c, p; 0 <= c < CPU_MAX && 0 <= p < PRIORITY_COUNT && (c != cpu || p != priority) ==>
	      run_queue_table[c].head[p] == \at(run_queue_table[c].head[p], Pre); */
	/*@ assert tails: \forall integer c, p; 0 <= c < CPU_MAX && 0 <= p < PRIORITY_COUNT && (c != cpu || p != priority) ==>
	      run_queue_table[c].tail[p] == \at(run_queue_table[c].tail[p], Pre); */
	/*@ assert words: run_queue_words{Pre, Here}(cpu, priority); */
	/*@ assert others: run_queue_others{Pre, Here}(cpu, priority); */
	/*@ assert lists: run_queue_lists(queue); */
	entered(queue, cpu, thread, priority);
	/*@ assert others_named_still: run_queue_names(cpu, slot); */
	/*@ assert self: run_queue_name(cpu, slot); */
	/*@ assert named: run_queue_names(cpu, NONE); */
}

void run_queue_prepend(struct run_queue *queue, uint32_t cpu, struct thread *thread)
{
	uint32_t priority = CC_LOAD_RELAXED(&thread->priority);
	/*@ ghost uint32_t slot = thread->slot; */
	/*@ assert place: thread == &thread_table[slot]; */
	thread_queue_prepend(&queue->head[priority], &queue->tail[priority], thread);
	/*@ assert slot: thread->slot == slot; */
	/*@ assert others_named: run_queue_names(cpu, slot); */
	/*@ assert heads: \forall integer c, p; 0 <= c < CPU_MAX && 0 <= p < PRIORITY_COUNT && (c != cpu || p != priority) ==>
	      run_queue_table[c].head[p] == \at(run_queue_table[c].head[p], Pre); */
	/*@ assert tails: \forall integer c, p; 0 <= c < CPU_MAX && 0 <= p < PRIORITY_COUNT && (c != cpu || p != priority) ==>
	      run_queue_table[c].tail[p] == \at(run_queue_table[c].tail[p], Pre); */
	/*@ assert words: run_queue_words{Pre, Here}(cpu, priority); */
	/*@ assert others: run_queue_others{Pre, Here}(cpu, priority); */
	/*@ assert lists: run_queue_lists(queue); */
	entered(queue, cpu, thread, priority);
	/*@ assert others_named_still: run_queue_names(cpu, slot); */
	/*@ assert self: run_queue_name(cpu, slot); */
	/*@ assert named: run_queue_names(cpu, NONE); */
}

/* The thread is in no list any more, and says so. */
/*@ requires cpu: thread->queue_cpu < CPU_MAX && queue == &run_queue_table[thread->queue_cpu];
    requires queue_thread(thread) && priority < PRIORITY_COUNT;
    requires count: queue->count > 0;
    requires lists: run_queue_lists(queue);
    requires some: bit((uint64_t)queue->ready_mask, priority);
    requires others: \forall integer p; 0 <= p < PRIORITY_COUNT && p != priority ==>
      (bit((uint64_t)queue->ready_mask, p) <==> queue->head[p] != NONE);
    assigns queue->count, queue->ready_mask, thread->queue_cpu;
    ensures mask: run_queue_mask(queue);
    ensures same: run_queue_others{Pre, Post}(CPU_NONE, NONE);
    ensures lists: run_queue_lists(queue);
    ensures count: queue->count == \old(queue->count) - 1;
    ensures says: thread->queue_cpu == CPU_NONE && queue_thread(thread);
    ensures others_say: queue_cpus_kept{Pre, Post}(thread->slot);
    ensures threads: queue_threads_kept{Pre, Post}; */
CC_INLINE void left(struct run_queue *queue, struct thread *thread, uint8_t priority)
{
	queue->count--;
	thread->queue_cpu = CPU_NONE;
	if (queue->head[priority] == NONE)
		CC_STORE_RELAXED(&queue->ready_mask, mask_without(queue->ready_mask, priority));
	/*@ assert words: run_queue_words{Pre, Here}(CPU_NONE, NONE); */
	/*@ assert threads: queue_threads_kept{Pre, Here}; */
	/*@ assert same: run_queue_others{Pre, Here}(CPU_NONE, NONE); */
}

void run_queue_remove(struct run_queue *queue, struct thread *thread)
{
	uint8_t priority = thread->queue_priority;
	/*@ ghost uint32_t slot = thread->slot, cpu = thread->queue_cpu; */
	/*@ assert place: thread == &thread_table[slot] && queue == &run_queue_table[cpu]; */
	/*@ assert name: run_queue_name(cpu, slot); */
	/*@ assert member: priority < PRIORITY_COUNT && queue_in(&queue->head[priority], slot); */
	/*@ ghost queue_before(&queue->head[priority], &queue->tail[priority], slot); */
	/*@ assert some: bit((uint64_t)queue->ready_mask, priority); */
	thread_queue_remove(&queue->head[priority], &queue->tail[priority], thread);
	/*@ assert slot: thread->slot == slot && thread->queue_cpu == cpu; */
	/*@ assert others_named: run_queue_names(cpu, slot); */
	/*@ assert heads: \forall integer c, p; 0 <= c < CPU_MAX && 0 <= p < PRIORITY_COUNT && (c != cpu || p != priority) ==>
	      run_queue_table[c].head[p] == \at(run_queue_table[c].head[p], Pre); */
	/*@ assert tails: \forall integer c, p; 0 <= c < CPU_MAX && 0 <= p < PRIORITY_COUNT && (c != cpu || p != priority) ==>
	      run_queue_table[c].tail[p] == \at(run_queue_table[c].tail[p], Pre); */
	/*@ assert words: run_queue_words{Pre, Here}(cpu, priority); */
	/*@ assert others: run_queue_others{Pre, Here}(cpu, priority); */
	/*@ assert lists: run_queue_lists(queue); */
	left(queue, thread, priority);
	/*@ assert others_named_still: run_queue_names(cpu, slot); */
	/*@ assert self: run_queue_name(cpu, slot); */
	/*@ assert named: run_queue_names(cpu, NONE); */
}

struct thread *run_queue_highest(const struct run_queue *queue)
{
	if (queue->ready_mask == 0) {
		/*@ assert none: \forall integer p; 0 <= p < PRIORITY_COUNT ==> !bit((uint64_t)0, p); */
		return NULL;
	}
	uint32_t priority = highest_bit(queue->ready_mask);
	/*@ assert here: queue_in(&queue->head[priority], queue->head[priority]); */
	/*@ assert above: \forall integer q; priority < q < PRIORITY_COUNT ==> queue->head[q] == NONE; */
	/*@ ghost queue_first(&queue->head[priority], &queue->tail[priority]); */
	return &thread_table[queue->head[priority]];
}

CC_COLD struct thread *run_queue_movable(const struct run_queue *queue, uint32_t cpu)
{
	/*@ loop invariant 0 <= step <= PRIORITY_COUNT && firsts_may_not(queue, PRIORITY_COUNT - 1 - step, cpu);
	    loop assigns step;
	    loop variant PRIORITY_COUNT - step; */
	for (uint32_t step = 0; step < PRIORITY_COUNT; step++) {
		uint32_t priority = PRIORITY_COUNT - 1u - step;
		uint32_t slot = queue->head[priority];
		/*@ loop invariant 0 <= looked <= RUN_QUEUE_LOOK && (slot == NONE || queue_in(&queue->head[priority], slot));
		    loop invariant looked == 0 ? slot == queue->head[priority] :
		      queue->head[priority] != NONE && !thread_may_run(queue->head[priority], cpu);
		    loop assigns looked, slot;
		    loop variant RUN_QUEUE_LOOK - looked; */
		for (uint32_t looked = 0; slot != NONE && looked < RUN_QUEUE_LOOK; looked++) {
			if (bit_get(thread_table[slot].affinity, cpu))
				return &thread_table[slot];
			slot = thread_table[slot].next;
		}
	}
	return NULL;
}

static bool priority_list_valid(const struct run_queue *queue, uint32_t cpu, uint32_t priority,
                                uint32_t *count)
{
	uint32_t previous = NONE;
	uint32_t slot = queue->head[priority];
	while (slot != NONE && *count <= queue->count) {
		const struct thread *thread = &thread_table[slot];
		if (thread->previous != previous || thread->queue_cpu != cpu ||
		    thread->queue_priority != priority || WAIT_STATE(thread->wait) != THREAD_READY)
			return false;
		previous = slot;
		slot = thread->next;
		(*count)++;
	}
	return queue->tail[priority] == previous &&
	       (queue->ready_mask >> priority & 1u) == (queue->head[priority] != NONE);
}

bool run_queue_valid(const struct run_queue *queue, uint32_t cpu)
{
	uint32_t count = 0;
	for (uint32_t priority = 0; priority < PRIORITY_COUNT; priority++)
		if (!priority_list_valid(queue, cpu, priority, &count))
			return false;
	return count == queue->count;
}
