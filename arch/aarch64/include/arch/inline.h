/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The small half of the port: what <kernel/arch.h> marks [inline]. Included at
 * the bottom of that header, never alone.
 */
#pragma once
#include <arch/types.h>

/* ---- CPU ---- */
CC_INLINE struct cpu *arch_cpu_self(void)
{
	struct cpu *cpu;
	/* Not volatile: a CPU never changes under code that runs with interrupts off. */
	__asm__("mrs %0, tpidr_el1" : "=r"(cpu));
	return cpu;
}

/* TLB maintenance is broadcast by the hardware, so there is no shootdown to answer. */
CC_INLINE void arch_spin_hint(void)
{
	__asm__ volatile("yield" ::: "memory");
}

/* ---- time ---- */
CC_INLINE uint64_t arch_time_now(void)
{
	uint64_t ticks;
	/* isb: the counter must not be read early, ahead of what it is to time. */
	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) :: "memory");
	return ticks;
}

/* ---- threads ---- */
CC_INLINE void arch_thread_switch(uint64_t page)
{
	/* A user address in x9: the exit must load everything (entry.S). */
	register uint64_t token __asm__("x9") = page;
	__asm__ volatile("msr tpidr_el0, %0" :: "r"(token));
}

CC_INLINE uint64_t arch_regs_pc(const struct arch_regs *regs) { return regs->pc; }
CC_INLINE uint64_t arch_regs_sp(const struct arch_regs *regs) { return regs->sp; }
CC_INLINE uint64_t arch_regs_frame(const struct arch_regs *regs) { return regs->x[ARCH_REGS_X(29)]; }
CC_INLINE void arch_regs_restart(struct arch_regs *regs)
{
	regs->pc -= 4u;
	__asm__ volatile("mov x9, xzr"); /* the exit must load everything (entry.S) */
}

CC_INLINE void arch_regs_arguments(struct arch_regs *regs, uint64_t a, uint64_t b, uint64_t c)
{
	regs->arg[1] = a;
	regs->arg[2] = b;
	regs->arg[3] = c;
}
CC_INLINE void arch_regs_resume(struct arch_regs *regs, uint64_t pc)
{
	regs->pc = pc;
	__asm__ volatile("mov x9, xzr"); /* the exit must load everything (entry.S) */
}

/* ---- FPU ---- */
/* kernel/fpu_state.S: the owner's registers to memory and the FPU off; registers from memory and the FPU on. */
void fpu_give_up(struct arch_cpu *cpu);
void fpu_take(struct arch_cpu *cpu, struct arch_fpu *fpu);

/* struct cpu begins with its struct arch_cpu (asserted where struct cpu is complete). */
CC_INLINE bool arch_fpu_held(const struct cpu *cpu, const struct arch_fpu *fpu)
{
	return ((const struct arch_cpu *)(const void *)cpu)->fpu_owner == fpu;
}

CC_INLINE void arch_fpu_leave(struct cpu *cpu, struct arch_fpu *from)
{
	struct arch_cpu *arch = (struct arch_cpu *)(void *)cpu;
	if (CC_UNLIKELY(arch->fpu_owner == from))
		fpu_give_up(arch);
}

CC_INLINE void arch_fpu_enter(struct cpu *cpu, struct arch_fpu *to)
{
	if (CC_UNLIKELY(to->live))
		fpu_take((struct arch_cpu *)(void *)cpu, to);
}

/* ---- page table entries ---- */
#define PTE_VALID (1ull << 0)
#define PTE_TABLE (1ull << 1) /* and, at level 0, a page */
#define PTE_DEVICE (1ull << 2) /* MAIR index 1; index 0 is normal memory */
#define PTE_USER (1ull << 6)   /* AP[1]: EL0 may access */
#define PTE_READ_ONLY (1ull << 7)
#define PTE_SHARED (3ull << 8) /* inner shareable */
#define PTE_ACCESSED (1ull << 10)
#define PTE_NOT_GLOBAL (1ull << 11)
#define PTE_GUARDED (1ull << 50) /* BTI */
#define PTE_KERNEL_NO_EXECUTE (1ull << 53)
#define PTE_USER_NO_EXECUTE (1ull << 54)
#define PTE_ADDRESS 0x0000fffffffff000ull

extern uint64_t memory_guarded;     /* [c] PTE_GUARDED if the CPUs check branch targets, else 0 */
extern uint32_t memory_asid_max;    /* [c] largest ASID of the hardware */
extern uint64_t memory_zero_block;  /* [c] bytes that DC ZVA clears; PAGE_SIZE or more: do not use it */

CC_INLINE uint64_t arch_pte_table(paddr_t table)
{
	return table.a | PTE_TABLE | PTE_VALID;
}

/* A user page that may not be read has AP[1] clear: EL0 then may at most execute it. No entry is ever
 * executable at EL1 and accessible at EL0. */
