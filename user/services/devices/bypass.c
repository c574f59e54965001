/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Devices that an IOMMU does not see. A virtio device says itself whether its accesses go through one, by a feature bit
 * (VIRTIO_F_ACCESS_PLATFORM; Virtual I/O Device 1.1, 6.1); one that does not offer it is the emulator reading memory
 * directly. Of other devices that is not to be feared.
 */
#include "devices.h"
#include <driver/virtio.h>
#include <os/panic.h>

#define VIRTIO_VENDOR      0x1af4u
#define VIRTIO_FIRST       0x1000u
#define VIRTIO_LAST        0x107fu
#define HEADER_BYTES       256u
#define FEATURES_SELECT    0x00u
#define FEATURES           0x04u
#define UPPER_HALF         1u

static bool is_virtio(const struct pci_function *function)
{
	return function->vendor == VIRTIO_VENDOR && function->device >= VIRTIO_FIRST && function->device <= VIRTIO_LAST;
}

static status_t layout_read(const struct row *row, struct virtio_layout *out)
{
	struct device_bar bars[DEVICE_BARS_MAX];
	uint32_t header[HEADER_BYTES / 4u]; /* every machine here is little-endian, like the header */

	for (uint32_t i = 0; i < DEVICE_BARS_MAX; i++)
		bars[i] = part_bar(row, i);
	for (uint32_t i = 0; i < HEADER_BYTES / 4u; i++)
		header[i] = pci.access->read(pci.space, row->function->address, 4u * i);
	return virtio_layout_read((const uint8_t *)header, HEADER_BYTES, bars, out);
}

/* The upper half of the features it offers; 0: they cannot be read. */
static uint32_t features_read(struct row *row, const struct virtio_place *common)
{
	struct device_bar bar = part_bar(row, common->bar);
	handle_t region;
	uint64_t mapped;
	uint64_t pages = (bar.offset + bar.size + PAGE_MASK) / PAGE_SIZE;

	if (part_region(row, common->bar, &region) != STATUS_OK ||
	    sys_memory_map(region, 0, 0, pages, PROT_READ | PROT_WRITE, &mapped) != STATUS_OK)
		return 0;
	volatile uint8_t *registers = (volatile uint8_t *)mapped + bar.offset + common->offset;
	*(volatile uint32_t *)(volatile void *)(registers + FEATURES_SELECT) = UPPER_HALF;
	uint32_t features = *(volatile uint32_t *)(volatile void *)(registers + FEATURES);
	must(sys_memory_unmap(mapped, pages));
	return features;
}

bool bypasses(struct row *row)
{
	struct virtio_layout layout;

	if (!is_virtio(row->function))
		return false;
	if (layout_read(row, &layout) != STATUS_OK)
		return true; /* an old one, which cannot say */
	return (features_read(row, &layout.parts[VIRTIO_COMMON]) & (uint32_t)(VIRTIO_ACCESS_PLATFORM >> 32)) == 0;
}
