/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Other people's mail: reading it, answering it, speaking in another's name. */
#include "adversary.h"
#include <lib/string.h>
#include <os/info.h>

#define LONG (time_after(10u * NS_PER_SECOND))

/* The console's endpoint, of which this program has the right to send and no other. */
static void steal_mail(void)
{
	handle_t console = startup_need("console"), own;

	must(sys_notification_create(&own));
	check(ATTEMPT(recv, console, DEADLINE_NOW, 0, 0) == STATUS_DENIED);
	check(ATTEMPT(reply_recv, console, 0, 0, 0) == STATUS_DENIED);
	check(ATTEMPT(notification_bind, own, console, 0, 0) == STATUS_DENIED);
	/* Giving oneself the right, or another badge, by minting. */
	check(ATTEMPT(cap_mint, console, RIGHT_SEND | RIGHT_RECEIVE, 0, 0) == STATUS_DENIED);
	check(ATTEMPT(cap_mint, console, RIGHT_SEND, 1ull << 63, 0) == STATUS_DENIED);
	check(ATTEMPT(cap_revoke, console, 0, 0, 0) == STATUS_DENIED);
	check(ATTEMPT(cap_mint, console, RIGHTS_ALL, 0, 0) == STATUS_DENIED);
	must(sys_cap_drop(own));
}

/* Reply handles of every thread there may be: none of them waits for us. */
static void answer_strangers(void)
{
	for (uint32_t slot = 0; slot < 64u; slot++) {
		uint64_t registers[SYS_REGISTERS] = {HANDLE(HANDLE_REPLY | slot, 1)};

		status_t status = attempt(SYSCALL_reply, registers);
		check(status == STATUS_BAD_HANDLE || status == STATUS_GONE);
	}
}

struct exchange {
	handle_t endpoint;
	struct aid claimed; /* what the sender writes where the kernel stamps */
	status_t result;
};

static uint64_t call_with_forged_sender(void *argument)
{
	struct exchange *exchange = argument;
	struct message message = {.tag = MESSAGE_TAG(1, 0, 0)};

	arch_message_page()->sender = exchange->claimed;
	exchange->result = ipc_call(exchange->endpoint, &message, LONG);
	return 0;
}

/* The stamp is the process's own, whatever lies in the page; an answer counts once. */
static void forge_and_repeat(void)
{
	struct exchange exchange = {.claimed.bytes = {1, 1, 'i', 'n', 'i', 't'}};
	struct message message;
	struct thread *sender;
	struct aid own;

	must(info_aid(HANDLE_NONE, &own));
	must(sys_endpoint_create(0, &exchange.endpoint));
	must(thread_run(call_with_forged_sender, &exchange, NULL, &sender));
	must(ipc_receive(exchange.endpoint, &message, LONG));
	check(memcmp(&arch_message_page()->sender, &own, sizeof(own)) == 0);
	message.tag = 0;
	check(ipc_reply(&message) == STATUS_OK);
	status_t twice = ATTEMPT(reply, message.reply, 0, 0, 0);
	check(twice == STATUS_GONE || twice == STATUS_BAD_HANDLE);
	thread_join(sender, NULL);
	check(exchange.result == STATUS_OK);
	status_t late = ATTEMPT(reply, message.reply, 0, 0, 0);
	check(late == STATUS_GONE || late == STATUS_BAD_HANDLE);
	must(sys_cap_drop(exchange.endpoint));
}

/* A capability in a message that one does not have, or has without the right to give. */
static void send_what_is_not_ours(void)
{
	struct message_cap *cap = &arch_message_page()->caps[0];
	handle_t endpoint;

	must(sys_endpoint_create(0, &endpoint));
	uint64_t registers[SYS_REGISTERS] = {endpoint, MESSAGE_TAG(1, 0, 1)};
	*cap = (struct message_cap){HANDLE(200, 1), RIGHTS_ALL, 0};
	check(attempt(SYSCALL_call, registers) == STATUS_BAD_HANDLE);
	registers[0] = endpoint;
	registers[1] = MESSAGE_TAG(1, 0, 1);
	*cap = (struct message_cap){startup_need("console"), RIGHT_SEND, 0};
	check(attempt(SYSCALL_call, registers) == STATUS_DENIED);
	registers[0] = endpoint;
	registers[1] = MESSAGE_TAG(1, MESSAGE_PAYLOAD_MAX + 1u, 0);
	check(attempt(SYSCALL_call, registers) == STATUS_INVALID);
	registers[0] = endpoint;
	registers[1] = MESSAGE_TAG(1, 0, MESSAGE_CAPS_MAX + 1u);
	check(attempt(SYSCALL_call, registers) == STATUS_INVALID);
	must(sys_cap_drop(endpoint));
}

void attack_mail(uint64_t part)
{
	(void)part;
	steal_mail();
	answer_strangers();
	forge_and_repeat();
	send_what_is_not_ours();
}