CC_INLINE uint64_t arch_pte_leaf(paddr_t frame, uint32_t prot, bool user, bool device)
{
	uint64_t pte = frame.a | PTE_ACCESSED | PTE_TABLE | PTE_VALID;
	pte |= device ? PTE_DEVICE : PTE_SHARED;
	if ((prot & PROT_WRITE) == 0u)
		pte |= PTE_READ_ONLY;
	if ((prot & PROT_EXECUTE) != 0u)
		pte |= memory_guarded | (user ? PTE_KERNEL_NO_EXECUTE : PTE_USER_NO_EXECUTE);
	else
		pte |= PTE_KERNEL_NO_EXECUTE | PTE_USER_NO_EXECUTE;
	if (user) {
		pte |= PTE_NOT_GLOBAL;
		if ((prot & (PROT_READ | PROT_WRITE)) != 0u)
			pte |= PTE_USER;
	}
	return pte;
}

CC_INLINE bool arch_pte_present(uint64_t pte)
{
	return (pte & PTE_VALID) != 0u;
}

CC_INLINE paddr_t arch_pte_address(uint64_t pte)
{
	return (paddr_t){ pte & PTE_ADDRESS };
}

CC_INLINE uint32_t arch_pte_prot(uint64_t pte)
{
	bool user = (pte & PTE_NOT_GLOBAL) != 0u;
	uint32_t prot = !user || (pte & PTE_USER) != 0u ? PROT_READ : 0u;
	if ((pte & PTE_READ_ONLY) == 0u)
		prot |= PROT_WRITE;
	if ((pte & (user ? PTE_USER_NO_EXECUTE : PTE_KERNEL_NO_EXECUTE)) == 0u)
		prot |= PROT_EXECUTE;
	return prot;
}

CC_INLINE void arch_pte_published(void)
{
	__asm__ volatile("dsb ishst\n\tisb" ::: "memory");
}

/* ---- memory ---- */
/* The cases the fast path leaves: ASID 0 (no user half), and an ASID the hardware has no room for. */
void memory_activate_slow(uint64_t root, uint32_t asid);

CC_INLINE uint64_t arch_aspace_token(paddr_t root, uint32_t asid)
{
	return asid - 1u < memory_asid_max ? root.a | (uint64_t)asid << 48 : 0u;
}

CC_INLINE void arch_aspace_enter(uint64_t token)
{
	__asm__ volatile("msr ttbr0_el1, %0\n\tisb" :: "r"(token) : "memory");
}

CC_INLINE void arch_aspace_activate(paddr_t root, uint32_t asid)
{
	if (CC_UNLIKELY(asid - 1u >= memory_asid_max)) {
		memory_activate_slow(root.a, asid);
		return;
	}
	__asm__ volatile("msr ttbr0_el1, %0\n\tisb" :: "r"(root.a | (uint64_t)asid << 48) : "memory");
}

CC_INLINE void *arch_direct(paddr_t address)
{
	return (void *)(uintptr_t)(address.a + DIRECT_MAP_BASE); /* the one place where physical becomes virtual */
}

CC_INLINE void arch_page_zero(void *page)
{
	uint64_t block = memory_zero_block;
	uint64_t at = (uint64_t)(uintptr_t)page;
	uint64_t end = at + PAGE_SIZE;
	if (CC_LIKELY(4u * block <= PAGE_SIZE)) {
		for (; at != end; at += 4u * block)
			__asm__ volatile("dc zva, %0\n\tdc zva, %1\n\tdc zva, %2\n\tdc zva, %3"
			                 :: "r"(at), "r"(at + block), "r"(at + 2u * block), "r"(at + 3u * block)
			                 : "memory");
		return;
	}
	for (; at != end; at += 64u)
		__asm__ volatile("stp xzr, xzr, [%0]\n\tstp xzr, xzr, [%0, #16]\n\t"
		                 "stp xzr, xzr, [%0, #32]\n\tstp xzr, xzr, [%0, #48]" :: "r"(at) : "memory");
}

CC_INLINE void arch_page_copy(void *to, const void *from)
{
	uint64_t a, b, c, d;
	const char *end = (const char *)from + PAGE_SIZE;
	__asm__ volatile("1:\n\t"
	                 "ldp %[a], %[b], [%[from]], #32\n\t"
	                 "ldp %[c], %[d], [%[from], #-16]\n\t"
	                 "stp %[a], %[b], [%[to]], #32\n\t"
	                 "stp %[c], %[d], [%[to], #-16]\n\t"
	                 "cmp %[from], %[end]\n\t"
	                 "b.ne 1b"
	                 : [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [from] "+r"(from), [to] "+r"(to)
	                 : [end] "r"(end)
	                 : "cc", "memory");
}
