/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Processes: birth by system calls, the ways to end, what is left to read
 * afterwards, and that everything a process of any shape held comes back.
 */
#include "harness.h"
#include <kernel/principal.h>

static struct thread *parent;
static handle_t factory;
static handle_t image;
static struct inventory before;

static int setup(void **state)
{
	(void)state;
	harness_start(1);
	parent = make_process(16);
	factory = make_singleton(parent, OBJECT_FACTORY);
	object_retain(OBJECT_IMAGE, harness_image);
	assert_int_equal(cap_create(parent->process, OBJECT_IMAGE, harness_image, RIGHTS_ALL, 0, &image), STATUS_OK);
	before = take_inventory();
	return 0;
}

static uint32_t create(const struct process_options *options)
{
	run(parent);
	memcpy(parent->page->bulk, options, sizeof *options);
	return SYS(parent, process_create, factory, image);
}

static handle_t create_ok(const struct process_options *options)
{
	assert_int_equal(create(options), STATUS_OK);
	return parent->regs.arg[1];
}

static struct process *process_at(handle_t handle)
{
	return process_of(cap_of(parent, handle)->object);
}

static struct process_status status_of(handle_t handle)
{
	struct process_status status;
	assert_int_equal(SYS(parent, process_status, handle), STATUS_OK);
	memcpy(&status, parent->page->bulk, sizeof status);
	return status;
}

static struct thread *start(handle_t handle)
{
	assert_int_equal(SYS(parent, process_start, handle), STATUS_OK);
	return &thread_table[process_at(handle)->main_thread];
}

/* A running child, by the calls a supervisor makes. */
static struct thread *spawn(handle_t *out_handle)
{
	struct process_options options = harness_options(16);
	*out_handle = create_ok(&options);
	return start(*out_handle);
}

