/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Endpoints: how a call reaches its server and the reply its caller, in which
 * order, with whose name on it, and how every wait at an endpoint can end.
 */
#include "harness.h"

static struct thread *server;
static struct thread *client;
static struct thread *other;
static handle_t receive; /* server's */
static handle_t sends;   /* client's, badge 7 */
static handle_t sends_2; /* other's, badge 8 */

#define SEND_RIGHTS (RIGHT_SEND | RIGHT_GRANT | RIGHT_REVOKE)

static int setup(void **state)
{
	(void)state;
	harness_start(1);
	server = make_process(16);
	client = make_process(16);
	other = make_process(16);
	receive = make_endpoint(server, 4);
	sends = share(server, receive, client, SEND_RIGHTS, 7);
	sends_2 = share(server, receive, other, SEND_RIGHTS, 8);
	return 0;
}

static uint32_t call(struct thread *thread, handle_t endpoint, uint32_t label, deadline_t deadline)
{
	return SYS(thread, call, endpoint, MESSAGE_TAG(label, 8, 0), label, 0, 0, 0, deadline);
}

static uint32_t recv(struct thread *thread)
{
	return SYS(thread, recv, receive, DEADLINE_NEVER);
}

static uint32_t answer(struct thread *thread, handle_t reply, uint32_t label)
{
	return SYS(thread, reply, reply, MESSAGE_TAG(label, 8, 0), label);
}

/* ---- the way there and back ---- */

static void hand_off(void **state)
{
	(void)state;
	assert_int_equal(recv(server), BLOCKED);
	assert_int_equal(state_of(server), THREAD_RECEIVING);
	run(client);
	uint64_t switches = host_cpu->switches;
	assert_int_equal(SYS(client, call, sends, MESSAGE_TAG(77, 32, 0), 11, 12, 13, 14, DEADLINE_NEVER), BLOCKED);
	/* Straight to the server, by one switch. */
	assert_ptr_equal(current_thread(), server);
	assert_int_equal(host_cpu->switches, switches + 1);
	assert_int_equal(state_of(client), THREAD_REPLYING);
	const uint64_t *got = server->regs.arg;
	assert_int_equal(got[0], STATUS_OK);
	assert_int_equal(got[1], MESSAGE_TAG(77, 32, 0));
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(got[2 + i], 11 + i);
	assert_int_equal(got[6], 7);
	handle_t reply = got[7];
	assert_true((HANDLE_SLOT(reply) & HANDLE_REPLY) != 0);
	assert_memory_equal(&server->page->sender, &process_of(client->process)->principal, AID_SIZE);

	assert_int_equal(SYS(server, reply_recv, receive, MESSAGE_TAG(5, 32, 0), 21, 22, 23, 24, DEADLINE_NEVER, reply),
	                 BLOCKED);
	assert_ptr_equal(current_thread(), client);
	assert_int_equal(state_of(server), THREAD_RECEIVING);
	got = client->regs.arg;
	assert_int_equal(got[0], STATUS_OK);
	assert_int_equal(got[1], MESSAGE_TAG(5, 32, 0));
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(got[2 + i], 21 + i);
	assert_memory_equal(&client->page->sender, &process_of(server->process)->principal, AID_SIZE);
}

