/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* First instruction of a program: argument register 0 holds the argument, the stack is empty. */
	.section .text.start, "ax"
	.globl _start
	.type _start, %function
_start:
	hint	#34                  /* bti c */
	mov	x29, #0              /* the last frame: backtraces end here */
	mov	x30, #0
	mov	x9, sp
	and	sp, x9, #-16
	bl	os_start
	brk	#0
	.size _start, . - _start
	.section .note.GNU-stack, "", %progbits
