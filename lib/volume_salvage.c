/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records found where they lie, without what would say where; see the header. */
#include "volume_priv.h"
#include <lib/volume_salvage.h>

#define STEP 8u /* records begin at multiples of it */

/* ---- of which volumes ---- */
/*@ requires \valid_read(bytes + (0 .. BATCH_HEADER - 1));
    assigns \nothing; */
static bool is_batch(const uint8_t *bytes, uint64_t address)
{
	return bytes_le32(bytes) == BATCH_MAGIC && bytes_le64(bytes + 32) == address &&
	       bytes_le32(bytes + 4) == crc32c_long(CRC32C_INIT, bytes + 8, BATCH_HEADER - 8);
}

/*@ requires \valid_read(identity + (0 .. 15)) && \valid(traces + (0 .. room - 1)) && \valid(count) && *count <= room;
    requires \separated(count, identity + (0 .. 15), traces + (0 .. room - 1));
    assigns traces[0 .. room - 1], *count;
    ensures \old(*count) <= *count <= room; */
static void trace_count(const uint8_t *identity, struct volume_trace *traces, uint32_t room, uint32_t *count)
{
	uint32_t i = 0;

	/*@ loop invariant 0 <= i <= *count;
	    loop assigns i;
	    loop variant *count - i; */
	while (i < *count && bytes_compare(traces[i].identity, identity, sizeof traces[i].identity) != 0)
		i++;
	if (i == room)
		return;
	if (i == *count) {
		traces[i].batches = 0;
		bytes_put(traces[i].identity, identity, sizeof traces[i].identity);
		(*count)++;
	}
	traces[i].batches++;
}

void volume_traces(struct block_device *device, uint8_t block[BLOCK_SIZE], struct volume_trace *out_traces,
                   uint32_t room, uint32_t *out_count)
{
	*out_count = 0;
	/*@ loop invariant SUPER_BLOCKS <= at && *out_count <= room;
	    loop assigns at, *out_count, out_traces[0 .. room - 1], block[0 .. BLOCK_SIZE - 1];
	    loop variant device->blocks - at; */
	for (uint64_t at = SUPER_BLOCKS; at < device->blocks; at++) {
		if (block_read(device, at, 1, block) == STATUS_OK && is_batch(block, at * BLOCK_SIZE))
			trace_count(block + 8, out_traces, room, out_count);
	}
}

/* ---- records ---- */
/* Segments of the largest size: their ends are ends of segments of any other, so no record lies across. */
/*@ requires \valid(volume) && \valid_read(volume->device) && \separated(volume, volume->device);
    assigns volume->blocks, volume->segment_blocks, volume->segment_count;
    ensures geometry_ok(volume); */
static void geometry_set(struct volume *volume)
{
	const uint64_t segments = (volume->device->blocks - SUPER_BLOCKS + SEGMENT_BLOCKS_MAX - 1) / SEGMENT_BLOCKS_MAX;

	volume->blocks = volume->device->blocks;
	volume->segment_blocks = SEGMENT_BLOCKS_MAX;
	volume->segment_count = (uint32_t)(segments < SEGMENTS_MAX ? segments : SEGMENTS_MAX);
}

/* Deletions too: what is deleted must not be found in an older record. */
/*@ requires reader_ok(volume) && index_apart(volume) && \valid_read(record) && record_ok(record);
    assigns INDEX_CHANGES, WINDOW_CHANGES;
    ensures PARTS_SAME && window_ok(volume); */
static status_t record_take(struct volume *volume, const struct record *record, uint64_t address)
{
	const struct place place = { .address = address, .value_size = record->value_size };
	const uint64_t sequence = record->sequence;
	struct record before; /* takes the place of this one in the window */
	const uint32_t number = index_add(volume, record->key, record->key_size);

	if (number == 0)
		return STATUS_QUOTA;
	struct node *node = node_at(volume, number);
	const uint64_t known = node_committed(volume, node).address;
	if (known == 0 || record_load(volume, known, false, &before) != STATUS_OK || before.sequence <= sequence) {
		//@ assert PARTS_SAME;
		node_committed_set(volume, node, place);
	}
	return STATUS_OK;
}

/* Where nothing begins at an address, where something may next. */
/*@ requires reader_ok(volume) && \valid(found) && address <= BLOCKS_MAX * BLOCK_SIZE;
    requires \separated(found, volume, volume->window + (0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1));
    assigns found->unreadable, WINDOW_CHANGES;
    ensures window_ok(volume) && address < \result <= address + BLOCK_SIZE; */
