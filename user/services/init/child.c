/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who runs. A child's slot is the bit init's notification gets when the child
 * ends. A service is then restarted by its policy, later each time it fails in
 * a row. The programs a child started end with it; a program's watcher is told,
 * and the program forgotten, when the last of them is gone.
 */
#include "init.h"
#include <lib/string.h>
#include <os/info.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/report.h>
#include <os/status.h>
#include <os/time.h>

#define RESTART_FIRST_NS      (50u * NS_PER_MS)
#define RESTART_DOUBLINGS_MAX 8u
#define RESTART_STEADY_NS                                                                                  \
	(10u * NS_PER_SECOND) /* a service that ran so long starts over at the first delay */

#define CHILDREN_RESERVED 8u /* slots that only services can fill: programs do not lock the shell out */

static struct child children[CHILDREN_MAX];
static uint64_t next_badge = 1;

static uint64_t bit_of(const struct child *child)
{
	return 1ull << (child - children);
}

static struct child *slot_free(void)
{
	for (struct child *child = children; child < children + CHILDREN_MAX; child++) {
		if (child->entry == NULL)
			return child;
	}
	return NULL;
}

static uint32_t slots_free(void)
{
	uint32_t count = 0;

	for (const struct child *child = children; child < children + CHILDREN_MAX; child++)
		count += child->entry == NULL;
	return count;
}

static void timer_arm(void)
{
	deadline_t first = DEADLINE_NEVER;

	for (const struct child *child = children; child < children + CHILDREN_MAX; child++) {
		if (child->entry != NULL && child->launched.process == HANDLE_NONE &&
		    child->restart_at < first)
			first = child->restart_at;
	}
	must(sys_notification_timer(endpoint_find(MANIFEST_INIT_ENDPOINT)->notification, first,
	                            CHILD_TIMER_BIT));
}

static void restart_later(struct child *child)
{
	uint32_t doublings =
		child->failures < RESTART_DOUBLINGS_MAX ? child->failures : RESTART_DOUBLINGS_MAX;

	child->launched.process = HANDLE_NONE;
	child->restart_at = time_after(RESTART_FIRST_NS << doublings);
	child->failures++;
	timer_arm();
}

static void service_launch(struct child *child)
{
	const struct manifest_entry *entry = child->entry;
	bool again = child->started_ns != 0;
	char arguments[sizeof(entry->name) + sizeof(entry->arguments) + sizeof(SERVICE_RESTARTED)];
	size_t bytes = string_copy(arguments, sizeof(entry->name), entry->name) + 1u;

	memcpy(arguments + bytes, entry->arguments, entry->argument_bytes);
	bytes += entry->argument_bytes;
	memcpy(arguments + bytes, SERVICE_RESTARTED, sizeof(SERVICE_RESTARTED));
	child->badge = next_badge++;
	struct launch plan = {
		.entry = entry,
		.image = entry->image,
		.name = entry->name,
		.badge = child->badge,
		.end_bits = bit_of(child),
		.arguments = arguments,
		.argument_count = entry->argument_count + 1u + again,
		.argument_bytes = (uint32_t)bytes + (again ? (uint32_t)sizeof(SERVICE_RESTARTED) : 0),
	};
	status_t status = launch(&plan, &child->launched);
	child->started_ns = time_now();
	if (status != STATUS_OK) {
		print("%s does not start: %s\n", entry->name, status_sentence(status));
		restart_later(child);
	}
}

void child_start_service(const struct manifest_entry *entry)
{
	struct child *child = slot_free();

	assert(child != NULL);
	*child = (struct child){.entry = entry};
	service_launch(child);
}

status_t child_start_program(struct launch *plan, uint64_t parent, handle_t watcher, uint64_t watcher_bits,
                             const struct child **out_child)
{
	struct child *child = slot_free();

	if (child == NULL || (slots_free() <= CHILDREN_RESERVED && !child_by_badge(parent)->entry->service))
		return STATUS_TABLE_FULL;
	plan->badge = next_badge++;
	plan->end_bits = bit_of(child);
	struct launched launched;
	status_t status = launch(plan, &launched);
	if (status != STATUS_OK)
		return status;
	*child = (struct child){
		.entry = plan->entry,
		.launched = launched,
		.badge = plan->badge,
		.parent = parent,
		.watcher = watcher,
		.watcher_bits = watcher_bits,
		.started_ns = time_now(),
		.restart_at = DEADLINE_NEVER,
	};
	*out_child = child;
	return STATUS_OK;
}

