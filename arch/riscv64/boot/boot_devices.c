/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The console, what a driver may want to know of, and the way to end an emulator. */
#include "boot_priv.h"
#include <lib/string.h>

#define TRIGGER_EDGES 3u /* device tree: 1 rising, 2 falling, 4 high, 8 low */
#define TRIGGER_LOW 8u
#define PCI_PIN_A 1u

/* Compatible names of NS16550s with 8-bit (or, by reg-io-width, wider) registers. */
static const char *const uart_names[] = { "ns16550a", "ns16550", "snps,dw-apb-uart" };
#define UART_NAMES (sizeof uart_names / sizeof uart_names[0])

static bool is_uart(const struct fdt *fdt, struct fdt_node node)
{
	for (uint32_t i = 0; i < UART_NAMES; i++)
		if (fdt_compatible(fdt, node, uart_names[i]))
			return true;
	return false;
}

static bool first_uart(const struct fdt *fdt, struct fdt_node *out)
{
	for (uint32_t i = 0; i < UART_NAMES; i++) {
		struct fdt_node node = fdt_root(fdt);
		while (fdt_next_compatible(fdt, &node, uart_names[i]))
			if (fdt_enabled(fdt, node)) {
				*out = node;
				return true;
			}
	}
	return false;
}

static uint32_t number_or(const struct fdt *fdt, struct fdt_node node, const char *name, uint32_t otherwise)
{
	uint32_t value;
	return fdt_property_u32(fdt, node, name, &value) ? value : otherwise;
}

void boot_console(const struct fdt *fdt)
{
	struct fdt_node node;
	if (!(fdt_find_stdout(fdt, &node) && is_uart(fdt, node)) && !first_uart(fdt, &node))
		return;
	if (!fdt_reg(fdt, node, 0, &machine.uart.base, &machine.uart.size)) {
		machine.uart.size = 0;
		return;
	}
	machine.uart_shift = number_or(fdt, node, "reg-shift", 0);
	machine.uart_width = number_or(fdt, node, "reg-io-width", 1);
	console_map();
}

/* A further entry, or null if there is no room: then drivers do not hear of it. */
static struct info_device *add_device(struct boot_info *info, enum device_kind kind, uint64_t base,
                                      uint64_t size)
{
	if (info->device_count == BOOT_DEVICES_MAX)
		return NULL;
	struct info_device *device = &info->devices[info->device_count++];
	*device = (struct info_device){
		.kind = kind, .region_kind = REGION_MEMORY, .base = base, .size = size, .irq = UINT32_MAX,
	};
	return device;
}

static void set_interrupt(struct info_device *device, const struct fdt_interrupt *interrupt)
{
	device->irq = interrupt->cells[0];
	device->irq_trigger = IRQ_TRIGGER_LEVEL;
	if (interrupt->cell_count < 2)
		return;
	if (interrupt->cells[1] & TRIGGER_EDGES)
		device->irq_trigger = IRQ_TRIGGER_EDGE;
	else if (interrupt->cells[1] & TRIGGER_LOW)
		device->irq_trigger = IRQ_TRIGGER_LEVEL_LOW;
}

static struct info_device *add_node(const struct fdt *fdt, struct boot_info *info, struct fdt_node node,
                                    enum device_kind kind, const char *compatible)
{
	uint64_t base, size;
	if (!fdt_enabled(fdt, node) || !fdt_reg(fdt, node, 0, &base, &size))
		return NULL;
	struct info_device *device = add_device(info, kind, base, size);
	if (device != NULL)
		string_copy(device->compatible, sizeof device->compatible, compatible);
	return device;
}

static void add_uart(const struct fdt *fdt, struct boot_info *info, struct fdt_node node, const char *name)
{
	struct fdt_interrupt interrupt;
	struct info_device *device = add_node(fdt, info, node, DEVICE_UART_16550, name);
	if (device == NULL)
		return;
	device->register_shift = number_or(fdt, node, "reg-shift", 0);
	device->clock_hz = number_or(fdt, node, "clock-frequency", 0);
	if (fdt_interrupt(fdt, node, 0, &interrupt))
		set_interrupt(device, &interrupt);
}

static void add_pci(const struct fdt *fdt, struct boot_info *info, struct fdt_node bridge, const char *name)
{
	static const enum device_kind kinds[] = {
		[FDT_PCI_PORT] = DEVICE_PCI_WINDOW_PORT,
		[FDT_PCI_MEMORY32] = DEVICE_PCI_WINDOW_MEMORY,
		[FDT_PCI_MEMORY64] = DEVICE_PCI_WINDOW_MEMORY64,
	};
	struct fdt_interrupt interrupt;
	struct fdt_pci_window window;
	struct info_device *ecam = add_node(fdt, info, bridge, DEVICE_PCI_ECAM, name);
	if (ecam == NULL)
		return;
	/* The line of device 0's first pin; the others follow by the usual rotation. */
	if (fdt_pci_interrupt(fdt, bridge, 0, PCI_PIN_A, &interrupt))
		set_interrupt(ecam, &interrupt);
	for (uint32_t i = 0; fdt_pci_window(fdt, bridge, i, &window); i++) {
		if (window.space == FDT_PCI_CONFIG || window.size == 0)
			continue;
		struct info_device *device = add_device(info, kinds[window.space], window.cpu_base, window.size);
		if (device != NULL)
			string_copy(device->compatible, sizeof device->compatible, name);
	}
}

static void add_clock(const struct fdt *fdt, struct boot_info *info, struct fdt_node node, const char *name)
{
	struct fdt_interrupt interrupt;
	struct info_device *device = add_node(fdt, info, node, DEVICE_RTC, name);
	if (device != NULL && fdt_interrupt(fdt, node, 0, &interrupt))
		set_interrupt(device, &interrupt);
}

/* A device that lets a program end the emulator: kept by the kernel. */
static void find_finisher(const struct fdt *fdt, const char *name)
{
	struct fdt_node node = fdt_root(fdt);
	if (machine.finisher.size != 0)
		return;
	if (fdt_next_compatible(fdt, &node, name) && fdt_enabled(fdt, node)
	    && fdt_reg(fdt, node, 0, &machine.finisher.base, &machine.finisher.size))
		power_map();
}

typedef void add_function(const struct fdt *fdt, struct boot_info *info, struct fdt_node node,
                          const char *name);
static const struct {
	const char *name;
	add_function *add;
} rows[] = {
	{ "ns16550a", add_uart },
	{ "snps,dw-apb-uart", add_uart },
	{ "pci-host-ecam-generic", add_pci },
	{ "google,goldfish-rtc", add_clock },
};

void boot_devices(const struct fdt *fdt, struct boot_info *info)
{
	for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fdt_node node = fdt_root(fdt);
		while (fdt_next_compatible(fdt, &node, rows[i].name))
			rows[i].add(fdt, info, node, rows[i].name);
	}
	find_finisher(fdt, "sifive,test1");
	find_finisher(fdt, "sifive,test0");
}
