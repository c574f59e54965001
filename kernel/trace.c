/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Trace rings; see trace.h. A slot is valid while its sequence number is the same before and after it was read. */
#include <kernel/aspace.h>
#include <kernel/panic.h>
#include <kernel/thread.h>
#include <kernel/timer.h>
#include <kernel/trace.h>

#define TRACE_PAGES ((TRACE_EVENTS * sizeof(struct trace_slot) + PAGE_MASK) >> PAGE_SHIFT)

static uint32_t ring_count;          /* [c] */
static uint32_t ring_next[CPU_MAX];  /* [p] */
static uint64_t sequence_last;       /* [a] */
uint64_t trace_mask;

CC_BOOT void trace_init(uint32_t cpus)
{
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		if (kernel_back((uint64_t)(uintptr_t)&trace_ring_table[cpu], TRACE_PAGES) != STATUS_OK)
			boot_refuse("too little memory for the trace ring of CPU %u", cpu);
		for (uint32_t i = 0; i < TRACE_EVENTS; i++)
			trace_ring_table[cpu].slot[i].sequence = 0;
	}
	ring_count = cpus;
	trace_mask = 1ull << TRACE_FAULT | 1ull << TRACE_SPAWN | 1ull << TRACE_EXIT |
	             1ull << TRACE_REVOKE | 1ull << TRACE_DENIED;
}

void trace_record(enum trace_kind kind, uint64_t a, uint64_t b)
{
	struct cpu *cpu = arch_cpu_self();
	struct trace_slot *slot = &trace_ring_table[cpu->index].slot[ring_next[cpu->index]++ % TRACE_EVENTS];
	uint64_t sequence = __atomic_add_fetch(&sequence_last, 1u, __ATOMIC_RELAXED);
	struct thread *current = cpu->arch.current;

	__atomic_store_n(&slot->sequence, 0u, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	slot->event.time_ns = clock_now();
	slot->event.kind = (uint16_t)kind;
	slot->event.cpu = (uint16_t)cpu->index;
	slot->event.thread = current != NULL ? thread_slot(current) : NONE;
	slot->event.a = a;
	slot->event.b = b;
	__atomic_store_n(&slot->sequence, sequence, __ATOMIC_RELEASE);
}

/* The slot with the lowest sequence number that is at least `index`. */
static const struct trace_slot *slot_find(uint64_t index, uint64_t *out_sequence)
{
	const struct trace_slot *found = NULL;
	for (uint32_t cpu = 0; cpu < ring_count; cpu++) {
		for (uint32_t i = 0; i < TRACE_EVENTS; i++) {
			const struct trace_slot *slot = &trace_ring_table[cpu].slot[i];
			uint64_t sequence = __atomic_load_n(&slot->sequence, __ATOMIC_ACQUIRE);
			if (sequence == 0 || sequence < index || (found != NULL && sequence >= *out_sequence))
				continue;
			found = slot;
			*out_sequence = sequence;
		}
	}
	return found;
}

/* A slot that is overwritten while it is read is given up: its successor is newer. */
bool trace_read(uint64_t index, struct trace_event *out_event, uint64_t *out_next)
{
	for (uint32_t attempt = 0; attempt < 4u; attempt++) {
		uint64_t sequence = 0;
		const struct trace_slot *slot = slot_find(index, &sequence);
		if (slot == NULL)
			return false;
		struct trace_event event = slot->event;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&slot->sequence, __ATOMIC_RELAXED) == sequence) {
			*out_event = event;
			*out_next = sequence + 1u;
			return true;
		}
	}
	return false;
}

static void event_print(const struct trace_event *event)
{
	static const struct {
		const char *name, *a, *b;
	} kinds[TRACE_KIND_COUNT] = {
#define TRACE(name, bit, text, a, b) [bit] = {text, a, b},
#include <abi/trace.def>
#undef TRACE
	};
	if (event->kind >= TRACE_KIND_COUNT)
		return;
	log_print("  %llu.%06llu cpu %u thread %d %s %s=%llx %s=%llx\n",
	          (unsigned long long)(event->time_ns / 1000000000u),
	          (unsigned long long)(event->time_ns / 1000u % 1000000u), event->cpu, (int)event->thread,
	          kinds[event->kind].name, kinds[event->kind].a, (unsigned long long)event->a,
	          kinds[event->kind].b, (unsigned long long)event->b);
}

void trace_print_tail(uint32_t count)
{
	uint64_t last = __atomic_load_n(&sequence_last, __ATOMIC_RELAXED);
	uint64_t index = last > count ? last - count + 1u : 1u;
	struct trace_event event;
	for (uint32_t printed = 0; printed < count && trace_read(index, &event, &index); printed++)
		event_print(&event);
}
