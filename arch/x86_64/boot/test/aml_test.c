/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What is searched in AML: the values for soft off and the serial ports, as firmware writes them; in each other way
 * that the byte code has for the same; and cut short at every byte.
 */
#include "firmware.h"

#define S5 0x08, '_', 'S', '5', '_'
#define HID 0x08, '_', 'H', 'I', 'D'
#define CRS 0x08, '_', 'C', 'R', 'S'
#define PNP0501 0x0c, 0x41, 0xd0, 0x05, 0x01
#define PORT 0x47, 0x01, 0xf8, 0x03, 0xf8, 0x03, 0x01, 0x08 /* 0x3f8, eight of them */
#define LINE_4 0x22, 0x10, 0x00
#define END 0x79, 0x00
#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

/* ---- soft off ---- */

static bool sleep_in(const uint8_t *bytes, size_t size, uint8_t *out_a, uint8_t *out_b)
{
	uint8_t *copy = test_copy(bytes, size);
	const bool found = aml_find_sleep((struct acpi_table){copy, size}, out_a, out_b);

	free(copy);
	return found;
}

static void sleeps(const uint8_t *bytes, size_t size, uint8_t a, uint8_t b)
{
	uint8_t found_a, found_b;

	assert_true(sleep_in(bytes, size, &found_a, &found_b));
	assert_int_equal(found_a, a);
	assert_int_equal(found_b, b);
}

static void sleeps_not(const uint8_t *bytes, size_t size)
{
	uint8_t a = 91, b = 92;

	assert_false(sleep_in(bytes, size, &a, &b));
	assert_int_equal(a, 91);
	assert_int_equal(b, 92);
}

static void soft_off(void **state)
{
	(void)state;
	sleeps(BYTES(S5, 0x12, 0x06, 0x04, 0x00, 0x00, 0x00, 0x00), 0, 0); /* QEMU's */
	sleeps(BYTES(S5, 0x12, 0x08, 0x04, 0x0a, 0x05, 0x0a, 0x06, 0x00, 0x00), 5, 6);
	sleeps(BYTES(S5, 0x12, 0x06, 0x04, 0x01, 0x00, 0x00, 0x00), 1, 0);
	sleeps(BYTES(S5, 0x12, 0x0a, 0x02, 0x0b, 0x03, 0x00, 0x0c, 0x04, 0x00, 0x00, 0x00), 3, 4);
	sleeps(BYTES(S5, 0x12, 0x0a, 0x02, 0x0c, 0x03, 0x00, 0x00, 0x00, 0x0b, 0x04, 0x00), 3, 4);
	sleeps(BYTES(S5, 0x12, 0x08, 0x02, 0x0a, 0xff, 0x0a, 0xf6), 7, 6);
	sleeps(BYTES(0x10, '_', 'S', '5', '_', 0x08, '_', 'S', '4', '_', 0x01, S5, 0x12, 0x06, 0x02, 0x01, 0x01), 1, 1);
	sleeps(BYTES(0x08, '\\', '_', 'S', '5', '_', 0x12, 0x06, 0x02, 0x01, 0x0a, 0x02), 1, 2);
	sleeps(BYTES(0x08, S5, 0x12, 0x06, 0x02, 0x01, 0x0a, 0x02), 1, 2);
}

static void package_lengths(void **state)
{
	(void)state;
	sleeps(BYTES(S5, 0x12, 0x3f, 0x02, 0x0a, 0x02, 0x0a, 0x03), 2, 3);
	sleeps(BYTES(S5, 0x12, 0x40, 0x01, 0x02, 0x0a, 0x02, 0x0a, 0x03), 2, 3);
	sleeps(BYTES(S5, 0x12, 0x46, 0x00, 0x02, 0x0a, 0x02, 0x0a, 0x03), 2, 3);
	sleeps(BYTES(S5, 0x12, 0x86, 0x00, 0x00, 0x02, 0x0a, 0x02, 0x0a, 0x03), 2, 3);
	sleeps(BYTES(S5, 0x12, 0xc6, 0x00, 0x00, 0x00, 0x02, 0x0a, 0x02, 0x0a, 0x03), 2, 3);
}

static void no_soft_off(void **state)
{
	(void)state;
	sleeps_not(BYTES(S5, 0x11, 0x08, 0x04, 0x0a, 0x05, 0x0a, 0x05, 0x00)); /* no package */
	sleeps_not(BYTES(S5, 0x06, 0x02, 0x01, 0x01, 0x00, 0x00));
	sleeps_not(BYTES(S5, 0x12, 0x08, 0x01, 0x0a, 0x05, 0x0a, 0x05, 0x00)); /* of one */
	sleeps_not(BYTES(S5, 0x12, 0x08, 0x02, 0x68, 0x0a, 0x05, 0x00));       /* an argument */
	sleeps_not(BYTES(S5, 0x12, 0x08, 0x02, 0x0a, 0x05, 0x68, 0x00));
	sleeps_not(BYTES(0x08, '_', 'S', '5', 'x', 0x12, 0x06, 0x02, 0x00, 0x00));
	sleeps_not(BYTES(0x08, '/', '_', 'S', '5', '_', 0x12, 0x06, 0x02, 0x00, 0x00));
	sleeps_not(BYTES('_', 'S', '5', '_', 0x12, 0x06, 0x02, 0x00, 0x00));
}

