/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the system library needs of aarch64: the trap into the kernel, the message page, a counter.
 *
 * Number in x8, the eight argument and result registers in x0 to x7. The kernel destroys x9 to x17 and
 * keeps every other register that is not a result of the call.
 */
#pragma once
#include <abi/message.h>

/* Any call. Entries that are no argument of the call need not be set; the compiler dissolves the array into
 * registers, and spends nothing on those that are neither set before nor read after. */
CC_INLINE void arch_syscall(uint64_t number, uint64_t regs[8])
{
	register uint64_t x0 __asm__("x0") = regs[0];
	register uint64_t x1 __asm__("x1") = regs[1];
	register uint64_t x2 __asm__("x2") = regs[2];
	register uint64_t x3 __asm__("x3") = regs[3];
	register uint64_t x4 __asm__("x4") = regs[4];
	register uint64_t x5 __asm__("x5") = regs[5];
	register uint64_t x6 __asm__("x6") = regs[6];
	register uint64_t x7 __asm__("x7") = regs[7];
	register uint64_t x8 __asm__("x8") = number;

	__asm__ volatile("svc #0"
	                 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7)
	                 : "r"(x8)
	                 : "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
	regs[0] = x0;
	regs[1] = x1;
	regs[2] = x2;
	regs[3] = x3;
	regs[4] = x4;
	regs[5] = x5;
	regs[6] = x6;
	regs[7] = x7;
}

/* The calling thread's message page, whose first word is its own address. */
CC_INLINE struct message_page *arch_message_page(void)
{
	struct message_page *page;
	__asm__("mrs %0, tpidr_el0" : "=r"(page));
	return page;
}

/* A counter for measurements: CPU cycles, which the kernel has started and lets programs read (no other
 * performance counter); under an emulator that counts instructions, instructions. On a CPU without
 * performance counters reading it is an illegal instruction. */
CC_INLINE uint64_t arch_counter(void)
{
	uint64_t cycles;
	__asm__ volatile("mrs %0, pmccntr_el0" : "=r"(cycles));
	return cycles;
}

/* Let the other thread of a spinning pair get on. */
CC_INLINE void arch_pause(void)
{
	__asm__ volatile("yield" ::: "memory");
}

/* What was written to memory before, and read from it, comes before what is written to a device's registers, and read
 * from them, after; and the other way round. */
CC_INLINE void arch_device_barrier(void)
{
	__asm__ volatile("dmb osh" ::: "memory");
}

/* What was written there is where an IOMMU finds it: those that do not look into caches are not used here. */
CC_INLINE void arch_table_settle(const void *from, uint64_t bytes)
{
	(void)from;
	(void)bytes;
	__asm__ volatile("dmb osh" ::: "memory");
}
