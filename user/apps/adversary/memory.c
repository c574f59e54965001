/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages this program must not have, must not write, or must not run. */
#include "adversary.h"

#define KERNEL_TEXT 0xffffffff80000000ull
#define DIRECT_MAP  0xffffffc000000000ull

static const uint64_t places[] = {
	KERNEL_TEXT, DIRECT_MAP, USER_LIMIT, USER_LIMIT - 1u, 0, UINT64_MAX & ~(uint64_t)PAGE_MASK, 1ull << 47,
};
#define PLACES (sizeof(places) / sizeof(places[0]))

static status_t map(handle_t memory, uint64_t address, uint64_t page, uint64_t pages, uint64_t prot)
{
	uint64_t registers[SYS_REGISTERS] = {memory, address, page, pages, prot};

	return attempt(SYSCALL_memory_map, registers);
}

static void kernel_pages(handle_t memory)
{
	for (uint32_t i = 0; i < PLACES; i++) {
		if (places[i] != 0)
			check(map(memory, places[i], 0, 1, PROT_READ) == STATUS_INVALID);
		check(ATTEMPT(memory_unmap, places[i], 1, 0, 0) == STATUS_INVALID);
		check(ATTEMPT(memory_protect, places[i], 1, PROT_READ | PROT_WRITE, 0) != STATUS_OK);
	}
	/* Ranges that begin here and end beyond, or wrap. */
	check(map(memory, USER_LIMIT - PAGE_SIZE, 0, 2, PROT_READ) == STATUS_INVALID);
	check(ATTEMPT(memory_unmap, USER_LIMIT - PAGE_SIZE, 2, 0, 0) == STATUS_INVALID);
	check(ATTEMPT(memory_unmap, PAGE_SIZE, UINT64_MAX, 0, 0) == STATUS_INVALID);
	check(map(memory, 0, UINT64_MAX, 1, PROT_READ) == STATUS_INVALID);
	check(map(memory, 0, 1, UINT64_MAX, PROT_READ) == STATUS_INVALID);
}

/* Writable and executable at once, or one after the other on what may be only one of them. */
static void own_code(handle_t memory)
{
	uint64_t code = (uint64_t)attack_memory & ~(uint64_t)PAGE_MASK;

	check(map(memory, 0, 0, 1, PROT_READ | PROT_WRITE | PROT_EXECUTE) == STATUS_INVALID);
	check(ATTEMPT(memory_protect, code, 1, PROT_READ | PROT_WRITE, 0) == STATUS_DENIED);
	check(ATTEMPT(memory_protect, code, 1, PROT_READ | PROT_WRITE | PROT_EXECUTE, 0) == STATUS_INVALID);
	check(map(memory, code, 0, 1, PROT_READ | PROT_WRITE) == STATUS_BUSY);
}

/* "test": memory somebody lets us read. No way leads to writing it. */
static void shared_pages(void)
{
	handle_t shared = startup_handle("test");
	uint64_t address;

	if (shared == HANDLE_NONE)
		return;
	check(map(shared, 0, 0, 1, PROT_READ | PROT_WRITE) == STATUS_DENIED);
	check(map(shared, 0, 0, 1, PROT_READ | PROT_EXECUTE) == STATUS_DENIED);
	check(ATTEMPT(cap_mint, shared, RIGHT_READ | RIGHT_WRITE, 0, 0) == STATUS_DENIED);
	check(ATTEMPT(memory_seal, shared, 0, 0, 0) == STATUS_DENIED);
	must(sys_memory_map(shared, 0, 0, 1, PROT_READ, &address));
	check(ATTEMPT(memory_protect, address, 1, PROT_READ | PROT_WRITE, 0) == STATUS_DENIED);
	must(sys_memory_unmap(address, 1));
}

/* The page the kernel writes results to, put elsewhere or out of the way: not ours to move. */
static void message_page(handle_t memory)
{
	uint64_t page = (uint64_t)arch_message_page();

	check(ATTEMPT(memory_unmap, page, 1, 0, 0) != STATUS_OK);
	check(ATTEMPT(memory_protect, page, 1, PROT_READ, 0) != STATUS_OK);
	check(map(memory, page, 0, 1, PROT_READ) != STATUS_OK);
	check(arch_message_page()->self == page);
}

void attack_memory(uint64_t part)
{
	handle_t memory;

	(void)part;
	must(sys_memory_create(2, &memory));
	kernel_pages(memory);
	own_code(memory);
	shared_pages();
	message_page(memory);
	must(sys_cap_drop(memory));
}

/* Direct: the first byte of what "test" lets us read, or of our own code, or of the kernel. Each must end us. */
void attack_write(uint64_t part)
{
	handle_t shared = startup_handle("test");
	uint64_t address = (uint64_t)attack_write;

	if (part == 1)
		address = KERNEL_TEXT;
	else if (part == 2)
		address = DIRECT_MAP;
	else if (shared != HANDLE_NONE)
		must(sys_memory_map(shared, 0, 0, 1, PROT_READ, &address));
	*(volatile uint8_t *)address = 0;
	check(false);
}
