/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* time: what time it is and who says so; setting it; how long a command takes. */
#include "shell.h"
#include <abi/clock.h>
#include <lib/calendar.h>
#include <lib/string.h>

static const char *source_text(uint64_t source)
{
	static const char *const texts[CLOCK_SOURCE_COUNT] = {
#define CLOCK_SOURCE(NAME, value, text) [value] = text,
#include <abi/clock_source.def>
#undef CLOCK_SOURCE
	};

	return source < CLOCK_SOURCE_COUNT ? texts[source] : "of a kind this shell does not know";
}

static int show(const char *name)
{
	char text[CALENDAR_TEXT_MAX];
	struct calendar when;
	uint64_t unix_ns, source;
	status_t status = sys_clock_wall(&unix_ns, &source);

	if (status != STATUS_OK)
		return command_refused(name, status);
	if (source == CLOCK_SOURCE_NONE || !calendar_from_seconds((int64_t)(unix_ns / NS_PER_SECOND), &when)) {
		print("the time of day is not set\n");
		return 1;
	}
	calendar_text(&when, text);
	print("%s UTC (%s)\n", text, source_text(source));
	return 0;
}

static int set(int argc, char **argv)
{
	struct calendar when;

	if (argc != 4 || !calendar_parse(argv[2], argv[3], &when))
		return command_usage(argv[0]);
	int64_t seconds = calendar_seconds(&when);
	if (seconds <= 0 || seconds > CLOCK_UNIX_MAX_NS / (int64_t)NS_PER_SECOND)
		return command_failed(argv[0], "the clock runs from 1970 to 2262");
	handle_t clock = startup_handle("clock");
	status_t status = clock == HANDLE_NONE ? STATUS_DENIED
	                                       : sys_clock_set(clock, (uint64_t)seconds * NS_PER_SECOND,
	                                                       CLOCK_SOURCE_HAND);
	return status == STATUS_OK ? show(argv[0]) : command_refused(argv[0], status);
}

static int measure(int argc, char **argv)
{
	char text[SHOW_MAX];
	uint64_t before = time_now();
	int code = command_words(argc - 1, argv + 1);
	uint64_t ns = time_now() - before;

	if (ns < NS_PER_SECOND)
		print("time: %llu us\n", (unsigned long long)(ns / NS_PER_US));
	else
		print("time: %s\n", show_time(text, ns));
	return code;
}

int command_time(int argc, char **argv)
{
	if (argc == 1)
		return show(argv[0]);
	return strcmp(argv[1], "set") == 0 ? set(argc, argv) : measure(argc, argv);
}
