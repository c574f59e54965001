/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Birth and end of a process. What is inside it (pages, capabilities, threads)
 * belongs to those nouns; taking it apart step by step is process_reap.c.
 */
#include <kernel/audit.h>
#include <kernel/budget.h>
#include <kernel/frame.h>
#include <kernel/image.h>
#include <kernel/memory.h>
#include <kernel/notification.h>
#include <kernel/panic.h>
#include <kernel/principal.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <kernel/trace.h>
#include <lib/identity.h>
#include <lib/string.h>

/* What a program without a principal may do: speak of itself, and end. */
#define ANONYMOUS_MASK                                                                             \
	(1ull << SYSCALL_process_id | 1ull << SYSCALL_thread_yield | 1ull << SYSCALL_thread_exit | \
	 1ull << SYSCALL_process_exit | 1ull << SYSCALL_clock_now | 1ull << SYSCALL_process_aid |  \
	 1ull << SYSCALL_log_write)

static uint64_t next_id = 1; /* [a] */

bool process_charge(uint32_t slot, uint32_t pages)
{
	if (slot == NONE)
		return true;
	struct process *process = process_of(slot);
	uint32_t before = __atomic_fetch_add(&process->pages, pages, __ATOMIC_RELAXED);
	if (before <= process->pages_limit && pages <= process->pages_limit - before)
		return true;
	__atomic_fetch_sub(&process->pages, pages, __ATOMIC_RELAXED);
	return false;
}

void process_uncharge(uint32_t slot, uint32_t pages)
{
	if (slot != NONE)
		__atomic_fetch_sub(&process_of(slot)->pages, pages, __ATOMIC_RELAXED);
}

status_t process_frame_take(uint32_t slot, paddr_t *out_frame)
{
	if (!process_charge(slot, 1))
		return STATUS_QUOTA;
	if (frame_alloc_zero(out_frame))
		return STATUS_OK;
	process_uncharge(slot, 1);
	return STATUS_NO_MEMORY;
}

void process_frame_give(uint32_t slot, paddr_t frame)
{
	frame_free(frame);
	process_uncharge(slot, 1);
}

void process_charge_move(uint32_t from, uint32_t to)
{
	__atomic_fetch_add(&process_of(to)->pages, 1u, __ATOMIC_RELAXED);
	process_uncharge(from, 1);
}

static bool options_ok(const struct process_options *options)
{
	return strnlen(options->name, sizeof options->name) < sizeof options->name &&
	       options->name[0] != '\0' && options->priority < PRIORITY_COUNT &&
	       options->cpu_percent <= CPU_PERCENT_MAX &&
	       options->threads >= 1 && options->threads <= USER_PAGES_MAX &&
	       options->stack_pages >= 1 && options->stack_pages <= 1024;
}

static void process_fill(struct process *process, uint32_t parent, uint32_t image,
                         const struct process_options *options)
{
	bool chosen = !aid_is_anonymous(&options->principal);
	principal_bind(process, chosen ? &options->principal : &image_table[image].principal);
	process->syscall_mask = options->syscall_mask;
	if (aid_is_anonymous(&process->principal))
		process->syscall_mask &= ANONYMOUS_MASK;
	process->id = __atomic_fetch_add(&next_id, 1u, __ATOMIC_RELAXED);
	process->parent = parent == NONE ? 0 : process_of(parent)->id;
	process->created_ns = clock_now();
	string_copy(process->name, sizeof process->name, options->name);
	process->pages = 0;
	process->pages_limit = options->memory_pages;
	process->objects = 0;
	process->objects_limit = options->objects;
	process->threads = 0;
	process->threads_limit = options->threads;
	process->priority_limit = options->priority;
	process->thread_head = NONE;
	process->page_slots = 0;
	process->main_thread = NONE;
	process->served = false;
	process->notification = NONE;
	process->image = NONE;
	process->exit_code = 0;
	process->killed = 0;
	memset(&process->fault, 0, sizeof process->fault);
	process->reap_stage = 0;
	process->cpu_ticks = 0;
	budget_init(process, options->cpu_percent);
}

/* Stack of the first thread; the page below it stays unmapped. */
static status_t stack_make(struct process *process, uint32_t pages)
{
	uint32_t slot = process_slot(process);
	uint32_t memory;
	uint64_t address;
	status_t status = memory_new(slot, pages, &memory);
	if (status != STATUS_OK)
		return status;
	status = aspace_map(&process->aspace, MAPPING_MEMORY, memory, NONE,
	                    USER_STACK_TOP - (uint64_t)pages * PAGE_SIZE, 0, pages,
	                    PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, &address);
	object_release(OBJECT_MEMORY, memory); /* the mapping keeps it */
	return status;
}

static status_t process_furnish(struct process *process, uint32_t image,
                                const struct process_options *options)
{
	uint32_t slot = process_slot(process);
	uint32_t thread;
	status_t status = image_map(image, slot);
	if (status == STATUS_OK)
		status = stack_make(process, options->stack_pages);
	if (status == STATUS_OK)
		status = thread_new(slot, image_table[image].elf.entry, USER_STACK_TOP, 0, options->priority,
		                    &thread);
	if (status != STATUS_OK)
		return status;
	process->main_thread = thread;
	object_release(OBJECT_THREAD, thread);
	return STATUS_OK;
}

