/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who runs. A child's slot is the bit init's notification gets when the child
 * ends, and when a service says that it serves: the bit means "look". The first
 * slots are the manifest's services, in their order and for good; the others are
 * programs. The programs a child started end with it; a program's watcher is
 * told, and the program forgotten, when the last of them is gone.
 */
#include "init.h"
#include <os/info.h>
#include <os/panic.h>
#include <os/time.h>

#define CHILDREN_RESERVED 8u /* slots that only what services start can fill: programs do not lock the shell out */

struct child children[CHILDREN_MAX];

uint64_t child_bit(const struct child *child)
{
	return 1ull << (child - children);
}

static struct child *slot_free(void)
{
	for (struct child *child = children + manifest.order_count; child < children + CHILDREN_MAX; child++) {
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

status_t child_start_program(struct launch *plan, uint64_t parent, handle_t watcher, uint64_t watcher_bits,
                             const struct child **out_child)
{
	struct child *child = slot_free();

	if (child == NULL || (slots_free() <= CHILDREN_RESERVED && !child_by_id(parent)->entry->service))
		return STATUS_TABLE_FULL;
	plan->end_bits = child_bit(child);
	struct launched launched;
	status_t status = launch(plan, &launched);
	if (status != STATUS_OK)
		return status;
	*child = (struct child){
		.entry = plan->entry,
		.launched = launched,
		.parent = parent,
		.watcher = watcher,
		.watcher_bits = watcher_bits,
		.started_ns = time_now(),
		.due = DEADLINE_NEVER,
	};
	*out_child = child;
	return STATUS_OK;
}

bool child_is_running(const struct child *child)
{
	return child->entry != NULL && child->launched.process != HANDLE_NONE;
}

const struct child *child_by_id(uint64_t id)
{
	for (const struct child *child = children; child < children + CHILDREN_MAX; child++) {
		if (child_is_running(child) && child->launched.id == id)
			return child;
	}
	return NULL;
}

uint32_t child_count(uint64_t parent)
{
	uint32_t count = 0;

	for (const struct child *child = children + manifest.order_count; child < children + CHILDREN_MAX; child++)
		count += child->entry != NULL && child->parent == parent;
	return count;
}

void child_kill(const struct child *child, uint64_t code)
{
	must(sys_process_kill(child->launched.process, code));
}

/* What a process started does not outlive it. */
static void family_end(uint64_t id)
{
	for (const struct child *child = children; child < children + CHILDREN_MAX; child++) {
		if (child_is_running(child) && child->parent == id)
			child_kill(child, 0);
	}
}

static struct child *program_by_id(uint64_t id)
{
	for (struct child *child = children; child < children + CHILDREN_MAX; child++) {
		if (child->entry != NULL && child->launched.id == id && !child->entry->service)
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
	while (child != NULL && child->launched.process == HANDLE_NONE && child_count(child->launched.id) == 0) {
		uint64_t parent = child->parent;

		program_forget(child);
		child = program_by_id(parent);
	}
}

static void look_after(struct child *child)
{
	struct process_status status;

	must(info_process_status(child->launched.process, &status));
	if (status.state != PROCESS_DEAD) {
		if (child->entry->service)
			service_ready(child);
		return;
	}
	must(sys_cap_drop(child->launched.process));
	child->launched.process = HANDLE_NONE;
	pci_release(child->entry, child->launched.id);
	family_end(child->launched.id);
	if (child->entry->service)
		service_ended(child, &status);
	else
		program_ended(child);
}

void child_notify(uint64_t bits)
{
	for (struct child *child = children; child < children + CHILDREN_MAX; child++) {
		if ((bits & child_bit(child)) != 0 && child_is_running(child))
			look_after(child);
	}
	if ((bits & CHILD_TIMER_BIT) != 0)
		services_due();
}
