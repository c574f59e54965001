/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Taking authority back: by whoever granted, by the right to revoke, by the
 * policy authority; at once, whatever the holder is doing; in bounded steps.
 * And narrowing what a process may call.
 */
#define PROCESSES 64u
#include "harness.h"
#include <kernel/audit.h>

static struct thread *granter, *holder, *server, *authority;
static handle_t policy;   /* of `authority` */
static handle_t endpoint; /* of `server`, everything */
static handle_t granted;  /* of `granter`: send, grant */
static handle_t held;     /* of `holder`: send, derived from `granted` */

static int setup(void **state)
{
	(void)state;
	harness_start(2);
	server = make_process(10);
	granter = make_process(10);
	holder = make_process(10);
	authority = make_process(10);
	policy = make_singleton(authority, OBJECT_POLICY);
	endpoint = make_endpoint(server, 4);
	granted = share(server, endpoint, granter, RIGHT_SEND | RIGHT_GRANT, 0);
	held = share(granter, granted, holder, RIGHT_SEND, 0);
	return 0;
}

static struct audit_event last_event(enum audit_kind kind)
{
	struct audit_header header;
	struct audit_event event;
	assert_int_equal(memory_read(audit_memory(), 0, &header, sizeof header), STATUS_OK);
	for (uint64_t number = header.produced; number > 0; number--) {
		uint64_t offset = AUDIT_EVENTS_OFFSET + (number - 1u) % AUDIT_CAPACITY * sizeof event;
		assert_int_equal(memory_read(audit_memory(), offset, &event, sizeof event), STATUS_OK);
		if (event.kind == kind)
			return event;
	}
	fail_msg("no event of kind %u", (unsigned)kind);
	return event;
}

static void expect_revoked(const struct thread *by, const struct thread *from, handle_t handle, uint64_t removed,
                           enum audit_authority how)
{
	struct audit_event event = last_event(AUDIT_CAP_REVOKED);
	assert_int_equal(event.subject, by->owner->id);
	assert_int_equal(event.object, AUDIT_OBJECT(OBJECT_ENDPOINT, cap_of(server, endpoint)->object));
	assert_int_equal(event.arguments[0], handle);
	assert_int_equal(event.arguments[1], removed);
	assert_int_equal(event.arguments[2], from->owner->id);
	assert_int_equal(event.arguments[3], how);
}

/* ---- who may take back ---- */

static void by_the_grantor(void **state)
{
	(void)state;
	assert_int_equal(SYS(granter, cap_revoke, granted), STATUS_OK);
	assert_int_equal(granter->regs.arg[1], 1);
	expect_revoked(granter, granter, granted, 1, AUDIT_BY_GRANTOR);
	assert_int_equal(SYS(holder, send, held, 0), STATUS_BAD_HANDLE);
	assert_int_equal(SYS(granter, send, granted, 0), STATUS_OK); /* its own stays */
}

/* A holder of the right on an ancestor, who granted none of it. */
static void by_the_right_to_revoke(void **state)
{
	(void)state;
	handle_t branch = share(server, endpoint, granter, RIGHT_SEND | RIGHT_GRANT | RIGHT_REVOKE, 0);
	handle_t below = share(granter, branch, holder, RIGHT_SEND, 0);
	/* The same capability, moved to somebody who only has the right. */
	cap_of(granter, branch)->rights &= (uint16_t)~RIGHT_GRANT;
	assert_int_equal(SYS(granter, cap_revoke, branch), STATUS_OK);
	expect_revoked(granter, granter, branch, 1, AUDIT_BY_RIGHT);
	assert_int_equal(SYS(holder, send, below, 0), STATUS_BAD_HANDLE);
}

static void by_nobody_else(void **state)
{
	(void)state;
	assert_int_equal(SYS(holder, cap_revoke, held), STATUS_DENIED);
	assert_int_equal(holder->regs.arg[1], RIGHT_REVOKE);
	assert_int_equal(last_event(AUDIT_CAP_DENIED).arguments[2], held);
	assert_int_equal(SYS(holder, policy_revoke, held, granter->owner->id, granted), STATUS_WRONG_TYPE);
	assert_int_equal(SYS(holder, send, held, 0), STATUS_OK);
}

/* Any capability of any process, and all below it. */
static void by_the_policy_authority(void **state)
{
	(void)state;
	assert_int_equal(SYS(authority, policy_revoke, policy, granter->owner->id, granted), STATUS_OK);
	assert_int_equal(authority->regs.arg[1], 2);
	expect_revoked(authority, granter, granted, 2, AUDIT_BY_POLICY);
	assert_int_equal(SYS(granter, send, granted, 0), STATUS_BAD_HANDLE);
	assert_int_equal(SYS(holder, send, held, 0), STATUS_BAD_HANDLE);
	assert_true(holds(server, endpoint));
	/* Of the first capability of an object too: the object ends when its last holder does. */
	assert_int_equal(SYS(authority, policy_revoke, policy, server->owner->id, endpoint), STATUS_OK);
	assert_false(holds(server, endpoint));
}

static void policy_revoke_refused(void **state)
{
	(void)state;
	uint64_t id = granter->owner->id;
	assert_int_equal(SYS(authority, policy_revoke, policy, id, granted + (2ull << 32)), STATUS_NOT_FOUND);
	assert_int_equal(SYS(authority, policy_revoke, policy, id, HANDLE(CSPACE_SLOTS, 1)), STATUS_NOT_FOUND);
	assert_int_equal(SYS(authority, policy_revoke, policy, id, HANDLE(HANDLE_REPLY, 1)), STATUS_NOT_FOUND);
	assert_int_equal(SYS(authority, policy_revoke, policy, 0, granted), STATUS_NOT_FOUND);
	assert_int_equal(SYS(authority, policy_revoke, policy, UINT64_MAX, granted), STATUS_NOT_FOUND);
	assert_int_equal(SYS(authority, cap_mint, policy, RIGHT_GRANT, 0), STATUS_OK);
	assert_int_equal(SYS(authority, policy_revoke, authority->regs.arg[1], id, granted), STATUS_DENIED);
	assert_int_equal(authority->regs.arg[1], RIGHT_MANAGE);
	assert_true(holds(granter, granted));
}

/* ---- at once, while the holder is blocked through it ---- */

static void while_queued_for_the_server(void **state)
{
	(void)state;
	assert_int_equal(SYS(holder, call, held, 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(state_of(holder), THREAD_SENDING);
	assert_int_equal(SYS(granter, cap_revoke, granted), STATUS_OK);
	assert_int_equal(outcome(holder), STATUS_REVOKED);
	assert_int_equal(SYS(server, recv, endpoint, DEADLINE_NOW), STATUS_TIMED_OUT); /* its message went with it */
}

static void while_waiting_for_the_reply(void **state)
{
	(void)state;
	assert_int_equal(SYS(server, recv, endpoint, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(holder, call, held, 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(state_of(holder), THREAD_REPLYING);
	handle_t reply = server->regs.arg[7];
	assert_int_equal(SYS(authority, policy_revoke, policy, holder->owner->id, held), STATUS_OK);
	assert_int_equal(outcome(holder), STATUS_REVOKED);
	assert_int_equal(SYS(server, reply, reply, 0), STATUS_GONE);
}

static void while_receiving(void **state)
{
	(void)state;
	handle_t receiver = share(server, endpoint, holder, RIGHT_RECEIVE, 0);
	assert_int_equal(SYS(holder, recv, receiver, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(server, cap_revoke, endpoint), STATUS_OK);
	assert_int_equal(outcome(holder), STATUS_REVOKED);
	assert_int_equal(SYS(server, send, endpoint, 0), STATUS_OK); /* queued, not delivered to the one that was revoked */
}

static void while_waiting_for_bits(void **state)
{
	(void)state;
	handle_t notification = make_notification(granter);
	handle_t waiting = share(granter, notification, holder, RIGHT_WAIT, 0);
	assert_int_equal(SYS(holder, notification_wait, waiting, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(granter, cap_revoke, notification), STATUS_OK);
	assert_int_equal(outcome(holder), STATUS_REVOKED);
	assert_int_equal(SYS(granter, notification_signal, notification, 1), STATUS_OK);
	assert_int_equal(notification_table[cap_of(granter, notification)->object].bits, 1);
}

static void mapped_pages_vanish(void **state)
{
	(void)state;
	assert_int_equal(SYS(granter, memory_create, 1), STATUS_OK);
	handle_t memory = granter->regs.arg[1];
	handle_t shared = share(granter, memory, holder, RIGHT_READ | RIGHT_WRITE, 0);
	assert_int_equal(SYS(holder, memory_map, shared, 0, 0, 1, PROT_READ | PROT_WRITE), STATUS_OK);
	uint64_t address = holder->regs.arg[1];
	enum fault_kind kind = FAULT_UNMAPPED;
	run(holder);
	assert_int_equal(aspace_fault(&holder->owner->aspace, address, FAULT_WRITE, &kind), STATUS_OK);
	assert_true(arch_copy_to_user(address, "x", 1));
	assert_int_equal(SYS(granter, cap_revoke, memory), STATUS_OK);
	run(holder);
	assert_false(arch_copy_to_user(address, "x", 1));
	assert_int_not_equal(aspace_fault(&holder->owner->aspace, address, FAULT_WRITE, &kind), STATUS_OK);
}

/* Moved by another thread while one is blocked through it: that one's call ends, the new holder's works, and
 * what was derived from it stays. */
static void moved_while_blocked(void **state)
{
	(void)state;
	struct thread *mover = make_thread(holder, 10);
	struct thread *heir = make_process(10);
	handle_t meeting = make_endpoint(heir, 0);
	handle_t to_heir = share(heir, meeting, holder, RIGHT_SEND, 0);
	handle_t branch = share(server, endpoint, holder, RIGHT_SEND | RIGHT_GRANT, 0);
	handle_t below = share(holder, branch, granter, RIGHT_SEND, 0);
	assert_int_equal(SYS(server, recv, endpoint, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(holder, call, branch, 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(state_of(holder), THREAD_REPLYING);
	handle_t reply = server->regs.arg[7];

	assert_int_equal(SYS(heir, recv, meeting, DEADLINE_NEVER), BLOCKED);
	mover->page->caps[0] = (struct message_cap){branch, 0, MESSAGE_CAP_MOVE};
	assert_int_equal(SYS(mover, call, to_heir, MESSAGE_TAG(0, 0, 1), 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(outcome(holder), STATUS_REVOKED);
	assert_int_equal(SYS(server, reply, reply, 0), STATUS_GONE);
	handle_t moved = heir->page->caps[0].handle;
	assert_int_equal(SYS(heir, send, moved, 0), STATUS_OK);
	assert_int_equal(SYS(granter, send, below, 0), STATUS_OK);
	assert_int_equal(SYS(holder, send, branch, 0), STATUS_BAD_HANDLE);
	assert_int_equal(cap_table[cap_of(granter, below)->parent].generation, HANDLE_GENERATION(moved));
	/* And it is revoked at its new place. */
	assert_int_equal(SYS(server, cap_revoke, endpoint), STATUS_OK);
	assert_false(holds(heir, moved));
	assert_false(holds(granter, below));
}

/* The same for one that waits in the queue, with capabilities in its message. */
static void moved_while_queued(void **state)
{
	(void)state;
	struct thread *mover = make_thread(holder, 10);
	struct thread *heir = make_process(10);
	handle_t meeting = make_endpoint(heir, 0);
	handle_t to_heir = share(heir, meeting, holder, RIGHT_SEND, 0);
	handle_t luggage = make_notification(holder);
	holder->page->caps[0] = (struct message_cap){luggage, 0, MESSAGE_CAP_MOVE};
	assert_int_equal(SYS(holder, call, held, MESSAGE_TAG(0, 0, 1), 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(heir, recv, meeting, DEADLINE_NEVER), BLOCKED);
	mover->page->caps[0] = (struct message_cap){held, 0, MESSAGE_CAP_MOVE};
	assert_int_equal(SYS(mover, call, to_heir, MESSAGE_TAG(0, 0, 1), 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(outcome(holder), STATUS_REVOKED);
	assert_true(holds(holder, luggage)); /* the message was never received: nothing of it moved */
	assert_int_equal(SYS(server, recv, endpoint, DEADLINE_NOW), STATUS_TIMED_OUT);
}

/* ---- many, in bounded steps ---- */

/* One turn of a call that may restart: true if it is over. */
static bool turn(struct thread *thread, uint64_t number, const uint64_t *arguments)
{
	uint64_t restarts = thread->regs.restarts;
	run(thread);
	memcpy(thread->regs.arg, arguments, sizeof thread->regs.arg);
	thread->regs.number = number;
	trap_syscall(thread);
	return thread->regs.restarts == restarts;
}

static uint32_t derive_many(struct thread *from, handle_t root, uint32_t count)
{
	struct process_options options = harness_options(10);
	uint32_t made = 0;
	while (made < count) {
		uint32_t slot;
		handle_t copy;
		assert_int_equal(process_new(NONE, harness_image, &options, &slot), STATUS_OK);
		uint32_t index = cap_index(from->process, HANDLE_SLOT(root));
		for (uint32_t i = 0; i < CSPACE_SLOTS - 1u && made < count; i++, made++)
			assert_int_equal(cap_derive(slot, index, root, RIGHT_SEND, 0, &copy), STATUS_OK);
	}
	return made;
}

/* 10,000 go in steps of at most CAP_STEP; after each the lock is free, the tree is whole and the other CPU gets
 * its calls through, a derivation among them. */
static void ten_thousand(void **state)
{
	(void)state;
	handle_t other = make_endpoint(holder, 64);
	derive_many(server, endpoint, 10000u - 2u); /* two there are */
	struct thread *neighbour = make_process(10);
	handle_t door = share(holder, other, neighbour, RIGHT_SEND | RIGHT_GRANT, 0);
	on_cpu(1);
	run(neighbour);
	on_cpu(0);
	uint32_t before = cap_count();
	uint32_t steps = 0;
	bool over = false;
	while (!over) {
		uint32_t count = cap_count();
		over = turn(server, SYSCALL_cap_revoke, (const uint64_t[8]){endpoint});
		steps++;
		assert_true(count - cap_count() <= CAP_STEP);
		assert_int_equal(cap_lock.next, cap_lock.serving);
		on_cpu(1);
		assert_true(turn(neighbour, SYSCALL_send, (const uint64_t[8]){door}));
		assert_true(neighbour->regs.arg[0] == STATUS_OK || neighbour->regs.arg[0] == STATUS_FULL);
		assert_true(turn(neighbour, SYSCALL_cap_mint, (const uint64_t[8]){door, RIGHT_SEND}));
		assert_int_equal(neighbour->regs.arg[0], STATUS_OK);
		assert_true(turn(neighbour, SYSCALL_cap_drop, (const uint64_t[8]){neighbour->regs.arg[1]}));
		on_cpu(0);
		if (steps % 16u == 0)
			assert_true(cap_valid());
	}
	assert_int_equal(server->regs.arg[0], STATUS_OK);
	assert_int_equal(server->regs.arg[1], 10000);
	assert_int_equal(steps, (10000u + CAP_STEP - 1u) / CAP_STEP);
	assert_int_equal(cap_count(), before - 10000u);
	assert_true(cap_valid());
	assert_int_equal(SYS(holder, send, held, 0), STATUS_BAD_HANDLE);
}

/* Once the policy authority has begun, its target cannot save its branch: not by dropping, moving or minting. */
static void nothing_escapes(void **state)
{
	(void)state;
	uint32_t count = derive_many(granter, granted, 3 * CAP_STEP) + 1u; /* and `held` */
	uint64_t arguments[8] = {policy, granter->owner->id, granted};
	uint32_t before = cap_count();
	assert_false(turn(authority, SYSCALL_policy_revoke, arguments));
	assert_int_equal(SYS(granter, cap_mint, granted, RIGHT_SEND, 0), STATUS_REVOKED);
	struct thread *heir = make_process(10);
	handle_t meeting = make_endpoint(heir, 0);
	handle_t to_heir = share(heir, meeting, granter, RIGHT_SEND, 0);
	assert_int_equal(SYS(heir, recv, meeting, DEADLINE_NEVER), BLOCKED);
	granter->page->caps[0] = (struct message_cap){granted, 0, MESSAGE_CAP_MOVE};
	assert_int_equal(SYS(granter, call, to_heir, MESSAGE_TAG(0, 0, 1), 0, 0, 0, 0, host_ticks + 10), BLOCKED);
	assert_int_equal(heir->page->caps[0].handle, HANDLE_NONE);
	assert_int_equal(SYS(heir, reply, heir->regs.arg[7], 0), STATUS_OK);
	/* Dropped: all that hung below goes too, though it has a parent to go to. */
	assert_int_equal(SYS(granter, cap_drop, granted), STATUS_OK);
	assert_false(holds(holder, held));
	assert_int_equal(cap_count(), before - count - 1u + 2u); /* the two made since: `meeting`, `to_heir` */
	assert_true(turn(authority, SYSCALL_policy_revoke, arguments));
	assert_int_equal(authority->regs.arg[0], STATUS_OK);
	assert_true(cap_valid());
}

/* The same if its process ends in the middle. */
static void nothing_escapes_by_ending(void **state)
{
	(void)state;
	derive_many(granter, granted, 3 * CAP_STEP);
	uint64_t arguments[8] = {policy, granter->owner->id, granted};
	assert_false(turn(authority, SYSCALL_policy_revoke, arguments));
	process_end(granter->process, 0, true, NULL);
	settle();
	assert_false(holds(holder, held));
	assert_int_equal(cap_of(server, endpoint)->first_child, NONE);
	assert_true(turn(authority, SYSCALL_policy_revoke, arguments));
	assert_int_equal(authority->regs.arg[0], STATUS_OK);
}

/* ---- whose, and through whom ---- */

static void chain_of_granters(void **state)
{
	(void)state;
	handle_t branch = share(granter, granted, authority, RIGHT_SEND | RIGHT_GRANT, 0);
	handle_t leaf = share(authority, branch, holder, RIGHT_SEND, 0);
	assert_int_equal(SYS(holder, cap_info, HANDLE_NONE, HANDLE_SLOT(leaf)), STATUS_OK);
	struct cap_info info;
	memcpy(&info, holder->page->bulk, sizeof info);
	assert_int_equal(info.handle, leaf);
	assert_int_equal(info.chain_count, 3);
	assert_int_equal(info.granter, authority->owner->id);
	assert_int_equal(info.chain[0], authority->owner->id);
	assert_int_equal(info.chain[1], granter->owner->id);
	assert_int_equal(info.chain[2], server->owner->id);
	assert_int_equal(info.chain[3], 0);
	/* The first capability was given by nobody. */
	assert_int_equal(SYS(server, cap_info, HANDLE_NONE, HANDLE_SLOT(endpoint)), STATUS_OK);
	memcpy(&info, server->page->bulk, sizeof info);
	assert_int_equal(info.chain_count, 0);
	/* Longer than the record: counted, and cut at the far end. */
	handle_t at = endpoint;
	for (uint32_t i = 0; i < CAP_CHAIN_MAX + 6u; i++)
		at = share(server, at, server, RIGHTS_ALL, 0);
	assert_int_equal(SYS(server, cap_info, HANDLE_NONE, HANDLE_SLOT(at)), STATUS_OK);
	memcpy(&info, server->page->bulk, sizeof info);
	assert_int_equal(info.chain_count, CAP_CHAIN_MAX + 6u);
	assert_int_equal(info.chain[CAP_CHAIN_MAX - 1u], server->owner->id);
}

/* Every live capability once, with its parent. */
static void all_capabilities(void **state)
{
	(void)state;
	handle_t monitor = make_singleton(authority, OBJECT_MONITOR);
	uint64_t index = 0;
	uint32_t count = 0;
	bool found = false;
	while (SYS(authority, system_info, monitor, INFO_CAPABILITY, index) == STATUS_OK) {
		struct info_capability info;
		memcpy(&info, authority->page->bulk, sizeof info);
		index = authority->regs.arg[1];
		assert_int_equal(index, info.slot + 1u);
		count++;
		if (info.process != holder->owner->id || info.handle != held)
			continue;
		found = true;
		assert_int_equal(info.type, OBJECT_ENDPOINT);
		assert_int_equal(info.object, cap_of(server, endpoint)->object);
		assert_int_equal(info.rights, RIGHT_SEND);
		assert_int_equal(info.granter, granter->owner->id);
		assert_int_equal(info.parent, cap_index(granter->process, HANDLE_SLOT(granted)));
		assert_int_equal(info.depth, 2);
	}
	assert_int_equal(authority->regs.arg[0], STATUS_NOT_FOUND);
	assert_int_equal(count, cap_count());
	assert_true(found);
	assert_int_equal(SYS(authority, cap_mint, monitor, RIGHT_MANAGE, 0), STATUS_OK);
	assert_int_equal(SYS(authority, system_info, authority->regs.arg[1], INFO_CAPABILITY, 0), STATUS_DENIED);
}

/* ---- what a process may call ---- */

static void narrowed(void **state)
{
	(void)state;
	uint64_t id = holder->owner->id;
	uint64_t before = holder->owner->syscall_mask;
	assert_int_equal(SYS(authority, policy_restrict, policy, id, ~(1ull << SYSCALL_send)), STATUS_OK);
	assert_int_equal(SYS(holder, send, held, 0), STATUS_POLICY);
	struct audit_event event = last_event(AUDIT_POLICY_CHANGED);
	assert_int_equal(event.subject, authority->owner->id);
	assert_int_equal(event.object, id);
	assert_int_equal(event.arguments[0], before);
	assert_int_equal(event.arguments[1], before & ~(1ull << SYSCALL_send));
	/* Never widened. */
	assert_int_equal(SYS(authority, policy_restrict, policy, id, UINT64_MAX), STATUS_OK);
	assert_int_equal(SYS(holder, send, held, 0), STATUS_POLICY);
	assert_int_equal(SYS(authority, policy_restrict, policy, 9999, 0), STATUS_NOT_FOUND);
	assert_int_equal(SYS(authority, cap_mint, policy, RIGHT_GRANT, 0), STATUS_OK);
	assert_int_equal(SYS(authority, policy_restrict, authority->regs.arg[1], id, 0), STATUS_DENIED);
	assert_int_equal(SYS(holder, process_id), STATUS_OK);
	process_end(holder->process, 0, true, NULL);
	settle();
	assert_int_equal(SYS(authority, policy_restrict, policy, id, 0), STATUS_NOT_FOUND);
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(by_the_grantor), T(by_the_right_to_revoke), T(by_nobody_else), T(by_the_policy_authority),
          T(policy_revoke_refused), T(while_queued_for_the_server), T(while_waiting_for_the_reply), T(while_receiving),
          T(while_waiting_for_bits), T(mapped_pages_vanish), T(moved_while_blocked), T(moved_while_queued),
          T(ten_thousand), T(nothing_escapes), T(nothing_escapes_by_ending), T(chain_of_granters), T(all_capabilities),
          T(narrowed))