static void life(void **state)
{
	(void)state;
	struct process_options options = harness_options(16);
	handle_t done = make_notification(parent);
	options.notification = done;
	options.notification_bits = 0x40;
	strcpy(options.name, "child");
	handle_t handle = create_ok(&options);
	uint64_t id = parent->regs.arg[2];
	assert_int_not_equal(id, 0);
	assert_int_equal(status_of(handle).state, PROCESS_CREATED);
	assert_int_equal(SYS(parent, process_grant, handle, done, RIGHT_SIGNAL, 4), STATUS_OK);
	handle_t granted = parent->regs.arg[1];
	memset(parent->page->bulk, 0x5a, MESSAGE_BULK_SIZE);
	struct thread *child = start(handle);
	for (uint32_t i = 0; i < MESSAGE_BULK_SIZE; i++)
		assert_int_equal(child->page->bulk[i], 0x5a);
	assert_int_equal(child->regs.pc, TEXT);
	assert_int_equal(child->regs.sp, USER_STACK_TOP);
	assert_int_equal(child->page->self, child->page_user);
	assert_int_equal(SYS(child, process_id), STATUS_OK);
	assert_int_equal(child->regs.arg[1], id);
	assert_int_equal(SYS(child, notification_signal, granted, 0), STATUS_OK);
	assert_int_equal(SYS(parent, notification_wait, done, DEADLINE_NOW), STATUS_OK);
	assert_int_equal(parent->regs.arg[1], 4);
	assert_int_equal(status_of(handle).state, PROCESS_RUNNING);
	assert_int_equal(SYS(parent, notification_wait, done, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(child, process_exit, 1234), ENDED);
	settle();
	assert_int_equal(outcome(parent), STATUS_OK);
	assert_int_equal(parent->regs.arg[1], 0x40);
	struct process_status end = status_of(handle);
	assert_int_equal(end.state, PROCESS_DEAD);
	assert_int_equal(end.exit_code, 1234);
	assert_int_equal(end.killed, 0);
	assert_int_equal(end.id, id);
	assert_int_equal(end.fault.kind, FAULT_NONE);
	assert_int_equal(SYS(parent, process_kill, handle, 9), STATUS_OK); /* killing the dead is done */
	assert_int_equal(status_of(handle).exit_code, 1234);
	assert_int_equal(SYS(parent, cap_drop, handle), STATUS_OK);
	assert_int_equal(SYS(parent, cap_drop, done), STATUS_OK);
	assert_same(&before);
}

static void ids_are_not_reused(void **state)
{
	(void)state;
	uint64_t last = 0;
	for (uint32_t i = 0; i < 50; i++) {
		struct process_options options = harness_options(16);
		handle_t handle = create_ok(&options);
		assert_true(parent->regs.arg[2] > last);
		last = parent->regs.arg[2];
		assert_int_equal(SYS(parent, process_kill, handle, 0), STATUS_OK);
		settle();
		assert_int_equal(SYS(parent, cap_drop, handle), STATUS_OK);
	}
	assert_same(&before);
}

static void order_of_birth(void **state)
{
	(void)state;
	struct process_options options = harness_options(16);
	handle_t handle = create_ok(&options);
	assert_int_equal(SYS(parent, process_grant, handle, factory, RIGHTS_ALL + 1, 0), STATUS_INVALID);
	assert_int_equal(SYS(parent, process_start, factory), STATUS_WRONG_TYPE);
	start(handle);
	assert_int_equal(SYS(parent, process_start, handle), STATUS_BUSY);
	assert_int_equal(SYS(parent, process_kill, handle, 0), STATUS_OK);
	settle();
	assert_int_equal(SYS(parent, process_start, handle), STATUS_BUSY);
	assert_int_equal(SYS(parent, process_grant, handle, factory, RIGHT_MANAGE, 0), STATUS_GONE);
}

/* A program that runs gets a capability from whoever may grant to it, and from nobody else. */
static void granted_while_it_runs(void **state)
{
	(void)state;
	struct process_options options = harness_options(16);
	handle_t handle = create_ok(&options);
	handle_t done = make_notification(parent);
	assert_int_equal(SYS(parent, cap_mint, handle, RIGHT_MANAGE, 0), STATUS_OK);
	handle_t manager = parent->regs.arg[1];
	/* Before it starts, its maker furnishes it. */
	assert_int_equal(SYS(parent, process_grant, manager, done, RIGHT_SIGNAL, 0), STATUS_OK);
	struct thread *child = start(handle);
	assert_int_equal(SYS(parent, process_grant, manager, done, RIGHT_SIGNAL, 0), STATUS_DENIED);
	assert_int_equal(parent->regs.arg[1], RIGHT_GRANT);
	assert_int_equal(SYS(parent, process_grant, handle, done, RIGHT_SIGNAL, 4), STATUS_OK);
	handle_t granted = parent->regs.arg[1];
	assert_int_equal(SYS(child, notification_signal, granted, 1), STATUS_OK);
	assert_int_equal(SYS(parent, notification_wait, done, DEADLINE_NOW), STATUS_OK);
	assert_int_equal(parent->regs.arg[1], 4);
	/* What is missing is said, here as in cap_mint. */
	assert_int_equal(SYS(parent, cap_mint, done, RIGHT_GRANT | RIGHT_SIGNAL, 7), STATUS_OK);
	handle_t badged = parent->regs.arg[1];
	assert_int_equal(SYS(parent, process_grant, handle, badged, RIGHT_WAIT, 0), STATUS_DENIED);
	assert_int_equal(parent->regs.arg[1], RIGHT_WAIT);
	assert_int_equal(SYS(parent, process_grant, handle, badged, RIGHT_SIGNAL, 8), STATUS_DENIED);
	assert_int_equal(parent->regs.arg[1], 0);
}

static void options_refused(void **state)
{
	(void)state;
	struct process_options good = harness_options(16);
	struct process_options options = good;
	options.name[0] = '\0';
	assert_int_equal(create(&options), STATUS_INVALID);
	options = good;
	memset(options.name, 'x', sizeof options.name);
	assert_int_equal(create(&options), STATUS_INVALID);
	options = good;
	options.priority = 32;
	assert_int_equal(create(&options), STATUS_INVALID);
	options = good;
	options.threads = 0;
	assert_int_equal(create(&options), STATUS_INVALID);
	options.threads = 65;
	assert_int_equal(create(&options), STATUS_INVALID);
	options = good;
	options.stack_pages = 0;
	assert_int_equal(create(&options), STATUS_INVALID);
	options.stack_pages = 1025;
	assert_int_equal(create(&options), STATUS_INVALID);
	options = good;
	options.notification = factory;
	assert_int_equal(create(&options), STATUS_WRONG_TYPE);
	options.notification = 12345;
	assert_int_equal(create(&options), STATUS_BAD_HANDLE);
	assert_same(&before);
	assert_int_equal(SYS(parent, process_create, image, image), STATUS_WRONG_TYPE);
	assert_int_equal(SYS(parent, cap_mint, factory, RIGHT_INSPECT, 0), STATUS_OK);
	assert_int_equal(SYS(parent, process_create, parent->regs.arg[1], image), STATUS_DENIED);
	assert_int_equal(parent->regs.arg[1], RIGHT_MANAGE);
	assert_int_equal(SYS(parent, cap_mint, image, RIGHT_INSPECT, 0), STATUS_OK);
	assert_int_equal(SYS(parent, process_create, factory, parent->regs.arg[1]), STATUS_DENIED);
	assert_int_equal(parent->regs.arg[1], RIGHT_EXECUTE);
}

/* Whatever is too little: it says so, and nothing is left. */
static void birth_fails_clean(void **state)
{
	(void)state;
	uint32_t fitted = 0;
	for (uint32_t pages = 0; pages < 40 && fitted < 3; pages++) {
		struct process_options options = harness_options(16);
		options.memory_pages = pages;
		uint32_t status = create(&options);
		if (status == STATUS_OK) {
			fitted++;
			handle_t handle = parent->regs.arg[1];
			assert_int_equal(SYS(parent, process_kill, handle, 0), STATUS_OK);
			settle();
			assert_int_equal(SYS(parent, cap_drop, handle), STATUS_OK);
		} else {
			assert_int_equal(status, STATUS_QUOTA);
			assert_int_equal(fitted, 0);
		}
		assert_same(&before);
	}
	assert_int_equal(fitted, 3);
	for (uint32_t objects = 0; objects < 2; objects++) {
		struct process_options options = harness_options(16);
		options.objects = objects;
		assert_int_equal(create(&options), STATUS_QUOTA);
		assert_same(&before);
	}
}

/* The process table is full: TABLE_FULL; the window is full: likewise, and the child is taken apart. */
static void tables_full(void **state)
{
	(void)state;
	struct process_options options = harness_options(16);
	handle_t handles[PROCESSES];
	uint32_t count = 0;
	while (count < PROCESSES && create(&options) == STATUS_OK)
		handles[count++] = parent->regs.arg[1];
	assert_int_equal(parent->regs.arg[0], STATUS_TABLE_FULL);
	assert_int_equal(count, PROCESSES - before.used[OBJECT_PROCESS]);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(SYS(parent, process_kill, handles[i], 0), STATUS_OK);
		assert_int_equal(SYS(parent, cap_drop, handles[i]), STATUS_OK);
	}
	settle();
	assert_same(&before);
	handle_t fill[CSPACE_SLOTS];
	uint32_t filled = 0;
	while (SYS(parent, cap_mint, factory, RIGHT_MANAGE, 0) == STATUS_OK)
		fill[filled++] = parent->regs.arg[1];
	assert_int_equal(create(&options), STATUS_TABLE_FULL);
	settle();
	for (uint32_t i = 0; i < filled; i++)
		assert_int_equal(SYS(parent, cap_drop, fill[i]), STATUS_OK);
	assert_same(&before);
}