static void soft_off_cut(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {S5, 0x12, 0x0a, 0x02, 0x0b, 0x03, 0x00, 0x0c, 0x04, 0x00, 0x00, 0x00};
	static const uint8_t rooted[] = {0x08, '\\', '_', 'S', '5', '_', 0x12, 0x0a, 0x02, 0x0a, 0x03, 0x0a, 0x04};
	static const uint8_t one[] = {S5, 0x12, 0x0a, 0x02, 0x00, 0x01};

	for (size_t size = 0; size < sizeof bytes; size++)
		sleeps_not(bytes, size);
	for (size_t size = 0; size < sizeof rooted; size++)
		sleeps_not(rooted, size);
	for (size_t size = 0; size < sizeof one; size++)
		sleeps_not(one, size);
	sleeps(bytes, sizeof bytes, 3, 4);
	sleeps(rooted, sizeof rooted, 3, 4);
	sleeps(one, sizeof one, 0, 1);
	sleeps_not(NULL, 0);
}

/* ---- serial ports ---- */

static bool uart_in(const uint8_t *bytes, size_t size, uint32_t index, struct aml_uart *out_uart)
{
	uint8_t *copy = test_copy(bytes, size);
	const bool found = aml_find_uart((struct acpi_table){copy, size}, index, out_uart);

	free(copy);
	return found;
}

static void port(const uint8_t *bytes, size_t size, uint16_t expected, uint32_t irq)
{
	struct aml_uart uart;

	assert_true(uart_in(bytes, size, 0, &uart));
	assert_int_equal(uart.port, expected);
	assert_int_equal(uart.isa_irq, irq);
}

static void no_port(const uint8_t *bytes, size_t size)
{
	struct aml_uart uart = {77, 78};

	assert_false(uart_in(bytes, size, 0, &uart));
	assert_int_equal(uart.port, 77);
	assert_int_equal(uart.isa_irq, 78);
}

/* A device whose resources these bytes are. */
#define DEVICE(size, ...) BYTES(HID, PNP0501, CRS, 0x11, 0x0a, 0x0a, size, __VA_ARGS__)

static void serial(void **state)
{
	(void)state;
	port(DEVICE(13, PORT, LINE_4, END), 0x3f8, 4); /* QEMU's */
	port(DEVICE(10, PORT, END), 0x3f8, UINT32_MAX);
	port(DEVICE(8, PORT), 0x3f8, UINT32_MAX);
	port(DEVICE(6, 0x4b, 0xe8, 0x02, 0x08, END), 0x2e8, UINT32_MAX);               /* fixed */
	port(DEVICE(14, PORT, 0x23, 0x00, 0x84, 0x01, END), 0x3f8, 10);                /* the lowest of the mask */
	port(DEVICE(13, PORT, 0x22, 0x00, 0x00, END), 0x3f8, UINT32_MAX);              /* of none */
	port(DEVICE(12, PORT, 0x21, 0x10, END), 0x3f8, UINT32_MAX);                    /* too short */
	port(DEVICE(19, PORT, 0x89, 0x06, 0, 0x01, 0x01, 0x23, 0x01, 0, 0, END), 0x3f8, 0x123);
	port(DEVICE(17, PORT, 0x89, 0x06, 0, 0x01, 0x01, 0x23, 0x01, 0, 0), 0x3f8, 0x123); /* at the very end */
	port(DEVICE(18, PORT, 0x89, 0x05, 0, 0x01, 0x01, 0x23, 0x01, 0, END), 0x3f8, UINT32_MAX);
	port(DEVICE(19, PORT, 0x8a, 0x06, 0, 0x01, 0x01, 0x23, 0x01, 0, 0, END), 0x3f8, UINT32_MAX); /* something else */
	port(DEVICE(16, 0x86, 0x02, 0, 0x47, 0x01, PORT, LINE_4), 0x3f8, 4);
	port(DEVICE(16, 0x2a, 0x79, 0x00, PORT, LINE_4, END), 0x3f8, 4); /* DMA, whose data look like an end */
	port(BYTES(HID, PNP0501, 0x08, '_', 'U', 'I', 'D', 0x01, CRS, 0x11, 0x0a, 0x0a, 8, PORT), 0x3f8, UINT32_MAX);
	port(BYTES(HID, PNP0501, CRS, 0x11, 0x4a, 0x00, 0x0b, 8, 0, PORT), 0x3f8, UINT32_MAX);
	port(BYTES(HID, PNP0501, CRS, 0x11, 0x4a, 0x00, 0x0a, 8, 0x47, 0x01, 0xf8, 0x02, 0xf8, 0x03, 0x01, 0x08), 0x2f8,
	     UINT32_MAX);
}

