/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The services: each starts when those it depends on serve, several at a time,
 * and is restarted by its policy, later each time it fails in a row, until its
 * limit. What it serves outlives it, so that its callers wait for the successor;
 * when there will be none, the endpoint is closed and they are told GONE.
 */
#include "init.h"
#include <lib/string.h>
#include <os/audit_tell.h>
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
#define READY_SECONDS 20u /* one that does not serve after so long is ended, and tried again */

static struct child *services_end(void)
{
	return children + manifest.order_count;
}

static void timer_arm(void)
{
	deadline_t first = DEADLINE_NEVER;

	for (const struct child *child = children; child < services_end(); child++) {
		if (child->due < first)
			first = child->due;
	}
	must(sys_notification_timer(endpoint_find(MANIFEST_INIT_ENDPOINT)->notification, first,
	                            CHILD_TIMER_BIT));
}

static void state_set(struct child *child, enum spawn_service_state state, deadline_t due)
{
	child->state = state;
	child->due = due;
}

/* For good, unless somebody asks for it by name. */
static void leave(struct child *child, enum spawn_service_state state)
{
	state_set(child, state, DEADLINE_NEVER);
	endpoint_close(child->entry->serves);
}

static void audit(const struct child *child, enum audit_kind kind, uint64_t last)
{
	audit_tell(kind, child->launched.id, audit_name(child->entry->name, 0), audit_name(child->entry->name, 1),
	           child->restarts, last);
}

static void failed(struct child *child, uint64_t code)
{
	const struct manifest_entry *entry = child->entry;

	audit(child, AUDIT_SERVICE_FAILED, code);
	child->failures++;
	if (entry->restart_limit != 0 && child->failures >= entry->restart_limit) {
		notice("%s is given up: it failed %u times in a row", entry->name, child->failures);
		leave(child, SPAWN_SERVICE_FAILED);
		return;
	}
	uint32_t doublings = child->failures - 1u < RESTART_DOUBLINGS_MAX ? child->failures - 1u
	                                                                  : RESTART_DOUBLINGS_MAX;
	state_set(child, SPAWN_SERVICE_RESTARTING, time_after(RESTART_FIRST_NS << doublings));
}

static status_t service_launch(struct child *child)
{
	const struct manifest_entry *entry = child->entry;
	bool again = child->started_ns != 0;
	char arguments[sizeof(entry->name) + sizeof(entry->arguments) + sizeof(SERVICE_RESTARTED)];
	size_t bytes = string_copy(arguments, sizeof(entry->name), entry->name) + 1u;

	memcpy(arguments + bytes, entry->arguments, entry->argument_bytes);
	bytes += entry->argument_bytes;
	memcpy(arguments + bytes, SERVICE_RESTARTED, sizeof(SERVICE_RESTARTED));
	struct launch plan = {
		.entry = entry,
		.image = entry->image,
		.name = entry->name,
		.kept = child->kept,
		.kept_address = child->kept_address,
		.end_bits = child_bit(child),
		.arguments = arguments,
		.argument_count = entry->argument_count + 1u + again,
		.argument_bytes = (uint32_t)bytes + (again ? (uint32_t)sizeof(SERVICE_RESTARTED) : 0),
	};
	child->restarts += again;
	child->started_ns = time_now();
	return launch(&plan, &child->launched);
}

/* Memory for it and its successors: made once, and never looked into. Who tells devices of memory needs it in one run. */
static status_t keep_make(struct child *child)
{
	if (child->entry->keeps_pages == 0 || child->kept != HANDLE_NONE)
		return STATUS_OK;
	if (manifest_holds(child->entry, "devices"))
		return sys_memory_contiguous(startup_need("devices"), child->entry->keeps_pages, 0, &child->kept,
		                             &child->kept_address);
	return sys_memory_create(child->entry->keeps_pages, &child->kept);
}

static void serves(struct child *child)
{
	state_set(child, SPAWN_SERVICE_READY, DEADLINE_NEVER);
	audit(child, AUDIT_SERVICE_STARTED, child->entry->version);
}

/* It serves, or nobody needs to wait for it: what it would serve is closed, and who needs it starts without. */
static bool is_settled(const struct child *child)
{
	return child->state == SPAWN_SERVICE_READY || child->state == SPAWN_SERVICE_ABSENT ||
	       child->state == SPAWN_SERVICE_ENDED || child->state == SPAWN_SERVICE_FAILED;
}

/* Is everybody settled that this service depends on? */
static bool may_start(const struct manifest_entry *entry)
{
	for (const struct child *other = children; other < services_end(); other++) {
		bool needed = (entry->needs & (1ull << (other->entry - manifest.entries))) != 0;

		if (needed && !is_settled(other))
			return false;
	}
	return true;
}

