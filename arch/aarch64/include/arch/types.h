/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the port adds to the kernel's own structures.
 *
 * While a user thread runs, SP_EL1 points at its `struct arch_regs`, so the
 * trap entry stores straight into it; hence the alignment. Offsets that
 * assembly uses are in <arch/offsets.h> and are asserted here.
 */
#pragma once
#include <abi/types.h>
#include <arch/offsets.h>

#define ARCH_NAME "aarch64"
#define ARCH_ELF_MACHINE 183u /* e_machine of programs */
#define ARCH_PAGE_LEVELS 3u

/* Where a frame pointer's saved frame pointer and return address lie, relative to it. */
#define ARCH_FRAME_SAVED 0
#define ARCH_FRAME_RETURN 8

struct thread;

/* User state. A system call leaves x10..x17 as they were at an earlier trap: user code counts them as lost. */
struct arch_regs {
	uint64_t arg[8]; /* x0..x7 */
	uint64_t number; /* x8 */
	uint64_t x[22];  /* x9..x30 */
	uint64_t sp;
	uint64_t pc;
	uint64_t pstate;
} CC_ALIGNED(16);
#define ARCH_REGS_X(n) ((n) - 9u) /* index of xn, n >= 9, in arch_regs.x */

struct arch_fpu {
	uint8_t q[32][16];
	uint64_t fpcr;
	uint32_t fpsr;
	bool live; /* it has used the FPU */
} CC_ALIGNED(16);

struct arch_cpu {
	struct thread *current;
	uint64_t stack_top;
	struct arch_fpu *fpu_owner; /* [p] whose state the FPU registers hold, and the FPU is enabled; or NULL */
	uint64_t scratch[3];        /* [p] two registers and the vector, for the kernel-fault entry */
	uint64_t ipi_target;        /* [c] what to write to the interrupt controller to reach this CPU */
};

ABI_SIZE(struct arch_regs, REGS_SIZE);
ABI_AT(struct arch_regs, number, REGS_X(8));
ABI_AT(struct arch_regs, sp, REGS_SP);
ABI_AT(struct arch_regs, pc, REGS_PC);
ABI_AT(struct arch_cpu, stack_top, CPU_STACK_TOP);
ABI_AT(struct arch_cpu, fpu_owner, CPU_FPU_OWNER);
ABI_AT(struct arch_cpu, scratch, CPU_SCRATCH);
ABI_AT(struct arch_fpu, fpcr, FPU_FPCR);
ABI_AT(struct arch_fpu, fpsr, FPU_FPSR);
