/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Two facts that ACPI states only in AML: the values for soft off, and where the serial ports are. Both are
 * constant data in practice, so this searches the byte code for their names instead of interpreting it; a
 * firmware that computes them is not understood, and then there is no such fact.
 */
#include "boot.h"

#define OP_ZERO    0x00u
#define OP_ONE     0x01u
#define OP_NAME    0x08u
#define OP_BYTE    0x0au
#define OP_WORD    0x0bu
#define OP_DWORD   0x0cu
#define OP_BUFFER  0x11u
#define OP_PACKAGE 0x12u

#define EISA_PNP0501 0x0105d041u /* 16550A-compatible serial port */
#define DEVICE_REACH 512u        /* how far behind its _HID a device's _CRS is looked for */

#define RESOURCE_END        0x78u /* small resources: tag and length in one byte */
#define RESOURCE_IRQ        0x20u
#define RESOURCE_PORT       0x40u
#define RESOURCE_FIXED_PORT 0x48u
#define RESOURCE_LARGE      0x80u
#define RESOURCE_LARGE_IRQ  0x89u

/* Behind the next `Name (name, ...)` at or after `at`, before `end`; or `end`. */
/*@ requires acpi_ok(table) && at <= end <= table.length && \valid_read(name + (0 .. 3));
    assigns \nothing;
    ensures \result == end || at + 5 <= \result <= end; */
static size_t name_find(struct acpi_table table, size_t at, size_t end, const char *name)
{
	/*@ loop invariant \at(at, Pre) <= at <= end;
	    loop assigns at;
	    loop variant end - at; */
	for (; at + 5 <= end; at++) {
		if (table.data[at] == OP_NAME && acpi_text_is(table.data + at + 1, name, 4))
			return at + 5;
		if (table.data[at] == OP_NAME && table.data[at + 1] == '\\' && at + 6 <= end &&
		    acpi_text_is(table.data + at + 2, name, 4))
			return at + 6;
	}
	return end;
}

/* A small integer constant; moves *at behind it. */
/*@ requires acpi_ok(table) && \valid(at) && \valid(out) && \separated(at, out);
    assigns *at, *out;
    ensures \result ==> \old(*at) < *at <= table.length; */
static bool integer_read(struct acpi_table table, size_t *at, uint32_t *out)
{
	uint8_t op, byte;
	uint16_t word;
	if (!load_u8(table.data, table.length, *at, &op))
		return false;
	if (op == OP_ZERO || op == OP_ONE) {
		*out = op;
		*at += 1;
		return true;
	}
	if (op == OP_BYTE && load_u8(table.data, table.length, *at + 1, &byte)) {
		*out = byte;
		*at += 2;
		return true;
	}
	if (op == OP_WORD && load_le16(table.data, table.length, *at + 1, &word)) {
		*out = word;
		*at += 3;
		return true;
	}
	return op == OP_DWORD && load_le32(table.data, table.length, *at + 1, out) && (*at += 5) != 0;
}

/* Behind a package length, whose first byte tells how many follow it. */
/*@ requires acpi_ok(table) && \valid(at);
    assigns *at;
    ensures \result ==> \old(*at) < *at <= table.length + 255; */
static bool length_skip(struct acpi_table table, size_t *at)
{
	uint8_t lead;
	if (!load_u8(table.data, table.length, *at, &lead))
		return false;
	*at += 1u + lead / 64u;
	return true;
}

/*@ requires acpi_ok(table) && \valid(at);
    assigns *at;
    ensures \result ==> *at == \old(*at) + 1 <= table.length;
    ensures !\result ==> *at == \old(*at); */
static bool op_take(struct acpi_table table, size_t *at, uint8_t op)
{
	uint8_t found;
	if (!load_u8(table.data, table.length, *at, &found) || found != op)
		return false;
	*at += 1;
	return true;
}

