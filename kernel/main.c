/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Boot from the port's first call to the first program. The order is forced:
 * frames before page tables, page tables before tables and stacks, those before
 * CPUs, CPUs before threads. Each stage either succeeds or refuses the machine.
 * The code of boot is gone before the first program runs; a CPU that comes up
 * late finds what it needs.
 */
#include <kernel/aspace.h>
#include <kernel/audit.h>
#include <kernel/boot.h>
#include <kernel/frame.h>
#include <kernel/panic.h>
#include <kernel/random.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <kernel/trust.h>

extern const char kernel_boot_text_start[], kernel_boot_text_end[]; /* the port's linker script */

#define CPU_WAIT_NS 2000000000ull

CC_BOOT static void banner_print(void)
{
	log_print("%s %s for %s, on '%s' started by %s\n", KERNEL_NAME, KERNEL_VERSION, ARCH_NAME,
	          boot_machine.machine, boot_machine.loader);
	log_print("machine: %u CPUs, %llu MiB of memory, %u devices; command line: '%s'\n",
	          boot_machine.cpu_count, (unsigned long long)(boot_ram_bytes() >> 20),
	          boot_machine.device_count, boot_machine.command_line);
	trust_print(&trust_built_in);
}

CC_BOOT static void memory_start(void)
{
	frame_init(&boot_machine);
	arch_memory_init(&boot_machine);
	boot_stage("memory");
	boot_bundle_check();
	trust_catalog_check();
	boot_stage("bundle");
	cpu_count = boot_machine.cpu_count;
	boot_tables_make();
	boot_stage("tables");
}

CC_BOOT static void cpu_start(void)
{
	struct cpu *cpu = &cpu_table[0];
	arch_cpu_init(cpu, &boot_machine);
	arch_irq_init(&boot_machine);
	clock_init();
	timer_init();
	sched_init();
	sched_cpu_online(cpu);
	log_print("protection: %s\n", cpu->features);
	audit_init(cpu_count);
	boot_stage("CPU, interrupts and clock");
}

CC_BOOT static void others_start(void)
{
	for (uint32_t i = 1; i < cpu_count; i++) {
		if (arch_cpu_start(i, &boot_machine) != STATUS_OK)
			log_print("CPU %u: the firmware refuses to start it\n", i);
	}
}

/* All were told to start before; one that does not come up is left out. */
CC_BOOT static void others_wait(void)
{
	deadline_t limit = clock_now() + CPU_WAIT_NS;
	for (uint32_t i = 1; i < cpu_count; i++) {
		while (__atomic_load_n(&cpu_table[i].online, __ATOMIC_ACQUIRE) == 0 && clock_now() < limit)
			arch_spin_hint();
		if (__atomic_load_n(&cpu_table[i].online, __ATOMIC_ACQUIRE) == 0)
			log_print("CPU %u: did not start\n", i);
	}
	log_print("%u of %u CPUs run\n", (unsigned)__builtin_popcountll(cpus_online), cpu_count);
}

/* What is taken now is the kernel's; what is taken later belongs to programs. */
CC_BOOT static void memory_account(void)
{
	uint64_t free = (uint64_t)frame_free_count() * PAGE_SIZE;
	boot_kernel_bytes = boot_ram_bytes() - free - boot_machine.bundle.size;
	log_print("memory: %llu KiB kernel, %llu KiB bundle, %llu KiB free\n",
	          (unsigned long long)(boot_kernel_bytes >> 10),
	          (unsigned long long)(boot_machine.bundle.size >> 10), (unsigned long long)(free >> 10));
}

CC_NORETURN static void cpu_enter(struct cpu *cpu)
{
	cpu->active_root = arch_kernel_root();
	arch_user_return(sched_next(cpu));
}

/* The last of boot, and no part of it: nothing returns to what is given back here. */
CC_NORETURN static CC_COLD void boot_end(uint32_t first_thread)
{
	uint64_t first = (uint64_t)(uintptr_t)kernel_boot_text_start;
	uint64_t bytes = (uint64_t)(uintptr_t)kernel_boot_text_end - first;
	kernel_unback(first, bytes / PAGE_SIZE);
	boot_kernel_bytes -= bytes;
	thread_start(first_thread); /* other CPUs run by now, and may be the first to take it */
	cpu_enter(&cpu_table[0]);
}

CC_BOOT void kernel_main(const struct boot_info *info)
{
	boot_machine = *info;
	if (arch_time_frequency() != 0)
		clock_init(); /* known already, or only once it was measured in cpu_start */
	random_init();
	panic_guard(random_word());
	banner_print();
	random_report();
	boot_machine_check();
	memory_start();
	cpu_start();
	others_start();
	memory_account();
	uint32_t first = boot_process_make();
	boot_stage("first process");
	others_wait();
	boot_stage("other CPUs");
	audit_emit(AUDIT_SYSTEM_STARTED, 0, 0, (uint64_t)__builtin_popcountll(cpus_online), boot_ram_bytes(), 0, 0);
	if (boot_word("kernel.panic"))
		panic("asked for by the command line");
	boot_end(first);
}

void kernel_cpu_main(uint32_t index)
{
	struct cpu *cpu = &cpu_table[index];
	arch_cpu_init(cpu, &boot_machine);
	sched_cpu_online(cpu);
	cpu_enter(cpu);
}
