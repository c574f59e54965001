/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The side of `memory` that is meant to be ended. */
#include "memory.h"
#include <lib/string.h>
#include <os/heap.h>
#include <os/panic.h>
#include <os/spawn.h>
#include <os/startup.h>
#include <os/time.h>

static handle_t memory;

static volatile uint8_t *mapped(uint64_t pages, uint64_t prot)
{
	uint64_t address;

	must(sys_memory_create(pages, &memory));
	must(sys_memory_map(memory, 0, 0, pages, prot, &address));
	return (volatile uint8_t *)address;
}

static void unmapped(void)
{
	volatile uint8_t *place = mapped(2, PROT_READ | PROT_WRITE);

	place[0] = 1;
	must(sys_memory_unmap((uint64_t)place, 2));
	place[0] = 2;
}

/* Giving the capability up takes what was mapped through it. */
static void dropped(void)
{
	volatile uint8_t *place = mapped(2, PROT_READ | PROT_WRITE);

	place[0] = 1;
	must(sys_cap_drop(memory));
	place[0] = 2;
}

static void read_only(void)
{
	mapped(1, PROT_READ)[0] = 1;
}

static void no_execute(void)
{
	volatile uint8_t *place = mapped(1, PROT_READ | PROT_WRITE);

	place[0] = 0;
	((void (*)(void))(uint64_t)place)();
}

static void protected(void)
{
	volatile uint8_t *place = mapped(1, PROT_READ | PROT_WRITE);

	place[0] = 1;
	must(sys_memory_protect((uint64_t)place, 1, PROT_READ));
	place[0] = 2;
}

/* Below the first stack, of which the manifest says the size, nothing is mapped. */
static void stack_guard(void)
{
	uint64_t here = (uint64_t)__builtin_frame_address(0);

	*(volatile uint8_t *)(here - 4u * 1024u * 1024u) = 1;
}

static void quota(void)
{
	volatile uint8_t *place = mapped(1u << 18, PROT_READ | PROT_WRITE);

	for (uint64_t page = 0; page < 1u << 18; page++)
		place[page * PAGE_SIZE] = 1;
}

/* The table of capabilities or the quota of objects ends first; the program goes on. */
static void objects(void)
{
	handle_t handle;
	status_t status;

	while ((status = sys_notification_create(&handle)) == STATUS_OK)
		continue;
	assert(status == STATUS_QUOTA || status == STATUS_TABLE_FULL);
	must(sys_cap_drop(handle));
	must(sys_notification_create(&handle));
}

static void heap_twice(void)
{
	void *piece = heap_take(40);
	void *volatile again = piece;

	heap_give(piece);
	heap_give(again);
}

static void heap_wild(void)
{
	uint8_t *piece = heap_take(40);
	uint8_t *volatile inside = piece + 8;

	heap_give(inside);
}

int memory_child(const char *way)
{
	static const struct {
		const char *name;
		void (*function)(void);
	} ways[] = {
		{"unmapped", unmapped},     {"dropped", dropped},     {"read-only", read_only},
		{"no-execute", no_execute}, {"protected", protected}, {"stack-guard", stack_guard},
		{"quota", quota},           {"objects", objects},     {"heap-twice", heap_twice},
		{"heap-wild", heap_wild},
	};

	for (uint32_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].name, way) == 0) {
			ways[i].function();
			return 0;
		}
	}
	return 2;
}

uint32_t memory_trap_kind(void)
{
	const char *words[] = {"crash", "stack"};
	struct process_status status = {.state = 0};

	must(spawn_and_wait(startup_need("spawn"), words, 2, NULL, 0, time_after(10u * NS_PER_SECOND),
	                    &status));
	return status.fault.kind;
}
