/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* trace: the kernel's event rings, with names for numbers. */
#include "shell.h"
#include <abi/syscall.h>
#include <lib/string.h>
#include <lib/text.h>

#define SHOW_DEFAULT 40u

static const struct event {
	const char *name;
	const char *a, *b;
} events[] = {
#define TRACE(name, bit, text, a, b) [bit] = {text, a, b},
#include <abi/trace.def>
#undef TRACE
};
#define EVENTS (sizeof(events) / sizeof(events[0]))

static const char *syscall_name(uint64_t number)
{
	static const char *const names[SYSCALL_COUNT] = {
#define SYSCALL(number, name, shape, sentence) [number] = #name,
#include <abi/syscall.def>
#undef SYSCALL
	};

	return number < SYSCALL_COUNT && names[number] != NULL ? names[number] : "?";
}

static handle_t monitor(void)
{
	return startup_need("monitor");
}

static int mask_set(const char *name, uint64_t mask)
{
	status_t status = sys_trace_control(monitor(), mask);

	return status == STATUS_OK ? 0 : command_refused(name, status);
}

/* Numbers that stand for something are followed by it. */
static void argument_show(const char *name, uint64_t value)
{
	if (strcmp(name, "number") == 0 || strcmp(name, "syscall") == 0)
		print(" %s %s", name, syscall_name(value));
	else if (strcmp(name, "status") == 0)
		print(" %s %s", name, status_name((status_t)value));
	else
		print(" %s 0x%llx", name, (unsigned long long)value);
}

static void event_show(const struct trace_event *event)
{
	if (event->kind >= EVENTS)
		return;
	const struct event *what = &events[event->kind];
	char thread[SHOW_MAX];

	print("%10llu.%03llu us  CPU %-2u thread %-4s %-8s", (unsigned long long)(event->time_ns / 1000u),
	      (unsigned long long)(event->time_ns % 1000u), event->cpu,
	      event->thread == UINT32_MAX ? "-" : show_number(thread, event->thread), what->name);
	argument_show(what->a, event->a);
	argument_show(what->b, event->b);
	print("\n");
}

static void events_show(uint64_t from)
{
	struct trace_event event;

	while (info_read(monitor(), INFO_TRACE, from, &event, sizeof(event), &from) == STATUS_OK)
		event_show(&event);
}

/* Where to read from so that at most `wanted` events follow. */
static uint64_t events_last(uint64_t wanted)
{
	struct trace_event event;
	uint64_t count = 0, at = 0;

	while (info_read(monitor(), INFO_TRACE, at, &event, sizeof(event), &at) == STATUS_OK)
		count++;
	for (at = 0; count > wanted; count--) {
		if (info_read(monitor(), INFO_TRACE, at, &event, sizeof(event), &at) != STATUS_OK)
			break;
	}
	return at;
}

/* Reading the rings would fill them: recording pauses meanwhile. */
static int show(const char *name, uint64_t wanted)
{
	struct info_system system;
	uint64_t next;
	status_t status = info_read(monitor(), INFO_SYSTEM, 0, &system, sizeof(system), &next);

	if (status != STATUS_OK)
		return command_refused(name, status);
	int failed = mask_set(name, 0);
	if (failed != 0)
		return failed;
	events_show(events_last(wanted));
	return mask_set(name, system.trace_mask);
}

static int on(int argc, char **argv)
{
	uint64_t mask = 0;

	for (int i = 2; i < argc; i++) {
		uint32_t bit = 0;

		while (bit < EVENTS && strcmp(events[bit].name, argv[i]) != 0)
			bit++;
		if (bit == EVENTS)
			return command_failed(argv[i], "there is no such event");
		mask |= 1ull << bit;
	}
	return mask_set(argv[0], argc > 2 ? mask : (1ull << EVENTS) - 1u);
}

/* What happens during one command. */
static int command(int argc, char **argv)
{
	uint64_t from = events_last(0);
	int failed = mask_set(argv[0], (1ull << EVENTS) - 1u);

	if (failed != 0)
		return failed;
	int code = command_words(argc - 1, argv + 1);
	failed = mask_set(argv[0], 0);
	events_show(from);
	return failed != 0 ? failed : code;
}

int command_trace(int argc, char **argv)
{
	uint64_t count = SHOW_DEFAULT;

	if (argc == 1)
		return command_usage(argv[0]);
	if (strcmp(argv[1], "on") == 0)
		return on(argc, argv);
	if (strcmp(argv[1], "off") == 0 && argc == 2)
		return mask_set(argv[0], 0);
	if (strcmp(argv[1], "show") == 0) {
		if (argc > 3 || (argc == 3 && !text_number(argv[2], &count)))
			return command_usage(argv[0]);
		return show(argv[0], count);
	}
	return command(argc, argv);
}