static void aspace_clear(struct aspace *aspace)
{
	while (!aspace_clear_some(aspace, 64))
		continue; /* bounded by the pages of an image and a stack */
}

static void created_record(const struct process *process)
{
	uint64_t words[4];
	_Static_assert(sizeof words == AID_SIZE, "a principal fills the arguments");
	memcpy(words, &process->principal, sizeof words);
	audit_emit(AUDIT_PROCESS_CREATED, process->id, process->parent, words[0], words[1], words[2], words[3]);
}

status_t process_new(uint32_t parent, uint32_t image, const struct process_options *options,
                     uint32_t *out_process)
{
	uint32_t slot;
	if (!options_ok(options))
		return STATUS_INVALID;
	status_t status = object_take(OBJECT_PROCESS, parent, &slot);
	if (status != STATUS_OK)
		return status;
	struct process *process = process_of(slot);
	process_fill(process, parent, image, options);
	cap_window_init(slot);
	status = aspace_init(&process->aspace, slot);
	if (status == STATUS_OK) {
		status = process_furnish(process, image, options);
		if (status != STATUS_OK)
			aspace_clear(&process->aspace);
	}
	if (status != STATUS_OK) {
		__atomic_store_n(&process->state, PROCESS_DEAD, __ATOMIC_RELEASE);
		object_release(OBJECT_PROCESS, slot);
		return status;
	}
	object_retain(OBJECT_IMAGE, image);
	process->image = image;
	__atomic_store_n(&process->state, PROCESS_CREATED, __ATOMIC_RELEASE);
	TRACE_EVENT(TRACE_SPAWN, process->id, image);
	created_record(process);
	*out_process = slot;
	return STATUS_OK;
}

static bool process_is(const struct process *process, uint64_t id)
{
	uint32_t state = __atomic_load_n(&process->state, __ATOMIC_ACQUIRE);
	return process->id == id && (state == PROCESS_CREATED || state == PROCESS_RUNNING);
}

/* Looked at again once the reference holds it: the slot may have changed hands. */
status_t process_find(uint64_t id, uint32_t *out_process)
{
	uint32_t used = object_tables[OBJECT_PROCESS].fresh;
	for (uint32_t slot = 0; slot < used; slot++) {
		struct process *process = process_of(slot);
		uint32_t generation = __atomic_load_n(&process->object.generation, __ATOMIC_ACQUIRE);
		if (!process_is(process, id) || !object_retain_if(OBJECT_PROCESS, slot, generation))
			continue;
		if (process_is(process, id)) {
			*out_process = slot;
			return STATUS_OK;
		}
		object_release(OBJECT_PROCESS, slot);
	}
	return STATUS_NOT_FOUND;
}

void process_destroy(uint32_t slot)
{
	struct process *process = process_of(slot);
	ASSERT(process->state == PROCESS_DEAD);
	__atomic_store_n(&process->state, PROCESS_FREE, __ATOMIC_RELEASE);
	table_give(&object_tables[OBJECT_PROCESS], slot);
}

/* Make it DYING; false if somebody else did before. */
static bool end_win(struct process *process)
{
	uint32_t state = __atomic_load_n(&process->state, __ATOMIC_ACQUIRE);
	while (state == PROCESS_RUNNING || state == PROCESS_CREATED)
		if (__atomic_compare_exchange_n(&process->state, &state, PROCESS_DYING, false,
		                                __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE))
			return true;
	return false;
}

void process_end(uint32_t slot, uint64_t code, bool killed, const struct fault_report *fault)
{
	struct process *process = process_of(slot);
	if (!end_win(process))
		return;
	process->exit_code = code;
	process->killed = killed;
	if (fault != NULL)
		process->fault = *fault;
	TRACE_EVENT(TRACE_EXIT, process->id, code);
	/* The reaper must run. If it is running or ready, whoever dispatches it next sees DYING; if it is about
	 * to block, sched_check_dying sees it. */
	struct thread *reaper = &thread_table[process->main_thread];
	uint64_t wait = __atomic_load_n(&reaper->wait, __ATOMIC_SEQ_CST);
	if (thread_claim(reaper, wait)) {
		timer_cancel(process->main_thread);
		sched_ready(reaper);
	} else if (WAIT_STATE(wait) == THREAD_RUNNING && reaper->cpu != arch_cpu_self()->index) {
		__atomic_fetch_or(&cpu_table[reaper->cpu].ipi_pending, IPI_RESCHEDULE, __ATOMIC_SEQ_CST);
		arch_ipi_send(reaper->cpu);
	}
	arch_cpu_self()->reschedule = true;
}

bool process_valid(const struct process *process)
{
	if ((process->object.generation & 1u) == 0)
		return true;
	if (process->state == PROCESS_RUNNING && process->main_thread >= THREAD_MAX)
		return false;
	return process->threads <= process->threads_limit && budget_valid(process) &&
	       (uint32_t)__builtin_popcountll(process->page_slots) == process->threads;
}
