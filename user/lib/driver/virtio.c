/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Registers of a virtio device, and the order in which it is set up. */
#include <driver/virtio.h>
#include <lib/bytes.h>
#include <os/device.h>
#include <os/panic.h>
#include <os/time.h>

/* The common structure (4.1.4.3). */
#define FEATURES_OFFERED_SELECT 0x00u
#define FEATURES_OFFERED        0x04u
#define FEATURES_TAKEN_SELECT   0x08u
#define FEATURES_TAKEN          0x0cu
#define CONFIG_VECTOR           0x10u /* 16 bits */
#define QUEUES                  0x12u /* 16 bits */
#define DEVICE_STATUS           0x14u /* 8 bits */
#define GENERATION              0x15u /* 8 bits */
#define QUEUE_SELECT            0x16u /* 16 bits */
#define QUEUE_SIZE              0x18u /* 16 bits */
#define QUEUE_VECTOR            0x1au /* 16 bits */
#define QUEUE_ENABLE            0x1cu /* 16 bits */
#define QUEUE_DOORBELL          0x1eu /* 16 bits */
#define QUEUE_DESCRIPTORS       0x20u /* 64 bits */
#define QUEUE_AVAILABLE         0x28u /* 64 bits */
#define QUEUE_USED              0x30u /* 64 bits */

/* Its status (2.1). */
#define ACKNOWLEDGE  1u
#define DRIVER       2u
#define DRIVER_OK    4u
#define FEATURES_OK  8u
#define NEEDS_RESET  64u
#define NOT_THERE    0xffu

#define VECTOR_FIRST   0u /* of the message that device_interrupt gives as number 0 */
#define RESET_POLL_NS  (1u * NS_PER_MS)
#define MANAGER_NS     (5u * NS_PER_SECOND)

/* ---- registers ---- */

static uint32_t get(const struct virtio *virtio, enum virtio_part part, enum register_width width, uint32_t offset)
{
	struct registers registers = virtio->parts[part];

	registers.width = width;
	return registers_read(&registers, offset);
}

static void set(const struct virtio *virtio, enum register_width width, uint32_t offset, uint32_t value)
{
	struct registers registers = virtio->parts[VIRTIO_COMMON];

	registers.width = width;
	registers_write(&registers, offset, value);
}

/* The halves of these registers may be written one by one. */
static void set64(const struct virtio *virtio, uint32_t offset, uint64_t value)
{
	set(virtio, REGISTER_32, offset, (uint32_t)value);
	set(virtio, REGISTER_32, offset + 4u, (uint32_t)(value >> 32));
}

static uint32_t status_get(const struct virtio *virtio)
{
	return get(virtio, VIRTIO_COMMON, REGISTER_8, DEVICE_STATUS);
}

static void status_add(const struct virtio *virtio, uint32_t bits)
{
	set(virtio, REGISTER_8, DEVICE_STATUS, status_get(virtio) | bits);
}

/* ---- opening ---- */

/* The registers of one BAR, mapped once for all the structures in it. */
static status_t bar_map(const struct virtio *virtio, const struct device_open_rep *device, uint32_t bar,
                        struct registers *out)
{
	struct device_region_req request = {bar};
	struct device_region_rep reply;
	status_t status = device_region(virtio->manager, time_after(MANAGER_NS), &request, &reply);

	if (status != STATUS_OK)
		return status;
	struct registers_place place = {
		.region = ipc_reply_take(0),
		.kind = REGION_MEMORY,
		.base = device->bars[bar].offset,
		.size = device->bars[bar].size,
		.width = REGISTER_32,
	};
	return registers_open(&place, out);
}

static status_t parts_map(struct virtio *virtio, const struct device_open_rep *device)
{
	struct registers bars[DEVICE_BARS_MAX] = {{.size = 0}};

	for (uint32_t part = 0; part < VIRTIO_PARTS; part++) {
		const struct virtio_place *place = &virtio->layout.parts[part];
		struct registers *bar = &bars[place->bar];

		if (place->size == 0)
			continue;
		status_t status = bar->size == 0 ? bar_map(virtio, device, place->bar, bar) : STATUS_OK;
		if (status != STATUS_OK)
			return status;
		virtio->parts[part] = *bar;
		virtio->parts[part].memory += place->offset;
		virtio->parts[part].size = place->size;
	}
	return STATUS_OK;
}

