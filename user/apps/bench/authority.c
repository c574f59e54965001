/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Authority: what it costs to find a capability, to derive one, to take one or
 * thousands back, and to be refused and recorded.
 */
#include "bench.h"
#include <lib/string.h>

#define MINTS        100u
#define GRANTS_EACH  250u /* a process has 256 slots */
#define HOLDERS_MAX  40u
#define ROUNDS       500u

static handle_t minted[MINTS];

/* The same call about oneself, by no handle and by one: what remains is the look-up. */
static void lookup(handle_t process)
{
	uint64_t own, named;

	MEASURE(ROUNDS, own, must(sys_process_aid(HANDLE_NONE)));
	MEASURE(ROUNDS, named, must(sys_process_aid(process)));
	measure_report("cap_lookup", named - own + measure_empty(), 1);
}

static void mint_and_drop(handle_t root)
{
	uint64_t least_mint = UINT64_MAX, least_drop = UINT64_MAX;

	for (uint32_t i = 0; i < MINTS; i++) {
		uint64_t from = arch_counter();
		must(sys_cap_mint(root, RIGHT_SIGNAL, 0, &minted[i]));
		uint64_t ticks = arch_counter() - from;
		least_mint = ticks < least_mint ? ticks : least_mint;
	}
	for (uint32_t i = 0; i < MINTS; i++) {
		uint64_t from = arch_counter();
		must(sys_cap_drop(minted[i]));
		uint64_t ticks = arch_counter() - from;
		least_drop = ticks < least_drop ? ticks : least_drop;
	}
	measure_report("cap_mint", least_mint, 1);
	measure_report("cap_drop", least_drop, 1);
}

static uint64_t revoke_ticks(handle_t root, uint64_t expected)
{
	uint64_t revoked;
	uint64_t from = arch_counter();
	must(sys_cap_revoke(root, &revoked));
	uint64_t ticks = arch_counter() - from;

	assert(revoked == expected);
	return ticks;
}

static void revoke_few(const char *name, handle_t root, uint32_t count)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t round = 0; round < 10; round++) {
		for (uint32_t i = 0; i < count; i++)
			must(sys_cap_mint(root, RIGHT_SIGNAL, 0, &minted[i]));
		uint64_t ticks = revoke_ticks(root, count);
		least = ticks < least ? ticks : least;
	}
	measure_report(name, least, 1);
}

/* Into processes that are made for it and never start. */
static void revoke_thousands(handle_t root)
{
	static handle_t holders[HOLDERS_MAX];
	handle_t image = image_get("hello"), granted;

	for (uint32_t i = 0; i < HOLDERS_MAX; i++) {
		holders[i] = child_create(image);
		for (uint32_t k = 0; k < GRANTS_EACH; k++)
			must(sys_process_grant(holders[i], root, RIGHT_SIGNAL, 0, &granted));
	}
	measure_report("revoke_10000", revoke_ticks(root, HOLDERS_MAX * GRANTS_EACH), 1);
	for (uint32_t i = 0; i < HOLDERS_MAX; i++) {
		must(sys_process_kill(holders[i], 0));
		must(sys_cap_drop(holders[i]));
	}
	must(sys_cap_drop(image));
}

/* No such call, and a handle that names nothing: the way of every refusal, with its audit record. */
static void refused(void)
{
	uint64_t registers[SYS_REGISTERS] = {0}, least;

	MEASURE(ROUNDS, least, (void)sys_raw(SYSCALL_COUNT, registers));
	measure_report("refused_call", least, 1);
	MEASURE(ROUNDS, least, (void)sys_notification_signal(HANDLE_NONE, 1));
	measure_report("refused_handle", least, 1);
}

void bench_authority(void)
{
	handle_t root, holder, image = image_get("hello");

	must(sys_notification_create(&root));
	holder = child_create(image);
	lookup(holder);
	must(sys_process_kill(holder, 0));
	must(sys_cap_drop(holder));
	must(sys_cap_drop(image));
	mint_and_drop(root);
	revoke_few("revoke_1", root, 1);
	revoke_few("revoke_100", root, MINTS);
	revoke_thousands(root);
	refused();
	must(sys_cap_drop(root));
}
