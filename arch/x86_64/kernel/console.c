/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Polled output to the 16550 that ACPI names, in ports or in memory. Without one, silence. A transmitter
 * that never gets ready (a UART that is described but not there) is given up.
 */
#include "x86.h"

#define DATA             0u
#define INTERRUPT_ENABLE 1u
#define FIFO_CONTROL     2u
#define LINE_CONTROL     3u
#define MODEM_CONTROL    4u
#define LINE_STATUS      5u
#define STATUS_EMPTY     0x20u
#define PATIENCE         1000000u

static void uart_write(uint32_t offset, uint8_t value)
{
	uint64_t address = x86_platform.uart_base + ((uint64_t)offset << x86_platform.uart_shift);
	if (x86_platform.uart_memory)
		*(volatile uint8_t *)arch_direct((paddr_t){address}) = value;
	else
		x86_out8((uint16_t)address, value);
}

static uint8_t uart_read(uint32_t offset)
{
	uint64_t address = x86_platform.uart_base + ((uint64_t)offset << x86_platform.uart_shift);
	if (x86_platform.uart_memory)
		return *(volatile uint8_t *)arch_direct((paddr_t){address});
	return x86_in8((uint16_t)address);
}

CC_BOOT void x86_console_init(void)
{
	if (!x86_platform.uart_known)
		return;
	uart_write(INTERRUPT_ENABLE, 0);
	uart_write(LINE_CONTROL, 0x80); /* divisor: 115200 baud from the clock PCs have */
	uart_write(DATA, 1);
	uart_write(INTERRUPT_ENABLE, 0);
	uart_write(LINE_CONTROL, 0x03);  /* 8 bits, no parity, 1 stop bit */
	uart_write(FIFO_CONTROL, 0x07);  /* FIFOs on and empty */
	uart_write(MODEM_CONTROL, 0x0b); /* ready; OUT2 lets the driver's interrupts through later */
}

static bool uart_ready(void)
{
	for (uint32_t i = 0; i < PATIENCE; i++) {
		if ((uart_read(LINE_STATUS) & STATUS_EMPTY) != 0)
			return true;
		__asm__ volatile("pause");
	}
	return false;
}

void arch_console_put(char c)
{
	if (!x86_platform.uart_known)
		return;
	if (uart_ready())
		uart_write(DATA, (uint8_t)c);
	else
		x86_platform.uart_known = false;
}
