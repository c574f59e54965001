/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The ways into and out of the kernel.
 *
 * From user mode the complete state goes straight into the current thread's registers (arch/types.h), and C
 * answers with the thread to resume. From kernel mode there are two cases only: an interrupt, which can only
 * have found arch_idle or arch_irq_poll, and a fault, which is a user copy to repair or the end (kernel/traps.c).
 *
 * gs: kernel mode has the CPU's own structure there, user mode 0. Every register is reloaded on the way out,
 * so nothing of the kernel's is left in one.
 */
#include <arch/offsets.h>

	.section .text.entry, "ax"

	.macro save_registers base
	movq %rbx, REGS_RBX(\base)
	movq %rbp, REGS_RBP(\base)
	movq %rdi, REGS_RDI(\base)
	movq %rsi, REGS_RSI(\base)
	movq %rdx, REGS_RDX(\base)
	movq %r8, REGS_R8(\base)
	movq %r9, REGS_R9(\base)
	movq %r10, REGS_R10(\base)
	movq %r12, REGS_R12(\base)
	movq %r13, REGS_R13(\base)
	movq %r14, REGS_R14(\base)
	movq %r15, REGS_R15(\base)
	.endm

/* ---- system calls ---- */

	.globl x86_syscall_entry
	.type x86_syscall_entry, @function
x86_syscall_entry:
	swapgs
	movq %gs:CPU_CURRENT, %r11 /* it held the flags, which a call does not keep */
	save_registers %r11
	movq %rax, REGS_RAX(%r11)
	movq %rcx, REGS_SYSRET_RIP(%r11)
	movq %rsp, REGS_RSP(%r11)
	movq %gs:CPU_STACK_TOP, %rsp
	movq %r11, %rdi
	call trap_syscall
	/* Falls into the way out, with the thread in rax. */
	.size x86_syscall_entry, . - x86_syscall_entry

	.type x86_resume, @function
x86_resume:
	movq REGS_SYSRET_RIP(%rax), %rcx
	movq REGS_RBX(%rax), %rbx
	movq REGS_RBP(%rax), %rbp
	movq REGS_RDI(%rax), %rdi
	movq REGS_RSI(%rax), %rsi
	movq REGS_RDX(%rax), %rdx
	movq REGS_R8(%rax), %r8
	movq REGS_R9(%rax), %r9
	movq REGS_R10(%rax), %r10
	movq REGS_R12(%rax), %r12
	movq REGS_R13(%rax), %r13
	movq REGS_R14(%rax), %r14
	movq REGS_R15(%rax), %r15
	/* SYSRET faults in kernel mode on an address that is not canonical. SYSCALL can have left one only by
	 * stepping over the end of the lower half, which sets bit 47; so does all ones, "leave by IRET". */
	btq $47, %rcx
	jc 1f
	movl $X86_RFLAGS_USER, %r11d
	movq REGS_RSP(%rax), %rsp
	xorl %eax, %eax
	swapgs
	sysretq
1:
	movq %rax, %rsp
	movq REGS_RAX(%rsp), %rax
	movq REGS_RCX(%rsp), %rcx
	movq REGS_R11(%rsp), %r11
	addq $REGS_RIP, %rsp /* rip, cs, rflags, rsp, ss lie there as the CPU wants them */
	swapgs
	iretq
	.size x86_resume, . - x86_resume

	.globl arch_user_return
	.type arch_user_return, @function
arch_user_return:
	movq %rdi, %rax
	jmp x86_resume
	.size arch_user_return, . - arch_user_return

/* ---- faults and interrupts ---- */

/* One stub per vector, X86_STUB_SIZE apart: error code (0 where the CPU pushes none), vector, common code.
 * The vector is pushed less 128, so that the instruction is short. */
	.macro stub vector
	.org x86_stubs + \vector * X86_STUB_SIZE
	.if (\vector != 8) && (\vector != 10) && (\vector != 11) && (\vector != 12) && (\vector != 13) && \
	    (\vector != 14) && (\vector != 17) && (\vector != 21) && (\vector != 29) && (\vector != 30)
	pushq $0
	.endif
	pushq $(\vector - 128)
	.if (\vector == 2) || (\vector == 8) || (\vector == 18)
	jmp trap_kernel /* NMI, double fault, machine check: the end, wherever they came from */
	.else
	jmp trap_entry
	.endif
	.endm

	.balign 16
	.globl x86_stubs
	.type x86_stubs, @function
