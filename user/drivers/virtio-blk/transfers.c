/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Transfers come in, their requests go to the device as it has room, in the order
 * of their coming, and are finished in any order. A transfer is answered when its
 * last request is.
 */
#include "disk.h"
#include <lib/string.h>
#include <os/panic.h>

void transfers_init(struct transfers *transfers, const struct disk *disk, struct virtqueue *queue,
                    struct request_frame *frames, uint64_t frames_address)
{
	memset(transfers, 0, sizeof(*transfers));
	transfers->disk = disk;
	transfers->queue = queue;
	transfers->frames = frames;
	transfers->frames_address = frames_address;
	transfers->frames_free = UINT64_MAX;
	_Static_assert(FRAMES_MAX == 64, "a bit each");
}

/* ---- from the client ---- */

static bool well_formed(const struct block_transfer_req *request, size_t bytes)
{
	return request->count != 0 && request->count <= BLOCK_REQUESTS_MAX && request->reserved == 0 &&
	       bytes == offsetof(struct block_transfer_req, data) + request->count * sizeof(request->data[0]);
}

static bool needs_memory(const struct block_transfer_req *request)
{
	for (uint32_t i = 0; i < request->count; i++) {
		if (request_needs_memory(&request->data[i]))
			return true;
	}
	return false;
}

static struct transfer *slot_free(struct transfers *transfers)
{
	for (uint32_t i = 0; i < TRANSFERS_MAX; i++) {
		if (transfers->slots[i].reply == HANDLE_NONE)
			return &transfers->slots[i];
	}
	return NULL;
}

static bool uses_memory(const struct transfer *transfer, uint32_t request)
{
	return transfer->client != NULL && request_needs_memory(&transfer->requests[request]);
}

static void finish(struct transfer *transfer, uint32_t request, status_t status)
{
	transfer->status[request] = status;
	transfer->done++;
	if (uses_memory(transfer, request))
		transfer->client->under_way--;
}

status_t transfers_begin(struct transfers *transfers, handle_t reply, struct client *client,
                         const struct block_transfer_req *request, size_t bytes)
{
	struct transfer *transfer = slot_free(transfers);

	if (reply == HANDLE_NONE || !well_formed(request, bytes))
		return STATUS_INVALID;
	if (client == NULL && needs_memory(request))
		return STATUS_NOT_FOUND;
	if (transfer == NULL)
		return STATUS_FULL;
	*transfer = (struct transfer){.reply = reply, .client = client, .count = request->count};
	memcpy(transfer->requests, request->data, request->count * sizeof(request->data[0]));
	for (uint32_t i = 0; i < transfer->count; i++) {
		if (uses_memory(transfer, i))
			client->under_way++;
	}
	uint32_t at = (transfers->waiting_first + transfers->waiting_count++) % TRANSFERS_MAX;
	transfers->waiting[at] = (uint32_t)(transfer - transfers->slots);
	return STATUS_OK;
}

/* ---- to the device ---- */

static void waiting_drop(struct transfers *transfers)
{
	transfers->waiting_first = (transfers->waiting_first + 1u) % TRANSFERS_MAX;
	transfers->waiting_count--;
}

/* FULL: the device has no room. IO_ERROR: nor will it. */
static status_t request_give(struct transfers *transfers, uint32_t slot, deadline_t deadline)
{
	struct virtqueue_segment segments[VIRTQUEUE_SEGMENTS_MAX];
	struct transfer *transfer = &transfers->slots[slot];
	const struct block_request *request = &transfer->requests[transfer->given];

	if (transfers->frames_free == 0)
		return STATUS_FULL;
	uint32_t frame = (uint32_t)__builtin_ctzll(transfers->frames_free);
	uint32_t count = request_segments(transfers->disk, request,
	                                  transfer->client != NULL ? transfer->client->address : 0,
	                                  &transfers->frames[frame],
	                                  transfers->frames_address + frame * sizeof(struct request_frame), segments);
	status_t status = virtqueue_add(transfers->queue, segments, count, frame);
	if (status != STATUS_OK)
		return status;
	transfers->frames_free &= ~(1ull << frame);
	transfers->uses[frame] = (struct frame_use){slot, transfer->given, deadline};
	return STATUS_OK;
}

