/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The system calls, on three simulated CPUs: tests/sim with the input in place of
 * a seed. The machine has run for a while when an input begins, always from the same
 * memory. Two bytes say which allocation fails, then each record of 16 is one step of
 * whatever program runs: the first byte how the CPUs take turns until the next, the
 * others what the actor chooses. Whenever no CPU is in the kernel all invariants hold,
 * and at the end every CPU comes out of it.
 */
#include "../sim/sim.h"
#include "fuzz.h"
#include <kernel/cpu.h>
#include <stdio.h>
#include <string.h>

#define RAM_BYTES (64ull << 20)
#define HEADER 2u
#define RECORD 16u
#define RECORDS_MAX 256u
#define WARM_DECISIONS 6000u
#define TURNS_PER_RECORD 400u /* many times what a call takes */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other, size_t other_size, uint8_t *out,
                                 size_t max_size, unsigned int seed);
uint64_t __real_host_random(void);
uint64_t __wrap_host_random(void);

/* The linker's names for the ends of sections: variables of the kernel, the simulated machine and the checks. */
extern uint8_t __start_machine_data[], __stop_machine_data[], __start_machine_bss[], __stop_machine_bss[];
extern uint8_t __start_machine_tables[], __stop_machine_tables[];
extern uint8_t __start_kernel_data[], __stop_kernel_data[], __start_kernel_bss[], __stop_kernel_bss[];

static struct sim sim = {.cpus = 3};
static const uint8_t *record; /* of the step that is being made; NULL: nobody reads an input */
static size_t used;           /* bytes of it */
static uint64_t mixed;
static const uint8_t *next, *end;
static bool quiet; /* no CPU has been in the kernel since it was cleared */

_Noreturn void sim_fail(const struct sim *failed, const char *what)
{
	(void)failed;
	fprintf(stderr, "ERROR: %s\n", what);
	__builtin_trap();
}

/* What the actor draws: the record's bytes as they are, for small choices, with more behind them for large ones. */
uint64_t __wrap_host_random(void)
{
	if (record == NULL)
		return __real_host_random();
	uint8_t byte = used < RECORD ? record[used] : (uint8_t)(mixed >> 40);
	used++;
	mixed = (mixed ^ byte) * 0x9e3779b97f4a7c15ull + 1u;
	return (mixed & ~(uint64_t)0xff) | byte;
}

static struct thread *step(struct thread *current, void *context)
{
	if (end != NULL) {
		if (next == end)
			return current;
		record = next;
		next += RECORD;
		host_reseed(record[0] + 1u);
		used = 1;
		mixed = 0;
	}
	current = sim_actor(current, context);
	record = NULL;
	return current;
}

static void check(void *context)
{
	quiet = true;
	sim_check(context);
}

static void begin(void)
{
	host_machine(RAM_BYTES, sim.cpus);
	sim_bundle(host_boot_info());
	require(host_simulate_boot(1, step, check, &sim));
	(void)host_simulate(WARM_DECISIONS);
	uint8_t *const ram = arch_direct((paddr_t){HOST_RAM_BASE});
	const struct snapshot_range ranges[] = {{__start_machine_data, __stop_machine_data, true},
	                                        {__start_machine_bss, __stop_machine_bss, false},
	                                        {__start_machine_tables, __stop_machine_tables, false},
	                                        {__start_kernel_data, __stop_kernel_data, true},
	                                        {__start_kernel_bss, __stop_kernel_bss, false},
	                                        {ram, ram + RAM_BYTES, false}};
	snapshot_take(ranges, sizeof ranges / sizeof ranges[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	if (!begun)
		begin();
	begun = true;
	if (size < HEADER)
		return 0;
	snapshot_restore();
	const size_t records = (size - HEADER) / RECORD < RECORDS_MAX ? (size - HEADER) / RECORD : RECORDS_MAX;
	next = data + HEADER;
	end = next + records * RECORD;
	sim_allocations = 0;
	sim_fail_at = data[0] + 256u * data[1];
	for (size_t turns = 0; next != end && turns < records * TURNS_PER_RECORD && !host_powered_off; turns++)
		(void)host_simulate(1);
	next = end;
	quiet = false;
	for (size_t turns = 0; !quiet && turns < 100u * TURNS_PER_RECORD && !host_powered_off; turns++)
		(void)host_simulate(1);
	if (!quiet)
		sim_fail(&sim, "a CPU does not come out of the kernel");
	sim.checks = 0; /* the large tables are looked at too */
	sim_check(&sim);
	return 0;
}

/* ---- inputs are changed by records, so that those after a change mean what they meant ---- */
static void copy_record(uint8_t *to, const uint8_t *from)
{
	memmove(to, from, RECORD);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	if (size < HEADER + RECORD || max_size < HEADER + 2u * RECORD) {
		memset(data, 0, HEADER + RECORD);
		size = HEADER + RECORD;
	}
	size_t records = (size - HEADER) / RECORD;
	uint8_t *const first = data + HEADER;
	uint8_t *const one = first + seed / 8u % records * RECORD;
	uint8_t *const other = first + seed / 4096u % records * RECORD;
	const size_t after = (size_t)(first + records * RECORD - one);
	const bool room = records < RECORDS_MAX && HEADER + (records + 1u) * RECORD <= max_size;
	switch (seed % 8u) {
	case 0:
		(void)LLVMFuzzerMutate(data, HEADER, HEADER);
		break;
	case 1:
	case 2:
		if (room) {
			uint8_t again[RECORD];
			memcpy(again, other, RECORD);
			memmove(one + RECORD, one, after);
			memcpy(one, again, RECORD);
			if (seed % 8u == 2)
				(void)LLVMFuzzerMutate(one, RECORD, RECORD);
			records++;
		}
		break;
	case 3:
		if (records > 1) {
			memmove(one, one + RECORD, after - RECORD);
			records--;
		}
		break;
	case 4:
		copy_record(one, other);
		break;
	default:
		(void)LLVMFuzzerMutate(one, RECORD, RECORD);
		break;
	}
	return HEADER + records * RECORD;
}

/* The beginning of one, then the end of the other. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other, size_t other_size, uint8_t *out,
                                 size_t max_size, unsigned int seed)
{
	if (one_size < HEADER + RECORD || other_size < HEADER + RECORD)
		return 0;
	size_t head = HEADER + (1u + seed % ((one_size - HEADER) / RECORD)) * RECORD;
	size_t records = (other_size - HEADER) / RECORD;
	size_t tail = (1u + seed / 1024u % records) * RECORD;
	if (head > max_size)
		return 0;
	tail = tail < max_size - head ? tail : (max_size - head) / RECORD * RECORD;
	memcpy(out, one, head);
	memcpy(out + head, other + HEADER + records * RECORD - tail, tail);
	return head + tail;
}
