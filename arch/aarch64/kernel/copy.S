/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The one place that touches user memory: unprivileged loads and stores, which
 * the MMU checks as if EL0 had issued them (so PAN never has to be lifted, and
 * CPUs without it are no weaker). entry.S turns a fault between
 * copy_user_start and copy_user_end into `return false`.
 */
	.arch armv8-a+nofp
	.section .text.copy_user, "ax"

	.globl copy_user_start, copy_user_end, copy_user_failed
copy_user_start:

/* bool arch_copy_from_user(void *to, uint64_t user, size_t bytes) */
	.globl arch_copy_from_user
	.type arch_copy_from_user, %function
arch_copy_from_user:
	hint	#34                          /* bti c */
	subs	x2, x2, #32
	b.lo	2f
1:	ldtr	x3, [x1]
	ldtr	x4, [x1, #8]
	ldtr	x5, [x1, #16]
	ldtr	x6, [x1, #24]
	stp	x3, x4, [x0], #16
	stp	x5, x6, [x0], #16
	add	x1, x1, #32
	subs	x2, x2, #32
	b.hs	1b
2:	tbz	w2, #4, 3f                   /* the low bits of x2 are those of the rest */
	ldtr	x3, [x1]
	ldtr	x4, [x1, #8]
	stp	x3, x4, [x0], #16
	add	x1, x1, #16
3:	tbz	w2, #3, 4f
	ldtr	x3, [x1]
	str	x3, [x0], #8
	add	x1, x1, #8
4:	ands	x2, x2, #7
	b.eq	6f
5:	ldtrb	w3, [x1]
	strb	w3, [x0], #1
	add	x1, x1, #1
	subs	x2, x2, #1
	b.ne	5b
6:	mov	w0, #1
	ret

/* bool arch_copy_to_user(uint64_t user, const void *from, size_t bytes) */
	.globl arch_copy_to_user
	.type arch_copy_to_user, %function
arch_copy_to_user:
	hint	#34
	subs	x2, x2, #32
	b.lo	2f
1:	ldp	x3, x4, [x1], #16
	ldp	x5, x6, [x1], #16
	sttr	x3, [x0]
	sttr	x4, [x0, #8]
	sttr	x5, [x0, #16]
	sttr	x6, [x0, #24]
	add	x0, x0, #32
	subs	x2, x2, #32
	b.hs	1b
2:	tbz	w2, #4, 3f
	ldp	x3, x4, [x1], #16
	sttr	x3, [x0]
	sttr	x4, [x0, #8]
	add	x0, x0, #16
3:	tbz	w2, #3, 4f
	ldr	x3, [x1], #8
	sttr	x3, [x0]
	add	x0, x0, #8
4:	ands	x2, x2, #7
	b.eq	6f
5:	ldrb	w3, [x1], #1
	sttrb	w3, [x0]
	add	x0, x0, #1
	subs	x2, x2, #1
	b.ne	5b
6:	mov	w0, #1
	ret
copy_user_end:

copy_user_failed:
	mov	w0, #0
	ret
