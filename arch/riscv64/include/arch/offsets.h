/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers that assembly shares with C; kernel/trap.c asserts each of them. */
#pragma once

/* struct arch_regs */
#define REGS_ARG 0
#define REGS_NUMBER 64
#define REGS_PC 72
#define REGS_RA 80
#define REGS_SP 88
#define REGS_GP 96
#define REGS_TP 104
#define REGS_S 112
#define REGS_T 208
#define REGS_CPU 256
#define REGS_LOADED_ON 264
#define REGS_SIZE 272

/* struct arch_cpu */
#define CPU_CURRENT 0
#define CPU_STACK_TOP 8
#define CPU_ENTERED 16
#define CPU_SPARE 24
#define CPU_RETRIED 40

/* struct arch_fpu */
#define FPU_F 0
#define FPU_FCSR 256

/* The kernel's layout */
#define KERNEL_LINK_ADDRESS 0xffffffff80000000
#define STACK_SIZE 16384
#define BOOT_STACK_SIZE 16384
#define BOOT_HARTS 16 /* CPU_MAX */
#define USER_ADDRESS_BITS 38

/* CSR bits */
#define SUM_LUI 0x40 /* SSTATUS_SUM >> 12 */
#define SATP_SV39_TOP 8 /* satp >> 60 */
