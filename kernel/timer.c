/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Deadlines: one binary heap of timer ids per CPU, earliest on top. A timer is
 * in at most one heap and knows its place there, so it can be cancelled from
 * any CPU. Expiry takes the timer out under the heap's lock and acts after,
 * against the wait word it was armed for: a thread that was woken meanwhile
 * and waits again is left alone.
 */
#include <kernel/budget.h>
#include <kernel/channel.h>
#include <kernel/notification.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <kernel/trace.h>

struct timer_heap {
	struct lock lock; /* q: LOCK_QUEUE */
	uint32_t count;   /* [q] */
	uint64_t armed;   /* [p] ticks the hardware is set to */
};
static struct timer_heap heap_table[CPU_MAX];
static struct timer grace_timer = {.cpu = CPU_NONE};

CC_BOOT void timer_init(void)
{
	uint32_t most = object_tables[OBJECT_THREAD].capacity +
	                object_tables[OBJECT_NOTIFICATION].capacity +
	                object_tables[OBJECT_PROCESS].capacity + 1u;
	uint64_t pages = (most * sizeof(uint32_t) + PAGE_MASK) >> PAGE_SHIFT;
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++) {
		heap_table[cpu].armed = UINT64_MAX;
		if (kernel_back((uint64_t)(uintptr_t)timer_ids[cpu], pages) != STATUS_OK)
			boot_refuse("too little memory for the timers of CPU %u", cpu);
	}
}

struct timer *timer_of(uint32_t id)
{
	if (id < THREAD_MAX)
		return &thread_table[id].timer;
	if (id < TIMER_BUDGET(0))
		return &notification_table[id - THREAD_MAX].timer;
	if (id < TIMER_GRACE)
		return &process_of(id - TIMER_BUDGET(0))->budget.timer;
	return &grace_timer;
}

static void heap_place(uint32_t cpu, uint32_t position, uint32_t id)
{
	timer_ids[cpu][position] = id;
	timer_of(id)->position = position;
}

static void heap_up(uint32_t cpu, uint32_t position)
{
	uint32_t id = timer_ids[cpu][position];
	deadline_t deadline = timer_of(id)->deadline;
	while (position > 0) {
		uint32_t above = (position - 1u) / 2u;
		if (timer_of(timer_ids[cpu][above])->deadline <= deadline)
			break;
		heap_place(cpu, position, timer_ids[cpu][above]);
		position = above;
	}
	heap_place(cpu, position, id);
}

static void heap_down(uint32_t cpu, uint32_t position)
{
	uint32_t count = heap_table[cpu].count;
	uint32_t id = timer_ids[cpu][position];
	deadline_t deadline = timer_of(id)->deadline;
	for (uint32_t below = 2u * position + 1u; below < count; below = 2u * position + 1u) {
		if (below + 1u < count && timer_of(timer_ids[cpu][below + 1u])->deadline <
		                                  timer_of(timer_ids[cpu][below])->deadline)
			below++;
		if (deadline <= timer_of(timer_ids[cpu][below])->deadline)
			break;
		heap_place(cpu, position, timer_ids[cpu][below]);
		position = below;
	}
	heap_place(cpu, position, id);
}

static void heap_remove(uint32_t cpu, uint32_t position)
{
	struct timer_heap *heap = &heap_table[cpu];
	timer_of(timer_ids[cpu][position])->cpu = CPU_NONE;
	heap->count--;
	if (position == heap->count)
		return;
	heap_place(cpu, position, timer_ids[cpu][heap->count]);
	heap_up(cpu, position);
	heap_down(cpu, timer_of(timer_ids[cpu][position])->position);
}

void timer_cancel(uint32_t id)
{
	struct timer *timer = timer_of(id);
	for (uint32_t attempt = 0; attempt < CPU_MAX; attempt++) {
		uint32_t cpu = __atomic_load_n(&timer->cpu, __ATOMIC_ACQUIRE);
		if (cpu == CPU_NONE)
			return;
		lock_acquire(&heap_table[cpu].lock, LOCK_QUEUE);
		bool there = timer->cpu == cpu;
		if (there)
			heap_remove(cpu, timer->position);
		lock_release(&heap_table[cpu].lock, LOCK_QUEUE);
		if (there)
			return;
	}
}

