/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The inline half of the host port; page-table entries are this port's own format. */
#pragma once
#include <arch/types.h>

extern struct cpu *host_cpu;      /* the simulated CPU whose code is running */
extern uint64_t host_ticks;       /* simulated time, nanoseconds */
extern uint8_t *host_ram;         /* RAM; physical address HOST_RAM_BASE is its first byte */
#define HOST_RAM_BASE 0x40000000ull

/* A point where another simulated CPU may run; does nothing outside a simulation. */
void host_interleave(void);

CC_INLINE struct cpu *arch_cpu_self(void) { return host_cpu; }
CC_INLINE void arch_spin_hint(void) { host_interleave(); }
CC_INLINE uint64_t arch_time_now(void) { return host_ticks; }
CC_INLINE void arch_thread_switch(uint64_t page) { ((struct arch_cpu *)(void *)host_cpu)->page = page; }

CC_INLINE uint64_t arch_regs_pc(const struct arch_regs *regs) { return regs->pc; }
CC_INLINE uint64_t arch_regs_sp(const struct arch_regs *regs) { return regs->sp; }
CC_INLINE uint64_t arch_regs_frame(const struct arch_regs *regs) { return regs->frame; }
CC_INLINE void arch_regs_arguments(struct arch_regs *regs, uint64_t a, uint64_t b, uint64_t c)
{
	regs->arg[1] = a;
	regs->arg[2] = b;
	regs->arg[3] = c;
}
CC_INLINE void arch_regs_resume(struct arch_regs *regs, uint64_t pc) { regs->pc = pc; }
CC_INLINE void arch_regs_restart(struct arch_regs *regs) { regs->restarts++; }

CC_INLINE bool arch_fpu_held(const struct cpu *cpu, const struct arch_fpu *fpu)
{
	return ((const struct arch_cpu *)(const void *)cpu)->fpu_owner == fpu;
}

CC_INLINE void arch_fpu_leave(struct cpu *cpu, struct arch_fpu *from)
{
	struct arch_cpu *arch = (struct arch_cpu *)(void *)cpu;
	if (arch->fpu_owner != from)
		return;
	from->value = arch->fpu_value;
	arch->fpu_value = 0;
	arch->fpu_owner = NULL;
}

CC_INLINE void arch_fpu_enter(struct cpu *cpu, struct arch_fpu *to)
{
	struct arch_cpu *arch = (struct arch_cpu *)(void *)cpu;
	if (!to->live)
		return;
	arch->fpu_value = to->value;
	arch->fpu_owner = to;
}

/* Bit 0 present, bits 1..3 PROT_*, bit 4 user, bit 5 device, bit 6 leaf; address in bits 12 and up. */
CC_INLINE uint64_t arch_pte_table(paddr_t table) { return table.a | 1u; }
CC_INLINE uint64_t arch_pte_leaf(paddr_t frame, uint32_t prot, bool user, bool device)
{
	return frame.a | 1u | (uint64_t)prot << 1 | (uint64_t)user << 4 | (uint64_t)device << 5 | 1u << 6;
}
CC_INLINE bool arch_pte_present(uint64_t pte) { return (pte & 1u) != 0; }
CC_INLINE paddr_t arch_pte_address(uint64_t pte) { return (paddr_t){pte & ~(uint64_t)PAGE_MASK}; }
CC_INLINE uint32_t arch_pte_prot(uint64_t pte) { return (uint32_t)(pte >> 1) & 7u; }
CC_INLINE void arch_pte_published(void) {}

CC_INLINE void *arch_direct(paddr_t address) { return host_ram + (address.a - HOST_RAM_BASE); }
CC_INLINE void arch_page_zero(void *page) { __builtin_memset(page, 0, PAGE_SIZE); }
CC_INLINE void arch_page_copy(void *to, const void *from) { __builtin_memcpy(to, from, PAGE_SIZE); }
CC_INLINE uint64_t arch_aspace_token(paddr_t root, uint32_t asid)
{
	(void)asid;
	return root.a;
}
CC_INLINE void arch_aspace_enter(uint64_t token) { (void)token; }
CC_INLINE void arch_aspace_activate(paddr_t root, uint32_t asid)
{
	(void)root;
	(void)asid;
}
