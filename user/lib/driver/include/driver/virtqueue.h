/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A split virtqueue, the driver's side. Virtual I/O Device 1.1, 2.6.
 *
 * The rings lie in memory that the device reads and writes whenever it likes.
 * So everything the driver must be able to rely on it keeps to itself: which
 * descriptors are free, which chains are with the device, how much each may
 * write. Of what the device says it believes an answer only if it is one that a
 * device which keeps the rules could give; the first other one breaks the queue
 * for good (VIRTQUEUE_BROKEN), and nothing it says counts any more. Then, and
 * when the owner gives up on it, virtqueue_abandon hands every request back.
 *
 * One thread. Not here: where the queue is on the bus, notifying, interrupts.
 */
#pragma once
#include <abi/cc.h>
#include <abi/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTQUEUE_SIZE_MAX     128u /* descriptors; a power of two */
#define VIRTQUEUE_SEGMENTS_MAX 16u  /* of one request */

/* A piece of memory as the device names it. */
struct virtqueue_segment {
	uint64_t address; /* on the bus */
	uint32_t bytes;   /* not 0 */
	uint32_t written; /* 1: by the device; 0: read by it */
};

struct virtqueue {
	uint8_t *memory;  /* of the rings */
	uint64_t address; /* the same, on the bus */
	uint32_t size;    /* descriptors */
	uint16_t free_count;
	uint16_t free_head;
	uint16_t offered; /* chains put into the available ring since the start, modulo 2^16 */
	uint16_t taken;   /* and taken from the used ring */
	uint16_t told;    /* `offered` when the device was last notified */
	bool broken;
	struct virtqueue_slot {
		uint16_t next;     /* in its chain, or in the list of free ones; of the last: any descriptor */
		uint16_t count;    /* of descriptors in the chain that begins here; 0: none does */
		uint32_t writable; /* bytes of it that the device may write */
		uint64_t token;    /* the owner's name of the request */
	} slots[VIRTQUEUE_SIZE_MAX];
};

/* Wherever the driver follows a number it stays inside: those it keeps name descriptors, the rings lie in the memory.
 * Nothing is said of what lies in that memory: the device may change it at any moment. */
/*@ logic integer queue_used(integer size) = (18 * size + 9) / 4 * 4;
    logic integer queue_bytes(integer size) = queue_used(size) + 8 * size + 6;
    predicate queue_memory(struct virtqueue *queue, uint8_t *memory, integer size) =
      \valid(memory + (0 .. queue_bytes(size) - 1)) && \separated(queue, memory + (0 .. queue_bytes(size) - 1));
    predicate queue_ok{L}(struct virtqueue *queue) =
      \valid(queue) && 0 < queue->size <= VIRTQUEUE_SIZE_MAX && queue->free_head < queue->size &&
      queue_memory(queue, queue->memory, queue->size) &&
      \forall integer i; 0 <= i < queue->size ==> queue->slots[i].next < queue->size;
    predicate segments_in(struct virtqueue_segment *segments, integer count) = \valid_read(segments + (0 .. count - 1));
*/

/* Where the device finds the three parts, on the bus. */
struct virtqueue_places {
	uint64_t descriptors;
	uint64_t available;
	uint64_t used;
};

enum virtqueue_take {
	VIRTQUEUE_NONE,   /* nothing new */
	VIRTQUEUE_DONE,   /* *out is a request that the device has finished with */
	VIRTQUEUE_BROKEN, /* the device broke the rules, now or before */
};
struct virtqueue_done {
	uint64_t token;
	uint32_t written; /* bytes at the start of what it may write, as it says; never more than there are */
};

/* Bytes of memory that the rings of so many descriptors need. */
/*@ requires size <= VIRTQUEUE_SIZE_MAX;
    assigns \nothing;
    ensures \result == queue_bytes(size); */
CC_NODISCARD size_t virtqueue_bytes(uint32_t size);
/* A power of two of descriptors, at most what the device offers and VIRTQUEUE_SIZE_MAX; 0: it offers none. */
/*@ assigns \nothing;
    ensures \result <= VIRTQUEUE_SIZE_MAX && \result <= offered; */
CC_NODISCARD uint32_t virtqueue_size_for(uint32_t offered);
/* Begin with nothing under way. `memory`, aligned to 16 bytes, of virtqueue_bytes(size) bytes, is wiped; the device
 * must not know it yet. `size` is from virtqueue_size_for. */
/*@ requires \valid(queue) && 0 < size <= VIRTQUEUE_SIZE_MAX && queue_memory(queue, memory, size);
    assigns *queue, memory[0 .. queue_bytes(size) - 1];
    ensures queue_ok(queue); */
void virtqueue_init(struct virtqueue *queue, uint8_t *memory, uint64_t address, uint32_t size);
/*@ requires \valid_read(queue) && queue->size <= VIRTQUEUE_SIZE_MAX && queue->address <= UINT64_MAX - queue_bytes(queue->size);
    assigns \nothing; */
struct virtqueue_places virtqueue_places(const struct virtqueue *queue);

/*
 * Hand a request to the device: segments it reads first, those it writes after them.
 * FULL: too few descriptors are free. IO_ERROR: the queue is broken. INVALID: no segments, too many, an empty one,
 * one that is read after one that is written, or more than 2^32 - 1 writable bytes. On all of them nothing changed.
 */
/*@ requires queue_ok(queue) && segments_in(segments, count);
    requires \separated(queue, segments + (0 .. count - 1), queue->memory + (0 .. queue_bytes(queue->size) - 1));
    assigns *queue, queue->memory[0 .. queue_bytes(queue->size) - 1];
    ensures queue_ok(queue); */
CC_NODISCARD status_t virtqueue_add(struct virtqueue *queue, const struct virtqueue_segment *segments,
                                    uint32_t count, uint64_t token);
/* After adding: must the device be notified of what was added since the last time? */
/*@ requires queue_ok(queue);
    assigns queue->told;
    ensures queue_ok(queue); */
CC_NODISCARD bool virtqueue_must_tell(struct virtqueue *queue);
/* The next request the device has finished with. Only then does the memory of its segments belong to the owner. */
/*@ requires queue_ok(queue) && \valid(out) && \separated(out, queue, queue->memory + (0 .. queue_bytes(queue->size) - 1));
    assigns *queue, *out;
    ensures queue_ok(queue);
    ensures \result == VIRTQUEUE_DONE ==> \exists integer head; 0 <= head < queue->size &&
      \old(queue->slots[head].count) != 0 && out->token == \old(queue->slots[head].token) &&
      out->written <= \old(queue->slots[head].writable); */
CC_NODISCARD enum virtqueue_take virtqueue_take(struct virtqueue *queue, struct virtqueue_done *out);
/* Requests with the device. */
/*@ requires queue_ok(queue);
    assigns \nothing;
    ensures \result <= queue->size; */
CC_NODISCARD uint32_t virtqueue_under_way(const struct virtqueue *queue);
/* One request that the device will not be asked about any more; false: there is none left. Breaks the queue. The
 * device must have been reset before the memory of its segments is used for anything else. */
/*@ requires queue_ok(queue) && \valid(out_token) && \separated(out_token, queue);
    assigns *queue, *out_token;
    ensures queue_ok(queue); */
CC_NODISCARD bool virtqueue_abandon(struct virtqueue *queue, uint64_t *out_token);
