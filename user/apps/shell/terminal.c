/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The shell's side of proto/console.h. A console that was restarted has forgotten its controller: it is
 * told again. */
#include "shell.h"
#include <os/console.h>
#include <os/panic.h>

static handle_t console;
static handle_t notification;
static uint8_t bytes[CONSOLE_DATA_MAX];
static size_t used, held; /* bytes[used .. held) are not read yet */

/* The driver died under us, or is a new one that does not know us. */
static bool is_new(status_t status)
{
	return status == STATUS_GONE || status == STATUS_RESTARTED || status == STATUS_NOT_FOUND;
}

static void control(void)
{
	struct console_control_req request = {.bits = TERMINAL_INTERRUPT};
	struct console_control_rep reply;
	status_t status;

	do {
		ipc_attach(notification, RIGHT_SIGNAL, 0);
		status = console_control(console, DEADLINE_NEVER, &request, &reply);
	} while (status == STATUS_GONE || status == STATUS_RESTARTED);
	must(status);
}

void terminal_open(void)
{
	console = startup_need("console");
	must(sys_notification_create(&notification));
	control();
	terminal_foreground(0);
}

handle_t terminal_notification(void)
{
	return notification;
}

bool terminal_has_more(void)
{
	return used != held;
}

static status_t fill(deadline_t deadline)
{
	struct console_read_req request = {.max = CONSOLE_DATA_MAX};
	struct console_read_rep reply;
	status_t status;

	while (is_new(status = console_read(console, deadline, &request, &reply, &held)))
		control();
	used = 0;
	if (status != STATUS_OK) {
		held = 0;
		return status;
	}
	for (size_t i = 0; i < held; i++)
		bytes[i] = reply.data[i];
	return STATUS_OK;
}

status_t terminal_read(deadline_t deadline, uint8_t *out_byte)
{
	while (!terminal_has_more()) {
		status_t status = fill(deadline);

		if (status != STATUS_OK)
			return status;
	}
	*out_byte = bytes[used++];
	return STATUS_OK;
}

void terminal_foreground(uint64_t badge)
{
	struct console_foreground_req request = {.badge = badge};
	struct console_foreground_rep reply;

	while (is_new(console_foreground(console, DEADLINE_NEVER, &request, &reply)))
		control();
}

/* Somebody else is foreground for the driver: the shell's own number, without the badge that controls. */
void terminal_work(bool works)
{
	uint64_t self = 0, bits;

	/* An old Ctrl-C is not meant for this one. */
	if (works)
		(void)!sys_notification_wait(notification, DEADLINE_NOW, &bits);
	if (sys_process_id(&self) == STATUS_OK)
		terminal_foreground(works ? self : 0);
}

bool terminal_interrupted(void)
{
	uint64_t bits = 0;

	return sys_notification_wait(notification, DEADLINE_NOW, &bits) == STATUS_OK &&
	       (bits & TERMINAL_INTERRUPT) != 0;
}

void terminal_flush(void)
{
	struct console_flush_req request;
	struct console_flush_rep reply;

	(void)!console_flush(console, time_after(NS_PER_SECOND), &request, &reply);
}
