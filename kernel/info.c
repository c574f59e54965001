/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Snapshots for display, one record at a time. Counters are read without locks:
 * a record may be a moment older in one field than in another, and nothing is
 * decided by it.
 */
#include <kernel/boot.h>
#include <kernel/cap.h>
#include <kernel/frame.h>
#include <kernel/image.h>
#include <kernel/info.h>
#include <kernel/irq.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <kernel/trace.h>
#include <lib/format.h>
#include <lib/string.h>

extern const char kernel_image_start[], kernel_text_end[]; /* the port's linker script */

static status_t fill_system(uint64_t index, struct info_system *info, uint64_t *out_next)
{
	if (index != 0)
		return STATUS_NOT_FOUND;
	string_copy(info->version, sizeof info->version, KERNEL_VERSION);
	string_copy(info->architecture, sizeof info->architecture, ARCH_NAME);
	string_copy(info->machine, sizeof info->machine, boot_machine.machine);
	string_copy(info->tier, sizeof info->tier, tier_policies[TIER_POLICY].name);
	string_copy(info->command_line, sizeof info->command_line, boot_machine.command_line);
	info->now_ns = clock_now();
	info->cpu_count = cpu_count;
	info->kernel_text_bytes = (uint64_t)(kernel_text_end - kernel_image_start);
	info->trace_mask = trace_mask;
	*out_next = 1;
	return STATUS_OK;
}

static void fill_cpu_counters(const struct cpu *cpu, struct info_cpu *info)
{
	info->timer_interrupts = cpu->timer_interrupts;
	info->device_interrupts = cpu->device_interrupts;
	info->ipis = cpu->ipis;
	info->shootdowns = cpu->shootdowns;
	info->syscalls = cpu->syscalls;
	info->switches = cpu->switches;
	info->steals = cpu->steals;
	info->ipc = cpu->ipc;
	info->faults = cpu->faults;
}

static status_t fill_cpu(uint64_t index, struct info_cpu *info, uint64_t *out_next)
{
	if (index >= cpu_count)
		return STATUS_NOT_FOUND;
	const struct cpu *cpu = &cpu_table[index];
	const struct thread *current = cpu->arch.current;
	uint64_t since = arch_time_now() - cpu->switched_at; /* of what it does now */
	bool online = __atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE) != 0;
	bool busy = run_queue_table[index].running != 0;
	info->cpu = (uint32_t)index;
	info->online = online;
	info->hardware_id = boot_machine.cpu_hardware_ids[index];
	uint64_t idle = cpu->idle_ticks + (online && !busy ? since : 0);
	info->busy_ns = online ? clock_from_ticks(arch_time_now() - cpu->online_at - idle) : 0;
	info->idle_ns = clock_from_ticks(idle);
	fill_cpu_counters(cpu, info);
	info->ready = run_queue_table[index].count;
	info->current = busy && current != NULL ? thread_slot(current) : UINT32_MAX;
	memcpy(info->features, cpu->features, sizeof info->features);
	*out_next = index + 1u;
	return STATUS_OK;
}

static status_t fill_memory(uint64_t index, struct info_memory *info, uint64_t *out_next)
{
	if (index != 0)
		return STATUS_NOT_FOUND;
	info->total_bytes = boot_ram_bytes();
	info->free_frames = frame_free_count();
	info->free_bytes = info->free_frames * PAGE_SIZE;
	info->kernel_bytes = boot_kernel_bytes;
	info->bundle_bytes = boot_machine.bundle.size;
	info->user_bytes = info->total_bytes - info->free_bytes - info->kernel_bytes - info->bundle_bytes;
	*out_next = 1;
	return STATUS_OK;
}

/* First live slot of a table at or after `index`, or NONE. */
static uint32_t live_from(enum object_type type, uint64_t index)
{
	const struct table *table = &object_tables[type];
	for (uint64_t slot = index; slot < table->fresh; slot++) {
		if (object_header(type, (uint32_t)slot)->generation % 2u == 1u)
			return (uint32_t)slot;
	}
	return NONE;
}

/* Run time of a thread, the present turn included. */
static uint64_t thread_ticks(const struct thread *thread)
{
	const struct cpu *cpu = &cpu_table[thread->cpu];
	uint64_t ticks = thread->cpu_ticks;
	if (cpu->arch.current == thread && WAIT_STATE(thread->wait) == THREAD_RUNNING)
		ticks += arch_time_now() - cpu->switched_at;
	return ticks;
}

