/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The FPU's registers to and from struct arch_fpu (a0). The caller has the FPU enabled. */
#include <arch/offsets.h>

	.option arch, +d
	.section .text.fpu_state, "ax"
	.globl fpu_state_save, fpu_state_load

	.macro each_float op
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\op f\n, FPU_F + 8 * \n(a0)
	.endr
	.endm

fpu_state_save:
	each_float fsd
	frcsr t0
	sd t0, FPU_FCSR(a0)
	ret

fpu_state_load:
	each_float fld
	ld t0, FPU_FCSR(a0)
	fscsr t0
	ret