status_t virtio_open(handle_t manager, struct virtio *out_virtio)
{
	struct device_open_req open = {};
	struct device_open_rep device;
	struct device_config_req where = {.offset = 0, .bytes = sizeof((struct device_config_rep){}.data)};
	struct device_config_rep config;
	size_t bytes;

	*out_virtio = (struct virtio){.manager = manager};
	status_t status = device_open(manager, time_after(MANAGER_NS), &open, &device);
	if (status == STATUS_OK)
		status = device_config(manager, time_after(MANAGER_NS), &where, &config, &bytes);
	if (status == STATUS_OK)
		status = virtio_layout_read(config.data, bytes, device.bars, &out_virtio->layout);
	if (status == STATUS_OK)
		status = parts_map(out_virtio, &device);
	return status == STATUS_OK ? virtio_reset(out_virtio) : status;
}

status_t virtio_interrupt(struct virtio *virtio, handle_t notification, uint64_t bits)
{
	struct device_interrupt_req request = {0};
	struct device_interrupt_rep reply;
	status_t status = device_interrupt(virtio->manager, time_after(MANAGER_NS), &request, &reply);

	if (status != STATUS_OK)
		return status;
	virtio->messages = reply.kind == DEVICE_INTERRUPT_MESSAGE;
	return interrupt_open(ipc_reply_take(0), notification, bits, &virtio->interrupt);
}

status_t virtio_memory(const struct virtio *virtio, uint64_t tag, uint64_t pages, void **out_memory,
                       uint64_t *out_address)
{
	struct device_memory_req request = {.tag = tag, .pages = pages};
	struct device_memory_rep reply;
	uint64_t mapped;
	status_t status = device_memory(virtio->manager, time_after(MANAGER_NS), &request, &reply);

	if (status == STATUS_OK)
		status = sys_memory_map(ipc_reply_take(0), 0, 0, reply.pages, PROT_READ | PROT_WRITE, &mapped);
	if (status != STATUS_OK)
		return status;
	*out_memory = (void *)mapped;
	*out_address = reply.address;
	return STATUS_OK;
}

/* ---- setting up ---- */

status_t virtio_reset(struct virtio *virtio)
{
	deadline_t deadline = time_after(VIRTIO_RESET_NS);

	set(virtio, REGISTER_8, DEVICE_STATUS, 0);
	for (;;) {
		uint32_t status = status_get(virtio);

		if (status == 0)
			return STATUS_OK;
		if (status == NOT_THERE)
			return STATUS_IO_ERROR;
		if (time_now() >= deadline)
			return STATUS_TIMED_OUT;
		time_sleep(RESET_POLL_NS); /* nothing tells of the end of a reset */
	}
}

static uint64_t features_offered(const struct virtio *virtio)
{
	uint64_t features = 0;

	for (uint32_t half = 0; half < 2u; half++) {
		set(virtio, REGISTER_32, FEATURES_OFFERED_SELECT, half);
		features |= (uint64_t)get(virtio, VIRTIO_COMMON, REGISTER_32, FEATURES_OFFERED) << (32u * half);
	}
	return features;
}

static void features_take(const struct virtio *virtio)
{
	for (uint32_t half = 0; half < 2u; half++) {
		set(virtio, REGISTER_32, FEATURES_TAKEN_SELECT, half);
		set(virtio, REGISTER_32, FEATURES_TAKEN, (uint32_t)(virtio->features >> (32u * half)));
	}
}

/* An interrupt by message is a row of the device's table; a device that has no room for it says another. */
static bool vector_set(const struct virtio *virtio, uint32_t offset)
{
	if (!virtio->messages)
		return true;
	set(virtio, REGISTER_16, offset, VECTOR_FIRST);
	return get(virtio, VIRTIO_COMMON, REGISTER_16, offset) == VECTOR_FIRST;
}

