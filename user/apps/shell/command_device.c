/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* devices: what is on PCI, and whose it is. */
#include "shell.h"
#include <lib/format.h>
#include <os/device.h>

/* Base class, and subclass if it matters (PCI Code and ID Assignment 1.11). */
static const struct {
	uint32_t class, mask;
	const char *text;
} classes[] = {
	{0x0108, 0xffff, "NVMe storage"},
	{0x0106, 0xffff, "SATA storage"},
	{0x0100, 0xff00, "storage"},
	{0x0200, 0xffff, "Ethernet"},
	{0x0200, 0xff00, "network"},
	{0x0300, 0xff00, "display"},
	{0x0403, 0xffff, "audio"},
	{0x0400, 0xff00, "multimedia"},
	{0x0600, 0xffff, "host bridge"},
	{0x0601, 0xffff, "ISA bridge"},
	{0x0600, 0xff00, "bridge"},
	{0x0700, 0xff00, "communication"},
	{0x0880, 0xffff, "system device"},
	{0x0900, 0xff00, "input"},
	{0x0c03, 0xffff, "USB"},
	{0x0c05, 0xffff, "SMBus"},
};

static const char *class_text(uint32_t class)
{
	for (uint32_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if ((class >> 8 & classes[i].mask) == classes[i].class)
			return classes[i].text;
	}
	return "other";
}

static void interrupt_show(const struct device_list_rep *device, char *out, size_t size)
{
	if (device->interrupts == DEVICE_INTERRUPT_LINE)
		format(out, size, "line %u", device->irq);
	else if (device->interrupts == DEVICE_INTERRUPT_MESSAGE)
		format(out, size, "%u message%s", device->irq, device->irq == 1u ? "" : "s");
}

static void device_row(const struct device_list_rep *device)
{
	char driver[40] = "-", interrupt[24] = "-", memory[SHOW_MAX] = "-";

	if (device->process != 0)
		name_and_id(device->process, driver, sizeof(driver));
	interrupt_show(device, interrupt, sizeof(interrupt));
	if (device->memory_pages != 0)
		show_size(memory, device->memory_pages * PAGE_SIZE);
	print("%02x:%02x.%x  %04x:%04x  %-14s %-20s %-12s %9s  %s\n", device->address >> 8,
	      device->address >> 3 & 0x1fu, device->address & 7u, device->id.vendor, device->id.device,
	      class_text(device->class), driver, interrupt, memory,
	      device->state != DEVICE_OPEN ? "off" : device->confined != 0 ? "confined" : "NOT confined");
}

uint32_t devices_not_confined(void)
{
	struct device_list_req request = {0};
	struct device_list_rep device;
	uint32_t count = 0;

	for (; device_list(startup_need("devices"), time_after(NS_PER_SECOND), &request, &device) == STATUS_OK;
	     request.index = device.next)
		count += device.state == DEVICE_OPEN && device.confined == 0;
	return count;
}

int command_devices(int argc, char **argv)
{
	struct device_list_req request = {0};
	struct device_list_rep device;
	status_t status;
	uint32_t count = 0;

	if (argc != 1)
		return command_usage(argv[0]);
	names_refresh();
	for (; (status = device_list(startup_need("devices"), time_after(NS_PER_SECOND), &request, &device)) == STATUS_OK;
	     request.index = device.next) {
		if (count++ == 0)
			print("ADDRESS  ID         CLASS          DRIVER               INTERRUPT       MEMORY  DMA\n");
		device_row(&device);
	}
	if (status != STATUS_NOT_FOUND)
		return command_refused(argv[0], status);
	if (count == 0)
		print("there is nothing on PCI\n");
	return 0;
}
