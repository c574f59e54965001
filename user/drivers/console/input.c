/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From the line to the one who reads. While the queue is full the chip is left
 * alone: it holds back the other end, if that end can be held back.
 */
#include "console.h"
#include "queue.h"

#define CTRL_C 0x03u

static struct queue queue;
static uint64_t foreground; /* badge; 0: the controller */
static handle_t control;    /* notification for Ctrl-C */
static uint64_t control_bits;

static struct {
	handle_t reply; /* HANDLE_NONE: nobody waits */
	uint64_t badge;
	uint32_t max;
} reader;

void input_init(void)
{
	queue_init(&queue);
}

bool input_has_room(void)
{
	return queue_free(&queue) != 0;
}

/* Of `count` bytes, those up to the first line end. */
static uint32_t line_bytes(const uint8_t *bytes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (bytes[i] == '\r' || bytes[i] == '\n')
			return i + 1u;
	}
	return count;
}

/* Hand bytes to the reader. They leave the queue only if it took them: one that gave up takes nothing. */
static void reader_answer(void)
{
	const uint8_t *bytes;
	uint32_t count = queue_peek(&queue, reader.max, &bytes);

	count = line_bytes(bytes, count);
	if (reader.reply == HANDLE_NONE || count == 0)
		return;
	if (service_answer(reader.reply, STATUS_OK, bytes, count) == STATUS_OK)
		queue_drop(&queue, count);
	reader.reply = HANDLE_NONE;
}

static void reader_refuse(void)
{
	if (reader.reply != HANDLE_NONE)
		(void)!service_answer(reader.reply, STATUS_BUSY, NULL, 0);
	reader.reply = HANDLE_NONE;
}

void input_drain(void)
{
	uint8_t byte;

	while (input_has_room() && uart.operations->receive(&uart, &byte)) {
		if (byte == CTRL_C && foreground != 0 && control != HANDLE_NONE)
			(void)!sys_notification_signal(control, control_bits); /* it may be gone */
		else
			queue_put(&queue, byte);
	}
	reader_answer();
}

static bool may_read(uint64_t badge)
{
	if (foreground == 0)
		return (badge & CONSOLE_BADGE_CONTROL) != 0;
	return (badge & ~CONSOLE_BADGE_CONTROL) == foreground;
}

status_t input_read(struct service_call *call, uint64_t max)
{
	if (max == 0 || max > CONSOLE_DATA_MAX || call->reply == HANDLE_NONE)
		return STATUS_INVALID;
	if ((call->badge & CONSOLE_BADGE_CONTROL) != 0 && !input_controlled())
		return STATUS_NOT_FOUND;
	if (!may_read(call->badge))
		return STATUS_BUSY;
	reader_refuse();
	reader.reply = service_defer(call);
	reader.badge = call->badge;
	reader.max = (uint32_t)max;
	reader_answer();
	interrupts_update();
	return STATUS_OK;
}

void input_foreground(uint64_t badge)
{
	foreground = badge;
	if (!may_read(reader.badge))
		reader_refuse();
}

bool input_controlled(void)
{
	return control != HANDLE_NONE;
}

void input_control(handle_t notification, uint64_t bits)
{
	if (control != HANDLE_NONE)
		(void)!sys_cap_drop(control);
	control = notification;
	control_bits = bits;
}
