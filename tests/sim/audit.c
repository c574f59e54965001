/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The audit ring against a shadow of it. What the kernel emits is noted where
 * it is called (the kernel is linked with --wrap), per CPU and in order; the
 * ring is read as a program reads it, and every event must be the next of its
 * CPU, whole, with no number missing. And what a program is refused must be
 * among what was recorded of it.
 */
#include "sim.h"
#include <kernel/audit.h>
#include <kernel/cap.h>
#include <kernel/memory.h>
#include <kernel/process.h>
#include <kernel/thread.h>
#include <string.h>

#define NOTED_MAX 4096u
#define IDS_MAX 65536u
#define STATUSES 16u

struct noted {
	struct audit_event event; /* time and sequence are the kernel's to choose */
	uint32_t arguments;       /* of which so many are compared */
};
static struct {
	struct noted noted[NOTED_MAX];
	uint32_t first, count;
	uint32_t sequence; /* the next that is due */
	uint64_t time_ns;
} cpus[CPU_MAX];
static uint64_t cursor, dropped, lost_of_cpu[CPU_MAX];
#define SUSPECTS_MAX 4096u
static uint32_t suspects[SUSPECTS_MAX][2], suspect_count; /* id and status, since the last check */
static uint32_t recorded[IDS_MAX][STATUSES], returned[IDS_MAX][STATUSES];

/* ---- what is emitted ---- */

static void note(struct audit_event event, uint32_t arguments)
{
	uint32_t cpu = host_cpu->index;
	uint32_t at = (cpus[cpu].first + cpus[cpu].count) % NOTED_MAX;
	if (cpus[cpu].count == NOTED_MAX)
		return; /* the comparison will say so */
	event.cpu = (uint16_t)cpu;
	cpus[cpu].noted[at] = (struct noted){event, arguments};
	cpus[cpu].count++;
}

void __real_audit_emit(enum audit_kind kind, uint64_t subject, uint64_t object, uint64_t a, uint64_t b, uint64_t c,
                       uint64_t d);
void __wrap_audit_emit(enum audit_kind kind, uint64_t subject, uint64_t object, uint64_t a, uint64_t b, uint64_t c,
                       uint64_t d);
void __wrap_audit_emit(enum audit_kind kind, uint64_t subject, uint64_t object, uint64_t a, uint64_t b, uint64_t c,
                       uint64_t d)
{
	note((struct audit_event){.kind = (uint8_t)kind, .subject = subject, .object = object, .arguments = {a, b, c, d}},
	     4);
	__real_audit_emit(kind, subject, object, a, b, c, d);
}

void __real_audit_message(enum audit_kind kind, const struct thread *from, const struct cap *cap, uint32_t to,
                          uint64_t tag);
void __wrap_audit_message(enum audit_kind kind, const struct thread *from, const struct cap *cap, uint32_t to,
                          uint64_t tag);
void __wrap_audit_message(enum audit_kind kind, const struct thread *from, const struct cap *cap, uint32_t to,
                          uint64_t tag)
{
	note((struct audit_event){.kind = (uint8_t)kind, .flags = AUDIT_SAMPLED, .subject = process_of(from->process)->id,
	                          .object = cap->object,
	                          .arguments = {to == NONE ? 0 : process_of(to)->id, tag}},
	     2);
	__real_audit_message(kind, from, cap, to, tag);
}

/* Said here once more, on purpose: which outcomes are refusals. */
static bool refusal(uint64_t status, uint8_t *out_kind)
{
	bool capability = status == STATUS_DENIED || status == STATUS_BAD_HANDLE || status == STATUS_WRONG_TYPE;
	bool argument = status == STATUS_INVALID || status == STATUS_BAD_ADDRESS || status == STATUS_UNKNOWN_SYSCALL ||
	                status == STATUS_QUOTA || status == STATUS_TABLE_FULL || status == STATUS_NO_MEMORY ||
	                status == STATUS_BUSY;
	*out_kind = capability ? AUDIT_CAP_DENIED : argument ? AUDIT_BAD_ARGUMENT : AUDIT_SYSCALL_DENIED;
	return capability || argument || status == STATUS_POLICY;
}

void __real_audit_outcome(const struct thread *current, status_t status);
void __wrap_audit_outcome(const struct thread *current, status_t status);
void __wrap_audit_outcome(const struct thread *current, status_t status)
{
	struct audit_event event = {.subject = process_of(current->process)->id,
	                            .arguments = {current->regs.number, (uint64_t)status}};
	if (refusal((uint64_t)status, &event.kind))
		note(event, event.kind == AUDIT_BAD_ARGUMENT ? 2 : 1);
	__real_audit_outcome(current, status);
}

void __real_audit_not_passed(uint32_t holder, handle_t handle, status_t status);
void __wrap_audit_not_passed(uint32_t holder, handle_t handle, status_t status);
void __wrap_audit_not_passed(uint32_t holder, handle_t handle, status_t status)
{
	note((struct audit_event){.kind = AUDIT_CAP_DENIED, .subject = process_of(holder)->id,
	                          .arguments = {SYSCALL_call, 0, handle, (uint64_t)status}},
	     4);
	__real_audit_not_passed(holder, handle, status);
}

/* ---- what is read ---- */

