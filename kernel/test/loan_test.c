/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A page lent with a call: who sees it, for how long, whose it is afterwards, and who pays for it. */
#include "harness.h"
#include <kernel/loan.h>

static struct thread *server;
static struct thread *client;
static struct thread *other;
static handle_t receive; /* server's */
static handle_t sends;   /* client's */
static handle_t sends_2; /* other's */

static int setup(void **state)
{
	(void)state;
	harness_start(1);
	server = make_process(16);
	client = make_process(16);
	other = make_process(16);
	receive = make_endpoint(server, 4);
	sends = share(server, receive, client, RIGHT_SEND, 0);
	sends_2 = share(server, receive, other, RIGHT_SEND, 0);
	return 0;
}

/* What a thread would do itself. */
static bool poke(struct thread *thread, uint64_t offset, uint8_t value)
{
	run(thread);
	return user_copy_out(thread->page_user + offset, &value, 1);
}

/* -1: nothing is there. */
static int peek(struct thread *thread, uint64_t offset)
{
	uint8_t value;
	run(thread);
	return user_copy_in(&value, thread->page_user + offset, 1) ? value : -1;
}

static uint32_t lend(struct thread *thread, handle_t endpoint, deadline_t deadline)
{
	return SYS(thread, call, endpoint, MESSAGE_TAG(1, 0, 0) | MESSAGE_LEND, 0, 0, 0, 0, deadline);
}

static uint32_t answer(handle_t reply)
{
	return SYS(server, reply, reply, MESSAGE_TAG(0, 0, 0));
}

/* A byte in the client's loan, which the server has received. */
static handle_t lent(uint8_t value, deadline_t deadline)
{
	assert_true(poke(client, MESSAGE_LOAN_OFFSET, value));
	assert_int_equal(lend(client, sends, deadline), BLOCKED);
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NOW), STATUS_OK);
	assert_int_equal(server->regs.arg[1], MESSAGE_TAG(1, 0, 0) | MESSAGE_LEND);
	assert_int_equal(peek(server, MESSAGE_WINDOW_OFFSET), value);
	return server->regs.arg[7];
}

static uint32_t pages_of(const struct thread *thread)
{
	return thread->owner->pages;
}

/* ---- there and back ---- */

static void handed_over(void **state)
{
	(void)state;
	assert_true(poke(client, MESSAGE_LOAN_OFFSET, 7));
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(lend(client, sends, DEADLINE_NEVER), BLOCKED);
	assert_ptr_equal(current_thread(), server);
	assert_int_equal(peek(server, MESSAGE_WINDOW_OFFSET), 7);
	assert_true(poke(server, MESSAGE_WINDOW_OFFSET, 8)); /* the answer may be written there */
	handle_t reply = server->regs.arg[7];
	assert_int_equal(SYS(server, reply_recv, receive, MESSAGE_TAG(0, 0, 0), 0, 0, 0, 0, DEADLINE_NEVER, reply), BLOCKED);
	assert_ptr_equal(current_thread(), client);
	assert_int_equal(outcome(client), STATUS_OK);
	assert_int_equal(client->loan_to, NONE);
	assert_int_equal(server->lender, NONE);
	assert_false(arch_pte_present(server->page_entries[MESSAGE_WINDOW_OFFSET / PAGE_SIZE]));
	assert_int_equal(peek(client, MESSAGE_LOAN_OFFSET), 8);
}

static void from_the_line(void **state)
{
	(void)state;
	handle_t reply = lent(9, DEADLINE_NEVER);
	assert_int_equal(answer(reply), STATUS_OK);
	assert_int_equal(outcome(client), STATUS_OK);
	assert_int_equal(peek(server, MESSAGE_WINDOW_OFFSET), -1);
	assert_int_equal(peek(client, MESSAGE_LOAN_OFFSET), 9);
}

/* Any thread of the server may answer; the window is that of the one who received. */
static void answered_by_sibling(void **state)
{
	(void)state;
	struct thread *sibling = make_thread(server, 16);
	handle_t reply = lent(10, DEADLINE_NEVER);
	assert_int_equal(peek(sibling, MESSAGE_WINDOW_OFFSET), -1);
	assert_int_equal(SYS(sibling, reply, reply, MESSAGE_TAG(0, 0, 0)), STATUS_OK);
	assert_int_equal(peek(server, MESSAGE_WINDOW_OFFSET), -1);
	assert_int_equal(peek(client, MESSAGE_LOAN_OFFSET), 10);
}

