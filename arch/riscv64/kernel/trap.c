/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a trap means. entry.S has saved the registers; system calls go to the
 * kernel from there and never come through here.
 */
#include "csr.h"
#include "machine.h"
#include <arch/offsets.h>
#include <kernel/log.h>
#include <kernel/thread.h>

ABI_AT(struct arch_regs, arg, REGS_ARG);
ABI_AT(struct arch_regs, number, REGS_NUMBER);
ABI_AT(struct arch_regs, pc, REGS_PC);
ABI_AT(struct arch_regs, ra, REGS_RA);
ABI_AT(struct arch_regs, sp, REGS_SP);
ABI_AT(struct arch_regs, gp, REGS_GP);
ABI_AT(struct arch_regs, tp, REGS_TP);
ABI_AT(struct arch_regs, s, REGS_S);
ABI_AT(struct arch_regs, t, REGS_T);
ABI_AT(struct arch_regs, cpu, REGS_CPU);
ABI_AT(struct arch_regs, loaded_on, REGS_LOADED_ON);
ABI_SIZE(struct arch_regs, REGS_SIZE);
_Static_assert(REGS_SIZE % 16 == 0, "the stack stays aligned below a saved struct arch_regs");
ABI_AT(struct arch_cpu, current, CPU_CURRENT);
ABI_AT(struct arch_cpu, stack_top, CPU_STACK_TOP);
ABI_AT(struct arch_cpu, entered, CPU_ENTERED);
ABI_AT(struct arch_cpu, spare, CPU_SPARE);
ABI_AT(struct arch_cpu, retried, CPU_RETRIED);
ABI_AT(struct arch_fpu, f, FPU_F);
ABI_AT(struct arch_fpu, fcsr, FPU_FCSR);
ABI_AT(struct cpu, arch, 0);
ABI_AT(struct thread, regs, 0);
ABI_AT(struct thread, fpu, REGS_SIZE);
_Static_assert(STACK_SIZE == KERNEL_STACK_SIZE, "kernel stack");
_Static_assert(KERNEL_LINK_ADDRESS == KERNEL_BASE, "link address");
_Static_assert(1ull << USER_ADDRESS_BITS == USER_LIMIT, "user half");
_Static_assert(SUM_LUI << 12 == SSTATUS_SUM, "SUM");

extern char trap_stack[], trap_stack_top[];

/* Called by entry.S. */
struct thread *trap_user(struct thread *current, uint64_t cause, uint64_t value);
CC_NORETURN void trap_kernel(const struct arch_regs *regs, uint64_t cause, uint64_t value);
CC_NORETURN void trap_kernel_again(void);

void interrupts_dispatch(void)
{
	uint64_t pending = csr_read(sip) & csr_read(sie);
	if (pending & 1u << IRQ_SOFTWARE) {
		csr_clear(sip, 1u << IRQ_SOFTWARE);
		__asm__ volatile("fence iorw, iorw" ::: "memory"); /* acknowledged before its reason is read */
		trap_ipi();
	}
	if (pending & 1u << IRQ_TIMER)
		time_dispatch();
	if (pending & 1u << IRQ_EXTERNAL)
		irq_dispatch();
}

/* stval may hold the instruction, or 0: then look it up, unless its page cannot be read. */
static uint64_t illegal_instruction(const struct thread *current, uint64_t value)
{
	uint16_t low = 0, high = 0;
	if (value != 0)
		return value;
	if (!arch_copy_from_user(&low, current->regs.pc, sizeof low))
		return 0;
	if ((low & 3u) == 3u && !arch_copy_from_user(&high, current->regs.pc + 2u, sizeof high))
		return 0;
	return (uint64_t)high << 16 | low;
}

/* Whether a page is absent or forbidden is for the kernel to find out: the hart says "page fault". One that
 * comes back at once may be the hart's memory of an absent page (see arch_pte_published). */
