/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* First instruction of a program: argument register 0 holds the argument, the stack is empty. */
	.section .text.start, "ax"
	.globl _start
	.type _start, @function
_start:
	xorl %ebp, %ebp /* the last frame: backtraces end here */
	andq $-16, %rsp
	call os_start
	ud2
	.size _start, . - _start
	.section .note.GNU-stack, "", @progbits
