/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Programs for the unit tests of what programs wait for: processes made from a
 * real image, whose threads make system calls when the test says so.
 *
 * Each CPU has an idler, a thread of the lowest priority that is always ready,
 * so that the kernel's own idle loop is never entered unless a test wants it.
 * Time stands still unless a test lets it pass. After every call all
 * invariants are checked.
 */
#pragma once
#include "../../lib/test/test.h"
#include <arch/host.h>
#include <arch/signing.h>
#include <elf.h>
#include <kernel/cap.h>
#include <kernel/channel.h>
#include <kernel/cpu.h>
#include <kernel/endpoint.h>
#include <kernel/frame.h>
#include <kernel/image.h>
#include <kernel/memory.h>
#include <kernel/notification.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <string.h>

#define RAM_BYTES (64u << 20)
#ifndef PROCESSES
#define PROCESSES 24u
#endif
#define TEXT 0x400000ull
#define DATA 0x402000ull
#define FILE_PAGES 3u

/* What a call can lead to besides a status: the thread waits; it is no more. */
#define BLOCKED 0x100u
#define ENDED 0x101u

static uint32_t harness_memory;
static uint32_t harness_image;
static struct thread *harness_idlers[CPU_MAX];
static uint8_t harness_tag; /* of the next process's principal */

/* ---- invariants ---- */