/* The server comes later: the caller waits in line, with the same message. */
static void queued_call(void **state)
{
	(void)state;
	assert_int_equal(call(client, sends, 31, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(state_of(client), THREAD_SENDING);
	assert_int_equal(recv(server), STATUS_OK);
	assert_int_equal(server->regs.arg[1], MESSAGE_TAG(31, 8, 0));
	assert_int_equal(server->regs.arg[2], 31);
	assert_int_equal(server->regs.arg[6], 7);
	assert_int_equal(state_of(client), THREAD_REPLYING);
	assert_memory_equal(&server->page->sender, &process_of(client->process)->principal, AID_SIZE);
	assert_int_equal(answer(server, server->regs.arg[7], 99), STATUS_OK);
	assert_int_equal(state_of(client), THREAD_READY);
	assert_int_equal(outcome(client), STATUS_OK);
	assert_int_equal(client->regs.arg[2], 99);
}

static void fill_payload(struct thread *thread, uint8_t seed)
{
	for (uint32_t i = 0; i < MESSAGE_PAYLOAD_MAX; i++)
		thread->page->payload[i] = (uint8_t)(seed + i * 3u);
}

/* Bytes from 32 on went with the message; what lies after its last whole word did not. */
static void check_payload(const struct thread *thread, uint8_t seed, uint32_t length)
{
	uint32_t end = length <= 32 ? 32 : (length + 7u) & ~7u;
	for (uint32_t i = 32; i < MESSAGE_PAYLOAD_MAX; i++) {
		uint8_t expected = i < length ? (uint8_t)(seed + i * 3u) : 0xee;
		if (i < length || i >= end)
			assert_int_equal(thread->page->payload[i], expected);
	}
}

static void payload_lengths(void **state)
{
	(void)state;
	static const uint32_t lengths[] = {0, 1, 31, 32, 33, 40, 64, 65, 100, 255, 256};
	for (uint32_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		uint32_t length = lengths[i];
		bool waits = i % 2 == 0;
		fill_payload(client, 5);
		memset(server->page->payload, 0xee, MESSAGE_PAYLOAD_MAX);
		if (waits)
			assert_int_equal(recv(server), BLOCKED);
		assert_int_equal(SYS(client, call, sends, MESSAGE_TAG(1, length, 0), 1, 2, 3, 4, DEADLINE_NEVER), BLOCKED);
		if (!waits)
			assert_int_equal(recv(server), STATUS_OK);
		assert_int_equal(MESSAGE_LENGTH(server->regs.arg[1]), length);
		assert_int_equal(server->regs.arg[5], 4);
		check_payload(server, 5, length);
		handle_t reply = server->regs.arg[7];
		fill_payload(server, 9);
		memset(client->page->payload, 0xee, MESSAGE_PAYLOAD_MAX);
		assert_int_equal(SYS(server, reply, reply, MESSAGE_TAG(2, length, 0), 5, 6, 7, 8), STATUS_OK);
		assert_int_equal(client->regs.arg[1], MESSAGE_TAG(2, length, 0));
		check_payload(client, 9, length);
	}
}

static void send_payload(void **state)
{
	(void)state;
	static const uint32_t lengths[] = {0, 32, 33, 255, 256};
	for (uint32_t i = 0; i < 10; i++) {
		uint32_t length = lengths[i % 5];
		bool waits = i >= 5;
		if (waits)
			assert_int_equal(recv(server), BLOCKED);
		fill_payload(client, 77);
		memset(server->page->payload, 0xee, MESSAGE_PAYLOAD_MAX);
		assert_int_equal(SYS(client, send, sends, MESSAGE_TAG(4, length, 0), 1, 2, 3, 4), STATUS_OK);
		fill_payload(client, 1); /* the kernel has its own copy */
		if (!waits)
			assert_int_equal(recv(server), STATUS_OK);
		assert_int_equal(outcome(server), STATUS_OK);
		assert_int_equal(server->regs.arg[1], MESSAGE_TAG(4, length, 0) | (uint64_t)MESSAGE_SEND << 24);
		for (uint32_t word = 0; word < 4; word++)
			assert_int_equal(server->regs.arg[2 + word], 1 + word);
		assert_int_equal(server->regs.arg[6], 7);
		assert_int_equal(server->regs.arg[7], HANDLE_NONE);
		assert_memory_equal(&server->page->sender, &process_of(client->process)->principal, AID_SIZE);
		check_payload(server, 77, length);
	}
}

static void tags_refused(void **state)
{
	(void)state;
	static const uint64_t bad[] = {257, 0xffff, 1ull << 16 | 257, MESSAGE_TAG(0, 8, 5), 1ull << 24, 0x200, 0x8000};
	assert_int_equal(call(client, sends, 1, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(recv(server), STATUS_OK);
	handle_t reply = server->regs.arg[7];
	for (uint32_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(SYS(other, call, sends_2, bad[i], 0, 0, 0, 0, DEADLINE_NOW), STATUS_INVALID);
		assert_int_equal(SYS(other, send, sends_2, bad[i]), STATUS_INVALID);
		assert_int_equal(SYS(server, reply, reply, bad[i]), STATUS_INVALID);
		assert_int_equal(SYS(server, reply_recv, receive, bad[i], 0, 0, 0, 0, DEADLINE_NOW, reply), STATUS_INVALID);
	}
	assert_int_equal(SYS(other, send, sends_2, MESSAGE_TAG(0, 8, 1)), STATUS_INVALID);
	/* None of that used up the reply. */
	assert_int_equal(answer(server, reply, 2), STATUS_OK);
	assert_int_equal(client->regs.arg[2], 2);
}

/* ---- reply handles ---- */

static void reply_once(void **state)
{
	(void)state;
	assert_int_equal(call(client, sends, 1, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(recv(server), STATUS_OK);
	handle_t reply = server->regs.arg[7];
	assert_int_equal(answer(other, reply, 66), STATUS_GONE); /* it was not given to that process */
	assert_int_equal(state_of(client), THREAD_REPLYING);
	assert_int_equal(answer(server, reply ^ 1ull << 40, 66), STATUS_GONE);
	assert_int_equal(answer(server, receive, 66), STATUS_BAD_HANDLE);
	assert_int_equal(answer(server, HANDLE(HANDLE_REPLY | 0x7fffffffu, 1), 66), STATUS_GONE);
	assert_int_equal(answer(server, reply, 1), STATUS_OK);
	assert_int_equal(answer(server, reply, 2), STATUS_GONE);
	assert_int_equal(client->regs.arg[2], 1);
	/* Nor does it fit the next call of the same thread. */
	assert_int_equal(call(client, sends, 2, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(recv(server), STATUS_OK);
	assert_int_not_equal(server->regs.arg[7], reply);
	assert_int_equal(answer(server, reply, 3), STATUS_GONE);
	assert_int_equal(state_of(client), THREAD_REPLYING);
}

static void reply_by_sibling(void **state)
{
	(void)state;
	struct thread *sibling = make_thread(server, 16);
	assert_int_equal(call(client, sends, 1, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(recv(server), STATUS_OK);
	assert_int_equal(answer(sibling, server->regs.arg[7], 5), STATUS_OK);
	assert_int_equal(client->regs.arg[2], 5);
}

static void reply_recv_drops_a_late_reply(void **state)
{
	(void)state;
	assert_int_equal(call(client, sends, 1, host_ticks + 1000), BLOCKED);
	assert_int_equal(recv(server), STATUS_OK);
	handle_t reply = server->regs.arg[7];
	assert_int_equal(call(other, sends_2, 2, DEADLINE_NEVER), BLOCKED);
	pass_until(host_ticks + 5000);
	assert_int_equal(outcome(client), STATUS_TIMED_OUT);
	assert_int_equal(answer(server, reply, 9), STATUS_GONE);
	assert_int_equal(SYS(server, reply_recv, receive, MESSAGE_TAG(9, 8, 0), 9, 0, 0, 0, DEADLINE_NEVER, reply), STATUS_OK);
	assert_int_equal(server->regs.arg[6], 8);
	assert_int_equal(server->regs.arg[2], 2);
	assert_int_equal(outcome(client), STATUS_TIMED_OUT);
	assert_int_equal(SYS(server, reply_recv, receive, 0, 0, 0, 0, 0, DEADLINE_NOW, receive), STATUS_BAD_HANDLE);
	assert_int_equal(SYS(server, reply_recv, receive, 0, 0, 0, 0, 0, DEADLINE_NOW, HANDLE_NONE), STATUS_BAD_HANDLE);
}

/* ---- order ---- */

static void callers_in_order(void **state)
{
	(void)state;
	struct thread *callers[6];
	for (uint32_t i = 0; i < 6; i++)
		callers[i] = i == 0 ? client : make_thread(client, 16);
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(call(callers[i], sends, 100 + i, i == 3 ? host_ticks + 10 : DEADLINE_NEVER), BLOCKED);
	pass_until(host_ticks + 100); /* one leaves from the middle of the line */
	assert_int_equal(outcome(callers[3]), STATUS_TIMED_OUT);
	for (uint32_t i = 0; i < 6; i++) {
		if (i == 3)
			continue;
		assert_int_equal(recv(server), STATUS_OK);
		assert_int_equal(server->regs.arg[2], 100 + i);
		assert_int_equal(answer(server, server->regs.arg[7], i), STATUS_OK);
		assert_int_equal(callers[i]->regs.arg[2], i);
	}
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NOW), STATUS_TIMED_OUT);
}

static void receivers_in_order(void **state)
{
	(void)state;
	struct thread *second = make_thread(server, 16);
	assert_int_equal(recv(server), BLOCKED);
	assert_int_equal(recv(second), BLOCKED);
	assert_int_equal(SYS(client, send, sends, 8, 1), STATUS_OK);
	assert_int_equal(SYS(client, send, sends, 8, 2), STATUS_OK);
	assert_int_equal(server->regs.arg[2], 1);
	assert_int_equal(second->regs.arg[2], 2);
}

static void send_full(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < 4; i++)
			assert_int_equal(SYS(client, send, sends, 8, 10 * round + i), STATUS_OK);
		assert_int_equal(SYS(client, send, sends, 8, 99), STATUS_FULL);
		assert_int_equal(SYS(other, send, sends_2, 8, 99), STATUS_FULL);
		for (uint64_t i = 0; i < 4; i++) {
			assert_int_equal(recv(server), STATUS_OK);
			assert_int_equal(server->regs.arg[2], 10 * round + i);
		}
		assert_int_equal(SYS(server, recv, receive, DEADLINE_NOW), STATUS_TIMED_OUT);
	}
	handle_t none = make_endpoint(client, 0);
	assert_int_equal(SYS(client, send, none, 8, 1), STATUS_FULL);
	assert_int_equal(SYS(client, endpoint_create, 65), STATUS_INVALID);
}

/* The room of all queues is reserved: it runs out at creation and comes back. */
static void queue_room(void **state)
{
	(void)state;
	handle_t handles[200];
	uint32_t count = 0;
	while (count < 200 && SYS(client, endpoint_create, 64) == STATUS_OK)
		handles[count++] = client->regs.arg[1];
	assert_int_equal(client->regs.arg[0], STATUS_TABLE_FULL);
	assert_int_equal(count, (queued_slots.capacity - 4u) / 64u); /* 4 are the server's */
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(SYS(client, cap_drop, handles[i]), STATUS_OK);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(SYS(client, endpoint_create, 64), STATUS_OK);
	assert_int_equal(SYS(client, endpoint_create, 64), STATUS_TABLE_FULL);
}

static void by_turns(void **state)
{
	(void)state;
	struct thread *callers[3];
	for (uint32_t i = 0; i < 3; i++) {
		callers[i] = make_thread(client, 16);
		assert_int_equal(call(callers[i], sends, 100 + i, DEADLINE_NEVER), BLOCKED);
		assert_int_equal(SYS(other, send, sends_2, 8, 200 + i), STATUS_OK);
	}
	uint32_t calls = 0;
	uint32_t messages = 0;
	uint32_t last = 2;
	for (uint32_t i = 0; i < 6; i++) {
		assert_int_equal(recv(server), STATUS_OK);
		uint32_t kind = MESSAGE_KIND(server->regs.arg[1]);
		assert_int_not_equal(kind, last);
		last = kind;
		if (kind == MESSAGE_SEND)
			assert_int_equal(server->regs.arg[2], 200 + messages++);
		else
			assert_int_equal(server->regs.arg[2], 100 + calls++);
	}
	assert_int_equal(calls, 3);
	assert_int_equal(messages, 3);
}

/* ---- deadlines ---- */

static void call_deadlines(void **state)
{
	(void)state;
	deadline_t deadline = host_ticks + 50000;
	assert_int_equal(call(client, sends, 1, deadline), BLOCKED);
	pass_until(deadline - 1);
	assert_int_equal(state_of(client), THREAD_SENDING);
	pass_until(deadline + 2);
	assert_int_equal(outcome(client), STATUS_TIMED_OUT);
	assert_int_equal(endpoint_of(server, receive)->sender_head, NONE);
	/* The deadline goes on when the message was received. */
	deadline = host_ticks + 50000;
	assert_int_equal(call(client, sends, 2, deadline), BLOCKED);
	assert_int_equal(recv(server), STATUS_OK);
	pass_until(deadline - 1);
	assert_int_equal(state_of(client), THREAD_REPLYING);
	pass_until(deadline + 2);
	assert_int_equal(outcome(client), STATUS_TIMED_OUT);
	assert_int_equal(answer(server, server->regs.arg[7], 1), STATUS_GONE);
	/* And ends with the answer: the next wait is not disturbed. */
	deadline = host_ticks + 50000;
	assert_int_equal(call(client, sends, 3, deadline), BLOCKED);
	assert_int_equal(recv(server), STATUS_OK);
	assert_int_equal(answer(server, server->regs.arg[7], 1), STATUS_OK);
	assert_int_equal(call(client, sends, 4, DEADLINE_NEVER), BLOCKED);
	pass_until(deadline + 100000);
	assert_int_equal(state_of(client), THREAD_SENDING);
}

static void call_now(void **state)
{
	(void)state;
	uint32_t result = call(client, sends, 1, DEADLINE_NOW);
	if (result == BLOCKED) {
		pass_until(host_ticks + 10);
		result = outcome(client);
	}
	assert_int_equal(result, STATUS_TIMED_OUT);
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NOW), STATUS_TIMED_OUT);
}

static void recv_deadline(void **state)
{
	(void)state;
	deadline_t deadline = host_ticks + 3000;
	assert_int_equal(SYS(server, recv, receive, deadline), BLOCKED);
	pass_until(deadline - 1);
	assert_int_equal(state_of(server), THREAD_RECEIVING);
	pass_until(deadline + 2);
	assert_int_equal(outcome(server), STATUS_TIMED_OUT);
	assert_int_equal(call(client, sends, 1, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(state_of(client), THREAD_SENDING);
	/* reply_recv has one of its own. */
	assert_int_equal(recv(server), STATUS_OK);
	deadline = host_ticks + 3000;
	assert_int_equal(SYS(server, reply_recv, receive, 0, 0, 0, 0, 0, deadline, server->regs.arg[7]), BLOCKED);
	assert_int_equal(outcome(client), STATUS_OK);
	pass_until(deadline + 2);
	assert_int_equal(outcome(server), STATUS_TIMED_OUT);
}

/* ---- how waits end ---- */

static void revoked_in_line(void **state)
{
	(void)state;
	assert_int_equal(call(client, sends, 1, host_ticks + 1000), BLOCKED);
	assert_int_equal(call(other, sends_2, 2, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(server, cap_revoke, receive), STATUS_OK);
	assert_int_equal(server->regs.arg[1], 2);
	assert_int_equal(outcome(client), STATUS_REVOKED);
	assert_int_equal(outcome(other), STATUS_REVOKED);
	assert_false(holds(client, sends));
	pass_until(host_ticks + 5000); /* the deadline of a wait that has ended */
	assert_int_equal(outcome(client), STATUS_REVOKED);
	assert_int_equal(call(client, sends, 1, DEADLINE_NEVER), STATUS_BAD_HANDLE);
}

static void revoked_while_replying(void **state)
{
	(void)state;
	assert_int_equal(call(client, sends, 1, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(recv(server), STATUS_OK);
	handle_t reply = server->regs.arg[7];
	assert_int_equal(SYS(server, cap_revoke, receive), STATUS_OK);
	assert_int_equal(outcome(client), STATUS_REVOKED);
	assert_int_equal(answer(server, reply, 1), STATUS_GONE);
}

static void revoked_while_receiving(void **state)
{
	(void)state;
	struct thread *helper = make_process(16);
	handle_t derived = share(server, receive, helper, RIGHT_RECEIVE, 0);
	assert_int_equal(SYS(helper, recv, derived, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(server, cap_revoke, receive), STATUS_OK);
	assert_int_equal(outcome(helper), STATUS_REVOKED);
	assert_int_equal(endpoint_of(server, receive)->receivers, 1);
	assert_int_equal(endpoint_of(server, receive)->receiver_head, NONE);
}

/* Dropping the capability from another thread of the same process ends the wait too. */
static void dropped_while_waiting(void **state)
{
	(void)state;
	struct thread *sibling = make_thread(client, 16);
	assert_int_equal(call(client, sends, 1, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(sibling, cap_drop, sends), STATUS_OK);
	assert_int_equal(outcome(client), STATUS_REVOKED);
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NOW), STATUS_TIMED_OUT);
}

static void last_receiver_gone(void **state)
{
	(void)state;
	struct thread *sibling = make_thread(client, 16);
	assert_int_equal(call(client, sends, 1, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(call(sibling, sends, 2, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(other, send, sends_2, 8, 3), STATUS_OK);
	assert_int_equal(queued_slots.used, 1);
	assert_int_equal(SYS(server, cap_drop, receive), STATUS_OK);
	assert_int_equal(outcome(client), STATUS_GONE);
	assert_int_equal(outcome(sibling), STATUS_GONE);
	assert_int_equal(queued_slots.used, 0);
	assert_int_equal(call(client, sends, 1, DEADLINE_NEVER), STATUS_GONE);
	assert_int_equal(SYS(other, send, sends_2, 8, 1), STATUS_GONE);
}

static void server_dies_with_a_message(void **state)
{
	(void)state;
	struct thread *sibling = make_thread(client, 16);
	assert_int_equal(call(client, sends, 1, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(recv(server), STATUS_OK);
	assert_int_equal(call(sibling, sends, 2, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(server, process_exit, 3), ENDED);
	settle();
	assert_int_equal(outcome(client), STATUS_GONE);
	assert_int_equal(outcome(sibling), STATUS_GONE);
}

static void callers_survive_a_server(void **state)
{
	(void)state;
	struct thread *successor = make_process(16);
	handle_t kept = share(server, receive, successor, RIGHT_RECEIVE, 0);
	struct thread *sibling = make_thread(client, 16);
	assert_int_equal(call(client, sends, 1, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(recv(server), STATUS_OK);
	assert_int_equal(call(sibling, sends, 2, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(other, send, sends_2, 8, 3), STATUS_OK);
	assert_int_equal(SYS(server, process_exit, 3), ENDED);
	settle();
	assert_int_equal(outcome(client), STATUS_RESTARTED);
	assert_int_equal(state_of(sibling), THREAD_SENDING);
	assert_int_equal(SYS(successor, recv, kept, DEADLINE_NOW), STATUS_OK);
	uint64_t first = successor->regs.arg[2];
	handle_t reply = successor->regs.arg[7];
	assert_int_equal(SYS(successor, recv, kept, DEADLINE_NOW), STATUS_OK);
	assert_int_equal(first + successor->regs.arg[2], 5);
	reply = reply != HANDLE_NONE ? reply : successor->regs.arg[7];
	assert_int_equal(answer(successor, reply, 44), STATUS_OK);
	assert_int_equal(sibling->regs.arg[2], 44);
}

/* A process that only received by hand-off counts as a server too. */
static void server_dies_after_hand_off(void **state)
{
	(void)state;
	assert_int_equal(recv(server), BLOCKED);
	assert_int_equal(call(client, sends, 1, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(server, process_exit, 3), ENDED);
	settle();
	assert_int_equal(outcome(client), STATUS_GONE);
}

/* A successor that can only send, or holds another endpoint, takes nobody's place; the server's own second
 * capability neither. */
static void no_successor_but_lookalikes(void **state)
{
	(void)state;
	struct thread *helper = make_process(16);
	share(server, receive, helper, RIGHT_SEND | RIGHT_GRANT, 0);
	share(server, make_endpoint(server, 0), helper, RIGHT_RECEIVE, 0);
	assert_int_equal(SYS(server, cap_mint, receive, RIGHT_RECEIVE, 0), STATUS_OK);
	assert_int_equal(call(client, sends, 1, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(recv(server), STATUS_OK);
	assert_int_equal(SYS(server, process_exit, 3), ENDED);
	settle();
	assert_int_equal(outcome(client), STATUS_GONE);
}

/* Each caller is told by the endpoint it called, and may ask again at once. */
static void restarted_or_gone_by_endpoint(void **state)
{
	(void)state;
	struct thread *init = make_process(16);
	handle_t kept = share(server, receive, init, RIGHT_RECEIVE, 0);
	handle_t lost = make_endpoint(server, 0);
	handle_t sends_lost = share(server, lost, other, RIGHT_SEND, 0);
	assert_int_equal(call(client, sends, 1, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(recv(server), STATUS_OK);
	assert_int_equal(call(other, sends_lost, 2, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(server, recv, lost, DEADLINE_NOW), STATUS_OK);
	process_end(server->process, 1, true, NULL);
	settle();
	assert_int_equal(outcome(client), STATUS_RESTARTED);
	assert_int_equal(outcome(other), STATUS_GONE);
	assert_int_equal(call(client, sends, 3, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(init, recv, kept, DEADLINE_NOW), STATUS_OK);
	assert_int_equal(answer(init, init->regs.arg[7], 55), STATUS_OK);
	assert_int_equal(client->regs.arg[2], 55);
}

static void caller_dies(void **state)
{
	(void)state;
	assert_int_equal(call(client, sends, 1, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(call(other, sends_2, 2, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(recv(server), STATUS_OK);
	handle_t reply = server->regs.arg[7];
	process_end(client->process, 1, true, NULL);
	process_end(other->process, 1, true, NULL);
	settle();
	assert_int_equal(answer(server, reply, 1), STATUS_GONE);
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NOW), STATUS_TIMED_OUT);
}

/* ---- rights ---- */

static void rights_needed(void **state)
{
	(void)state;
	assert_int_equal(SYS(client, recv, sends, DEADLINE_NOW), STATUS_DENIED);
	assert_int_equal(client->regs.arg[1], RIGHT_RECEIVE);
	assert_int_equal(SYS(client, reply_recv, sends, 0, 0, 0, 0, 0, DEADLINE_NOW, HANDLE(HANDLE_REPLY, 1)), STATUS_DENIED);
	assert_int_equal(client->regs.arg[1], RIGHT_RECEIVE);
	handle_t only = share(server, receive, other, RIGHT_RECEIVE, 0);
	assert_int_equal(SYS(other, call, only, 0, 0, 0, 0, 0, DEADLINE_NOW), STATUS_DENIED);
	assert_int_equal(other->regs.arg[1], RIGHT_SEND);
	assert_int_equal(SYS(other, send, only, 0), STATUS_DENIED);
	assert_int_equal(other->regs.arg[1], RIGHT_SEND);
	handle_t notification = make_notification(other);
	assert_int_equal(SYS(other, call, notification, 0, 0, 0, 0, 0, DEADLINE_NOW), STATUS_WRONG_TYPE);
	assert_int_equal(SYS(other, send, notification, 0), STATUS_WRONG_TYPE);
	assert_int_equal(SYS(other, recv, notification, DEADLINE_NOW), STATUS_WRONG_TYPE);
	assert_int_equal(SYS(other, send, sends_2 + (1ull << 33), 0), STATUS_BAD_HANDLE);
	assert_int_equal(SYS(other, send, HANDLE_NONE, 0), STATUS_BAD_HANDLE);
	assert_int_equal(SYS(other, send, UINT64_MAX, 0), STATUS_BAD_HANDLE);
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(hand_off), T(queued_call), T(payload_lengths), T(send_payload), T(tags_refused), T(reply_once),
          T(reply_by_sibling), T(reply_recv_drops_a_late_reply), T(callers_in_order), T(receivers_in_order),
          T(send_full), T(queue_room), T(by_turns), T(call_deadlines), T(call_now), T(recv_deadline),
          T(revoked_in_line), T(revoked_while_replying), T(revoked_while_receiving), T(dropped_while_waiting),
          T(last_receiver_gone), T(server_dies_with_a_message), T(callers_survive_a_server),
          T(server_dies_after_hand_off), T(no_successor_but_lookalikes),
          T(restarted_or_gone_by_endpoint), T(caller_dies), T(rights_needed))
