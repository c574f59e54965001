/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Every program of the simulated machine. It holds no state but the thread's
 * own: it looks at what the last call returned, then makes another call, whose
 * kind and arguments come from the seed. Most handles are real ones from the
 * process's table, so that calls reach deep; some are garbage.
 */
#include "sim.h"
#include <abi/clock.h>
#include <abi/audit.h>
#include <abi/module.h>
#include <kernel/aspace.h>
#include <kernel/cap.h>
#include <kernel/process.h>
#include <kernel/thread.h>
#include <kernel/timer.h>
#include <string.h>

static uint64_t below(uint64_t limit)
{
	return host_random() % limit;
}

static bool one_in(uint64_t n)
{
	return below(n) == 0;
}

static bool is_live(const struct cap *cap, uint32_t type)
{
	return cap->type != OBJECT_NONE && (type == OBJECT_NONE || cap->type == type);
}

/* The slot of one of the process's live capabilities of a type, all as likely; CSPACE_SLOTS: it has none. */
static uint32_t live_slot(const struct thread *thread, uint32_t type)
{
	const struct cap *window = &cap_table[cap_index(thread->process, 0)];
	uint32_t count = 0;
	uint32_t slot = 0;
	for (uint32_t i = 0; i < CSPACE_SLOTS; i++)
		count += is_live(&window[i], type);
	if (count == 0)
		return CSPACE_SLOTS;
	for (uint64_t skipped = below(count); !is_live(&window[slot], type) || skipped-- > 0; slot++)
		;
	return slot;
}

/* A live handle of the thread's process, of a type if it has one; else any. Now and then one whose capability has
 * gone, or one that nobody gave it. */
static handle_t pick_handle(const struct thread *thread, uint32_t type)
{
	uint64_t kind = below(32);
	if (kind == 31)
		return host_random();
	uint32_t slot = live_slot(thread, type);
	if (slot == CSPACE_SLOTS && type != OBJECT_NONE)
		slot = live_slot(thread, OBJECT_NONE);
	if (slot == CSPACE_SLOTS)
		return HANDLE_NONE;
	return HANDLE(slot, cap_table[cap_index(thread->process, slot)].generation - (kind == 30 ? 2u : 0u));
}

/* All the rights of a handle, or any. */
static uint64_t pick_rights(const struct thread *thread, handle_t handle)
{
	uint32_t slot = HANDLE_SLOT(handle);
	return slot < CSPACE_SLOTS && one_in(2) ? cap_table[cap_index(thread->process, slot)].rights
	                                        : below(RIGHTS_ALL + 1u);
}

static deadline_t pick_deadline(void)
{
	switch (below(4)) {
	case 0:
		return DEADLINE_NOW;
	case 1:
		return DEADLINE_NEVER;
	default:
		return clock_now() + below(3000000);
	}
}

/* Up to four capabilities in the message page, some moved. */
static uint64_t pick_tag(struct thread *thread)
{
	uint64_t length = one_in(3) ? below(MESSAGE_PAYLOAD_MAX + 16u) : below(33);
	uint64_t caps = one_in(4) ? below(5) : 0;
	for (uint64_t i = 0; i < caps && i < MESSAGE_CAPS_MAX; i++)
		thread->page->caps[i] = (struct message_cap){pick_handle(thread, OBJECT_NONE),
		                                             (uint32_t)below(RIGHTS_ALL + 1u),
		                                             one_in(3) ? MESSAGE_CAP_MOVE : 0u};
	return MESSAGE_TAG(below(100), length, caps);
}

/* Mostly where the kernel puts what has no place of its own; else at the limits, or anywhere. */
static uint64_t pick_address(void)
{
	switch (below(32)) {
	case 31:
		return host_random();
	case 30:
		return USER_LIMIT - below(8) * PAGE_SIZE;
	case 29:
		return USER_CHOOSE_BASE + 1u;
	case 28:
		return 0x400000 + below(8) * PAGE_SIZE;
	case 27:
		return USER_PAGES_BASE + below(8) * PAGE_SIZE;
	case 26:
		return USER_STACK_TOP - below(8) * PAGE_SIZE;
	default:
		return USER_CHOOSE_BASE + below(64) * PAGE_SIZE;
	}
}