static struct thread *page_fault(struct thread *current, enum fault_access access, uint64_t address)
{
	struct arch_cpu *cpu = &arch_cpu_self()->arch;
	uint64_t pc = current->regs.pc;
	if (CC_UNLIKELY(cpu->fault_address == address && cpu->fault_pc == pc))
		__asm__ volatile("sfence.vma %0, zero" :: "r"(address) : "memory");
	cpu->fault_address = address;
	cpu->fault_pc = pc;
	return trap_fault(current, FAULT_UNMAPPED, access, address);
}

struct thread *trap_user(struct thread *current, uint64_t cause, uint64_t value)
{
	uint64_t pc = current->regs.pc;
	if (cause & CAUSE_INTERRUPT) {
		interrupts_dispatch();
		return trap_return(current);
	}
	switch (cause) {
	case CAUSE_LOAD_PAGE:
		return page_fault(current, FAULT_READ, value);
	case CAUSE_STORE_PAGE:
		return page_fault(current, FAULT_WRITE, value);
	case CAUSE_FETCH_PAGE:
		return page_fault(current, FAULT_EXECUTE, value);
	case CAUSE_ILLEGAL:
		if (fpu_first_use(current, illegal_instruction(current, value)))
			return current;
		return trap_fault(current, FAULT_INSTRUCTION, FAULT_EXECUTE, pc);
	case CAUSE_BREAKPOINT:
		return trap_fault(current, FAULT_BREAKPOINT, FAULT_EXECUTE, pc);
	case CAUSE_FETCH_MISALIGNED:
		return trap_fault(current, FAULT_ALIGNMENT, FAULT_EXECUTE, value);
	case CAUSE_LOAD_MISALIGNED:
		return trap_fault(current, FAULT_ALIGNMENT, FAULT_READ, value);
	case CAUSE_STORE_MISALIGNED:
		return trap_fault(current, FAULT_ALIGNMENT, FAULT_WRITE, value);
	case CAUSE_FETCH_ACCESS:
		return trap_fault(current, FAULT_OTHER, FAULT_EXECUTE, value);
	case CAUSE_LOAD_ACCESS:
		return trap_fault(current, FAULT_OTHER, FAULT_READ, value);
	case CAUSE_STORE_ACCESS:
		return trap_fault(current, FAULT_OTHER, FAULT_WRITE, value);
	default:
		return trap_fault(current, FAULT_OTHER, FAULT_EXECUTE, pc);
	}
}

static const char *cause_text(uint64_t cause)
{
	switch (cause) {
	case CAUSE_FETCH_MISALIGNED: return "misaligned fetch";
	case CAUSE_FETCH_ACCESS: return "fetch from no memory";
	case CAUSE_ILLEGAL: return "illegal instruction";
	case CAUSE_BREAKPOINT: return "breakpoint";
	case CAUSE_LOAD_MISALIGNED: return "misaligned load";
	case CAUSE_LOAD_ACCESS: return "load from no memory";
	case CAUSE_STORE_MISALIGNED: return "misaligned store";
	case CAUSE_STORE_ACCESS: return "store to no memory";
	case CAUSE_FETCH_PAGE: return "fetch page fault";
	case CAUSE_LOAD_PAGE: return "load page fault";
	case CAUSE_STORE_PAGE: return "store page fault";
	default: return "unknown trap";
	}
}

void trap_kernel(const struct arch_regs *regs, uint64_t cause, uint64_t value)
{
	/* entry.S takes the spare stack when sp lies in none of ours. */
	bool overflow = (const char *)regs >= trap_stack && (const char *)regs < trap_stack_top;
	log_panic(); /* this CPU may hold the lock of the log */
	log_print("kernel registers at the fault (cause %lu):\n", cause);
	arch_regs_print(regs);
	trap_kernel_fault(overflow ? "kernel stack overflow" : cause_text(cause), value, regs->pc,
	                  arch_regs_frame(regs));
}

void trap_kernel_again(void)
{
	for (const char *text = "\nA fault while reporting a stack overflow; giving up.\n"; *text != '\0'; text++)
		arch_console_put(*text);
	arch_power(POWER_FAIL);
	arch_halt();
}
