/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Polled output on a PL011 as the firmware left it. No input, no set-up: that is
 * the driver's.
 */
#include <arch/port.h>

#define UART_DATA 0x00u
#define UART_FLAG 0x18u
#define UART_FLAG_FULL (1u << 5)
#define SPINS_MAX 1000000u /* a UART that never drains loses text, not the machine */

static uint64_t uart; /* [c] 0: none */

void console_init(uint64_t pl011)
{
	uart = pl011;
}

void arch_console_put(char c)
{
	if (uart == 0u)
		return;
	for (uint32_t i = 0; i < SPINS_MAX && (device_read32(uart + UART_FLAG) & UART_FLAG_FULL) != 0u; i++)
		arch_spin_hint();
	device_write32(uart + UART_DATA, (uint8_t)c);
}
