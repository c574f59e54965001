/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the kernel stores per thread and per CPU on riscv64. */
#pragma once
#include <abi/types.h>

#define ARCH_NAME "riscv64"
#define ARCH_ELF_MACHINE 243u /* e_machine of programs */
#define ARCH_PAGE_LEVELS 3 /* Sv39 */

/* The psABI's frame pointer (s0) is the caller's stack pointer. */
#define ARCH_FRAME_SAVED (-16)
#define ARCH_FRAME_RETURN (-8)

struct cpu;
struct thread;

/*
 * User state. A system call clobbers t1..t6 and the argument registers it does
 * not return in, so ECALL saves no t register; every other trap saves all.
 * A return loads all of it, except straight back into the system call that
 * this CPU came from: then s0..s11 and gp are still in the CPU, because C
 * preserves them. `loaded_on` says so: it names a CPU from an ECALL there
 * until that CPU leaves the kernel for another thread, and is null in between.
 */
struct arch_regs {
	uint64_t arg[8]; /* a0..a7 */
	uint64_t number; /* t0 */
	uint64_t pc;
	uint64_t ra;
	uint64_t sp;
	uint64_t gp;
	uint64_t tp;     /* address of the message page */
	uint64_t s[12];  /* s0 is the frame pointer */
	uint64_t t[6];   /* t1..t6 */
	struct cpu *cpu; /* whom trap entry takes to be running this thread */
	struct cpu *loaded_on;
};

struct arch_fpu {
	uint64_t f[32];
	uint64_t fcsr;
	bool live; /* it has used the FPU */
};

struct arch_cpu {
	struct thread *current; /* kept by the kernel */
	uint64_t stack_top;     /* set by the kernel */
	struct thread *entered; /* whose trap this CPU is handling */
	uint64_t spare[2];      /* trap entry from kernel mode parks two registers here */
	uint64_t retried;       /* address of the last fault in kernel mode that was tried again */
	uint64_t fault_pc;      /* last page fault of a program here */
	uint64_t fault_address;
	uint32_t idle;          /* [a] in arch_idle: runs no program until it has looked at `owed` */
	uint32_t owed;          /* [a] fences it has to make then, OWED_* */
	struct arch_fpu *fpu_owner; /* whose state the FPU holds; null: FPU off */
	uint64_t hart;
};