#define HARNESS_EACH(type, prefix)                                                                 \
	for (uint32_t slot = 0; slot < object_tables[type].fresh; slot++)                          \
		if ((prefix##_table[slot].object.generation & 1u) != 0)                            \
			assert_true(prefix##_valid(&prefix##_table[slot]));

static inline void harness_check(void)
{
	HARNESS_EACH(OBJECT_THREAD, thread)
	HARNESS_EACH(OBJECT_PROCESS, process)
	HARNESS_EACH(OBJECT_ENDPOINT, endpoint)
	HARNESS_EACH(OBJECT_NOTIFICATION, notification)
	HARNESS_EACH(OBJECT_MEMORY, memory)
	HARNESS_EACH(OBJECT_CHANNEL, channel)
	HARNESS_EACH(OBJECT_IMAGE, image)
	assert_true(sched_valid());
	assert_true(timer_valid());
	assert_true(cap_valid());
	for (uint32_t type = 0; type < OBJECT_TYPE_COUNT; type++)
		if (object_tables[type].first != NULL)
			assert_true(table_valid(&object_tables[type]));
}

static inline enum thread_state state_of(const struct thread *thread)
{
	return WAIT_STATE(thread->wait);
}

/* ---- making programs ---- */

static inline struct process_options harness_options(uint32_t priority)
{
	struct process_options options = {.name = "program", .syscall_mask = (1ull << SYSCALL_COUNT) - 1u,
		.memory_pages = 1000, .priority = priority, .threads = 64, .objects = 1000, .stack_pages = 4};
	memset(&options.principal, ++harness_tag, sizeof options.principal);
	return options;
}

/* As boot starts the first one. */
static inline void harness_process_start(uint32_t slot)
{
	struct process *process = process_of(slot);
	struct thread *thread = &thread_table[process->main_thread];
	process->state = PROCESS_RUNNING;
	assert_true(thread_claim(thread, thread->wait));
	thread_start(process->main_thread);
}

/* A running process; its first thread, ready. */
static inline struct thread *make_process_with(const struct process_options *options)
{
	uint32_t slot;
	assert_int_equal(process_new(NONE, harness_image, options, &slot), STATUS_OK);
	harness_process_start(slot);
	return &thread_table[process_of(slot)->main_thread];
}

static inline struct thread *make_process(uint32_t priority)
{
	struct process_options options = harness_options(PRIORITY_MAX);
	options.priority = priority;
	struct thread *thread = make_process_with(&options);
	process_of(thread->process)->priority_limit = PRIORITY_MAX;
	return thread;
}

/* Another thread of the same process, ready. */
static inline struct thread *make_thread(const struct thread *sibling, uint32_t priority)
{
	uint32_t slot;
	assert_int_equal(thread_new(sibling->process, TEXT, USER_STACK_TOP, 0, priority, &slot), STATUS_OK);
	struct thread *thread = &thread_table[slot];
	object_release(OBJECT_THREAD, slot); /* the process has its own reference */
	assert_true(thread_claim(thread, thread->wait));
	thread_start(slot);
	return thread;
}

/* A static ELF with a code page, and a data page with two pages of zeroes behind it. */
static inline void harness_program(uint8_t *file)
{
	Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_entry = TEXT,
		.e_phoff = sizeof header, .e_ehsize = sizeof header, .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2};
	Elf64_Phdr segments[2] = {
		{.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = PAGE_SIZE, .p_vaddr = TEXT, .p_paddr = TEXT,
		 .p_filesz = PAGE_SIZE, .p_memsz = PAGE_SIZE, .p_align = PAGE_SIZE},
		{.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = 2 * PAGE_SIZE, .p_vaddr = DATA,
		 .p_paddr = DATA, .p_filesz = 100, .p_memsz = 3 * PAGE_SIZE, .p_align = PAGE_SIZE},
	};
	memcpy(file, &header, sizeof header);
	memcpy(file + sizeof header, segments, sizeof segments);
}

static inline void harness_image_make(void)
{
	static uint8_t file[FILE_PAGES * PAGE_SIZE + MODULE_OVERHEAD];
	static struct catalog_entry entry;
	struct image_request request = {
		.length = sizeof file, .as = {.name = "program", .role = MODULE_PROGRAM}};
	if (entry.size == 0) { /* the first test: signing takes its time */
		const struct aid nobody = {0};
		harness_program(file);
		module_sign(file, FILE_PAGES * PAGE_SIZE, "program", MODULE_PROGRAM, 1, host_signer());
		host_entry(file, sizeof file, &nobody, &entry);
	}
	host_catalog(&entry, 1);
	assert_int_equal(memory_new(NONE, FILE_PAGES + 1u, &harness_memory), STATUS_OK);
	assert_int_equal(memory_write(harness_memory, 0, file, sizeof file), STATUS_OK);
	assert_int_equal(memory_seal(harness_memory), STATUS_OK);
	request.memory = harness_memory;
	assert_int_equal(image_new(NONE, &request, &harness_image), STATUS_OK);
}

/* From here on this CPU's code runs. */
static inline struct cpu *on_cpu(uint32_t index)
{
	host_cpu = &cpu_table[index];
	return host_cpu;
}

/* A kernel with an idler on each of `cpus` CPUs, which are all online; CPU 0 runs its idler. */
static inline void harness_start(uint32_t cpus)
{
	host_kernel(RAM_BYTES, cpus, PROCESSES);
	harness_tag = 0;
	harness_image_make();
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		on_cpu(cpu);
		if (cpu != 0)
			sched_cpu_online(host_cpu);
		harness_idlers[cpu] = make_process(PRIORITY_IDLE);
		harness_idlers[cpu]->affinity = 1ull << cpu;
		assert_ptr_equal(sched_next(host_cpu), harness_idlers[cpu]);
	}
	on_cpu(0);
}

/* ---- running them ---- */

static inline struct thread *current_thread(void)
{
	return host_cpu->arch.current;
}

/* Make a ready thread current, whoever is due. Its slice begins now. */
static inline void run(struct thread *thread)
{
	struct thread *from = current_thread();
	if (from == thread)
		return;
	if (state_of(thread) != THREAD_READY)
		fail_msg("thread %u cannot run: it is in state %u", thread_slot(thread), (unsigned)state_of(thread));
	host_cpu->reschedule = false;
	host_cpu->slice_end = host_ticks + SLICE_NS;
	if (from != NULL)
		sched_put_back(host_cpu, from);
	assert_true(sched_withdraw(thread));
	sched_claim_here(host_cpu, thread, thread->wait);
	(void)sched_hand_over(host_cpu, thread, thread);
	timer_rearm(host_cpu);
}

static inline uint32_t outcome(const struct thread *thread)
{
	enum thread_state state = state_of(thread);
	if (process_of(thread->process)->state != PROCESS_RUNNING)
		return ENDED;
	if (state == THREAD_READY || state == THREAD_RUNNING)
		return (uint32_t)thread->regs.arg[0];
	return state == THREAD_FREE || state == THREAD_EXITING ? ENDED : BLOCKED;
}

/* The thread makes a system call; a call that the kernel restarts is made again. Status, BLOCKED or ENDED. */
static inline uint32_t harness_syscall(struct thread *thread, uint64_t number, const uint64_t *arguments)
{
	uint64_t restarts;
	uint32_t generation = thread->object.generation;
	run(thread);
	memcpy(thread->regs.arg, arguments, sizeof thread->regs.arg);
	thread->regs.number = number;
	do {
		restarts = thread->regs.restarts;
		run(thread);
		struct thread *next = trap_syscall(thread);
		assert_non_null(next);
		assert_ptr_equal(next, current_thread());
		assert_int_equal(state_of(next), THREAD_RUNNING);
		assert_int_equal(process_of(next->process)->state, PROCESS_RUNNING);
	} while (thread->object.generation == generation && thread->regs.restarts != restarts);
	harness_check();
	return thread->object.generation == generation ? outcome(thread) : ENDED;
}
#define SYS(thread, name, ...) harness_syscall((thread), SYSCALL_##name, (const uint64_t[8]){__VA_ARGS__})

/* The highest ready thread of this CPU runs; who ran goes to the end of its priority. */
static inline struct thread *reschedule(void)
{
	struct thread *from = current_thread();
	host_cpu->slice_end = 0;
	host_cpu->reschedule = true;
	return trap_return(from);
}

/* The timer of this CPU, which fires once, fires. */
static inline void timer_interrupt(void)
{
	host_cpu->arch.timer_ticks = UINT64_MAX;
	trap_timer();
}

/* Time passes to `ticks`, with the timer interrupt of this CPU if it is due. */
static inline void pass_until(uint64_t ticks)
{
	host_ticks = ticks;
	if (host_ticks >= host_cpu->arch.timer_ticks) {
		timer_interrupt();
		trap_return(current_thread());
	}
	harness_check();
}

static inline bool any_dying(void)
{
	for (uint32_t slot = 0; slot < object_tables[OBJECT_PROCESS].fresh; slot++)
		if (process_of(slot)->state == PROCESS_DYING)
			return true;
	return false;
}

/* What ends is taken apart to the end. */
static inline void settle(void)
{
	for (uint32_t turn = 0; any_dying(); turn++) {
		assert_true(turn < 1000);
		reschedule();
		harness_check();
	}
}

/* ---- what they hold ---- */

static inline handle_t make_endpoint(struct thread *thread, uint64_t depth)
{
	assert_int_equal(SYS(thread, endpoint_create, depth), STATUS_OK);
	return thread->regs.arg[1];
}

static inline handle_t make_notification(struct thread *thread)
{
	assert_int_equal(SYS(thread, notification_create), STATUS_OK);
	return thread->regs.arg[1];
}

static inline struct cap *cap_of(const struct thread *thread, handle_t handle)
{
	return &cap_table[cap_index(thread->process, HANDLE_SLOT(handle))];
}

static inline bool holds(const struct thread *thread, handle_t handle)
{
	return handle != HANDLE_NONE && cap_of(thread, handle)->generation == HANDLE_GENERATION(handle);
}

static inline struct endpoint *endpoint_of(const struct thread *thread, handle_t handle)
{
	return &endpoint_table[cap_of(thread, handle)->object];
}

/* Derive a capability of one process into another. */
static inline handle_t share(struct thread *from, handle_t handle, const struct thread *to, uint32_t rights,
                             uint64_t badge)
{
	handle_t copy = HANDLE_NONE;
	assert_int_equal(cap_derive(to->process, cap_index(from->process, HANDLE_SLOT(handle)), handle, rights,
	                            badge, &copy),
	                 STATUS_OK);
	return copy;
}

/* A capability to one of the objects there is only one of. */
static inline handle_t make_singleton(const struct thread *thread, enum object_type type)
{
	handle_t handle;
	assert_int_equal(cap_create(thread->process, type, 0, RIGHTS_ALL, 0, &handle), STATUS_OK);
	return handle;
}

/* ---- what must come back ---- */

struct inventory {
	uint32_t frames;
	uint32_t used[OBJECT_TYPE_COUNT];
	uint32_t mappings, queued, caps;
};

static inline struct inventory take_inventory(void)
{
	struct inventory inventory = {.frames = frame_free_count(), .mappings = mapping_slots.used,
		.queued = queued_slots.used, .caps = cap_count()};
	for (uint32_t type = 0; type < OBJECT_TYPE_COUNT; type++)
		inventory.used[type] = object_tables[type].used;
	return inventory;
}

static inline void assert_same(const struct inventory *before)
{
	struct inventory now = take_inventory();
	for (uint32_t type = 0; type < OBJECT_TYPE_COUNT; type++)
		if (now.used[type] != before->used[type])
			fail_msg("%s: %u before, %u now", object_type_name((enum object_type)type),
			         before->used[type], now.used[type]);
	assert_int_equal(now.mappings, before->mappings);
	assert_int_equal(now.queued, before->queued);
	assert_int_equal(now.caps, before->caps);
	assert_int_equal(now.frames, before->frames);
	assert_true(frame_valid());
}
