/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The one device of this driver. */
#include "disk.h"
#include <driver/virtio.h>
#include <os/panic.h>

/* Its configuration (5.2.4). */
#define CONFIG_SECTORS       0u /* 64 bits */
#define CONFIG_SEGMENT_BYTES 8u
#define CONFIG_SEGMENTS      12u
#define CONFIG_SECTOR_BYTES  20u
#define CONFIG_DISCARD       36u
#define CONFIG_DISCARD_RANGES 40u
#define CONFIG_ZERO          48u
#define CONFIG_ZERO_RANGES   52u
#define CONFIG_ZERO_MAY_FREE 56u /* 8 bits */
#define CONFIG_ROUNDS        16u

/* The driver's own memory: a page for the rings, the others for frames. */
#define OWN_TAG   0u
#define OWN_PAGES (1u + FRAMES_MAX * (uint32_t)sizeof(struct request_frame) / PAGE_SIZE)

static struct virtio virtio;
static uint8_t *memory;
static uint64_t memory_address;

static uint32_t word(uint32_t offset)
{
	return virtio_config(&virtio, REGISTER_32, offset);
}

static struct disk_config config_once(uint32_t queue_size)
{
	return (struct disk_config){
		.features = (uint32_t)virtio.features,
		.sectors = word(CONFIG_SECTORS) | (uint64_t)word(CONFIG_SECTORS + 4u) << 32,
		.segment_bytes_max = word(CONFIG_SEGMENT_BYTES),
		.segments_max = word(CONFIG_SEGMENTS),
		.sector_bytes = word(CONFIG_SECTOR_BYTES),
		.discard_sectors_max = word(CONFIG_DISCARD),
		.discard_ranges_max = word(CONFIG_DISCARD_RANGES),
		.zero_sectors_max = word(CONFIG_ZERO),
		.zero_ranges_max = word(CONFIG_ZERO_RANGES),
		.zero_may_free = virtio_config(&virtio, REGISTER_8, CONFIG_ZERO_MAY_FREE) != 0,
		.queue_size = queue_size,
	};
}

/* IO_ERROR: it changes without pause. */
static status_t limits_read(uint32_t queue_size, struct disk *out_disk)
{
	for (uint32_t round = 0; round < CONFIG_ROUNDS; round++) {
		uint32_t generation = virtio_generation(&virtio);
		struct disk_config config = config_once(queue_size);

		if (virtio_generation(&virtio) == generation)
			return disk_limits(&config, out_disk);
	}
	return STATUS_IO_ERROR;
}

/* Features are agreed on: a queue, and it works. */
static status_t run(struct virtqueue *queue, uint32_t size)
{
	virtqueue_init(queue, memory, memory_address, size);
	status_t status = virtio_queue(&virtio, DEVICE_QUEUE, queue);

	return status == STATUS_OK ? virtio_run(&virtio) : status;
}

/* What is needed once, whatever becomes of the device. */
static status_t acquire(handle_t manager, handle_t notification, uint64_t bits)
{
	void *own;
	status_t status = virtio_open(manager, &virtio);

	if (status == STATUS_OK)
		status = virtio_interrupt(&virtio, notification, bits);
	if (status == STATUS_OK)
		status = virtio_memory(&virtio, OWN_TAG, OWN_PAGES, &own, &memory_address);
	if (status == STATUS_OK)
		memory = own;
	return status;
}

status_t device_start(handle_t manager, handle_t notification, uint64_t bits, struct disk *out_disk,
                      struct virtqueue *queue, struct request_frame **out_frames, uint64_t *out_frames_address)
{
	status_t status = acquire(manager, notification, bits);

	if (status == STATUS_OK)
		status = virtio_begin(&virtio, DISK_FEATURES);
	if (status != STATUS_OK)
		return status;
	uint32_t size = virtqueue_size_for(virtio_queue_size(&virtio, DEVICE_QUEUE));
	assert(virtqueue_bytes(size) <= PAGE_SIZE);
	status = limits_read(size, out_disk);
	if (status != STATUS_OK)
		return status;
	*out_frames = (struct request_frame *)(void *)(memory + PAGE_SIZE);
	*out_frames_address = memory_address + PAGE_SIZE;
	return run(queue, size);
}

void device_tell(struct virtqueue *queue)
{
	if (virtqueue_must_tell(queue))
		virtio_tell(&virtio, DEVICE_QUEUE);
}

void device_interrupted(void)
{
	virtio_interrupted(&virtio);
}

bool device_well(void)
{
	return virtio_well(&virtio);
}

void device_stop(void)
{
	if (virtio_reset(&virtio) == STATUS_TIMED_OUT)
		panic("the disk does not stop");
}

bool device_again(struct virtqueue *queue)
{
	uint64_t features = virtio.features;

	return virtio_begin(&virtio, DISK_FEATURES) == STATUS_OK && virtio.features == features &&
	       virtqueue_size_for(virtio_queue_size(&virtio, DEVICE_QUEUE)) == queue->size &&
	       run(queue, queue->size) == STATUS_OK;
}