/* Pages, mostly few; else as many as one more or less would make another case. */
static uint64_t pick_pages(uint64_t few)
{
	static const uint64_t limits[] = {0, USER_LIMIT / PAGE_SIZE, UINT64_MAX / PAGE_SIZE, UINT64_MAX, 1ull << 52};
	return one_in(24) ? limits[below(5)] + below(3) - 1u : below(few);
}

static void fill_options(struct thread *thread)
{
	struct process_options options;
	memset(&options, 0, sizeof options);
	memcpy(options.name, "child", 6);
	if (one_in(2)) { /* else the image's */
		options.principal.bytes[0] = AID_ALGORITHM_ED25519;
		options.principal.bytes[2] = (uint8_t)host_random();
		options.principal.bytes[3] = (uint8_t)host_random();
	}
	options.syscall_mask = one_in(4) ? host_random() : UINT64_MAX;
	options.memory_pages = (uint32_t)below(200);
	options.priority = (uint32_t)below(33);
	options.threads = 1u + (uint32_t)below(6);
	options.objects = (uint32_t)below(60);
	options.stack_pages = 1u + (uint32_t)below(4);
	options.cpu_percent = one_in(2) ? 0 : (uint32_t)below(CPU_PERCENT_MAX + 2u);
	options.notification = one_in(3) ? HANDLE_NONE : pick_handle(thread, OBJECT_NOTIFICATION);
	options.notification_bits = 1u << below(8);
	memcpy(thread->page->bulk, &options, sizeof options);
}

static void fill_image_options(struct thread *thread)
{
	struct image_options options = {.name = "init", .role = one_in(10) ? (uint32_t)below(7) : MODULE_INIT};
	if (one_in(10))
		options.name[below(sizeof options.name)] = (char)host_random();
	memcpy(thread->page->bulk, &options, sizeof options);
}

/* Reply handles are only worth trying when they were just received: look for a caller of ours. */
static handle_t pick_reply(const struct thread *thread)
{
	for (uint32_t slot = 0; slot < object_tables[OBJECT_THREAD].fresh; slot++) {
		const struct thread *caller = &thread_table[slot];
		if (WAIT_STATE(caller->wait) == THREAD_REPLYING && caller->reply_holder == thread->process)
			return HANDLE(HANDLE_REPLY | slot, (uint32_t)(caller->wait >> 8));
	}
	return HANDLE(HANDLE_REPLY | below(64), below(100));
}

static const uint8_t common[] = {
	SYSCALL_call, SYSCALL_call, SYSCALL_call, SYSCALL_call, SYSCALL_reply_recv, SYSCALL_reply_recv,
	SYSCALL_recv, SYSCALL_recv, SYSCALL_send, SYSCALL_reply, SYSCALL_notification_signal,
	SYSCALL_notification_wait, SYSCALL_cap_mint, SYSCALL_cap_drop, SYSCALL_cap_revoke,
	SYSCALL_endpoint_create, SYSCALL_process_create, SYSCALL_process_grant, SYSCALL_process_grant,
	SYSCALL_process_start, SYSCALL_thread_create, SYSCALL_memory_create, SYSCALL_memory_map,
	SYSCALL_memory_unmap, SYSCALL_process_kill, SYSCALL_thread_sleep, SYSCALL_channel_create,
	SYSCALL_channel_attach, SYSCALL_channel_close, SYSCALL_audit_open, SYSCALL_audit_bind, SYSCALL_policy_revoke,
	SYSCALL_image_create, SYSCALL_memory_contiguous,
	SYSCALL_irq_message,
};

