/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Into the kernel and out of it.
 *
 * While a program runs, sscratch holds its thread's struct arch_regs (which is
 * the struct thread); in the kernel it is 0, which tells a fault of our own from
 * a trap of a program. In the kernel tp is this CPU's struct cpu and interrupts
 * are off, so SPP stays "user" and SIE stays off without anybody writing
 * sstatus; the one trap that is survived in kernel mode, in copy_user, leaves
 * both as they were, too (sret clears SPP).
 * What is saved and loaded when is told at struct arch_regs.
 */
#include <arch/offsets.h>

#define CAUSE_USER_ECALL 8

	/* s0..s11, to or from the struct arch_regs at `base` */
	.macro each_saved op, base
	\op s0, REGS_S + 0(\base)
	\op s1, REGS_S + 8(\base)
	\op s2, REGS_S + 16(\base)
	\op s3, REGS_S + 24(\base)
	\op s4, REGS_S + 32(\base)
	\op s5, REGS_S + 40(\base)
	\op s6, REGS_S + 48(\base)
	\op s7, REGS_S + 56(\base)
	\op s8, REGS_S + 64(\base)
	\op s9, REGS_S + 72(\base)
	\op s10, REGS_S + 80(\base)
	\op s11, REGS_S + 88(\base)
	.endm

	/* a1..a7 */
	.macro each_argument op, base
	\op a1, REGS_ARG + 8(\base)
	\op a2, REGS_ARG + 16(\base)
	\op a3, REGS_ARG + 24(\base)
	\op a4, REGS_ARG + 32(\base)
	\op a5, REGS_ARG + 40(\base)
	\op a6, REGS_ARG + 48(\base)
	\op a7, REGS_ARG + 56(\base)
	.endm

	/* t2..t6 */
	.macro each_temporary op, base
	\op t2, REGS_T + 8(\base)
	\op t3, REGS_T + 16(\base)
	\op t4, REGS_T + 24(\base)
	\op t5, REGS_T + 32(\base)
	\op t6, REGS_T + 40(\base)
	.endm

	.section .text.entry, "ax"
	.balign 64
	.globl trap_entry
trap_entry:
	csrrw sp, sscratch, sp
	beqz sp, trap_from_kernel
	sd t1, REGS_T(sp)
	csrr t1, scause
	addi t1, t1, -CAUSE_USER_ECALL
	bnez t1, trap_other

	/* ---- a system call ---- */
	sd a0, REGS_ARG(sp)
	each_argument sd, sp
	sd t0, REGS_NUMBER(sp)
	csrr t1, sepc
	addi t1, t1, 4
	sd t1, REGS_PC(sp)
	csrrw t1, sscratch, zero
	sd t1, REGS_SP(sp)
	sd ra, REGS_RA(sp)
	sd gp, REGS_GP(sp)
	sd tp, REGS_TP(sp)
	each_saved sd, sp
	ld tp, REGS_CPU(sp)
	sd tp, REGS_LOADED_ON(sp)
	sd sp, CPU_ENTERED(tp)
	mv a0, sp
	ld sp, CPU_STACK_TOP(tp)
	jal trap_syscall

	/* a0: the thread to resume. Straight back to where we came from? */
	ld t1, REGS_LOADED_ON(a0)
	bne t1, tp, resume
	ld t1, REGS_PC(a0)
	csrw sepc, t1
	csrw sscratch, a0
	ld ra, REGS_RA(a0)
	ld sp, REGS_SP(a0)
	ld tp, REGS_TP(a0)
	li t0, 0
	li t1, 0
	li t2, 0
	li t3, 0
	li t4, 0
	li t5, 0
	li t6, 0
	each_argument ld, a0
	ld a0, REGS_ARG(a0)
	sret

	/* ---- an interrupt or a fault of a program ---- */
