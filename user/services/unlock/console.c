/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One line from whoever is at the console, and nothing of it left behind. */
#include "unlock.h"
#include <lib/hash.h>
#include <lib/string.h>
#include <os/console.h>
#include <os/startup.h>

#define PASSPHRASE_MAX 128u
#define ERASE          0x7fu
#define BACKSPACE      0x08u
#define ERASE_LINE     0x15u /* Ctrl-U */
#define GIVE_UP        0x03u /* Ctrl-C */

static struct {
	uint32_t size;
	uint8_t bytes[PASSPHRASE_MAX];
} line;

status_t console_begin(void)
{
	static const struct console_control_req request = {.bits = 1};
	struct console_control_rep reply;
	handle_t interrupted;
	status_t status = sys_notification_create(&interrupted);

	if (status != STATUS_OK)
		return status;
	ipc_attach(interrupted, RIGHT_SIGNAL, 0);
	return console_control(startup_need("console"), DEADLINE_NEVER, &request, &reply);
}

void console_say(const char *text)
{
	struct console_write_req request;
	struct console_write_rep reply;
	const size_t length = strlen(text);

	memcpy(request.data, text, length);
	(void)!console_write(startup_need("console"), DEADLINE_NEVER, &request, length, &reply);
}

/* True: the line is complete. */
static bool take(uint8_t byte)
{
	if (byte == '\r' || byte == '\n')
		return true;
	if (byte == ERASE_LINE)
		line.size = 0;
	else if (byte == ERASE || byte == BACKSPACE)
		line.size -= line.size > 0;
	else if (byte >= ' ' && line.size < PASSPHRASE_MAX)
		line.bytes[line.size++] = byte;
	return false;
}

/* Byte by byte: what a message leaves on its way, stacks and message pages, is never more than one of them. */
bool console_line(struct passphrase *out_line)
{
	static const struct console_read_req request = {.max = 1};
	const handle_t console = startup_need("console");
	struct console_read_rep reply = {.data = {0}};
	size_t size;

	line.size = 0;
	do {
		if (console_read(console, DEADLINE_NEVER, &request, &reply, &size) != STATUS_OK || reply.data[0] == GIVE_UP)
			return false;
	} while (!take(reply.data[0]));
	*out_line = (struct passphrase){line.bytes, line.size};
	return true;
}

void console_wipe(void)
{
	secret_wipe(&line, sizeof line);
}

void console_end(void)
{
	startup_drop("console");
}
