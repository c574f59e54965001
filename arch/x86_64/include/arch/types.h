/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a thread and a CPU look like on x86_64. Entry code (kernel/entry.S) knows these layouts by
 * number (offsets.h); the assertions below keep the two together.
 */
#pragma once
#include <abi/types.h>
#include <arch/offsets.h>

#define ARCH_NAME "x86_64"
#define ARCH_ELF_MACHINE 62u /* e_machine of programs */
#define ARCH_PAGE_LEVELS 4u

/* Where user code keeps the caller's frame pointer and the return address, from its frame pointer. */
#define ARCH_FRAME_SAVED 0
#define ARCH_FRAME_RETURN 8

/*
 * User state. A system call is left by SYSRET, which resumes at `sysret_rip` with rcx, r11, the flags and
 * (by convention) rax destroyed; everything else is left by IRET through the five words at the end, which are the
 * frame the CPU itself reads. `sysret_rip` is all ones when the thread must leave by IRET.
 */
struct arch_regs {
	uint64_t arg[8]; /* rdi rsi rdx r10 r8 r9 r12 r13 */
	uint64_t number; /* rax */
	uint64_t rbx;
	uint64_t rbp;
	uint64_t r14;
	uint64_t r15;
	uint64_t rcx;
	uint64_t r11;
	uint64_t sysret_rip;
	uint64_t rip;
	uint64_t cs;
	uint64_t rflags;
	uint64_t rsp;
	uint64_t ss;
};
ABI_AT(struct arch_regs, arg, REGS_RDI);
ABI_AT(struct arch_regs, number, REGS_RAX);
ABI_AT(struct arch_regs, rbx, REGS_RBX);
ABI_AT(struct arch_regs, r15, REGS_R15);
ABI_AT(struct arch_regs, rcx, REGS_RCX);
ABI_AT(struct arch_regs, sysret_rip, REGS_SYSRET_RIP);
ABI_AT(struct arch_regs, rip, REGS_RIP);
ABI_AT(struct arch_regs, ss, REGS_SS);
ABI_SIZE(struct arch_regs, 168);

/* FXSAVE image: x87 and SSE. AVX is not offered to programs (CR4.OSXSAVE stays clear). */
struct arch_fpu {
	uint8_t image[512] CC_ALIGNED(16);
	bool live;
};

struct cpu;
struct thread;

/* A CPU that changed mappings writes its request here and waits until nobody is left in `waiting_for`. */
struct arch_shootdown {
	uint64_t address;
	uint64_t pages;       /* 0: everything */
	uint32_t asid;        /* 0: kernel mappings */
	uint32_t waiting_for; /* [a] bit per CPU that has not answered */
	uint32_t asked_by;    /* [a] bit per CPU whose request this CPU has not answered */
};

struct arch_cpu {
	struct thread *current;     /* kept by the kernel; offset 0 is what gs:0 reads */
	uint64_t stack_top;         /* set by the kernel before arch_cpu_init or arch_cpu_start */
	struct cpu *self;           /* what arch_cpu_self reads */
	struct arch_fpu *fpu_owner; /* whose state the FPU holds; NULL: the FPU is disabled */
	uint64_t timer_deadline;    /* what the kernel asked for, TSC ticks */
	uint64_t timer_fires;       /* when the hardware will interrupt, at or before the deadline */
	struct arch_shootdown shootdown;
	uint32_t index;
	uint32_t apic_id;
};
ABI_AT(struct arch_cpu, current, CPU_CURRENT);
ABI_AT(struct arch_cpu, stack_top, CPU_STACK_TOP);
ABI_AT(struct arch_cpu, self, CPU_SELF);