x86_stubs:
	.set vector, 0
	.rept X86_VECTOR_COUNT
	stub vector
	.set vector, vector + 1
	.endr
	.org x86_stubs + X86_VECTOR_COUNT * X86_STUB_SIZE
	.size x86_stubs, . - x86_stubs

	/* Stack: vector - 128, error code, rip, cs, rflags, rsp, ss. */
	.type trap_entry, @function
trap_entry:
	testb $3, 24(%rsp)
	jz trap_kernel
	swapgs
	pushq %rax
	movq %gs:CPU_CURRENT, %rax
	save_registers %rax
	movq %rcx, REGS_RCX(%rax)
	movq %r11, REGS_R11(%rax)
	movq $-1, REGS_SYSRET_RIP(%rax)
	popq REGS_RAX(%rax)
	popq %rsi
	popq %rdx
	popq REGS_RIP(%rax)
	popq REGS_CS(%rax)
	popq REGS_RFLAGS(%rax)
	popq REGS_RSP(%rax)
	popq REGS_SS(%rax) /* rsp is the top of the kernel stack now */
	pushq $2
	popfq /* user mode may have set AC, which would open user memory, and DF */
	movq %rax, %rdi
	call x86_trap_user
	jmp x86_resume
	.size trap_entry, . - trap_entry

	.type trap_kernel, @function
trap_kernel:
	cmpq $32 - 128, (%rsp)
	jge trap_idle
	pushq %rax
	pushq %rcx
	pushq %rdx
	pushq %rbx
	pushq %rbp
	pushq %rsi
	pushq %rdi
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	pushq $2
	popfq
	/* A fault just inside the entry code finds the user's gs still there. Kernel addresses are negative. */
	movl $X86_MSR_GS_BASE, %ecx
	rdmsr
	testl %edx, %edx
	js 1f
	swapgs
1:	movq %rsp, %rdi
	call x86_trap_kernel
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rdi
	popq %rsi
	popq %rbp
	popq %rbx
	popq %rdx
	popq %rcx
	popq %rax
	addq $16, %rsp
	iretq
	.size trap_kernel, . - trap_kernel

	/* Interrupts are on in the two functions below only: dispatch, and return from them, true, with
	 * interrupts off. */
	.type trap_idle, @function
trap_idle:
	movq (%rsp), %rdi
	call x86_interrupt
	movq 40(%rsp), %rsp
	movl $1, %eax
	ret
	.size trap_idle, . - trap_idle

	/* The instruction after sti is still shielded, so an interrupt that is already pending ends the hlt. */
	.globl arch_idle
	.type arch_idle, @function
arch_idle:
	sti
	hlt
	cli
	ret
	.size arch_idle, . - arch_idle

	.globl arch_irq_poll
	.type arch_irq_poll, @function
arch_irq_poll:
	call irq_take
	testl %eax, %eax
	jnz arch_irq_poll
	ret
	.size arch_irq_poll, . - arch_irq_poll

	.type irq_take, @function
irq_take:
	sti
	nop
	cli
	xorl %eax, %eax
	ret
	.size irq_take, . - irq_take

/* ---- user memory ---- */

/* bool arch_copy_to_user(uint64_t user, const void *from, size_t bytes)
 * bool arch_copy_from_user(void *to, uint64_t user, size_t bytes)
 * The CPU honours the page's own user and write bits (CR0.WP); a fault at 2 or 3 continues at 4. */
	.globl arch_copy_to_user, arch_copy_from_user
	.type arch_copy_to_user, @function
	.type arch_copy_from_user, @function
arch_copy_to_user:
arch_copy_from_user:
	pushq %rbp
	movq %rsp, %rbp
	movq %rdx, %rcx
	shrq $3, %rcx
	andl $7, %edx
	cmpb $0, x86_smap(%rip)
	je 2f
	stac
2:	rep movsq
	movl %edx, %ecx
3:	rep movsb
	movl $1, %eax
5:	cmpb $0, x86_smap(%rip)
	je 6f
	clac
6:	popq %rbp
	ret
4:	xorl %eax, %eax
	jmp 5b
	.size arch_copy_to_user, . - arch_copy_to_user
	.size arch_copy_from_user, . - arch_copy_from_user

	/* Where a kernel fault may be continued: faulting instruction, continuation. */
	.section .fixup, "a"
	.quad 2b, 4b
	.quad 3b, 4b
	.section .note.GNU-stack, "", @progbits
