/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The virtual timer of each CPU, as a one-shot: switched off when it fires, or its level line would stay up. */
#include <arch/port.h>

#define TIMER_OFF 0u
#define TIMER_ON 1u

uint64_t arch_time_frequency(void)
{
	return SYSREG_READ(cntfrq_el0);
}

void arch_timer_arm(uint64_t ticks)
{
	if (ticks == UINT64_MAX) {
		SYSREG_WRITE(cntv_ctl_el0, TIMER_OFF);
		return;
	}
	SYSREG_WRITE(cntv_cval_el0, ticks);
	SYSREG_WRITE(cntv_ctl_el0, TIMER_ON);
}

void timer_fired(void)
{
	SYSREG_WRITE(cntv_ctl_el0, TIMER_OFF);
	sync_instructions();
}

void timer_cpu_init(void)
{
	SYSREG_WRITE(cntv_ctl_el0, TIMER_OFF);
	SYSREG_WRITE(cntkctl_el1, 0); /* programs ask the kernel for the time */
}