/* ---- ends ---- */

static void killed(void **state)
{
	(void)state;
	handle_t handle;
	struct thread *child = spawn(&handle);
	make_thread(child, 10);
	assert_int_equal(SYS(parent, process_kill, handle, 77), STATUS_OK);
	assert_int_equal(SYS(parent, process_kill, handle, 78), STATUS_OK);
	settle();
	struct process_status end = status_of(handle);
	assert_int_equal(end.state, PROCESS_DEAD);
	assert_int_equal(end.killed, 1);
	assert_int_equal(end.exit_code, 77); /* the first wins */
	assert_int_equal(end.fault.kind, FAULT_NONE);
}

static void killed_before_it_started(void **state)
{
	(void)state;
	struct process_options options = harness_options(16);
	handle_t handle = create_ok(&options);
	assert_int_equal(SYS(parent, process_grant, handle, factory, RIGHT_MANAGE, 0), STATUS_OK);
	assert_int_equal(SYS(parent, process_kill, handle, 5), STATUS_OK);
	settle();
	assert_int_equal(status_of(handle).state, PROCESS_DEAD);
	assert_int_equal(SYS(parent, cap_drop, handle), STATUS_OK);
	assert_same(&before);
}

static void kills_itself(void **state)
{
	(void)state;
	handle_t handle;
	struct thread *child = spawn(&handle);
	handle_t own = share(parent, handle, child, RIGHT_MANAGE, 0);
	assert_int_equal(SYS(child, process_kill, own, 6), ENDED);
	settle();
	assert_int_equal(status_of(handle).killed, 1);
	assert_int_equal(status_of(handle).exit_code, 6);
}

