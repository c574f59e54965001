/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* First-in first-out lists of waiting threads, linked by slot; under the lock of the object that owns the list. */
#pragma once
#include <kernel/thread.h>

CC_INLINE void thread_queue_append(uint32_t *head, uint32_t *tail, struct thread *thread)
{
	uint32_t slot = thread_slot(thread);
	thread->next = NONE;
	thread->previous = *tail;
	if (*tail == NONE)
		*head = slot;
	else
		thread_table[*tail].next = slot;
	*tail = slot;
}

CC_INLINE void thread_queue_remove(uint32_t *head, uint32_t *tail, struct thread *thread)
{
	if (thread->previous == NONE)
		*head = thread->next;
	else
		thread_table[thread->previous].next = thread->next;
	if (thread->next == NONE)
		*tail = thread->previous;
	else
		thread_table[thread->next].previous = thread->previous;
}

/* Every member is in `state` and waits at `object`; links agree in both directions. */
bool thread_queue_valid(uint32_t head, uint32_t tail, enum thread_state state, uint32_t object);
