/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The parts of the disk driver and what they share.
 *
 *   limits.c     what the device says of itself, made into what it can be asked
 *   request.c    one request: is it in order; its descriptors; what the device answered
 *   transfers.c  the transfers of the clients, from the message to the answer
 *   device.c     the device: set up, told, reset
 *   clients.c    the memory that clients and device share
 *   main.c       the protocol, the interrupt, the clock
 *
 * The first three ask nobody and wait for nobody: what they need of device and time
 * they are given. So they are tested against devices that lie.
 */
#pragma once
#include <driver/virtqueue.h>
#include <os/service.h>
#include <proto/block.h>

/* ---- limits.c; Virtual I/O Device 1.1, 5.2 ---- */
#define REQUEST_SEGMENTS_DATA (VIRTQUEUE_SEGMENTS_MAX - 2u) /* beside those of its frame */
#define DISK_SECTOR 512u /* bytes; the unit of the device's addresses, whatever its own sectors are */

enum disk_feature {
	DISK_SIZE_MAX = 1u << 1,
	DISK_SEGMENTS_MAX = 1u << 2,
	DISK_READ_ONLY = 1u << 5,
	DISK_SECTOR_BYTES = 1u << 6,
	DISK_FLUSH = 1u << 9,
	DISK_DISCARD = 1u << 13,
	DISK_ZERO = 1u << 14,
};
#define DISK_FEATURES                                                                                      \
	(DISK_SIZE_MAX | DISK_SEGMENTS_MAX | DISK_READ_ONLY | DISK_SECTOR_BYTES | DISK_FLUSH | DISK_DISCARD |      \
	 DISK_ZERO)

/* As the device says it; a field without its feature means nothing. */
struct disk_config {
	uint32_t features; /* enum disk_feature */
	uint64_t sectors;  /* of DISK_SECTOR bytes */
	uint32_t segment_bytes_max;
	uint32_t segments_max; /* of data in a request */
	uint32_t sector_bytes;
	uint32_t discard_sectors_max;
	uint32_t discard_ranges_max;
	uint32_t zero_sectors_max;
	uint32_t zero_ranges_max;
	bool zero_may_free;
	uint32_t queue_size; /* descriptors */
};
struct disk {
	uint64_t blocks;
	uint32_t flags; /* enum block_flag */
	uint32_t sector_bytes;
	uint32_t count_max; /* blocks of a read or write */
	uint32_t erase_max; /* blocks of a zero or discard */
	uint32_t segment_bytes; /* of a data segment, at most */
	bool zero_may_free;
};
/*@ // What is counted on of a disk: sectors and bytes can be counted, and the largest read or write fits the segments.
    predicate disk_ok(struct disk *disk) = \valid_read(disk) && disk->blocks <= UINT64_MAX / 8 &&
      1 <= disk->count_max <= BLOCK_BUFFER_MAX && disk->erase_max <= UINT32_MAX / 8 && 1 <= disk->segment_bytes &&
      disk->count_max * BLOCK_SIZE <= REQUEST_SEGMENTS_DATA * disk->segment_bytes;
*/
/* UNSUPPORTED: its sectors are larger than blocks, or it takes less than a block at once. */
/*@ requires \valid_read(config) && \valid(out_disk);
    assigns *out_disk;
    ensures \result == STATUS_OK ==> disk_ok(out_disk); */
CC_NODISCARD status_t disk_limits(const struct disk_config *config, struct disk *out_disk);

/* ---- clients.c ---- */
struct client {
	uint64_t tag;     /* id of its process; 0: the slot is free */
	uint64_t address; /* of its memory, for the device */
	uint64_t blocks;
	uint32_t under_way; /* its requests that name its memory and are not answered */
};
/* Those of a predecessor are found again. */
void clients_open(handle_t manager);
/* NULL: it has no memory. */
struct client *client_find(uint64_t tag);
/* As block_attach; attaches the memory to the next answer. */
CC_NODISCARD status_t client_attach(uint64_t tag, uint64_t blocks);
CC_NODISCARD status_t client_detach(uint64_t tag);

