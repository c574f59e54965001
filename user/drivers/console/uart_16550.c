/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* 16550 and its descendants, by port or memory. Registers: National Semiconductor PC16550D data sheet. */
#include "uart.h"

enum {
	DATA = 0,
	INTERRUPT_ENABLE = 1,
	INTERRUPT_IDENTITY = 2, /* read */
	FIFO_CONTROL = 2,       /* write */
	LINE_CONTROL = 3,
	MODEM_CONTROL = 4,
	LINE_STATUS = 5,
};
enum {
	ENABLE_RECEIVE = 0x01,
	ENABLE_TRANSMIT = 0x02,
	IDENTITY_NONE = 0x01,
	IDENTITY_FIFO = 0xc0,
	FIFO_ENABLE = 0x01, /* and an interrupt for each byte: no byte waits for its successor */
	LINE_8N1 = 0x03,
	MODEM_READY = 0x03,     /* DTR, RTS */
	MODEM_INTERRUPT = 0x08, /* OUT2: on PCs, the gate of the interrupt line */
	STATUS_RECEIVED = 0x01,
	STATUS_TRANSMIT_EMPTY = 0x20,
};
#define FIFO_BYTES 16u

static bool take(struct uart *uart, uint8_t *out_byte)
{
	if ((registers_read(&uart->registers, LINE_STATUS) & STATUS_RECEIVED) == 0)
		return false;
	*out_byte = (uint8_t)registers_read(&uart->registers, DATA);
	return true;
}

/* Turning the FIFO on empties it, and the one byte that a chip without it holds is lost: it is taken before.
 * A FIFO that is on stays as it is. */
static void open(struct uart *uart)
{
	registers_write(&uart->registers, INTERRUPT_ENABLE, 0);
	registers_write(&uart->registers, LINE_CONTROL, LINE_8N1);
	if ((registers_read(&uart->registers, INTERRUPT_IDENTITY) & IDENTITY_FIFO) != IDENTITY_FIFO)
		uart->has_early = take(uart, &uart->early);
	registers_write(&uart->registers, FIFO_CONTROL, FIFO_ENABLE);
	registers_write(&uart->registers, MODEM_CONTROL, MODEM_READY | MODEM_INTERRUPT);
}

static bool receive(struct uart *uart, uint8_t *out_byte)
{
	if (!uart->has_early)
		return take(uart, out_byte);
	uart->has_early = false;
	*out_byte = uart->early;
	return true;
}

static uint32_t transmit(struct uart *uart, const uint8_t *bytes, uint32_t count)
{
	uint32_t sent = 0;

	if ((registers_read(&uart->registers, LINE_STATUS) & STATUS_TRANSMIT_EMPTY) == 0)
		return 0;
	while (sent < count && sent < FIFO_BYTES)
		registers_write(&uart->registers, DATA, bytes[sent++]);
	return sent;
}

static void interrupts(struct uart *uart, bool receive, bool transmit)
{
	registers_write(&uart->registers, INTERRUPT_ENABLE,
	                (receive ? ENABLE_RECEIVE : 0u) | (transmit ? ENABLE_TRANSMIT : 0u));
}

static bool pending(struct uart *uart)
{
	return uart->has_early ||
	       (registers_read(&uart->registers, INTERRUPT_IDENTITY) & IDENTITY_NONE) == 0;
}

const struct uart_operations uart_16550 = {open, receive, transmit, interrupts, pending};
