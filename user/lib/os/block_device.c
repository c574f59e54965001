/* SPDX-License-Identifier: MPL-2.0 */
/* Vectors of requests for the driver; their data goes through the memory that is shared with it. */
#include <os/block_device.h>
#include <lib/string.h>
#include <os/time.h>

#define BUFFER_PAGES (BLOCK_DEVICE_BUFFER * (BLOCK_SIZE / PAGE_SIZE))

static struct block_device_client *disk_of(struct block_device *device)
{
	return (struct block_device_client *)(void *)device;
}

static status_t attach(struct block_device_client *disk)
{
	const struct block_attach_req request = {.blocks = BLOCK_DEVICE_BUFFER};
	struct block_attach_rep reply;
	uint64_t address;
	status_t status = block_attach(disk->server, time_after(BLOCK_DEVICE_NS), &request, &reply);

	if (status != STATUS_OK)
		return status;
	const handle_t memory = ipc_reply_take(0);
	status = sys_memory_map(memory, 0, 0, BUFFER_PAGES, PROT_READ | PROT_WRITE, &address);
	if (status != STATUS_OK) {
		(void)!sys_cap_drop(memory);
		return status;
	}
	disk->memory = memory; /* without it the mapping would go */
	disk->buffer = (uint8_t *)address;
	return STATUS_OK;
}

/* A driver under a new device manager knows no memory of ours: get some, with what the old held. */
static status_t attach_again(struct block_device_client *disk)
{
	const struct block_device_client before = *disk;
	const status_t status = attach(disk);

	if (status != STATUS_OK)
		return status;
	memcpy(disk->buffer, before.buffer, BLOCK_DEVICE_BUFFER * BLOCK_SIZE);
	(void)!sys_memory_unmap((uint64_t)before.buffer, BUFFER_PAGES);
	return sys_cap_drop(before.memory);
}

static status_t transfer_once(struct block_device_client *disk, const struct block_transfer_req *request,
                              struct block_transfer_rep *reply)
{
	return block_transfer(disk->server, time_after(BLOCK_DEVICE_NS), request,
	                      request->count * sizeof request->data[0], reply);
}

/* Late for good, or without a driver: for whoever keeps something there it failed. */
static status_t as_device(status_t status)
{
	return status == STATUS_TIMED_OUT || status == STATUS_GONE ? STATUS_IO_ERROR : status;
}

static status_t transfer(struct block_device_client *disk, const struct block_transfer_req *request)
{
	struct block_transfer_rep reply;
	status_t status = transfer_once(disk, request, &reply);

	if (status == STATUS_NOT_FOUND) {
		status = attach_again(disk);
		if (status == STATUS_OK)
			status = transfer_once(disk, request, &reply);
	}
	for (uint32_t i = 0; status == STATUS_OK && i < request->count; i++) {
		if (reply.status[i] != STATUS_OK)
			return as_device(reply.status[i]);
	}
	return as_device(status);
}

/* As many blocks from `block` on as one vector takes; returns how many. */
static uint32_t vector_fill(const struct block_device_client *disk, enum block_operation operation, uint64_t block,
                            uint32_t count, struct block_transfer_req *out_request)
{
	uint32_t done = 0;

	*out_request = (struct block_transfer_req){.count = 0};
	if (count > BLOCK_DEVICE_BUFFER)
		count = BLOCK_DEVICE_BUFFER;
	while (done < count && out_request->count < BLOCK_REQUESTS_MAX) {
		const uint32_t part = count - done < disk->info.count_max ? count - done : disk->info.count_max;

		out_request->data[out_request->count++] = (struct block_request){
			.operation = operation, .count = part, .block = block + done, .place = done};
		done += part;
	}
	return done;
}

static bool within(const struct block_device *device, uint64_t block, uint64_t count)
{
	return block <= device->blocks && count <= device->blocks - block;
}

static status_t read_blocks(struct block_device *device, uint64_t block, uint32_t count, void *out_bytes)
{
	struct block_device_client *disk = disk_of(device);
	struct block_transfer_req request;
	uint8_t *to = out_bytes;

	if (!within(device, block, count))
		return STATUS_INVALID;
	while (count > 0) {
		const uint32_t part = vector_fill(disk, BLOCK_READ, block, count, &request);
		const status_t status = transfer(disk, &request);

		if (status != STATUS_OK)
			return status;
		memcpy(to, disk->buffer, (size_t)part * BLOCK_SIZE);
		to += (size_t)part * BLOCK_SIZE;
		block += part;
		count -= part;
	}
	return STATUS_OK;
}

static status_t write_blocks(struct block_device *device, uint64_t block, uint32_t count, const void *bytes)
{
	struct block_device_client *disk = disk_of(device);
	struct block_transfer_req request;
	const uint8_t *from = bytes;

	if (!within(device, block, count))
		return STATUS_INVALID;
	if (device->read_only)
		return STATUS_DENIED;
	while (count > 0) {
		const uint32_t part = vector_fill(disk, BLOCK_WRITE, block, count, &request);

		memcpy(disk->buffer, from, (size_t)part * BLOCK_SIZE);
		const status_t status = transfer(disk, &request);
		if (status != STATUS_OK)
			return status;
		from += (size_t)part * BLOCK_SIZE;
		block += part;
		count -= part;
	}
	return STATUS_OK;
}

static status_t flush(struct block_device *device)
{
	const struct block_transfer_req request = {.count = 1, .data = {{.operation = BLOCK_FLUSH}}};

	if ((disk_of(device)->info.flags & BLOCK_CAN_FLUSH) == 0)
		return STATUS_OK;
	return transfer(disk_of(device), &request);
}

/* A device that cannot is not asked: what is there may stay. */
static status_t discard(struct block_device *device, uint64_t block, uint64_t count)
{
	struct block_device_client *disk = disk_of(device);

	if (!within(device, block, count))
		return STATUS_INVALID;
	if ((disk->info.flags & BLOCK_CAN_DISCARD) == 0 || disk->info.erase_max == 0)
		return STATUS_OK;
	while (count > 0) {
		const uint32_t part = count < disk->info.erase_max ? (uint32_t)count : disk->info.erase_max;
		const struct block_transfer_req request = {
			.count = 1, .data = {{.operation = BLOCK_DISCARD, .count = part, .block = block}}};
		const status_t status = transfer(disk, &request);

		if (status != STATUS_OK)
			return status;
		block += part;
		count -= part;
	}
	return STATUS_OK;
}

status_t block_device_open(struct block_device_client *disk, handle_t server)
{
	static const struct block_operations operations = {read_blocks, write_blocks, flush, discard};
	static const struct block_info_req request;
	status_t status;

	*disk = (struct block_device_client){.server = server};
	status = block_info(server, time_after(BLOCK_DEVICE_NS), &request, &disk->info);
	if (status != STATUS_OK)
		return status;
	if (disk->info.blocks == 0 || disk->info.count_max == 0)
		return STATUS_IO_ERROR;
	disk->info.model[sizeof disk->info.model - 1] = '\0';
	disk->device = (struct block_device){
		.operations = &operations,
		.blocks = disk->info.blocks,
		.read_only = (disk->info.flags & BLOCK_IS_READ_ONLY) != 0,
	};
	return attach(disk);
}
