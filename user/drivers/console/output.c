/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From clients to the line. A writer is answered at once while the queue is at
 * most half full; beyond that it waits, and the other half has room for one
 * message of each that may wait. So a slow line slows its writers down, and
 * nothing is dropped.
 */
#include "console.h"
#include "queue.h"

#define WAITERS_MAX  16u
#define WRITER_LEVEL (QUEUE_BYTES / 2u)
#define PUMP_ROUNDS  256u

static struct queue queue;
_Static_assert(WAITERS_MAX * 2u * CONSOLE_DATA_MAX <= QUEUE_BYTES - WRITER_LEVEL,
               "every waiter's text fits, each byte a line end");

/* A call that is answered when no more than `level` bytes are queued. */
static struct waiter {
	handle_t reply; /* HANDLE_NONE: the slot is free */
	uint32_t level;
} waiters[WAITERS_MAX];

void output_init(void)
{
	queue_init(&queue);
}

static struct waiter *waiter_free(void)
{
	for (struct waiter *waiter = waiters; waiter < waiters + WAITERS_MAX; waiter++) {
		if (waiter->reply == HANDLE_NONE)
			return waiter;
	}
	return NULL;
}

static void waiters_answer(void)
{
	for (struct waiter *waiter = waiters; waiter < waiters + WAITERS_MAX; waiter++) {
		if (waiter->reply == HANDLE_NONE || queue_used(&queue) > waiter->level)
			continue;
		(void)!service_answer(waiter->reply, STATUS_OK, NULL, 0); /* it may have given up */
		waiter->reply = HANDLE_NONE;
	}
}

bool output_waits(void)
{
	return queue_used(&queue) != 0;
}

/* The chip may be as fast as we are (an emulated one is): go on while it takes bytes, but not for ever. */
void output_pump(void)
{
	for (uint32_t round = 0; round < PUMP_ROUNDS && output_waits(); round++) {
		const uint8_t *bytes;
		uint32_t count = queue_peek(&queue, QUEUE_BYTES, &bytes);
		uint32_t sent = uart.operations->transmit(&uart, bytes, count);

		if (sent == 0)
			break;
		queue_drop(&queue, sent);
	}
	waiters_answer();
}

/* Wait for a level; a call that was only sent waits for nothing. */
static void wait_for(struct service_call *call, struct waiter *waiter, uint32_t level)
{
	if (queue_used(&queue) > level && call->reply != HANDLE_NONE)
		*waiter = (struct waiter){service_defer(call), level};
}

status_t output_write(struct service_call *call, const uint8_t *text, size_t length)
{
	struct waiter *waiter = waiter_free();

	/* Only those who send without waiting can meet a queue that has no room. */
	if (waiter == NULL || queue_free(&queue) < 2u * length)
		return STATUS_FULL;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n')
			queue_put(&queue, '\r');
		queue_put(&queue, text[i]);
	}
	output_pump();
	interrupts_update();
	wait_for(call, waiter, WRITER_LEVEL);
	return STATUS_OK;
}

status_t output_flush(struct service_call *call)
{
	struct waiter *waiter = waiter_free();

	if (waiter == NULL)
		return STATUS_FULL;
	wait_for(call, waiter, 0);
	return STATUS_OK;
}
