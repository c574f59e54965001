/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A kernel up to the point where it would run its first program, again and
 * again within one host program: a unit test makes a new one for every test.
 *
 * The kernel has no way back to its beginning, so what it keeps between calls
 * is put back from outside: its variables lie in two sections of their own
 * (arch/types.h) and get the values they were loaded with; its tables are
 * zeroed as far as they were used. The tables need no frames here: they are
 * arrays of the host program.
 */
#include <arch/host.h>
#include <kernel/aspace.h>
#include <kernel/audit.h>
#include <kernel/boot.h>
#include <kernel/cap.h>
#include <kernel/endpoint.h>
#include <kernel/frame.h>
#include <kernel/random.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <stdlib.h>
#include <string.h>

extern uint8_t __start_kernel_data[], __stop_kernel_data[]; /* the linker's names for the ends of a section */
extern uint8_t __start_kernel_bss[], __stop_kernel_bss[];

static uint8_t *data_at_load;

/* Byte by byte and unchecked: between the variables lie the sanitizer's red zones. */
__attribute__((no_sanitize("address"))) static void bytes_copy(volatile uint8_t *to, const volatile uint8_t *from,
                                                               size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = from[i];
}

__attribute__((no_sanitize("address"))) static void bytes_zero(volatile uint8_t *to, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = 0;
}

__attribute__((constructor)) static void data_keep(void)
{
	size_t bytes = (size_t)(__stop_kernel_data - __start_kernel_data);
	data_at_load = malloc(bytes);
	if (data_at_load == NULL)
		abort();
	bytes_copy(data_at_load, __start_kernel_data, bytes);
}

static void table_wipe(const struct table *table)
{
	if (table->first != NULL)
		memset(table->first, 0, (size_t)table->capacity * table->entry_bytes);
}

/* The tables first: the variables say how large they are. */
static void kernel_forget(void)
{
	memset(cap_table, 0, (size_t)object_tables[OBJECT_PROCESS].capacity * CSPACE_SLOTS * sizeof(struct cap));
	for (uint32_t type = 0; type < OBJECT_TYPE_COUNT; type++)
		table_wipe(&object_tables[type]);
	table_wipe(&mapping_slots);
	table_wipe(&queued_slots);
	bytes_zero(__start_kernel_bss, (size_t)(__stop_kernel_bss - __start_kernel_bss));
	bytes_copy(__start_kernel_data, data_at_load, (size_t)(__stop_kernel_data - __start_kernel_data));
}

/* As boot_tables_make, for a number of processes that the test chose. */
static void tables_size(uint64_t ram_bytes, uint32_t processes)
{
	struct tier_policy policy = tier_policies[TIER_POLICY];
	policy.processes_min = processes;
	policy.processes_max = processes;
	tier_sizes(&policy, ram_bytes, &boot_tables);
	object_tables_init(&boot_tables);
}

void host_kernel(uint64_t ram_bytes, uint32_t cpus, uint32_t processes)
{
	kernel_forget();
	host_machine(ram_bytes, cpus);
	boot_machine = *host_boot_info();
	clock_init();
	random_init();
	frame_init(&boot_machine);
	arch_memory_init(&boot_machine);
	tables_size(ram_bytes, processes);
	timer_init();
	sched_init();
	sched_cpu_online(&cpu_table[0]);
	cpu_table[0].active_root = arch_kernel_root();
	audit_init(cpus);
}
