/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Arguments of every class: handles that live, died or never were; addresses of
 * ours, of nobody, of the kernel; counts small, huge and about to overflow;
 * points of time. Per call, what must not happen is put right:
 *
 *   - waiting is short; nothing waits for ever
 *   - unmap and protect hit what this program mapped at random, or nothing of it
 *   - a new thread starts where it ends at once
 *   - the console gets no message it would print, and its handle is not given up
 */
#include "chaos.h"
#include <lib/string.h>
#include <os/ipc.h>
#include <os/panic.h>
#include <os/startup.h>
#include <os/time.h>

#define HANDLES 64u
#define PLACES  16u

static handle_t handles[HANDLES];
static uint32_t kinds[HANDLES]; /* enum object_type of each */
static uint64_t places[PLACES];
static uint8_t stack[4096] CC_ALIGNED(16);

/* What a call wants in its first register, where one kind of object is right. */
static const uint8_t wanted[SYSCALL_COUNT] = {
	[SYSCALL_call] = OBJECT_ENDPOINT,
	[SYSCALL_reply_recv] = OBJECT_ENDPOINT,
	[SYSCALL_recv] = OBJECT_ENDPOINT,
	[SYSCALL_send] = OBJECT_ENDPOINT,
	[SYSCALL_notification_signal] = OBJECT_NOTIFICATION,
	[SYSCALL_notification_wait] = OBJECT_NOTIFICATION,
	[SYSCALL_notification_bind] = OBJECT_NOTIFICATION,
	[SYSCALL_notification_timer] = OBJECT_NOTIFICATION,
	[SYSCALL_memory_map] = OBJECT_MEMORY,
	[SYSCALL_memory_seal] = OBJECT_MEMORY,
	[SYSCALL_thread_control] = OBJECT_THREAD,
	[SYSCALL_channel_attach] = OBJECT_CHANNEL,
	[SYSCALL_channel_bind] = OBJECT_CHANNEL,
	[SYSCALL_channel_signal] = OBJECT_CHANNEL,
	[SYSCALL_channel_close] = OBJECT_CHANNEL,
};

static void thread_end(struct startup_thread *thread)
{
	(void)thread;
	(void)sys_thread_exit();
	CC_UNREACHABLE();
}
static struct startup_thread thread_start = {thread_end};

static uint64_t number_any(void)
{
	switch (random_below(10)) {
	case 0: return 0;
	case 1: return 1;
	case 2: return random_below(64);
	case 3: return random_below(4096);
	case 4: return UINT64_MAX - random_below(4096);
	case 5: return 1ull << random_below(64);
	case 6: return (1ull << 31) + random_below(3) - 1u;
	case 7: return INT64_MAX;
	default: return random_next();
	}
}

static handle_t handle_any(void)
{
	handle_t known = handles[random_below(HANDLES)];

	switch (random_below(16)) {
	case 0: return number_any();
	case 1: return known ^ HANDLE_REPLY;
	case 2: return known + (1ull << 32); /* of a later generation */
	case 3: return HANDLE(random_below(300), 1u + random_below(4));
	case 4: return startup_handle("console");
	default: return known;
	}
}

/* One that a call can use, if there is one; half of the time. */
static handle_t handle_fitting(uint64_t number)
{
	uint32_t kind = number < SYSCALL_COUNT ? wanted[number] : OBJECT_NONE;

	if (kind == OBJECT_NONE || random_below(2) == 0)
		return handle_any();
	for (uint32_t i = 0, at = (uint32_t)random_below(HANDLES); i < HANDLES;
	     i++, at = (at + 1u) % HANDLES) {
		if (kinds[at] == kind && handles[at] != HANDLE_NONE)
			return handles[at];
	}
	return handle_any();
}

/* Ours, from memory_map; or something that is not ours at all. */
static uint64_t address_any(void)
{
	uint64_t place = places[random_below(PLACES)];

	switch (random_below(8)) {
	case 0: return 0;
	case 1: return USER_LIMIT - PAGE_SIZE * random_below(4);
	case 2: return 0xffffffff80000000u + random_below(1u << 24);
	case 3: return UINT64_MAX & ~(uint64_t)PAGE_MASK;
	case 4: return 1ull << 63 | random_next();
	case 5: return place + random_below(PAGE_SIZE);
	default: return place;
	}
}

static deadline_t deadline_short(void)
{
	return random_below(4) == 0 ? time_now() + random_below(100u * NS_PER_US) : random_below(2);
}

static uint64_t tag_any(void)
{
	uint64_t length = random_below(3) == 0 ? random_next() & 0xffffu : random_below(257);
	uint64_t caps = random_below(4) == 0 ? random_below(8) : 0;

	/* No method of the console, so that it has nothing to print. */
	return MESSAGE_TAG(1000u + random_below(1u << 20), length, caps) |
	       (random_below(16) == 0 ? random_below(256) << 24 : 0);
}

static void page_fill(void)
{
	struct message_page *page = arch_message_page();

	for (uint32_t i = 0; i < MESSAGE_CAPS_MAX; i++) {
		handle_t handle = handle_any();

		page->caps[i].handle = handle == startup_handle("console") ? 0 : handle;
		page->caps[i].rights =
			(uint32_t)random_next() & (random_below(2) == 0 ? RIGHTS_ALL : UINT32_MAX);
		page->caps[i].flags =
			random_below(8) == 0 ? (uint32_t)random_next() : (uint32_t)random_below(2);
	}
	for (uint32_t i = 0; i < 256; i += 8) {
		uint64_t word = number_any();

		memcpy(page->bulk + i, &word, sizeof(word));
	}
	memcpy(page->payload + 64, page->bulk, 64);
}

