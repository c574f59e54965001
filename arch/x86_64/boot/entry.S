/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * First instructions: 32-bit protected mode, paging off, from PVH or from a Multiboot2 loader, to 64-bit C
 * at the kernel's own addresses.
 *
 * Early page tables, all of 2 MiB pages: the first 4 GiB at their own addresses and in the direct map, the
 * image at KERNEL_BASE. They last until arch_memory_init; what remains of them afterwards lets secondary
 * CPUs switch on paging (kernel/trampoline.S). Firmware hands over different control registers (PVH: clean;
 * UEFI: CR4 and EFER in use), so each is written whole.
 */
#include <arch/offsets.h>

#define PHYSICAL(symbol) ((symbol) - X86_IMAGE_OFFSET)
#define MULTIBOOT2_MAGIC 0xe85250d6
#define LARGE 0x83 /* present, writable, 2 MiB */
#define TABLE 0x03

	.section .boot.multiboot2, "a"
	.balign 8
multiboot2_header:
	.long MULTIBOOT2_MAGIC, 0, multiboot2_end - multiboot2_header
	.long -(MULTIBOOT2_MAGIC + (multiboot2_end - multiboot2_header))
	.balign 8
	.short 3, 0 /* entry address */
	.long 12, boot_entry_multiboot2
	.balign 8
	.short 6, 0 /* modules at page boundaries */
	.long 8
	.balign 8
	.short 0, 0
	.long 8
multiboot2_end:

	.section .note.Xen, "a", @note
	.balign 4
	.long 4, 8, 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.quad boot_entry_pvh

	.section .boot.text, "ax"
	.code32
	.globl boot_entry_pvh, boot_entry_multiboot2
boot_entry_pvh:
	xorl %eax, %eax /* undefined there; 0 says "PVH" to boot_main */
boot_entry_multiboot2:
	cli
	cld
	movl %eax, %ebp
	movl %ebx, %edi
	rdtsc
	movl %eax, PHYSICAL(boot_ticks)
	movl %edx, PHYSICAL(boot_ticks + 4)
	lgdt boot_gdt_pointer
	movl $X86_KERNEL_SS, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss

	/* Without long mode there is nobody to complain to; about no-execute, boot_main complains. */
	movl $0x80000000, %eax
	cpuid
	cmpl $0x80000001, %eax
	jb boot_unable
	movl $0x80000001, %eax
	cpuid
	testl $0x20000000, %edx
	jnz boot_tables
boot_unable:
	hlt
	jmp boot_unable

boot_tables:
	shrl $20 - 11, %edx /* no-execute: the bit of CPUID, and that of EFER */
	andl $X86_EFER_NXE, %edx
	orl $X86_EFER_LME, %edx
	movl %edx, %esp /* no stack is needed yet */
	/* 4 GiB of 2 MiB pages. */
	movl $PHYSICAL(x86_early_directories), %esi
	movl $LARGE, %eax
	xorl %edx, %edx
	movl $2048, %ecx
1:	movl %eax, (%esi)
	movl %edx, 4(%esi)
	addl $8, %esi
	addl $0x200000, %eax
	loop 1b

	/* Both the identity map and the direct map (from entry 256 of the last 512 GiB) lead there. */
	movl $PHYSICAL(x86_early_directories) + TABLE, %eax
	movl $4, %ecx
	xorl %esi, %esi
1:	movl %eax, PHYSICAL(x86_early_low)(%esi)
	movl %eax, PHYSICAL(x86_early_high + 256 * 8)(%esi)
	addl $8, %esi
	addl $0x1000, %eax
	loop 1b

	/* The image, and no more: what lies behind it must fault. */
	movl $PHYSICAL(x86_early_image), %esi
	movl $X86_IMAGE_PHYSICAL + LARGE, %eax
1:	movl %eax, (%esi)
	addl $8, %esi
	addl $0x200000, %eax
	cmpl $PHYSICAL(kernel_image_end), %eax
	jb 1b

	movl $PHYSICAL(x86_early_image) + TABLE, PHYSICAL(x86_early_high + 510 * 8)
	movl $PHYSICAL(x86_early_low) + TABLE, PHYSICAL(x86_early_root)
	movl $PHYSICAL(x86_early_high) + TABLE, PHYSICAL(x86_early_root + 511 * 8)

	movl $0x20, %eax /* PAE */
	movl %eax, %cr4
	movl $PHYSICAL(x86_early_root), %eax
	movl %eax, %cr3
	movl $X86_MSR_EFER, %ecx
	movl %esp, %eax
	xorl %edx, %edx
	wrmsr
	movl $0x80010033, %eax /* paging, write protection, FPU errors as exceptions, protected mode */
	movl %eax, %cr0
	ljmp $X86_KERNEL_CS, $1f
	.code64
1:	movabsq $boot_high, %rax
	jmp *%rax

	.balign 8
boot_gdt:
	.quad 0
	.quad 0x00af9b000000ffff /* 64-bit code */
	.quad 0x00cf93000000ffff /* data, flat for the 32-bit part */
boot_gdt_pointer:
	.short boot_gdt_pointer - boot_gdt - 1
	.long boot_gdt

	.section .boot_text, "ax"
boot_high:
	movq $boot_stack_top, %rsp
	xorl %eax, %eax
	movl %eax, %fs
	movl %eax, %gs
	movl $X86_MSR_GS_BASE, %ecx
	movq $cpu_table, %rax
	movq %rax, %rdx
	shrq $32, %rdx
	wrmsr
	movl %edi, %esi
	movl %ebp, %edi
	xorl %ebp, %ebp
	call boot_main
	ud2

	/* The boot stack, and below it a page that the final page tables leave out. */
	.section .bss.page, "aw", @nobits
	.balign 4096
	.globl boot_stack_guard, boot_stack_top
boot_stack_guard:
	.skip 4096
	.skip X86_BOOT_STACK_SIZE
boot_stack_top:
	.globl x86_early_root, x86_early_low, x86_early_high, x86_early_directories
x86_early_root:
	.skip 4096
x86_early_low:
	.skip 4096
x86_early_high:
	.skip 4096
x86_early_image:
	.skip 4096
x86_early_directories:
	.skip 4 * 4096

	.section .data, "aw"
	.balign 8
	.globl boot_ticks
boot_ticks:
	.quad 0
	.section .note.GNU-stack, "", @progbits