status_t virtio_begin(struct virtio *virtio, uint64_t wanted)
{
	status_add(virtio, ACKNOWLEDGE);
	status_add(virtio, DRIVER);
	wanted |= VIRTIO_VERSION_1 | VIRTIO_ACCESS_PLATFORM | VIRTIO_ORDER_PLATFORM;
	virtio->features = features_offered(virtio) & wanted;
	if ((status_get(virtio) & NEEDS_RESET) != 0)
		return STATUS_IO_ERROR;
	if ((virtio->features & VIRTIO_VERSION_1) == 0)
		return STATUS_UNSUPPORTED;
	features_take(virtio);
	status_add(virtio, FEATURES_OK);
	if ((status_get(virtio) & FEATURES_OK) == 0)
		return STATUS_UNSUPPORTED;
	return vector_set(virtio, CONFIG_VECTOR) ? STATUS_OK : STATUS_IO_ERROR;
}

uint32_t virtio_queue_size(const struct virtio *virtio, uint32_t index)
{
	if (index >= get(virtio, VIRTIO_COMMON, REGISTER_16, QUEUES))
		return 0;
	set(virtio, REGISTER_16, QUEUE_SELECT, index);
	return get(virtio, VIRTIO_COMMON, REGISTER_16, QUEUE_SIZE);
}

status_t virtio_queue(struct virtio *virtio, uint32_t index, const struct virtqueue *queue)
{
	struct virtqueue_places places = virtqueue_places(queue);

	assert(index < VIRTIO_QUEUES_MAX);
	set(virtio, REGISTER_16, QUEUE_SELECT, index);
	set(virtio, REGISTER_16, QUEUE_SIZE, queue->size);
	set64(virtio, QUEUE_DESCRIPTORS, places.descriptors);
	set64(virtio, QUEUE_AVAILABLE, places.available);
	set64(virtio, QUEUE_USED, places.used);
	uint64_t doorbell = (uint64_t)get(virtio, VIRTIO_COMMON, REGISTER_16, QUEUE_DOORBELL) *
	                    virtio->layout.notify_step;
	if (!bytes_fit(virtio->layout.parts[VIRTIO_NOTIFY].size, doorbell, 2) || doorbell % 2u != 0 ||
	    !vector_set(virtio, QUEUE_VECTOR))
		return STATUS_IO_ERROR;
	virtio->doorbells[index] = (uint32_t)doorbell;
	set(virtio, REGISTER_16, QUEUE_ENABLE, 1);
	return STATUS_OK;
}

status_t virtio_run(struct virtio *virtio)
{
	status_add(virtio, DRIVER_OK);
	return virtio_well(virtio) ? STATUS_OK : STATUS_IO_ERROR;
}

/* ---- at work ---- */

void virtio_tell(const struct virtio *virtio, uint32_t index)
{
	struct registers registers = virtio->parts[VIRTIO_NOTIFY];

	arch_device_barrier(); /* what the rings hold is there before the device looks */
	registers.width = REGISTER_16;
	registers_write(&registers, virtio->doorbells[index], index);
}

void virtio_interrupted(const struct virtio *virtio)
{
	if (!virtio->messages)
		(void)get(virtio, VIRTIO_ISR, REGISTER_8, 0); /* reading lowers the line */
	interrupt_done(&virtio->interrupt);
	arch_device_barrier();
}

bool virtio_well(const struct virtio *virtio)
{
	return (status_get(virtio) & (NEEDS_RESET | DRIVER_OK)) == DRIVER_OK; /* one that is gone has all bits set, or none */
}

uint32_t virtio_config(const struct virtio *virtio, enum register_width width, uint32_t offset)
{
	if (!bytes_fit(virtio->layout.parts[VIRTIO_CONFIG].size, offset, 1u << width))
		return 0;
	return get(virtio, VIRTIO_CONFIG, width, offset);
}

uint32_t virtio_generation(const struct virtio *virtio)
{
	return get(virtio, VIRTIO_COMMON, REGISTER_8, GENERATION);
}
