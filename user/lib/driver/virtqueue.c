/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rings, and what the driver knows of them without asking the device. */
#include <driver/virtqueue.h>
#include <lib/bytes.h>

/* Descriptors: 16 bytes each. */
#define DESCRIPTOR_BYTES   16u
#define DESCRIPTOR_LENGTH  8u
#define DESCRIPTOR_FLAGS   12u
#define DESCRIPTOR_NEXT    14u
#define FLAG_NEXT          1u
#define FLAG_WRITTEN       2u
/* Both rings: flags, index, elements. */
#define RING_FLAGS         0u
#define RING_INDEX         2u
#define RING_ELEMENTS      4u
#define AVAILABLE_BYTES    2u
#define USED_BYTES         8u
#define USED_LENGTH        4u
#define USED_NO_NOTIFY     1u
#define AFTER              2u /* each ring ends with an index that is not used here */

/*@ requires size <= VIRTQUEUE_SIZE_MAX;
    assigns \nothing;
    ensures \result == 16 * size; */
static size_t available_at(uint32_t size)
{
	return (size_t)size * DESCRIPTOR_BYTES;
}

/*@ requires size <= VIRTQUEUE_SIZE_MAX;
    assigns \nothing;
    ensures \result == queue_used(size); */
static size_t used_at(uint32_t size)
{
	size_t end = available_at(size) + RING_ELEMENTS + (size_t)size * AVAILABLE_BYTES + AFTER;

	return (end + 3u) / 4u * 4u;
}

size_t virtqueue_bytes(uint32_t size)
{
	return used_at(size) + RING_ELEMENTS + (size_t)size * USED_BYTES + AFTER;
}

uint32_t virtqueue_size_for(uint32_t offered)
{
	uint32_t size = VIRTQUEUE_SIZE_MAX;

	/*@ loop invariant size <= VIRTQUEUE_SIZE_MAX;
	    loop assigns size;
	    loop variant size; */
	while (size > offered)
		size /= 2u;
	return size;
}

/* All descriptors are free, one after the other. */
/*@ requires \valid(queue) && 0 < queue->size <= VIRTQUEUE_SIZE_MAX;
    assigns queue->slots[0 .. VIRTQUEUE_SIZE_MAX - 1].next;
    ensures \forall integer i; 0 <= i < queue->size ==> queue->slots[i].next < queue->size; */
static void slots_link(struct virtqueue *queue)
{
	/*@ loop invariant 0 <= i <= queue->size;
	    loop invariant \forall integer j; 0 <= j < i ==> queue->slots[j].next < queue->size;
	    loop assigns i, queue->slots[0 .. VIRTQUEUE_SIZE_MAX - 1].next;
	    loop variant queue->size - i; */
	for (uint32_t i = 0; i < queue->size; i++)
		queue->slots[i].next = i + 1u < queue->size ? (uint16_t)(i + 1u) : 0;
}

void virtqueue_init(struct virtqueue *queue, uint8_t *memory, uint64_t address, uint32_t size)
{
	*queue = (struct virtqueue){.address = address};
	queue->memory = memory;
	queue->size = size;
	queue->free_head = 0;
	queue->free_count = (uint16_t)size;
	slots_link(queue);
	bytes_clear(memory, virtqueue_bytes(size));
}

struct virtqueue_places virtqueue_places(const struct virtqueue *queue)
{
	return (struct virtqueue_places){
		.descriptors = queue->address,
		.available = queue->address + available_at(queue->size),
		.used = queue->address + used_at(queue->size),
	};
}

/* ---- what both sides read and write: each is looked at once, and the copy is judged ---- */

/*@ requires \valid_read(at + (0 .. 1)); assigns \nothing; */
static uint16_t shared_read16(const uint8_t *at)
{
	return __atomic_load_n((const uint16_t *)(const void *)at, __ATOMIC_RELAXED);
}

/*@ requires \valid_read(at + (0 .. 3)); assigns \nothing; */
static uint32_t shared_read32(const uint8_t *at)
{
	return __atomic_load_n((const uint32_t *)(const void *)at, __ATOMIC_RELAXED);
}

/*@ requires \valid(at + (0 .. 1)); assigns at[0 .. 1]; */
static void shared_write16(uint8_t *at, uint16_t value)
{
	__atomic_store_n((uint16_t *)(void *)at, value, __ATOMIC_RELAXED);
}