static uint64_t process_ticks(const struct process *process)
{
	uint64_t ticks = process->cpu_ticks;
	for (uint32_t slot = 0; slot < object_tables[OBJECT_THREAD].fresh; slot++) {
		const struct thread *thread = &thread_table[slot];
		if (thread->object.generation % 2u == 1u && process_of(thread->process) == process)
			ticks += thread_ticks(thread);
	}
	return ticks;
}

/* Of what it runs; zero once it is dead. */
static void fill_image(uint32_t slot, struct info_process *info)
{
	if (slot == NONE)
		return;
	const struct image *image = &image_table[slot];
	info->role = image->module.role;
	info->version = image->module.version;
	memcpy(info->digest, image->module.digest, sizeof info->digest);
}

static status_t fill_process(uint64_t index, struct info_process *info, uint64_t *out_next)
{
	uint32_t slot = live_from(OBJECT_PROCESS, index);
	if (slot == NONE)
		return STATUS_NOT_FOUND;
	const struct process *process = process_of(slot);
	info->id = process->id;
	info->slot = slot;
	info->state = process->state;
	memcpy(info->name, process->name, sizeof info->name);
	info->principal = process->principal;
	info->parent = process->parent;
	info->cpu_time_ns = clock_from_ticks(process_ticks(process));
	info->threads = process->threads;
	info->handles = process->cap_used;
	info->pages = process->pages;
	info->pages_limit = process->pages_limit;
	info->priority = process->priority_limit;
	info->objects = process->objects;
	info->syscall_mask = process->syscall_mask;
	info->cpu_percent = process->budget.percent;
	info->cpu_spent = process->budget.times_spent;
	fill_image(process->image, info);
	*out_next = slot + 1u;
	return STATUS_OK;
}

static status_t fill_thread(uint64_t index, struct info_thread *info, uint64_t *out_next)
{
	uint32_t slot = live_from(OBJECT_THREAD, index);
	if (slot == NONE)
		return STATUS_NOT_FOUND;
	const struct thread *thread = &thread_table[slot];
	info->slot = slot;
	info->process_slot = thread->process;
	info->process_id = process_of(thread->process)->id;
	info->state = WAIT_STATE(__atomic_load_n(&thread->wait, __ATOMIC_RELAXED));
	info->priority = thread->priority;
	info->base_priority = thread->base_priority;
	info->cpu = thread->cpu;
	info->affinity = thread->affinity;
	info->cpu_time_ns = clock_from_ticks(thread_ticks(thread));
	info->pc = arch_regs_pc(&thread->regs);
	*out_next = slot + 1u;
	return STATUS_OK;
}

static const char *line_name(uint32_t number)
{
	for (uint32_t i = 0; i < boot_machine.device_count; i++) {
		const struct info_device *device = &boot_machine.devices[i];
		if (device->irq == number && device->kind <= DEVICE_UART_PL011)
			return "uart";
		if (device->irq == number && device->kind == DEVICE_RTC)
			return "rtc";
	}
	return number < arch_irq_count() ? "" : "message";
}

/* Who waits for it; before anybody does, who claimed it. */
static uint64_t irq_user(uint32_t slot)
{
	const struct irq *irq = &irq_table[slot];
	uint32_t claimer = irq->object.owner;
	if (irq->bound_by != 0)
		return irq->bound_by;
	return claimer == NONE ? 0 : process_of(claimer)->id;
}

static status_t fill_irq(uint64_t index, struct info_irq *info, uint64_t *out_next)
{
	uint64_t count;
	uint32_t slot;
	for (uint64_t number = index; number < IRQ_NUMBERS_MAX; number++) {
		if (!irq_line_get((uint32_t)number, &count, &slot))
			break;
		if (count == 0 && slot == NONE)
			continue;
		info->number = (uint32_t)number;
		info->claimed = slot != NONE;
		info->count = count;
		info->owner = slot == NONE ? 0 : irq_user(slot);
		string_copy(info->name, sizeof info->name, line_name((uint32_t)number));
		*out_next = number + 1u;
		return STATUS_OK;
	}
	return STATUS_NOT_FOUND;
}

static void table_describe(const struct table *table, struct info_table *info)
{
	string_copy(info->name, sizeof info->name, table->name);
	string_copy(info->clamp, sizeof info->clamp, table->clamp);
	info->capacity = table->capacity;
	info->used = table->used;
	info->entry_bytes = table->entry_bytes;
}

