/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The first instructions, with the MMU off, at whatever 2 MiB boundary the
 * loader chose: Linux Image header, the way down from EL2, coarse page tables,
 * MMU on, and the jump to the address the kernel is linked at.
 *
 * Two page table trees are made here. The identity map (TTBR0) holds the one
 * 2 MiB block this file lies in; secondary CPUs come through it too, and root
 * tables are exchanged from it. The early kernel half (TTBR1) holds the image
 * and the two blocks in which the device tree lies; boot.c adds RAM and devices,
 * arch_memory_init replaces it. The image is writable and executable until then.
 */
#include <arch/offsets.h>
#include <arch/sysreg.h>

	.arch armv8-a+nofp
	.section .head, "ax"

	.globl head
head:
	b	entry
	.long	0
	.quad	0                    /* text_offset: at a 2 MiB boundary */
	.quad	kernel_memory_size   /* from here to the end of .bss */
	.quad	0xa                  /* little-endian, 4 KiB pages, anywhere in RAM */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

/* Boot CPU. x0: physical address of the device tree. */
entry:
	mov	x20, x0
	mrs	x21, cntvct_el0
	bl	drop_to_el1
	mov	x9, #SCTLR_OFF & 0xffff
	movk	x9, #SCTLR_OFF >> 16, lsl #16
	msr	sctlr_el1, x9
	isb
	bl	make_tables
	adrp	x1, head_root
	mov	x2, #0
	bl	mmu_on
	ldr	x9, =entry_high
	br	x9

/* Secondary CPU, started by PSCI. x0: kernel address of its struct cpu. */
	.globl head_secondary
head_secondary:
	mov	x20, x0
	bl	drop_to_el1
	adrp	x1, memory_root
	mov	x2, #SCTLR_WRITE_NO_EXECUTE
	bl	mmu_on
	ldr	x9, =secondary_high
	br	x9

/* From EL2 to EL1, giving up everything EL2 could keep. Uses x9, x10. */
drop_to_el1:
	mrs	x9, CurrentEL
	cmp	x9, #(2 << 2)
	b.eq	1f
	ret
1:	mov	x9, #(1 << 31)               /* RW: EL1 is AArch64 */
	orr	x9, x9, #(3 << 40)           /* APK, API: pointer authentication is not trapped */
	msr	hcr_el2, x9
	mrs	x9, cnthctl_el2
	orr	x9, x9, #3                   /* EL1 may use the physical counter and timer */
	msr	cnthctl_el2, x9
	msr	cntvoff_el2, xzr
	mov	x9, #0x33ff                  /* RES1 bits, and SVE traps; the FPU does not */
	msr	cptr_el2, x9
	msr	hstr_el2, xzr
	msr	vttbr_el2, xzr
	mrs	x9, midr_el1
	msr	vpidr_el2, x9
	mrs	x9, mpidr_el1
	msr	vmpidr_el2, x9
	mov	x10, #0
	mrs	x9, id_aa64dfr0_el1
	ubfx	x9, x9, #8, #4               /* PMUVer: 0 none, 15 none that we know */
	sub	x9, x9, #1
	cmp	x9, #13
	b.hi	2f
	mrs	x10, pmcr_el0
	ubfx	x10, x10, #11, #5            /* all event counters belong to EL1 */
2:	msr	mdcr_el2, x10
	mrs	x9, id_aa64pfr0_el1
	tst	x9, #(0xf << 24)             /* GIC system registers? */
	b.eq	3f
	mrs	x9, s3_4_c12_c9_5            /* ICC_SRE_EL2: SRE, Enable */
	mov	x10, #9
	orr	x9, x9, x10
	msr	s3_4_c12_c9_5, x9
	isb
	msr	s3_4_c12_c11_0, xzr          /* ICH_HCR_EL2 */
3:	mov	x9, #SCTLR_OFF & 0xffff
	movk	x9, #SCTLR_OFF >> 16, lsl #16
	msr	sctlr_el1, x9
	mov	x9, #0x3c5                   /* EL1h, everything masked */
	msr	spsr_el2, x9
	msr	elr_el2, x30
	eret

/* Clear and fill the early tables. x20: device tree. Uses x0 to x12. */
make_tables:
	adrp	x9, head_tables
	adrp	x10, head_tables_end