static void killed_while_it_waits(void **state)
{
	(void)state;
	for (uint32_t how = 0; how < 5; how++) {
		handle_t handle;
		struct thread *child = spawn(&handle);
		handle_t endpoint = make_endpoint(parent, 2);
		handle_t mine = share(parent, endpoint, child, RIGHT_SEND | RIGHT_RECEIVE, 0);
		if (how == 0)
			assert_int_equal(SYS(child, call, mine, 0, 0, 0, 0, 0, host_ticks + 1000), BLOCKED);
		if (how == 1)
			assert_int_equal(SYS(child, recv, mine, host_ticks + 1000), BLOCKED);
		if (how == 2)
			assert_int_equal(SYS(child, thread_sleep, host_ticks + 1000), BLOCKED);
		if (how == 3)
			assert_int_equal(SYS(child, notification_wait, make_notification(child), host_ticks + 1000), BLOCKED);
		if (how == 4) {
			assert_int_equal(SYS(child, call, mine, 0, 0, 0, 0, 0, host_ticks + 1000), BLOCKED);
			assert_int_equal(SYS(parent, recv, endpoint, DEADLINE_NOW), STATUS_OK);
		}
		assert_int_equal(SYS(parent, process_kill, handle, how), STATUS_OK);
		settle();
		pass_until(host_ticks + 5000);
		assert_int_equal(status_of(handle).exit_code, how);
		assert_int_equal(SYS(parent, cap_drop, handle), STATUS_OK);
		assert_int_equal(SYS(parent, cap_drop, endpoint), STATUS_OK);
		assert_same(&before);
	}
}

static void faults(void **state)
{
	(void)state;
	handle_t handle;
	struct thread *child = spawn(&handle);
	run(child);
	/* A data page appears on touch; so does the stack. */
	assert_ptr_equal(trap_fault(child, FAULT_UNMAPPED, FAULT_WRITE, DATA + 2 * PAGE_SIZE), child);
	assert_ptr_equal(trap_fault(child, FAULT_UNMAPPED, FAULT_WRITE, USER_STACK_TOP - 8), child);
	/* A chain of two frames on the stack, then the end. */
	uint64_t frame = USER_STACK_TOP - 64;
	uint64_t words[4] = {frame + 16, TEXT + 0x10, 0, TEXT + 0x20};
	assert_true(user_copy_out(frame, words, sizeof words));
	child->regs.frame = frame;
	child->regs.pc = TEXT + 4;
	child->regs.sp = frame - 32;
	assert_ptr_not_equal(trap_fault(child, FAULT_PROTECTION, FAULT_WRITE, TEXT), child);
	settle();
	struct process_status end = status_of(handle);
	assert_int_equal(end.state, PROCESS_DEAD);
	assert_int_equal(end.killed, 1);
	assert_int_equal(end.fault.kind, FAULT_PROTECTION);
	assert_int_equal(end.fault.access, FAULT_WRITE);
	assert_int_equal(end.fault.address, TEXT);
	assert_int_equal(end.fault.pc, TEXT + 4);
	assert_int_equal(end.fault.sp, frame - 32);
	assert_int_equal(end.fault.frame_count, 2);
	assert_int_equal(end.fault.frames[0], TEXT + 0x10);
	assert_int_equal(end.fault.frames[1], TEXT + 0x20);
	assert_int_equal(SYS(parent, cap_drop, handle), STATUS_OK);
	assert_same(&before);
}

