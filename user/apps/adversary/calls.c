/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Every system call, each of its first four arguments in turn of every class,
 * the others zero and then the others such that the call could succeed. What
 * counts is that the program, the kernel and everybody else are still what they
 * were: a call that succeeds may only have made what is dropped again.
 */
#include "adversary.h"
#include <abi/startup.h>

#define CALLS_PER_PART 2u /* as many as the audit ring holds records of */
#define POSITIONS      4u
#define KERNEL_TEXT    0xffffffff80000000ull
#define DIRECT_MAP     0xffffffc000000000ull

struct things {
	handle_t endpoint, notification, memory, channel, stale;
};

static struct things things;
static const uint64_t constant = 1; /* lies in a page this program can only read */

static void things_make(void)
{
	must(sys_endpoint_create(1, &things.endpoint));
	must(sys_notification_create(&things.notification));
	must(sys_memory_create(2, &things.memory));
	must(sys_channel_create(1, CHANNEL_BOTH, &things.channel));
	must(sys_notification_create(&things.stale));
	must(sys_cap_drop(things.stale));
}

/* The classes: counts at every boundary, addresses of everybody, handles of every kind. */
static uint32_t values_fill(uint64_t out_values[40])
{
	const uint64_t values[] = {
		0, 1, 7, 31, 32, 255, 256, 257, PAGE_SIZE - 1u, PAGE_SIZE, PAGE_SIZE + 1u,
		INT32_MAX, 1ull << 31, UINT32_MAX, 1ull << 32, INT64_MAX, 1ull << 63, UINT64_MAX,
		USER_LIMIT - PAGE_SIZE, USER_LIMIT, USER_BASE - 1u, KERNEL_TEXT, DIRECT_MAP,
		(uint64_t)&constant, ((uint64_t)&constant & ~(uint64_t)PAGE_MASK) + PAGE_SIZE - 4u,
		(uint64_t)attack_calls & ~(uint64_t)PAGE_MASK, 0x0000003fff000000ull,
		things.endpoint, things.notification, things.memory, things.channel, things.stale,
		things.endpoint ^ HANDLE_REPLY, things.memory + (2ull << 32), HANDLE(255, 1),
	};
	const uint32_t count = sizeof(values) / sizeof(values[0]);

	for (uint32_t i = 0; i < count; i++)
		out_values[i] = values[i];
	return count;
}

/* Calls that may wait, end the program, or run it at a place it chose: they are tried by other phases. */
static bool left_out(uint64_t number, uint32_t position)
{
	switch (number) {
	case SYSCALL_thread_exit:
	case SYSCALL_process_exit:
	case SYSCALL_thread_sleep:
	case SYSCALL_thread_create:
	case SYSCALL_memory_unmap: return true;
	case SYSCALL_recv:
	case SYSCALL_notification_wait: return position == 1; /* the deadline */
	default: return false;
	}
}

/* Arguments with which the call would go through, as far as this program can have them. */
static void fitting(uint64_t number, uint64_t r[SYS_REGISTERS])
{
	switch (number) {
	case SYSCALL_call:
	case SYSCALL_reply_recv:
	case SYSCALL_recv:
	case SYSCALL_send: r[0] = things.endpoint; break;
	case SYSCALL_notification_signal:
	case SYSCALL_notification_wait:
	case SYSCALL_notification_timer: r[0] = things.notification; break;
	case SYSCALL_notification_bind:
		r[0] = things.notification;
		r[1] = things.endpoint;
		break;
	case SYSCALL_memory_map:
		r[0] = things.memory;
		r[3] = 1;
		r[4] = PROT_READ;
		break;
	case SYSCALL_memory_seal: r[0] = things.memory; break;
	case SYSCALL_channel_create: r[0] = 1; break;
	case SYSCALL_channel_attach:
	case SYSCALL_channel_bind:
	case SYSCALL_channel_signal:
	case SYSCALL_channel_close: r[0] = things.channel; break;
	case SYSCALL_cap_mint:
	case SYSCALL_cap_revoke:
	case SYSCALL_cap_drop: r[0] = things.notification; break;
	default: break;
	}
}

static void try_position(uint64_t number, uint32_t position, bool fit)
{
	uint64_t values[40];
	uint32_t count = values_fill(values);

	for (uint32_t i = 0; i < count; i++) {
		uint64_t registers[SYS_REGISTERS] = {0};

		if (fit)
			fitting(number, registers);
		registers[position] = values[i];
		status_t status = attempt(number, registers);
		check((uint32_t)status < 64u); /* an answer, not a number of the kernel's own */
	}
}

void attack_calls(uint64_t part)
{
	for (uint64_t number = part * CALLS_PER_PART; number < (part + 1u) * CALLS_PER_PART && number < 64u;
	     number++) {
		for (uint32_t position = 0; position < POSITIONS; position++) {
			if (left_out(number, position))
				continue;
			things_make();
			try_position(number, position, false);
			try_position(number, position, true);
			check(belongings_restore() == 0);
		}
	}
}