/* Object tables by type, then the three that are no object's. */
static status_t fill_table(uint64_t index, struct info_table *info, uint64_t *out_next)
{
	uint64_t at = index;
	while (at < OBJECT_TYPE_COUNT && object_tables[at].capacity == 0)
		at++;
	if (at < OBJECT_TYPE_COUNT) {
		table_describe(&object_tables[at], info);
	} else if (at == OBJECT_TYPE_COUNT) {
		table_describe(&mapping_slots, info);
	} else if (at == OBJECT_TYPE_COUNT + 1u) {
		table_describe(&queued_slots, info);
	} else if (at == OBJECT_TYPE_COUNT + 2u) {
		string_copy(info->name, sizeof info->name, "capability");
		string_copy(info->clamp, sizeof info->clamp, boot_tables.clamp);
		info->capacity = boot_tables.caps;
		info->used = cap_count();
		info->entry_bytes = sizeof(struct cap);
	} else {
		return STATUS_NOT_FOUND;
	}
	*out_next = at + 1u;
	return STATUS_OK;
}

static status_t fill_stage(uint64_t index, struct info_stage *info, uint64_t *out_next)
{
	if (index >= BOOT_STAGES_MAX || !boot_stage_get((uint32_t)index, info))
		return STATUS_NOT_FOUND;
	*out_next = index + 1u;
	return STATUS_OK;
}

static status_t fill_device(uint64_t index, struct info_device *info, uint64_t *out_next)
{
	if (index >= boot_machine.device_count)
		return STATUS_NOT_FOUND;
	*info = boot_machine.devices[index];
	*out_next = index + 1u;
	return STATUS_OK;
}

/* First slot at or after `index` that looks live. Windows of processes that hold nothing are passed over. */
static uint32_t capability_from(uint64_t index)
{
	uint64_t end = (uint64_t)object_tables[OBJECT_PROCESS].fresh * CSPACE_SLOTS;
	while (index < end) {
		if (process_of(cap_holder((uint32_t)index))->cap_used == 0)
			index = (index / CSPACE_SLOTS + 1u) * CSPACE_SLOTS;
		else if (cap_table[index].generation % 2u == 1u)
			return (uint32_t)index;
		else
			index++;
	}
	return NONE;
}

static bool capability_describe(uint32_t slot, struct info_capability *info)
{
	const struct cap *cap = &cap_table[slot];
	lock_acquire(&cap_lock, LOCK_CAP);
	bool live = cap->generation % 2u == 1u;
	if (live) {
		info->process = process_of(cap_holder(slot))->id;
		info->handle = cap_handle(slot);
		info->badge = cap->badge;
		info->granter = cap->parent == NONE ? 0 : process_of(cap_holder(cap->parent))->id;
		info->slot = slot;
		info->parent = cap->parent;
		info->type = cap->type;
		info->object = cap->object;
		info->rights = cap->rights & RIGHTS_ALL;
		info->depth = cap->depth;
	}
	lock_release(&cap_lock, LOCK_CAP);
	return live;
}

static status_t fill_capability(uint64_t index, struct info_capability *info, uint64_t *out_next)
{
	for (uint32_t tries = 0; tries < CSPACE_SLOTS; tries++) {
		uint32_t slot = capability_from(index);
		if (slot == NONE)
			return STATUS_NOT_FOUND;
		index = slot + 1u;
		*out_next = index;
		if (capability_describe(slot, info))
			return STATUS_OK;
	}
	return STATUS_NOT_FOUND; /* all that were looked at died meanwhile */
}

status_t info_fill(uint64_t kind, uint64_t index, uint8_t record[INFO_RECORD_MAX], uint32_t *out_bytes,
                   uint64_t *out_next)
{
	void *to = record;
	memset(record, 0, INFO_RECORD_MAX);
	if (kind > INFO_CAPABILITY)
		return STATUS_INVALID;
	switch ((enum info_kind)kind) {
#define FILL(KIND, tag)                                                                            \
	case INFO_##KIND:                                                                          \
		*out_bytes = sizeof(struct info_##tag);                                            \
		return fill_##tag(index, to, out_next);
		FILL(SYSTEM, system)
		FILL(CPU, cpu)
		FILL(MEMORY, memory)
		FILL(PROCESS, process)
		FILL(THREAD, thread)
		FILL(IRQ, irq)
		FILL(TABLE, table)
		FILL(STAGE, stage)
		FILL(DEVICE, device)
		FILL(CAPABILITY, capability)
#undef FILL
	case INFO_TRACE:
		*out_bytes = sizeof(struct trace_event);
		return trace_read(index, to, out_next) ? STATUS_OK : STATUS_NOT_FOUND;
	}
	return STATUS_INVALID;
}