static uint64_t pick_number(void)
{
	for (;;) {
		uint64_t number = one_in(3) ? below(SYSCALL_COUNT + 1u) : common[below(sizeof common)];
		bool ends = number == SYSCALL_process_exit || number == SYSCALL_thread_exit;
		if (number != SYSCALL_system_control && !(ends && !one_in(10)))
			return number;
	}
}

/* Somebody loses a call or a capability, mostly a live one. The first program, on whom the others live, keeps its
 * calls and what nobody gave it. */
static void set_policy(const struct thread *thread, uint64_t *arg, uint64_t number)
{
	uint32_t slot = 0;
	uint32_t index = 0;
	for (uint32_t tries = 0; tries < 16; tries++) {
		slot = (uint32_t)below(object_tables[OBJECT_PROCESS].fresh);
		index = cap_index(slot, (uint32_t)below(12));
		if ((process_of(slot)->id != 1 || cap_table[index].depth > 0) && cap_table[index].generation % 2u == 1u)
			break;
	}
	arg[0] = pick_handle(thread, OBJECT_POLICY);
	bool spared = process_of(slot)->id == 1 && (number == SYSCALL_policy_restrict || cap_table[index].depth == 0);
	arg[1] = spared ? 0 : process_of(slot)->id;
	arg[2] = number == SYSCALL_policy_restrict ? ~(1ull << below(64)) : cap_handle(index);
}

