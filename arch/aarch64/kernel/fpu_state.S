/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * FPU registers to and from memory. The FPU is enabled exactly while
 * arch_cpu.fpu_owner is set; the kernel itself never computes with it.
 */
#include <arch/offsets.h>
#include <arch/sysreg.h>

	.arch armv8-a+fp+simd
	.text

.macro each operation
	\operation	q0, q1, [x1, #0]
	\operation	q2, q3, [x1, #32]
	\operation	q4, q5, [x1, #64]
	\operation	q6, q7, [x1, #96]
	\operation	q8, q9, [x1, #128]
	\operation	q10, q11, [x1, #160]
	\operation	q12, q13, [x1, #192]
	\operation	q14, q15, [x1, #224]
	\operation	q16, q17, [x1, #256]
	\operation	q18, q19, [x1, #288]
	\operation	q20, q21, [x1, #320]
	\operation	q22, q23, [x1, #352]
	\operation	q24, q25, [x1, #384]
	\operation	q26, q27, [x1, #416]
	\operation	q28, q29, [x1, #448]
	\operation	q30, q31, [x1, #480]
.endm

/* void fpu_give_up(struct arch_cpu *cpu): the owner's registers to memory, nobody owns it, off. */
	.globl fpu_give_up
	.type fpu_give_up, %function
fpu_give_up:
	hint	#34                          /* bti c */
	ldr	x1, [x0, #CPU_FPU_OWNER]
	str	xzr, [x0, #CPU_FPU_OWNER]
	each	stp
	mrs	x2, fpcr
	mrs	x3, fpsr
	str	x2, [x1, #FPU_FPCR]
	str	w3, [x1, #FPU_FPSR]
	mrs	x2, cpacr_el1
	and	x2, x2, #~CPACR_FPU
	msr	cpacr_el1, x2
	ret

/* void fpu_take(struct arch_cpu *cpu, struct arch_fpu *fpu): on, registers from memory, owner. */
	.globl fpu_take
	.type fpu_take, %function
fpu_take:
	hint	#34
	str	x1, [x0, #CPU_FPU_OWNER]
	mrs	x2, cpacr_el1
	orr	x2, x2, #CPACR_FPU
	msr	cpacr_el1, x2
	isb
	each	ldp
	ldr	x2, [x1, #FPU_FPCR]
	ldr	w3, [x1, #FPU_FPSR]
	msr	fpcr, x2
	msr	fpsr, x3
	ret
