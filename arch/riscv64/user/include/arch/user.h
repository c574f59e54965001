/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the system library needs of riscv64: the trap into the kernel, the message page, a counter.
 *
 * Number in t0, the eight argument and result registers are a0..a7; the kernel destroys t0..t6 and
 * those of a0..a7 that are no result of the call, and keeps every other register.
 */
#pragma once
#include <abi/message.h>

/* Any call. The array dissolves into registers: entries that are never set or never read cost nothing. */
CC_INLINE void arch_syscall(uint64_t number, uint64_t regs[8])
{
	register uint64_t t0 __asm__("t0") = number;
	register uint64_t a0 __asm__("a0") = regs[0];
	register uint64_t a1 __asm__("a1") = regs[1];
	register uint64_t a2 __asm__("a2") = regs[2];
	register uint64_t a3 __asm__("a3") = regs[3];
	register uint64_t a4 __asm__("a4") = regs[4];
	register uint64_t a5 __asm__("a5") = regs[5];
	register uint64_t a6 __asm__("a6") = regs[6];
	register uint64_t a7 __asm__("a7") = regs[7];
	__asm__ volatile("ecall"
	                 : "+r"(t0), "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6), "+r"(a7)
	                 :
	                 : "t1", "t2", "t3", "t4", "t5", "t6", "memory");
	regs[0] = a0;
	regs[1] = a1;
	regs[2] = a2;
	regs[3] = a3;
	regs[4] = a4;
	regs[5] = a5;
	regs[6] = a6;
	regs[7] = a7;
}

/* The calling thread's message page. */
CC_INLINE struct message_page *arch_message_page(void)
{
	return (struct message_page *)__builtin_thread_pointer();
}

/* A counter for measurements: instructions this hart has retired. */
CC_INLINE uint64_t arch_counter(void)
{
	uint64_t count;
	__asm__ volatile("rdinstret %0" : "=r"(count));
	return count;
}

/* Let the other thread of a spinning pair get on. */
CC_INLINE void arch_pause(void)
{
	__asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x010" ::: "memory"); /* pause, a hint on every hart */
}

/* What was written to memory before, and read from it, comes before what is written to a device's registers, and read
 * from them, after; and the other way round. */
CC_INLINE void arch_device_barrier(void)
{
	__asm__ volatile("fence iorw, iorw" ::: "memory");
}

/* What was written there is where an IOMMU finds it: those that do not look into caches are not used here. */
CC_INLINE void arch_table_settle(const void *from, uint64_t bytes)
{
	(void)from;
	(void)bytes;
	__asm__ volatile("fence iorw, iorw" ::: "memory");
}