static void set_arguments(struct thread *thread, uint64_t number)
{
	uint64_t *arg = thread->regs.arg;
	uint64_t any = host_random();
	for (uint32_t i = 0; i < 8; i++, any >>= 8)
		arg[i] = any % 256u < 224u ? any % 64u : (any | 1u) * 0x9e3779b97f4a7c15ull;
	switch (number) {
	case SYSCALL_call:
		arg[0] = pick_handle(thread, OBJECT_ENDPOINT);
		arg[1] = pick_tag(thread) | (one_in(4) ? MESSAGE_LEND : 0);
		arg[6] = pick_deadline();
		break;
	case SYSCALL_send:
	case SYSCALL_reply_recv:
		arg[0] = pick_handle(thread, OBJECT_ENDPOINT);
		arg[1] = pick_tag(thread);
		arg[6] = pick_deadline();
		arg[7] = pick_reply(thread);
		break;
	case SYSCALL_recv:
		arg[0] = pick_handle(thread, OBJECT_ENDPOINT);
		arg[1] = pick_deadline();
		break;
	case SYSCALL_reply:
		arg[0] = pick_reply(thread);
		arg[1] = pick_tag(thread);
		break;
	case SYSCALL_thread_sleep:
		arg[0] = clock_now() + below(1000000);
		break;
	case SYSCALL_notification_bind:
		arg[0] = pick_handle(thread, OBJECT_NOTIFICATION);
		arg[1] = pick_handle(thread, OBJECT_ENDPOINT);
		break;
	case SYSCALL_notification_signal:
	case SYSCALL_notification_wait:
	case SYSCALL_notification_timer:
		arg[0] = pick_handle(thread, OBJECT_NOTIFICATION);
		arg[1] = pick_deadline();
		break;
	case SYSCALL_cap_mint:
		arg[0] = pick_handle(thread, OBJECT_NONE);
		arg[1] = below(RIGHTS_ALL + 1u);
		break;
	case SYSCALL_cap_info:
		arg[0] = one_in(2) ? HANDLE_NONE : pick_handle(thread, OBJECT_PROCESS);
		arg[1] = below(CSPACE_SLOTS + 2u);
		break;
	case SYSCALL_memory_map:
		arg[0] = pick_handle(thread, OBJECT_MEMORY);
		arg[1] = one_in(2) ? 0 : pick_address();
		arg[2] = pick_pages(4);
		arg[3] = pick_pages(6);
		arg[4] = below(8);
		break;
	case SYSCALL_memory_unmap:
	case SYSCALL_memory_protect:
		arg[0] = pick_address();
		arg[1] = pick_pages(8);
		arg[2] = below(8);
		break;
	case SYSCALL_memory_create:
	case SYSCALL_channel_create:
		arg[0] = one_in(10) ? below(5000) : pick_pages(20);
		arg[1] = below(4);
		memcpy(thread->page->bulk, &process_of((uint32_t)below(8))->principal, sizeof(struct aid));
		break;
	case SYSCALL_irq_message:
		arg[0] = pick_handle(thread, OBJECT_DEVICES);
		arg[1] = host_random() >> 47; /* twice as many as there are */
		break;
	case SYSCALL_memory_contiguous:
		arg[0] = pick_handle(thread, OBJECT_DEVICES);
		arg[1] = below(one_in(1000) ? 5000 : 20); /* clearing large runs would be most of a run's time */
		arg[2] = one_in(4) ? host_random() >> below(40) : 0;
		break;
	case SYSCALL_thread_create:
		arg[0] = 0x400000;
		arg[1] = USER_STACK_TOP;
		break;
	case SYSCALL_process_create:
		arg[0] = pick_handle(thread, OBJECT_FACTORY);
		arg[1] = pick_handle(thread, OBJECT_IMAGE);
		fill_options(thread);
		break;
	case SYSCALL_image_create:
		arg[0] = pick_handle(thread, OBJECT_FACTORY);
		arg[1] = pick_handle(thread, OBJECT_MEMORY);
		arg[2] = one_in(10) ? 0 : SIM_MODULE_OFFSET;
		arg[3] = one_in(10) ? PAGE_SIZE : SIM_MODULE_BYTES;
		fill_image_options(thread);
		break;
	case SYSCALL_process_grant:
		arg[0] = pick_handle(thread, OBJECT_PROCESS);
		arg[1] = pick_handle(thread, one_in(2) ? OBJECT_ENDPOINT : OBJECT_NONE);
		arg[2] = pick_rights(thread, arg[1]);
		break;
	case SYSCALL_process_start:
	case SYSCALL_process_kill:
	case SYSCALL_process_status:
		arg[0] = pick_handle(thread, OBJECT_PROCESS);
		break;
	case SYSCALL_channel_attach:
	case SYSCALL_channel_bind:
	case SYSCALL_channel_signal:
	case SYSCALL_channel_close:
		arg[0] = pick_handle(thread, OBJECT_CHANNEL);
		arg[1] = pick_handle(thread, OBJECT_NOTIFICATION);
		break;
	case SYSCALL_clock_set:
		arg[0] = pick_handle(thread, OBJECT_CLOCK);
		arg[1] = host_random() >> below(4);
		arg[2] = below(CLOCK_SOURCE_COUNT + 1u);
		break;
	case SYSCALL_random_add:
		arg[0] = pick_handle(thread, OBJECT_RANDOM);
		arg[1] = below(300);
		break;
	case SYSCALL_audit_open:
	case SYSCALL_audit_bind:
	case SYSCALL_audit_report:
		arg[0] = pick_handle(thread, OBJECT_AUDIT);
		if (number == SYSCALL_audit_bind)
			arg[1] = pick_handle(thread, OBJECT_NOTIFICATION);
		else
			arg[1] = one_in(3) ? below(300) : AUDIT_REPORTED_FIRST + below(8);
		break;
	case SYSCALL_policy_restrict:
	case SYSCALL_policy_revoke:
		set_policy(thread, arg, number);
		break;
	default:
		if (!one_in(4))
			arg[0] = pick_handle(thread, OBJECT_NONE);
		break;
	}
}

