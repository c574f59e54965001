/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Why something was refused, in words: from the audit ring what was refused, from
 * the kernel's list of capabilities who could give it.
 */
#include "shell.h"
#include <lib/format.h>
#include <lib/string.h>
#include <lib/text.h>

#define GRANTERS_MAX 3u

static bool is_denial(uint32_t kind)
{
	switch (kind) {
	case AUDIT_CAP_DENIED:
	case AUDIT_SYSCALL_DENIED:
	case AUDIT_BINARY_REJECTED:
	case AUDIT_MANIFEST_DENIED:
	case AUDIT_POLICY_DENIED:
	case AUDIT_KEY_DENIED:
	case AUDIT_OBJECT_DENIED: return true;
	default: return false;
	}
}

/* Who was refused: what programs report is about somebody else. */
static uint64_t refused(const struct audit_event *event)
{
	return event->kind >= AUDIT_REPORTED_FIRST ? event->object : event->subject;
}

/* Is this who somebody asks about: a number, or the name of whoever did it? */
static bool is_about(const struct audit_event *event, const char *who)
{
	static uint64_t asked; /* names of those who have ended take a walk through the ring: once each */
	static char name[SHOW_MAX];
	uint64_t id;

	if (who == NULL)
		return true;
	if (text_number(who, &id))
		return refused(event) == id;
	if (asked != refused(event)) {
		asked = refused(event);
		name_of_process(asked, name, sizeof(name));
	}
	return strcmp(name, who) == 0;
}

bool denial_last(const char *who, struct audit_event *out_event)
{
	struct audit_event event;
	status_t status;
	struct audit_reader *reader = ring_open(&status);
	bool found = false;

	if (reader == NULL)
		return false;
	audit_reader_last(reader, UINT64_MAX);
	while (ring_next(reader, &event)) {
		if (is_denial(event.kind) && is_about(&event, who)) {
			*out_event = event;
			found = true;
		}
	}
	return found;
}

/* ---- who could give it ---- */
static bool may_give(const struct info_capability *cap, uint32_t type, uint32_t object, uint32_t rights)
{
	return cap->type == type && cap->object == object && ((rights | RIGHT_GRANT) & ~cap->rights) == 0;
}

static bool is_among(const uint64_t *ids, uint32_t count, uint64_t id)
{
	for (uint32_t i = 0; i < count; i++) {
		if (ids[i] == id)
			return true;
	}
	return false;
}

/* Processes that hold these rights on the object and may pass them on. */
static uint32_t granters_find(uint32_t type, uint32_t object, uint32_t rights, uint64_t but,
                              uint64_t out_ids[GRANTERS_MAX])
{
	handle_t monitor = startup_need("monitor");
	struct info_capability cap;
	uint32_t count = 0;

	for (uint64_t at = 0; count < GRANTERS_MAX &&
	                      info_read(monitor, INFO_CAPABILITY, at, &cap, sizeof(cap), &at) == STATUS_OK;) {
		if (may_give(&cap, type, object, rights) && cap.process != but &&
		    !is_among(out_ids, count, cap.process))
			out_ids[count++] = cap.process;
	}
	return count;
}

/* "init", "init or keys"; NULL: nobody. */
static const char *granters(uint32_t type, uint32_t object, uint32_t rights, uint64_t but, char *text, size_t size)
{
	uint64_t ids[GRANTERS_MAX];
	uint32_t count = granters_find(type, object, rights, but, ids);
	char name[SHOW_MAX];
	size_t length = 0;

	for (uint32_t i = 0; i < count && length < size; i++)
		length += format(text + length, size - length, i == 0 ? "%s" : " or %s",
		                 name_of_process(ids[i], name, sizeof(name)));
	return count != 0 ? text : NULL;
}

static void lacks(uint64_t who, uint32_t missing, uint32_t type, uint32_t object, char *text, size_t size)
{
	char name[SHOW_MAX], thing[SHOW_MAX], others[2u * SHOW_MAX];
	const struct denial denial = {
		.who = name_of_process(who, name, sizeof(name)),
		.missing = missing,
		.object = name_of_object(type, object, thing, sizeof(thing)),
		.granter = granters(type, object, missing, who, others, sizeof(others)),
	};

	denial_text(text, size, &denial);
}

static uint64_t own_id(void)
{
	uint64_t id = 0;

	return sys_process_id(&id) == STATUS_OK ? id : 0;
}

void denial_print_own(uint32_t missing, uint32_t type, uint32_t object)
{
	char text[DENIAL_TEXT_MAX];

	lacks(own_id(), missing, type, object, text, sizeof(text));
	print("%s\n", text);
}

/* ---- one event as a sentence ---- */
static void cap_denied(const struct audit_event *event, char *text, size_t size)
{
	uint32_t type = (uint32_t)(event->object >> 32), object = (uint32_t)event->object;
	status_t status = (status_t)event->arguments[3];
	char name[SHOW_MAX], thing[SHOW_MAX], call[24];

	if (status == STATUS_DENIED) {
		lacks(event->subject, (uint32_t)event->arguments[1], type, object, text, size);
		return;
	}
	name_of_process(event->subject, name, sizeof(name));
	audit_call_name(event->arguments[0], call);
	if (status == STATUS_WRONG_TYPE)
		format(text, size, "denied: %s passed %s to '%s', which takes another kind of object", name,
		       name_of_object(type, object, thing, sizeof(thing)),
		       audit_call_name(event->arguments[0], call));
	else
		format(text, size, "denied: %s holds no capability of the handle it passed to '%s'", name,
		       audit_call_name(event->arguments[0], call));
}

