/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Where a secondary CPU starts: in real mode, on a page below 1 MiB that arch_cpu_start copied this code to.
 *
 * It borrows what is left of the early page tables (the first 2 MiB at their own address, and the kernel) to
 * get to 64-bit code, loads the kernel's own root, and looks up its APIC id to learn who it is. Several CPUs
 * may do so at once: nothing here is written to, and there is no stack. Addresses on the page are relative
 * to its start, which is in cs; ebx holds it from then on, and arch_cpu_start adds it to the three pointers.
 */
#include <arch/offsets.h>

#define PHYSICAL(symbol) ((symbol) - X86_IMAGE_OFFSET)
#define HERE(symbol) ((symbol) - x86_trampoline_start)

	.section .rodata, "a"
	.globl x86_trampoline_start, x86_trampoline_end
	.balign 16
	.code16
x86_trampoline_start:
	cli
	cld
	xorl %ebx, %ebx
	movw %cs, %bx
	movw %bx, %ds
	shll $4, %ebx
	lgdtl HERE(start_gdt_pointer)
	movl %cr0, %ecx
	andl $0x9fffffff, %ecx /* caches on */
	orl $1, %ecx
	movl %ecx, %cr0
	ljmpl *HERE(start_protected_pointer)

	.code32
start_protected:
	movl $X86_KERNEL_SS, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	movl $0x20, %eax
	movl %eax, %cr4
	movl $PHYSICAL(x86_early_root), %eax
	movl %eax, %cr3
	movl $X86_MSR_EFER, %ecx
	movl $X86_EFER_LME | X86_EFER_NXE, %eax
	xorl %edx, %edx
	wrmsr
	movl $0x80010033, %eax
	movl %eax, %cr0
	ljmpl *HERE(start_long_pointer)(%ebx)
	.code64
start_long:
	movabsq $start_high, %rax
	jmp *%rax

	.balign 8
start_gdt:
	.quad 0
	.quad 0x00af9b000000ffff /* 64-bit code */
	.quad 0x00cf93000000ffff /* data */
	.quad 0x00cf9b000000ffff /* 32-bit code */
start_gdt_end:
	.balign 4
	.globl x86_trampoline_pointers
	.short 0
start_gdt_pointer:
	.short start_gdt_end - start_gdt - 1
x86_trampoline_pointers: /* an offset to complete every 8 bytes */
	.long HERE(start_gdt), 0
start_protected_pointer:
	.long HERE(start_protected), X86_KERNEL_SS + 8
start_long_pointer:
	.long HERE(start_long), X86_KERNEL_CS
x86_trampoline_end:

	.section .text.entry, "ax"
	.type start_high, @function
start_high:
	movq x86_start_root(%rip), %rax
	movq %rax, %cr3
	/* The x2APIC id where there is one, else the eight bits of leaf 1. */
	xorl %eax, %eax
	cpuid
	cmpl $0xb, %eax
	jb 1f
	movl $0xb, %eax
	xorl %ecx, %ecx
	cpuid
	testl %ebx, %ebx
	jnz 2f
1:	movl $1, %eax
	cpuid
	movl %ebx, %edx
	shrl $24, %edx
2:	xorl %edi, %edi
3:	cmpl %edx, x86_start_ids(, %rdi, 4)
	jne 4f
	movq x86_start_stacks(, %rdi, 8), %rsp
	testq %rsp, %rsp
	jnz 6f /* else a row nobody filled in, whose id 0 means nothing */
4:	incl %edi
	cmpl $16, %edi
	jb 3b
5:	cli
	hlt
	jmp 5b
6:	xorl %ebp, %ebp
	call kernel_cpu_main
	ud2
	.size start_high, . - start_high

	.section .bss, "aw", @nobits
	.balign 8
	.globl x86_start_root, x86_start_stacks, x86_start_ids
x86_start_root:
	.skip 8
x86_start_stacks:
	.skip 16 * 8
x86_start_ids:
	.skip 16 * 4
	.section .note.GNU-stack, "", @progbits
