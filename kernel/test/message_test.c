/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Capabilities in messages: copied or moved, refused before anything happens, lost singly and visibly. */
#include "harness.h"

static struct thread *server;
static struct thread *client;
static handle_t receive;
static handle_t sends;
static handle_t gift; /* the client's, all rights: a notification */

static int setup(void **state)
{
	(void)state;
	harness_start(1);
	server = make_process(16);
	client = make_process(16);
	receive = make_endpoint(server, 4);
	sends = share(server, receive, client, RIGHT_SEND, 7);
	gift = make_notification(client);
	return 0;
}

static void offer(struct thread *thread, uint32_t index, handle_t handle, uint32_t rights, uint32_t flags)
{
	thread->page->caps[index] = (struct message_cap){handle, rights, flags};
}

static uint32_t call_with(uint32_t count)
{
	return SYS(client, call, sends, MESSAGE_TAG(1, 8, count), 5, 0, 0, 0, DEADLINE_NEVER);
}

static uint32_t recv(void)
{
	return SYS(server, recv, receive, DEADLINE_NEVER);
}

static struct message_cap got(const struct thread *thread, uint32_t index)
{
	return thread->page->caps[index];
}

/* Either way round: the server waits first, or the caller does. */
static void deliver(bool server_first, uint32_t count)
{
	if (server_first) {
		assert_int_equal(recv(), BLOCKED);
		assert_int_equal(call_with(count), BLOCKED);
		assert_int_equal(outcome(server), STATUS_OK);
	} else {
		assert_int_equal(call_with(count), BLOCKED);
		assert_int_equal(recv(), STATUS_OK);
	}
	assert_int_equal(MESSAGE_CAPS(server->regs.arg[1]), count);
	assert_int_equal(server->regs.arg[2], 5);
	assert_int_equal(server->regs.arg[6], 7);
	assert_int_equal(state_of(client), THREAD_REPLYING);
}

static void check_derived(bool server_first)
{
	offer(client, 0, gift, RIGHT_SIGNAL | RIGHT_GRANT, 0);
	deliver(server_first, 1);
	struct message_cap copy = got(server, 0);
	assert_int_equal(copy.rights, RIGHT_SIGNAL | RIGHT_GRANT);
	assert_int_equal(copy.flags, OBJECT_NOTIFICATION);
	assert_true(holds(client, gift));
	assert_true(holds(server, copy.handle));
	assert_int_equal(cap_of(server, copy.handle)->object, cap_of(client, gift)->object);
	assert_int_equal(cap_of(server, copy.handle)->rights & RIGHTS_ALL, RIGHT_SIGNAL | RIGHT_GRANT);
	assert_int_equal(SYS(server, notification_signal, copy.handle, 3), STATUS_OK);
	assert_int_equal(SYS(server, notification_wait, copy.handle, DEADLINE_NOW), STATUS_DENIED);
	assert_int_equal(server->regs.arg[1], RIGHT_WAIT);
	/* It is a child of the sender's own. */
	struct thread *sibling = make_thread(client, 16);
	assert_int_equal(SYS(sibling, cap_revoke, gift), STATUS_OK);
	assert_int_equal(sibling->regs.arg[1], 1);
	assert_false(holds(server, copy.handle));
}

static void derived_by_hand_off(void **state)
{
	(void)state;
	check_derived(true);
}

static void derived_from_the_line(void **state)
{
	(void)state;
	check_derived(false);
}

static void check_moved(bool server_first)
{
	offer(client, 0, gift, 0, MESSAGE_CAP_MOVE);
	deliver(server_first, 1);
	struct message_cap moved = got(server, 0);
	assert_int_equal(moved.rights, RIGHTS_ALL);
	assert_int_equal(moved.flags, OBJECT_NOTIFICATION);
	assert_false(holds(client, gift));
	assert_int_equal(SYS(server, notification_signal, moved.handle, 6), STATUS_OK);
	assert_int_equal(SYS(server, notification_wait, moved.handle, DEADLINE_NOW), STATUS_OK);
	assert_int_equal(server->regs.arg[1], 6);
}

static void moved_by_hand_off(void **state)
{
	(void)state;
	check_moved(true);
}

static void moved_from_the_line(void **state)
{
	(void)state;
	check_moved(false);
}

static void four_and_back(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		offer(client, i, i == 3 ? gift : make_notification(client), RIGHT_SIGNAL, 0);
	deliver(true, 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_true(holds(server, got(server, i).handle));
	handle_t reply = server->regs.arg[7];
	handle_t own = make_endpoint(server, 0);
	offer(server, 0, own, RIGHT_SEND, 0);
	offer(server, 1, own, 0, MESSAGE_CAP_MOVE);
	assert_int_equal(SYS(server, reply_recv, receive, MESSAGE_TAG(0, 0, 2), 0, 0, 0, 0, DEADLINE_NEVER, reply), BLOCKED);
	assert_int_equal(outcome(client), STATUS_OK);
	assert_int_equal(MESSAGE_CAPS(client->regs.arg[1]), 2);
	assert_int_equal(got(client, 0).rights, RIGHT_SEND);
	assert_int_equal(got(client, 1).rights, RIGHTS_ALL);
	assert_true(holds(client, got(client, 0).handle));
	assert_true(holds(client, got(client, 1).handle));
	assert_false(holds(server, own));
}

/* A capability that may not go stops the message: nothing was delivered. */
static void refused(void **state)
{
	(void)state;
	handle_t no_grant;
	assert_int_equal(SYS(client, cap_mint, gift, RIGHT_SIGNAL, 0), STATUS_OK);
	no_grant = client->regs.arg[1];
	assert_int_equal(recv(), BLOCKED);
	offer(client, 0, gift, RIGHT_SIGNAL, 0);
	offer(client, 1, no_grant, RIGHT_SIGNAL, 0);
	assert_int_equal(call_with(2), STATUS_DENIED);
	assert_int_equal(client->regs.arg[1], RIGHT_GRANT);
	offer(client, 1, no_grant + 1, RIGHT_SIGNAL, 0);
	assert_int_equal(call_with(2), STATUS_BAD_HANDLE);
	offer(client, 1, HANDLE_NONE, RIGHT_SIGNAL, 0);
	assert_int_equal(call_with(2), STATUS_BAD_HANDLE);
	offer(client, 1, gift, RIGHT_SIGNAL, 2);
	assert_int_equal(call_with(2), STATUS_INVALID);
	assert_int_equal(SYS(client, cap_mint, gift, RIGHT_SIGNAL | RIGHT_GRANT, 0), STATUS_OK);
	offer(client, 1, client->regs.arg[1], RIGHT_WAIT, 0);
	assert_int_equal(call_with(2), STATUS_DENIED);
	assert_int_equal(state_of(server), THREAD_RECEIVING);
	/* Without the grant right it can still be moved. */
	offer(client, 0, no_grant, 0, MESSAGE_CAP_MOVE);
	assert_int_equal(call_with(1), BLOCKED);
	assert_int_equal(got(server, 0).rights, RIGHT_SIGNAL);
	assert_true(holds(server, got(server, 0).handle));
}

/* DENIED names what is missing in register 1: rights asked for beyond one's own included. */
static void refused_names_the_rights(void **state)
{
	(void)state;
	assert_int_equal(SYS(client, cap_mint, gift, RIGHT_SIGNAL | RIGHT_GRANT, 0), STATUS_OK);
	offer(client, 0, client->regs.arg[1], RIGHT_SIGNAL | RIGHT_WAIT, 0);
	assert_int_equal(call_with(1), STATUS_DENIED);
	assert_int_equal(client->regs.arg[1], RIGHT_WAIT);
}

static void reply_refused(void **state)
{
	(void)state;
	deliver(true, 0);
	handle_t reply = server->regs.arg[7];
	offer(server, 0, HANDLE(5, 0x1001), RIGHT_SEND, 0);
	assert_int_equal(SYS(server, reply, reply, MESSAGE_TAG(0, 0, 1)), STATUS_BAD_HANDLE);
	assert_int_equal(SYS(server, reply_recv, receive, MESSAGE_TAG(0, 0, 1), 0, 0, 0, 0, DEADLINE_NOW, reply),
	                 STATUS_BAD_HANDLE);
	assert_int_equal(state_of(client), THREAD_REPLYING);
	assert_int_equal(SYS(server, reply, reply, 0), STATUS_OK);
}

/* It died while the caller stood in line: the message arrives, and shows that the capability did not. */
static void died_in_line(void **state)
{
	(void)state;
	struct thread *sibling = make_thread(client, 16);
	handle_t second = make_notification(client);
	offer(client, 0, gift, RIGHT_SIGNAL, 0);
	offer(client, 1, second, RIGHT_SIGNAL, 0);
	assert_int_equal(call_with(2), BLOCKED);
	assert_int_equal(SYS(sibling, cap_drop, gift), STATUS_OK);
	assert_int_equal(recv(), STATUS_OK);
	assert_int_equal(MESSAGE_CAPS(server->regs.arg[1]), 2);
	assert_int_equal(got(server, 0).handle, HANDLE_NONE);
	assert_int_equal(got(server, 0).rights, 0);
	assert_int_equal(got(server, 0).flags, OBJECT_NONE);
	assert_true(holds(server, got(server, 1).handle));
}

static void fill_table(struct thread *thread)
{
	uint32_t status;
	for (uint32_t i = 0; (status = SYS(thread, cap_mint, receive, RIGHT_SEND, 0)) == STATUS_OK; i++)
		assert_true(i < CSPACE_SLOTS);
	assert_int_equal(status, STATUS_TABLE_FULL);
}

static void full_table(void **state)
{
	(void)state;
	handle_t second = make_notification(client);
	fill_table(server);
	offer(client, 0, gift, RIGHT_SIGNAL, 0);
	offer(client, 1, second, 0, MESSAGE_CAP_MOVE);
	deliver(false, 2);
	assert_int_equal(got(server, 0).handle, HANDLE_NONE);
	assert_int_equal(got(server, 1).handle, HANDLE_NONE);
	assert_true(holds(client, gift));
	assert_true(holds(client, second)); /* it was not moved, so it is still the sender's */
	assert_int_equal(SYS(server, reply, server->regs.arg[7], 0), STATUS_OK);
	assert_int_equal(outcome(client), STATUS_OK);
}

/* The endpoint's own receive right can be handed over; the one who gives it up waits no longer. */
static void receive_right_moves(void **state)
{
	(void)state;
	struct thread *manager = make_process(16);
	handle_t door = make_endpoint(manager, 0);
	handle_t knock = share(manager, door, server, RIGHT_SEND, 0);
	assert_int_equal(SYS(client, call, sends, 8, 1, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(manager, recv, door, DEADLINE_NEVER), BLOCKED);
	offer(server, 0, receive, 0, MESSAGE_CAP_MOVE);
	assert_int_equal(SYS(server, call, knock, MESSAGE_TAG(0, 0, 1), 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	handle_t moved = got(manager, 0).handle;
	assert_int_equal(endpoint_of(manager, moved)->receivers, 1);
	assert_int_equal(state_of(client), THREAD_SENDING);
	assert_int_equal(SYS(manager, recv, moved, DEADLINE_NOW), STATUS_OK);
	assert_int_equal(SYS(manager, reply, manager->regs.arg[7], 8, 4), STATUS_OK);
	assert_int_equal(client->regs.arg[2], 4);
}

/* The page is read once: what the sender writes there while it waits changes nothing that was checked. */
static void same_capability_twice(void **state)
{
	(void)state;
	offer(client, 0, gift, 0, MESSAGE_CAP_MOVE);
	offer(client, 1, gift, 0, MESSAGE_CAP_MOVE);
	deliver(true, 2);
	assert_true(holds(server, got(server, 0).handle));
	assert_int_equal(got(server, 1).handle, HANDLE_NONE);
}

/* A sender's other thread may rewrite the page meanwhile: rights it does not have do not arise. */
static void rewritten_in_line(void **state)
{
	(void)state;
	assert_int_equal(SYS(client, cap_mint, gift, RIGHT_SIGNAL | RIGHT_GRANT, 0), STATUS_OK);
	handle_t weak = client->regs.arg[1];
	assert_int_equal(SYS(client, cap_mint, gift, RIGHT_SIGNAL, 0), STATUS_OK);
	handle_t fixed = client->regs.arg[1];
	offer(client, 0, weak, RIGHT_SIGNAL, 0);
	offer(client, 1, weak, RIGHT_SIGNAL, 0);
	assert_int_equal(call_with(2), BLOCKED);
	offer(client, 0, weak, RIGHTS_ALL, 0);
	offer(client, 1, fixed, RIGHT_SIGNAL, 0);
	assert_int_equal(recv(), STATUS_OK);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(got(server, i).handle, HANDLE_NONE);
}

/* Nor can it name what another process holds: its window ends at its last slot. */
static void rewritten_to_another_window(void **state)
{
	(void)state;
	struct thread *victim = make_process(16);
	handle_t secret = make_notification(victim);
	uint32_t slot = cap_index(victim->process, HANDLE_SLOT(secret)) - cap_index(client->process, 0);
	offer(client, 0, gift, RIGHT_SIGNAL, 0);
	offer(client, 1, gift, RIGHT_SIGNAL, 0);
	offer(client, 2, gift, RIGHT_SIGNAL, 0);
	assert_int_equal(call_with(3), BLOCKED);
	offer(client, 0, HANDLE(slot, HANDLE_GENERATION(secret)), RIGHT_SIGNAL, 0);
	offer(client, 1, HANDLE(slot, HANDLE_GENERATION(secret)), 0, MESSAGE_CAP_MOVE);
	offer(client, 2, HANDLE(0x7fffffffu, 1), RIGHT_SIGNAL, 0);
	assert_int_equal(recv(), STATUS_OK);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(got(server, i).handle, HANDLE_NONE);
	assert_true(holds(victim, secret));
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(derived_by_hand_off), T(derived_from_the_line), T(moved_by_hand_off), T(moved_from_the_line),
          T(four_and_back), T(refused), T(refused_names_the_rights), T(reply_refused), T(died_in_line), T(full_table),
          T(receive_right_moves), T(same_capability_twice), T(rewritten_in_line),
          T(rewritten_to_another_window))
