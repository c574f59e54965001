/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One queue, one request at a time, in one page: the rings, and where the device writes. */
#include "rng.h"
#include <lib/hash.h>
#include <lib/string.h>
#include <os/panic.h>
#include <os/time.h>

#define QUEUE          0u
#define QUEUE_SIZE_MAX 8u
#define BUFFER_AT      2048u /* in the page; before it the rings */
#define PATIENCE_NS    (5u * NS_PER_SECOND)
#define BIT            1u

static struct virtio device;
static struct virtqueue queue;
static uint8_t *buffer;
static uint64_t buffer_address;

/* A predecessor's page is as good as a new one: the device was reset, and the rings are wiped. */
static status_t queue_open(void)
{
	uint32_t offered = virtio_queue_size(&device, QUEUE);
	uint32_t size = virtqueue_size_for(offered < QUEUE_SIZE_MAX ? offered : QUEUE_SIZE_MAX);
	uint64_t address;
	void *memory;

	if (size == 0)
		return STATUS_UNSUPPORTED;
	assert(virtqueue_bytes(size) <= BUFFER_AT);
	status_t status = virtio_memory(&device, 0, 1, &memory, &address);
	if (status != STATUS_OK)
		return status;
	buffer = (uint8_t *)memory + BUFFER_AT;
	buffer_address = address + BUFFER_AT;
	virtqueue_init(&queue, memory, address, size);
	return virtio_queue(&device, QUEUE, &queue);
}

status_t rng_open(handle_t manager, handle_t notification)
{
	status_t status = virtio_open(manager, &device);

	if (status == STATUS_OK)
		status = virtio_interrupt(&device, notification, BIT);
	if (status == STATUS_OK)
		status = virtio_begin(&device, 0);
	if (status == STATUS_OK)
		status = queue_open();
	return status == STATUS_OK ? virtio_run(&device) : status;
}

/* Wait for the device to finish with what it was given. */
static status_t finished(handle_t notification, deadline_t deadline, uint32_t *out_bytes)
{
	struct virtqueue_done done;
	uint64_t bits;

	for (;;) {
		enum virtqueue_take take = virtqueue_take(&queue, &done);

		if (take == VIRTQUEUE_DONE)
			break;
		if (take == VIRTQUEUE_BROKEN || !virtio_well(&device))
			return STATUS_IO_ERROR;
		status_t status = sys_notification_wait(notification, deadline, &bits);
		if (status != STATUS_OK)
			return status;
		virtio_interrupted(&device);
	}
	*out_bytes = done.written;
	return done.written == 0 ? STATUS_IO_ERROR : STATUS_OK;
}

/* Ask for the rest. The device is told nothing new while it has a request, so a late one finds its buffer unchanged. */
static status_t ask(handle_t notification, uint32_t wanted, uint32_t *out_bytes)
{
	const struct virtqueue_segment segment = {.address = buffer_address, .bytes = wanted, .written = 1};
	status_t status = virtqueue_add(&queue, &segment, 1, 0);

	if (status != STATUS_OK)
		return status;
	if (virtqueue_must_tell(&queue))
		virtio_tell(&device, QUEUE);
	return finished(notification, time_after(PATIENCE_NS), out_bytes);
}

status_t rng_read(handle_t notification, uint8_t bytes[RNG_BYTES])
{
	for (uint32_t filled = 0, more; filled < RNG_BYTES; filled += more) {
		status_t status = ask(notification, RNG_BYTES - filled, &more);

		if (status != STATUS_OK)
			return status;
		memcpy(bytes + filled, buffer, more);
		secret_wipe(buffer, more);
	}
	return STATUS_OK;
}