/* The name lies in arguments from `first` on, eight characters each. */
static const char *name_in(const struct audit_event *event, uint32_t first, uint32_t count, char *text)
{
	memcpy(text, &event->arguments[first], (size_t)count * sizeof(event->arguments[0]));
	text[count * sizeof(event->arguments[0])] = '\0';
	return text;
}

void denial_sentence(const struct audit_event *event, char *text, size_t size)
{
	char name[SHOW_MAX], module[SHOW_MAX], call[24];

	name_of_process(event->subject, name, sizeof(name));
	switch (event->kind) {
	case AUDIT_CAP_DENIED: cap_denied(event, text, size); break;
	case AUDIT_SYSCALL_DENIED:
		denial_text_policy(text, size, name, audit_call_name(event->arguments[0], call));
		break;
	case AUDIT_BINARY_REJECTED:
		format(text, size, "denied: %s does not start: %s", name_in(event, 1, 3, module),
		       status_sentence((status_t)event->arguments[0]));
		break;
	case AUDIT_MANIFEST_DENIED:
		name_of_process(event->object, name, sizeof(name));
		format(text, size, "denied: %s asked for %s, which the manifest does not give it", name,
		       name_in(event, 0, 2, module));
		break;
	case AUDIT_POLICY_DENIED:
		name_of_process(event->object, name, sizeof(name));
		format(text, size, "denied: the policy service does not admit %s: %s", name,
		       status_sentence((status_t)event->arguments[2]));
		break;
	case AUDIT_KEY_DENIED:
		name_of_process(event->object, name, sizeof(name));
		format(text, size, "denied: %s may not use this key: %s", name,
		       status_sentence((status_t)event->arguments[2]));
		break;
	case AUDIT_OBJECT_DENIED:
		denial_object(event->arguments[0], name_of_process(event->object, name, sizeof(name)), text, size);
		break;
	default: string_copy(text, size, "denied"); break;
	}
}

/* Is this event what ended in that status? */
static bool is_of(const struct audit_event *event, status_t status)
{
	return event->kind == AUDIT_SYSCALL_DENIED
	               ? status == STATUS_POLICY
	               : status == STATUS_DENIED && event->kind == AUDIT_CAP_DENIED &&
	                         event->arguments[3] == STATUS_DENIED;
}

int command_refused(const char *name, status_t status)
{
	char text[DENIAL_TEXT_MAX];
	struct audit_event event;
	char self[SHOW_MAX];

	if (!denial_last(show_number(self, own_id()), &event) || event.time_ns < command_began_ns() ||
	    !is_of(&event, status))
		return command_failed(name, status_sentence(status));
	names_refresh();
	denial_sentence(&event, text, sizeof(text));
	print("%s\n", text);
	return 1;
}

int init_refused(const char *name, status_t status)
{
	return status == STATUS_TIMED_OUT ? command_failed(name, "init does not answer") : command_refused(name, status);
}

/* ---- explain ---- */
/* Everybody who holds something on the object: "init all, shell read write". */
static void holders_show(uint32_t type, uint32_t object)
{
	handle_t monitor = startup_need("monitor");
	struct info_capability cap;
	char name[SHOW_MAX], rights[96];

	print("Who holds it now:\n");
	for (uint64_t at = 0; info_read(monitor, INFO_CAPABILITY, at, &cap, sizeof(cap), &at) == STATUS_OK;) {
		if (cap.type != type || cap.object != object)
			continue;
		rights_text(rights, sizeof(rights), cap.rights);
		print("  %-22s %s\n", name_and_id(cap.process, name, sizeof(name)), rights);
	}
}

static void details(const struct audit_event *event)
{
	char who[SHOW_MAX], what[256], time[SHOW_MAX];
	uint64_t now_ns = time_now();

	audit_text(what, sizeof(what), event, &names);
	print("%s ago, %s: %s\n", show_time(time, now_ns > event->time_ns ? now_ns - event->time_ns : 0),
	      name_and_id(event->subject, who, sizeof(who)), what);
}

int command_explain(int argc, char **argv)
{
	struct audit_event event;
	char text[DENIAL_TEXT_MAX];
	status_t status;

	if (argc > 2)
		return command_usage(argv[0]);
	if (ring_open(&status) == NULL)
		return command_refused(argv[0], status);
	if (!denial_last(argc == 2 ? argv[1] : NULL, &event)) {
		print("Nothing was denied%s%s, as far back as the audit ring goes.\n", argc == 2 ? " to " : "",
		      argc == 2 ? argv[1] : "");
		return 0;
	}
	names_refresh();
	denial_sentence(&event, text, sizeof(text));
	print("%s\n", text);
	details(&event);
	if (event.kind == AUDIT_CAP_DENIED && event.object != 0)
		holders_show((uint32_t)(event.object >> 32), (uint32_t)event.object);
	return 0;
}
