/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Audit: what is recorded, in which order, and that nothing is lost without being counted. */
#include "harness.h"
#include <kernel/audit.h>
#include <kernel/random.h>
#include <kernel/wall_clock.h>
#include <pthread.h>
#include <unistd.h>

static struct thread *first;

static struct audit_header header_now(void)
{
	struct audit_header header;
	assert_int_equal(memory_read(audit_memory(), 0, &header, sizeof header), STATUS_OK);
	return header;
}

static uint64_t produced(void)
{
	return header_now().produced;
}

static struct audit_event event_at(uint64_t number)
{
	struct audit_event event;
	uint64_t offset = AUDIT_EVENTS_OFFSET + number % AUDIT_CAPACITY * sizeof event;
	assert_int_equal(memory_read(audit_memory(), offset, &event, sizeof event), STATUS_OK);
	return event;
}

/* The last event of a kind, which must lie at or after `from`. */
static struct audit_event last_of(enum audit_kind kind, uint64_t from)
{
	for (uint64_t number = produced(); number > from; number--) {
		struct audit_event event = event_at(number - 1u);
		if (event.kind == kind)
			return event;
	}
	fail_msg("no event of kind %u since %llu", (unsigned)kind, (unsigned long long)from);
	return (struct audit_event){0};
}

static uint64_t count_of(enum audit_kind kind, uint64_t from)
{
	uint64_t count = 0;
	for (uint64_t number = from; number < produced(); number++)
		count += event_at(number).kind == kind;
	return count;
}

static void expect(const struct audit_event *event, uint64_t object, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	assert_int_equal(event->object, object);
	assert_int_equal(event->arguments[0], a);
	assert_int_equal(event->arguments[1], b);
	assert_int_equal(event->arguments[2], c);
	assert_int_equal(event->arguments[3], d);
}

static int setup(void **state)
{
	(void)state;
	harness_start(2);
	first = make_process(10);
	return 0;
}

/* ---- the ring ---- */

static void indices(void **state)
{
	(void)state;
	for (uint64_t number = 0; number < 3 * AUDIT_CAPACITY; number++) {
		assert_int_equal(audit_page(number) * AUDIT_PAGE_EVENTS + audit_place(number), number % AUDIT_CAPACITY);
		assert_true(audit_page(number) < AUDIT_PAGES);
	}
	assert_int_equal(audit_page(UINT64_MAX), AUDIT_PAGES - 1u);
	assert_int_equal(audit_place(UINT64_MAX), AUDIT_PAGE_EVENTS - 1u);
	assert_int_equal(audit_staging_place(UINT32_MAX), AUDIT_STAGED_MAX - 1u);
	assert_int_equal(audit_room(0, 0), AUDIT_STAGED_MAX);
	assert_int_equal(audit_room(3, UINT32_MAX - 3u), AUDIT_STAGED_MAX - 7u); /* across the wrap */
	assert_int_equal(audit_room(AUDIT_STAGED_MAX, 0), 0);
}

static void ring_describes_itself(void **state)
{
	(void)state;
	struct audit_header header = header_now();
	assert_int_equal(header.magic, AUDIT_MAGIC);
	assert_int_equal(header.version, 1);
	assert_int_equal(header.capacity, AUDIT_CAPACITY);
	assert_int_equal(header.dropped, 0);
	assert_int_equal(memory_table[audit_memory()].flags & MEMORY_SEALED, MEMORY_SEALED);
	assert_int_equal(memory_write(audit_memory(), 0, &header, sizeof header), STATUS_DENIED);
}

static void event_is_whole(void **state)
{
	(void)state;
	uint64_t from = produced();
	host_ticks += 5000;
	audit_emit(AUDIT_CLOCK_SET, 7, 8, 1, 2, 3, 4);
	assert_int_equal(produced(), from + 1);
	struct audit_event event = event_at(from);
	assert_int_equal(event.kind, AUDIT_CLOCK_SET);
	assert_int_equal(event.flags, 0);
	assert_int_equal(event.cpu, 0);
	assert_int_equal(event.time_ns, clock_now());
	assert_int_equal(event.subject, 7);
	expect(&event, 8, 1, 2, 3, 4);
}

static void every_cpu_counts_its_own(void **state)
{
	(void)state;
	uint64_t from = produced();
	on_cpu(1);
	audit_emit(AUDIT_CLOCK_SET, 0, 0, 0, 0, 0, 0);
	on_cpu(0);
	audit_emit(AUDIT_CLOCK_SET, 0, 0, 0, 0, 0, 0);
	on_cpu(1);
	audit_emit(AUDIT_CLOCK_SET, 0, 0, 0, 0, 0, 0);
	assert_int_equal(event_at(from).cpu, 1);
	assert_int_equal(event_at(from + 1).cpu, 0);
	assert_int_equal(event_at(from + 2).cpu, 1);
	assert_int_equal(event_at(from + 2).sequence, event_at(from).sequence + 1u);
}

