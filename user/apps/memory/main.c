/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Memory objects: map, share, protect, seal, unmap, and what is refused. What
 * ends a program is tried in a child, `memory child WAY`.
 */
#include "memory.h"
#include <lib/string.h>
#include <os/check.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/spawn.h>
#include <os/startup.h>
#include <os/time.h>

#define READ_WRITE (PROT_READ | PROT_WRITE)

static volatile uint8_t *at(uint64_t address)
{
	return (volatile uint8_t *)address;
}

static void test_zero_and_share(void)
{
	handle_t memory;
	uint64_t first, second, sum = 0;

	check_status(sys_memory_create(8, &memory), OK);
	check_status(sys_memory_map(memory, 0, 0, 8, READ_WRITE | MAP_POPULATE, &first), OK);
	for (uint32_t i = 0; i < 8u * PAGE_SIZE; i += 64u)
		sum += at(first)[i];
	check(sum == 0);
	/* A second view of the upper half shows the same bytes. */
	check_status(sys_memory_map(memory, 0, 4, 4, PROT_READ, &second), OK);
	at(first)[5u * PAGE_SIZE + 7u] = 42;
	check(at(second)[PAGE_SIZE + 7u] == 42);
	check_status(sys_memory_unmap(second, 4), OK);
	check_status(sys_memory_unmap(first, 8), OK);
	/* What was written is still in the object. */
	check_status(sys_memory_map(memory, 0, 5, 1, PROT_READ, &first), OK);
	check(at(first)[7] == 42);
	check_status(sys_cap_drop(memory), OK);
}

static void test_refusals(void)
{
	handle_t memory, reader;
	uint64_t address;

	check_status(sys_memory_create(0, &memory), INVALID);
	check_status(sys_memory_create(1ull << 40, &memory), INVALID);
	check_status(sys_memory_create(2, &memory), OK);
	check_status(sys_memory_map(memory, 0, 0, 2, READ_WRITE | PROT_EXECUTE, &address), INVALID);
	check_status(sys_memory_map(memory, 0, 1, 2, PROT_READ, &address), INVALID);
	check_status(sys_memory_map(memory, 123, 0, 1, PROT_READ, &address), INVALID);
	check_status(sys_memory_map(memory, 0, 0, 1, PROT_READ | 16u, &address), INVALID);
	check_status(sys_memory_map(memory, USER_LIMIT, 0, 1, PROT_READ, &address), INVALID);
	check_status(sys_memory_map(memory, 0, 0, 1, READ_WRITE, &address), OK);
	uint64_t other;
	check_status(sys_memory_map(memory, address, 1, 1, PROT_READ, &other), BUSY);
	check_status(sys_memory_protect(address, 1, READ_WRITE | PROT_EXECUTE), INVALID);
	/* A capability without the right to write gives no writable mapping, nor does protect widen one. */
	check_status(sys_cap_mint(memory, RIGHT_READ, 0, &reader), OK);
	check_status(sys_memory_map(reader, 0, 0, 1, READ_WRITE, &other), DENIED);
	check_status(sys_memory_map(reader, 0, 0, 1, PROT_READ, &other), OK);
	check_status(sys_memory_protect(other, 1, READ_WRITE), DENIED);
	check_status(sys_memory_map(HANDLE(3, 77), 0, 0, 1, PROT_READ, &other), BAD_HANDLE);
	check_status(sys_cap_drop(reader), OK);
	check_status(sys_cap_drop(memory), OK);
}

static void test_seal(void)
{
	handle_t memory;
	uint64_t address, again;

	check_status(sys_memory_create(1, &memory), OK);
	check_status(sys_memory_map(memory, 0, 0, 1, READ_WRITE, &address), OK);
	at(address)[0] = 9;
	check_status(sys_memory_seal(memory), BUSY);
	check_status(sys_memory_unmap(address, 1), OK);
	check_status(sys_memory_seal(memory), OK);
	check_status(sys_memory_map(memory, 0, 0, 1, READ_WRITE, &again), DENIED);
	check_status(sys_memory_map(memory, 0, 0, 1, PROT_READ, &again), OK);
	check(at(again)[0] == 9);
	check_status(sys_cap_drop(memory), OK);
}

/* Thousands of pages through a few: nothing is left behind. */
static void test_churn(void)
{
	uint64_t address, wrong = 0;
	handle_t memory;

	for (uint32_t i = 0; i < 200; i++) {
		must(sys_memory_create(16, &memory));
		must(sys_memory_map(memory, 0, 0, 16, READ_WRITE, &address));
		for (uint32_t page = 0; page < 16; page++) {
			wrong += at(address)[page * PAGE_SIZE] != 0;
			at(address)[page * PAGE_SIZE] = 1;
		}
		must(sys_cap_drop(memory));
	}
	check(wrong == 0);
}

static void child(const char *way, uint32_t kind)
{
	const char *words[] = {"memory", "child", way};
	struct process_status status = {.state = 0};

	status_t ran = spawn_and_wait(startup_need("spawn"), words, 3, NULL, 0,
	                              time_after(10u * NS_PER_SECOND), &status);
	if (ran != STATUS_OK || status.fault.kind != kind)
		print("memory: child %s: %s, fault %u\n", way, ran == STATUS_OK ? "ended" : "did not end",
		      status.fault.kind);
	check(ran == STATUS_OK);
	check(status.fault.kind == kind);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "child") == 0)
		return memory_child(argv[2]);
	test_zero_and_share();
	test_refusals();
	test_seal();
	test_churn();
	child("unmapped", FAULT_UNMAPPED);
	child("dropped", FAULT_UNMAPPED);
	child("read-only", FAULT_PROTECTION);
	child("no-execute", FAULT_PROTECTION);
	child("protected", FAULT_PROTECTION);
	child("stack-guard", FAULT_UNMAPPED);
	child("quota", FAULT_MEMORY);
	child("objects", FAULT_NONE);
	child("heap-twice", memory_trap_kind());
	child("heap-wild", memory_trap_kind());
	return check_finish();
}
