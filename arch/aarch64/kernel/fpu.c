/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A thread's first use of the FPU: it starts from zero registers, not from another thread's. */
#include <arch/port.h>

void fpu_first_use(struct thread *thread)
{
	struct arch_cpu *cpu = &arch_cpu_self()->arch;
	struct arch_fpu *fpu = &thread_head(thread)->fpu;
	if (cpu->fpu_owner != NULL)
		fpu_give_up(cpu);
	if (!fpu->live)
		*fpu = (struct arch_fpu){ .live = true };
	fpu_take(cpu, fpu);
}
