/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages between threads of one process. */
#include "ipc.h"

/* Answers each call with its words turned round and its badge as the label; label 0 ends. */
static uint64_t turn_round(void *argument)
{
	handle_t endpoint = *(handle_t *)argument;
	struct message message;
	uint64_t answered = 0;

	must(ipc_receive(endpoint, &message, DEADLINE_NEVER));
	while (MESSAGE_LABEL(message.tag) != 0) {
		struct message answer = {
			.tag = MESSAGE_TAG(message.badge, MESSAGE_LENGTH(message.tag), 0),
			.words = {message.words[3], message.words[2], message.words[1], message.words[0]},
			.reply = message.reply,
		};
		answered++;
		must(ipc_reply_receive(endpoint, &answer, DEADLINE_NEVER));
		message = answer;
	}
	message.tag = 0;
	must(ipc_reply(&message));
	return answered;
}

static void test_call(void)
{
	handle_t endpoint = endpoint_make(0);
	handle_t client = mint(endpoint, RIGHT_SEND, 77);
	struct thread *server;
	uint64_t answered, wrong = 0;

	must(thread_run(turn_round, &endpoint, NULL, &server));
	for (uint64_t i = 0; i < 1000; i++) {
		struct message message = {.tag = MESSAGE_TAG(1, 32, 0), .words = {i, i + 1, i + 2, i + 3}};

		wrong += ipc_call(client, &message, LONG) != STATUS_OK || message.words[0] != i + 3 ||
		         message.words[3] != i || MESSAGE_LABEL(message.tag) != 77;
	}
	check(wrong == 0);
	struct message last = {.tag = 0};
	check_status(ipc_call(client, &last, LONG), OK);
	thread_join(server, &answered);
	check(answered == 1000);
	check_status(sys_cap_drop(client), OK);
	check_status(sys_cap_drop(endpoint), OK);
}

/* A queue is as deep as it was made, keeps its order, and says when it is full. */
static void test_send(void)
{
	handle_t endpoint = endpoint_make(4);
	handle_t client = mint(endpoint, RIGHT_SEND, 5);
	struct message message = {.tag = 0};

	for (uint32_t i = 0; i < 4; i++) {
		message = (struct message){.tag = MESSAGE_TAG(100 + i, 8, 0), .words = {i}};
		check_status(ipc_send(client, &message), OK);
	}
	check_status(ipc_send(client, &message), FULL);
	for (uint32_t i = 0; i < 4; i++) {
		check_status(ipc_receive(endpoint, &message, DEADLINE_NOW), OK);
		check(MESSAGE_KIND(message.tag) == MESSAGE_SEND);
		check(MESSAGE_LABEL(message.tag) == 100 + i && message.words[0] == i && message.badge == 5);
		check(message.reply == HANDLE_NONE);
	}
	check_status(ipc_receive(endpoint, &message, DEADLINE_NOW), TIMED_OUT);
	check_status(ipc_send(client, &(struct message){.tag = MESSAGE_TAG(1, 257, 0)}), INVALID);
	check_status(ipc_send(client, &(struct message){.tag = MESSAGE_TAG(1, 0, 1)}), INVALID);
	check_status(sys_cap_drop(endpoint), OK);
	/* Nobody can receive any more. */
	message = (struct message){.tag = MESSAGE_TAG(1, 0, 0)};
	check_status(ipc_send(client, &message), GONE);
	check_status(ipc_call(client, &message, LONG), GONE);
	check_status(sys_cap_drop(client), OK);
}

static void test_deadlines(void)
{
	handle_t endpoint = endpoint_make(0);
	struct message message = {.tag = MESSAGE_TAG(1, 0, 0)};
	uint64_t before_ns = time_now();

	check_status(ipc_call(endpoint, &message, SOON), TIMED_OUT);
	check(time_now() - before_ns >= 20u * NS_PER_MS);
	before_ns = time_now();
	check_status(ipc_receive(endpoint, &message, SOON), TIMED_OUT);
	check(time_now() - before_ns >= 20u * NS_PER_MS);
	check(time_now() - before_ns < 5u * NS_PER_SECOND);
	check_status(ipc_receive(endpoint, &message, time_now() - 1u), TIMED_OUT);
	check_status(sys_cap_drop(endpoint), OK);
}

static void test_rights(void)
{
	handle_t endpoint = endpoint_make(1);
	handle_t sender = mint(endpoint, RIGHT_SEND | RIGHT_GRANT, 9);
	handle_t receiver = mint(endpoint, RIGHT_RECEIVE, 0);
	handle_t notification, copy;
	struct message message = {.tag = 0};

	must(sys_notification_create(&notification));
	check_status(ipc_receive(sender, &message, DEADLINE_NOW), DENIED);
	check_status(ipc_call(receiver, &message, DEADLINE_NOW), DENIED);
	check_status(ipc_call(notification, &message, DEADLINE_NOW), WRONG_TYPE);
	check_status(sys_cap_mint(receiver, RIGHT_RECEIVE, 0, &copy), DENIED); /* no grant */
	check_status(sys_cap_mint(sender, RIGHT_SEND | RIGHT_RECEIVE, 0, &copy),
	             DENIED);                                              /* more than it has */
	check_status(sys_cap_mint(sender, RIGHT_SEND, 10, &copy), DENIED); /* another badge */
	check_status(sys_cap_mint(sender, RIGHT_SEND, 0, &copy), OK);
	check_status(sys_cap_drop(copy), OK);
	check_status(sys_cap_drop(copy), BAD_HANDLE);
	check_status(ipc_call(copy, &message, DEADLINE_NOW), BAD_HANDLE);
	check_status(sys_cap_drop(notification), OK);
	check_status(sys_cap_drop(sender), OK);
	check_status(sys_cap_drop(receiver), OK);
	check_status(sys_cap_drop(endpoint), OK);
}

static uint64_t call_once(void *argument)
{
	struct message message = {.tag = MESSAGE_TAG(3, 0, 0)};

	return (uint64_t)ipc_call(*(handle_t *)argument, &message, LONG);
}

/* A reply handle works once, and only if it is one. */
static void test_reply_once(void)
{
	handle_t endpoint = endpoint_make(0);
	struct message message;
	struct thread *caller;
	uint64_t result;

	must(thread_run(call_once, &endpoint, NULL, &caller));
	check_status(ipc_receive(endpoint, &message, LONG), OK);
	message.tag = 0;
	check_status(ipc_reply(&message), OK);
	check_status(ipc_reply(&message), GONE);
	message.reply = endpoint;
	check_status(ipc_reply(&message), BAD_HANDLE);
	thread_join(caller, &result);
	check(result == STATUS_OK);
	check_status(sys_cap_drop(endpoint), OK);
}

void test_messages(void)
{
	test_call();
	test_send();
	test_deadlines();
	test_rights();
	test_reply_once();
}
