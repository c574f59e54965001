/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One request, as the device is told of it. Virtual I/O Device 1.1, 5.2.6. */
#include "disk.h"
#include <lib/bytes.h>

#define TYPE_READ    0u
#define TYPE_WRITE   1u
#define TYPE_FLUSH   4u
#define TYPE_DISCARD 11u
#define TYPE_ZERO    13u
#define HEAD_SECTOR  8u
#define RANGE_COUNT  8u
#define RANGE_FLAGS  12u
#define MAY_FREE     1u
/* What the device writes into the status, and what stands there before. */
#define ANSWER_OK          0u
#define ANSWER_UNSUPPORTED 2u
#define ANSWER_NONE        0xffu

#define SECTORS (BLOCK_SIZE / DISK_SECTOR)

bool request_needs_memory(const struct block_request *request)
{
	return request->operation == BLOCK_READ || request->operation == BLOCK_WRITE;
}

/*@ requires \valid_read(request);
    assigns \nothing;
    ensures \result <==> request->operation == BLOCK_ZERO || request->operation == BLOCK_DISCARD; */
static bool erases(const struct block_request *request)
{
	return request->operation == BLOCK_ZERO || request->operation == BLOCK_DISCARD;
}

/*@ requires \valid_read(disk) && \valid_read(request);
    assigns \nothing;
    ensures \result == STATUS_OK ==> request->count <= disk->erase_max; */
static status_t check_erase(const struct disk *disk, const struct block_request *request)
{
	uint32_t needed = request->operation == BLOCK_ZERO ? BLOCK_CAN_ZERO : BLOCK_CAN_DISCARD;

	if ((disk->flags & needed) == 0)
		return STATUS_UNSUPPORTED;
	return request->place == 0 && request->count <= disk->erase_max ? STATUS_OK : STATUS_INVALID;
}

/*@ requires \valid_read(disk) && \valid_read(request);
    assigns \nothing;
    ensures \result == STATUS_OK ==>
      request->count <= disk->count_max && request->place + request->count <= memory_blocks; */
static status_t check_data(const struct disk *disk, const struct block_request *request, uint64_t memory_blocks)
{
	bool fits = request->count <= disk->count_max && bytes_fit(memory_blocks, request->place, request->count);

	return fits ? STATUS_OK : STATUS_INVALID;
}

status_t request_check(const struct disk *disk, const struct block_request *request, uint64_t memory_blocks)
{
	if (request->reserved != 0)
		return STATUS_INVALID;
	if (request->operation == BLOCK_FLUSH)
		return request->block == 0 && request->count == 0 && request->place == 0 ? STATUS_OK : STATUS_INVALID;
	if (!request_needs_memory(request) && !erases(request))
		return STATUS_INVALID;
	if (request->count == 0 || !bytes_fit(disk->blocks, request->block, request->count))
		return STATUS_INVALID;
	if (request->operation != BLOCK_READ && (disk->flags & BLOCK_IS_READ_ONLY) != 0)
		return STATUS_DENIED;
	return erases(request) ? check_erase(disk, request) : check_data(disk, request, memory_blocks);
}

bool request_is_done(const struct disk *disk, const struct block_request *request)
{
	return request->operation == BLOCK_FLUSH && (disk->flags & BLOCK_CAN_FLUSH) == 0;
}

/*@ requires \valid_read(request);
    assigns \nothing; */
static uint32_t type_of(const struct block_request *request)
{
	switch (request->operation) {
	case BLOCK_READ: return TYPE_READ;
	case BLOCK_WRITE: return TYPE_WRITE;
	case BLOCK_FLUSH: return TYPE_FLUSH;
	case BLOCK_ZERO: return TYPE_ZERO;
	default: return TYPE_DISCARD;
	}
}

/* The sector of a flush, zero or discard is 0: the latter two name it in their range. */
/*@ requires disk_ok(disk) && \valid_read(request) && \valid(frame) && \separated(frame, disk, request);
    requires request_ok(disk, request, BLOCK_BUFFER_MAX);
    assigns *frame; */
static void frame_fill(const struct disk *disk, const struct block_request *request, struct request_frame *frame)
{
	bool zero = request->operation == BLOCK_ZERO;

	*frame = (struct request_frame){.status = ANSWER_NONE};
	bytes_put_le32(frame->head, type_of(request));
	bytes_put_le64(frame->head + HEAD_SECTOR, request_needs_memory(request) ? request->block * SECTORS : 0);
	bytes_put_le64(frame->range, request->block * SECTORS);
	bytes_put_le32(frame->range + RANGE_COUNT, request->count * SECTORS);
	bytes_put_le32(frame->range + RANGE_FLAGS, zero && disk->zero_may_free ? MAY_FREE : 0);
}

