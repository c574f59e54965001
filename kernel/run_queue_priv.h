/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lists of ready threads; private to the scheduler. All need the queue's lock. */
#pragma once
#include <kernel/sched.h>

#define RUN_QUEUE_LOOK 8u /* threads per priority a thief looks at */

/* At the end / the front of its priority. The thread is in no queue and READY. */
void run_queue_append(struct run_queue *queue, uint32_t cpu, struct thread *thread);
void run_queue_prepend(struct run_queue *queue, uint32_t cpu, struct thread *thread);
void run_queue_remove(struct run_queue *queue, struct thread *thread);
/* First thread of the highest priority, or NULL; stays in the queue. */
struct thread *run_queue_highest(const struct run_queue *queue);
/* A thread of high priority that may run on `cpu`, or NULL. */
struct thread *run_queue_movable(const struct run_queue *queue, uint32_t cpu);
bool run_queue_valid(const struct run_queue *queue, uint32_t cpu);
