/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Traps in, and the one way out to user mode.
 *
 * While user code runs, SP_EL1 points at the running thread's registers, so an
 * entry stores them without having to find a free register first; then it takes
 * the stack of this CPU (TPIDR_EL1). An exit loads the whole user state of the
 * thread it resumes, so no kernel value is left in a register.
 *
 * System calls that go back to their caller are the exception. The kernel is
 * compiled not to touch x9..x15 and x18 (arch.mk), and C keeps x19..x29; so only
 * x0..x8, x16, x17 and x30 are loaded. x9 tells: its top bit is set at entry, and
 * cleared by whatever makes the rest of the CPU's state stale, that is, by
 * arch_thread_switch, arch_regs_restart and a failed copy (they need the return
 * address loaded again). A system call does not store x10..x17: user code counts
 * them as lost, and gets back what an earlier trap of the same thread stored.
 *
 * A trap in kernel mode is a fault: either an access of copy.S, which
 * returns false, or the end. The end is reported on a stack of its own, so that
 * an overflow of the kernel stack is told like everything else.
 */
#include <arch/offsets.h>

	.arch armv8-a+nofp

/* Registers n and n+1 of the thread that SP points at. */
.macro store a, b
	stp	x\a, x\b, [sp, #REGS_X(\a)]
.endm
.macro load a, b
	ldp	x\a, x\b, [sp, #REGS_X(\a)]
.endm

.macro store_0_to_9
	store	0, 1
	store	2, 3
	store	4, 5
	store	6, 7
	store	8, 9
.endm
.macro store_10_to_17
	store	10, 11
	store	12, 13
	store	14, 15
	store	16, 17
.endm
/* x18 to x30, and the state that lives in system registers. Uses x8, x9. */
.macro store_rest
	store	18, 19
	store	20, 21
	store	22, 23
	store	24, 25
	store	26, 27
	store	28, 29
	mrs	x8, sp_el0
	stp	x30, x8, [sp, #REGS_X(30)]
	mrs	x8, elr_el1
	mrs	x9, spsr_el1
	stp	x8, x9, [sp, #REGS_PC]
.endm
/* The thread becomes the first argument, the CPU's stack the stack. x9: a kernel address, top bit set. */
.macro take_stack
	mrs	x9, tpidr_el1
	ldr	x8, [x9, #CPU_STACK_TOP]
	mov	x0, sp
	mov	sp, x8
.endm

.macro vector
	.balign	128
.endm
.macro kernel_vector number
	vector
	msr	tpidrro_el0, x0
	mrs	x0, tpidr_el1
	stp	x1, x2, [x0, #CPU_SCRATCH]
	mov	x1, #\number
	str	x1, [x0, #CPU_SCRATCH + 16]
	b	kernel_fault
.endm

	.section .text.vectors, "ax"
	.balign	2048
	.globl vectors
vectors:
	/* from EL1 on SP_EL0: never used */
	kernel_vector VECTOR_STRAY
	kernel_vector VECTOR_STRAY
	kernel_vector VECTOR_STRAY
	kernel_vector VECTOR_STRAY

	/* from EL1 on SP_EL1 */
	vector
	msr	tpidrro_el0, x0              /* the one register EL1 can spare; EL0 reads it: cleared below */
	mrs	x0, tpidr_el1
	stp	x1, x2, [x0, #CPU_SCRATCH]
	str	xzr, [x0, #CPU_SCRATCH + 16] /* VECTOR_SYNC */
	b	kernel_sync
	kernel_vector VECTOR_IRQ
	kernel_vector VECTOR_FIQ
	kernel_vector VECTOR_ERROR

	/* from EL0 */
	vector
	store_0_to_9
	mrs	x8, esr_el1
	lsr	x8, x8, #26
	cmp	x8, #0x15                    /* SVC */
	b.ne	user_fault
	store_rest
	take_stack
	bl	trap_syscall
	b	syscall_return

	vector
	store_0_to_9
	b	user_irq
	vector
	store_0_to_9
	b	user_irq
	vector
	store_0_to_9
	b	user_fault

	/* from 32-bit EL0: no thread starts there */
	kernel_vector VECTOR_STRAY
	kernel_vector VECTOR_STRAY
	kernel_vector VECTOR_STRAY
	kernel_vector VECTOR_STRAY

user_fault:
	store_10_to_17
	store_rest
	take_stack
	mrs	x1, esr_el1
	mrs	x2, far_el1
	bl	trap_user_fault
	b	user_return

user_irq:
	store_10_to_17
	store_rest
	take_stack
	bl	trap_user_irq

/* x0: the thread to run; x9 as above. */
syscall_return:
	tbz	x9, #63, user_return
	mov	sp, x0
	ldr	x30, [sp, #REGS_X(30)]
	load	16, 17
	load	8, 9
	load	6, 7
	load	4, 5
	load	2, 3
	load	0, 1
	eret
	dsb	nsh                          /* never executed: stops speculation past eret */
	isb

/* x0: the thread to run. */
user_return:
	mov	sp, x0
	ldp	x9, x10, [sp, #REGS_PC]
	msr	elr_el1, x9
	msr	spsr_el1, x10
	ldp	x30, x9, [sp, #REGS_X(30)]
	msr	sp_el0, x9
	load	28, 29
	load	26, 27
	load	24, 25
	load	22, 23
	load	20, 21
	load	18, 19
	load	16, 17
	load	14, 15
	load	12, 13
	load	10, 11
	load	8, 9
	load	6, 7
	load	4, 5
	load	2, 3
	load	0, 1
	eret
	dsb	nsh
	isb

	.globl arch_user_return
	.type arch_user_return, %function
arch_user_return:
	hint	#34                          /* bti c */
	b	user_return

/* x0: CPU. A data abort on a user address within copy.S resumes at its failure exit. */
kernel_sync:
	mrs	x1, esr_el1
	lsr	x1, x1, #26
	cmp	x1, #0x25                    /* data abort, same level */
	b.ne	kernel_fault
	mrs	x1, far_el1
	tbnz	x1, #55, kernel_fault        /* the kernel half */
	mrs	x1, elr_el1
	adrp	x2, copy_user_start
	add	x2, x2, :lo12:copy_user_start
	cmp	x1, x2
	b.lo	kernel_fault
	adrp	x2, copy_user_end
	add	x2, x2, :lo12:copy_user_end
	cmp	x1, x2
	b.hs	kernel_fault
	adrp	x2, copy_user_failed
	add	x2, x2, :lo12:copy_user_failed
	msr	elr_el1, x2
	msr	tpidrro_el0, xzr             /* x0, x1, x2 are free in a copy that has failed */
	mov	x9, #0                       /* this trap has overwritten the user's ELR and SPSR */
	eret
	dsb	nsh
	isb

/* x0: CPU; user's or kernel's x0 in TPIDRRO_EL0, x1 and x2 in the CPU's scratch. The first CPU gets the
 * emergency stack; others stop here, the panic of the first would stop them anyway. */
kernel_fault:
	adrp	x1, emergency_owner
	add	x1, x1, :lo12:emergency_owner
1:	ldaxr	x2, [x1]
	cbnz	x2, emergency_taken
	stxr	w2, x0, [x1]
	cbnz	w2, 1b
	mov	x2, sp
	adrp	x1, emergency_stack_top - REGS_SIZE
	add	x1, x1, :lo12:(emergency_stack_top - REGS_SIZE)
	mov	sp, x1
	str	x2, [sp, #REGS_SP]
	store	3, 4
	store	5, 6
	store	7, 8
	str	x9, [sp, #REGS_X(9)]
	store_10_to_17
	store	18, 19
	store	20, 21
	store	22, 23
	store	24, 25
	store	26, 27
	store	28, 29
	str	x30, [sp, #REGS_X(30)]
	ldp	x1, x2, [x0, #CPU_SCRATCH]
	store	1, 2
	mrs	x1, tpidrro_el0
	str	x1, [sp]
	mrs	x1, elr_el1
	mrs	x2, spsr_el1
	stp	x1, x2, [sp, #REGS_PC]
	ldr	x3, [x0, #CPU_SCRATCH + 16]
	mov	x0, sp
	mrs	x1, esr_el1
	mrs	x2, far_el1
	mov	x29, #0
	mov	x30, #0
	bl	trap_kernel

emergency_taken:
	cmp	x2, x0
	b.eq	3f
2:	wfi
	b	2b
3:	adrp	x1, emergency_stack_top      /* a fault while reporting one: start over with less ambition */
	add	x1, x1, :lo12:emergency_stack_top
	mov	sp, x1
	bl	trap_kernel_again

	.section .bss.emergency, "aw", %nobits
	.balign	16
emergency_stack:
	.skip	8192
emergency_stack_top:
emergency_owner:
	.skip	8
