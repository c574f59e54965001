/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lists of ready threads; private to the scheduler. All need the queue's lock. */
#pragma once
#include "thread_queue.h"
#include <kernel/sched.h>
#include <lib/bitops.h>

#define RUN_QUEUE_LOOK 8u /* threads per priority a thief looks at */

/*@ // the mask has a bit for each list that is not empty
    predicate run_queue_mask{L}(struct run_queue *queue) =
      \forall integer p; 0 <= p < PRIORITY_COUNT ==>
        (bit((uint64_t)queue->ready_mask, p) <==> queue->head[p] != NONE);

    predicate run_queue_lists{L}(struct run_queue *queue) =
      \forall integer p; 0 <= p < PRIORITY_COUNT ==> queue_ok(&queue->head[p], &queue->tail[p]);

    // a thread says which list of the CPU it is in, and is in the one it names; each thread (but one) does
    predicate run_queue_name{L}(integer cpu, integer i) =
      (thread_table[i].queue_cpu == cpu ==> thread_table[i].queue_priority < PRIORITY_COUNT &&
        thread_queued[i] == &run_queue_table[cpu].head[thread_table[i].queue_priority]) &&
      (\forall integer p; 0 <= p < PRIORITY_COUNT && thread_queued[i] == &run_queue_table[cpu].head[p] ==>
        thread_table[i].queue_cpu == cpu && thread_table[i].queue_priority == p);

    predicate run_queue_names{L}(integer cpu, integer but) =
      \forall integer i; 0 <= i < THREAD_MAX && i != but ==> run_queue_name(cpu, i);

    predicate run_queue_ok{L}(struct run_queue *queue, integer cpu) =
      run_queue_mask(queue) && run_queue_lists(queue) && run_queue_names(cpu, NONE);

    // all lists of all CPUs but one are as they were
    predicate run_queue_others{K, L}(integer cpu, integer priority) =
      \forall integer c, p; 0 <= c < CPU_MAX && 0 <= p < PRIORITY_COUNT && (c != cpu || p != priority) ==>
        queue_same{K, L}(\at(&run_queue_table[c].head[p], L), \at(&run_queue_table[c].tail[p], L));

    predicate thread_may_run{L}(integer i, integer cpu) = bit((uint64_t)thread_table[i].affinity, cpu);

    // of each list above this priority, the first may not
    predicate firsts_may_not{L}(struct run_queue *queue, integer priority, integer cpu) =
      \forall integer q; priority < q < PRIORITY_COUNT && queue->head[q] != NONE ==>
        !thread_may_run(queue->head[q], cpu);
*/

/* At the end / the front of its priority. The thread is in no queue and READY. */
/*@ requires cpu < CPU_MAX && queue == &run_queue_table[cpu] && run_queue_ok(queue, cpu);
    requires queue_thread(thread) && thread->priority < PRIORITY_COUNT;
    requires free: thread_queued[thread->slot] == \null;
    requires queue->count < UINT32_MAX && turn_last < INT64_MAX;
    assigns queue->head[thread->priority], queue->tail[thread->priority], queue->count, queue->ready_mask,
            thread->next, thread->previous, thread->queue_priority, thread->queue_cpu,
            thread_table[queue->tail[thread->priority]].next,
            thread_queued[thread->slot], thread_turn[thread->slot], turn_last;
    ensures ok: run_queue_ok(queue, cpu);
    ensures in: queue_in(&queue->head[\old(thread->priority)], \old(thread->slot));
    ensures says: thread->queue_cpu == cpu && thread->queue_priority == \old(thread->priority);
    ensures last: queue->tail[\old(thread->priority)] == \old(thread->slot);
    ensures count: queue->count == \old(queue->count) + 1;
    ensures others: run_queue_others{Pre, Post}(cpu, \old(thread->priority));
    ensures threads: queue_others_kept{Pre, Post}(&queue->head[\old(thread->priority)], \old(thread->slot)); */
