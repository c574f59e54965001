/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* With another process, which answers, dies, or keeps silent. */
#include "ipc.h"
#include <lib/string.h>

static void echo_bytes(handle_t server, uint32_t bytes)
{
	uint8_t sent[MESSAGE_PAYLOAD_MAX], got[MESSAGE_PAYLOAD_MAX];
	struct message message = {.words = {0}};
	uint64_t wrong = 0;

	for (uint32_t round = 0; round < 100; round++) {
		for (uint32_t i = 0; i < bytes; i++)
			sent[i] = (uint8_t)(i * 7u + round);
		memset(got, 0, sizeof(got));
		message.tag = MESSAGE_TAG(1 + round, bytes, 0);
		ipc_store(&message, sent, bytes);
		wrong += ipc_call(server, &message, LONG) != STATUS_OK ||
		         MESSAGE_LENGTH(message.tag) != bytes || MESSAGE_LABEL(message.tag) != 1 + round;
		ipc_load(&message, got, bytes);
		wrong += memcmp(sent, got, bytes) != 0;
	}
	check(wrong == 0);
}

static void test_echo(void)
{
	handle_t endpoint = endpoint_make(0);
	struct partner partner;
	struct message last = {.tag = 0};

	partner_start(&partner, "echo", endpoint, RIGHT_RECEIVE);
	echo_bytes(endpoint, 0);
	echo_bytes(endpoint, 32);
	echo_bytes(endpoint, 33);
	echo_bytes(endpoint, 80);
	echo_bytes(endpoint, 256);
	check_status(ipc_call(endpoint, &last, LONG), OK);
	struct process_status status = partner_wait(&partner);
	check(status.exit_code == 0 && status.killed == 0);
	check_status(sys_cap_drop(endpoint), OK);
}

/* The server dies over a call: its caller is told, and so is everybody after. */
static void test_death(void)
{
	handle_t endpoint = endpoint_make(0);
	handle_t client = mint(endpoint, RIGHT_SEND, 0);
	struct message message = {.tag = MESSAGE_TAG(1, 0, 0)};
	struct partner partner;

	partner_start(&partner, "die", endpoint, RIGHT_RECEIVE);
	check_status(sys_cap_drop(endpoint), OK); /* the partner is the only receiver */
	check_status(ipc_call(client, &message, LONG), GONE);
	struct process_status status = partner_wait(&partner);
	check(status.fault.kind != FAULT_NONE && status.killed == 1);
	check_status(ipc_call(client, &message, LONG), GONE);
	check_status(sys_cap_drop(client), OK);
}

/* The server dies over a call, and somebody else can take its place: its caller may ask again. */
static void test_successor(void)
{
	handle_t endpoint = endpoint_make(0);
	struct message message = {.tag = MESSAGE_TAG(1, 0, 0)};
	struct partner partner;

	partner_start(&partner, "die", endpoint, RIGHT_RECEIVE);
	check_status(ipc_call(endpoint, &message, LONG), RESTARTED);
	(void)partner_wait(&partner);
	partner_start(&partner, "echo", endpoint, RIGHT_RECEIVE);
	echo_bytes(endpoint, 8);
	message = (struct message){.tag = 0};
	check_status(ipc_call(endpoint, &message, LONG), OK);
	(void)partner_wait(&partner);
	check_status(sys_cap_drop(endpoint), OK);
}

static void test_silence(void)
{
	handle_t endpoint = endpoint_make(0);
	struct message message = {.tag = MESSAGE_TAG(1, 0, 0)};
	struct partner partner;

	partner_start(&partner, "keep", endpoint, RIGHT_RECEIVE);
	check_status(ipc_call(endpoint, &message, time_after(200u * NS_PER_MS)), TIMED_OUT);
	partner_kill(&partner);
	check(partner_wait(&partner).killed == 1);
	check_status(sys_cap_drop(endpoint), OK);
}

/* A capability handed to another process works there until it is taken back. */
static void test_lend(void)
{
	handle_t endpoint = endpoint_make(0), notification;
	struct partner partner;
	struct message message;
	uint64_t bits, revoked;

	must(sys_notification_create(&notification));
	partner_start(&partner, "signal", endpoint, RIGHT_RECEIVE);
	ipc_attach(notification, RIGHT_SIGNAL, 0);
	message = (struct message){.tag = MESSAGE_TAG(32, 0, ipc_attached())};
	check_status(ipc_call(endpoint, &message, LONG), OK);
	check(MESSAGE_LABEL(message.tag) == STATUS_OK);
	check_status(sys_notification_wait(notification, LONG, &bits), OK);
	check((bits & 32u) != 0);
	check_status(sys_cap_revoke(notification, &revoked), OK);
	check(revoked == 1);
	struct process_status status = partner_wait(&partner);
	check(status.exit_code == 0 && status.killed == 0);
	check_status(sys_cap_drop(notification), OK);
	check_status(sys_cap_drop(endpoint), OK);
}

static void test_page_round(handle_t endpoint)
{
	uint8_t *const page = ipc_loan();
	struct message message = {.tag = MESSAGE_TAG(1, 0, 0) | MESSAGE_LEND};
	uint64_t wrong = 0;

	check_status(ipc_call(endpoint, &message, LONG), INVALID); /* nothing is there yet */
	for (uint32_t round = 0; round < 100; round++) {
		for (uint32_t i = 0; i < PAGE_SIZE; i++)
			page[i] = (uint8_t)(i * 13u + round);
		message.tag = MESSAGE_TAG(1, 0, 0) | MESSAGE_LEND;
		wrong += ipc_call(endpoint, &message, LONG) != STATUS_OK;
		for (uint32_t i = 0; i < PAGE_SIZE; i++)
			wrong += page[i] != (uint8_t)((PAGE_SIZE - 1u - i) * 13u + round);
	}
	check(wrong == 0);
}

/* A page that goes there and back with a call, and one whose call ends without an answer: the server keeps it and does
 * not fault, and here is a new one. */
static void test_page(void)
{
	handle_t endpoint = endpoint_make(0);
	uint8_t *const page = ipc_loan();
	struct message message = {.tag = MESSAGE_TAG(0, 0, 0) | MESSAGE_LEND};
	struct partner partner;

	partner_start(&partner, "turn-page", endpoint, RIGHT_RECEIVE);
	test_page_round(endpoint);
	page[0] = 77;
	check_status(ipc_call(endpoint, &message, time_after(50u * NS_PER_MS)), TIMED_OUT);
	check(page[0] == 0);
	page[0] = 78;
	struct process_status status = partner_wait(&partner);
	check(status.exit_code == 0 && status.killed == 0);
	check_status(sys_cap_drop(endpoint), OK);
}

/* A server that has answered has nothing left to read. */
static void test_page_late(void)
{
	handle_t endpoint = endpoint_make(0);
	struct message message = {.tag = MESSAGE_TAG(0, 0, 0) | MESSAGE_LEND};
	struct partner partner;

	*(volatile uint8_t *)ipc_loan() = 1;
	partner_start(&partner, "read-late", endpoint, RIGHT_RECEIVE);
	check_status(ipc_call(endpoint, &message, LONG), OK);
	struct process_status status = partner_wait(&partner);
	check(status.fault.kind == FAULT_UNMAPPED && status.killed == 1);
	check_status(sys_cap_drop(endpoint), OK);
}

void test_processes(void)
{
	test_echo();
	test_death();
	test_successor();
	test_silence();
	test_lend();
	test_page();
	test_page_late();
}
