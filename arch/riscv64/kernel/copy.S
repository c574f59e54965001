/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Copies. copy_user is the only code that may touch user pages: SUM is set in it
 * and nowhere else. A fault in it at a user address continues at
 * copy_user_fault (entry.S); the loads and stores obey the page's own
 * permissions because MXR is off.
 */
#include <arch/offsets.h>

	.section .text.copy, "ax"
	/* a0: to, a1: from, a2: bytes. Returns 1, or 0 after a fault. */
	.globl arch_copy_from_user, arch_copy_to_user
	.globl copy_user_start, copy_user_end, copy_user_fault
arch_copy_from_user:
arch_copy_to_user:
	lui t0, SUM_LUI
	csrs sstatus, t0
copy_user_start:
	xor t1, a0, a1
	andi t1, t1, 7
	bnez t1, 4f /* never aligned together */
1:	andi t1, a0, 7 /* bytes up to a word boundary */
	beqz t1, 2f
	beqz a2, 5f
	lb t1, 0(a1)
	sb t1, 0(a0)
	addi a0, a0, 1
	addi a1, a1, 1
	addi a2, a2, -1
	j 1b
2:	li t5, 32
	bltu a2, t5, 3f
	ld t1, 0(a1)
	ld t2, 8(a1)
	ld t3, 16(a1)
	ld t4, 24(a1)
	sd t1, 0(a0)
	sd t2, 8(a0)
	sd t3, 16(a0)
	sd t4, 24(a0)
	addi a0, a0, 32
	addi a1, a1, 32
	addi a2, a2, -32
	j 2b
3:	li t5, 8
	bltu a2, t5, 4f
	ld t1, 0(a1)
	sd t1, 0(a0)
	addi a0, a0, 8
	addi a1, a1, 8
	addi a2, a2, -8
	j 3b
4:	beqz a2, 5f
	lb t1, 0(a1)
	sb t1, 0(a0)
	addi a0, a0, 1
	addi a1, a1, 1
	addi a2, a2, -1
	j 4b
5:
copy_user_end:
	li a0, 1
	csrc sstatus, t0
	ret
copy_user_fault:
	li a0, 0
	lui t0, SUM_LUI
	csrc sstatus, t0
	ret

	/* a0: to, a1: from; a page each */
	.section .text.riscv_page_copy, "ax"
	.globl riscv_page_copy
riscv_page_copy:
	li a2, 4096
	add a2, a1, a2
1:	ld t0, 0(a1)
	ld t1, 8(a1)
	ld t2, 16(a1)
	ld t3, 24(a1)
	ld t4, 32(a1)
	ld t5, 40(a1)
	ld t6, 48(a1)
	ld a3, 56(a1)
	sd t0, 0(a0)
	sd t1, 8(a0)
	sd t2, 16(a0)
	sd t3, 24(a0)
	sd t4, 32(a0)
	sd t5, 40(a0)
	sd t6, 48(a0)
	sd a3, 56(a0)
	ld t0, 64(a1)
	ld t1, 72(a1)
	ld t2, 80(a1)
	ld t3, 88(a1)
	ld t4, 96(a1)
	ld t5, 104(a1)
	ld t6, 112(a1)
	ld a3, 120(a1)
	sd t0, 64(a0)
	sd t1, 72(a0)
	sd t2, 80(a0)
	sd t3, 88(a0)
	sd t4, 96(a0)
	sd t5, 104(a0)
	sd t6, 112(a0)
	sd a3, 120(a0)
	addi a1, a1, 128
	addi a0, a0, 128
	bne a1, a2, 1b
	ret
