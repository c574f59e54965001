/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The kernel's memory, all of it, once: object tables to the size the tier
 * policy gives this machine, and a stack per CPU. The page below each stack is
 * never backed, so that an overrun faults.
 */
#include <kernel/aspace.h>
#include <kernel/boot.h>
#include <kernel/cap.h>
#include <kernel/cpu.h>
#include <kernel/endpoint.h>
#include <kernel/trace.h>

struct tier_sizes boot_tables;

static void back(const void *start, uint64_t bytes, const char *what)
{
	uint64_t first = (uint64_t)(uintptr_t)start / PAGE_SIZE;
	uint64_t last = ((uint64_t)(uintptr_t)start + bytes + PAGE_MASK) / PAGE_SIZE;
	if (kernel_back(first * PAGE_SIZE, last - first) != STATUS_OK)
		boot_refuse("too little memory for the %s table", what);
}

static void stacks_make(void)
{
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++) {
		back(boot_stack_table[cpu].bytes, KERNEL_STACK_SIZE, "stack");
		cpu_table[cpu].index = cpu;
		cpu_table[cpu].active_process = NONE;
		cpu_table[cpu].arch.stack_top = (uint64_t)(uintptr_t)(boot_stack_table[cpu].bytes + KERNEL_STACK_SIZE);
	}
}

static void tables_back(const struct tier_sizes *sizes)
{
	for (uint32_t type = 0; type < OBJECT_TYPE_COUNT; type++) {
		const struct table *table = &object_tables[type];
		if (table->capacity > 0)
			back((const uint8_t *)table->first, (uint64_t)table->capacity * table->entry_bytes,
			     table->name);
	}
	back(mapping_table, (uint64_t)sizes->mappings * sizeof(struct mapping), "mapping");
	back(queued_table, (uint64_t)sizes->queued * sizeof(struct queued), "message");
	back(cap_table, (uint64_t)sizes->caps * sizeof(struct cap), "capability");
}

void boot_tables_make(void)
{
	const struct tier_policy *policy = &tier_policies[TIER_POLICY];
	tier_sizes(policy, boot_ram_bytes(), &boot_tables);
	object_tables_init(&boot_tables);
	tables_back(&boot_tables);
	stacks_make();
	trace_init(cpu_count);
	log_print("tier: %s, %llu KiB of tables for %u processes, clamp: %s\n", policy->name,
	          (unsigned long long)(boot_tables.bytes >> 10), boot_tables.count[OBJECT_PROCESS],
	          boot_tables.clamp);
}
