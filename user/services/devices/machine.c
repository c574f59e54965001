/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the machine description says of PCI. The first host bridge is the one; others are not looked at. */
#include "devices.h"
#include <os/info.h>
#include <os/print.h>

#define LINES 4u

struct pci pci;
static uint32_t first_line = UINT32_MAX; /* of pin A of device 0; the others follow in turn */
static uint32_t line_trigger;

static void window_add(enum pci_space space, const struct info_device *info)
{
	/* Ports count from 0, wherever the window lies in memory. */
	uint64_t base = space == PCI_PORT ? 0 : info->base;

	if (pci.window_count < PCI_WINDOWS_MAX)
		pci.windows[pci.window_count++] = (struct pci_window){space, base, info->size};
}

static void ecam_found(const struct info_device *info)
{
	uint32_t buses = (uint32_t)(info->size >> 20);

	if (pci.access != NULL || buses == 0)
		return;
	pci.access = &ecam_access;
	pci.bus_last = buses > 256u ? 255u : buses - 1u;
	first_line = info->irq;
	line_trigger = info->irq_trigger;
	ecam_open(info->base, buses);
}

static void description_read(void)
{
	struct info_device info;
	uint64_t index = 0;

	while (info_read(startup_need("monitor"), INFO_DEVICE, index, &info, sizeof(info), &index) == STATUS_OK) {
		switch (info.kind) {
		case DEVICE_PCI_ECAM: ecam_found(&info); break;
		case DEVICE_PCI_WINDOW_PORT: window_add(PCI_PORT, &info); break;
		case DEVICE_PCI_WINDOW_MEMORY: window_add(PCI_MEMORY, &info); break;
		case DEVICE_PCI_WINDOW_MEMORY64: window_add(PCI_MEMORY64, &info); break;
		case DEVICE_IOMMU_VTD: confine_found(IOMMU_VTD, info.base, info.size); break;
		case DEVICE_IOMMU_SMMU_V3: confine_found(IOMMU_SMMU_V3, info.base, info.size); break;
		default: break;
		}
	}
}

status_t machine_scan(void)
{
	description_read();
	if (pci.access == NULL)
		return STATUS_NOT_FOUND;
	pci_scan(&pci);
	uint32_t unplaced = pci_assign(&pci);
	if (pci.left_out)
		print("there are more PCI functions or buses than are looked at\n");
	if (unplaced != 0)
		print("%u BARs have no place\n", unplaced);
	return STATUS_OK;
}

bool machine_line(const struct pci_function *function, uint32_t *out_irq, uint32_t *out_trigger)
{
	uint32_t device, pin;

	if (first_line == UINT32_MAX || !pci_pin(&pci, function, &device, &pin))
		return false;
	*out_irq = first_line + (device + pin - 1u) % LINES;
	*out_trigger = line_trigger;
	return true;
}
