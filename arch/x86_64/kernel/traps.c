/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the CPU reports from user mode, in the kernel's words: faults of programs, and interrupts, which
 * arch_idle takes too. Faults of the kernel itself are in kernel_fault.c.
 */
#include "x86.h"

/* Page fault error code. */
#define PAGE_PRESENT  (1u << 0)
#define PAGE_WRITE    (1u << 1)
#define PAGE_RESERVED (1u << 3)
#define PAGE_FETCH    (1u << 4)

/* struct thread begins like this (arch.h). */
struct thread_head {
	struct arch_regs regs;
	struct arch_fpu fpu;
};

static struct thread *page_fault(struct thread *current, uint64_t error)
{
	uint64_t address = x86_cr2_read();
	enum fault_access access = (error & PAGE_FETCH) != 0   ? FAULT_EXECUTE
	                           : (error & PAGE_WRITE) != 0 ? FAULT_WRITE
	                                                       : FAULT_READ;
	enum fault_kind kind = (error & PAGE_PRESENT) != 0 ? FAULT_PROTECTION : FAULT_UNMAPPED;
	const struct arch_regs *regs = (const struct arch_regs *)(const void *)current;

	if ((error & PAGE_RESERVED) != 0)
		trap_kernel_fault("damaged page table entry", address, arch_regs_pc(regs), 0);
	return trap_fault(current, kind, access, address);
}

/* Instructions that only the kernel may execute; after prefixes, so a few bytes are enough to tell. */
static bool instruction_is_privileged(const uint8_t *code, size_t bytes)
{
	size_t i = 0;
	while (i + 2 < bytes && (code[i] == 0x66 || code[i] == 0x67 || code[i] == 0xf2 || code[i] == 0xf3 ||
	                         (code[i] & 0xf0u) == 0x40))
		i++;
	uint8_t opcode = code[i];
	if (opcode == 0x0f) {
		opcode = code[i + 1];
		return opcode <= 0x09 || (opcode >= 0x20 && opcode <= 0x23) ||
		       (opcode >= 0x30 && opcode <= 0x35) || opcode == 0x01 || opcode == 0xc7;
	}
	return opcode == 0xf4 || opcode == 0xfa || opcode == 0xfb || opcode == 0xcd || opcode == 0xcc ||
	       (opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xe4 && opcode <= 0xe7) ||
	       (opcode >= 0xec && opcode <= 0xef);
}

/* A general protection fault is a privileged instruction or an address that is not canonical; the CPU does
 * not say which, nor the address. */
static struct thread *protection_fault(struct thread *current, uint64_t error)
{
	uint64_t pc = arch_regs_pc((const struct arch_regs *)(const void *)current);
	uint8_t code[8] = {0};
	size_t bytes = PAGE_SIZE - (pc & PAGE_MASK);
	if (bytes > sizeof(code))
		bytes = sizeof(code);
	/* An error code names a selector or a gate: a segment load or a software interrupt. */
	if (error != 0 || pc >= USER_LIMIT - sizeof(code) || !arch_copy_from_user(code, pc, bytes) ||
	    instruction_is_privileged(code, sizeof(code)))
		return trap_fault(current, FAULT_INSTRUCTION, FAULT_EXECUTE, pc);
	return trap_fault(current, FAULT_PROTECTION, FAULT_READ, UINT64_MAX);
}

static struct thread *exception(struct thread *current, int64_t vector, uint64_t error)
{
	uint64_t pc = arch_regs_pc((const struct arch_regs *)(const void *)current);
	struct thread_head *head = (struct thread_head *)(void *)current;

	switch (vector) {
	case X86_VECTOR_PAGE: return page_fault(current, error);
	case X86_VECTOR_NO_FPU:
		x86_fpu_load((struct arch_cpu *)(void *)arch_cpu_self(), &head->fpu);
		return current;
	case X86_VECTOR_PROTECTION:
	case X86_VECTOR_STACK: return protection_fault(current, error);
	case X86_VECTOR_DIVIDE:
	case X86_VECTOR_OVERFLOW:
	case X86_VECTOR_FPU:
	case X86_VECTOR_SIMD: return trap_fault(current, FAULT_ARITHMETIC, FAULT_EXECUTE, pc);
	case X86_VECTOR_DEBUG:
	case X86_VECTOR_BREAKPOINT: return trap_fault(current, FAULT_BREAKPOINT, FAULT_EXECUTE, pc);
	case X86_VECTOR_INVALID: return trap_fault(current, FAULT_INSTRUCTION, FAULT_EXECUTE, pc);
	case X86_VECTOR_ALIGNMENT: return trap_fault(current, FAULT_ALIGNMENT, FAULT_READ, pc);
	case X86_VECTOR_CONTROL: return trap_fault(current, FAULT_CONTROL, FAULT_EXECUTE, pc);
	default: return trap_fault(current, FAULT_OTHER, FAULT_EXECUTE, pc);
	}
}

static void line_interrupt(uint32_t line)
{
	x86_ioapic_fired(line);
	x86_apic_done();
	trap_irq(line);
}

/* `vector` less 128, as the stubs push it. */
void x86_interrupt(int64_t pushed)
{
	uint32_t vector = (uint32_t)(pushed + 128);

	if (vector - X86_VECTOR_LINES < X86_LINES_MAX) {
		line_interrupt(vector - X86_VECTOR_LINES);
		return;
	}
	if (vector < X86_VECTOR_LINES || vector == X86_VECTOR_SPURIOUS)
		return; /* the masked PICs, or nobody: not to be acknowledged */
	x86_apic_done();
	if (vector == X86_VECTOR_TIMER) {
		struct cpu *self = arch_cpu_self();
		if (x86_timer_due(&self->arch))
			trap_timer();
		else
			self->timer_interrupts++; /* trap_timer counts the others */
	} else if (vector == X86_VECTOR_IPI) {
		trap_ipi();
	} else if (vector == X86_VECTOR_SHOOTDOWN) {
		x86_shootdown_answer();
	}
}

struct thread *x86_trap_user(struct thread *current, int64_t pushed, uint64_t error)
{
	if (pushed + 128 < 32)
		return exception(current, pushed + 128, error);
	x86_interrupt(pushed);
	return trap_return(current);
}