/* ---- request.c ---- */
/* What a request needs besides data: the device reads the head and writes the status. In memory it can reach. */
struct request_frame {
	uint8_t head[16];
	uint8_t range[16]; /* of a zero or discard */
	uint8_t status;
	uint8_t reserved[31];
};
_Static_assert(sizeof(struct request_frame) == 64, "frames lie one after the other and cross no page");

/*@ predicate request_moves(struct block_request *request) =
      request->operation == BLOCK_READ || request->operation == BLOCK_WRITE;

    // What may reach the device: blocks of the disk alone, and of the client's memory.
    predicate request_ok(struct disk *disk, struct block_request *request, integer memory_blocks) =
      BLOCK_READ <= request->operation <= BLOCK_DISCARD &&
      request->block + request->count <= disk->blocks &&
      (request_moves(request) ==>
        1 <= request->count <= disk->count_max && request->place + request->count <= memory_blocks) &&
      (!request_moves(request) ==> request->count <= disk->erase_max || request->count == 0);
*/
/* Does it reach the device, as proto/block.h says? OK, or the status it is answered with. The client has so many blocks
 * of memory. */
/*@ requires \valid_read(disk) && \valid_read(request);
    assigns \nothing;
    ensures inside: \result == STATUS_OK ==> request_ok(disk, request, memory_blocks);
    ensures writable: \result == STATUS_OK && (disk->flags & BLOCK_IS_READ_ONLY) != 0 ==>
      request->operation == BLOCK_READ || request->operation == BLOCK_FLUSH; */
CC_NODISCARD status_t request_check(const struct disk *disk, const struct block_request *request,
                                    uint64_t memory_blocks);
/* It moves data. */
/*@ requires \valid_read(request);
    assigns \nothing;
    ensures \result <==> request_moves(request); */
CC_NODISCARD bool request_needs_memory(const struct block_request *request);
/* Nothing is left to do for it: a flush of a disk that has no cache. */
/*@ requires \valid_read(disk) && \valid_read(request);
    assigns \nothing; */
CC_NODISCARD bool request_is_done(const struct disk *disk, const struct block_request *request);
/* Fill the frame, which the device finds at `frame_address`, and name the segments. Returns how many. The request
 * passed request_check. */
/*@ // Segment `i` lies in the `bytes` bytes at `address`.
    predicate segment_in(struct virtqueue_segment *out, integer i, integer address, integer bytes) =
      1 <= out[i].bytes && address <= out[i].address && out[i].address + out[i].bytes <= address + bytes;
*/
/*@ requires disk_ok(disk) && \valid_read(request) && \valid(frame) && \valid(out + (0 .. VIRTQUEUE_SEGMENTS_MAX - 1));
    requires \separated(disk, request, frame, out + (0 .. VIRTQUEUE_SEGMENTS_MAX - 1));
    requires request_ok(disk, request, BLOCK_BUFFER_MAX);
    requires memory_address + BLOCK_BUFFER_MAX * BLOCK_SIZE <= UINT64_MAX;
    requires frame_address + sizeof(struct request_frame) <= UINT64_MAX;
    assigns *frame, out[0 .. VIRTQUEUE_SEGMENTS_MAX - 1];
    ensures fits: 2 <= \result <= VIRTQUEUE_SEGMENTS_MAX;
    ensures frame: segment_in(out, 0, frame_address, sizeof(struct request_frame)) &&
      segment_in(out, \result - 1, frame_address, sizeof(struct request_frame)); */
CC_NODISCARD uint32_t request_segments(const struct disk *disk, const struct block_request *request,
                                       uint64_t memory_address, struct request_frame *frame, uint64_t frame_address,
                                       struct virtqueue_segment out[VIRTQUEUE_SEGMENTS_MAX]);
