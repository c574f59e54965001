/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Claiming what the machine description names, for the one driver that may touch it. */
#include "init.h"
#include <os/info.h>
#include <os/panic.h>

static struct device uart;

static bool is_uart(const struct info_device *info)
{
	return info->kind == DEVICE_UART_16550 || info->kind == DEVICE_UART_PL011;
}

static status_t claim(struct device *device)
{
	handle_t authority = startup_need("devices");
	const struct info_device *info = &device->info;
	/* Memory is handed out in whole pages; the driver is told where in them its device is. */
	uint64_t mask = info->region_kind == REGION_MEMORY ? PAGE_MASK : 0;
	uint64_t base = info->base & ~mask;
	uint64_t end = (info->base + info->size + mask) & ~mask;
	status_t status =
		sys_region_create(authority, info->region_kind, base, end - base, &device->region);

	if (status != STATUS_OK)
		return status;
	status = sys_irq_create(authority, info->irq, info->irq_trigger, &device->irq);
	if (status != STATUS_OK) {
		must(sys_cap_drop(device->region));
		device->region = HANDLE_NONE;
	}
	return status;
}

static status_t find_uart(void)
{
	handle_t monitor = startup_need("monitor");
	uint64_t index = 0;

	/* A UART without an interrupt would have to be polled: not for a driver. */
	while (info_read(monitor, INFO_DEVICE, index, &uart.info, sizeof(uart.info), &index) == STATUS_OK) {
		if (is_uart(&uart.info) && uart.info.irq != UINT32_MAX)
			return claim(&uart);
	}
	return STATUS_NOT_FOUND;
}

status_t device_claim(enum manifest_device kind, const struct device **out_device)
{
	assert(kind == MANIFEST_DEVICE_UART);
	if (uart.region == HANDLE_NONE) {
		status_t status = find_uart();

		if (status != STATUS_OK)
			return status;
	}
	*out_device = &uart;
	return STATUS_OK;
}