/* What a receiver must be able to believe: the principal on its page is the caller's own. */
static void judge(struct sim *sim, const struct thread *thread)
{
	sim_audit_refused(sim, thread);
	sim_authority_judge(sim, thread);
	uint64_t number = thread->regs.number;
	uint64_t reply = thread->regs.arg[7];
	if (thread->regs.arg[0] < 40)
		sim->statuses[thread->regs.arg[0]]++;
	if (number == SYSCALL_image_create && thread->regs.arg[0] == STATUS_OK)
		sim->verified++;
	if (number == SYSCALL_clock_wall && thread->regs.arg[0] == STATUS_OK &&
	    (thread->regs.arg[1] == 0) != (thread->regs.arg[2] == CLOCK_SOURCE_NONE))
		sim_fail(sim, "the time of day and who set it do not belong together");
	bool received = number == SYSCALL_recv || number == SYSCALL_reply_recv;
	if (received && thread->regs.arg[0] == STATUS_OK && MESSAGE_LENGTH(thread->regs.arg[1]) > MESSAGE_PAYLOAD_MAX)
		sim_fail(sim, "a message is longer than a page has room for");
	if (!received || thread->regs.arg[0] != STATUS_OK || reply == HANDLE_NONE ||
	    MESSAGE_KIND(thread->regs.arg[1]) != MESSAGE_CALL)
		return;
	const struct thread *caller = &thread_table[HANDLE_SLOT(reply) & ~HANDLE_REPLY];
	if (WAIT_STATE(caller->wait) != THREAD_REPLYING ||
	    (uint32_t)(caller->wait >> 8) != HANDLE_GENERATION(reply))
		return; /* it has gone meanwhile: timed out, revoked or killed */
	const struct aid *bound = &process_of(caller->process)->principal;
	if (memcmp(&thread->page->sender, bound, sizeof *bound) != 0)
		sim_fail(sim, "a delivered message carries another principal than its sender's");
	sim->delivered++;
}

static bool is_root(const struct thread *thread, handle_t handle)
{
	uint32_t slot = HANDLE_SLOT(handle);
	return slot < CSPACE_SLOTS && cap_table[cap_index(thread->process, slot)].depth == 0;
}

/* The first program holds on to what the others live from: it gives nothing up that nobody gave it, and waits for
 * nothing for ever. Without that a run soon has nobody left who can do anything. */
static void hold_on(struct thread *thread)
{
	uint64_t *arg = thread->regs.arg;
	uint64_t number = thread->regs.number;
	bool waits_6 = number == SYSCALL_call || number == SYSCALL_reply_recv;
	bool waits_1 = number == SYSCALL_recv || number == SYSCALL_notification_wait;
	if ((waits_6 && arg[6] == DEADLINE_NEVER) || (waits_1 && arg[1] == DEADLINE_NEVER))
		arg[waits_6 ? 6 : 1] = clock_now() + below(3000000);
	if (number == SYSCALL_process_exit || number == SYSCALL_thread_exit ||
	    (number == SYSCALL_cap_drop && is_root(thread, arg[0])))
		thread->regs.number = SYSCALL_process_id;
	for (uint32_t i = 0; i < MESSAGE_CAPS_MAX; i++)
		if (is_root(thread, thread->page->caps[i].handle))
			thread->page->caps[i].flags = 0;
}

struct thread *sim_actor(struct thread *current, void *context)
{
	struct sim *sim = context;
	sim_booted = true;
	bool restarted = current->regs.restarts != 0;
	current->regs.restarts = 0;
	if (restarted && !one_in(20)) /* as a CPU does; or something comes between: a fault, a kill */
		return trap_syscall(current);
	if (!restarted && current->regs.number != UINT64_MAX)
		judge(sim, current);
	bool first = process_of(current->process)->id == 1; /* the machine's hold on everything: it does not end */
	if (one_in(40) && !first) {
		current->regs.number = UINT64_MAX;
		uint64_t address = one_in(8) ? host_random() % USER_LIMIT : 0x402000 + below(3 * PAGE_SIZE);
		if (one_in(2))
			address = current->page_user + below(3) * PAGE_SIZE; /* its loan, or its window */
		bool survives = !one_in(8);
		return trap_fault(current, survives ? FAULT_UNMAPPED : FAULT_INSTRUCTION, FAULT_WRITE, address);
	}
	current->regs.number = pick_number();
	set_arguments(current, current->regs.number);
	if (first)
		hold_on(current);
	sim_authority_note(current);
	sim->calls[current->regs.number & 63u]++;
	return trap_syscall(current);
}