/* ---- what is refused, and changes nothing ---- */

static void refused(void **state)
{
	(void)state;
	assert_int_equal(lend(client, sends, DEADLINE_NEVER), STATUS_INVALID); /* never touched */
	assert_true(poke(client, MESSAGE_LOAN_OFFSET, 1));
	assert_int_equal(SYS(client, send, sends, MESSAGE_TAG(1, 0, 0) | MESSAGE_LEND), STATUS_INVALID);
	handle_t reply = lent(2, DEADLINE_NEVER);
	assert_int_equal(SYS(server, reply, reply, MESSAGE_TAG(0, 0, 0) | MESSAGE_LEND), STATUS_INVALID);
	assert_int_equal(SYS(server, reply_recv, receive, MESSAGE_TAG(0, 0, 0) | MESSAGE_LEND, 0, 0, 0, 0, DEADLINE_NOW, reply),
	                 STATUS_INVALID);
	assert_int_equal(answer(reply), STATUS_OK);
}

/* An empty window is nowhere; the page after it guards the next thread's. */
static void places(void **state)
{
	(void)state;
	enum fault_kind kind;
	struct aspace *aspace = &client->owner->aspace;
	uint64_t page = client->page_user;
	assert_int_equal(aspace_fault(aspace, page + MESSAGE_WINDOW_OFFSET, FAULT_READ, &kind), STATUS_NOT_FOUND);
	assert_int_equal(kind, FAULT_UNMAPPED);
	assert_int_equal(peek(client, MESSAGE_WINDOW_OFFSET), -1);
	assert_int_equal(peek(client, MESSAGE_WINDOW_OFFSET + PAGE_SIZE), -1);
	assert_int_equal(SYS(client, memory_unmap, page + MESSAGE_LOAN_OFFSET, 1), STATUS_INVALID);
	assert_int_equal(SYS(client, memory_protect, page + MESSAGE_LOAN_OFFSET, 1, PROT_READ), STATUS_INVALID);
}

/* ---- who pays ---- */

static void charged(void **state)
{
	(void)state;
	uint32_t before = pages_of(client);
	client->owner->pages_limit = before;
	assert_false(poke(client, MESSAGE_LOAN_OFFSET, 1));
	assert_int_equal(pages_of(client), before);
	client->owner->pages_limit = before + 1u;
	assert_true(poke(client, MESSAGE_LOAN_OFFSET, 1));
	assert_int_equal(pages_of(client), before + 1u);
}

/* ---- calls that end without an answer ---- */

/* The page is the server's, who reads on; the caller's next one is another, and empty. */
static void kept_by_server(uint32_t clients, uint32_t servers)
{
	assert_int_equal(pages_of(client), clients - 1u);
	assert_int_equal(pages_of(server), servers + 1u);
	assert_int_equal(client->loan_to, NONE);
	assert_int_equal(server->lender, NONE);
	assert_int_equal(peek(server, MESSAGE_WINDOW_OFFSET), 21);
	assert_int_equal(peek(client, MESSAGE_LOAN_OFFSET), 0);
	assert_true(poke(client, MESSAGE_LOAN_OFFSET, 22));
	assert_int_equal(peek(server, MESSAGE_WINDOW_OFFSET), 21);
}

static void timed_out(void **state)
{
	(void)state;
	deadline_t deadline = host_ticks + 5000;
	handle_t reply = lent(21, deadline);
	uint32_t clients = pages_of(client), servers = pages_of(server);
	server->owner->pages_limit = servers; /* no reason to lose it */
	pass_until(deadline + 2);
	assert_int_equal(outcome(client), STATUS_TIMED_OUT);
	kept_by_server(clients, servers);
	assert_int_equal(answer(reply), STATUS_GONE);
	assert_int_equal(peek(server, MESSAGE_WINDOW_OFFSET), 21);
	/* Until it receives the next one. */
	reply = lent(23, DEADLINE_NEVER);
	assert_int_equal(pages_of(server), servers);
	assert_int_equal(answer(reply), STATUS_OK);
	assert_int_equal(peek(server, MESSAGE_WINDOW_OFFSET), -1);
}

