/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Run queues: doubly linked lists of thread slots, one per priority and CPU.
 * Pure bookkeeping under the queue's lock; which CPU and when is sched.c's.
 */
#include "run_queue_priv.h"
#include <lib/bitops.h>

struct run_queue run_queue_table[CPU_MAX];

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
CC_INLINE void entered(struct run_queue *queue, uint32_t cpu, struct thread *thread, uint32_t priority)
{
	queue->count++;
	thread->queue_priority = (uint8_t)priority;
	thread->queue_cpu = cpu;
	CC_STORE_RELAXED(&queue->ready_mask, mask_with(queue->ready_mask, priority));
}

void run_queue_append(struct run_queue *queue, uint32_t cpu, struct thread *thread)
{
	uint32_t priority = CC_LOAD_RELAXED(&thread->priority);
	thread_queue_append(&queue->head[priority], &queue->tail[priority], thread);
	entered(queue, cpu, thread, priority);
}

void run_queue_prepend(struct run_queue *queue, uint32_t cpu, struct thread *thread)
{
	uint32_t priority = CC_LOAD_RELAXED(&thread->priority);
	thread_queue_prepend(&queue->head[priority], &queue->tail[priority], thread);
	entered(queue, cpu, thread, priority);
}

void run_queue_remove(struct run_queue *queue, struct thread *thread)
{
	uint32_t priority = thread->queue_priority;
	thread_queue_remove(&queue->head[priority], &queue->tail[priority], thread);
	queue->count--;
	thread->queue_cpu = CPU_NONE;
	if (queue->head[priority] == NONE)
		CC_STORE_RELAXED(&queue->ready_mask, mask_without(queue->ready_mask, priority));
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
	for (uint32_t step = 0; step < PRIORITY_COUNT; step++) {
		uint32_t priority = PRIORITY_COUNT - 1u - step;
		uint32_t slot = queue->head[priority];
		for (uint32_t looked = 0; slot != NONE && looked < RUN_QUEUE_LOOK; looked++) {
			if (thread_table[slot].affinity >> cpu & 1u)
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