static void fault_kinds(void **state)
{
	(void)state;
	static const struct {
		enum fault_kind kind;
		uint64_t address;
		enum fault_kind expected;
	} cases[] = {
		{FAULT_UNMAPPED, 0x123456, FAULT_UNMAPPED},   {FAULT_UNMAPPED, USER_LIMIT, FAULT_UNMAPPED},
		{FAULT_UNMAPPED, UINT64_MAX, FAULT_UNMAPPED}, {FAULT_INSTRUCTION, 0, FAULT_INSTRUCTION},
		{FAULT_ARITHMETIC, 0, FAULT_ARITHMETIC},      {FAULT_UNMAPPED, TEXT + 8, FAULT_PROTECTION},
		{FAULT_UNMAPPED, 0, FAULT_UNMAPPED},          {FAULT_BREAKPOINT, 0, FAULT_BREAKPOINT},
	};
	for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		handle_t handle;
		struct thread *child = spawn(&handle);
		run(child);
		child->regs.frame = UINT64_MAX - 7u; /* a frame pointer nobody can follow */
		trap_fault(child, cases[i].kind, FAULT_WRITE, cases[i].address);
		settle();
		struct process_status end = status_of(handle);
		assert_int_equal(end.fault.kind, cases[i].expected);
		assert_int_equal(end.fault.address, cases[i].address);
		assert_int_equal(end.fault.frame_count, 0);
		assert_int_equal(SYS(parent, cap_drop, handle), STATUS_OK);
		assert_same(&before);
	}
}

static void memory_quota_is_a_fault(void **state)
{
	(void)state;
	struct process_options options = harness_options(16);
	options.memory_pages = 20;
	options.stack_pages = 30;
	handle_t handle = create_ok(&options);
	struct thread *child = start(handle);
	run(child);
	uint32_t page = 1;
	while (page <= 30 && trap_fault(child, FAULT_UNMAPPED, FAULT_WRITE, USER_STACK_TOP - page * PAGE_SIZE) == child)
		page++;
	assert_true(page > 1 && page < 21);
	settle();
	assert_int_equal(status_of(handle).fault.kind, FAULT_MEMORY);
	assert_int_equal(SYS(parent, cap_drop, handle), STATUS_OK);
	assert_same(&before);
}

/* ---- shapes ---- */

static void touch(struct thread *thread, uint64_t address)
{
	run(thread);
	assert_ptr_equal(trap_fault(thread, FAULT_UNMAPPED, FAULT_WRITE, address), thread);
}

static void shape_memory(struct thread *child, uint32_t amount)
{
	for (uint32_t i = 0; i < amount; i++) {
		assert_int_equal(SYS(child, memory_create, 1 + 7 * i), STATUS_OK);
		handle_t memory = child->regs.arg[1];
		assert_int_equal(SYS(child, memory_map, memory, 0, 0, 1 + 7 * i, PROT_READ | PROT_WRITE), STATUS_OK);
		uint64_t at = child->regs.arg[1];
		for (uint32_t page = 0; page < 1 + 7 * i; page += 2)
			touch(child, at + page * PAGE_SIZE);
		if (i % 2 == 0)
			assert_int_equal(SYS(child, memory_unmap, at, 1), STATUS_OK);
	}
}

