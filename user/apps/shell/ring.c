/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The audit ring, as the shell looks at it: a window into the past, mapped when first needed. */
#include "shell.h"
#include <lib/string.h>

struct audit_reader *ring_open(status_t *out_status)
{
	static struct audit_reader reader;
	handle_t audit = startup_handle("audit");

	*out_status = STATUS_OK;
	if (reader.header != NULL)
		return &reader;
	*out_status = audit == HANDLE_NONE ? STATUS_BAD_HANDLE : audit_reader_open(&reader, audit);
	return *out_status == STATUS_OK ? &reader : NULL;
}

/* Losses are told by the commands that follow the ring; here only what is there counts. */
bool ring_next(struct audit_reader *reader, struct audit_event *out_event)
{
	struct audit_news news;
	enum audit_read read;

	do
		read = audit_reader_next(reader, &news);
	while (read == AUDIT_READ_OVERTAKEN || read == AUDIT_READ_MISSING);
	if (read == AUDIT_READ_NONE)
		return false;
	*out_event = news.event;
	return true;
}

bool ring_principal(uint64_t process, struct aid *out_principal)
{
	status_t status;
	struct audit_reader *reader = ring_open(&status);
	struct audit_event event;

	if (reader == NULL)
		return false;
	struct audit_reader own = *reader; /* the caller may be in the middle of its list */
	audit_reader_last(&own, UINT64_MAX);
	while (ring_next(&own, &event)) {
		if (event.kind == AUDIT_PROCESS_CREATED && event.subject == process) {
			memcpy(out_principal, event.arguments, sizeof(*out_principal));
			return true;
		}
	}
	return false;
}

bool ring_filter_named(struct audit_filter *filter, const char *name)
{
	status_t status;
	struct audit_reader *reader = ring_open(&status);
	struct audit_event event;
	struct aid principal;
	char program[SHOW_MAX];
	bool found = false;

	if (reader == NULL)
		return false;
	audit_reader_last(reader, UINT64_MAX);
	while (ring_next(reader, &event)) {
		if (event.kind != AUDIT_PROCESS_CREATED)
			continue;
		memcpy(&principal, event.arguments, sizeof(principal));
		found |= program_of(&principal, program, sizeof(program)) && strcmp(program, name) == 0 &&
		         audit_filter_add_process(filter, event.subject);
	}
	return found;
}
