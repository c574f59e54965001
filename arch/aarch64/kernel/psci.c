/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Firmware calls: start a CPU, switch off, reset. Through the conduit the device tree names, or not at all. */
#include <arch/port.h>

#define PSCI_CPU_ON 0xc4000003u
#define PSCI_OFF 0x84000008u
#define PSCI_RESET 0x84000009u

/* Firmware may also destroy x9..x15, which the kernel does not use. */
static int64_t call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a;
	register uint64_t x2 __asm__("x2") = b;
	register uint64_t x3 __asm__("x3") = c;
	if (machine.conduit == CONDUIT_NONE)
		return -1;
	if (machine.conduit == CONDUIT_HVC)
		__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
		                 :: "x4", "x5", "x6", "x7", "x8", "x16", "x17", "memory");
	else
		__asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
		                 :: "x4", "x5", "x6", "x7", "x8", "x16", "x17", "memory");
	return (int64_t)x0;
}

int64_t psci_cpu_on(uint64_t hardware_id, uint64_t entry, uint64_t context)
{
	return call(PSCI_CPU_ON, hardware_id, entry, context);
}

void psci_off(void)
{
	(void)call(PSCI_OFF, 0, 0, 0);
}

void psci_reset(void)
{
	(void)call(PSCI_RESET, 0, 0, 0);
}
