/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Channels: who may attach, what each role may write, how a channel ends: by
 * agreement, by the end of grace, by the end of a process, by the last handle.
 * After each end every frame is back.
 */
#include "../../lib/test/test.h"
#include <arch/host.h>
#include <kernel/channel.h>
#include <kernel/cpu.h>
#include <kernel/frame.h>
#include <kernel/memory.h>
#include <kernel/notification.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <string.h>

#define PAGES 5u
#define BITS 6u

/* 0: creator, 1: the named peer, 2: a stranger. */
static uint32_t process[3];
static struct thread caller[3];
static struct message_page page[3];
static uint32_t free_before;

static uint32_t make_process(uint8_t principal)
{
	uint32_t slot;
	assert_int_equal(object_take(OBJECT_PROCESS, NONE, &slot), STATUS_OK);
	struct process *made = process_of(slot);
	made->state = PROCESS_RUNNING;
	made->id = slot + 50u;
	memset(&made->principal, principal, sizeof made->principal);
	made->pages_limit = made->objects_limit = 1000;
	cap_window_init(slot);
	assert_int_equal(aspace_init(&made->aspace, slot), STATUS_OK);
	return slot;
}

static int setup(void **state)
{
	(void)state;
	host_kernel(64u << 20, 1, 16);
	free_before = frame_free_count();
	for (uint32_t i = 0; i < 3; i++) {
		process[i] = make_process((uint8_t)(i + 1u));
		memset(&caller[i], 0, sizeof caller[i]);
		caller[i].process = process[i];
		caller[i].window = &cap_table[cap_index(process[i], 0)];
		caller[i].page = &page[i];
	}
	return 0;
}

/* As the reaper does it. */
static void process_gone(uint32_t who)
{
	aspace_activate(NULL);
	channel_process_gone(process[who]);
	while (!cap_window_clear_some(process[who], 8))
		continue;
	while (!aspace_clear_some(&process_of(process[who])->aspace, 8))
		continue;
}

static int teardown(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		process_gone(i);
	host_ticks += 10 * CHANNEL_CLOSE_GRACE_NS;
	assert_int_equal(channel_grace(clock_now()), DEADLINE_NEVER);
	assert_int_equal(object_tables[OBJECT_CHANNEL].used, 0);
	assert_int_equal(object_tables[OBJECT_MEMORY].used, 1); /* the audit ring */
	assert_int_equal(object_tables[OBJECT_NOTIFICATION].used, 0);
	assert_int_equal(frame_free_count(), free_before);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(process_of(process[i])->pages, 0);
		assert_int_equal(process_of(process[i])->objects, 0);
	}
	return 0;
}

static status_t call(status_t (*function)(struct thread *), uint32_t who, uint64_t a, uint64_t b, uint64_t c)
{
	caller[who].regs.arg[0] = a;
	caller[who].regs.arg[1] = b;
	caller[who].regs.arg[2] = c;
	return function(&caller[who]);
}

/* A channel from 0 to 1, and 1's handle with these rights. */
static handle_t make_channel(enum channel_role role, uint32_t rights, handle_t *out_peer)
{
	memcpy(page[0].bulk, &process_of(process[1])->principal, sizeof(struct aid));
	assert_int_equal(call(sys_channel_create, 0, PAGES, role, 0), STATUS_OK);
	handle_t handle = caller[0].regs.arg[1];
	assert_int_equal(cap_derive(process[1], cap_index(process[0], HANDLE_SLOT(handle)), handle, rights, 0, out_peer),
	                 STATUS_OK);
	return handle;
}

static uint64_t attach(uint32_t who, handle_t handle)
{
	assert_int_equal(call(sys_channel_attach, who, handle, 0, 0), STATUS_OK);
	assert_int_equal(caller[who].regs.arg[2], PAGES);
	return caller[who].regs.arg[1];
}

static struct channel *channel_of(uint32_t who, handle_t handle)
{
	return &channel_table[cap_table[cap_index(process[who], HANDLE_SLOT(handle))].object];
}

static bool put(uint32_t who, uint64_t address, uint8_t value)
{
	aspace_activate(&process_of(process[who])->aspace);
	return user_copy_out(address, &value, 1);
}

/* The byte, or -1: not readable. */
static int get(uint32_t who, uint64_t address)
{
	uint8_t value;
	aspace_activate(&process_of(process[who])->aspace);
	return user_copy_in(&value, address, 1) ? value : -1;
}

