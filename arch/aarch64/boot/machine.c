/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Devices in the device tree: those the kernel drives itself, into `machine`,
 * and those that user drivers ask for, into the boot info. A machine is known
 * by what it is compatible with, never by its name.
 */
#include "boot_priv.h"
#include <lib/string.h>

#define INTERRUPT_SPI 0u /* first cell of a GIC interrupt */
#define INTERRUPT_PPI 1u
#define INTERRUPT_EDGE 1u /* third cell: rising edge; else level */
#define TIMER_VIRTUAL 2u /* the timer node lists secure, physical, virtual, hypervisor */

static const char *const gic_v2_names[] = {
	"arm,gic-400", "arm,cortex-a15-gic", "arm,cortex-a7-gic", "arm,cortex-a9-gic",
};
static const char *const psci_names[] = { "arm,psci-1.0", "arm,psci-0.2" };

bool text_has(const char *text, const char *word)
{
	size_t length = strlen(word);
	while (*text != '\0') {
		size_t end = 0;
		while (text[end] != '\0' && text[end] != ' ')
			end++;
		if (end == length && strncmp(text, word, length) == 0)
			return true;
		text += text[end] == ' ' ? end + 1u : end;
	}
	return false;
}

static bool find_first(const struct fdt *fdt, const char *const *names, size_t count, struct fdt_node *out)
{
	for (size_t i = 0; i < count; i++) {
		*out = fdt_root(fdt);
		if (fdt_next_compatible(fdt, out, names[i]))
			return true;
	}
	return false;
}

void machine_read_console(const struct fdt *fdt)
{
	struct fdt_node node;
	uint64_t base, size;
	if (!fdt_find_stdout(fdt, &node) || !fdt_compatible(fdt, node, "arm,pl011")) {
		node = fdt_root(fdt);
		if (!fdt_next_compatible(fdt, &node, "arm,pl011"))
			return;
	}
	if (fdt_reg(fdt, node, 0, &base, &size))
		console_init(early_map_device(base, size));
}

/* Number of an interrupt in the GIC's own count; UINT32_MAX: none, or one we do not handle. */
static uint32_t interrupt_number(const struct fdt_interrupt *interrupt, uint32_t *out_trigger)
{
	if (interrupt->cell_count < 3u)
		return UINT32_MAX;
	*out_trigger = interrupt->cells[2] == INTERRUPT_EDGE ? IRQ_TRIGGER_EDGE : IRQ_TRIGGER_LEVEL;
	if (interrupt->cells[0] == INTERRUPT_SPI && interrupt->cells[1] < 988u)
		return 32u + interrupt->cells[1];
	if (interrupt->cells[0] == INTERRUPT_PPI && interrupt->cells[1] < 16u)
		return 16u + interrupt->cells[1];
	return UINT32_MAX;
}

static bool read_gic_v3(const struct fdt *fdt, struct fdt_node node)
{
	uint32_t ranges = 1;
	(void)fdt_property_u32(fdt, node, "#redistributor-regions", &ranges);
	(void)fdt_property_u64(fdt, node, "redistributor-stride", &machine.redistributor_stride);
	if (!fdt_reg(fdt, node, 0, &machine.distributor.base, &machine.distributor.size))
		return false;
	for (uint32_t i = 0; i < ranges && i < REDISTRIBUTOR_RANGES_MAX; i++) {
		struct boot_range *range = &machine.redistributors[i];
		if (!fdt_reg(fdt, node, i + 1u, &range->base, &range->size))
			break;
		machine.redistributor_ranges++;
	}
	return machine.redistributor_ranges > 0u;
}

static bool read_gic_v2(const struct fdt *fdt, struct fdt_node node)
{
	machine.gic_is_v2 = true;
	return fdt_reg(fdt, node, 0, &machine.distributor.base, &machine.distributor.size) &&
	       fdt_reg(fdt, node, 1, &machine.cpu_interface.base, &machine.cpu_interface.size);
}

static void read_gic(const struct fdt *fdt)
{
	struct fdt_node node = fdt_root(fdt);
	if (fdt_next_compatible(fdt, &node, "arm,gic-v3") && read_gic_v3(fdt, node))
		return;
	if (find_first(fdt, gic_v2_names, sizeof gic_v2_names / sizeof gic_v2_names[0], &node) &&
	    read_gic_v2(fdt, node))
		return;
	boot_refuse("this machine has no interrupt controller that the system knows (GICv3 or GICv2)");
}

/* Only one that knows each PCI function by its requester id: then msi-map's first entry maps 0 to 0. */
static void read_its(const struct fdt *fdt)
{
	struct fdt_node node = fdt_root(fdt);
	struct fdt_node bridge = fdt_root(fdt);
	struct fdt_value map;
	uint32_t first;
	uint32_t mapped;
	if (machine.gic_is_v2 || !fdt_next_compatible(fdt, &node, "arm,gic-v3-its") || !fdt_enabled(fdt, node))
		return;
	if (fdt_next_compatible(fdt, &bridge, "pci-host-ecam-generic") && fdt_property(fdt, bridge, "msi-map", &map) &&
	    fdt_cell(map, 0, &first) && fdt_cell(map, 2, &mapped) && first == mapped)
		(void)fdt_reg(fdt, node, 0, &machine.its.base, &machine.its.size);
}

