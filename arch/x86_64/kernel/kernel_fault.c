/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Faults in kernel mode: a user copy to break off, or the end, of which as much is told as is known.
 * Also prints a thread's registers.
 */
#include "x86.h"

#include <lib/format.h>

extern const struct {
	uint64_t fault, resume;
} kernel_fixup_start[], kernel_fixup_end[];

static bool fixup_apply(struct x86_frame *frame)
{
	for (uint32_t i = 0; &kernel_fixup_start[i] < kernel_fixup_end; i++) {
		if (kernel_fixup_start[i].fault == frame->rip) {
			frame->rip = kernel_fixup_start[i].resume;
			return true;
		}
	}
	return false;
}

static void put(void *context, char c)
{
	(void)context;
	if (c == '\n')
		arch_console_put('\r');
	arch_console_put(c);
}

/* Straight to the console: the fault may have come while the log was locked. */
static CC_PRINTF(1, 2) void say(const char *text, ...)
{
	va_list arguments;
	va_start(arguments, text);
	format_sink(put, NULL, text, arguments);
	va_end(arguments);
}

static void frame_print(const struct x86_frame *f)
{
	say("\nkernel registers at the fault:\n");
	say("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
	say("rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", f->rsi, f->rdi, f->rbp, f->rsp);
	say("r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", f->r8, f->r9, f->r10, f->r11);
	say("r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", f->r12, f->r13, f->r14, f->r15);
	say("rip %016lx rflags %08lx cs %02lx error %lx cr2 %016lx cr3 %016lx\n", f->rip, f->rflags, f->cs,
	    f->error, x86_cr2_read(), x86_cr3_read());
}

static const char *fault_name(uint32_t vector)
{
	static const char *const names[32] = {
		[X86_VECTOR_DIVIDE] = "division error",
		[X86_VECTOR_DEBUG] = "debug exception",
		[X86_VECTOR_NMI] = "non-maskable interrupt",
		[X86_VECTOR_BREAKPOINT] = "breakpoint",
		[X86_VECTOR_INVALID] = "invalid instruction",
		[X86_VECTOR_NO_FPU] = "FPU used by the kernel",
		[X86_VECTOR_DOUBLE] = "double fault",
		[X86_VECTOR_STACK] = "stack fault",
		[X86_VECTOR_PROTECTION] = "general protection fault",
		[X86_VECTOR_PAGE] = "page fault",
		[X86_VECTOR_MACHINE] = "machine check",
	};
	return vector < 32 && names[vector] != NULL ? names[vector] : "unexpected exception";
}

/* A double fault whose stack pointer has left its stack by the bottom. */
static bool stack_overflowed(const struct x86_frame *frame)
{
	uint64_t bottom, top;
	return x86_stack_find(frame->rsp + PAGE_SIZE, &bottom, &top) && frame->rsp < bottom + 256u;
}

void x86_trap_kernel(struct x86_frame *frame)
{
	uint32_t vector = (uint32_t)((int64_t)frame->vector + 128);
	if (vector == X86_VECTOR_PAGE && fixup_apply(frame))
		return;
	const char *what = fault_name(vector);
	if (vector == X86_VECTOR_DOUBLE && stack_overflowed(frame))
		what = "kernel stack overflow";
	frame_print(frame);
	trap_kernel_fault(what, x86_cr2_read(), frame->rip, frame->rbp);
}

void arch_regs_print(const struct arch_regs *regs)
{
	log_print("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", regs->number, regs->rbx, regs->rcx,
	          regs->arg[2]);
	log_print("rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", regs->arg[1], regs->arg[0], regs->rbp,
	          regs->rsp);
	log_print("r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", regs->arg[4], regs->arg[5], regs->arg[3],
	          regs->r11);
	log_print("r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", regs->arg[6], regs->arg[7], regs->r14,
	          regs->r15);
	log_print("rip %016lx rflags %08lx\n", arch_regs_pc(regs), regs->rflags);
}