static handle_t make_doorbell(uint32_t who, handle_t channel)
{
	assert_int_equal(call(sys_notification_create, who, 0, 0, 0), STATUS_OK);
	handle_t handle = caller[who].regs.arg[1];
	assert_int_equal(call(sys_channel_bind, who, channel, handle, BITS), STATUS_OK);
	return handle;
}

static uint64_t rung(uint32_t who, handle_t doorbell)
{
	uint32_t slot = cap_table[cap_index(process[who], HANDLE_SLOT(doorbell))].object;
	return __atomic_exchange_n(&notification_table[slot].bits, 0, __ATOMIC_RELAXED);
}

static void roles(void **state)
{
	(void)state;
	static const bool creator_writes[] = {true, false, true};
	static const bool peer_writes[] = {false, true, true};
	for (uint32_t role = 0; role < 3; role++) {
		handle_t peer;
		handle_t own = make_channel((enum channel_role)role, RIGHT_READ | RIGHT_WRITE, &peer);
		uint64_t a = attach(0, own);
		uint64_t b = attach(1, peer);
		assert_int_equal(put(0, a, 1), creator_writes[role]);
		assert_int_equal(get(1, b), creator_writes[role] ? 1 : 0);
		assert_int_equal(put(1, b + PAGE_SIZE, 2), peer_writes[role]);
		assert_int_equal(get(0, a + PAGE_SIZE), peer_writes[role] ? 2 : 0);
		/* Nobody talks himself into more. */
		assert_int_equal(aspace_protect(&process_of(process[1])->aspace, b, PAGES, PROT_READ | PROT_WRITE),
		                 peer_writes[role] ? STATUS_OK : STATUS_DENIED);
	}
}

static void parties_only(void **state)
{
	(void)state;
	handle_t peer;
	handle_t own = make_channel(CHANNEL_CONSUMER, RIGHT_READ, &peer);
	handle_t stray;
	assert_int_equal(cap_derive(process[2], cap_index(process[0], HANDLE_SLOT(own)), own, RIGHT_READ | RIGHT_WRITE, 0,
	                            &stray), STATUS_OK);
	assert_int_equal(call(sys_channel_attach, 2, stray, 0, 0), STATUS_DENIED);
	assert_int_equal(caller[2].regs.arg[1], 0);
	assert_int_equal(call(sys_channel_signal, 2, stray, 0, 0), STATUS_DENIED);
	assert_int_equal(call(sys_channel_close, 2, stray, 0, 0), STATUS_DENIED);
	/* However like the named peer it is. */
	for (uint32_t i = 0; i < sizeof(struct aid); i++) {
		process_of(process[2])->principal = process_of(process[1])->principal;
		process_of(process[2])->principal.bytes[i] ^= 1;
		assert_int_equal(call(sys_channel_attach, 2, stray, 0, 0), STATUS_DENIED);
	}
	/* The named peer writes in this role, but its capability does not say so. */
	assert_int_equal(call(sys_channel_attach, 1, peer, 0, 0), STATUS_DENIED);
	assert_int_equal(caller[1].regs.arg[1], RIGHT_WRITE);
	attach(0, own);
	assert_int_equal(call(sys_channel_attach, 0, own, 0, 0), STATUS_BUSY);
	assert_int_equal(call(sys_channel_attach, 0, own + (1ull << 32), 0, 0), STATUS_BAD_HANDLE);
}

static void refused(void **state)
{
	(void)state;
	assert_int_equal(call(sys_channel_create, 0, 0, 0, 0), STATUS_INVALID);
	assert_int_equal(call(sys_channel_create, 0, CHANNEL_PAGES_MAX + 1u, 0, 0), STATUS_INVALID);
	assert_int_equal(call(sys_channel_create, 0, 1, 3, 0), STATUS_INVALID);
	/* Half a channel is no channel. */
	process_of(process[0])->objects_limit = 2;
	assert_int_equal(call(sys_channel_create, 0, 1, 0, 0), STATUS_QUOTA);
	assert_int_equal(process_of(process[0])->objects, 0);
	process_of(process[0])->objects_limit = 1000;
}

