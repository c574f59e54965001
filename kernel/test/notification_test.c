/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notifications: bits gather, arrive once and at one place; every way a wait ends; timers. */
#include "harness.h"

static struct thread *waiter;
static struct thread *signaller;
static handle_t wait;   /* waiter's, all rights */
static handle_t signal; /* signaller's, no badge */

static int setup(void **state)
{
	(void)state;
	harness_start(1);
	waiter = make_process(16);
	signaller = make_process(16);
	wait = make_notification(waiter);
	signal = share(waiter, wait, signaller, RIGHT_SIGNAL | RIGHT_GRANT, 0);
	return 0;
}

static uint32_t wait_until(deadline_t deadline)
{
	return SYS(waiter, notification_wait, wait, deadline);
}

static uint32_t signal_bits(uint64_t bits)
{
	return SYS(signaller, notification_signal, signal, bits);
}

static uint64_t bits_of(const struct thread *thread, handle_t handle)
{
	return notification_table[cap_of(thread, handle)->object].bits;
}

static void bits_gather(void **state)
{
	(void)state;
	assert_int_equal(wait_until(DEADLINE_NOW), STATUS_TIMED_OUT);
	assert_int_equal(signal_bits(1), STATUS_OK);
	assert_int_equal(signal_bits(1ull << 63), STATUS_OK);
	assert_int_equal(signal_bits(1), STATUS_OK);
	assert_int_equal(wait_until(DEADLINE_NEVER), STATUS_OK);
	assert_int_equal(waiter->regs.arg[1], 1ull << 63 | 1);
	assert_int_equal(wait_until(DEADLINE_NOW), STATUS_TIMED_OUT);
}

static void bits_wake(void **state)
{
	(void)state;
	assert_int_equal(wait_until(DEADLINE_NEVER), BLOCKED);
	assert_int_equal(state_of(waiter), THREAD_WAITING);
	assert_int_equal(signal_bits(0), STATUS_OK);
	assert_int_equal(state_of(waiter), THREAD_WAITING); /* no bits are no reason */
	assert_int_equal(signal_bits(6), STATUS_OK);
	assert_int_equal(outcome(waiter), STATUS_OK);
	assert_int_equal(waiter->regs.arg[1], 6);
	assert_int_equal(bits_of(waiter, wait), 0);
}

static void badge_replaces_bits(void **state)
{
	(void)state;
	handle_t badged = share(waiter, wait, signaller, RIGHT_SIGNAL, 0x30);
	assert_int_equal(SYS(signaller, notification_signal, badged, 0xffff), STATUS_OK);
	assert_int_equal(wait_until(DEADLINE_NOW), STATUS_OK);
	assert_int_equal(waiter->regs.arg[1], 0x30);
}

/* Two wait: each signal wakes one, the first first. */
static void waiters_in_order(void **state)
{
	(void)state;
	struct thread *second = make_thread(waiter, 16);
	assert_int_equal(wait_until(DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(second, notification_wait, wait, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(signal_bits(1), STATUS_OK);
	assert_int_equal(outcome(waiter), STATUS_OK);
	assert_int_equal(state_of(second), THREAD_WAITING);
	assert_int_equal(signal_bits(2), STATUS_OK);
	assert_int_equal(waiter->regs.arg[1], 1);
	assert_int_equal(second->regs.arg[1], 2);
}

static void wait_times_out(void **state)
{
	(void)state;
	deadline_t deadline = host_ticks + 777;
	assert_int_equal(wait_until(deadline), BLOCKED);
	pass_until(deadline - 1);
	assert_int_equal(state_of(waiter), THREAD_WAITING);
	pass_until(deadline + 2);
	assert_int_equal(outcome(waiter), STATUS_TIMED_OUT);
	assert_int_equal(signal_bits(4), STATUS_OK);
	assert_int_equal(wait_until(DEADLINE_NOW), STATUS_OK);
	assert_int_equal(waiter->regs.arg[1], 4);
	/* A wait that was answered in time is not disturbed by its old deadline. */
	deadline = host_ticks + 777;
	assert_int_equal(wait_until(deadline), BLOCKED);
	assert_int_equal(signal_bits(4), STATUS_OK);
	assert_int_equal(wait_until(DEADLINE_NEVER), BLOCKED);
	pass_until(deadline + 1000);
	assert_int_equal(state_of(waiter), THREAD_WAITING);
}

static void revoked_while_waiting(void **state)
{
	(void)state;
	handle_t derived = share(waiter, wait, signaller, RIGHT_WAIT, 0);
	assert_int_equal(SYS(signaller, notification_wait, derived, host_ticks + 100), BLOCKED);
	assert_int_equal(SYS(waiter, cap_revoke, wait), STATUS_OK);
	assert_int_equal(waiter->regs.arg[1], 2);
	assert_int_equal(outcome(signaller), STATUS_REVOKED);
	pass_until(host_ticks + 1000);
	assert_int_equal(outcome(signaller), STATUS_REVOKED);
	assert_int_equal(SYS(signaller, notification_wait, derived, DEADLINE_NOW), STATUS_BAD_HANDLE);
}

static void rights_needed(void **state)
{
	(void)state;
	assert_int_equal(SYS(signaller, notification_wait, signal, DEADLINE_NOW), STATUS_DENIED);
	assert_int_equal(signaller->regs.arg[1], RIGHT_WAIT);
	assert_int_equal(SYS(signaller, notification_timer, signal, 1, 1), STATUS_DENIED);
	assert_int_equal(signaller->regs.arg[1], RIGHT_WAIT);
	handle_t only = share(waiter, wait, signaller, RIGHT_WAIT, 0);
	assert_int_equal(SYS(signaller, notification_signal, only, 1), STATUS_DENIED);
	assert_int_equal(signaller->regs.arg[1], RIGHT_SIGNAL);
	handle_t endpoint = make_endpoint(waiter, 0);
	handle_t sends = share(waiter, endpoint, signaller, RIGHT_SEND, 0);
	assert_int_equal(SYS(signaller, notification_bind, signal, sends), STATUS_DENIED);
	assert_int_equal(signaller->regs.arg[1], RIGHT_WAIT);
	assert_int_equal(SYS(signaller, notification_bind, only, sends), STATUS_DENIED);
	assert_int_equal(signaller->regs.arg[1], RIGHT_RECEIVE);
	assert_int_equal(SYS(signaller, notification_bind, only, only), STATUS_WRONG_TYPE);
	assert_int_equal(SYS(signaller, notification_wait, sends, DEADLINE_NOW), STATUS_WRONG_TYPE);
}

/* ---- bound ---- */

static void bound_delivery(void **state)
{
	(void)state;
	handle_t endpoint = make_endpoint(waiter, 2);
	assert_int_equal(SYS(waiter, notification_bind, wait, endpoint), STATUS_OK);
	assert_int_equal(wait_until(DEADLINE_NOW), STATUS_BUSY);
	/* Pending when recv comes. */
	assert_int_equal(signal_bits(5), STATUS_OK);
	assert_int_equal(signal_bits(8), STATUS_OK);
	assert_int_equal(SYS(waiter, recv, endpoint, DEADLINE_NEVER), STATUS_OK);
	assert_int_equal(MESSAGE_KIND(waiter->regs.arg[1]), MESSAGE_NOTIFICATION);
	assert_int_equal(MESSAGE_LENGTH(waiter->regs.arg[1]), 0);
	assert_int_equal(waiter->regs.arg[6], 13);
	assert_int_equal(waiter->regs.arg[7], HANDLE_NONE);
	/* recv waits when the bits come. */
	assert_int_equal(SYS(waiter, recv, endpoint, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(signal_bits(64), STATUS_OK);
	assert_int_equal(outcome(waiter), STATUS_OK);
	assert_int_equal(MESSAGE_KIND(waiter->regs.arg[1]), MESSAGE_NOTIFICATION);
	assert_int_equal(waiter->regs.arg[6], 64);
	assert_int_equal(SYS(waiter, recv, endpoint, DEADLINE_NOW), STATUS_TIMED_OUT);
	/* Bits go before messages and do not swallow them. */
	handle_t sends = share(waiter, endpoint, signaller, RIGHT_SEND, 9);
	assert_int_equal(SYS(signaller, send, sends, 8, 1), STATUS_OK);
	assert_int_equal(signal_bits(2), STATUS_OK);
	assert_int_equal(SYS(waiter, recv, endpoint, DEADLINE_NOW), STATUS_OK);
	assert_int_equal(waiter->regs.arg[6], 2);
	assert_int_equal(SYS(waiter, recv, endpoint, DEADLINE_NOW), STATUS_OK);
	assert_int_equal(waiter->regs.arg[6], 9);
}

static void bind_delivers_what_is_pending(void **state)
{
	(void)state;
	handle_t endpoint = make_endpoint(waiter, 0);
	struct thread *binder = make_thread(waiter, 16);
	assert_int_equal(signal_bits(5), STATUS_OK);
	assert_int_equal(SYS(waiter, recv, endpoint, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(binder, notification_bind, wait, endpoint), STATUS_OK);
	assert_int_equal(outcome(waiter), STATUS_OK);
	assert_int_equal(waiter->regs.arg[6], 5);
}

static void bind_busy(void **state)
{
	(void)state;
	handle_t first = make_endpoint(waiter, 0);
	handle_t second = make_endpoint(waiter, 0);
	handle_t another = make_notification(waiter);
	struct thread *binder = make_thread(waiter, 16);
	assert_int_equal(wait_until(DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(binder, notification_bind, wait, first), STATUS_BUSY);
	assert_int_equal(signal_bits(1), STATUS_OK);
	assert_int_equal(SYS(binder, notification_bind, wait, first), STATUS_OK);
	assert_int_equal(SYS(binder, notification_bind, wait, first), STATUS_BUSY);
	assert_int_equal(SYS(binder, notification_bind, wait, second), STATUS_BUSY);
	assert_int_equal(SYS(binder, notification_bind, another, first), STATUS_BUSY);
	assert_int_equal(SYS(binder, notification_bind, another, second), STATUS_OK);
	/* The endpoint's end sets it free again. */
	assert_int_equal(SYS(binder, cap_drop, first), STATUS_OK);
	assert_int_equal(wait_until(DEADLINE_NOW), STATUS_TIMED_OUT);
	assert_int_equal(signal_bits(2), STATUS_OK);
	assert_int_equal(wait_until(DEADLINE_NOW), STATUS_OK);
	assert_int_equal(waiter->regs.arg[1], 2);
}

/* ---- timers ---- */

static void timer_sets_bits(void **state)
{
	(void)state;
	deadline_t deadline = host_ticks + 5000;
	assert_int_equal(SYS(waiter, notification_timer, wait, deadline, 0), STATUS_INVALID);
	assert_int_equal(SYS(waiter, notification_timer, wait, deadline, 16), STATUS_OK);
	assert_int_equal(wait_until(DEADLINE_NEVER), BLOCKED);
	pass_until(deadline - 1);
	assert_int_equal(state_of(waiter), THREAD_WAITING);
	pass_until(deadline + 2);
	assert_int_equal(outcome(waiter), STATUS_OK);
	assert_int_equal(waiter->regs.arg[1], 16);
	pass_until(deadline + 100000);
	assert_int_equal(wait_until(DEADLINE_NOW), STATUS_TIMED_OUT); /* once */
}

static void timer_replaced_and_disarmed(void **state)
{
	(void)state;
	deadline_t begin = host_ticks;
	assert_int_equal(SYS(waiter, notification_timer, wait, begin + 5000, 1), STATUS_OK);
	assert_int_equal(SYS(waiter, notification_timer, wait, begin + 9000, 2), STATUS_OK);
	pass_until(begin + 6000);
	assert_int_equal(bits_of(waiter, wait), 0);
	pass_until(begin + 9010);
	assert_int_equal(bits_of(waiter, wait), 2);
	assert_int_equal(SYS(waiter, notification_timer, wait, begin + 20000, 4), STATUS_OK);
	assert_int_equal(SYS(waiter, notification_timer, wait, DEADLINE_NEVER, 0), STATUS_OK);
	pass_until(begin + 30000);
	assert_int_equal(bits_of(waiter, wait), 2);
	/* One that has passed fires at once. */
	assert_int_equal(SYS(waiter, notification_timer, wait, begin, 8), STATUS_OK);
	pass_until(host_ticks + 10);
	assert_int_equal(bits_of(waiter, wait), 10);
}

static void timer_dies_with_its_notification(void **state)
{
	(void)state;
	struct inventory before = take_inventory();
	handle_t other = make_notification(waiter);
	assert_int_equal(SYS(waiter, notification_timer, other, host_ticks + 5000, 1), STATUS_OK);
	assert_int_equal(SYS(waiter, cap_drop, other), STATUS_OK);
	assert_same(&before);
	handle_t again = make_notification(waiter); /* the same slot */
	pass_until(host_ticks + 10000);
	assert_int_equal(bits_of(waiter, again), 0);
}

/* A thread that was waiting is ended: the next signal finds the other one. */
static void waiter_killed(void **state)
{
	(void)state;
	struct thread *third = make_process(16);
	handle_t derived = share(waiter, wait, third, RIGHT_WAIT, 0);
	assert_int_equal(SYS(third, notification_wait, derived, host_ticks + 100), BLOCKED);
	assert_int_equal(wait_until(DEADLINE_NEVER), BLOCKED);
	process_end(third->process, 0, true, NULL);
	settle();
	assert_int_equal(signal_bits(3), STATUS_OK);
	assert_int_equal(waiter->regs.arg[1], 3);
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(bits_gather), T(bits_wake), T(badge_replaces_bits), T(waiters_in_order), T(wait_times_out),
          T(revoked_while_waiting), T(rights_needed), T(bound_delivery), T(bind_delivers_what_is_pending), T(bind_busy),
          T(timer_sets_bits), T(timer_replaced_and_disarmed), T(timer_dies_with_its_notification), T(waiter_killed))
