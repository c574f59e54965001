/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Capabilities in messages, and taking them back. */
#include "ipc.h"

struct exchange {
	handle_t endpoint;
	handle_t sent;
	uint32_t flags;
};

static uint64_t send_cap(void *argument)
{
	const struct exchange *exchange = argument;
	struct message message;

	ipc_attach(exchange->sent, RIGHT_SIGNAL, exchange->flags);
	message = (struct message){.tag = MESSAGE_TAG(1, 0, ipc_attached())};
	return (uint64_t)ipc_call(exchange->endpoint, &message, LONG);
}

/* What a receiver gets: a weaker copy, or the thing itself. */
static void test_transfer(uint32_t flags)
{
	struct exchange exchange = {.endpoint = endpoint_make(0), .flags = flags};
	handle_t notification;
	struct message message;
	struct thread *sender;
	uint64_t result, bits;

	must(sys_notification_create(&notification));
	exchange.sent = mint(notification, RIGHT_SIGNAL | RIGHT_GRANT | RIGHT_INSPECT, 0);
	must(thread_run(send_cap, &exchange, NULL, &sender));
	check_status(ipc_receive(exchange.endpoint, &message, LONG), OK);
	check(MESSAGE_CAPS(message.tag) == 1);
	const struct message_cap *cap = &arch_message_page()->caps[0];
	check(cap->flags == OBJECT_NOTIFICATION);
	check((cap->rights & RIGHT_SIGNAL) != 0);
	handle_t received = ipc_take(&message, 0);
	check_status(sys_notification_signal(received, 16), OK);
	check_status(sys_notification_wait(notification, DEADLINE_NOW, &bits), OK);
	check_status(sys_notification_wait(received, DEADLINE_NOW, &bits), DENIED);
	message.tag = 0;
	check_status(ipc_reply(&message), OK);
	thread_join(sender, &result);
	check(result == STATUS_OK);
	if ((flags & MESSAGE_CAP_MOVE) != 0)
		check_status(sys_notification_signal(exchange.sent, 1), BAD_HANDLE);
	else
		check_status(sys_notification_signal(exchange.sent, 1), OK);
	/* Taking back what was derived from the first reaches wherever it went. */
	uint64_t revoked;
	check_status(sys_cap_revoke(notification, &revoked), OK);
	check(revoked == ((flags & MESSAGE_CAP_MOVE) != 0 ? 1 : 2));
	check_status(sys_notification_signal(received, 1), BAD_HANDLE);
	check_status(sys_cap_drop(notification), OK);
	check_status(sys_cap_drop(exchange.endpoint), OK);
}

static uint64_t call_blocked(void *argument)
{
	struct message message = {.tag = MESSAGE_TAG(1, 0, 0)};

	return (uint64_t)ipc_call(*(handle_t *)argument, &message, LONG);
}

static uint64_t receive_blocked(void *argument)
{
	struct message message;

	return (uint64_t)ipc_receive(*(handle_t *)argument, &message, LONG);
}

static uint64_t wait_blocked(void *argument)
{
	uint64_t bits;

	return (uint64_t)sys_notification_wait(*(handle_t *)argument, LONG, &bits);
}

/* Revoke under a thread that is blocked in a call. One that a busy machine has not let come so far finds the
 * capability gone, and is sent again. */
static void revoke_under(uint64_t (*blocked)(void *), handle_t root, uint32_t rights)
{
	struct thread *thread;
	uint64_t result = STATUS_BAD_HANDLE, revoked;

	for (uint32_t i = 0; i < 20 && result == STATUS_BAD_HANDLE; i++) {
		handle_t copy = mint(root, rights, 0);

		must(thread_run(blocked, &copy, NULL, &thread));
		time_sleep((5u + 5u * i) * NS_PER_MS);
		must(sys_cap_revoke(root, &revoked));
		thread_join(thread, &result);
	}
	check(revoked == 1);
	check(result == STATUS_REVOKED);
}

static void test_revoke_blocked(void)
{
	handle_t endpoint = endpoint_make(0), notification;

	must(sys_notification_create(&notification));
	revoke_under(call_blocked, endpoint, RIGHT_SEND);
	revoke_under(receive_blocked, endpoint, RIGHT_RECEIVE);
	revoke_under(wait_blocked, notification, RIGHT_WAIT);
	check_status(sys_cap_drop(notification), OK);
	check_status(sys_cap_drop(endpoint), OK);
}

/* A chain of derivations goes as a whole. */
static void test_chain(void)
{
	handle_t root, plain, chain[20];
	uint64_t revoked;

	must(sys_notification_create(&root));
	for (uint32_t i = 0; i < 20; i++)
		chain[i] = mint(i == 0 ? root : chain[i - 1u], RIGHT_SIGNAL | RIGHT_GRANT, 0);
	/* What one in the middle is given up for is its parent's. */
	check_status(sys_cap_drop(chain[10]), OK);
	check_status(sys_notification_signal(chain[19], 1), OK);
	plain = mint(root, RIGHT_SIGNAL, 0);
	check_status(sys_cap_revoke(plain, &revoked), DENIED); /* it could grant nothing, and may take nothing */
	check_status(sys_cap_revoke(chain[15], &revoked), OK); /* whoever may grant takes back */
	check(revoked == 4);
	check_status(sys_notification_signal(chain[15], 1), OK);
	check_status(sys_cap_revoke(root, &revoked), OK);
	check(revoked == 16);
	check_status(sys_notification_signal(chain[19], 1), BAD_HANDLE);
	check_status(sys_cap_drop(root), OK);
}

void test_capabilities(void)
{
	test_transfer(0);
	test_transfer(MESSAGE_CAP_MOVE);
	test_revoke_blocked();
	test_chain();
}