static void doorbells(void **state)
{
	(void)state;
	handle_t peer;
	handle_t own = make_channel(CHANNEL_BOTH, RIGHT_READ | RIGHT_WRITE, &peer);
	handle_t mine = make_doorbell(0, own);
	attach(0, own);
	assert_int_equal(call(sys_channel_signal, 0, own, 0, 0), STATUS_OK); /* nobody listens yet */
	attach(1, peer);
	handle_t theirs = make_doorbell(1, peer);
	assert_int_equal(call(sys_channel_signal, 0, own, 0, 0), STATUS_OK);
	assert_int_equal(rung(1, theirs), BITS);
	assert_int_equal(rung(0, mine), 0);
	assert_int_equal(call(sys_channel_signal, 1, peer, 0, 0), STATUS_OK);
	assert_int_equal(rung(0, mine), BITS);
	/* Binding again replaces. */
	handle_t other = make_doorbell(1, peer);
	assert_int_equal(call(sys_channel_signal, 0, own, 0, 0), STATUS_OK);
	assert_int_equal(rung(1, theirs), 0);
	assert_int_equal(rung(1, other), BITS);
}

static void agreed_end(void **state)
{
	(void)state;
	handle_t peer;
	handle_t own = make_channel(CHANNEL_BOTH, RIGHT_READ | RIGHT_WRITE, &peer);
	uint64_t a = attach(0, own);
	uint64_t b = attach(1, peer);
	handle_t mine = make_doorbell(0, own);
	handle_t theirs = make_doorbell(1, peer);
	assert_true(put(0, a, 9));
	assert_int_equal(call(sys_channel_close, 0, own, 0, 0), STATUS_OK);
	assert_int_equal(rung(1, theirs), BITS | CHANNEL_CLOSING_BIT);
	assert_int_equal(get(0, a), -1);
	assert_int_equal(get(1, b), 9); /* may finish what it is at */
	assert_int_equal(call(sys_channel_signal, 1, peer, 0, 0), STATUS_CLOSED);
	assert_int_equal(call(sys_channel_close, 0, own, 0, 0), STATUS_CLOSED);
	assert_true(channel_valid(channel_of(0, own)));
	assert_int_equal(rung(0, mine), 0);
	assert_int_equal(call(sys_channel_close, 1, peer, 0, 0), STATUS_OK);
	assert_int_equal(rung(0, mine), BITS | CHANNEL_CLOSING_BIT);
	assert_int_equal(get(1, b), -1);
	assert_int_equal(channel_of(0, own)->state, CHANNEL_CLOSED);
	assert_int_equal(object_tables[OBJECT_MEMORY].used, 1); /* the audit ring */
	assert_true(channel_valid(channel_of(0, own)));
	assert_int_equal(call(sys_channel_attach, 1, peer, 0, 0), STATUS_CLOSED);
	assert_int_equal(channel_grace(clock_now() + 10 * CHANNEL_CLOSE_GRACE_NS), DEADLINE_NEVER);
}

static void never_attached(void **state)
{
	(void)state;
	handle_t peer;
	handle_t own = make_channel(CHANNEL_BOTH, RIGHT_READ | RIGHT_WRITE, &peer);
	attach(0, own);
	assert_int_equal(call(sys_channel_close, 0, own, 0, 0), STATUS_OK);
	assert_int_equal(channel_of(0, own)->state, CHANNEL_CLOSED); /* nobody to wait for */
	assert_int_equal(call(sys_channel_attach, 1, peer, 0, 0), STATUS_CLOSED);
}

static void grace_ends(void **state)
{
	(void)state;
	handle_t peer;
	handle_t own = make_channel(CHANNEL_PRODUCER, RIGHT_READ, &peer);
	uint64_t a = attach(0, own);
	uint64_t b = attach(1, peer);
	handle_t mine = make_doorbell(0, own);
	assert_true(put(0, a, 9));
	assert_int_equal(get(1, b), 9);
	assert_int_equal(call(sys_channel_close, 0, own, 0, 0), STATUS_OK);
	deadline_t end = clock_now() + CHANNEL_CLOSE_GRACE_NS;
	assert_int_equal(timer_of(TIMER_GRACE)->deadline, end);
	assert_int_equal(channel_grace(end - 1u), end);
	assert_int_equal(get(1, b), 9);
	uint32_t paid = process_of(process[0])->pages;
	assert_int_equal(channel_grace(end), DEADLINE_NEVER);
	assert_int_equal(timer_of(TIMER_GRACE)->cpu, CPU_NONE);
	/* No fault: zero pages, of its own expense; the creator has its frames back. */
	assert_int_equal(get(1, b), 0);
	assert_false(put(1, b, 1));
	assert_true(process_of(process[0])->pages < paid);
	assert_int_equal(rung(0, mine), BITS | CHANNEL_CLOSING_BIT);
	assert_int_equal(call(sys_channel_close, 1, peer, 0, 0), STATUS_CLOSED);
	assert_true(aspace_valid(&process_of(process[1])->aspace));
}