/* Three times round: the last AUDIT_CAPACITY are there, each in its place. */
static void wraps(void **state)
{
	(void)state;
	uint64_t from = produced();
	for (uint64_t i = 0; i < 3 * AUDIT_CAPACITY + 5; i++)
		audit_emit(AUDIT_CLOCK_SET, 0, i, 0, 0, 0, 0);
	assert_int_equal(produced(), from + 3 * AUDIT_CAPACITY + 5);
	for (uint64_t number = produced() - AUDIT_CAPACITY; number < produced(); number++)
		assert_int_equal(event_at(number).object, number - from);
	assert_true(audit_valid());
}

/* Somebody else has the lock: events wait where they were staged, and go with the next that gets it. */
static void staged_while_the_ring_is_held(void **state)
{
	(void)state;
	uint64_t from = produced();
	on_cpu(1);
	lock_acquire(&audit_lock, LOCK_AUDIT);
	on_cpu(0);
	for (uint64_t i = 0; i < AUDIT_STAGED_MAX; i++)
		audit_emit(AUDIT_CLOCK_SET, 0, i, 0, 0, 0, 0);
	assert_int_equal(produced(), from);
	on_cpu(1);
	lock_release(&audit_lock, LOCK_AUDIT);
	audit_emit(AUDIT_CLOCK_SET, 0, 99, 0, 0, 0, 0);
	on_cpu(0);
	assert_int_equal(produced(), from + AUDIT_STAGED_MAX + 1);
	for (uint64_t i = 0; i < AUDIT_STAGED_MAX; i++)
		assert_int_equal(event_at(from + i).object, i);
	assert_int_equal(header_now().dropped, 0);
}

/* Sampled events do not wait for room: they are dropped, numbered and counted, all of them. */
static void dropped_is_exact(void **state)
{
	(void)state;
	handle_t endpoint = make_endpoint(first, 0);
	const struct cap *cap = cap_of(first, endpoint);
	uint64_t from = produced();
	on_cpu(1);
	lock_acquire(&audit_lock, LOCK_AUDIT);
	on_cpu(0);
	for (uint64_t i = 0; i < AUDIT_STAGED_MAX; i++)
		audit_emit(AUDIT_CLOCK_SET, 0, i, 0, 0, 0, 0);
	for (uint32_t i = 0; i < 5; i++)
		audit_message(AUDIT_IPC_CALL, first, cap, NONE, 0);
	on_cpu(1);
	lock_release(&audit_lock, LOCK_AUDIT);
	on_cpu(0);
	assert_true(host_cpu->arch.ipi); /* it asked itself back */
	trap_ipi();
	assert_int_equal(produced(), from + AUDIT_STAGED_MAX + 1);
	struct audit_event last = event_at(from + AUDIT_STAGED_MAX);
	assert_int_equal(last.kind, AUDIT_DROPPED);
	expect(&last, 0, 5, 0, 0, 0);
	assert_int_equal(last.sequence, event_at(from + AUDIT_STAGED_MAX - 1).sequence + 6u); /* the hole */
	assert_int_equal(header_now().dropped, 5);
	for (uint32_t i = 0; i < 3; i++)
		audit_emit(AUDIT_CLOCK_SET, 0, 0, 0, 0, 0, 0);
	assert_int_equal(header_now().dropped, 5);
	assert_int_equal(count_of(AUDIT_DROPPED, from), 1);
}

static void *let_go_later(void *unused)
{
	(void)unused;
	usleep(20000);
	__atomic_store_n(&audit_lock.serving, audit_lock.serving + 1u, __ATOMIC_RELEASE);
	return NULL;
}

/* What must not be dropped waits for the lock when its CPU's staging is full. */
static void full_staging_waits(void **state)
{
	(void)state;
	pthread_t holder;
	uint64_t from = produced();
	__atomic_fetch_add(&audit_lock.next, 1u, __ATOMIC_RELAXED); /* taken by none of the CPUs */
	for (uint64_t i = 0; i < AUDIT_STAGED_MAX; i++)
		audit_emit(AUDIT_CLOCK_SET, 0, i, 0, 0, 0, 0);
	assert_int_equal(produced(), from);
	assert_int_equal(pthread_create(&holder, NULL, let_go_later, NULL), 0);
	audit_emit(AUDIT_CLOCK_SET, 0, 1000, 0, 0, 0, 0);
	assert_int_equal(pthread_join(holder, NULL), 0);
	assert_int_equal(produced(), from + AUDIT_STAGED_MAX + 1);
	assert_int_equal(event_at(from + AUDIT_STAGED_MAX).object, 1000);
	assert_int_equal(header_now().dropped, 0);
}