/* One request: refused, done at once, or given. False: the device has no room for it. */
static bool request_pass(struct transfers *transfers, uint32_t slot, deadline_t deadline)
{
	struct transfer *transfer = &transfers->slots[slot];
	const struct block_request *request = &transfer->requests[transfer->given];
	status_t status = request_check(transfers->disk, request, transfer->client != NULL ? transfer->client->blocks : 0);

	if (status != STATUS_OK || request_is_done(transfers->disk, request)) {
		finish(transfer, transfer->given++, status);
		return true;
	}
	if (request_give(transfers, slot, deadline) != STATUS_OK)
		return false;
	transfer->given++;
	return true;
}

void transfers_give(struct transfers *transfers, deadline_t deadline)
{
	while (transfers->waiting_count != 0) {
		uint32_t slot = transfers->waiting[transfers->waiting_first];

		while (transfers->slots[slot].given < transfers->slots[slot].count) {
			if (!request_pass(transfers, slot, deadline))
				return;
		}
		waiting_drop(transfers);
	}
}

/* ---- from the device ---- */

static void frame_finish(struct transfers *transfers, uint64_t frame, status_t status)
{
	const struct frame_use *use = &transfers->uses[frame];

	finish(&transfers->slots[use->transfer], use->request, status);
	transfers->frames_free |= 1ull << frame;
}

uint32_t transfers_take(struct transfers *transfers, bool *out_rules)
{
	struct virtqueue_done done;
	enum virtqueue_take take;
	uint32_t count = 0;

	/* The queue believes no more answers than there were requests, so this ends. */
	while ((take = virtqueue_take(transfers->queue, &done)) == VIRTQUEUE_DONE) {
		const struct frame_use *use = &transfers->uses[done.token];
		const struct block_request *request = &transfers->slots[use->transfer].requests[use->request];

		frame_finish(transfers, done.token, request_result(request, &transfers->frames[done.token], done.written));
		count++;
	}
	*out_rules = take != VIRTQUEUE_BROKEN;
	return count;
}

void transfers_abandon(struct transfers *transfers, status_t status)
{
	uint64_t frame;

	while (virtqueue_abandon(transfers->queue, &frame))
		frame_finish(transfers, frame, status);
	assert(transfers->frames_free == UINT64_MAX);
}

void transfers_refuse(struct transfers *transfers, status_t status)
{
	while (transfers->waiting_count != 0) {
		struct transfer *transfer = &transfers->slots[transfers->waiting[transfers->waiting_first]];

		while (transfer->given < transfer->count)
			finish(transfer, transfer->given++, status);
		waiting_drop(transfers);
	}
}

/* ---- answers ---- */

bool transfers_finished(struct transfers *transfers, handle_t *out_reply, struct block_transfer_rep *out)
{
	for (uint32_t i = 0; i < TRANSFERS_MAX; i++) {
		struct transfer *transfer = &transfers->slots[i];

		if (transfer->reply == HANDLE_NONE || transfer->done != transfer->count ||
		    transfer->given != transfer->count)
			continue;
		*out_reply = transfer->reply;
		memcpy(out->status, transfer->status, sizeof(out->status));
		transfer->reply = HANDLE_NONE;
		return true;
	}
	return false;
}

deadline_t transfers_due(const struct transfers *transfers)
{
	deadline_t first = DEADLINE_NEVER;

	for (uint64_t used = ~transfers->frames_free; used != 0; used &= used - 1u) {
		const struct frame_use *use = &transfers->uses[__builtin_ctzll(used)];

		first = use->deadline < first ? use->deadline : first;
	}
	return first;
}
