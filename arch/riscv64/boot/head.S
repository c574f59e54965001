/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The first instructions of every hart: from physical addresses to the kernel's.
 *
 * The boot hart builds two page tables: the direct map in 1 GiB pages and the
 * image in 2 MiB pages, all of it writable and executable until
 * arch_memory_init. Nothing maps the code at its physical address, so writing
 * satp makes the next fetch fault, and stvec leads on at the virtual one.
 * Which hart boots is chance; the others wait in firmware for arch_cpu_start.
 *
 * Every hart is started here, at the address and with the argument it had from
 * the firmware before: OpenSBI before 1.3 may let a hart go before it has noted
 * anything else for it. So the first to come boots, and the others find their
 * CPU in boot_harts by their own number, the one thing firmware never mistakes.
 */
#include <arch/offsets.h>

#define PTE_TABLE 0x01
#define PTE_BOOT 0xef /* valid, read, write, execute, global, accessed, dirty */

	.section .text.head, "ax"
	.globl _start
	/* a0: hart id; a1, of the boot hart only: physical address of the device tree */
_start:
	csrw sie, zero
	csrw satp, zero
	csrw sscratch, zero
	lla t0, boot_taken
	li t1, 1
	amoswap.w.aqrl t1, t1, (t0)
	bnez t1, boot_secondary
	rdtime s2
	mv s0, a0
	mv s1, a1
	lla s3, _start /* physical address of the image */
	li t0, KERNEL_LINK_ADDRESS
	sub s4, t0, s3 /* virtual minus physical */
	lla a2, misplaced
	slli t0, s3, 64 - 21
	bnez t0, refuse

	lla t0, kernel_bss_start
	lla t1, kernel_bss_end
1:	sd zero, 0(t0)
	addi t0, t0, 8
	bltu t0, t1, 1b

	/* Direct map: root entries 256..509. */
	lla t0, boot_root
	li t1, 2048
	add t1, t0, t1
	li t2, PTE_BOOT
	li t3, 254
	li t4, 1 << 28
2:	sd t2, 0(t1)
	addi t1, t1, 8
	add t2, t2, t4
	addi t3, t3, -1
	bnez t3, 2b

	/* Image: root entry 510. */
	lla t2, boot_image
	srli t3, t2, 2
	ori t3, t3, PTE_TABLE
	sd t3, 0(t1)
	lla t4, kernel_image_end
	li t5, 1 << 21
	li t6, 1 << 19
	srli t3, s3, 2
	ori t3, t3, PTE_BOOT
	mv t1, s3
3:	sd t3, 0(t2)
	addi t2, t2, 8
	add t3, t3, t6
	add t1, t1, t5
	bltu t1, t4, 3b

	srli t0, t0, 12
	li t1, SATP_SV39_TOP
	slli t1, t1, 60
	or t0, t0, t1
	lla t1, 4f
	add t1, t1, s4
	csrw stvec, t1
	sfence.vma
	csrw satp, t0
	lla a2, unpaged /* still here: satp did not take it */
	j refuse

	.balign 4
4:	lla t0, trap_entry
	csrw stvec, t0
	lla sp, boot_stack_top
	lla tp, cpu_table
	mv a0, s0
	mv a1, s1
	mv a2, s3
	mv a3, s2
	li s0, 0
	call boot_main
	unimp /* so that its return address still lies in this function */

	/* a2: text; before there is a console driver, firmware prints. */
refuse:
	lbu a0, 0(a2)
	beqz a0, 5f
	li a7, 1
	ecall
	addi a2, a2, 1
	j refuse
5:	wfi
	j 5b
misplaced:
	.asciz "CambiOS cannot start: it was loaded at an address that is not a multiple of 2 MiB.\r\n"
unpaged:
	.asciz "CambiOS cannot start: this machine has no Sv39 paging.\r\n"
	.balign 4

	/* a0: hart id */
boot_secondary:
	addi t1, a0, 1
6:	lla t0, boot_harts
	li t2, BOOT_HARTS
7:	ld t3, 0(t0)
	beq t3, t1, 8f
	addi t0, t0, 16
	addi t2, t2, -1
	bnez t2, 7b
	j 6b
8:	fence r, rw
	ld tp, 8(t0)
	lla t0, memory_kernel_satp
	ld t0, 0(t0)
	lla t1, _start
	li t2, KERNEL_LINK_ADDRESS
	sub t2, t2, t1
	lla t1, 9f
	add t1, t1, t2
	csrw stvec, t1
	sfence.vma
	csrw satp, t0
	.balign 4
9:	fence.i /* code may have been written before this hart looked */
	lla t0, trap_entry
	csrw stvec, t0
	ld sp, CPU_STACK_TOP(tp)
	mv a0, tp
	li s0, 0
	call boot_secondary_main
	unimp

	/* Not in .bss, which the boot hart clears. */
	.data
	.balign 8
	.globl boot_harts /* struct boot_hart, see kernel/cpu.c */
boot_harts:
	.skip 16 * BOOT_HARTS
boot_taken:
	.word 0

	.bss
	.balign 4096
	.globl boot_root
boot_root:
	.skip 4096
boot_image:
	.skip 4096
