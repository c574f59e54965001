/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* First instruction of a program: argument register 0 holds the argument, the stack is empty. Programs are
 * linked without relaxation, so gp is not needed. */
	.section .text.start, "ax"
	.globl _start
	.type _start, @function
_start:
	li s0, 0 /* the last frame: backtraces end here */
	li ra, 0
	andi sp, sp, -16
	call os_start
	unimp
	.size _start, . - _start
	.section .note.GNU-stack, "", @progbits
