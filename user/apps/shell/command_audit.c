/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* audit: what the kernel and the services recorded, with names for numbers. */
#include "shell.h"
#include <lib/string.h>
#include <lib/text.h>

#define TAIL_DEFAULT 20u
#define FILTER_MAX   100u
#define KINDS        256u

static void event_show(const struct audit_event *event)
{
	const struct audit_kind_info *info = audit_kind_info(event->kind);
	char who[SHOW_MAX], what[256];

	audit_text(what, sizeof(what), event, &names);
	print(AUDIT_LINE_FORMAT, (unsigned long long)(event->time_ns / NS_PER_SECOND),
	      (unsigned long long)(event->time_ns / NS_PER_US % 1000000u), info != NULL ? info->name : "?",
	      name_and_id(event->subject, who, sizeof(who)), what);
}

static uint64_t matches(struct audit_reader reader, const struct audit_filter *filter)
{
	struct audit_event event;
	uint64_t count = 0;

	while (ring_next(&reader, &event))
		count += audit_filter_match(filter, &event);
	return count;
}

/* The last `wanted` events that pass the filter. */
static int list(struct audit_reader *reader, const struct audit_filter *filter, uint64_t wanted)
{
	struct audit_event event;

	audit_reader_last(reader, UINT64_MAX);
	uint64_t count = matches(*reader, filter);
	uint64_t skip = count > wanted ? count - wanted : 0;
	if (count == 0)
		print("None, as far back as the ring goes.\n");
	while (count != 0 && ring_next(reader, &event)) {
		if (!audit_filter_match(filter, &event))
			continue;
		count--; /* what is recorded while this list is printed is not part of it */
		if (skip > 0)
			skip--;
		else
			event_show(&event);
	}
	return 0;
}

static int stats(struct audit_reader *reader)
{
	static uint32_t kinds[KINDS];
	const struct audit_header *header = reader->header;
	struct audit_event event;
	uint64_t there = 0;
	uint64_t before = reader->missing;

	memset(kinds, 0, sizeof(kinds));
	audit_reader_last(reader, UINT64_MAX);
	for (; ring_next(reader, &event); there++)
		kinds[event.kind]++;
	print("recorded   %10llu events since boot\n", (unsigned long long)header->produced);
	print("in the ring%10llu of %u\n", (unsigned long long)there, reader->capacity);
	print("dropped    %10llu before they reached it, %llu seen as gaps\n",
	      (unsigned long long)header->dropped, (unsigned long long)(reader->missing - before));
	print("KIND              CLASS      IN THE RING\n");
	for (uint32_t kind = 0; kind < KINDS; kind++) {
		const struct audit_kind_info *info = audit_kind_info(kind);

		if (kinds[kind] != 0)
			print("%-17s %-10s %11u\n", info != NULL ? info->name : "?",
			      info != NULL ? audit_class_name(info->class) : "?", kinds[kind]);
	}
	return 0;
}

/* A word of the filter: what audit_filter_add knows, or a program by name: its processes that run, and those the
 * ring still knows. */
static bool filter_word(struct audit_filter *filter, const char *word)
{
	struct info_process process;

	if (audit_filter_add(filter, word))
		return true;
	bool runs = process_named(word, &process) && audit_filter_add_process(filter, process.id);
	return ring_filter_named(filter, word) || runs;
}

int command_audit(int argc, char **argv)
{
	struct audit_filter filter = {.process_count = 0};
	uint64_t wanted = TAIL_DEFAULT;
	status_t status;

	bool tail = argc == 1 || (strcmp(argv[1], "tail") == 0 && argc <= 3);
	bool filtered = argc > 2 && strcmp(argv[1], "filter") == 0;
	bool counted = argc == 2 && strcmp(argv[1], "stats") == 0;
	if ((!tail && !filtered && !counted) || (tail && argc == 3 && !text_number(argv[2], &wanted)))
		return command_usage(argv[0]);
	struct audit_reader *reader = ring_open(&status);
	if (reader == NULL)
		return command_refused(argv[0], status);
	names_refresh();
	if (counted)
		return stats(reader);
	for (int i = 2; filtered && i < argc; i++) {
		if (!filter_word(&filter, argv[i]))
			return command_failed(argv[i], "no kind or class of event, and no process");
	}
	return list(reader, &filter, filtered ? FILTER_MAX : wanted);
}