bool aml_find_sleep(struct acpi_table table, uint8_t *out_a, uint8_t *out_b)
{
	size_t at = name_find(table, 0, table.length, "_S5_");
	uint8_t count;
	uint32_t a, b;
	if (!op_take(table, &at, OP_PACKAGE) || !length_skip(table, &at) ||
	    !load_u8(table.data, table.length, at++, &count) || count < 2)
		return false;
	if (!integer_read(table, &at, &a) || !integer_read(table, &at, &b))
		return false;
	*out_a = (uint8_t)(a & 7u);
	*out_b = (uint8_t)(b & 7u);
	return true;
}

/* ---- serial ports ---- */

/*@ assigns \nothing; */
static uint32_t lowest_bit(uint32_t mask)
{
	return mask == 0 ? UINT32_MAX : (uint32_t)__builtin_ctz(mask);
}

/* Port and interrupt out of a resource template at [at, table.length). */
/*@ requires acpi_ok(table) && at <= table.length && \valid(out_uart);
    assigns *out_uart; */
static bool resources_read(struct acpi_table table, size_t at, struct aml_uart *out_uart)
{
	struct aml_uart uart = {0, UINT32_MAX};
	uint8_t tag;
	uint16_t length;
	/*@ loop invariant at <= table.length;
	    loop assigns at, tag, length, uart;
	    loop variant table.length - at; */
	while (load_u8(table.data, table.length, at, &tag)) {
		const uint8_t *data = table.data + at;
		if ((tag & RESOURCE_LARGE) != 0) {
			if (!load_le16(table.data, table.length, at + 1, &length) ||
			    !bytes_fit(table.length, at, length + 3u))
				return false;
			if (tag == RESOURCE_LARGE_IRQ && length >= 6)
				uart.isa_irq = bytes_le32(data + 5);
			at += length + 3u;
			continue;
		}
		length = tag % 8u;
		if ((tag & 0x78u) == RESOURCE_END || !bytes_fit(table.length, at, length + 1u))
			break;
		if ((tag & 0x78u) == RESOURCE_PORT && length >= 7)
			uart.port = bytes_le16(data + 2);
		else if ((tag & 0x78u) == RESOURCE_FIXED_PORT && length >= 3)
			uart.port = bytes_le16(data + 1);
		else if ((tag & 0x78u) == RESOURCE_IRQ && length >= 2)
			uart.isa_irq = lowest_bit(bytes_le16(data + 1));
		at += length + 1u;
	}
	*out_uart = uart;
	return uart.port != 0;
}

/* The _CRS of the device whose _HID ends at `at`: before the next _HID, and not far. */
/*@ requires acpi_ok(table) && at <= table.length && \valid(out_uart);
    assigns *out_uart; */
static bool device_read(struct acpi_table table, size_t at, struct aml_uart *out_uart)
{
	size_t end = table.length - at < DEVICE_REACH ? table.length : at + DEVICE_REACH;
	uint32_t size;
	end = name_find(table, at, end, "_HID");
	at = name_find(table, at, end, "_CRS");
	if (at >= end || !op_take(table, &at, OP_BUFFER) || !length_skip(table, &at) ||
	    !integer_read(table, &at, &size) || !bytes_fit(table.length, at, size))
		return false;
	struct acpi_table resources = {table.data, at + size};
	return resources_read(resources, at, out_uart);
}

bool aml_find_uart(struct acpi_table table, uint32_t index, struct aml_uart *out_uart)
{
	uint32_t id, count = 0;
	struct aml_uart uart;
	/*@ loop invariant at <= table.length && count <= at;
	    loop assigns at, id, uart, count, *out_uart;
	    loop variant table.length - at; */
	for (size_t at = 0; (at = name_find(table, at, table.length, "_HID")) < table.length;) {
		if (!op_take(table, &at, OP_DWORD) || !load_le32(table.data, table.length, at, &id) ||
		    id != EISA_PNP0501 || !device_read(table, at + 4, &uart))
			continue;
		if (count++ == index) {
			*out_uart = uart;
			return true;
		}
	}
	return false;
}
