/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between any two kernel operations every invariant of every noun holds. */
#include "sim.h"
#include <kernel/aspace.h>
#include <kernel/cap.h>
#include <kernel/channel.h>
#include <kernel/endpoint.h>
#include <kernel/frame.h>
#include <kernel/image.h>
#include <kernel/memory.h>
#include <kernel/notification.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <kernel/trust.h>
#include <lib/hash.h>
#include <lib/identity.h>

#define EACH(type, prefix)                                                                         \
	static const char *check_##prefix(void)                                                    \
	{                                                                                          \
		for (uint32_t slot = 0; slot < object_tables[type].fresh; slot++)                  \
			if ((prefix##_table[slot].object.generation & 1u) != 0 &&                  \
			    !prefix##_valid(&prefix##_table[slot]))                                \
				return #prefix "_valid";                                           \
		return NULL;                                                                       \
	}
EACH(OBJECT_THREAD, thread)
EACH(OBJECT_PROCESS, process)
EACH(OBJECT_ENDPOINT, endpoint)
EACH(OBJECT_NOTIFICATION, notification)
EACH(OBJECT_MEMORY, memory)
EACH(OBJECT_CHANNEL, channel)
EACH(OBJECT_IMAGE, image)

/* A principal is bound before the first step and stays, as long as the process is the same one. */
static const char *check_principals(void)
{
	static struct {
		uint32_t generation;
		struct aid principal;
	} seen[PROCESS_MAX];
	for (uint32_t slot = 0; slot < object_tables[OBJECT_PROCESS].fresh; slot++) {
		const struct process *process = &process_table[slot];
		uint32_t generation = process->object.generation;
		if ((generation & 1u) == 0)
			continue;
		if (seen[slot].generation == generation && !aid_equal(&seen[slot].principal, &process->principal))
			return "a process has another principal than before";
		seen[slot].generation = generation;
		seen[slot].principal = process->principal;
	}
	return NULL;
}

/* What can be run is what the catalog lists. */
static const char *check_listed(void)
{
	struct catalog_entry entry;
	for (uint32_t slot = 0; slot < object_tables[OBJECT_IMAGE].fresh; slot++) {
		const struct image *image = &image_table[slot];
		if ((image->object.generation & 1u) == 0 || !image->ready)
			continue;
		if (!catalog_find(&trust_catalog, image->as.name, &entry) || entry.role != image->as.role ||
		    !hash_equal(entry.digest, image->module.digest) ||
		    !aid_equal(&entry.principal, &image->principal))
			return "an image is not the one the catalog lists";
	}
	return NULL;
}

static const char *check_running(void)
{
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++) {
		const struct thread *thread = cpu_table[cpu].arch.current;
		if (thread != NULL && (WAIT_STATE(thread->wait) != THREAD_RUNNING || thread->cpu != cpu))
			return "a CPU's current thread is not RUNNING there";
	}
	return NULL;
}

/* Whoever waits for a reply waits for somebody who can still give it, or will be told. */
static const char *check_replies(void)
{
	for (uint32_t slot = 0; slot < object_tables[OBJECT_THREAD].fresh; slot++) {
		const struct thread *thread = &thread_table[slot];
		if (WAIT_STATE(thread->wait) == THREAD_REPLYING &&
		    process_table[thread->reply_holder].state != PROCESS_RUNNING &&
		    process_table[thread->reply_holder].state != PROCESS_DYING)
			return "a caller waits for a process that has ended";
	}
	return NULL;
}

static const char *check_globals(void)
{
	if (!sched_valid())
		return "sched_valid";
	if (!timer_valid())
		return "timer_valid";
	return NULL;
}

static const char *check_large(void)
{
	if (!cap_valid())
		return "cap_valid";
	if (!frame_valid())
		return "frame_valid";
	for (uint32_t slot = 0; slot < object_tables[OBJECT_PROCESS].fresh; slot++)
		if (process_table[slot].state == PROCESS_RUNNING && !aspace_valid(&process_table[slot].aspace))
			return "aspace_valid";
	return NULL;
}

void sim_check(void *context)
{
	static const char *(*const checks[])(void) = {check_thread,  check_process, check_endpoint,
	                                              check_notification, check_memory, check_channel,
	                                              check_image, check_principals, check_listed,
	                                              check_running, check_replies, check_globals};
	struct sim *sim = context;
	sim_audit_check(sim);
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		const char *broken = checks[i]();
		if (broken != NULL)
			sim_fail(sim, broken);
	}
	/* The large tables cost too much at every step. */
	if (sim->checks++ % 64u == 0) {
		const char *broken = check_large();
		if (broken != NULL)
			sim_fail(sim, broken);
	}
}
