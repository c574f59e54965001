/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Follows the audit ring. It holds nothing but the console and the right to read
 * the ring, so all it knows of anybody it learnt from the events themselves: who
 * a process runs as from the record of its start, what a service is called from
 * init's report. It sleeps until there is news.
 */
#include "people.h"
#include <lib/format.h>
#include <lib/string.h>
#include <lib/text.h>
#include <os/print.h>
#include <os/startup.h>
#include <os/status.h>
#include <os/time.h>

#define WHO_MAX  48u
#define WHAT_MAX 256u
#define LAST_DEFAULT 10u /* events of the past, before what comes is followed */

#define BATCH 1024u
static struct found {
	enum audit_read read;
	struct audit_news news;
} batch[BATCH];

static struct audit_reader reader;
static struct audit_filter filter;

static int usage(void)
{
	print("usage: audit-tail [-n COUNT] [KIND | CLASS | PROCESS-ID]...\n"
	      "  follows the audit ring; -n: the last COUNT events, and ends\n"
	      "  example: audit-tail cap.denied lifecycle\n");
	return 2;
}

static int failed(status_t status)
{
	print("audit-tail: %s\n", status_sentence(status));
	return 1;
}

/* ---- lines ---- */
static void event_show(const struct audit_event *event)
{
	const struct audit_kind_info *info = audit_kind_info(event->kind);
	char who[WHO_MAX], what[WHAT_MAX];

	audit_text(what, sizeof(what), event, &people_names);
	print(AUDIT_LINE_FORMAT, (unsigned long long)(event->time_ns / NS_PER_SECOND),
	      (unsigned long long)(event->time_ns / NS_PER_US % 1000000u), info != NULL ? info->name : "?",
	      people_who(event->subject, who, sizeof(who)), what);
}

static void gap_show(const struct found *gap)
{
	if (gap->read == AUDIT_READ_OVERTAKEN)
		print("--- gap: %llu events passed before they could be shown ---\n",
		      (unsigned long long)gap->news.lost);
	else
		print("--- gap: %llu events of CPU %u were not recorded ---\n",
		      (unsigned long long)gap->news.lost, gap->news.event.cpu);
}

static void found_show(const struct found *one)
{
	if (one->read == AUDIT_READ_EVENT)
		event_show(&one->news.event);
	else
		gap_show(one);
}

/* The next event that matches, or gap; AUDIT_READ_NONE: neither. Whoever appears in an event is learnt. */
static enum audit_read next(struct found *out)
{
	do {
		out->read = audit_reader_next(&reader, &out->news);
		if (out->read == AUDIT_READ_EVENT)
			people_learn(&out->news.event);
	} while (out->read == AUDIT_READ_EVENT && !audit_filter_match(&filter, &out->news.event));
	return out->read;
}

/* Printing is far slower than the ring may move: what is there is taken out at once, and shown after.
 * False: there was nothing. */
static bool show(void)
{
	uint32_t count = 0;

	while (count < BATCH && next(&batch[count]) != AUDIT_READ_NONE)
		count++;
	for (uint32_t i = 0; i < count; i++)
		found_show(&batch[i]);
	return count != 0;
}

/* Of what there is, go on with the last `wanted` events that match. */
static void skip_to_last(uint64_t wanted)
{
	const struct audit_reader start = reader;
	uint64_t matched = 0, left;
	struct found one;

	while (next(&one) != AUDIT_READ_NONE)
		matched += one.read == AUDIT_READ_EVENT;
	left = matched > wanted ? matched - wanted : 0;
	reader = start;
	while (left > 0 && next(&one) != AUDIT_READ_NONE)
		left -= one.read == AUDIT_READ_EVENT;
}

static int follow(handle_t audit)
{
	status_t status = audit_reader_follow(&reader, audit);

	while (status == STATUS_OK) {
		while (show())
			continue;
		status = audit_reader_wait(&reader, DEADLINE_NEVER);
	}
	return failed(status);
}

int main(int argc, char **argv)
{
	uint64_t wanted = LAST_DEFAULT;
	bool ends = argc > 1 && strcmp(argv[1], "-n") == 0;
	int at = 1;

	if (ends) {
		if (argc < 3 || !text_number(argv[2], &wanted))
			return usage();
		at = 3;
	}
	for (; at < argc; at++) {
		if (!audit_filter_add(&filter, argv[at]))
			return usage();
	}
	handle_t audit = startup_handle("audit");
	if (audit == HANDLE_NONE) {
		print("audit-tail: the manifest does not give it the audit ring\n");
		return 1;
	}
	status_t status = audit_reader_open(&reader, audit);
	if (status != STATUS_OK)
		return failed(status);
	print("audit-tail: attached, capacity %u events, %llu recorded since boot\n", reader.capacity,
	      (unsigned long long)reader.header->produced);
	skip_to_last(wanted);
	if (!ends)
		return follow(audit);
	(void)show();
	return 0;
}
