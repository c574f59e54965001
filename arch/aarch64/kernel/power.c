/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Off, reset, and the end of an emulator with a failing exit code. PSCI has no
 * exit code; semihosting has, but without a debugger or emulator that listens its
 * instruction is an illegal one, so it must be asked for on the command line.
 */
#include <arch/port.h>

#define SEMIHOSTING_EXIT 0x18u
#define SEMIHOSTING_REASON_EXIT 0x20026u

static void semihosting_exit(uint64_t code)
{
	uint64_t block[2] = { SEMIHOSTING_REASON_EXIT, code };
	register uint64_t operation __asm__("x0") = SEMIHOSTING_EXIT;
	register uint64_t *argument __asm__("x1") = block;
	__asm__ volatile("hlt #0xf000" : "+r"(operation) : "r"(argument) : "memory");
}

void arch_power(enum power_action action)
{
	switch (action) {
	case POWER_REBOOT:
		psci_reset();
		break;
	case POWER_FAIL:
		if (machine.semihosting)
			semihosting_exit(1);
		psci_off();
		break;
	case POWER_OFF:
		psci_off();
		break;
	}
}
