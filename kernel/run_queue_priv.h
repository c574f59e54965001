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
*/

/* At the end / the front of its priority. The thread is in no queue and READY. */
void run_queue_append(struct run_queue *queue, uint32_t cpu, struct thread *thread);
void run_queue_prepend(struct run_queue *queue, uint32_t cpu, struct thread *thread);
/* Out of the list it says it is in. */
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
/* A thread of high priority that may run on `cpu`, or NULL. */
struct thread *run_queue_movable(const struct run_queue *queue, uint32_t cpu);
bool run_queue_valid(const struct run_queue *queue, uint32_t cpu);