trap_other:
	sd a0, REGS_ARG(sp)
	each_argument sd, sp
	sd t0, REGS_NUMBER(sp)
	each_temporary sd, sp
	csrr t1, sepc
	sd t1, REGS_PC(sp)
	csrrw t1, sscratch, zero
	sd t1, REGS_SP(sp)
	sd ra, REGS_RA(sp)
	sd gp, REGS_GP(sp)
	sd tp, REGS_TP(sp)
	each_saved sd, sp
	ld tp, REGS_CPU(sp)
	sd zero, REGS_LOADED_ON(sp)
	sd sp, CPU_ENTERED(tp)
	mv a0, sp
	csrr a1, scause
	csrr a2, stval
	ld sp, CPU_STACK_TOP(tp)
	jal trap_user
	/* fall through */

	/* ---- leave into the thread in a0, wherever it was before ---- */
	.globl arch_user_return
arch_user_return:
resume:
	/* The thread we came for has its registers in memory only, from here on. It may be running on another
	 * CPU already; there this costs at most one load of registers that need not have been loaded. */
	ld t0, CPU_ENTERED(tp)
	sd zero, REGS_LOADED_ON(t0)
	sd tp, REGS_CPU(a0)
	ld t1, REGS_PC(a0)
	csrw sepc, t1
	csrw sscratch, a0
	ld ra, REGS_RA(a0)
	ld sp, REGS_SP(a0)
	ld gp, REGS_GP(a0)
	ld tp, REGS_TP(a0)
	each_saved ld, a0
	ld t0, REGS_NUMBER(a0)
	ld t1, REGS_T(a0)
	each_temporary ld, a0
	each_argument ld, a0
	ld a0, REGS_ARG(a0)
	sret

	/* ---- a fault in the kernel ---- */
trap_from_kernel:
	csrrw sp, sscratch, sp /* undo the swap: sscratch was 0 */
	sd t0, CPU_SPARE(tp)
	sd t1, CPU_SPARE + 8(tp)
	csrr t0, sepc
	lla t1, copy_user_start
	bltu t0, t1, trap_fatal
	lla t1, copy_user_end
	bgeu t0, t1, trap_fatal
	csrr t0, stval
	srli t1, t0, USER_ADDRESS_BITS
	bnez t1, trap_fatal
	sfence.vma t0, zero /* once the page is there, the next attempt must see it (see arch_pte_published) */
	lla t0, copy_user_fault
	csrw sepc, t0
	sret

trap_fatal:
	/* The hart may remember a page as absent that was mapped since: let it forget, and try once more. */
	csrr t0, stval
	ld t1, CPU_RETRIED(tp)
	beq t0, t1, 4f
	sd t0, CPU_RETRIED(tp)
	sfence.vma t0, zero
	ld t0, CPU_SPARE(tp)
	ld t1, CPU_SPARE + 8(tp)
	sret
4:
	/* Our own bug. Save everything below sp if sp lies well inside a stack of ours, else on a stack kept for
	 * this: a stack that ran over must still be able to say so. */
	li t1, STACK_SIZE - 1024
	ld t0, CPU_STACK_TOP(tp)
	sub t0, t0, sp
	bltu t0, t1, 1f
	lla t0, boot_stack_top
	sub t0, t0, sp
	bltu t0, t1, 1f
	lla t0, trap_stack_taken
	li t1, 1
	amoswap.w.aq t1, t1, (t0)
	lla t0, trap_stack_top
	bnez t1, 2f
	addi t0, t0, -REGS_SIZE
	sd sp, REGS_SP(t0)
	mv sp, t0
	j 3f
1:	mv t0, sp
	andi sp, sp, -16
	addi sp, sp, -REGS_SIZE
	sd t0, REGS_SP(sp)
3:	ld t0, CPU_SPARE(tp)
	ld t1, CPU_SPARE + 8(tp)
	sd a0, REGS_ARG(sp)
	each_argument sd, sp
	sd t0, REGS_NUMBER(sp)
	sd t1, REGS_T(sp)
	each_temporary sd, sp
	sd ra, REGS_RA(sp)
	sd gp, REGS_GP(sp)
	sd tp, REGS_TP(sp)
	each_saved sd, sp
	csrr t0, sepc
	sd t0, REGS_PC(sp)
	mv a0, sp
	csrr a1, scause
	csrr a2, stval
	call trap_kernel
2:	mv sp, t0 /* in use already: there is nothing left to save */
	call trap_kernel_again

	.bss
	.balign 4
trap_stack_taken:
	.skip 4
