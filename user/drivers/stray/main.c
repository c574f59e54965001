/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Memory that a device was given, and that was taken from it: does it still write there? */
#include <driver/virtio.h>
#include <lib/string.h>
#include <os/device.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/startup.h>
#include <os/time.h>

#define QUEUE_SIZE   4u
#define TAG          1u /* no process has this id and a device */
#define ANSWER_NS    (2u * NS_PER_SECOND)
#define BYTES        64u

static struct virtio device;
static struct virtqueue queue;
static handle_t notification;

static void open(void)
{
	uint64_t address;
	void *rings;

	must(sys_notification_create(&notification));
	must(virtio_open(startup_need("devices"), &device));
	must(virtio_interrupt(&device, notification, 1));
	must(virtio_begin(&device, 0));
	must(virtio_memory(&device, 0, 1, &rings, &address));
	virtqueue_init(&queue, rings, address, QUEUE_SIZE);
	must(virtio_queue(&device, 0, &queue));
	must(virtio_run(&device));
}

/* Does the device say that it wrote there? */
static bool fill(uint64_t address)
{
	const struct virtqueue_segment segment = {.address = address, .bytes = BYTES, .written = 1};
	struct virtqueue_done done;
	uint64_t bits;

	must(virtqueue_add(&queue, &segment, 1, 0));
	virtio_tell(&device, 0);
	while (virtqueue_take(&queue, &done) != VIRTQUEUE_DONE) {
		if (!virtio_well(&device) ||
		    sys_notification_wait(notification, time_after(ANSWER_NS), &bits) != STATUS_OK)
			return false;
		virtio_interrupted(&device);
	}
	return done.written != 0;
}

static bool changed(const uint8_t *memory)
{
	uint32_t bits = 0;

	for (uint32_t i = 0; i < PAGE_SIZE; i++)
		bits |= memory[i];
	return bits != 0;
}

int main(int argc, char **argv)
{
	struct device_forget_req forget = {.tag = TAG};
	struct device_forget_rep forgotten;
	uint64_t address;
	void *memory;

	(void)argc;
	(void)argv;
	open();
	must(virtio_memory(&device, TAG, 1, &memory, &address));
	if (!fill(address) || !changed(memory)) {
		print("the device does not even write where it may\n");
		return 2;
	}
	memset(memory, 0, PAGE_SIZE);
	must(device_forget(startup_need("devices"), time_after(NS_PER_SECOND), &forget, &forgotten));
	(void)fill(address); /* one that an IOMMU stops may not know */
	print("memory that was taken from the device %s\n", changed(memory) ? "has CHANGED" : "is as it was");
	return changed(memory) ? 1 : 0;
}
