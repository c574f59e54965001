/* SPDX-License-Identifier: MPL-2.0 */
/* Which audit events somebody wants to see: kinds by name, family or class, and processes. */
#include "audit_priv.h"
#include <lib/string.h>
#include <lib/text.h>
#include <os/audit.h>

#define KINDS 256u

static void kind_add(struct audit_filter *filter, uint32_t kind)
{
	filter->kinds[kind / 64u] |= 1ull << kind % 64u;
}

/* "cap.denied" is named by itself, by "cap" and by its class. */
static bool is_named(const struct audit_kind_info *info, const char *word)
{
	size_t length = strlen(word);

	return strcmp(info->name, word) == 0 || strcmp(audit_class_name(info->class), word) == 0 ||
	       (strncmp(info->name, word, length) == 0 && info->name[length] == '.');
}

bool audit_filter_add_process(struct audit_filter *filter, uint64_t id)
{
	if (id == 0 || filter->process_count == AUDIT_FILTER_PROCESSES_MAX)
		return false;
	filter->processes[filter->process_count++] = id;
	return true;
}

bool audit_filter_add(struct audit_filter *filter, const char *word)
{
	uint64_t id;
	bool found = false;

	if (text_number(word, &id))
		return audit_filter_add_process(filter, id);
	for (uint32_t kind = 0; kind < KINDS; kind++) {
		const struct audit_kind_info *info = audit_kind_info(kind);

		if (info != NULL && is_named(info, word)) {
			kind_add(filter, kind);
			found = true;
		}
	}
	return found;
}

static bool is_process(const char *words)
{
	enum audit_shape shape;

	return audit_shape_of(words, &shape) && shape == AUDIT_SHAPE_PROCESS;
}

/* Is the event about this process? */
static bool concerns(const struct audit_event *event, uint64_t id)
{
	const struct audit_kind_info *info = audit_kind_info(event->kind);

	if (event->subject == id)
		return true;
	if (info == NULL)
		return false;
	if (event->object == id && is_process(info->object))
		return true;
	for (uint32_t i = 0; i < AUDIT_ARGUMENTS; i++) {
		if (event->arguments[i] == id && is_process(info->arguments[i]))
			return true;
	}
	return false;
}

bool audit_filter_match(const struct audit_filter *filter, const struct audit_event *event)
{
	uint64_t any = filter->kinds[0] | filter->kinds[1] | filter->kinds[2] | filter->kinds[3];
	bool process = filter->process_count == 0;

	if (any != 0 && (filter->kinds[event->kind / 64u] >> event->kind % 64u & 1u) == 0)
		return false;
	for (uint32_t i = 0; i < filter->process_count && !process; i++)
		process = concerns(event, filter->processes[i]);
	return process;
}
