/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The functions that <kernel/arch.h> marks [inline], for x86_64. */
#pragma once

/* ---- CPU ---- */

/* Constant while the kernel runs (it is never preempted), so the compiler may keep it. */
/*@ assigns \nothing;
    ensures \valid(\result); */
CC_INLINE struct cpu *arch_cpu_self(void)
{
	struct cpu *cpu;
	__asm__("movq %%gs:%c1, %0" : "=r"(cpu) : "i"(__builtin_offsetof(struct arch_cpu, self)));
	return cpu;
}

/* Do what other CPUs asked of this one (kernel/smp.c). */
void x86_shootdown_answer(void);

CC_INLINE void arch_spin_hint(void)
{
	uint32_t asked;
	__asm__ volatile("pause\n\tmovl %%gs:%c1, %0"
			 : "=r"(asked)
			 : "i"(__builtin_offsetof(struct arch_cpu, shootdown.asked_by))
			 : "memory");
	if (CC_UNLIKELY(asked != 0))
		x86_shootdown_answer();
}

/* ---- time ---- */

CC_INLINE uint64_t arch_time_now(void)
{
	uint32_t low, high;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* ---- threads ---- */

#define X86_MSR_FS_BASE 0xc0000100u

CC_INLINE void x86_msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

CC_INLINE uint64_t x86_msr_read(uint32_t msr)
{
	uint32_t low, high;
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

CC_INLINE void arch_thread_switch(uint64_t page)
{
	x86_msr_write(X86_MSR_FS_BASE, page);
}

CC_INLINE uint64_t arch_regs_pc(const struct arch_regs *regs)
{
	return regs->sysret_rip == UINT64_MAX ? regs->rip : regs->sysret_rip;
}

CC_INLINE uint64_t arch_regs_sp(const struct arch_regs *regs)
{
	return regs->rsp;
}

CC_INLINE uint64_t arch_regs_frame(const struct arch_regs *regs)
{
	return regs->rbp;
}

/* SYSCALL is two bytes long. SYSRET does not load rax, so the repetition leaves by IRET. */
CC_INLINE void arch_regs_restart(struct arch_regs *regs)
{
	regs->rip = arch_regs_pc(regs) - 2u;
	regs->sysret_rip = UINT64_MAX;
}

CC_INLINE void arch_regs_arguments(struct arch_regs *regs, uint64_t a, uint64_t b, uint64_t c)
{
	regs->arg[1] = a;
	regs->arg[2] = b;
	regs->rcx = c; /* C has its fourth argument there, SYSCALL cannot */
}

/* Every trap but SYSCALL is left by IRET, which loads everything. */
CC_INLINE void arch_regs_resume(struct arch_regs *regs, uint64_t pc)
{
	regs->rip = pc;
}

void x86_fpu_save(struct arch_cpu *cpu);
void x86_fpu_load(struct arch_cpu *cpu, struct arch_fpu *fpu);

/* struct cpu begins with struct arch_cpu. */
CC_INLINE bool arch_fpu_held(const struct cpu *cpu, const struct arch_fpu *fpu)
{
	return ((const struct arch_cpu *)(const void *)cpu)->fpu_owner == fpu;
}

CC_INLINE void arch_fpu_leave(struct cpu *cpu, struct arch_fpu *from)
{
	struct arch_cpu *arch = (struct arch_cpu *)(void *)cpu;
	if (CC_UNLIKELY(arch->fpu_owner == from))
		x86_fpu_save(arch);
}

CC_INLINE void arch_fpu_enter(struct cpu *cpu, struct arch_fpu *to)
{
	if (CC_UNLIKELY(to->live))
		x86_fpu_load((struct arch_cpu *)(void *)cpu, to);
}

/* ---- memory ---- */

#define X86_PTE_PRESENT (1ull << 0)
#define X86_PTE_WRITE (1ull << 1)
#define X86_PTE_USER (1ull << 2)
#define X86_PTE_WRITE_THROUGH (1ull << 3)
#define X86_PTE_UNCACHED (1ull << 4)
#define X86_PTE_ACCESSED (1ull << 5)
#define X86_PTE_DIRTY (1ull << 6)
#define X86_PTE_LARGE (1ull << 7)
#define X86_PTE_GLOBAL (1ull << 8)
#define X86_PTE_NO_EXECUTE (1ull << 63)
#define X86_PTE_ADDRESS 0x000ffffffffff000ull

/* No PCID: the root is all there is, and loading CR3 forgets every user translation of this CPU. */
CC_INLINE uint64_t arch_aspace_token(paddr_t root, uint32_t asid)
{
	(void)asid;
	return root.a;
}

CC_INLINE void arch_aspace_enter(uint64_t token)
{
	__asm__ volatile("movq %0, %%cr3" : : "r"(token) : "memory");
}

CC_INLINE void arch_aspace_activate(paddr_t root, uint32_t asid)
{
	(void)asid;
	__asm__ volatile("movq %0, %%cr3" : : "r"(root.a) : "memory");
}

CC_INLINE uint64_t arch_pte_table(paddr_t table)
{
	return table.a | X86_PTE_PRESENT | X86_PTE_WRITE | X86_PTE_USER | X86_PTE_ACCESSED;
}

CC_INLINE uint64_t arch_pte_leaf(paddr_t frame, uint32_t prot, bool user, bool device)
{
	uint64_t pte = frame.a | X86_PTE_PRESENT | X86_PTE_ACCESSED | X86_PTE_DIRTY;
	pte |= (prot & PROT_WRITE) != 0 ? X86_PTE_WRITE : 0;
	pte |= (prot & PROT_EXECUTE) != 0 ? 0 : X86_PTE_NO_EXECUTE;
	pte |= user ? X86_PTE_USER : X86_PTE_GLOBAL;
	pte |= device ? X86_PTE_UNCACHED | X86_PTE_WRITE_THROUGH : 0;
	return pte;
}

CC_INLINE bool arch_pte_present(uint64_t pte)
{
	return (pte & X86_PTE_PRESENT) != 0;
}

CC_INLINE paddr_t arch_pte_address(uint64_t pte)
{
	return (paddr_t){pte & X86_PTE_ADDRESS};
}

CC_INLINE uint32_t arch_pte_prot(uint64_t pte)
{
	uint32_t prot = arch_pte_present(pte) ? PROT_READ : 0;
	prot |= (pte & X86_PTE_WRITE) != 0 ? PROT_WRITE : 0;
	prot |= (pte & X86_PTE_NO_EXECUTE) != 0 ? 0 : PROT_EXECUTE;
	return prot;
}

/* Page walks see stores of this CPU in order, and entries that were absent are not cached. */
CC_INLINE void arch_pte_published(void)
{
	__asm__ volatile("" : : : "memory");
}

CC_INLINE void *arch_direct(paddr_t address)
{
	return (void *)(DIRECT_MAP_BASE + address.a);
}

CC_INLINE void arch_page_zero(void *page)
{
	uint64_t words = PAGE_SIZE / 8u;
	__asm__ volatile("rep stosq" : "+D"(page), "+c"(words) : "a"(0ull) : "memory");
}

CC_INLINE void arch_page_copy(void *to, const void *from)
{
	uint64_t words = PAGE_SIZE / 8u;
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}