/* ---- what is recorded ---- */

static void refused_capability(void **state)
{
	(void)state;
	handle_t endpoint = make_endpoint(first, 0);
	assert_int_equal(SYS(first, cap_mint, endpoint, RIGHT_RECEIVE, 0), STATUS_OK);
	handle_t weak = first->regs.arg[1];
	uint64_t object = AUDIT_OBJECT(OBJECT_ENDPOINT, cap_of(first, weak)->object);
	uint64_t from = produced();

	assert_int_equal(SYS(first, send, weak, 0), STATUS_DENIED);
	struct audit_event event = last_of(AUDIT_CAP_DENIED, from);
	assert_int_equal(event.subject, first->owner->id);
	expect(&event, object, SYSCALL_send, RIGHT_SEND, weak, STATUS_DENIED);

	assert_int_equal(SYS(first, notification_wait, endpoint, 0), STATUS_WRONG_TYPE);
	event = last_of(AUDIT_CAP_DENIED, from + 1);
	expect(&event, object, SYSCALL_notification_wait, 0, endpoint, STATUS_WRONG_TYPE);

	handle_t stale = endpoint + (2ull << 32);
	assert_int_equal(SYS(first, send, stale, 0), STATUS_BAD_HANDLE);
	event = last_of(AUDIT_CAP_DENIED, from + 2);
	expect(&event, 0, SYSCALL_send, 0, stale, STATUS_BAD_HANDLE);
	assert_int_equal(produced(), from + 3);
}

/* Of several handles, the one that was refused is named. */
static void refused_second_handle(void **state)
{
	(void)state;
	handle_t endpoint = make_endpoint(first, 0);
	handle_t notification = make_notification(first);
	assert_int_equal(SYS(first, cap_mint, notification, RIGHT_SIGNAL, 0), STATUS_OK);
	handle_t weak = first->regs.arg[1];
	uint64_t from = produced();
	assert_int_equal(SYS(first, notification_bind, weak, endpoint), STATUS_DENIED);
	assert_int_equal(last_of(AUDIT_CAP_DENIED, from).arguments[2], weak);
	assert_int_equal(SYS(first, notification_bind, notification, notification), STATUS_WRONG_TYPE);
	assert_int_equal(last_of(AUDIT_CAP_DENIED, from + 1).arguments[2], notification);
	/* In a message. */
	first->page->caps[0] = (struct message_cap){weak, RIGHT_SIGNAL, 0};
	assert_int_equal(SYS(first, call, endpoint, MESSAGE_TAG(0, 0, 1)), STATUS_DENIED);
	struct audit_event event = last_of(AUDIT_CAP_DENIED, from + 2);
	assert_int_equal(event.arguments[1], RIGHT_GRANT);
	assert_int_equal(event.arguments[2], weak);
	/* It may be passed on, but not with more rights than it has. */
	assert_int_equal(SYS(first, cap_mint, notification, RIGHT_SIGNAL | RIGHT_GRANT, 0), STATUS_OK);
	handle_t grantable = first->regs.arg[1];
	first->page->caps[0] = (struct message_cap){grantable, RIGHT_SIGNAL | RIGHT_WAIT, 0};
	from = produced();
	assert_int_equal(SYS(first, call, endpoint, MESSAGE_TAG(0, 0, 1)), STATUS_DENIED);
	assert_int_equal(first->regs.arg[1], RIGHT_WAIT);
	event = last_of(AUDIT_CAP_DENIED, from);
	expect(&event, AUDIT_OBJECT(OBJECT_NOTIFICATION, cap_of(first, grantable)->object), SYSCALL_call, RIGHT_WAIT,
	       grantable, STATUS_DENIED);
}

static void refused_call(void **state)
{
	(void)state;
	uint64_t from = produced();
	first->owner->syscall_mask &= ~(1ull << SYSCALL_endpoint_create);
	assert_int_equal(SYS(first, endpoint_create, 0), STATUS_POLICY);
	struct audit_event event = last_of(AUDIT_SYSCALL_DENIED, from);
	assert_int_equal(event.subject, first->owner->id);
	expect(&event, 0, SYSCALL_endpoint_create, first->owner->syscall_mask, 0, 0);
}