static void service_start(struct child *child)
{
	status_t status = keep_make(child);

	if (status == STATUS_OK)
		status = service_launch(child);
	if (status == STATUS_POLICY && !may_start(child->entry))
		return; /* whoever would have admitted it was lost over it: it goes on waiting */
	if (status == STATUS_NOT_FOUND && child->entry->device != MANIFEST_DEVICE_NONE) {
		print("%s is not needed: this machine has no such device\n", child->entry->name);
		leave(child, SPAWN_SERVICE_ABSENT);
	} else if (status != STATUS_OK) {
		notice("%s does not start: %s", child->entry->name, status_sentence(status));
		failed(child, status);
	} else if (child->entry->serves[0] == '\0') {
		serves(child); /* it has nothing to say */
	} else {
		const uint64_t seconds = child->entry->ready_seconds != 0 ? child->entry->ready_seconds : READY_SECONDS;

		state_set(child, SPAWN_SERVICE_STARTING, time_after(seconds * NS_PER_SECOND));
	}
}

/* Those of the order come after those they need, so one round starts all that may. */
static void services_advance(void)
{
	for (struct child *child = children; child < services_end(); child++) {
		if (child->state == SPAWN_SERVICE_WAITING && may_start(child->entry))
			service_start(child);
	}
	timer_arm();
}

static enum manifest_tier tier_read(void)
{
	struct info_system system;
	enum manifest_tier tier;
	uint64_t next;

	must(info_read(startup_need("monitor"), INFO_SYSTEM, 0, &system, sizeof(system), &next));
	if (!manifest_tier_named(system.tier, &tier))
		panic("this init knows no tier \"%s\"", system.tier);
	return tier;
}

void services_start(void)
{
	enum manifest_tier tier = tier_read();

	for (uint32_t i = 0; i < manifest.order_count; i++) {
		children[i] = (struct child){.entry = &manifest.entries[manifest.order[i]]};
		if (children[i].entry->tier > tier)
			leave(&children[i], SPAWN_SERVICE_ABSENT);
		else
			state_set(&children[i], SPAWN_SERVICE_WAITING, DEADLINE_NEVER);
	}
	services_advance();
}

/* A new device manager has stopped all devices and knows no driver: those that run begin anew. */
static void drivers_restart(const struct child *manager)
{
	if (strcmp(manager->entry->serves, MANIFEST_DEVICES_ENDPOINT) != 0)
		return;
	for (struct child *child = children; child < services_end(); child++) {
		if (child->entry->device == MANIFEST_DEVICE_PCI && child_is_running(child))
			(void)service_restart(child);
	}
}

void service_ready(struct child *child)
{
	if (child->state != SPAWN_SERVICE_STARTING)
		return;
	serves(child);
	drivers_restart(child);
	services_advance();
}

void service_ended(struct child *child, const struct process_status *status)
{
	const struct manifest_entry *entry = child->entry;
	bool failure = status->killed != 0 || status->exit_code != 0;
	size_t length = 0;
	const uint8_t *image = failure ? bundle_bytes(entry->image, &length) : NULL;

	if (failure || entry->restart == RESTART_ALWAYS)
		report_end(entry->name, status, image, length);
	if (time_now() - child->started_ns > RESTART_STEADY_NS)
		child->failures = 0;
	if (child->restart_wanted) {
		child->restart_wanted = false;
		state_set(child, SPAWN_SERVICE_WAITING, DEADLINE_NEVER);
		services_advance();
		return;
	}
	if (entry->restart == RESTART_NEVER || (entry->restart == RESTART_FAILURE && !failure))
		leave(child, SPAWN_SERVICE_ENDED);
	else
		failed(child, status->exit_code);
	services_advance();
}

uint64_t service_restart(struct child *child)
{
	child->failures = 0;
	if (child_is_running(child)) {
		child->restart_wanted = true;
		/* Nobody counts on it from here on. Of two drivers of like devices the second must not come first. */
		state_set(child, SPAWN_SERVICE_STARTING, DEADLINE_NEVER);
		child_kill(child, 0);
		return child->launched.id;
	}
	endpoint_open(child->entry->serves);
	state_set(child, SPAWN_SERVICE_WAITING, DEADLINE_NEVER);
	services_advance();
	return 0;
}

void services_due(void)
{
	uint64_t now_ns = time_now();

	for (struct child *child = children; child < services_end(); child++) {
		if (child->due > now_ns)
			continue;
		if (child->state == SPAWN_SERVICE_STARTING) {
			notice("%s does not serve in time and is ended", child->entry->name);
			child->due = DEADLINE_NEVER;
			child_kill(child, 1);
		} else {
			state_set(child, SPAWN_SERVICE_WAITING, DEADLINE_NEVER);
		}
	}
	services_advance();
}

struct child *service_by_name(const char *name)
{
	for (struct child *child = children; child < services_end(); child++) {
		if (strcmp(child->entry->name, name) == 0)
			return child;
	}
	return NULL;
}

bool service_serves(const struct child *child)
{
	struct process_status status;

	/* Its end may not have reached us yet. */
	return child->state == SPAWN_SERVICE_READY && child_is_running(child) &&
	       info_process_status(child->launched.process, &status) == STATUS_OK &&
	       status.state == PROCESS_RUNNING;
}

void service_lost(struct child *child)
{
	if (child_is_running(child))
		child_kill(child, 1);
	/* Nobody counts on it from here on; its end will say when it starts again. */
	if (child->state == SPAWN_SERVICE_READY)
		state_set(child, SPAWN_SERVICE_STARTING, DEADLINE_NEVER);
}
