/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A 16550 that was written to before its driver came: what was typed is read, whether its FIFO was on or not. */
#include "../../../../lib/test/test.h"
#include "../uart.h"
#include <string.h>

enum { DATA = 0, INTERRUPT_IDENTITY = 2, FIFO_CONTROL = 2, LINE_STATUS = 5 };

/* The chip: receive side only. Changing the FIFO's mode empties it. */
static struct {
	uint8_t bytes[16];
	uint32_t count;
	bool fifo;
} chip;

uint32_t registers_read(const struct registers *registers, uint32_t offset)
{
	(void)registers;
	if (offset == LINE_STATUS)
		return chip.count != 0;
	if (offset == INTERRUPT_IDENTITY)
		return 0x01u | (chip.fifo ? 0xc0u : 0u);
	if (offset != DATA || chip.count == 0)
		return 0;
	uint8_t byte = chip.bytes[0];
	memmove(chip.bytes, chip.bytes + 1, --chip.count);
	return byte;
}

void registers_write(const struct registers *registers, uint32_t offset, uint32_t value)
{
	(void)registers;
	if (offset != FIFO_CONTROL)
		return;
	if (chip.fifo != ((value & 1u) != 0) || (value & 2u) != 0)
		chip.count = 0;
	chip.fifo = (value & 1u) != 0;
}

static void type(const char *text, bool fifo)
{
	chip.fifo = fifo;
	chip.count = (uint32_t)strlen(text);
	memcpy(chip.bytes, text, chip.count);
}

static void expect(struct uart *uart, const char *text)
{
	uint8_t byte;
	for (; *text != '\0'; text++) {
		assert_true(uart_16550.receive(uart, &byte));
		assert_int_equal(byte, *text);
	}
	assert_false(uart_16550.receive(uart, &byte));
}

static void typed_before_the_fifo_was_on(void **state)
{
	struct uart uart = {.operations = &uart_16550};
	(void)state;
	type("x", false);
	uart_16550.open(&uart);
	assert_true(chip.fifo);
	assert_true(uart_16550.pending(&uart)); /* it is looked for without an interrupt */
	chip.bytes[chip.count++] = 'y';
	expect(&uart, "xy");
	assert_false(uart_16550.pending(&uart));
}

static void typed_into_a_fifo(void **state)
{
	struct uart uart = {.operations = &uart_16550};
	(void)state;
	type("hello", true);
	uart_16550.open(&uart);
	assert_false(uart_16550.pending(&uart));
	expect(&uart, "hello");
}

static void nothing_typed(void **state)
{
	struct uart uart = {.operations = &uart_16550};
	(void)state;
	type("", false);
	uart_16550.open(&uart);
	assert_false(uart_16550.pending(&uart));
	expect(&uart, "");
}

TEST_MAIN(cmocka_unit_test(typed_before_the_fifo_was_on), cmocka_unit_test(typed_into_a_fifo),
          cmocka_unit_test(nothing_typed))
