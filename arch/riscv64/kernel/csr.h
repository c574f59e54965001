/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Control and status registers of supervisor mode. */
#pragma once
#include <abi/types.h>

#define csr_read(name)                                                                             \
	({                                                                                         \
		uint64_t csr_value;                                                                \
		__asm__ volatile("csrr %0, " #name : "=r"(csr_value) :: "memory");                 \
		csr_value;                                                                         \
	})
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" :: "rK"((uint64_t)(value)) : "memory")
#define csr_set(name, bits) __asm__ volatile("csrs " #name ", %0" :: "rK"((uint64_t)(bits)) : "memory")
#define csr_clear(name, bits) __asm__ volatile("csrc " #name ", %0" :: "rK"((uint64_t)(bits)) : "memory")
#define csr_swap(name, value)                                                                      \
	({                                                                                         \
		uint64_t csr_old;                                                                  \
		__asm__ volatile("csrrw %0, " #name ", %1"                                         \
		                 : "=r"(csr_old) : "rK"((uint64_t)(value)) : "memory");            \
		csr_old;                                                                           \
	})

#define SSTATUS_SPP (1ull << 8)
#define SSTATUS_FS_SHIFT 13u
#define SSTATUS_FS (3ull << SSTATUS_FS_SHIFT)
#define SSTATUS_FS_CLEAN (2ull << SSTATUS_FS_SHIFT)
#define SSTATUS_FS_DIRTY (3ull << SSTATUS_FS_SHIFT)
#define SSTATUS_SUM (1ull << 18)
#define SSTATUS_MXR (1ull << 19)

/* Interrupts: bit numbers of sie and sip, and codes in scause. */
#define IRQ_SOFTWARE 1u
#define IRQ_TIMER 5u
#define IRQ_EXTERNAL 9u

enum cause {
	CAUSE_FETCH_MISALIGNED = 0,
	CAUSE_FETCH_ACCESS = 1,
	CAUSE_ILLEGAL = 2,
	CAUSE_BREAKPOINT = 3,
	CAUSE_LOAD_MISALIGNED = 4,
	CAUSE_LOAD_ACCESS = 5,
	CAUSE_STORE_MISALIGNED = 6,
	CAUSE_STORE_ACCESS = 7,
	CAUSE_FETCH_PAGE = 12,
	CAUSE_LOAD_PAGE = 13,
	CAUSE_STORE_PAGE = 15,
};
#define CAUSE_INTERRUPT (1ull << 63)