static uint64_t address_after(struct volume *volume, uint64_t address, status_t status, struct volume_salvaged *found)
{
	const uint8_t *bytes;

	/* The block itself, or one that what only looks like a record would reach into? */
	if (status != STATUS_IO_ERROR || window_read(volume, address, STEP, false, &bytes) != STATUS_IO_ERROR)
		return address + STEP;
	found->unreadable++;
	return (address / BLOCK_SIZE + 1) * BLOCK_SIZE;
}

/*@ requires reader_ok(volume) && index_apart(volume) && \valid(found);
    requires \separated(found, volume, volume->window + (0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1));
    requires \separated(&found->records, &volume->pool_end);
    requires \separated(found, volume->segments + (0 .. volume->segment_count - 1), volume->pool + (0 .. volume->pool_end - 1));
    assigns *found, INDEX_CHANGES, WINDOW_CHANGES;
    ensures PARTS_SAME && window_ok(volume); */
static status_t records_find(struct volume *volume, struct volume_salvaged *found)
{
	const uint64_t end = (volume->blocks < BLOCKS_MAX ? volume->blocks : BLOCKS_MAX) * BLOCK_SIZE;
	uint64_t address = SUPER_BLOCKS * BLOCK_SIZE;

	/*@ loop invariant PARTS_SAME && window_ok(volume);
	    loop assigns address, *found, INDEX_CHANGES, WINDOW_CHANGES;
	    loop variant end - address; */
	while (address < end) {
		struct record record;
		status_t status = record_load(volume, address, false, &record);
		//@ assert PARTS_SAME;
		if (status != STATUS_OK) {
			address = address_after(volume, address, status, found);
			continue;
		}
		const uint32_t size = record_size(record.key_size, record.value_size);
		status = record_take(volume, &record, address);
		//@ assert PARTS_SAME;
		if (status != STATUS_OK)
			return status;
		found->records++;
		address += size;
	}
	return STATUS_OK;
}

/* So many records made no more keys than that. */
/*@ requires reader_ok(volume) && index_apart(volume);
    assigns INDEX_CHANGES, WINDOW_CHANGES;
    ensures PARTS_SAME && window_ok(volume); */
static void deletions_apply(struct volume *volume, uint64_t records)
{
	uint32_t number = node_next(volume, volume->root);

	/*@ loop invariant PARTS_SAME && window_ok(volume);
	    loop assigns number, records, INDEX_CHANGES, WINDOW_CHANGES;
	    loop variant records; */
	for (; number != 0 && records > 0; records--) {
		const struct node *node = node_at(volume, number);
		const struct place place = node_committed(volume, node);
		const uint32_t next = node_next(volume, number);
		struct record record;
		const status_t status = record_load(volume, place.address, false, &record);
		//@ assert PARTS_SAME;
		if (status == STATUS_OK && record.kind == RECORD_PUT)
			live_add(volume, node, &place);
		else
			index_remove(volume, number);
		number = next;
	}
}

/*@ requires reader_ok(volume) && index_apart(volume) && \valid(found);
    requires \separated(found, volume, volume->window + (0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1));
    requires \separated(found, volume->segments + (0 .. volume->segment_count - 1), volume->pool + (0 .. volume->pool_end - 1));
    assigns *found, INDEX_CHANGES, WINDOW_CHANGES;
    ensures PARTS_SAME && window_ok(volume); */
static status_t index_fill(struct volume *volume, struct volume_salvaged *found)
{
	const status_t status = records_find(volume, found);

	//@ assert PARTS_SAME;
	if (status == STATUS_OK)
		deletions_apply(volume, found->records);
	return status;
}

status_t volume_salvage(struct block_device *device, void *arena, size_t arena_size, const uint8_t identity[16],
                        struct volume **out_volume, struct volume_salvaged *out_found)
{
	struct volume *volume = volume_begin(device, arena, arena_size);

	if (volume == NULL || device->blocks <= SUPER_BLOCKS)
		return STATUS_INVALID;
	*out_found = (struct volume_salvaged){ .records = 0 };
	volume->read_only = true;
	bytes_put(volume->identity, identity, sizeof volume->identity);
	volume->seed = crc32c_long(CRC32C_INIT, identity, sizeof volume->identity);
	geometry_set(volume);
	if (!arena_divide(volume, arena_size))
		return STATUS_QUOTA;
	volume->free_segments = volume->segment_count;
	const status_t status = index_fill(volume, out_found);
	if (status == STATUS_OK)
		*out_volume = volume;
	return status;
}