static void read_timer(const struct fdt *fdt)
{
	struct fdt_node node = fdt_root(fdt);
	struct fdt_interrupt interrupt;
	uint32_t trigger;
	if (fdt_next_compatible(fdt, &node, "arm,armv8-timer") &&
	    fdt_interrupt(fdt, node, TIMER_VIRTUAL, &interrupt)) {
		uint32_t irq = interrupt_number(&interrupt, &trigger);
		if (irq < 32u)
			machine.timer_irq = irq;
	}
	if (machine.timer_irq == 0u || SYSREG_READ(cntfrq_el0) == 0u)
		boot_refuse("this machine has no virtual timer that the system can use");
}

static void read_firmware(const struct fdt *fdt)
{
	struct fdt_node node;
	struct fdt_value method;
	if (!find_first(fdt, psci_names, sizeof psci_names / sizeof psci_names[0], &node) ||
	    !fdt_property(fdt, node, "method", &method))
		return;
	if (fdt_value_has(method, "hvc"))
		machine.conduit = CONDUIT_HVC;
	else if (fdt_value_has(method, "smc"))
		machine.conduit = CONDUIT_SMC;
}

static struct info_device *device_add(struct boot_info *info, enum device_kind kind, uint64_t base, uint64_t size,
                                      const char *compatible)
{
	if (info->device_count == BOOT_DEVICES_MAX)
		return NULL;
	struct info_device *device = &info->devices[info->device_count++];
	*device = (struct info_device){
		.kind = kind, .region_kind = REGION_MEMORY, .base = base, .size = size, .irq = UINT32_MAX,
	};
	(void)string_copy(device->compatible, sizeof device->compatible, compatible);
	return device;
}

static void device_set_interrupt(struct info_device *device, const struct fdt_interrupt *interrupt)
{
	uint32_t irq = interrupt_number(interrupt, &device->irq_trigger);
	if (irq >= 32u)
		device->irq = irq;
}

static void read_devices(const struct fdt *fdt, struct boot_info *info, enum device_kind kind,
                         const char *compatible)
{
	struct fdt_node node = fdt_root(fdt);
	struct fdt_interrupt interrupt;
	uint64_t base, size;
	while (fdt_next_compatible(fdt, &node, compatible)) {
		if (!fdt_enabled(fdt, node) || !fdt_reg(fdt, node, 0, &base, &size))
			continue;
		struct info_device *device = device_add(info, kind, base, size, compatible);
		if (device != NULL && fdt_interrupt(fdt, node, 0, &interrupt))
			device_set_interrupt(device, &interrupt);
	}
}

/* Windows the CPU and the devices number differently are left out: nothing tells a driver the difference.
 * The port window is memory to this CPU; ports count from its start. */
static void read_pci_windows(const struct fdt *fdt, struct fdt_node bridge, struct boot_info *info)
{
	static const enum device_kind kinds[] = {
		[FDT_PCI_PORT] = DEVICE_PCI_WINDOW_PORT,
		[FDT_PCI_MEMORY32] = DEVICE_PCI_WINDOW_MEMORY,
		[FDT_PCI_MEMORY64] = DEVICE_PCI_WINDOW_MEMORY64,
	};
	struct fdt_pci_window window;
	for (uint32_t i = 0; fdt_pci_window(fdt, bridge, i, &window); i++) {
		uint64_t expected = window.space == FDT_PCI_PORT ? 0u : window.cpu_base;
		if (window.space != FDT_PCI_CONFIG && window.pci_base == expected)
			(void)device_add(info, kinds[window.space], window.cpu_base, window.size, "pci-window");
	}
}

/* The interrupt of a host bridge is that of pin A of device 0; the others follow by the usual rotation of four. */
static void read_pci(const struct fdt *fdt, struct boot_info *info)
{
	struct fdt_node node = fdt_root(fdt);
	struct fdt_interrupt interrupt;
	uint64_t base, size;
	while (fdt_next_compatible(fdt, &node, "pci-host-ecam-generic")) {
		if (!fdt_enabled(fdt, node) || !fdt_reg(fdt, node, 0, &base, &size))
			continue;
		struct info_device *device = device_add(info, DEVICE_PCI_ECAM, base, size, "pci-host-ecam-generic");
		if (device != NULL && fdt_pci_interrupt(fdt, node, 0, 1, &interrupt))
			device_set_interrupt(device, &interrupt);
		read_pci_windows(fdt, node, info);
	}
}

/* Only one that knows each PCI function by its requester id: iommu-map's first entry maps 0 to 0. */
static void read_iommu(const struct fdt *fdt, struct boot_info *info)
{
	struct fdt_node node = fdt_root(fdt);
	struct fdt_node bridge = fdt_root(fdt);
	struct fdt_value map;
	uint32_t first;
	uint32_t mapped;
	uint64_t base, size;
	if (fdt_next_compatible(fdt, &bridge, "pci-host-ecam-generic") && fdt_property(fdt, bridge, "iommu-map", &map) &&
	    fdt_cell(map, 0, &first) && fdt_cell(map, 2, &mapped) && first == 0 && mapped == 0 &&
	    fdt_next_compatible(fdt, &node, "arm,smmu-v3") && fdt_enabled(fdt, node) &&
	    fdt_reg(fdt, node, 0, &base, &size))
		(void)device_add(info, DEVICE_IOMMU_SMMU_V3, base, size, "arm,smmu-v3");
}

void machine_read(const struct fdt *fdt, struct boot_info *info)
{
	read_gic(fdt);
	read_its(fdt);
	read_timer(fdt);
	read_firmware(fdt);
	read_devices(fdt, info, DEVICE_UART_PL011, "arm,pl011");
	read_devices(fdt, info, DEVICE_RTC, "arm,pl031");
	read_pci(fdt, info);
	read_iommu(fdt, info);
}
