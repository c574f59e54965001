/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bits: set, taken, bound to an endpoint, set by a timer. */
#include "ipc.h"

static bool first_taken; /* atomic */

static uint64_t wait_twice(void *argument)
{
	handle_t notification = *(handle_t *)argument;
	uint64_t first, second;

	must(sys_notification_wait(notification, LONG, &first));
	__atomic_store_n(&first_taken, true, __ATOMIC_RELEASE);
	must(sys_notification_wait(notification, LONG, &second));
	return first << 8 | second;
}

static void test_bits(void)
{
	handle_t notification, badged;
	uint64_t bits;

	must(sys_notification_create(&notification));
	check_status(sys_notification_wait(notification, DEADLINE_NOW, &bits), TIMED_OUT);
	check_status(sys_notification_signal(notification, 5), OK);
	check_status(sys_notification_signal(notification, 8), OK);
	check_status(sys_notification_wait(notification, DEADLINE_NOW, &bits), OK);
	check(bits == 13);
	badged = mint(notification, RIGHT_SIGNAL, 64);
	check_status(sys_notification_signal(badged, 1), OK);
	check_status(sys_notification_wait(notification, DEADLINE_NOW, &bits), OK);
	check(bits == 64);
	check_status(sys_notification_wait(badged, DEADLINE_NOW, &bits), DENIED);
	check_status(sys_notification_wait(notification, SOON, &bits), TIMED_OUT);
	check_status(sys_cap_drop(badged), OK);
	check_status(sys_cap_drop(notification), OK);
}

static void test_wake(void)
{
	handle_t notification;
	struct thread *waiter;
	uint64_t result;

	must(sys_notification_create(&notification));
	must(thread_run(wait_twice, &notification, NULL, &waiter));
	time_sleep(2u * NS_PER_MS);
	check_status(sys_notification_signal(notification, 1), OK);
	while (!__atomic_load_n(&first_taken, __ATOMIC_ACQUIRE))
		time_sleep(NS_PER_MS);
	check_status(sys_notification_signal(notification, 2), OK);
	thread_join(waiter, &result);
	check(result == (1u << 8 | 2u));
	check_status(sys_cap_drop(notification), OK);
}

static void test_bound(void)
{
	handle_t notification, other, endpoint = endpoint_make(1);
	struct message message = {.tag = MESSAGE_TAG(4, 0, 0)};
	uint64_t bits;

	must(sys_notification_create(&notification));
	must(sys_notification_create(&other));
	check_status(sys_notification_bind(notification, endpoint), OK);
	check_status(sys_notification_bind(other, endpoint), BUSY);
	check_status(sys_notification_wait(notification, DEADLINE_NOW, &bits), BUSY);
	check_status(ipc_send(endpoint, &message), OK);
	check_status(sys_notification_signal(notification, 96), OK);
	check_status(ipc_receive(endpoint, &message, DEADLINE_NOW), OK);
	check(MESSAGE_KIND(message.tag) == MESSAGE_NOTIFICATION && message.badge == 96);
	check_status(ipc_receive(endpoint, &message, DEADLINE_NOW), OK);
	check(MESSAGE_KIND(message.tag) == MESSAGE_SEND && MESSAGE_LABEL(message.tag) == 4);
	/* Also when the receiver waits already. */
	check_status(sys_notification_timer(notification, SOON, 3), OK);
	check_status(ipc_receive(endpoint, &message, LONG), OK);
	check(MESSAGE_KIND(message.tag) == MESSAGE_NOTIFICATION && message.badge == 3);
	check_status(sys_cap_drop(other), OK);
	check_status(sys_cap_drop(notification), OK);
	check_status(sys_cap_drop(endpoint), OK);
}

static void test_timer(void)
{
	handle_t notification;
	uint64_t bits;

	must(sys_notification_create(&notification));
	deadline_t deadline = SOON;
	check_status(sys_notification_timer(notification, deadline, 2), OK);
	check_status(sys_notification_wait(notification, LONG, &bits), OK);
	check(bits == 2);
	check(time_now() >= deadline);
	check_status(sys_notification_timer(notification, SOON, 4), OK);
	check_status(sys_notification_timer(notification, DEADLINE_NEVER, 0), OK);
	check_status(sys_notification_wait(notification, time_after(40u * NS_PER_MS), &bits), TIMED_OUT);
	check_status(sys_cap_drop(notification), OK);
}

void test_notifications(void)
{
	test_bits();
	test_wake();
	test_bound();
	test_timer();
}
