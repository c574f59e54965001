/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The inline part of <kernel/arch.h>, which includes this file at its end. */
#pragma once
#include <kernel/arch.h>

/* ---- CPU: in the kernel, tp points to this CPU's struct cpu ---- */

CC_INLINE struct cpu *arch_cpu_self(void)
{
	return (struct cpu *)__builtin_thread_pointer();
}

/* Firmware performs shootdowns (SBI RFENCE), interrupting even a spinning kernel: nothing to answer. */
CC_INLINE void arch_spin_hint(void)
{
	__asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x010" ::: "memory"); /* pause, a hint on every hart */
}

/* ---- time ---- */

CC_INLINE uint64_t arch_time_now(void)
{
	uint64_t ticks;
	__asm__ volatile("rdtime %0" : "=r"(ticks));
	return ticks;
}

/* ---- threads ---- */

/* The thread pointer is an ordinary register here, saved and loaded with the others. */
CC_INLINE void arch_thread_switch(uint64_t page)
{
	(void)page;
}

CC_INLINE uint64_t arch_regs_pc(const struct arch_regs *regs)
{
	return regs->pc;
}

CC_INLINE uint64_t arch_regs_sp(const struct arch_regs *regs)
{
	return regs->sp;
}

CC_INLINE uint64_t arch_regs_frame(const struct arch_regs *regs)
{
	return regs->s[0];
}

CC_INLINE void arch_regs_restart(struct arch_regs *regs)
{
	regs->pc -= 4u;         /* ECALL has no compressed form */
	regs->loaded_on = NULL; /* the short way out does not load the call's number */
}

CC_INLINE void arch_regs_arguments(struct arch_regs *regs, uint64_t a, uint64_t b, uint64_t c)
{
	regs->arg[1] = a;
	regs->arg[2] = b;
	regs->arg[3] = c;
}

/* `loaded_on` is null in what any trap but ECALL saves, so the exit loads everything. */
CC_INLINE void arch_regs_resume(struct arch_regs *regs, uint64_t pc)
{
	regs->pc = pc;
}

void riscv_fpu_release(struct arch_cpu *cpu);
void riscv_fpu_acquire(struct arch_cpu *cpu, struct arch_fpu *fpu);

/* struct cpu begins with struct arch_cpu and is not yet complete here. */
CC_INLINE bool arch_fpu_held(const struct cpu *cpu, const struct arch_fpu *fpu)
{
	return ((const struct arch_cpu *)(const void *)cpu)->fpu_owner == fpu;
}

CC_INLINE void arch_fpu_leave(struct cpu *cpu, struct arch_fpu *from)
{
	struct arch_cpu *self = (struct arch_cpu *)cpu;
	if (CC_UNLIKELY(self->fpu_owner == from))
		riscv_fpu_release(self);
}

CC_INLINE void arch_fpu_enter(struct cpu *cpu, struct arch_fpu *to)
{
	if (CC_UNLIKELY(to->live))
		riscv_fpu_acquire((struct arch_cpu *)cpu, to);
}

/* ---- memory ---- */

enum {
	RISCV_PTE_VALID = 1u << 0,
	RISCV_PTE_READ = 1u << 1,
	RISCV_PTE_WRITE = 1u << 2,
	RISCV_PTE_EXECUTE = 1u << 3,
	RISCV_PTE_USER = 1u << 4,
	RISCV_PTE_GLOBAL = 1u << 5,
	RISCV_PTE_ACCESSED = 1u << 6,
	RISCV_PTE_DIRTY = 1u << 7,
};
#define RISCV_PTE_FRAME 0x003ffffffffffc00ull /* bits 10..53 hold address bits 12..55 */
#define RISCV_SATP_SV39 (8ull << 60)
#define RISCV_SATP_ASID_SHIFT 44u

extern uint64_t riscv_asid_mask;  /* 0xffff, or 0: this machine has too few ASIDs for us */
extern uint64_t riscv_pte_device; /* Svpbmt "IO" where there is Svpbmt; else 0: the platform knows devices */

CC_INLINE uint64_t arch_aspace_token(paddr_t root, uint32_t asid)
{
	if (riscv_asid_mask == 0)
		return 0;
	return RISCV_SATP_SV39 | root.a >> PAGE_SHIFT | (asid & riscv_asid_mask) << RISCV_SATP_ASID_SHIFT;
}

CC_INLINE void arch_aspace_enter(uint64_t token)
{
	__asm__ volatile("csrw satp, %0" :: "r"(token) : "memory");
}

CC_INLINE void arch_aspace_activate(paddr_t root, uint32_t asid)
{
	uint64_t satp = RISCV_SATP_SV39 | (root.a >> PAGE_SHIFT)
		| ((asid & riscv_asid_mask) << RISCV_SATP_ASID_SHIFT);
	__asm__ volatile("csrw satp, %0" :: "r"(satp) : "memory");
	if (CC_UNLIKELY(riscv_asid_mask == 0))
		__asm__ volatile("sfence.vma" ::: "memory");
}

CC_INLINE uint64_t arch_pte_table(paddr_t table)
{
	return (table.a >> 2) | RISCV_PTE_VALID;
}

/* PROT_* shifted by one are the entry's own bits; writable without readable does not exist. */
CC_INLINE uint64_t arch_pte_leaf(paddr_t frame, uint32_t prot, bool user, bool device)
{
	uint64_t access = (uint64_t)(prot | ((prot & PROT_WRITE) >> 1)) << 1;
	return (frame.a >> 2) | access | RISCV_PTE_VALID | RISCV_PTE_ACCESSED | RISCV_PTE_DIRTY
		| (user ? RISCV_PTE_USER : RISCV_PTE_GLOBAL) | (device ? riscv_pte_device : 0u);
}

CC_INLINE bool arch_pte_present(uint64_t pte)
{
	return (pte & RISCV_PTE_VALID) != 0;
}

CC_INLINE paddr_t arch_pte_address(uint64_t pte)
{
	return (paddr_t){ (pte & RISCV_PTE_FRAME) << 2 };
}

CC_INLINE uint32_t arch_pte_prot(uint64_t pte)
{
	return (uint32_t)(pte >> 1) & (PROT_READ | PROT_WRITE | PROT_EXECUTE);
}

/*
 * Nothing: a hart may go on taking a page for absent that was entered since, until SFENCE.VMA, but that only
 * costs it a fault, and trap.c and entry.S answer a fault that comes back with one. A fence here would be
 * paid for at every page.
 */
CC_INLINE void arch_pte_published(void)
{
	__asm__ volatile("" ::: "memory");
}

CC_INLINE void *arch_direct(paddr_t address)
{
	return (void *)(DIRECT_MAP_BASE + address.a);
}

#define RISCV_WORDS_PER_PASS 32u

CC_INLINE void arch_page_zero(void *page)
{
	uint64_t *word = (uint64_t *)page;
	for (uint64_t *end = word + PAGE_SIZE / 8u; word != end; word += RISCV_WORDS_PER_PASS) {
#pragma clang loop unroll(full)
		for (uint32_t i = 0; i < RISCV_WORDS_PER_PASS; i++)
			*(volatile uint64_t *)&word[i] = 0; /* volatile: not to become a call of memset */
	}
}

void riscv_page_copy(void *to, const void *from);

CC_INLINE void arch_page_copy(void *to, const void *from)
{
	riscv_page_copy(to, from);
}
