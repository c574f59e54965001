/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers shared by C and assembly; <arch/types.h> asserts that they tell the truth. */
#pragma once

/* struct arch_regs */
#define REGS_X(n) (8 * (n))
#define REGS_SP 248
#define REGS_PC 256
#define REGS_PSTATE 264
#define REGS_SIZE 272

/* struct arch_cpu, and struct cpu which begins with it */
#define CPU_CURRENT 0
#define CPU_STACK_TOP 8
#define CPU_FPU_OWNER 16
#define CPU_SCRATCH 24

/* struct arch_fpu */
#define FPU_FPCR 512
#define FPU_FPSR 520

/* Which vector a trap in kernel mode came through (kernel/entry.S to kernel/trap.c) */
#define VECTOR_SYNC 0
#define VECTOR_IRQ 1
#define VECTOR_FIQ 2
#define VECTOR_ERROR 3
#define VECTOR_STRAY 4 /* from EL1 on the wrong stack pointer, or from 32-bit EL0 */