static bool same(const struct audit_event *event, const struct noted *noted)
{
	const struct audit_event *wanted = &noted->event;
	bool refused = wanted->kind == AUDIT_CAP_DENIED; /* its object is what the handle names: audit_test looks at that */
	return event->kind == wanted->kind && event->flags == wanted->flags && event->subject == wanted->subject &&
	       (refused || event->object == wanted->object) &&
	       memcmp(event->arguments, wanted->arguments, noted->arguments * sizeof event->arguments[0]) == 0;
}

static void count_refusal(const struct audit_event *event)
{
	uint64_t status = event->kind == AUDIT_CAP_DENIED     ? event->arguments[3]
	                  : event->kind == AUDIT_BAD_ARGUMENT ? event->arguments[1]
	                                                      : STATUS_POLICY;
	bool counted = event->kind == AUDIT_CAP_DENIED || event->kind == AUDIT_BAD_ARGUMENT ||
	               event->kind == AUDIT_SYSCALL_DENIED;
	if (counted && event->subject < IDS_MAX && status < STATUSES)
		recorded[event->subject][status]++;
}

static void take(const struct sim *sim, const struct audit_event *event)
{
	if (event->cpu >= cpu_count)
		sim_fail(sim, "an audit event names a CPU that is not there");
	uint32_t cpu = event->cpu;
	if (event->kind == AUDIT_DROPPED) {
		lost_of_cpu[cpu] += event->arguments[0];
		dropped += event->arguments[0];
		cpus[cpu].sequence += (uint32_t)event->arguments[0];
	}
	if (event->sequence != cpus[cpu].sequence++)
		sim_fail(sim, "a hole in a CPU's audit events");
	if (event->time_ns < cpus[cpu].time_ns)
		sim_fail(sim, "a CPU's audit events go back in time");
	cpus[cpu].time_ns = event->time_ns;
	count_refusal(event);
	if (event->kind == AUDIT_DROPPED)
		return;
	for (; cpus[cpu].count > 0; lost_of_cpu[cpu]--) {
		const struct noted *noted = &cpus[cpu].noted[cpus[cpu].first];
		cpus[cpu].first = (cpus[cpu].first + 1u) % NOTED_MAX;
		cpus[cpu].count--;
		if (same(event, noted))
			return;
		if ((noted->event.flags & AUDIT_SAMPLED) == 0 || lost_of_cpu[cpu] == 0)
			break;
	}
	sim_fail(sim, "the audit ring holds an event that was not emitted, or not then");
}

/* A mapping of it, found once: nothing below takes a lock, where another CPU would come in. */
static const uint8_t *ring[1u + AUDIT_PAGES];

static void ring_map(const struct sim *sim)
{
	for (uint32_t page = 0; page <= AUDIT_PAGES; page++) {
		paddr_t frame;
		if (memory_page(audit_memory(), page, false, &frame) != STATUS_OK)
			sim_fail(sim, "the audit ring lacks a page");
		ring[page] = arch_direct(frame);
	}
}

void sim_audit_read(const struct sim *sim)
{
	struct audit_header header;
	struct audit_event event;
	if (ring[AUDIT_PAGES] == NULL)
		ring_map(sim);
	memcpy(&header, ring[0], sizeof header);
	if (header.magic != AUDIT_MAGIC || header.capacity != AUDIT_CAPACITY)
		sim_fail(sim, "the audit ring's header is damaged");
	if (header.produced - cursor > AUDIT_CAPACITY)
		sim_fail(sim, "the audit ring went round between two looks");
	for (; cursor < header.produced; cursor++) {
		uint64_t offset = AUDIT_EVENTS_OFFSET + cursor % AUDIT_CAPACITY * sizeof event;
		memcpy(&event, ring[offset / PAGE_SIZE] + offset % PAGE_SIZE, sizeof event);
		take(sim, &event);
	}
}

void sim_audit_refused(const struct sim *sim, const struct thread *thread)
{
	uint8_t kind;
	uint64_t id = process_of(thread->process)->id;
	uint64_t status = thread->regs.arg[0];
	if (!refusal(status, &kind) || id >= IDS_MAX || status >= STATUSES)
		return;
	returned[id][status]++;
	if (suspect_count == SUSPECTS_MAX)
		sim_fail(sim, "too many refusals between two checks");
	suspects[suspect_count][0] = (uint32_t)id;
	suspects[suspect_count++][1] = (uint32_t)status;
}

/* Everything emitted has been read. */
static void suspects_check(const struct sim *sim)
{
	for (; suspect_count > 0; suspect_count--) {
		const uint32_t *suspect = suspects[suspect_count - 1u];
		if (returned[suspect[0]][suspect[1]] > recorded[suspect[0]][suspect[1]])
			sim_fail(sim, "a program was refused something and there is no record of it");
	}
}

/* No CPU is in the kernel: what was emitted is there, or some CPU has asked itself back to look after it. */
void sim_audit_check(const struct sim *sim)
{
	uint64_t numbered = 0;
	bool left = false;
	bool asked = false;
	sim_audit_read(sim);
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++) {
		numbered += cpus[cpu].sequence;
		left |= cpus[cpu].count != 0;
		asked |= (cpu_table[cpu].ipi_pending & IPI_AUDIT) != 0;
	}
	if (left && !asked)
		sim_fail(sim, "an audit event stays behind");
	if (cursor != numbered - dropped)
		sim_fail(sim, "the number of audit events produced is not that of the events numbered");
	if (!left)
		suspects_check(sim);
}