static void shape_threads(struct thread *child, uint32_t amount)
{
	handle_t endpoint = make_endpoint(child, 8);
	handle_t notification = make_notification(child);
	for (uint32_t i = 0; i < amount; i++) {
		struct thread *thread = make_thread(child, 1 + i % 16);
		if (i % 5 == 1)
			assert_int_equal(SYS(thread, recv, endpoint, DEADLINE_NEVER), BLOCKED);
		if (i % 5 == 2)
			assert_int_equal(SYS(thread, notification_wait, notification, host_ticks + 100000), BLOCKED);
		if (i % 5 == 3)
			assert_int_equal(SYS(thread, thread_sleep, host_ticks + 100000 + i), BLOCKED);
		if (i % 5 == 4)
			assert_int_equal(SYS(thread, call, endpoint, 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	}
}

static void shape_messages(struct thread *child, uint32_t amount)
{
	for (uint32_t i = 0; i < amount; i++) {
		handle_t endpoint = make_endpoint(child, 8);
		for (uint32_t message = 0; message < i % 9; message++)
			assert_int_equal(SYS(child, send, endpoint, MESSAGE_TAG(1, 256, 0)), STATUS_OK);
		handle_t notification = make_notification(child);
		assert_int_equal(SYS(child, notification_bind, notification, endpoint), STATUS_OK);
		assert_int_equal(SYS(child, notification_timer, notification, host_ticks + 50000, 1), STATUS_OK);
		for (uint32_t copy = 0; copy < 5; copy++)
			assert_int_equal(SYS(child, cap_mint, endpoint, RIGHT_SEND | RIGHT_GRANT, 0), STATUS_OK);
	}
}

static void shape_channels(struct thread *child, uint32_t amount)
{
	for (uint32_t i = 0; i < amount; i++) {
		memset(child->page->bulk, 0x33, sizeof(struct aid));
		assert_int_equal(SYS(child, channel_create, 1 + i, i % 3), STATUS_OK);
		handle_t channel = child->regs.arg[1];
		assert_int_equal(SYS(child, channel_attach, channel), STATUS_OK);
		assert_int_equal(SYS(child, channel_bind, channel, make_notification(child), 1), STATUS_OK);
	}
}

static void ends_with(struct thread *child, handle_t handle, uint32_t how)
{
	if (how % 3 == 0) {
		assert_int_equal(SYS(child, process_exit, how), ENDED);
	} else if (how % 3 == 1) {
		assert_int_equal(SYS(parent, process_kill, handle, how), STATUS_OK);
	} else {
		run(child);
		trap_fault(child, FAULT_INSTRUCTION, FAULT_EXECUTE, 0);
	}
}

static void everything_comes_back(void **state)
{
	(void)state;
	for (uint32_t shape = 0; shape < 48; shape++) {
		handle_t handle;
		struct thread *child = spawn(&handle);
		uint32_t amount = 1 + shape % 11;
		if (shape % 2 == 0)
			shape_memory(child, amount);
		if (shape % 3 == 0)
			shape_threads(child, amount);
		if (shape % 4 < 2)
			shape_messages(child, amount > 4 ? 4 : amount);
		if (shape % 5 < 2)
			shape_channels(child, amount > 6 ? 6 : amount);
		ends_with(child, handle, shape / 2);
		settle();
		pass_until(host_ticks + CHANNEL_CLOSE_GRACE_NS + 200000);
		assert_int_equal(status_of(handle).state, PROCESS_DEAD);
		assert_int_equal(SYS(parent, cap_drop, handle), STATUS_OK);
		assert_same(&before);
	}
}

/* The process is gone, and its handle with it: nobody reads its status, the slot is free all the same. */
static void nobody_watches(void **state)
{
	(void)state;
	handle_t handle;
	struct thread *child = spawn(&handle);
	assert_int_equal(SYS(parent, cap_drop, handle), STATUS_OK);
	assert_int_equal(process_of(child->process)->state, PROCESS_RUNNING);
	assert_int_equal(SYS(child, process_exit, 1), ENDED);
	settle();
	assert_same(&before);
}

/* ---- identity ---- */

static void principals(void **state)
{
	(void)state;
	struct process_options options = harness_options(16);
	handle_t handle = create_ok(&options);
	struct thread *child = start(handle);
	assert_int_equal(SYS(child, process_aid, 0), STATUS_OK);
	assert_memory_equal(child->page->bulk, &options.principal, AID_SIZE);
	assert_int_equal(SYS(parent, process_aid, handle), STATUS_OK);
	assert_memory_equal(parent->page->bulk, &options.principal, AID_SIZE);
	handle_t weak = share(parent, handle, parent, RIGHT_MANAGE, 0);
	assert_int_equal(SYS(parent, process_aid, weak), STATUS_DENIED);
	assert_int_equal(parent->regs.arg[1], RIGHT_INSPECT);
	assert_int_equal(SYS(parent, process_status, weak), STATUS_DENIED);
	assert_int_equal(parent->regs.arg[1], RIGHT_INSPECT);
	weak = share(parent, handle, parent, RIGHT_INSPECT, 0);
	assert_int_equal(SYS(parent, process_kill, weak, 0), STATUS_DENIED);
	assert_int_equal(parent->regs.arg[1], RIGHT_MANAGE);
}

/* What is delivered says who sends, to the last byte. */
static void principal_is_stamped(void **state)
{
	(void)state;
	struct aid stamp;
	memset(&parent->owner->principal, 0x5a, AID_SIZE);
	memset(&stamp, 0, sizeof stamp);
	principal_stamp(&stamp, parent->owner);
	assert_memory_equal(&stamp, &parent->owner->principal, AID_SIZE);
}

/* Who says itself as whom a program runs must hold the right to grant; else it is whom the catalog says. */
static void principal_of_the_image(void **state)
{
	(void)state;
	struct process_options options = harness_options(16);
	struct aid listed = {{AID_ALGORITHM_ED25519, AID_HASH_BLAKE3, 'l'}};
	image_table[harness_image].principal = listed;
	factory = share(parent, factory, parent, RIGHT_MANAGE, 0);
	assert_int_equal(create(&options), STATUS_DENIED);
	assert_int_equal(parent->regs.arg[1], RIGHT_GRANT);
	memset(&options.principal, 0, sizeof options.principal);
	handle_t child = create_ok(&options);
	assert_memory_equal(&process_of(cap_of(parent, child)->object)->principal, &listed, AID_SIZE);
	image_table[harness_image].as.role = image_table[harness_image].module.role = MODULE_INIT;
	assert_int_equal(create(&options), STATUS_DENIED); /* there is one init, and the kernel made it */
	assert_int_equal(parent->regs.arg[1], RIGHT_GRANT);
}

/* Without a principal: only the calls that speak of itself. */
static void anonymous(void **state)
{
	(void)state;
	struct process_options options = harness_options(16);
	memset(&options.principal, 0, sizeof options.principal);
	struct thread *child = start(create_ok(&options));
	static const uint64_t none[8];
	for (uint64_t number = 0; number < SYSCALL_COUNT; number++) {
		if (number == SYSCALL_thread_exit || number == SYSCALL_process_exit)
			continue;
		bool allowed = number == SYSCALL_process_id || number == SYSCALL_thread_yield ||
		               number == SYSCALL_clock_now || number == SYSCALL_process_aid || number == SYSCALL_log_write;
		assert_true((harness_syscall(child, number, none) != STATUS_POLICY) == allowed);
	}
	assert_int_equal(SYS(child, process_exit, 0), ENDED);
	settle();
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(life), T(ids_are_not_reused), T(order_of_birth), T(granted_while_it_runs), T(options_refused), T(birth_fails_clean), T(tables_full),
          T(killed), T(killed_before_it_started), T(kills_itself), T(killed_while_it_waits), T(faults), T(fault_kinds),
          T(memory_quota_is_a_fault), T(everything_comes_back), T(nobody_watches), T(principals), T(principal_is_stamped),
          T(principal_of_the_image), T(anonymous))
