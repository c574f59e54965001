/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* init writes to the kernel log. What a person should see goes to the console too, but init never waits for it:
 * whoever restarts the console must not hang on it. */
#include "init.h"
#include <lib/format.h>
#include <lib/string.h>
#include <os/print.h>
#include <os/time.h>
#include <proto/console.h>

#define CONSOLE_ENDPOINT "console"
#define NOTICE_NS        (50u * NS_PER_MS)

static void console_tell(const char *line, size_t length)
{
	const struct manifest_entry *entry = manifest_server(&manifest, CONSOLE_ENDPOINT);
	const struct child *child = entry == NULL ? NULL : service_by_name(entry->name);
	struct console_write_rep reply;

	if (child != NULL && service_serves(child))
		(void)!ipc_request(endpoint_find(CONSOLE_ENDPOINT)->client, time_after(NOTICE_NS), CONSOLE_WRITE,
		                   line, length, &reply, sizeof(reply), sizeof(reply), NULL);
}

void notice(const char *text, ...)
{
	char line[128];
	va_list arguments;

	va_start(arguments, text);
	format_list(line, sizeof(line), text, arguments);
	va_end(arguments);
	print("%s\n", line);
	size_t length = strlen(line);
	line[length] = '\n'; /* in place of the terminator */
	console_tell(line, length + 1u);
}
