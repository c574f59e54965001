/* SPDX-License-Identifier: MPL-2.0 */
/* Text to whoever this program may write to. */
#include <os/print.h>
#include <lib/format.h>
#include <lib/string.h>
#include <os/console.h>
#include <os/startup.h>
#include <os/time.h>

#define RETRIES_MAX 1000u

/* One message. A console that died over it is asked again, and one that has too many writers a little later. */
static void console_put(handle_t console, const char *bytes, size_t length)
{
	struct console_write_rep reply;

	for (uint32_t i = 0; i < RETRIES_MAX; i++) {
		status_t status = console_write(console, DEADLINE_NEVER,
		                                (const struct console_write_req *)(const void *)bytes,
		                                length, &reply);
		if (status == STATUS_FULL)
			time_sleep(NS_PER_MS);
		else if (status != STATUS_GONE && status != STATUS_RESTARTED)
			return;
	}
}

static void log_put(handle_t log, const char *bytes, size_t length)
{
	memcpy(arch_message_page()->bulk, bytes, length);
	(void)!sys_log_write(log, length); /* there is nowhere left to say that it failed */
}

void print_bytes(const char *bytes, size_t length)
{
	handle_t console = startup_handle("console");
	handle_t log = startup_handle("log");

	for (size_t at = 0; at < length;) {
		size_t piece = length - at < CONSOLE_DATA_MAX ? length - at : CONSOLE_DATA_MAX;

		if (console != HANDLE_NONE)
			console_put(console, bytes + at, piece);
		else if (log != HANDLE_NONE)
			log_put(log, bytes + at, piece);
		at += piece;
	}
}

struct print_buffer {
	char bytes[CONSOLE_DATA_MAX];
	size_t length;
};

static void buffer_put(void *context, char c)
{
	struct print_buffer *buffer = context;

	buffer->bytes[buffer->length++] = c;
	if (buffer->length == sizeof(buffer->bytes)) {
		print_bytes(buffer->bytes, buffer->length);
		buffer->length = 0;
	}
}

void print_list(const char *text, va_list arguments)
{
	struct print_buffer buffer;

	buffer.length = 0;
	format_sink(buffer_put, &buffer, text, arguments);
	print_bytes(buffer.bytes, buffer.length);
}

void print(const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	print_list(text, arguments);
	va_end(arguments);
}
