/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What assembly knows by number; types.h and kernel/cpu.c assert each against the C structures. */
#pragma once

/* struct arch_regs */
#define REGS_RDI 0
#define REGS_RSI 8
#define REGS_RDX 16
#define REGS_R10 24
#define REGS_R8 32
#define REGS_R9 40
#define REGS_R12 48
#define REGS_R13 56
#define REGS_RAX 64
#define REGS_RBX 72
#define REGS_RBP 80
#define REGS_R14 88
#define REGS_R15 96
#define REGS_RCX 104
#define REGS_R11 112
#define REGS_SYSRET_RIP 120
#define REGS_RIP 128
#define REGS_CS 136
#define REGS_RFLAGS 144
#define REGS_RSP 152
#define REGS_SS 160

/* struct arch_cpu */
#define CPU_CURRENT 0
#define CPU_STACK_TOP 8
#define CPU_SELF 16

#define X86_RFLAGS_USER 0x202 /* interrupts on; bit 1 is always set */

/* Interrupt vectors. One per interrupt line or message from X86_VECTOR_LINES on. */
#define X86_VECTOR_LINES 0x30
#define X86_LINES_MAX 96
#define X86_VECTOR_TIMER 0x90
#define X86_VECTOR_IPI 0x91
#define X86_VECTOR_SHOOTDOWN 0x92
#define X86_VECTOR_SPURIOUS 0x9f
#define X86_VECTOR_COUNT 0xa0
#define X86_STUB_SIZE 12

/* Selectors. The order of the user ones is what SYSRET expects. */
#define X86_KERNEL_CS 0x08
#define X86_KERNEL_SS 0x10
#define X86_SYSRET_BASE 0x1b
#define X86_USER_SS 0x23
#define X86_USER_CS 0x2b
#define X86_TSS 0x30

/* The image is linked at KERNEL_BASE and loaded here: above the holes that UEFI firmware has at 8 MiB. */
#define X86_IMAGE_PHYSICAL 0x1000000
#define X86_IMAGE_OFFSET 0xffffffff7f000000

#define X86_MSR_GS_BASE 0xc0000101
#define X86_MSR_EFER 0xc0000080
#define X86_EFER_SCE 0x1
#define X86_EFER_LME 0x100
#define X86_EFER_NXE 0x800
#define X86_BOOT_STACK_SIZE 16384