static void refused_argument(void **state)
{
	(void)state;
	uint64_t from = produced();
	assert_int_equal(SYS(first, memory_unmap, 0x123, 7), STATUS_INVALID);
	struct audit_event event = last_of(AUDIT_BAD_ARGUMENT, from);
	expect(&event, 0, SYSCALL_memory_unmap, STATUS_INVALID, 0x123, 7);
	assert_int_equal(harness_syscall(first, SYSCALL_COUNT + 9, (const uint64_t[8]){5}), STATUS_UNKNOWN_SYSCALL);
	event = last_of(AUDIT_BAD_ARGUMENT, from + 1);
	expect(&event, 0, SYSCALL_COUNT + 9, STATUS_UNKNOWN_SYSCALL, 5, 0);
	/* An answer that nobody waits for. */
	assert_int_equal(SYS(first, reply, HANDLE(HANDLE_REPLY | 3, 5), 0), STATUS_GONE);
	event = last_of(AUDIT_BAD_ARGUMENT, from + 2);
	expect(&event, 0, SYSCALL_reply, STATUS_GONE, HANDLE(HANDLE_REPLY | 3, 5), 0);
	assert_int_equal(produced(), from + 3);
}

static void outcomes_that_are_no_refusal(void **state)
{
	(void)state;
	handle_t endpoint = make_endpoint(first, 1);
	handle_t notification = make_notification(first);
	uint64_t from = produced();
	assert_int_equal(SYS(first, recv, endpoint, DEADLINE_NOW), STATUS_TIMED_OUT);
	assert_int_equal(SYS(first, notification_wait, notification, DEADLINE_NOW), STATUS_TIMED_OUT);
	assert_int_equal(SYS(first, send, endpoint, 0), STATUS_OK);
	assert_int_equal(SYS(first, send, endpoint, 0), STATUS_FULL);
	assert_int_equal(SYS(first, cap_info, 0, CSPACE_SLOTS - 1u), STATUS_NOT_FOUND);
	assert_int_equal(produced(), from);
}

