/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Until nothing is left: of every kind of object, of capability slots, of memory. The quota is ours alone. */
#include "adversary.h"

#define MORE_THAN_ANY_QUOTA 4096u

static status_t create(uint32_t kind)
{
	switch (kind) {
	case 0: return ATTEMPT(endpoint_create, 64, 0, 0, 0);
	case 1: return ATTEMPT(notification_create, 0, 0, 0, 0);
	case 2: return ATTEMPT(memory_create, 1, 0, 0, 0);
	default: return ATTEMPT(channel_create, 1, CHANNEL_BOTH, 0, 0);
	}
}

static bool is_exhausted(status_t status)
{
	return status == STATUS_QUOTA || status == STATUS_TABLE_FULL || status == STATUS_NO_MEMORY;
}

static void objects(void)
{
	for (uint32_t kind = 0; kind < 4u; kind++) {
		status_t status = STATUS_OK;

		for (uint32_t i = 0; i < MORE_THAN_ANY_QUOTA && status == STATUS_OK; i++)
			status = create(kind);
		check(is_exhausted(status));
		check(is_exhausted(create(kind))); /* and again */
		check(belongings_restore() == 0);
	}
}

static void slots(void)
{
	handle_t root;
	status_t status = STATUS_OK;

	must(sys_notification_create(&root));
	for (uint32_t i = 0; i < MORE_THAN_ANY_QUOTA && status == STATUS_OK; i++)
		status = ATTEMPT(cap_mint, root, RIGHT_SIGNAL, 0, 0);
	check(status == STATUS_TABLE_FULL);
	/* Full for oneself: what was there works still. */
	check(sys_notification_signal(root, 1) == STATUS_OK);
	check(belongings_restore() == 0);
}

/* A chain of derivations as deep as it goes. */
static void depth(void)
{
	handle_t at;
	status_t status = STATUS_OK;

	must(sys_notification_create(&at));
	for (uint32_t i = 0; i < MORE_THAN_ANY_QUOTA && status == STATUS_OK; i++) {
		uint64_t registers[SYS_REGISTERS] = {at, RIGHT_SIGNAL | RIGHT_GRANT};

		status = attempt(SYSCALL_cap_mint, registers);
		if (status == STATUS_OK)
			at = registers[1];
	}
	check(status == STATUS_TABLE_FULL);
	check(belongings_restore() == 0);
}

static void memory(void)
{
	uint64_t registers[SYS_REGISTERS] = {MORE_THAN_ANY_QUOTA};
	uint64_t address;

	/* An object may be larger than the quota: only pages count. A first touch beyond it would end us, so it is
	 * not touched; asking for more than can exist is refused at once. */
	check(ATTEMPT(memory_create, 1ull << 40, 0, 0, 0) == STATUS_INVALID);
	check(attempt(SYSCALL_memory_create, registers) == STATUS_OK);
	handle_t object = registers[1];
	must(sys_memory_map(object, 0, 0, MORE_THAN_ANY_QUOTA, PROT_READ | PROT_WRITE, &address));
	must(sys_memory_unmap(address, MORE_THAN_ANY_QUOTA));
	must(sys_cap_drop(object));
}

/* One page mapped again and again: each mapping costs the kernel a record. */
static void mappings(void)
{
	handle_t object;
	status_t status = STATUS_OK;

	must(sys_memory_create(1, &object));
	for (uint32_t i = 0; i < (1u << 20) && status == STATUS_OK; i++) {
		uint64_t registers[SYS_REGISTERS] = {object, 0, 0, 1, PROT_READ};

		status = attempt(SYSCALL_memory_map, registers);
	}
	check(is_exhausted(status));
	/* Others can map still: the console answers us with what it mapped before, init starts programs later. */
	must(sys_cap_drop(object)); /* and takes all of them away */
}

/* One mapping cut into ever more pieces. */
static void pieces(void)
{
	handle_t object;
	uint64_t address;
	status_t status = STATUS_OK;

	must(sys_memory_create(MORE_THAN_ANY_QUOTA, &object));
	must(sys_memory_map(object, 0, 0, MORE_THAN_ANY_QUOTA, PROT_READ | PROT_WRITE, &address));
	for (uint32_t page = 1; page < MORE_THAN_ANY_QUOTA && status == STATUS_OK; page += 2u)
		status = ATTEMPT(memory_protect, address + page * PAGE_SIZE, 1, PROT_READ, 0);
	check(is_exhausted(status));
	must(sys_cap_drop(object));
}

static uint64_t end_at_once(void *argument)
{
	(void)argument;
	time_sleep(200u * NS_PER_MS);
	return 0;
}

static void threads(void)
{
	struct thread *started[64];
	uint32_t count = 0;

	while (count < 64u && attempt_made(SYSCALL_thread_create,
	                                   thread_run(end_at_once, NULL, NULL, &started[count])) == STATUS_OK)
		count++;
	check(count < 64u);
	while (count > 0)
		thread_join(started[--count], NULL);
}

void attack_exhaust(uint64_t part)
{
	(void)part;
	threads();
	belongings_remember(); /* what the library made for its threads is ours now */
	objects();
	slots();
	depth();
	memory();
	mappings();
	pieces();
}