static bool is_running(const struct child *child)
{
	return child->entry != NULL && child->launched.process != HANDLE_NONE;
}

const struct child *child_by_id(uint64_t id)
{
	for (const struct child *child = children; child < children + CHILDREN_MAX; child++) {
		if (is_running(child) && child->launched.id == id)
			return child;
	}
	return NULL;
}

const struct child *child_by_badge(uint64_t badge)
{
	for (const struct child *child = children; child < children + CHILDREN_MAX; child++) {
		if (is_running(child) && child->badge == badge)
			return child;
	}
	return NULL;
}

uint32_t child_count(uint64_t parent)
{
	uint32_t count = 0;

	for (const struct child *child = children; child < children + CHILDREN_MAX; child++)
		count += child->entry != NULL && child->parent == parent;
	return count;
}

void child_kill(const struct child *child, uint64_t code)
{
	must(sys_process_kill(child->launched.process, code));
}

/* What a process started does not outlive it. */
static void family_end(uint64_t badge)
{
	for (const struct child *child = children; child < children + CHILDREN_MAX; child++) {
		if (is_running(child) && child->parent == badge)
			child_kill(child, 0);
	}
}

static struct child *program_by_badge(uint64_t badge)
{
	for (struct child *child = children; child < children + CHILDREN_MAX; child++) {
		if (child->entry != NULL && child->badge == badge && !child->entry->service)
			return child;
	}
	return NULL;
}

static void program_forget(struct child *child)
{
	if (child->watcher != HANDLE_NONE) {
		(void)!sys_notification_signal(child->watcher,
		                               child->watcher_bits); /* the watcher may be gone */
		(void)!sys_cap_drop(child->watcher);
	}
	child->entry = NULL;
}

/* It may have been the last thing its parent, also ended, was waiting for. */
static void program_ended(struct child *child)
{
	while (child != NULL && child->launched.process == HANDLE_NONE && child_count(child->badge) == 0) {
		uint64_t parent = child->parent;

		program_forget(child);
		child = program_by_badge(parent);
	}
}

static void service_ended(struct child *child, const struct process_status *status)
{
	bool failed = status->killed != 0 || status->exit_code != 0;
	size_t length = 0;
	const uint8_t *image = failed ? bundle_bytes(child->entry->image, &length) : NULL;

	report_end(child->entry->name, status, image, length);
	if (child->entry->restart == RESTART_NEVER ||
	    (child->entry->restart == RESTART_FAILURE && !failed)) {
		child->entry = NULL;
		return;
	}
	if (time_now() - child->started_ns > RESTART_STEADY_NS)
		child->failures = 0;
	restart_later(child);
}

static void look_after(struct child *child)
{
	struct process_status status;

	must(info_process_status(child->launched.process, &status));
	if (status.state != PROCESS_DEAD)
		return;
	must(sys_cap_drop(child->launched.process));
	child->launched.process = HANDLE_NONE;
	family_end(child->badge);
	if (child->entry->service)
		service_ended(child, &status);
	else
		program_ended(child);
}

static void restart_due(void)
{
	uint64_t now_ns = time_now();

	for (struct child *child = children; child < children + CHILDREN_MAX; child++) {
		if (child->entry != NULL && child->launched.process == HANDLE_NONE &&
		    child->restart_at <= now_ns)
			service_launch(child);
	}
	timer_arm();
}

void child_notify(uint64_t bits)
{
	for (struct child *child = children; child < children + CHILDREN_MAX; child++) {
		if ((bits & bit_of(child)) != 0 && is_running(child))
			look_after(child);
	}
	if ((bits & CHILD_TIMER_BIT) != 0)
		restart_due();
}
