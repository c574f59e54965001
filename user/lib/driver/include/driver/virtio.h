/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A virtio device on PCI, as its driver sees it through the device manager.
 * Virtual I/O Device 1.1, 4.1 (transport) and 3.1 (initialization). Modern
 * devices only; transitional ones are used as modern ones.
 *
 * Begin: virtio_open, virtio_interrupt, then virtio_begin, virtio_queue for each
 * queue, virtio_run. After virtio_reset the same again from virtio_begin on.
 *
 * The device can say anything: where its registers lie is checked against its
 * BARs, and a device that is not there any more reads as ones and is noticed.
 * One thread. Not here: what a device is for; what travels in its queues.
 */
#pragma once
#include <driver/interrupt.h>
#include <driver/registers.h>
#include <driver/virtqueue.h>
#include <proto/device.h>

#define VIRTIO_QUEUES_MAX 8u
#define VIRTIO_RESET_NS   1000000000ull /* a device may take so long over a reset */

/* Features of every device. virtio_begin wants these besides what the driver wants. */
#define VIRTIO_VERSION_1       (1ull << 32) /* and insists on this one */
#define VIRTIO_ACCESS_PLATFORM (1ull << 33)
#define VIRTIO_ORDER_PLATFORM  (1ull << 36)

/* The structures of registers (4.1.4), numbered from 0 and not from 1. */
enum virtio_part {
	VIRTIO_COMMON,
	VIRTIO_NOTIFY,
	VIRTIO_ISR,
	VIRTIO_CONFIG, /* of this kind of device; it may have none */
	VIRTIO_PARTS,
};
struct virtio_place {
	uint32_t bar;
	uint32_t offset;
	uint32_t size; /* bytes; 0: there is none */
};
struct virtio_layout {
	struct virtio_place parts[VIRTIO_PARTS];
	uint32_t notify_step; /* bytes between the doorbells of two queues; 0: they share one */
};

struct virtio {
	handle_t manager;
	struct virtio_layout layout;
	struct registers parts[VIRTIO_PARTS];
	struct interrupt interrupt;
	bool messages;               /* interrupts come by message */
	uint64_t features;           /* both sides have agreed on */
	uint32_t doorbells[VIRTIO_QUEUES_MAX]; /* offset in VIRTIO_NOTIFY, of the queues that were set up */
};

/*
 * Where a device's registers lie, from the first `length` bytes of its configuration space. Of each structure the first
 * that lies wholly in a BAR of memory, and is as large as it must be, counts. UNSUPPORTED: no modern virtio device.
 */
CC_NODISCARD status_t virtio_layout_read(const uint8_t *config, size_t length,
                                         const struct device_bar bars[DEVICE_BARS_MAX], struct virtio_layout *out);

/*
 * The device that the manager (proto/device.h) has for this process: opened, its registers mapped, reset.
 * UNSUPPORTED: as virtio_layout_read. IO_ERROR, TIMED_OUT: as virtio_reset. Else the manager's statuses.
 */
CC_NODISCARD status_t virtio_open(handle_t manager, struct virtio *out_virtio);
/* Its one interrupt, for all queues and for changes of its configuration, as bits of the notification. UNSUPPORTED,
 * BUSY: device_interrupt. */
CC_NODISCARD status_t virtio_interrupt(struct virtio *virtio, handle_t notification, uint64_t bits);
/* Memory in one run that the device reaches at *out_address, mapped; zeroed or as a predecessor left it. Statuses of
 * device_memory and memory_map. */
CC_NODISCARD status_t virtio_memory(const struct virtio *virtio, uint64_t tag, uint64_t pages, void **out_memory,
                                    uint64_t *out_address);

/* Agree on features: those of `wanted` that it offers, in virtio->features. UNSUPPORTED: it refuses, or is of an older
 * version. IO_ERROR: it is gone. */
CC_NODISCARD status_t virtio_begin(struct virtio *virtio, uint64_t wanted);
/* Descriptors of a queue, as the device says; 0: it has no such queue. */
CC_NODISCARD uint32_t virtio_queue_size(const struct virtio *virtio, uint32_t index);
/* Tell it where a queue lies that virtqueue_init has made. IO_ERROR: it will not have it. */
CC_NODISCARD status_t virtio_queue(struct virtio *virtio, uint32_t index, const struct virtqueue *queue);
/* From here on it works. IO_ERROR: it is gone. */
CC_NODISCARD status_t virtio_run(struct virtio *virtio);

/* It reads the rings again. */
void virtio_tell(const struct virtio *virtio, uint32_t index);
/* Its interrupt has come: quiet it, and let it come again. What the device wrote before it can be read after this. */
void virtio_interrupted(const struct virtio *virtio);
/* Since virtio_run: it is there, and has not asked for a reset. */
CC_NODISCARD bool virtio_well(const struct virtio *virtio);
/* It forgets everything, and uses no memory when this returns OK or IO_ERROR (it is gone). TIMED_OUT: it may still. */
CC_NODISCARD status_t virtio_reset(struct virtio *virtio);

/* A field of its configuration; 0: it has none there. Fields read with the same generation before and after them belong
 * together. */
CC_NODISCARD uint32_t virtio_config(const struct virtio *virtio, enum register_width width, uint32_t offset);
CC_NODISCARD uint32_t virtio_generation(const struct virtio *virtio);
