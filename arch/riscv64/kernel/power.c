/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Off and on: firmware's system reset; an emulator's exit device where the machine has one. */
#include "machine.h"
#include "sbi.h"

/* What the exit device is told. */
#define FINISHER_FAIL 0x3333u
#define FINISHER_PASS 0x5555u
#define FINISHER_RESET 0x7777u
#define FINISHER_CODE_SHIFT 16u

static volatile uint32_t *finisher; /* null: none */

CC_BOOT void power_map(void)
{
	if (machine.finisher.size != 0)
		finisher = device_map(machine.finisher.base, machine.finisher.size);
}

static void finish(uint32_t value)
{
	if (finisher != NULL)
		*finisher = value;
}

void arch_power(enum power_action action)
{
	bool reboot = action == POWER_REBOOT;
	if (action == POWER_FAIL)
		finish(1u << FINISHER_CODE_SHIFT | FINISHER_FAIL);
	(void)sbi_call(SBI_SRST, SBI_SRST_RESET, reboot ? SBI_RESET_COLD : SBI_RESET_SHUTDOWN, 0, 0, 0, 0);
	finish(reboot ? FINISHER_RESET : FINISHER_PASS);
}
