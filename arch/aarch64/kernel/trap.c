/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a trap means: syndromes of user mode become a fault kind, those of kernel
 * mode the first words of an epitaph. Entry and exit are in entry.S.
 */
#include <arch/port.h>
#include <kernel/log.h>

/* Exception classes, ESR_EL1[31:26] */
enum {
	CLASS_FPU = 0x07,
	CLASS_BTI = 0x0d,
	CLASS_PAC = 0x1c,
	CLASS_FETCH_USER = 0x20,
	CLASS_FETCH = 0x21,
	CLASS_PC_ALIGNMENT = 0x22,
	CLASS_DATA_USER = 0x24,
	CLASS_DATA = 0x25,
	CLASS_SP_ALIGNMENT = 0x26,
	CLASS_FPU_TRAP = 0x2c,
	CLASS_SYSTEM_ERROR = 0x2f,
	CLASS_DEBUG_FIRST = 0x30, /* breakpoint, step, watchpoint, BRK: up to 0x3c */
	CLASS_DEBUG_LAST = 0x3c,
};
#define CLASS(syndrome) ((uint32_t)((syndrome) >> 26) & 0x3fu)

/* Fault status, ISS[5:0] of aborts; the low two bits are the table level of the first four. */
#define STATUS_CODE(syndrome) ((uint32_t)(syndrome) & 0x3fu)
#define ABORT_WRITE (1u << 6)
#define ABORT_CACHE (1u << 8) /* cache maintenance: counts as a read whatever ABORT_WRITE says */

extern char boot_stack_guard[], boot_stack_bottom[];

static enum fault_kind abort_kind(uint64_t syndrome)
{
	uint32_t status = STATUS_CODE(syndrome);
	switch (status >> 2) {
	case 0: /* address size */
	case 1: /* translation */
		return FAULT_UNMAPPED;
	case 2: /* access flag */
	case 3: /* permission */
		return FAULT_PROTECTION;
	default:
		return status == 0x21u ? FAULT_ALIGNMENT : FAULT_OTHER;
	}
}

static enum fault_access abort_access(uint64_t syndrome)
{
	return (syndrome & (ABORT_WRITE | ABORT_CACHE)) == ABORT_WRITE ? FAULT_WRITE : FAULT_READ;
}

struct thread *trap_user_fault(struct thread *thread, uint64_t syndrome, uint64_t address)
{
	const struct arch_regs *regs = &thread_head(thread)->regs;
	uint32_t class = CLASS(syndrome);
	switch (class) {
	case CLASS_DATA_USER:
		return trap_fault(thread, abort_kind(syndrome), abort_access(syndrome), address);
	case CLASS_FETCH_USER:
		return trap_fault(thread, abort_kind(syndrome), FAULT_EXECUTE, address);
	case CLASS_FPU:
		fpu_first_use(thread);
		return thread;
	case CLASS_BTI:
	case CLASS_PAC:
		return trap_fault(thread, FAULT_CONTROL, FAULT_EXECUTE, regs->pc);
	case CLASS_PC_ALIGNMENT:
		return trap_fault(thread, FAULT_ALIGNMENT, FAULT_EXECUTE, regs->pc);
	case CLASS_SP_ALIGNMENT:
		return trap_fault(thread, FAULT_ALIGNMENT, FAULT_READ, regs->sp);
	case CLASS_FPU_TRAP:
		return trap_fault(thread, FAULT_ARITHMETIC, FAULT_EXECUTE, regs->pc);
	case CLASS_SYSTEM_ERROR:
		/* An access that failed later, on its way to a device: that of the thread, most likely. */
		return trap_fault(thread, FAULT_OTHER, FAULT_READ, regs->pc);
	default:
		if (class >= CLASS_DEBUG_FIRST && class <= CLASS_DEBUG_LAST)
			return trap_fault(thread, FAULT_BREAKPOINT, FAULT_EXECUTE, regs->pc);
		return trap_fault(thread, FAULT_INSTRUCTION, FAULT_EXECUTE, regs->pc);
	}
}

struct thread *trap_user_irq(struct thread *thread)
{
	gic_dispatch();
	return trap_return(thread);
}

/* ---- kernel mode ---- */
static bool in_stack_guard(uint64_t address)
{
	uint64_t bottom = arch_cpu_self()->arch.stack_top - KERNEL_STACK_SIZE;
	return bottom - 1u - address < PAGE_SIZE ||
	       address - (uint64_t)(uintptr_t)boot_stack_guard < (uint64_t)(boot_stack_bottom - boot_stack_guard);
}

static const char *data_abort_text(uint64_t syndrome, uint64_t address)
{
	bool write = abort_access(syndrome) == FAULT_WRITE;
	enum fault_kind kind = abort_kind(syndrome);
	if (in_stack_guard(address))
		return "kernel stack overflow";
	if (kind == FAULT_UNMAPPED)
		return write ? "write to an unmapped address" : "read of an unmapped address";
	if (kind == FAULT_PROTECTION)
		return write ? "write to a protected address" : "read of a protected address";
	return kind == FAULT_ALIGNMENT ? "unaligned access" : "external abort";
}

static const char *sync_text(uint64_t syndrome, uint64_t address)
{
	switch (CLASS(syndrome)) {
	case CLASS_DATA:
		return data_abort_text(syndrome, address);
	case CLASS_FETCH:
		return "jump to an address that is not executable";
	case CLASS_BTI:
	case CLASS_PAC:
		return "jump that control-flow protection forbids";
	case CLASS_PC_ALIGNMENT:
	case CLASS_SP_ALIGNMENT:
		return "misaligned program counter or stack pointer";
	case CLASS_FPU:
		return "use of the FPU in the kernel";
	case CLASS_DEBUG_LAST:
		return "breakpoint instruction";
	default:
		return "illegal instruction";
	}
}

void trap_kernel(const struct arch_regs *regs, uint64_t syndrome, uint64_t address, uint64_t vector)
{
	static const char *const text[] = {
		[VECTOR_IRQ] = "interrupt taken in the kernel",
		[VECTOR_FIQ] = "fast interrupt taken in the kernel",
		[VECTOR_ERROR] = "system error",
		[VECTOR_STRAY] = "trap through a vector that is never used",
	};
	const char *what = vector == VECTOR_SYNC ? sync_text(syndrome, address) : text[vector];
	log_panic(); /* this CPU may hold the lock of the log */
	log_print("kernel registers at the fault (syndrome %#lx):\n", syndrome);
	arch_regs_print(regs);
	trap_kernel_fault(what, address, regs->pc, arch_regs_frame(regs));
}

void trap_kernel_again(void)
{
	for (const char *text = "\nA fault while reporting a fault; giving up.\n"; *text != '\0'; text++)
		arch_console_put(*text);
	arch_power(POWER_FAIL);
	arch_halt();
}

void arch_regs_print(const struct arch_regs *regs)
{
	const uint64_t *x = regs->arg; /* x0..x30 lie in a row */
	log_print("  pc  %016lx  sp  %016lx  pstate %08lx\n", regs->pc, regs->sp, regs->pstate);
	for (uint32_t i = 0; i < 30u; i += 3u)
		log_print("  x%-2u %016lx  x%-2u %016lx  x%-2u %016lx\n", i, x[i], i + 1u, x[i + 1u], i + 2u,
		          x[i + 2u]);
	log_print("  x30 %016lx\n", x[30]);
}