/* What became of it, when the device says that it has written so many bytes. */
CC_NODISCARD status_t request_result(const struct block_request *request, const struct request_frame *frame,
                                     uint32_t written);

/* ---- transfers.c ---- */
#define TRANSFERS_MAX 32u
#define FRAMES_MAX    64u /* requests with the device */

struct transfer {
	handle_t reply; /* HANDLE_NONE: the slot is free */
	struct client *client; /* NULL: it has no memory */
	uint32_t count;
	uint32_t given; /* requests that are with the device, or need it no more */
	uint32_t done;
	struct block_request requests[BLOCK_REQUESTS_MAX];
	uint32_t status[BLOCK_REQUESTS_MAX];
};
struct transfers {
	const struct disk *disk;
	struct virtqueue *queue;
	struct request_frame *frames; /* FRAMES_MAX */
	uint64_t frames_address;
	uint64_t frames_free; /* a bit each */
	struct frame_use {
		uint32_t transfer;
		uint32_t request;
		deadline_t deadline;
	} uses[FRAMES_MAX];
	struct transfer slots[TRANSFERS_MAX];
	uint32_t waiting[TRANSFERS_MAX]; /* slots with requests to give, in the order of their coming; a ring */
	uint32_t waiting_first;
	uint32_t waiting_count;
};

void transfers_init(struct transfers *transfers, const struct disk *disk, struct virtqueue *queue,
                    struct request_frame *frames, uint64_t frames_address);
/* A client's request came, of so many bytes. OK: it waits, `reply` is answered when transfers_finished says so. Else
 * the status of the whole, and nothing changed. */
CC_NODISCARD status_t transfers_begin(struct transfers *transfers, handle_t reply, struct client *client,
                                      const struct block_transfer_req *request, size_t bytes);
/* Give the device what it has room for; each must be answered by `deadline`. */
void transfers_give(struct transfers *transfers, deadline_t deadline);
/* Take what the device has finished; returns how many. false in *out_rules: it broke them, and must be reset. */
CC_NODISCARD uint32_t transfers_take(struct transfers *transfers, bool *out_rules);
/* The device has been reset: what was with it has this status now. Its queue must be made anew. */
void transfers_abandon(struct transfers *transfers, status_t status);
/* There is no device any more: what waits has this status now. */
void transfers_refuse(struct transfers *transfers, status_t status);
/* The next that is ready to be answered; false: none is. */
CC_NODISCARD bool transfers_finished(struct transfers *transfers, handle_t *out_reply,
                                     struct block_transfer_rep *out);
/* The earliest point of time at which the device is late; DEADLINE_NEVER: nothing is with it. */
CC_NODISCARD deadline_t transfers_due(const struct transfers *transfers);

/* ---- device.c ---- */
#define DEVICE_QUEUE 0u
/* Set up and at work: what it can do, its queue, and FRAMES_MAX frames that it reaches at *out_frames_address. `bits`
 * of the notification are its interrupt. UNSUPPORTED, BUSY, IO_ERROR, TIMED_OUT, ...: it cannot be used. */
CC_NODISCARD status_t device_start(handle_t manager, handle_t notification, uint64_t bits, struct disk *out_disk,
                                   struct virtqueue *queue, struct request_frame **out_frames,
                                   uint64_t *out_frames_address);
/* Tell it of what was put into its queue. */
void device_tell(struct virtqueue *queue);
/* Its interrupt came: let it come again. */
void device_interrupted(void);
/* It is there, and has not asked for a reset. */
CC_NODISCARD bool device_well(void);
/* Have it forget everything. Returns when it uses no memory any more; the program ends over a device that does not stop
 * (its manager can take the memory away). */
void device_stop(void);
/* Set it up again after device_stop, with an empty queue. False: it is gone, or is not what it was. */
CC_NODISCARD bool device_again(struct virtqueue *queue);
