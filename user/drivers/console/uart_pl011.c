/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Arm PL011. Registers: Arm DDI 0183, PrimeCell UART technical reference manual. */
#include "uart.h"

enum {
	DATA = 0x00,
	FLAGS = 0x18,
	LINE_CONTROL = 0x2c,
	CONTROL = 0x30,
	FIFO_LEVELS = 0x34,
	INTERRUPT_MASK = 0x38,
	INTERRUPT_MASKED = 0x40, /* what is asserted and enabled */
	INTERRUPT_CLEAR = 0x44,
};
enum {
	FLAG_RECEIVE_EMPTY = 0x10,
	FLAG_TRANSMIT_FULL = 0x20,
	LINE_8N1_FIFO = 0x70,
	CONTROL_ENABLE = 0x301, /* UART, transmitter, receiver */
	LEVELS_EARLY = 0x00,    /* both at an eighth */
	INTERRUPT_RECEIVE = 0x10,
	INTERRUPT_TRANSMIT = 0x20,
	INTERRUPT_TIMEOUT = 0x40, /* received bytes that do not reach the level */
	INTERRUPT_ALL = 0x7ff,
};

static void open(struct uart *uart)
{
	registers_write(&uart->registers, INTERRUPT_MASK, 0);
	registers_write(&uart->registers, INTERRUPT_CLEAR, INTERRUPT_ALL);
	registers_write(&uart->registers, LINE_CONTROL, LINE_8N1_FIFO);
	registers_write(&uart->registers, FIFO_LEVELS, LEVELS_EARLY);
	registers_write(&uart->registers, CONTROL, CONTROL_ENABLE);
}

static bool receive(struct uart *uart, uint8_t *out_byte)
{
	if ((registers_read(&uart->registers, FLAGS) & FLAG_RECEIVE_EMPTY) != 0)
		return false;
	*out_byte = (uint8_t)registers_read(&uart->registers, DATA);
	return true;
}

static uint32_t transmit(struct uart *uart, const uint8_t *bytes, uint32_t count)
{
	uint32_t sent = 0;

	while (sent < count && (registers_read(&uart->registers, FLAGS) & FLAG_TRANSMIT_FULL) == 0)
		registers_write(&uart->registers, DATA, bytes[sent++]);
	return sent;
}

static void interrupts(struct uart *uart, bool receive, bool transmit)
{
	registers_write(&uart->registers, INTERRUPT_MASK,
	                (receive ? INTERRUPT_RECEIVE | INTERRUPT_TIMEOUT : 0u) |
	                        (transmit ? INTERRUPT_TRANSMIT : 0u));
}

static bool pending(struct uart *uart)
{
	uint32_t asserted = registers_read(&uart->registers, INTERRUPT_MASKED);

	registers_write(&uart->registers, INTERRUPT_CLEAR, asserted);
	return asserted != 0;
}

const struct uart_operations uart_pl011 = {open, receive, transmit, interrupts, pending};