/* Not the console's: without it nobody would hear how it ended. */
static handle_t handle_to_lose(void)
{
	handle_t handle = handle_any();

	return handle == startup_handle("console") ? HANDLE_NONE : handle;
}

/* Few pages, so that a range which begins with ours does not reach what is not. */
static uint64_t pages_few(uint64_t address)
{
	return address != 0 && address < USER_LIMIT ? random_below(17) : number_any();
}

static void put_right(uint64_t number, uint64_t *registers)
{
	switch (number) {
	case SYSCALL_call:
	case SYSCALL_reply_recv:
		registers[1] = tag_any();
		registers[6] = deadline_short();
		break;
	case SYSCALL_send:
	case SYSCALL_reply: registers[1] = tag_any(); break;
	case SYSCALL_recv:
	case SYSCALL_notification_wait: registers[1] = deadline_short(); break;
	case SYSCALL_thread_sleep: registers[0] = deadline_short(); break;
	case SYSCALL_cap_drop: registers[0] = handle_to_lose(); break;
	case SYSCALL_memory_unmap:
	case SYSCALL_memory_protect:
		registers[0] = address_any();
		registers[1] = registers[0] == 0 ? random_below(4) : pages_few(registers[0]);
		break;
	case SYSCALL_memory_map:
		registers[1] = random_below(2) == 0 ? 0 : address_any();
		registers[2] = random_below(3) == 0 ? number_any() : 0;
		registers[3] = random_below(3) == 0 ? number_any() : random_below(9);
		registers[4] = random_below(3) == 0 ? number_any() : random_below(8);
		break;
	case SYSCALL_memory_create:
		registers[0] = random_below(3) == 0 ? number_any() : random_below(9);
		break;
	case SYSCALL_thread_create:
		registers[0] = random_below(4) == 0 ? USER_LIMIT + number_any() / 2u : (uint64_t)&_start;
		registers[1] = (uint64_t)(stack + sizeof(stack)) + (random_below(4) == 0 ? 8u : 0);
		registers[2] = (uint64_t)&thread_start;
		registers[3] = random_below(40);
		break;
	default: break;
	}
}

void arguments_choose(uint64_t number, uint64_t registers[SYS_REGISTERS])
{
	for (uint32_t i = 0; i < SYS_REGISTERS; i++)
		registers[i] = random_below(3) == 0 ? handle_any() : number_any();
	if (random_below(4) != 0)
		registers[0] = handle_fitting(number);
	if (random_below(8) == 0)
		page_fill();
	put_right(number, registers);
}

/* Keep a handle in the place of another, which is given up: quotas are for what is alive. */
static void handle_learn(handle_t handle, uint32_t kind)
{
	uint32_t at = (uint32_t)random_below(HANDLES);

	if (handles[at] != HANDLE_NONE)
		(void)!sys_cap_drop(handles[at]);
	handles[at] = handle;
	kinds[at] = kind;
}

/* Kind of what a capability copied from a known one is for. */
static uint32_t kind_of(handle_t source)
{
	for (uint32_t i = 0; i < HANDLES; i++) {
		if (handles[i] == source)
			return kinds[i];
	}
	return OBJECT_NONE;
}

void arguments_learn(uint64_t number, handle_t source, const uint64_t registers[SYS_REGISTERS])
{
	switch (number) {
	case SYSCALL_notification_create: handle_learn(registers[1], OBJECT_NOTIFICATION); break;
	case SYSCALL_endpoint_create: handle_learn(registers[1], OBJECT_ENDPOINT); break;
	case SYSCALL_memory_create: handle_learn(registers[1], OBJECT_MEMORY); break;
	case SYSCALL_thread_create: handle_learn(registers[1], OBJECT_THREAD); break;
	case SYSCALL_channel_create: handle_learn(registers[1], OBJECT_CHANNEL); break;
	case SYSCALL_cap_mint: handle_learn(registers[1], kind_of(source)); break;
	case SYSCALL_recv:
	case SYSCALL_reply_recv:
		if (registers[7] != HANDLE_NONE)
			handle_learn(registers[7], OBJECT_NONE);
		break;
	case SYSCALL_memory_map:
	case SYSCALL_channel_attach: places[random_below(PLACES)] = registers[1]; break;
	default: break;
	}
}

/* ---- somebody who answers ---- */
static uint8_t answerer_stack[8192] CC_ALIGNED(16);
static handle_t answerer_endpoint;

static void answer(struct startup_thread *thread)
{
	struct message message;

	while (ipc_receive(answerer_endpoint, &message, DEADLINE_NEVER) == STATUS_OK) {
		ipc_discard(&message);
		message.tag = MESSAGE_TAG(0, MESSAGE_LENGTH(message.tag), 0);
		(void)!ipc_reply(&message);
	}
	thread_end(thread);
}
static struct startup_thread answerer = {answer};

void answerer_start(void)
{
	handle_t thread;

	must(sys_endpoint_create(4, &answerer_endpoint));
	must(sys_thread_create((uint64_t)&_start, (uint64_t)(answerer_stack + sizeof(answerer_stack)),
	                       (uint64_t)&answerer, PRIORITY_NORMAL, &thread));
	for (uint32_t i = 0; i < 8u; i++) {
		handle_t client;

		must(sys_cap_mint(answerer_endpoint, RIGHT_SEND | RIGHT_GRANT, i, &client));
		handle_learn(client, OBJECT_ENDPOINT);
	}
}