/* What comes before is visible to the device before what comes after, and the other way round. */
//@ assigns \nothing;
static void barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* ---- handing over ---- */

/*@ requires segments_in(segments, count) && \valid(out_writable) && \separated(out_writable, segments + (0 .. count - 1));
    assigns *out_writable;
    ensures \result ==> 0 < count <= VIRTQUEUE_SEGMENTS_MAX; */
static bool segments_ok(const struct virtqueue_segment *segments, uint32_t count, uint32_t *out_writable)
{
	uint64_t writable = 0;

	if (count == 0 || count > VIRTQUEUE_SEGMENTS_MAX)
		return false;
	/*@ loop invariant 0 <= i <= count && writable <= i * UINT32_MAX;
	    loop assigns i, writable;
	    loop variant count - i; */
	for (uint32_t i = 0; i < count; i++) {
		if (segments[i].bytes == 0 || segments[i].written > 1u || (segments[i].written == 0 && writable != 0))
			return false;
		writable += segments[i].written != 0 ? segments[i].bytes : 0;
	}
	*out_writable = (uint32_t)writable;
	return writable <= UINT32_MAX;
}

/*@ requires \valid(at + (0 .. DESCRIPTOR_BYTES - 1)) && \valid_read(segment);
    requires \separated(at + (0 .. DESCRIPTOR_BYTES - 1), segment);
    assigns at[0 .. DESCRIPTOR_BYTES - 1]; */
static void descriptor_write(uint8_t *at, const struct virtqueue_segment *segment, bool last, uint16_t next)
{
	uint16_t flags = (uint16_t)((last ? 0 : FLAG_NEXT) | (segment->written != 0 ? FLAG_WRITTEN : 0));

	bytes_put_le64(at, segment->address);
	bytes_put_le32(at + DESCRIPTOR_LENGTH, segment->bytes);
	shared_write16(at + DESCRIPTOR_FLAGS, flags);
	shared_write16(at + DESCRIPTOR_NEXT, last ? 0 : next);
}

/* Take `count` free descriptors, which there are, and fill them. Returns the first. */
/*@ requires queue_ok(queue) && segments_in(segments, count) && count <= VIRTQUEUE_SEGMENTS_MAX && count <= queue->free_count;
    requires \separated(queue, segments + (0 .. count - 1), queue->memory + (0 .. queue_bytes(queue->size) - 1));
    assigns queue->free_head, queue->free_count, queue->memory[0 .. DESCRIPTOR_BYTES * queue->size - 1];
    ensures queue_ok(queue) && \result < queue->size; */
static uint16_t chain_write(struct virtqueue *queue, const struct virtqueue_segment *segments, uint32_t count)
{
	uint16_t head = queue->free_head;
	uint16_t at = head;

	/*@ loop invariant 0 <= i <= count && at < queue->size && queue_ok(queue);
	    loop assigns i, at, queue->free_head, queue->memory[0 .. DESCRIPTOR_BYTES * queue->size - 1];
	    loop variant count - i; */
	for (uint32_t i = 0; i < count; i++) {
		uint16_t next = queue->slots[at].next;

		descriptor_write(queue->memory + (size_t)at * DESCRIPTOR_BYTES, &segments[i], i + 1u == count, next);
		queue->free_head = next;
		at = next;
	}
	queue->free_count = (uint16_t)(queue->free_count - count);
	return head;
}

/*@ requires queue_ok(queue);
    assigns queue->offered, queue->memory[0 .. queue_bytes(queue->size) - 1];
    ensures queue_ok(queue); */
static void offer(struct virtqueue *queue, uint16_t head)
{
	uint8_t *ring = queue->memory + available_at(queue->size);
	uint32_t place = queue->offered % queue->size;

	shared_write16(ring + RING_ELEMENTS + place * AVAILABLE_BYTES, head);
	barrier();
	queue->offered++;
	shared_write16(ring + RING_INDEX, queue->offered);
}

status_t virtqueue_add(struct virtqueue *queue, const struct virtqueue_segment *segments, uint32_t count,
                       uint64_t token)
{
	uint32_t writable;

	if (queue->broken)
		return STATUS_IO_ERROR;
	if (!segments_ok(segments, count, &writable))
		return STATUS_INVALID;
	if (count > queue->free_count)
		return STATUS_FULL;
	uint16_t head = chain_write(queue, segments, count);
	struct virtqueue_slot *slot = &queue->slots[head];
	slot->count = (uint16_t)count;
	slot->writable = writable;
	slot->token = token;
	offer(queue, head);
	return STATUS_OK;
}

