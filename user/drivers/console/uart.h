/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One serial line, whatever chip it is behind. */
#pragma once
#include <driver/registers.h>

struct uart;

struct uart_operations {
	/* FIFOs on, 8 bits, no parity, no interrupts; the speed stays what the firmware set. What was received
	 * before is not lost. */
	void (*open)(struct uart *uart);
	/* The next received byte; false: there is none. */
	bool (*receive)(struct uart *uart, uint8_t *out_byte);
	/* As many of the bytes as the chip takes now; returns how many. */
	uint32_t (*transmit)(struct uart *uart, const uint8_t *bytes, uint32_t count);
	/* Ask for interrupts: when something is received, when there is room to transmit. */
	void (*interrupts)(struct uart *uart, bool receive, bool transmit);
	/* The chip still asserts its interrupt; acknowledges what can be. */
	bool (*pending)(struct uart *uart);
};

struct uart {
	const struct uart_operations *operations;
	struct registers registers;
	uint8_t early;  /* received before the chip was opened, if has_early */
	bool has_early;
};

extern const struct uart_operations uart_16550;
extern const struct uart_operations uart_pl011;
