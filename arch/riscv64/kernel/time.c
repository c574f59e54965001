/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The timer: stimecmp where the harts have it (Sstc), else firmware's. One-shot, in counter ticks. */
#include "csr.h"
#include "machine.h"
#include "sbi.h"

uint64_t arch_time_frequency(void)
{
	return machine.timebase;
}

/* A deadline in the past is pending at once; the largest value never comes. */
void arch_timer_arm(uint64_t ticks)
{
	if (CC_LIKELY(machine.sstc))
		csr_write(0x14d, ticks); /* stimecmp, by number: the assembler wants the extension named for it */
	else
		(void)sbi_call(SBI_TIME, SBI_TIME_SET, ticks, 0, 0, 0, 0);
}

void time_dispatch(void)
{
	arch_timer_arm(UINT64_MAX); /* the pending bit is the comparison itself: only this takes it away */
	trap_timer();
}

void time_cpu_init(void)
{
	arch_timer_arm(UINT64_MAX);
}