/* The client's memory in pieces of what the device takes, behind out[0]; returns how many there are then. */
/*@ requires disk_ok(disk) && \valid_read(request) && \valid(out + (0 .. VIRTQUEUE_SEGMENTS_MAX - 1));
    requires \separated(disk, request, out + (0 .. VIRTQUEUE_SEGMENTS_MAX - 1));
    requires request_ok(disk, request, BLOCK_BUFFER_MAX) && request_moves(request);
    requires memory_address + BLOCK_BUFFER_MAX * BLOCK_SIZE <= UINT64_MAX;
    assigns out[1 .. VIRTQUEUE_SEGMENTS_MAX - 2];
    ensures fits: 2 <= \result <= VIRTQUEUE_SEGMENTS_MAX - 1;
    ensures named: \forall integer i; 0 < i < \result ==>
      segment_in(out, i, memory_address + request->place * BLOCK_SIZE, request->count * BLOCK_SIZE); */
static uint32_t data_segments(const struct disk *disk, const struct block_request *request, uint64_t memory_address,
                              struct virtqueue_segment *out)
{
	const uint64_t address = memory_address + (uint64_t)request->place * BLOCK_SIZE;
	const uint32_t whole = request->count * BLOCK_SIZE;
	const uint32_t most = disk->segment_bytes;
	const uint32_t written = request->operation == BLOCK_READ;
	uint32_t done = 0;
	uint32_t count = 1;

	//@ assert address == memory_address + request->place * BLOCK_SIZE;
	/*@ loop invariant 0 <= done <= whole && 1 <= count <= VIRTQUEUE_SEGMENTS_MAX - 1 && (count == 1 ==> done == 0);
	    loop invariant done < whole ==> done == (count - 1) * most;
	    loop invariant \forall integer i; 0 < i < count ==> segment_in(out, i, address, whole);
	    loop assigns done, count, out[1 .. VIRTQUEUE_SEGMENTS_MAX - 2];
	    loop variant whole - done; */
	while (done < whole) {
		const uint32_t bytes = whole - done < most ? whole - done : most;

		//@ assert count * most == (count - 1) * most + most;
		out[count++] = (struct virtqueue_segment){address + done, bytes, written};
		//@ assert segment_in(out, count - 1, address, whole);
		done += bytes;
	}
	//@ assert address == memory_address + request->place * BLOCK_SIZE && whole == request->count * BLOCK_SIZE;
	return count;
}

/* The last: what the device answers. */
/*@ requires \valid(out + (0 .. VIRTQUEUE_SEGMENTS_MAX - 1)) && count < VIRTQUEUE_SEGMENTS_MAX;
    requires frame_address + sizeof(struct request_frame) <= UINT64_MAX;
    assigns out[count];
    ensures \result == count + 1;
    ensures segment_in(out, count, frame_address, sizeof(struct request_frame));
    ensures \forall integer i; 0 <= i < count ==>
      out[i].address == \old(out[i].address) && out[i].bytes == \old(out[i].bytes); */
static uint32_t status_segment(uint64_t frame_address, struct virtqueue_segment *out, uint32_t count)
{
	out[count] = (struct virtqueue_segment){frame_address + offsetof(struct request_frame, status), 1, 1};
	return count + 1u;
}

uint32_t request_segments(const struct disk *disk, const struct block_request *request, uint64_t memory_address,
                          struct request_frame *frame, uint64_t frame_address,
                          struct virtqueue_segment out[VIRTQUEUE_SEGMENTS_MAX])
{
	uint32_t count = 0;

	frame_fill(disk, request, frame);
	out[count++] = (struct virtqueue_segment){frame_address + offsetof(struct request_frame, head),
	                                          sizeof(frame->head), 0};
	//@ assert segment_in(out, 0, frame_address, sizeof(struct request_frame));
	if (request_needs_memory(request))
		count = data_segments(disk, request, memory_address, out);
	else if (erases(request))
		out[count++] = (struct virtqueue_segment){frame_address + offsetof(struct request_frame, range),
		                                          sizeof(frame->range), 0};
	/*@ assert request_moves(request) ==> \forall integer i; 0 < i < count ==>
	      segment_in(out, i, memory_address + request->place * BLOCK_SIZE, request->count * BLOCK_SIZE); */
	//@ assert count < VIRTQUEUE_SEGMENTS_MAX;
	//@ assert segment_in(out, 0, frame_address, sizeof(struct request_frame));
	/*@ assert !request_moves(request) ==> \forall integer i; 0 < i < count ==>
	      segment_in(out, i, frame_address, sizeof(struct request_frame)); */
	return status_segment(frame_address, out, count);
}

status_t request_result(const struct block_request *request, const struct request_frame *frame, uint32_t written)
{
	uint32_t whole = 1u + (request->operation == BLOCK_READ ? request->count * BLOCK_SIZE : 0);

	switch (__atomic_load_n(&frame->status, __ATOMIC_RELAXED)) {
	/* Well done, and less written than there was to write: the rest would be what lay there before. */
	case ANSWER_OK: return written == whole ? STATUS_OK : STATUS_IO_ERROR;
	case ANSWER_UNSUPPORTED: return erases(request) ? STATUS_UNSUPPORTED : STATUS_IO_ERROR;
	default: return STATUS_IO_ERROR;
	}
}
