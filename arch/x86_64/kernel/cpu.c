/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One CPU's own set-up: segments, task state, vectors, system call entry, protections.
 *
 * One descriptor table and one interrupt table serve all CPUs; each has a task state segment of its own,
 * which says where faults land. The interrupt table becomes read-only with the final page tables.
 */
#include "x86.h"

#include <lib/string.h>

#define MSR_STAR           0xc0000081u
#define MSR_LSTAR          0xc0000082u
#define MSR_SYSCALL_MASK   0xc0000084u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define MSR_PAT            0x277u
#define PAT_RESET          0x0007040600070406ull
/* Cleared on SYSCALL: AC, NT, IOPL, DF, IF, TF. */
#define SYSCALL_MASK 0x47700u

#define CR0_KERNEL          0x80010033ull /* paging, write protection, FPU errors as exceptions, protected mode */
#define CR4_PAE             (1ull << 5)
#define CR4_FXSAVE          (1ull << 9)
#define CR4_SIMD_EXCEPTIONS (1ull << 10)
#define CR4_UMIP            (1ull << 11)
#define CR4_SMEP            (1ull << 20)
#define CR4_SMAP            (1ull << 21)

#define FAULT_STACK 1u /* number of the interrupt stack in the task state */

struct __attribute__((packed)) task_state {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t interrupt_stack[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t port_map; /* beyond the limit: no port is open to user mode */
};
_Static_assert(sizeof(struct task_state) == 104, "task state segment");

struct gate {
	uint64_t low, high;
};

struct __attribute__((packed)) table_pointer {
	uint16_t limit;
	uint64_t base;
};

static struct task_state task_states[CPU_MAX];
static uint64_t descriptors[X86_TSS / 8 + 2 * CPU_MAX] = {
	[X86_KERNEL_CS / 8] = 0x00af9b000000ffff,
	[X86_KERNEL_SS / 8] = 0x00cf93000000ffff,
	[X86_USER_SS / 8] = 0x00cff3000000ffff,
	[X86_USER_CS / 8] = 0x00affb000000ffff,
};
static struct gate gates[X86_VECTOR_COUNT] CC_SECTION(".rodata_late") CC_ALIGNED(16);

bool x86_smap;

extern char x86_stubs[], x86_syscall_entry[];

static void gates_fill(void)
{
	for (uint32_t vector = 0; vector < X86_VECTOR_COUNT; vector++) {
		uint64_t target = (uint64_t)(uintptr_t)x86_stubs + vector * X86_STUB_SIZE;
		bool open = vector == 3; /* int3 is for everybody */
		bool fatal = vector == 2 || vector == 8 || vector == 18;
		gates[vector].low =
			(target & 0xffffu) | X86_KERNEL_CS << 16 | (target >> 16 & 0xffffu) << 48 |
			(fatal ? (uint64_t)FAULT_STACK << 32 : 0) | (open ? 0xee00ull : 0x8e00ull) << 32;
		gates[vector].high = target >> 32;
	}
}

static void task_state_describe(uint32_t index)
{
	uint64_t base = (uint64_t)(uintptr_t)&task_states[index];
	uint64_t *entry = &descriptors[X86_TSS / 8 + 2 * index];
	entry[0] = (sizeof(struct task_state) - 1) | (base & 0xffffffu) << 16 | 0x89ull << 40 |
	           (base >> 24 & 0xffu) << 56;
	entry[1] = base >> 32;
}

void x86_fault_stack_set(uint32_t index, uint64_t fault_stack_top)
{
	task_states[index].interrupt_stack[FAULT_STACK - 1] = fault_stack_top;
}

void x86_tables_load(uint32_t index, uint64_t stack_top, uint64_t fault_stack_top)
{
	struct table_pointer pointer = {sizeof(descriptors) - 1, (uint64_t)(uintptr_t)descriptors};
	__asm__ volatile("lgdt %0\n\t"
	                 "pushq %1\n\t"
	                 "leaq 1f(%%rip), %%rax\n\t"
	                 "pushq %%rax\n\t"
	                 "lretq\n"
	                 "1:\tmovl %2, %%ds\n\t"
	                 "movl %2, %%es\n\t"
	                 "movl %2, %%ss"
	                 :
	                 : "m"(pointer), "i"(X86_KERNEL_CS), "r"(X86_KERNEL_SS)
	                 : "rax", "memory");

	task_states[index].port_map = sizeof(struct task_state);
	task_states[index].rsp[0] = stack_top;
	x86_fault_stack_set(index, fault_stack_top);
	task_state_describe(index);
	__asm__ volatile("ltr %w0" : : "r"(X86_TSS + 16 * index) : "memory");

	if (gates[0].low == 0)
		gates_fill();
	pointer = (struct table_pointer){sizeof(gates) - 1, (uint64_t)(uintptr_t)gates};
	__asm__ volatile("lidt %0" : : "m"(pointer) : "memory");
}

/* ---- protections ---- */

static void feature_add(struct cpu *cpu, const char *name)
{
	size_t length = strlen(cpu->features);
	if (length > 0 && length + 1 < sizeof(cpu->features))
		cpu->features[length++] = ' ';
	string_copy(cpu->features + length, sizeof(cpu->features) - length, name);
}

static void protections_enable(struct cpu *cpu)
{
	struct x86_cpuid extended = {0, 0, 0, 0};
	if (x86_cpuid(0).eax >= 7)
		extended = x86_cpuid(7);
	uint64_t cr4 = CR4_PAE | X86_CR4_GLOBAL | CR4_FXSAVE | CR4_SIMD_EXCEPTIONS;

	cpu->features[0] = '\0';
	feature_add(cpu, "nx");
	feature_add(cpu, "wp");
	if ((extended.ebx & (1u << 7)) != 0) {
		cr4 |= CR4_SMEP;
		feature_add(cpu, "smep");
	}
	if ((extended.ebx & (1u << 20)) != 0) {
		cr4 |= CR4_SMAP;
		feature_add(cpu, "smap");
	}
	if ((extended.ecx & (1u << 2)) != 0) {
		cr4 |= CR4_UMIP;
		feature_add(cpu, "umip");
	}
	x86_cr4_write(cr4);
	x86_cr0_write(CR0_KERNEL | X86_CR0_TASK_SWITCHED);
	if (cpu->arch.index == 0)
		x86_smap = (cr4 & CR4_SMAP) != 0;
	else if (x86_smap != ((cr4 & CR4_SMAP) != 0))
		boot_refuse("CPU %u differs from CPU 0 in SMAP support", cpu->arch.index);
}

static void syscall_enable(void)
{
	x86_msr_write(X86_MSR_EFER, x86_msr_read(X86_MSR_EFER) | X86_EFER_SCE | X86_EFER_NXE);
	x86_msr_write(MSR_STAR, (uint64_t)X86_SYSRET_BASE << 48 | (uint64_t)X86_KERNEL_CS << 32);
	x86_msr_write(MSR_LSTAR, (uint64_t)(uintptr_t)x86_syscall_entry);
	x86_msr_write(MSR_SYSCALL_MASK, SYSCALL_MASK);
}

void arch_cpu_init(struct cpu *cpu, const struct boot_info *info)
{
	cpu->arch.self = cpu;
	cpu->arch.index = (uint32_t)(cpu - cpu_table);
	cpu->arch.apic_id = (uint32_t)info->cpu_hardware_ids[cpu->arch.index];
	cpu->arch.timer_deadline = UINT64_MAX;
	cpu->arch.timer_fires = UINT64_MAX;

	__asm__ volatile("movl %0, %%fs\n\tmovl %0, %%gs" : : "r"(0));
	x86_msr_write(X86_MSR_GS_BASE, (uint64_t)(uintptr_t)cpu);
	x86_msr_write(MSR_KERNEL_GS_BASE, 0);
	x86_msr_write(MSR_PAT, PAT_RESET);
	x86_tables_load(cpu->arch.index, cpu->arch.stack_top, x86_fault_stack_top(cpu->arch.index));
	protections_enable(cpu);
	syscall_enable();
	x86_apic_init();
}

void arch_halt(void)
{
	for (;;)
		__asm__ volatile("cli\n\thlt");
}