static void grants(void **state)
{
	(void)state;
	struct thread *second = make_process(10);
	handle_t endpoint = make_endpoint(first, 0);
	uint64_t object = AUDIT_OBJECT(OBJECT_ENDPOINT, cap_of(first, endpoint)->object);
	uint64_t from = produced();
	assert_int_equal(SYS(first, cap_mint, endpoint, RIGHT_SEND, 9), STATUS_OK);
	struct audit_event event = last_of(AUDIT_CAP_GRANTED, from);
	assert_int_equal(event.subject, first->owner->id);
	expect(&event, object, RIGHT_SEND, first->owner->id, 9, first->regs.arg[1]);
	/* In a message: once derived, once moved. */
	handle_t server = share(first, endpoint, second, RIGHT_RECEIVE, 0);
	assert_int_equal(SYS(second, recv, server, DEADLINE_NEVER), BLOCKED);
	handle_t notification = make_notification(first);
	handle_t moved = make_notification(first);
	first->page->caps[0] = (struct message_cap){notification, RIGHT_SIGNAL, 0};
	first->page->caps[1] = (struct message_cap){moved, 0, MESSAGE_CAP_MOVE};
	from = produced();
	assert_int_equal(SYS(first, call, endpoint, MESSAGE_TAG(0, 0, 2), 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(count_of(AUDIT_CAP_GRANTED, from), 2);
	for (uint32_t i = 0; i < 2; i++) {
		event = event_at(from + i);
		assert_int_equal(event.subject, first->owner->id);
		assert_int_equal(event.arguments[0], i == 0 ? RIGHT_SIGNAL : RIGHTS_ALL);
		assert_int_equal(event.arguments[1], second->owner->id);
		assert_int_equal(event.arguments[3], second->page->caps[i].handle);
	}
}

/* Checked when it was sent, and something else by the time it is received. */
static void not_passed(void **state)
{
	(void)state;
	struct thread *second = make_process(10);
	handle_t endpoint = make_endpoint(first, 0);
	handle_t sender = share(first, endpoint, second, RIGHT_SEND, 0);
	handle_t good = make_notification(second);
	assert_int_equal(SYS(second, cap_mint, good, RIGHT_WAIT, 0), STATUS_OK);
	handle_t weak = second->regs.arg[1];
	second->page->caps[0] = (struct message_cap){good, RIGHT_WAIT, 0};
	second->page->caps[1] = (struct message_cap){good, RIGHT_WAIT, 0};
	assert_int_equal(SYS(second, call, sender, MESSAGE_TAG(0, 0, 2), 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	second->page->caps[0].handle = weak;
	second->page->caps[1].handle = HANDLE(CSPACE_SLOTS + 7u, 1);
	uint64_t from = produced();
	assert_int_equal(SYS(first, recv, endpoint, DEADLINE_NEVER), STATUS_OK);
	assert_int_equal(first->page->caps[0].handle, HANDLE_NONE);
	assert_int_equal(count_of(AUDIT_CAP_DENIED, from), 2);
	struct audit_event event = event_at(from);
	assert_int_equal(event.subject, second->owner->id);
	expect(&event, AUDIT_OBJECT(OBJECT_NOTIFICATION, cap_of(second, good)->object), SYSCALL_call, 0, weak,
	       STATUS_DENIED);
	event = event_at(from + 1);
	expect(&event, 0, SYSCALL_call, 0, HANDLE(CSPACE_SLOTS + 7u, 1), STATUS_BAD_HANDLE);
}

static void lives(void **state)
{
	(void)state;
	uint64_t from = produced();
	struct thread *second = make_process(10);
	uint64_t id = second->owner->id;
	uint32_t slot = second->process;
	struct audit_event event = last_of(AUDIT_PROCESS_CREATED, from);
	assert_int_equal(event.subject, id);
	assert_int_equal(event.object, 0);
	assert_memory_equal(event.arguments, &second->owner->principal, AID_SIZE);
	host_ticks += 1000;
	run(second);
	trap_fault(second, FAULT_INSTRUCTION, FAULT_EXECUTE, 0x1234);
	event = last_of(AUDIT_FAULT, from);
	assert_int_equal(event.subject, id);
	expect(&event, slot, FAULT_INSTRUCTION, 0x1234, arch_regs_pc(&second->regs), FAULT_EXECUTE);
	settle();
	event = last_of(AUDIT_PROCESS_ENDED, from);
	assert_int_equal(event.subject, id);
	assert_int_equal(event.object, slot);
	assert_true(event.arguments[1] >= 1000);
	assert_int_equal(event.arguments[2], 1);
	assert_int_equal(event.arguments[3], FAULT_INSTRUCTION);
}

static void channels(void **state)
{
	(void)state;
	uint64_t from = produced();
	uint64_t id = first->owner->id;
	memcpy(first->page->bulk, &first->owner->principal, AID_SIZE);
	assert_int_equal(SYS(first, channel_create, 2, CHANNEL_BOTH), STATUS_OK);
	handle_t channel = first->regs.arg[1];
	uint32_t slot = cap_of(first, channel)->object;
	struct audit_event event = last_of(AUDIT_CHANNEL_CREATED, from);
	assert_int_equal(event.subject, id);
	expect(&event, slot, 2, CHANNEL_BOTH, 0, 0);
	assert_int_equal(SYS(first, channel_attach, channel), STATUS_OK);
	event = last_of(AUDIT_CHANNEL_ATTACHED, from);
	expect(&event, slot, 2, 0, 0, 0);
	host_ticks += 77;
	uint64_t lifetime = clock_now() - channel_table[slot].created_ns;
	assert_int_equal(SYS(first, channel_close, channel), STATUS_OK);
	event = last_of(AUDIT_CHANNEL_CLOSED, from);
	assert_int_equal(event.subject, id);
	expect(&event, slot, 2, lifetime, 0, 0);
}

static void claims(void **state)
{
	(void)state;
	handle_t devices = make_singleton(first, OBJECT_DEVICES);
	uint64_t from = produced();
	assert_int_equal(SYS(first, irq_create, devices, 5, IRQ_TRIGGER_EDGE), STATUS_OK);
	struct audit_event event = last_of(AUDIT_AUTHORITY_CLAIMED, from);
	expect(&event, AUDIT_OBJECT(OBJECT_IRQ, cap_of(first, first->regs.arg[1])->object), 5, 1, 0, 0);
	assert_int_equal(SYS(first, region_create, devices, REGION_PORT, 0x60, 5), STATUS_OK);
	event = last_of(AUDIT_AUTHORITY_CLAIMED, from + 1);
	expect(&event, AUDIT_OBJECT(OBJECT_REGION, cap_of(first, first->regs.arg[1])->object), 0x60, 5, 0, 0);
	/* Taken already: refused, and recorded. */
	assert_int_equal(SYS(first, irq_create, devices, 5, IRQ_TRIGGER_EDGE), STATUS_BUSY);
	assert_int_equal(last_of(AUDIT_BAD_ARGUMENT, from).arguments[1], STATUS_BUSY);
}

/* One of AUDIT_SAMPLE_EVERY messages, and it says so. */
/* Each step of the wall clock, from what to what; a refused one changes nothing and is another event. */
static void clock_steps(void **state)
{
	(void)state;
	run(first);
	handle_t clock = make_singleton(first, OBJECT_CLOCK);
	uint64_t from = produced();
	assert_int_equal(SYS(first, clock_set, clock, 5000, CLOCK_SOURCE_RTC), STATUS_OK);
	struct audit_event event = last_of(AUDIT_CLOCK_SET, from);
	expect(&event, 0, 0, 5000, CLOCK_SOURCE_RTC, 0);
	assert_int_equal(event.subject, process_of(first->process)->id);
	host_ticks += 70;
	assert_int_equal(SYS(first, clock_set, clock, 9000, CLOCK_SOURCE_HAND), STATUS_OK);
	event = last_of(AUDIT_CLOCK_SET, from);
	expect(&event, 0, 5070, 9000, CLOCK_SOURCE_HAND, 0);
	assert_int_equal(SYS(first, clock_set, clock, 0, CLOCK_SOURCE_HAND), STATUS_INVALID);
	assert_int_equal(count_of(AUDIT_CLOCK_SET, from), 2);
}

/* What came from a device, what it was worth, and whether the machine is seeded now. */
static void randomness(void **state)
{
	(void)state;
	run(first);
	handle_t random = make_singleton(first, OBJECT_RANDOM);
	uint64_t from = produced();
	for (uint32_t i = 0; i < 64u; i++)
		first->page->bulk[i] = (uint8_t)i;
	assert_int_equal(SYS(first, random_add, random, 64), STATUS_OK);
	struct audit_event event = last_of(AUDIT_RANDOM_ADDED, from);
	expect(&event, 0, 64, 256, random_seeded(), 0);
	assert_int_equal(event.subject, process_of(first->process)->id);
}

static void samples(void **state)
{
	(void)state;
	handle_t endpoint = make_endpoint(first, 64);
	struct thread *second = make_process(10);
	handle_t sender = share(first, endpoint, second, RIGHT_SEND, 3);
	uint64_t from = produced();
	host_cpu->ipc = 0;
	for (uint32_t i = 0; i < 2 * AUDIT_SAMPLE_EVERY; i++) {
		assert_int_equal(SYS(second, send, sender, MESSAGE_TAG(4, 0, 0)), STATUS_OK);
		assert_int_equal(SYS(first, recv, endpoint, DEADLINE_NOW), STATUS_OK);
	}
	assert_int_equal(count_of(AUDIT_IPC_SEND, from), 2);
	struct audit_event event = last_of(AUDIT_IPC_SEND, from);
	assert_int_equal(event.flags, AUDIT_SAMPLED);
	assert_int_equal(event.subject, second->owner->id);
	expect(&event, cap_of(first, endpoint)->object, 0, MESSAGE_TAG(4, 0, 0), 3, AUDIT_SAMPLE_EVERY);
	/* A call that finds its server waiting, and one that waits for it. */
	host_cpu->ipc = AUDIT_SAMPLE_EVERY - 1u;
	assert_int_equal(SYS(first, recv, endpoint, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(second, call, sender, 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	event = last_of(AUDIT_IPC_CALL, from);
	assert_int_equal(event.subject, second->owner->id);
	assert_int_equal(event.arguments[0], first->owner->id);
	struct thread *third = make_thread(second, 10);
	host_cpu->ipc = AUDIT_SAMPLE_EVERY - 1u;
	uint64_t before = produced();
	assert_int_equal(SYS(third, call, sender, 0, 0, 0, 0, 0, DEADLINE_NEVER), BLOCKED);
	assert_int_equal(SYS(first, recv, endpoint, DEADLINE_NEVER), STATUS_OK);
	event = last_of(AUDIT_IPC_CALL, before);
	assert_int_equal(event.subject, second->owner->id);
	assert_int_equal(event.arguments[0], first->owner->id);
	assert_int_equal(event.arguments[2], 3);
}

/* ---- who reads, who reports ---- */

static handle_t open_ring(struct thread *thread, handle_t audit)
{
	assert_int_equal(SYS(thread, audit_open, audit), STATUS_OK);
	return thread->regs.arg[1];
}

/* Mapped it can be, read-only; nothing makes more of it. */
static void ring_is_read_only(void **state)
{
	(void)state;
	handle_t audit = make_singleton(first, OBJECT_AUDIT);
	handle_t ring = open_ring(first, audit);
	uint64_t pages = 1u + AUDIT_PAGES;
	assert_int_equal(cap_of(first, ring)->rights, RIGHT_READ);
	assert_int_equal(SYS(first, memory_map, ring, 0, 0, pages, PROT_READ | PROT_WRITE), STATUS_DENIED);
	assert_int_equal(SYS(first, memory_map, ring, 0, 0, pages, PROT_EXECUTE), STATUS_DENIED);
	assert_int_equal(SYS(first, memory_map, ring, 0, 0, pages, PROT_READ), STATUS_OK);
	uint64_t address = first->regs.arg[1];
	assert_int_equal(SYS(first, memory_protect, address, pages, PROT_READ | PROT_WRITE), STATUS_DENIED);
	assert_int_equal(SYS(first, memory_seal, ring), STATUS_DENIED);
	assert_int_equal(SYS(first, cap_mint, ring, RIGHT_READ, 0), STATUS_DENIED);
	assert_int_equal(SYS(first, cap_mint, ring, RIGHT_WRITE, 0), STATUS_DENIED);
	run(first);
	enum fault_kind kind = FAULT_UNMAPPED;
	assert_int_equal(aspace_fault(&first->owner->aspace, address, FAULT_READ, &kind), STATUS_OK);
	struct audit_header header;
	assert_true(user_copy_in(&header, address, sizeof header));
	assert_int_equal(header.magic, AUDIT_MAGIC);
	assert_false(arch_copy_to_user(address, &header, sizeof header));
	assert_int_not_equal(aspace_fault(&first->owner->aspace, address, FAULT_WRITE, &kind), STATUS_OK);
}

static void opened_once(void **state)
{
	(void)state;
	handle_t audit = make_singleton(first, OBJECT_AUDIT);
	handle_t ring = open_ring(first, audit);
	assert_int_equal(SYS(first, audit_open, audit), STATUS_BUSY);
	assert_int_equal(SYS(first, cap_drop, ring), STATUS_OK);
	ring = open_ring(first, audit);
	assert_int_equal(SYS(first, cap_mint, audit, RIGHT_WRITE, 0), STATUS_OK);
	assert_int_equal(SYS(first, audit_open, first->regs.arg[1]), STATUS_DENIED);
	assert_int_equal(first->regs.arg[1], RIGHT_READ);
	assert_int_equal(SYS(first, audit_open, ring), STATUS_WRONG_TYPE);
	struct inventory before = take_inventory();
	for (uint32_t i = 1; i < 8; i++) {
		assert_int_equal(SYS(first, cap_mint, audit, RIGHT_READ, 0), STATUS_OK);
		open_ring(first, first->regs.arg[1]);
	}
	assert_int_equal(SYS(first, cap_mint, audit, RIGHT_READ, 0), STATUS_OK);
	handle_t one_more = first->regs.arg[1];
	assert_int_equal(SYS(first, audit_open, one_more), STATUS_TABLE_FULL);
	assert_int_equal(SYS(first, cap_drop, one_more), STATUS_OK);
	assert_int_equal(take_inventory().caps, before.caps + 14);
}

/* The authority is taken back: handle, mapping and notification of the reader are gone, wherever the ring went. */
static void revoked_reader(void **state)
{
	(void)state;
	struct thread *second = make_process(10);
	handle_t audit = make_singleton(first, OBJECT_AUDIT);
	handle_t reader = share(first, audit, second, RIGHT_READ, 0);
	handle_t told = make_notification(second);
	handle_t ring = open_ring(second, reader);
	assert_int_equal(SYS(second, audit_bind, reader, told, 2), STATUS_OK);
	assert_int_equal(SYS(second, memory_map, ring, 0, 0, 1, PROT_READ), STATUS_OK);
	uint64_t address = second->regs.arg[1];
	enum fault_kind kind = FAULT_UNMAPPED;
	run(second);
	assert_int_equal(aspace_fault(&second->owner->aspace, address, FAULT_READ, &kind), STATUS_OK);
	/* Passed on: the mapping stays behind with the old handle, the link follows. */
	handle_t endpoint = make_endpoint(first, 0);
	handle_t sender = share(first, endpoint, second, RIGHT_SEND, 0);
	assert_int_equal(SYS(first, recv, endpoint, DEADLINE_NEVER), BLOCKED);
	second->page->caps[0] = (struct message_cap){ring, 0, MESSAGE_CAP_MOVE};
	assert_int_equal(SYS(second, call, sender, MESSAGE_TAG(0, 0, 1), 0, 0, 0, 0, host_ticks + 10), BLOCKED);
	handle_t moved = first->page->caps[0].handle;
	assert_true(holds(first, moved));
	assert_int_equal(cap_of(first, moved)->rights, RIGHT_READ);
	assert_int_equal(SYS(first, reply, first->regs.arg[7], 0), STATUS_OK);
	run(second);
	assert_int_not_equal(aspace_fault(&second->owner->aspace, address, FAULT_READ, &kind), STATUS_OK);

	assert_int_equal(SYS(first, cap_revoke, audit), STATUS_OK);
	assert_false(holds(second, reader));
	assert_false(holds(first, moved));
	notification_table[cap_of(second, told)->object].bits = 0;
	audit_turn();
	assert_int_equal(notification_table[cap_of(second, told)->object].bits, 0);
}

/* A reader that takes its bits and then looks has seen everything that it is not told of again. */
static void reader_is_told(void **state)
{
	(void)state;
	handle_t audit = make_singleton(first, OBJECT_AUDIT);
	handle_t told = make_notification(first);
	assert_int_equal(SYS(first, audit_bind, audit, told, 0), STATUS_INVALID);
	assert_int_equal(SYS(first, audit_bind, audit, audit, 4), STATUS_WRONG_TYPE);
	assert_int_equal(SYS(first, audit_bind, audit, told, 4), STATUS_OK);
	host_cpu->arch.ipi = false;
	host_cpu->ipi_pending = 0;
	assert_int_equal(SYS(first, notification_wait, told, DEADLINE_NEVER), BLOCKED);
	on_cpu(1);
	audit_emit(AUDIT_CLOCK_SET, 0, 0, 0, 0, 0, 0);
	assert_true(host_cpu->arch.ipi);
	host_cpu->arch.ipi = false;
	trap_ipi();
	assert_int_equal(outcome(first), STATUS_OK);
	assert_int_equal(first->regs.arg[1], 4);
	assert_false(host_cpu->arch.ipi); /* nothing new since */
	/* Twice before it looks: once is enough. */
	audit_emit(AUDIT_CLOCK_SET, 0, 0, 0, 0, 0, 0);
	audit_emit(AUDIT_CLOCK_SET, 0, 0, 0, 0, 0, 0);
	trap_ipi();
	on_cpu(0);
	assert_int_equal(SYS(first, notification_wait, told, DEADLINE_NOW), STATUS_OK);
	assert_int_equal(SYS(first, notification_wait, told, DEADLINE_NOW), STATUS_TIMED_OUT);
	/* The capability's badge speaks, as everywhere. */
	assert_int_equal(SYS(first, cap_mint, told, RIGHT_SIGNAL, 0x80), STATUS_OK);
	assert_int_equal(SYS(first, audit_bind, audit, first->regs.arg[1], 4), STATUS_OK);
	audit_turn();
	assert_int_equal(SYS(first, notification_wait, told, DEADLINE_NOW), STATUS_OK);
	assert_int_equal(first->regs.arg[1], 0x80);
}

/* The kernel says who reports, and its own kinds are its own. */
static void reports(void **state)
{
	(void)state;
	handle_t audit = make_singleton(first, OBJECT_AUDIT);
	uint64_t from = produced();
	assert_int_equal(SYS(first, audit_report, audit, AUDIT_SERVICE_STARTED, 5, 1, 2, 3, 4), STATUS_OK);
	struct audit_event event = event_at(from);
	assert_int_equal(event.kind, AUDIT_SERVICE_STARTED);
	assert_int_equal(event.subject, first->owner->id);
	expect(&event, 5, 1, 2, 3, 4);
	for (uint64_t kind = 0; kind < AUDIT_REPORTED_FIRST; kind++) {
		uint64_t before = produced();
		assert_int_equal(SYS(first, audit_report, audit, kind, 5), STATUS_INVALID);
		assert_int_equal(produced(), before + 1);
		assert_int_equal(event_at(before).kind, AUDIT_BAD_ARGUMENT);
	}
	assert_int_equal(SYS(first, audit_report, audit, 255, 5), STATUS_INVALID);
	assert_int_equal(SYS(first, audit_report, audit, AUDIT_SERVICE_STARTED + 256, 5), STATUS_INVALID);
	assert_int_equal(SYS(first, cap_mint, audit, RIGHT_READ, 0), STATUS_OK);
	assert_int_equal(SYS(first, audit_report, first->regs.arg[1], AUDIT_SERVICE_STARTED, 5), STATUS_DENIED);
	assert_int_equal(first->regs.arg[1], RIGHT_WRITE);
}

#define T(name) cmocka_unit_test_setup(name, setup)
TEST_MAIN(T(indices), T(ring_describes_itself), T(event_is_whole), T(every_cpu_counts_its_own), T(wraps), T(staged_while_the_ring_is_held), T(dropped_is_exact), T(full_staging_waits),
          T(refused_capability), T(refused_second_handle), T(refused_call), T(refused_argument),
          T(outcomes_that_are_no_refusal), T(grants), T(not_passed), T(lives), T(channels), T(claims), T(clock_steps),
          T(randomness), T(samples), T(ring_is_read_only), T(opened_once), T(revoked_reader), T(reader_is_told), T(reports))