bool virtqueue_must_tell(struct virtqueue *queue)
{
	if (queue->broken || queue->told == queue->offered)
		return false;
	queue->told = queue->offered;
	barrier(); /* the device sees the index before we see whether it sleeps */
	return (shared_read16(queue->memory + used_at(queue->size) + RING_FLAGS) & USED_NO_NOTIFY) == 0;
}

/* ---- taking back ---- */

uint32_t virtqueue_under_way(const struct virtqueue *queue)
{
	uint32_t count = 0;

	/*@ loop invariant 0 <= i <= queue->size && count <= i;
	    loop assigns i, count;
	    loop variant queue->size - i; */
	for (uint32_t i = 0; i < queue->size; i++)
		count += queue->slots[i].count != 0;
	return count;
}

/* The descriptors of a chain are free again. */
/*@ requires queue_ok(queue) && head < queue->size;
    assigns *queue;
    ensures queue_ok(queue) && queue->size == \old(queue->size) && queue->memory == \old(queue->memory); */
static void chain_free(struct virtqueue *queue, uint16_t head)
{
	struct virtqueue_slot *slot = &queue->slots[head];
	uint16_t last = head;

	/*@ loop invariant 1 <= i && last < queue->size;
	    loop assigns i, last;
	    loop variant slot->count - i; */
	for (uint32_t i = 1; i < slot->count; i++)
		last = queue->slots[last].next;
	queue->slots[last].next = queue->free_head;
	queue->free_head = head;
	queue->free_count = (uint16_t)(queue->free_count + slot->count);
	slot->count = 0;
}

/*@ requires \valid(queue);
    assigns queue->broken;
    ensures \old(queue_ok(queue)) ==> queue_ok(queue);
    ensures \result == VIRTQUEUE_BROKEN && queue->broken; */
static enum virtqueue_take broken(struct virtqueue *queue)
{
	queue->broken = true;
	return VIRTQUEUE_BROKEN;
}

enum virtqueue_take virtqueue_take(struct virtqueue *queue, struct virtqueue_done *out)
{
	const uint8_t *ring = queue->memory + used_at(queue->size);

	if (queue->broken)
		return VIRTQUEUE_BROKEN;
	uint16_t news = (uint16_t)(shared_read16(ring + RING_INDEX) - queue->taken);
	if (news == 0)
		return VIRTQUEUE_NONE;
	/* It cannot have finished more than it was given and has not given back. */
	if (news > (uint16_t)(queue->offered - queue->taken))
		return broken(queue);
	barrier();
	const uint8_t *element = ring + RING_ELEMENTS + (size_t)(queue->taken % queue->size) * USED_BYTES;
	uint32_t head = shared_read32(element);
	uint32_t written = shared_read32(element + USED_LENGTH);
	if (head >= queue->size || queue->slots[head].count == 0 || written > queue->slots[head].writable)
		return broken(queue);
	const uint64_t token = queue->slots[head].token;
	/*@ assert \let at = head; at < queue->size && \at(queue->slots[at].count, Pre) != 0 &&
	      token == \at(queue->slots[at].token, Pre) && written <= \at(queue->slots[at].writable, Pre); */
	chain_free(queue, (uint16_t)head);
	queue->taken++;
	//@ assert \forall integer i; 0 <= i < queue->size ==> queue->slots[i].next < queue->size;
	//@ assert queue_ok(queue);
	out->token = token;
	out->written = written;
	//@ assert \forall integer i; 0 <= i < queue->size ==> queue->slots[i].next < queue->size;
	//@ assert queue_ok(queue);
	return VIRTQUEUE_DONE;
}

bool virtqueue_abandon(struct virtqueue *queue, uint64_t *out_token)
{
	queue->broken = true;
	/*@ loop invariant 0 <= i <= queue->size;
	    loop assigns i;
	    loop variant queue->size - i; */
	for (uint32_t i = 0; i < queue->size; i++) {
		if (queue->slots[i].count == 0)
			continue;
		*out_token = queue->slots[i].token;
		chain_free(queue, (uint16_t)i);
		return true;
	}
	return false;
}
