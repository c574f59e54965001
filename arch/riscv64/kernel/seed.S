/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Read the register `seed`, whether or not we may: a trap comes back here, and leaves no trace in sstatus. */

#define SEED 0x015 /* by number: the assembler wants the extension named for it */

	.section .text.seed, "ax"
	/* a0: where the value goes. Returns 1, or 0 after a trap. */
	.globl riscv_seed_read
riscv_seed_read:
	csrr t2, sstatus
	lla t0, 1f
	csrrw t1, stvec, t0
	csrrw t0, SEED, zero /* it has to be written to be read */
	csrw stvec, t1
	sw t0, 0(a0)
	li a0, 1
	ret
	.balign 4
1:	csrw stvec, t1
	csrw sstatus, t2
	li a0, 0
	ret