static void revoked(void **state)
{
	(void)state;
	(void)lent(21, DEADLINE_NEVER);
	uint32_t clients = pages_of(client), servers = pages_of(server);
	assert_int_equal(SYS(server, cap_revoke, receive), STATUS_OK);
	assert_int_equal(outcome(client), STATUS_REVOKED);
	kept_by_server(clients, servers);
}

static void caller_killed(void **state)
{
	(void)state;
	uint32_t servers = pages_of(server);
	handle_t reply = lent(21, DEADLINE_NEVER);
	process_end(client->process, 1, true, NULL);
	settle();
	assert_int_equal(peek(server, MESSAGE_WINDOW_OFFSET), 21);
	assert_int_equal(pages_of(server), servers + 1u);
	assert_int_equal(answer(reply), STATUS_GONE);
}

/* ---- servers ---- */

/* One window, one page: the later one is seen, and both are answered. */
static void two_callers(void **state)
{
	(void)state;
	handle_t first = lent(31, DEADLINE_NEVER);
	assert_true(poke(other, MESSAGE_LOAN_OFFSET, 32));
	assert_int_equal(lend(other, sends_2, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NOW), STATUS_OK);
	handle_t second = server->regs.arg[7];
	assert_int_equal(peek(server, MESSAGE_WINDOW_OFFSET), 32);
	assert_int_equal(client->loan_to, NONE);
	assert_int_equal(answer(first), STATUS_OK);
	assert_int_equal(peek(client, MESSAGE_LOAN_OFFSET), 31);
	assert_int_equal(peek(server, MESSAGE_WINDOW_OFFSET), 32);
	assert_int_equal(answer(second), STATUS_OK);
	assert_int_equal(peek(server, MESSAGE_WINDOW_OFFSET), -1);
	assert_int_equal(peek(other, MESSAGE_LOAN_OFFSET), 32);
}

/* A thread of the server ends, the others answer: the page is the caller's all the time. */
static void receiver_ends(void **state)
{
	(void)state;
	struct thread *sibling = make_thread(server, 16);
	assert_true(poke(client, MESSAGE_LOAN_OFFSET, 33));
	assert_int_equal(lend(client, sends, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(sibling, recv, receive, DEADLINE_NOW), STATUS_OK);
	handle_t reply = sibling->regs.arg[7];
	assert_int_equal(SYS(sibling, thread_exit), ENDED);
	assert_int_equal(client->loan_to, NONE);
	assert_int_equal(answer(reply), STATUS_OK);
	assert_int_equal(peek(client, MESSAGE_LOAN_OFFSET), 33);
}

/* A server that ends: whoever called has lost the page, as it has the message; every frame comes back. */
static void server_killed(void **state)
{
	(void)state;
	uint64_t before = frame_free_count();
	uint32_t clients = pages_of(client);
	struct thread *another = make_process(16);
	handle_t own = make_endpoint(another, 1);
	handle_t to = share(another, own, client, RIGHT_SEND, 0);
	assert_true(poke(client, MESSAGE_LOAN_OFFSET, 34));
	assert_int_equal(lend(client, to, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(another, recv, own, DEADLINE_NOW), STATUS_OK);
	assert_true(poke(another, MESSAGE_LOAN_OFFSET, 35)); /* the main thread's own, too */
	process_end(another->process, 1, true, NULL);
	settle();
	assert_int_equal(outcome(client), STATUS_GONE);
	assert_int_equal(client->loan_to, NONE);
	assert_int_equal(pages_of(client), clients);
	assert_int_equal(frame_free_count(), before);
}

/* To oneself: from one thread of a program to another. */
static void within_a_program(void **state)
{
	(void)state;
	struct thread *sibling = make_thread(server, 16);
	handle_t own = share(server, receive, server, RIGHT_SEND, 0);
	assert_true(poke(sibling, MESSAGE_LOAN_OFFSET, 36));
	assert_int_equal(lend(sibling, own, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(server, recv, receive, DEADLINE_NOW), STATUS_OK);
	assert_int_equal(peek(server, MESSAGE_WINDOW_OFFSET), 36);
	assert_int_equal(answer(server->regs.arg[7]), STATUS_OK);
	assert_int_equal(peek(sibling, MESSAGE_LOAN_OFFSET), 36);
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(handed_over), T(from_the_line), T(answered_by_sibling), T(refused), T(places), T(charged), T(timed_out),
          T(revoked), T(caller_killed), T(two_callers), T(receiver_ends), T(server_killed), T(within_a_program))
