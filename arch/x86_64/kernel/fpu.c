/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * FPU state follows a thread only once it has used the FPU: until then CR0.TS makes the first use trap.
 * The image is FXSAVE's (x87 and SSE); AVX stays invisible to programs.
 */
#include "x86.h"

/* What a first use finds: default control words, every register zero. */
static const struct arch_fpu clean = {
	.image = {[0] = 0x7f, [1] = 0x03, [24] = 0x80, [25] = 0x1f},
};

void x86_fpu_save(struct arch_cpu *cpu)
{
	__asm__ volatile("fxsave64 %0" : "=m"(cpu->fpu_owner->image));
	cpu->fpu_owner = NULL;
	x86_cr0_write(x86_cr0_read() | X86_CR0_TASK_SWITCHED);
}

void x86_fpu_load(struct arch_cpu *cpu, struct arch_fpu *fpu)
{
	const uint8_t *image = fpu->live ? fpu->image : clean.image;
	static const uint32_t zero;

	__asm__ volatile("clts");
	/* Some CPUs restore the last x87 addresses only with a pending exception: overwrite another's. */
	__asm__ volatile("fnclex\n\temms\n\tfildl %0" : : "m"(zero));
	__asm__ volatile("fxrstor64 %0" : : "m"(*(const uint8_t(*)[512])image));
	fpu->live = true;
	cpu->fpu_owner = fpu;
}
