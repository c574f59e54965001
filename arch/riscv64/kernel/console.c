/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The polled console: an NS16550 that firmware has set up, or firmware's own
 * output as long as (or where) no UART is known. Receiving is a driver's job.
 */
#include "machine.h"
#include "sbi.h"

#define UART_TRANSMIT 0u
#define UART_LINE_STATUS 5u
#define LINE_STATUS_TRANSMIT_EMPTY 0x20u
#define UART_PATIENCE 100000u /* polls; a UART that never empties must not stop the kernel */

static volatile void *registers; /* null: none */

static uint32_t uart_read(uint32_t index)
{
	uint64_t address = (uint64_t)registers + ((uint64_t)index << machine.uart_shift);
	return machine.uart_width == 4 ? *(volatile uint32_t *)address : *(volatile uint8_t *)address;
}

static void uart_write(uint32_t index, uint8_t value)
{
	uint64_t address = (uint64_t)registers + ((uint64_t)index << machine.uart_shift);
	if (machine.uart_width == 4)
		*(volatile uint32_t *)address = value;
	else
		*(volatile uint8_t *)address = value;
}

void arch_console_put(char c)
{
	if (registers == NULL) {
		(void)sbi_call(SBI_CONSOLE_PUTCHAR, 0, (uint8_t)c, 0, 0, 0, 0);
		return;
	}
	for (uint32_t i = 0; i < UART_PATIENCE; i++)
		if (uart_read(UART_LINE_STATUS) & LINE_STATUS_TRANSMIT_EMPTY)
			break;
	uart_write(UART_TRANSMIT, (uint8_t)c);
}

CC_BOOT void console_map(void)
{
	if (machine.uart.size != 0)
		registers = device_map(machine.uart.base, machine.uart.size);
}
