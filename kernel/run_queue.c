/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Run queues: doubly linked lists of thread slots, one per priority and CPU.
 * Pure bookkeeping under the queue's lock; which CPU and when is sched.c's.
 */
#include "run_queue_priv.h"
#include <kernel/panic.h>

struct run_queue run_queue_table[CPU_MAX];

void run_queue_append(struct run_queue *queue, uint32_t cpu, struct thread *thread)
{
	uint32_t priority = __atomic_load_n(&thread->priority, __ATOMIC_RELAXED);
	uint32_t slot = thread_slot(thread);
	thread->queue_priority = (uint8_t)priority;
	uint32_t tail = queue->tail[priority];
	thread->next = NONE;
	thread->previous = tail;
	if (tail == NONE)
		queue->head[priority] = slot;
	else
		thread_table[tail].next = slot;
	queue->tail[priority] = slot;
	queue->count++;
	thread->queue_cpu = cpu;
	__atomic_store_n(&queue->ready_mask, queue->ready_mask | 1u << priority, __ATOMIC_RELAXED);
}

void run_queue_prepend(struct run_queue *queue, uint32_t cpu, struct thread *thread)
{
	uint32_t priority = __atomic_load_n(&thread->priority, __ATOMIC_RELAXED);
	uint32_t slot = thread_slot(thread);
	thread->queue_priority = (uint8_t)priority;
	uint32_t head = queue->head[priority];
	thread->next = head;
	thread->previous = NONE;
	if (head == NONE)
		queue->tail[priority] = slot;
	else
		thread_table[head].previous = slot;
	queue->head[priority] = slot;
	queue->count++;
	thread->queue_cpu = cpu;
	__atomic_store_n(&queue->ready_mask, queue->ready_mask | 1u << priority, __ATOMIC_RELAXED);
}

void run_queue_remove(struct run_queue *queue, struct thread *thread)
{
	uint32_t priority = thread->queue_priority;
	if (thread->previous == NONE)
		queue->head[priority] = thread->next;
	else
		thread_table[thread->previous].next = thread->next;
	if (thread->next == NONE)
		queue->tail[priority] = thread->previous;
	else
		thread_table[thread->next].previous = thread->previous;
	if (queue->head[priority] == NONE)
		__atomic_store_n(&queue->ready_mask, queue->ready_mask & ~(1u << priority),
		                 __ATOMIC_RELAXED);
	queue->count--;
	thread->queue_cpu = CPU_NONE;
	thread->next = NONE;
	thread->previous = NONE;
}

struct thread *run_queue_highest(const struct run_queue *queue)
{
	if (queue->ready_mask == 0)
		return NULL;
	uint32_t priority = 31u - (uint32_t)__builtin_clz(queue->ready_mask);
	return &thread_table[queue->head[priority]];
}

struct thread *run_queue_movable(const struct run_queue *queue, uint32_t cpu)
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
