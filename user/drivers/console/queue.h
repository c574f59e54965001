/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bytes in order, for one thread. Indices run free; the size is a power of two. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define QUEUE_BYTES 16384u

struct queue {
	uint32_t head; /* bytes ever taken */
	uint32_t tail; /* bytes ever put */
	uint8_t bytes[QUEUE_BYTES];
};

/* Empty, and its pages taken at once: what the driver uses does not grow later. */
static inline void queue_init(struct queue *queue)
{
	queue->head = 0;
	queue->tail = 0;
	for (uint32_t i = 0; i < QUEUE_BYTES; i += 4096u)
		*(volatile uint8_t *)&queue->bytes[i] = 0;
	*(volatile uint8_t *)&queue->bytes[QUEUE_BYTES - 1u] = 0;
}

static inline uint32_t queue_used(const struct queue *queue)
{
	return queue->tail - queue->head;
}

static inline uint32_t queue_free(const struct queue *queue)
{
	return QUEUE_BYTES - queue_used(queue);
}

/* The caller has seen that there is room. */
static inline void queue_put(struct queue *queue, uint8_t byte)
{
	queue->bytes[queue->tail++ % QUEUE_BYTES] = byte;
}

/* The oldest bytes that lie in one piece, at most `max`; they stay until queue_drop. */
static inline uint32_t queue_peek(const struct queue *queue, uint32_t max, const uint8_t **out_bytes)
{
	uint32_t at = queue->head % QUEUE_BYTES;
	uint32_t count = queue_used(queue);

	count = count < QUEUE_BYTES - at ? count : QUEUE_BYTES - at;
	*out_bytes = &queue->bytes[at];
	return count < max ? count : max;
}

/* What is gone is gone: it may have been a passphrase. */
static inline void queue_drop(struct queue *queue, uint32_t count)
{
	for (; count > 0; count--)
		queue->bytes[queue->head++ % QUEUE_BYTES] = 0;
}