static void creator_dies(void **state)
{
	(void)state;
	handle_t peer;
	handle_t own = make_channel(CHANNEL_BOTH, RIGHT_READ | RIGHT_WRITE, &peer);
	uint64_t a = attach(0, own);
	uint64_t b = attach(1, peer);
	handle_t theirs = make_doorbell(1, peer);
	make_doorbell(0, own);
	assert_true(put(0, a, 9));
	process_gone(0);
	assert_int_equal(rung(1, theirs), BITS | CHANNEL_CLOSING_BIT);
	assert_int_equal(get(1, b), 9);
	assert_int_equal(channel_grace(clock_now() + 2 * CHANNEL_CLOSE_GRACE_NS), DEADLINE_NEVER);
	assert_int_equal(get(1, b), 0);
}

static void both_die(void **state)
{
	(void)state;
	handle_t peer;
	handle_t own = make_channel(CHANNEL_BOTH, RIGHT_READ | RIGHT_WRITE, &peer);
	attach(0, own);
	attach(1, peer);
	process_gone(1);
	process_gone(0);
	assert_int_equal(object_tables[OBJECT_MEMORY].used, 1); /* the audit ring */ /* nobody to wait for: nothing waits */
}

static void last_handle(void **state)
{
	(void)state;
	handle_t peer;
	handle_t own = make_channel(CHANNEL_BOTH, RIGHT_READ | RIGHT_WRITE, &peer);
	uint64_t a = attach(0, own);
	uint64_t b = attach(1, peer);
	assert_true(put(0, a, 9));
	assert_int_equal(cap_remove(cap_index(process[1], HANDLE_SLOT(peer)), peer), STATUS_OK);
	assert_int_equal(get(1, b), 9);
	assert_int_equal(cap_remove(cap_index(process[0], HANDLE_SLOT(own)), own), STATUS_OK);
	assert_int_equal(get(0, a), -1);
	assert_int_equal(get(1, b), 0);
	assert_int_equal(process_of(process[0])->pages, 1); /* its root: the zero page is not its expense */
}

/* Several closings, in order; some agree before their time. */
static void many_graces(void **state)
{
	(void)state;
	handle_t own[6];
	handle_t peer[6];
	uint64_t b[6];
	for (uint32_t i = 0; i < 6; i++) {
		own[i] = make_channel(CHANNEL_BOTH, RIGHT_READ | RIGHT_WRITE, &peer[i]);
		uint64_t a = attach(0, own[i]);
		b[i] = attach(1, peer[i]);
		assert_true(put(0, a, 9));
		assert_int_equal(call(sys_channel_close, i % 2u, i % 2u ? peer[i] : own[i], 0, 0), STATUS_OK);
		host_ticks += 1000;
	}
	assert_int_equal(call(sys_channel_close, 1, peer[0], 0, 0), STATUS_OK);
	assert_int_equal(call(sys_channel_close, 1, peer[4], 0, 0), STATUS_OK);
	assert_int_equal(call(sys_channel_close, 0, own[5], 0, 0), STATUS_OK);
	deadline_t end = channel_grace(clock_now());
	assert_int_equal(end, channel_of(0, own[1])->grace_end);
	assert_int_equal(channel_grace(end), end + 1000u);
	assert_int_equal(get(1, b[2]), 9);
	assert_int_equal(channel_grace(end + 2000u), DEADLINE_NEVER);
	assert_int_equal(get(1, b[2]), 0);
	assert_int_equal(object_tables[OBJECT_MEMORY].used, 4); /* the audit ring; zero pages: of 1 in [2], of 0 in [1] and [3] */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
TEST_MAIN(TEST(roles), TEST(parties_only), TEST(refused), TEST(doorbells), TEST(agreed_end),
          TEST(never_attached), TEST(grace_ends), TEST(creator_dies), TEST(both_die), TEST(last_handle),
          TEST(many_graces))