void timer_set(uint32_t id, deadline_t deadline, uint64_t wait)
{
	struct cpu *cpu = arch_cpu_self();
	struct timer_heap *heap = &heap_table[cpu->index];
	struct timer *timer = timer_of(id);
	timer_cancel(id);
	if (deadline == DEADLINE_NEVER)
		return;
	lock_acquire(&heap->lock, LOCK_QUEUE);
	timer->deadline = deadline;
	timer->wait = wait;
	__atomic_store_n(&timer->cpu, cpu->index, __ATOMIC_RELEASE);
	heap_place(cpu->index, heap->count, id);
	heap->count++;
	heap_up(cpu->index, heap->count - 1u);
	bool first = timer->position == 0;
	lock_release(&heap->lock, LOCK_QUEUE);
	if (first)
		timer_rearm(cpu);
}

void timer_rearm(struct cpu *cpu)
{
	struct timer_heap *heap = &heap_table[cpu->index];
	uint64_t ticks = sched_slice_deadline(cpu);
	lock_acquire(&heap->lock, LOCK_QUEUE);
	if (heap->count != 0) {
		uint64_t first = clock_to_ticks(timer_of(timer_ids[cpu->index][0])->deadline);
		ticks = first < ticks ? first : ticks;
	}
	lock_release(&heap->lock, LOCK_QUEUE);
	if (ticks == heap->armed)
		return;
	heap->armed = ticks;
	arch_timer_arm(ticks);
}

/* Take out the top if it is due. */
static bool take_due(uint32_t cpu, deadline_t now, uint32_t *out_id, uint64_t *out_wait)
{
	struct timer_heap *heap = &heap_table[cpu];
	lock_acquire(&heap->lock, LOCK_QUEUE);
	bool due = heap->count != 0 && timer_of(timer_ids[cpu][0])->deadline <= now;
	if (due) {
		*out_id = timer_ids[cpu][0];
		*out_wait = timer_of(*out_id)->wait;
		heap_remove(cpu, 0);
	}
	lock_release(&heap->lock, LOCK_QUEUE);
	return due;
}

static void expire(uint32_t id, uint64_t armed_for, deadline_t now)
{
	if (id == TIMER_GRACE) {
		channel_grace(now); /* arms the next one itself */
		return;
	}
	if (id >= TIMER_BUDGET(0)) {
		budget_expired(id - TIMER_BUDGET(0));
		return;
	}
	if (id >= THREAD_MAX) {
		notification_expired(id - THREAD_MAX);
		return;
	}
	struct thread *thread = &thread_table[id];
	uint64_t wait = __atomic_load_n(&thread->wait, __ATOMIC_ACQUIRE);
	/* The state may have moved on from SENDING to REPLYING; the sequence is what counts. */
	if (wait >> 8 == armed_for >> 8 && thread_claim(thread, wait))
		thread_wake(thread, WAIT_STATE(wait) == THREAD_SLEEPING ? STATUS_OK : STATUS_TIMED_OUT);
}

void timer_run(void)
{
	struct cpu *cpu = arch_cpu_self();
	uint32_t id;
	uint64_t wait;
	deadline_t now = clock_now();
	heap_table[cpu->index].armed = UINT64_MAX; /* one-shot: it has fired */
	while (take_due(cpu->index, now, &id, &wait)) {
		TRACE_EVENT(TRACE_TIMER, id, now);
		expire(id, wait, now);
	}
	const struct thread *current = cpu->arch.current;
	if (current != NULL && arch_time_now() >= cpu->slice_end &&
	    sched_slice_deadline(cpu) != UINT64_MAX)
		cpu->reschedule = true;
	timer_rearm(cpu);
}

static bool heap_valid(uint32_t cpu)
{
	for (uint32_t position = 0; position < heap_table[cpu].count; position++) {
		const struct timer *timer = timer_of(timer_ids[cpu][position]);
		const struct timer *above = timer_of(timer_ids[cpu][position == 0 ? 0 : (position - 1u) / 2u]);
		if (timer->cpu != cpu || timer->position != position || above->deadline > timer->deadline)
			return false;
	}
	return true;
}

bool timer_valid(void)
{
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++)
		if (!heap_valid(cpu))
			return false;
	return true;
}
