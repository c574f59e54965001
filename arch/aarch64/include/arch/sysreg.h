/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * System registers: access from C, and the values that C and assembly share.
 * Bits are named where they are used more than once; the Arm Architecture
 * Reference Manual (DDI 0487) has the rest.
 */
#pragma once

/* SCTLR_EL1. The base sets what every CPU has: MMU and caches on, stack alignment checked, EL0 may use
 * DC ZVA, WFE and WFI but no cache maintenance; RES1 bits; SPAN (23) clear, so that every exception
 * closes user memory again on CPUs with PAN. */
#define SCTLR_MMU (1 << 0)
#define SCTLR_BASE                                                                                 \
	((1 << 29) | (1 << 28) | (1 << 22) | (1 << 20) | (1 << 18) | (1 << 16) | (1 << 14) |       \
	 (1 << 12) | (1 << 11) | (1 << 8) | (1 << 7) | (1 << 4) | (1 << 3) | (1 << 2) | SCTLR_MMU)
#define SCTLR_OFF 0x30d00800 /* reset value: MMU and caches off */
#define SCTLR_WRITE_NO_EXECUTE (1 << 19)
#define SCTLR_BTI_USER (1ull << 35)
#define SCTLR_BTI_KERNEL (1ull << 36)

/* TCR_EL1: 39-bit halves (3 levels of 4 KiB tables), walks cacheable and inner shareable. */
#define TCR_BASE                                                                                   \
	(25 | (1 << 8) | (1 << 10) | (3 << 12) | (25 << 16) | (1 << 24) | (1 << 26) | (3 << 28) | (2 << 30))
#define TCR_SIZE_SHIFT 32
#define TCR_ASID16_SHIFT 36
#define TCR_E0PD1_SHIFT 56 /* EL0 may not even probe the upper half */

/* MAIR_EL1: 0 normal write-back, 1 device nGnRE */
#define MAIR_VALUE 0x04ff

/* Block and table descriptors of the early tables (see <arch/inline.h> for the names of the bits). */
#define EARLY_TABLE 0x3
#define EARLY_BLOCK_DATA 0x0060000000000701   /* normal memory, writable, not executable */
#define EARLY_BLOCK_IMAGE 0x0040000000000701  /* normal memory, writable and executable: until arch_memory_init */
#define EARLY_BLOCK_TEXT 0x0040000000000781   /* normal memory, read-only, executable */
#define EARLY_BLOCK_DEVICE 0x0060000000000405

#define CPACR_FPU (3 << 20)

#ifndef __ASSEMBLER__
#include <stdint.h>

#define SYSREG_READ(name)                                                                          \
	({                                                                                         \
		uint64_t sysreg_value;                                                             \
		__asm__ volatile("mrs %0, " #name : "=r"(sysreg_value));                           \
		sysreg_value;                                                                      \
	})
#define SYSREG_WRITE(name, value)                                                                  \
	__asm__ volatile("msr " #name ", %x0" ::"rZ"((uint64_t)(value)) : "memory")

/* A 4-bit field of an identification register. */
#define SYSREG_FIELD(value, shift) ((uint32_t)((value) >> (shift)) & 0xfu)

static inline __attribute__((always_inline)) void sync_instructions(void)
{
	__asm__ volatile("isb" ::: "memory");
}
#endif