static void no_serial(void **state)
{
	(void)state;
	no_port(DEVICE(5, LINE_4, END));
	no_port(DEVICE(10, END, PORT)); /* behind the end */
	no_port(DEVICE(8, 0x46, 0x01, 0xf8, 0x03, 0xf8, 0x03, 0x01, END));
	no_port(DEVICE(5, 0x4a, 0xe8, 0x02, END));
	no_port(DEVICE(10, 0x47, 0x01, 0x00, 0x00, 0xf8, 0x03, 0x01, 0x08, END));
	no_port(DEVICE(9, PORT));                    /* more than there is */
	no_port(DEVICE(7, PORT));                    /* less than the resource */
	no_port(DEVICE(0, PORT));
	no_port(DEVICE(11, PORT, 0x89, 0x06, 0x00)); /* larger than the template */
	no_port(DEVICE(10, PORT, 0x89, 0x06));
	no_port(BYTES(HID, 0x0c, 0x41, 0xd0, 0x05, 0x02, CRS, 0x11, 0x0a, 0x0a, 8, PORT));
	no_port(BYTES(HID, 0x0d, 0x41, 0xd0, 0x05, 0x01, CRS, 0x11, 0x0a, 0x0a, 8, PORT));
	no_port(BYTES(HID, PNP0501, CRS, 0x12, 0x0a, 0x0a, 8, PORT));
	no_port(BYTES(HID, PNP0501, CRS, 0x0a, 0x0a, 8, PORT));
	no_port(BYTES(HID, PNP0501, CRS, 0x11, 0x0a, 0x68, 8, PORT));
	no_port(BYTES(HID, PNP0501, 0x08, '_', 'C', 'R', 'X', 0x11, 0x0a, 0x0a, 8, PORT));
	no_port(BYTES(HID, PNP0501, HID, 0x0c, 0, 0, 0, 0, CRS, 0x11, 0x0a, 0x0a, 8, PORT)); /* another's */
}

static void serial_cut(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {HID, PNP0501, CRS, 0x11, 0x0a, 0x0a, 19, 0x89, 0x06, 0, 0x01, 0x01,
	                                7, 0, 0, 0, PORT, END};

	for (size_t size = 0; size < sizeof bytes; size++)
		no_port(bytes, size);
	port(bytes, sizeof bytes, 0x3f8, 7);
}

static void several(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {
		HID, PNP0501, CRS, 0x11, 0x0a, 0x0a, 8, PORT,
		HID, 0x0c, 0x41, 0xd0, 0x05, 0x09, CRS, 0x11, 0x0a, 0x0a, 8, PORT,           /* no serial port */
		HID, PNP0501,                                                              /* one without resources */
		HID, PNP0501, CRS, 0x11, 0x0a, 0x0a, 4, 0x4b, 0xf8, 0x02, 0x08,
		HID, 0x0d, 'A', 'C', 'P', 'I', 0x00,
		HID, PNP0501, CRS, 0x11, 0x0a, 0x0a, 4, 0x4b, 0xe8, 0x03, 0x08,
	};
	static const uint16_t ports[] = {0x3f8, 0x2f8, 0x3e8};
	struct aml_uart uart = {77, 78};

	for (uint32_t i = 0; i < 3; i++) {
		assert_true(uart_in(bytes, sizeof bytes, i, &uart));
		assert_int_equal(uart.port, ports[i]);
	}
	assert_false(uart_in(bytes, sizeof bytes, 3, &uart));
	assert_int_equal(uart.port, 0x3e8);
}

/* The name of a device's resources has to lie within 512 bytes behind its id. */
static void reach(void **state)
{
	(void)state;
	static const uint8_t resources[] = {CRS, 0x11, 0x0a, 0x0a, 4, 0x4b, 0xf8, 0x02, 0x08};

	for (uint32_t between = 500; between < 520; between++) {
		struct table table = {.size = 0};
		append_bytes(&table, HID, PNP0501);
		table.size += between;
		append(&table, resources, sizeof resources);
		append_bytes(&table, 0x0a, 0x0a, 0x0a);
		if (between + 5 < 512)
			port(table.bytes, table.size, 0x2f8, UINT32_MAX);
		else
			no_port(table.bytes, table.size);
	}
	struct table late = {.size = 900};
	append_bytes(&late, HID, PNP0501, CRS);
	no_port(late.bytes, late.size);
}

TEST_MAIN(T(soft_off), T(package_lengths), T(no_soft_off), T(soft_off_cut), T(serial), T(no_serial), T(serial_cut),
          T(several), T(reach))
