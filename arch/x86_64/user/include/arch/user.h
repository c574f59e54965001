/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the system library needs of x86_64: the trap into the kernel, the message page, a counter.
 *
 * Number in rax, the eight argument and result registers in rdi rsi rdx r10 r8 r9 r12 r13; the kernel
 * destroys rax, rcx, r11 and the flags and keeps every register that is not a result of the call.
 */
#pragma once
#include <abi/message.h>

/* The first so many registers, from and to an array that the compiler dissolves into them. */
#define X86_LOAD1 register uint64_t r0 __asm__("rdi") = regs[0];
#define X86_LOAD2 X86_LOAD1 register uint64_t r1 __asm__("rsi") = regs[1];
#define X86_LOAD3 X86_LOAD2 register uint64_t r2 __asm__("rdx") = regs[2];
#define X86_LOAD4 X86_LOAD3 register uint64_t r3 __asm__("r10") = regs[3];
#define X86_LOAD5 X86_LOAD4 register uint64_t r4 __asm__("r8") = regs[4];
#define X86_LOAD6 X86_LOAD5 register uint64_t r5 __asm__("r9") = regs[5];
#define X86_LOAD7 X86_LOAD6 register uint64_t r6 __asm__("r12") = regs[6];
#define X86_LOAD8 X86_LOAD7 register uint64_t r7 __asm__("r13") = regs[7];
#define X86_USE1 "+r"(r0)
#define X86_USE2 X86_USE1, "+r"(r1)
#define X86_USE3 X86_USE2, "+r"(r2)
#define X86_USE4 X86_USE3, "+r"(r3)
#define X86_USE5 X86_USE4, "+r"(r4)
#define X86_USE6 X86_USE5, "+r"(r5)
#define X86_USE7 X86_USE6, "+r"(r6)
#define X86_USE8 X86_USE7, "+r"(r7)
#define X86_STORE1 regs[0] = r0;
#define X86_STORE2 X86_STORE1 regs[1] = r1;
#define X86_STORE3 X86_STORE2 regs[2] = r2;
#define X86_STORE4 X86_STORE3 regs[3] = r3;
#define X86_STORE5 X86_STORE4 regs[4] = r4;
#define X86_STORE6 X86_STORE5 regs[5] = r5;
#define X86_STORE7 X86_STORE6 regs[6] = r6;
#define X86_STORE8 X86_STORE7 regs[7] = r7;

#define X86_SYSCALL(name, count)                                                                   \
	CC_INLINE void name(uint64_t number, uint64_t *regs)                                       \
	{                                                                                          \
		X86_LOAD##count                                                                    \
		__asm__ volatile("syscall" : "+a"(number), X86_USE##count : : "rcx", "r11", "memory"); \
		X86_STORE##count                                                                   \
	}

/*
 * arch_syscallN: a call whose arguments and results all lie in the first N registers, regs[0 .. N). N is at
 * least 2, because any call may leave the missing rights in register 1. Entries that are no argument of the
 * call need not be set.
 */
X86_SYSCALL(arch_syscall2, 2)
X86_SYSCALL(arch_syscall3, 3)
X86_SYSCALL(arch_syscall4, 4)
X86_SYSCALL(arch_syscall5, 5)
X86_SYSCALL(arch_syscall6, 6)
X86_SYSCALL(arch_syscall7, 7)
X86_SYSCALL(arch_syscall8, 8)

/* Any call. */
CC_INLINE void arch_syscall(uint64_t number, uint64_t regs[8])
{
	arch_syscall8(number, regs);
}

/* The calling thread's message page, whose first word is its own address. */
CC_INLINE struct message_page *arch_message_page(void)
{
	struct message_page *page;
	__asm__("movq %%fs:0, %0" : "=r"(page));
	return page;
}

/* A counter for measurements: TSC ticks; under an emulator that counts instructions, instructions. */
CC_INLINE uint64_t arch_counter(void)
{
	uint32_t low, high;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* Let the other thread of a spinning pair get on. */
CC_INLINE void arch_pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* What was written to memory before, and read from it, comes before what is written to a device's registers, and read
 * from them, after; and the other way round. */
CC_INLINE void arch_device_barrier(void)
{
	__asm__ volatile("" ::: "memory"); /* accesses to registers are not reordered with any */
}

/* What was written there is in memory, where an IOMMU finds it that does not look into caches. */
CC_INLINE void arch_table_settle(const void *from, uint64_t bytes)
{
	uint64_t line = 64;
	for (uint64_t at = (uint64_t)from & ~(line - 1u); at < (uint64_t)from + bytes; at += line)
		__asm__ volatile("clflush (%0)" : : "r"(at) : "memory");
	__asm__ volatile("mfence" : : : "memory");
}