void run_queue_append(struct run_queue *queue, uint32_t cpu, struct thread *thread);
/*@ requires cpu < CPU_MAX && queue == &run_queue_table[cpu] && run_queue_ok(queue, cpu);
    requires queue_thread(thread) && thread->priority < PRIORITY_COUNT;
    requires free: thread_queued[thread->slot] == \null;
    requires queue->count < UINT32_MAX && turn_first > INT64_MIN;
    assigns queue->head[thread->priority], queue->tail[thread->priority], queue->count, queue->ready_mask,
            thread->next, thread->previous, thread->queue_priority, thread->queue_cpu,
            thread_table[queue->head[thread->priority]].previous,
            thread_queued[thread->slot], thread_turn[thread->slot], turn_first;
    ensures ok: run_queue_ok(queue, cpu);
    ensures in: queue_in(&queue->head[\old(thread->priority)], \old(thread->slot));
    ensures says: thread->queue_cpu == cpu && thread->queue_priority == \old(thread->priority);
    ensures first: queue->head[\old(thread->priority)] == \old(thread->slot);
    ensures count: queue->count == \old(queue->count) + 1;
    ensures others: run_queue_others{Pre, Post}(cpu, \old(thread->priority));
    ensures threads: queue_others_kept{Pre, Post}(&queue->head[\old(thread->priority)], \old(thread->slot)); */
void run_queue_prepend(struct run_queue *queue, uint32_t cpu, struct thread *thread);
/* Out of the list it says it is in. */
/*@ requires thread->queue_cpu < CPU_MAX && queue == &run_queue_table[thread->queue_cpu];
    requires run_queue_ok(queue, thread->queue_cpu) && queue_thread(thread);
    requires queue->count > 0;
    assigns queue->head[thread->queue_priority], queue->tail[thread->queue_priority], queue->count, queue->ready_mask,
            thread->queue_cpu, thread_table[thread->previous].next, thread_table[thread->next].previous,
            thread_queued[thread->slot];
    ensures ok: run_queue_ok(queue, \old(thread->queue_cpu));
    ensures out: thread_queued[\old(thread->slot)] == \null && thread->queue_cpu == CPU_NONE;
    ensures count: queue->count == \old(queue->count) - 1;
    ensures others: run_queue_others{Pre, Post}(\old(thread->queue_cpu), \old(thread->queue_priority));
    ensures threads: queue_others_kept{Pre, Post}(&queue->head[\old(thread->queue_priority)], \old(thread->slot)); */
void run_queue_remove(struct run_queue *queue, struct thread *thread);
/* First thread of the highest priority, or NULL; stays in the queue. */
/*@ requires \valid_read(queue) && run_queue_mask(queue) && run_queue_lists(queue);
    assigns \nothing;
    ensures none: \result == \null ==> \forall integer p; 0 <= p < PRIORITY_COUNT ==> queue->head[p] == NONE;
    ensures highest: \result != \null ==> \exists integer p; 0 <= p < PRIORITY_COUNT &&
      queue->head[p] != NONE && \result == &thread_table[queue->head[p]] &&
      (\forall integer q; p < q < PRIORITY_COUNT ==> queue->head[q] == NONE) &&
      (\forall integer i; 0 <= i < THREAD_MAX && thread_queued[i] == &queue->head[p] ==>
        thread_turn[queue->head[p]] <= thread_turn[i]); */
struct thread *run_queue_highest(const struct run_queue *queue);
/* A thread of high priority that may run on `cpu`, or NULL; stays in the queue. */
/*@ requires \valid_read(queue) && run_queue_lists(queue) && cpu < CPU_MAX;
    assigns \nothing;
    ensures one: \result != \null ==> \exists integer p, i; 0 <= p < PRIORITY_COUNT && queue_in(&queue->head[p], i) &&
      \result == &thread_table[i] && thread_may_run(i, cpu) && firsts_may_not(queue, p, cpu);
    ensures none: \result == \null ==> firsts_may_not(queue, -1, cpu); */
struct thread *run_queue_movable(const struct run_queue *queue, uint32_t cpu);
bool run_queue_valid(const struct run_queue *queue, uint32_t cpu);