1:	stp	xzr, xzr, [x9], #16
	cmp	x9, x10
	b.lo	1b

	adrp	x0, head                     /* identity map: the block of this code */
	adrp	x1, head_identity
	adrp	x2, head_identity_level1
	lsr	x9, x0, #30
	orr	x10, x2, #EARLY_TABLE
	str	x10, [x1, x9, lsl #3]
	ldr	x11, =EARLY_BLOCK_TEXT
	orr	x11, x11, x0
	ubfx	x9, x0, #21, #9
	str	x11, [x2, x9, lsl #3]

	adrp	x3, head_root                /* the image, at its link address */
	adrp	x2, head_kernel_level1
	orr	x10, x2, #EARLY_TABLE
	str	x10, [x3, #(510 * 8)]
	ldr	x11, =EARLY_BLOCK_IMAGE
	orr	x11, x11, x0
	ldr	x12, =kernel_memory_size
	add	x12, x12, x0
2:	str	x11, [x2], #8
	add	x11, x11, #(1 << 21)
	add	x0, x0, #(1 << 21)
	cmp	x0, x12
	b.lo	2b

	adrp	x2, head_tree_level1         /* the device tree, in the direct map: two tables in a row, */
	lsr	x9, x20, #30                 /* because its second block may be in the next GiB */
	add	x9, x9, #256
	orr	x10, x2, #EARLY_TABLE
	add	x9, x3, x9, lsl #3
	str	x10, [x9], #8
	add	x10, x10, #4096
	str	x10, [x9]
	ldr	x11, =EARLY_BLOCK_DATA
	and	x9, x20, #~((1 << 21) - 1)
	orr	x11, x11, x9
	ubfx	x9, x20, #21, #9
	add	x9, x2, x9, lsl #3
	add	x12, x11, #(1 << 21)
	stp	x11, x12, [x9]

	adrp	x9, head_tables              /* no stale cache line may hide what was written uncached */
	adrp	x10, head_tables_end
3:	dc	ivac, x9
	add	x9, x9, #16
	cmp	x9, x10
	b.lo	3b
	dsb	sy
	ret

/* Translation on. x1: root of the kernel half; x2: bits to add to SCTLR. Uses x9, x10. */
mmu_on:
	mov	x9, #MAIR_VALUE
	msr	mair_el1, x9
	ldr	x9, =TCR_BASE
	mrs	x10, id_aa64mmfr0_el1
	ubfx	x11, x10, #0, #4             /* PARange; we address 48 bits at most */
	mov	x12, #5
	cmp	x11, x12
	csel	x11, x11, x12, lo
	orr	x9, x9, x11, lsl #TCR_SIZE_SHIFT
	ubfx	x11, x10, #4, #4             /* ASIDBits: 2 is 16 bits */
	cmp	x11, #2
	cset	x11, eq
	orr	x9, x9, x11, lsl #TCR_ASID16_SHIFT
	mrs	x10, s3_0_c0_c7_2            /* ID_AA64MMFR2_EL1 */
	lsr	x10, x10, #60                /* E0PD */
	cmp	x10, #0
	cset	x10, ne
	orr	x9, x9, x10, lsl #TCR_E0PD1_SHIFT
	msr	tcr_el1, x9
	adrp	x9, head_identity
	msr	ttbr0_el1, x9
	msr	ttbr1_el1, x1
	isb
	tlbi	vmalle1
	ic	iallu
	dsb	nsh
	isb
	ldr	x9, =SCTLR_BASE
	orr	x9, x9, x2
	msr	sctlr_el1, x9
	isb
	ret

/* Exchange the kernel half while standing in the identity map, where nothing depends on it: entries of
 * different block size never meet in the TLB. x0: physical address of the new root. Called there by its
 * physical address. */
	.globl head_exchange_root
head_exchange_root:
	adrp	x9, memory_empty
	msr	ttbr1_el1, x9
	isb
	tlbi	vmalle1
	dsb	nsh
	isb
	msr	ttbr1_el1, x0
	isb
	ret

	.ltorg

	.section .text.head, "ax"
entry_high:
	hint	#36                          /* bti j */
	ldr	x9, =kernel_bss_start
	ldr	x10, =kernel_bss_end
1:	stp	xzr, xzr, [x9], #16
	cmp	x9, x10
	b.lo	1b
	ldr	x9, =vectors
	msr	vbar_el1, x9
	ldr	x9, =cpu_table
	msr	tpidr_el1, x9
	ldr	x9, =boot_stack_top
	mov	sp, x9
	mov	x29, #0
	mov	x30, #0
	mov	x0, x20
	adrp	x1, head
	mrs	x9, ttbr0_el1                /* physical address of head_identity: gives that of the image */
	adrp	x2, head_identity
	sub	x2, x9, x2
	add	x1, x1, x2
	mov	x2, x21
	bl	boot_main
	brk	#0                           /* keeps the return address inside this function */

secondary_high:
	hint	#36
	ldr	x9, =vectors
	msr	vbar_el1, x9
	msr	tpidr_el1, x20
	ldr	x9, [x20, #CPU_STACK_TOP]
	mov	sp, x9
	mov	x29, #0
	mov	x30, #0
	mov	x0, x20
	bl	cpu_secondary_main
	brk	#0

/* Tables used with the MMU off: outside .bss, which is cleared later. */
	.section .boot_tables, "aw", %nobits
	.balign	4096
head_tables:
	.globl head_identity
head_identity:
	.skip	4096
head_identity_level1:
	.skip	4096
	.globl head_root
head_root:
	.skip	4096
head_kernel_level1:
	.skip	4096
head_tree_level1:
	.skip	8192
head_tables_end:
