/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What another CPU does between two steps of a call: the slot of the capability
 * that was found is used again, for another object, before the lock of the
 * first one is held. The call is refused and touches neither, also if it had to
 * wait for that lock.
 */
#include "harness.h"

static struct thread *user;    /* makes the call on CPU 0 */
static struct thread *sibling; /* of the same process, on CPU 1 */
static struct thread *owner;   /* has another capability to the object, which therefore lives on */
static handle_t named;         /* user's, whose slot is used again */
static handle_t next;          /* what is in the slot then */
static handle_t (*make_next)(void);
static struct lock *contended; /* NULL: nobody has the lock */
static uint32_t turns;

static int setup(void **state)
{
	(void)state;
	harness_start(2);
	owner = make_process(16);
	user = make_process(16);
	sibling = make_thread(user, 16);
	on_cpu(1);
	run(sibling);
	on_cpu(0);
	contended = NULL;
	turns = 0;
	return 0;
}

/* The call ends within a few turns, or waits for a lock that nobody holds. */
static void turns_pass(void)
{
	if (turns++ == 100)
		fail_msg("the call waits in vain");
	host_meanwhile = turns_pass;
}

/* The other CPU lets go of the lock for which the call waits by now. */
static void let_go(void)
{
	on_cpu(1);
	assert_int_equal(contended->next, contended->serving + 2);
	lock_release(contended, LOCK_ENDPOINT);
	host_meanwhile = turns_pass;
}

/* The capability was found, its object not locked yet. */
static void slot_used_again(void)
{
	on_cpu(1);
	assert_true(holds(user, named));
	assert_int_equal(SYS(sibling, cap_drop, named), STATUS_OK);
	next = make_next();
	assert_int_equal(HANDLE_SLOT(next), HANDLE_SLOT(named));
	assert_int_not_equal(next, named);
	if (contended == NULL)
		return;
	lock_acquire(contended, LOCK_ENDPOINT);
	host_meanwhile = let_go;
}

static handle_t sibling_endpoint(void)
{
	return make_endpoint(sibling, 4);
}

static handle_t sibling_notification(void)
{
	return make_notification(sibling);
}

static void assert_free(const struct lock *lock)
{
	assert_int_equal(lock->next, lock->serving);
}

static void assert_untouched(const struct endpoint *endpoint)
{
	assert_free(&endpoint->lock);
	assert_int_equal(endpoint->sender_head, NONE);
	assert_int_equal(endpoint->receiver_head, NONE);
	assert_int_equal(endpoint->queued_head, NONE);
}

/* The user's call is the next thing its CPU does. */
static void begin(handle_t (*what_is_made)(void), struct lock *lock)
{
	run(user);
	make_next = what_is_made;
	contended = lock;
	host_meanwhile = slot_used_again;
}

static void call_refused(bool contend, uint64_t tag, deadline_t deadline)
{
	handle_t receive = make_endpoint(owner, 4);
	struct endpoint *found = endpoint_of(owner, receive);
	named = share(owner, receive, user, RIGHT_SEND, 7);
	begin(sibling_endpoint, contend ? &found->lock : NULL);
	assert_int_equal(SYS(user, call, named, tag, 1, 2, 3, 4, deadline), STATUS_BAD_HANDLE);
	assert_untouched(found);
	assert_ptr_not_equal(endpoint_of(sibling, next), found);
	assert_untouched(endpoint_of(sibling, next));
}

static void call_free(void **state)
{
	(void)state;
	call_refused(false, MESSAGE_TAG(1, 32, 0), DEADLINE_NEVER);
}

static void call_contended(void **state)
{
	(void)state;
	call_refused(true, MESSAGE_TAG(1, 32, 0), DEADLINE_NEVER);
}

static void long_call_free(void **state)
{
	(void)state;
	call_refused(false, MESSAGE_TAG(1, 100, 0), host_ticks + 1000);
}

static void long_call_contended(void **state)
{
	(void)state;
	call_refused(true, MESSAGE_TAG(1, 100, 0), host_ticks + 1000);
}

/* A server that answers a client, and would wait for the next message. */
static void reply_receive_refused(bool contend, deadline_t deadline)
{
	handle_t kept = make_endpoint(owner, 4);
	struct endpoint *found = endpoint_of(owner, kept);
	handle_t sends = share(owner, kept, owner, RIGHT_SEND, 0);
	named = share(owner, kept, user, RIGHT_RECEIVE, 0);
	assert_int_equal(SYS(owner, call, sends, MESSAGE_TAG(1, 8, 0), 5, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(user, recv, named, DEADLINE_NEVER), STATUS_OK);
	handle_t reply = user->regs.arg[7];
	begin(sibling_endpoint, contend ? &found->lock : NULL);
	assert_int_equal(SYS(user, reply_recv, named, MESSAGE_TAG(2, 8, 0), 6, 0, 0, 0, deadline, reply),
	                 STATUS_BAD_HANDLE);
	assert_int_equal(outcome(owner), STATUS_OK); /* the answer was out */
	assert_int_equal(owner->regs.arg[2], 6);
	assert_untouched(found);
	assert_untouched(endpoint_of(sibling, next));
}

static void reply_receive_free(void **state)
{
	(void)state;
	reply_receive_refused(false, DEADLINE_NEVER);
}

static void reply_receive_contended(void **state)
{
	(void)state;
	reply_receive_refused(true, DEADLINE_NEVER);
}

static void signal_refused(bool contend)
{
	handle_t wait = make_notification(owner);
	struct notification *found = &notification_table[cap_of(owner, wait)->object];
	named = share(owner, wait, user, RIGHT_SIGNAL, 0);
	begin(sibling_notification, contend ? &found->lock : NULL);
	assert_int_equal(SYS(user, notification_signal, named, 3), STATUS_BAD_HANDLE);
	const struct notification *other = &notification_table[cap_of(sibling, next)->object];
	assert_ptr_not_equal(other, found);
	assert_int_equal(found->bits, 0);
	assert_int_equal(other->bits, 0);
	assert_free(&found->lock);
	assert_free(&other->lock);
}

static void signal_free(void **state)
{
	(void)state;
	signal_refused(false);
}

static void signal_contended(void **state)
{
	(void)state;
	signal_refused(true);
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(call_free), T(call_contended), T(long_call_free), T(long_call_contended), T(reply_receive_free),
          T(reply_receive_contended), T(signal_free), T(signal_contended))
