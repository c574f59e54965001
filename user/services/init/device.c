/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Claiming what the machine description names, for the one driver that may touch it. */
#include "init.h"
#include <os/info.h>
#include <os/panic.h>

static struct device devices[MANIFEST_DEVICE_COUNT];

/* Does a driver of this kind wait for the device's interrupt? A serial line would have to be polled without;
 * a clock is read and left alone. */
static bool needs_interrupt(enum manifest_device kind)
{
	return kind == MANIFEST_DEVICE_UART;
}

static bool is_of_kind(enum manifest_device kind, const struct info_device *info)
{
	if (needs_interrupt(kind) && info->irq == UINT32_MAX)
		return false;
	if (kind == MANIFEST_DEVICE_UART)
		return info->kind == DEVICE_UART_16550 || info->kind == DEVICE_UART_PL011;
	return kind == MANIFEST_DEVICE_RTC && info->kind == DEVICE_RTC;
}

static status_t claim_region(struct device *device)
{
	const struct info_device *info = &device->info;
	/* Memory is handed out in whole pages; the driver is told where in them its device is. */
	uint64_t mask = info->region_kind == REGION_MEMORY ? PAGE_MASK : 0;
	uint64_t base = info->base & ~mask;
	uint64_t end = (info->base + info->size + mask) & ~mask;

	return sys_region_create(startup_need("devices"), info->region_kind, base, end - base,
	                         &device->region);
}

static status_t claim(enum manifest_device kind, struct device *device)
{
	const struct info_device *info = &device->info;
	status_t status = claim_region(device);

	if (status != STATUS_OK || !needs_interrupt(kind))
		return status;
	status = sys_irq_create(startup_need("devices"), info->irq, info->irq_trigger, &device->irq);
	if (status != STATUS_OK) {
		must(sys_cap_drop(device->region));
		device->region = HANDLE_NONE;
	}
	return status;
}

static status_t find(enum manifest_device kind, struct device *device)
{
	handle_t monitor = startup_need("monitor");
	uint64_t index = 0;

	while (info_read(monitor, INFO_DEVICE, index, &device->info, sizeof(device->info), &index) ==
	       STATUS_OK) {
		if (is_of_kind(kind, &device->info))
			return claim(kind, device);
	}
	return STATUS_NOT_FOUND;
}

status_t device_claim(enum manifest_device kind, const struct device **out_device)
{
	assert(kind < MANIFEST_DEVICE_COUNT);
	struct device *device = &devices[kind];

	if (device->region == HANDLE_NONE) {
		status_t status = find(kind, device);

		if (status != STATUS_OK)
			return status;
	}
	*out_device = device;
	return STATUS_OK;
}
