/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Space: what lives in the emptiest segment moves to the log's head; a checkpoint then frees it, and others that were
 * emptied since the last one.
 */
#include "volume_priv.h"

static bool segment_is_candidate(const struct volume *volume, uint32_t segment)
{
	return volume->segments[segment].state == SEGMENT_LOG && segment != volume->head_segment &&
	       segment != volume->next_segment;
}

/* The emptiest segment, if an eighth of it or more is dead. */
static bool victim_find(const struct volume *volume, uint32_t *out)
{
	uint32_t least = volume->segment_blocks * BLOCK_SIZE / 8 * 7;
	bool found = false;

	for (uint32_t i = 0; i < volume->segment_count; i++) {
		if (segment_is_candidate(volume, i) && volume->segments[i].live > 0 && volume->segments[i].live < least) {
			least = volume->segments[i].live;
			*out = i;
			found = true;
		}
	}
	return found;
}

/* So many a checkpoint would free. */
static uint32_t dead_count(const struct volume *volume)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < volume->segment_count; i++)
		count += segment_is_candidate(volume, i) && volume->segments[i].live == 0;
	return count;
}

/* Write what was collected, then point its keys there. */
static status_t moved_write(struct volume *volume)
{
	uint64_t address;
	struct batch *batch = &volume->moved;

	if (batch->count == 0)
		return STATUS_OK;
	const status_t status = batch_write(volume, batch, &address);
	if (status != STATUS_OK)
		return status;
	for (uint32_t at = BATCH_HEADER; at < batch->used;) {
		const uint8_t *bytes = batch->bytes + at;
		const uint32_t value_size = bytes_le32(bytes + 8);
		const uint32_t number = index_at(volume, bytes + RECORD_HEADER, bytes[4]);
		live_set(volume, node_at(volume, number), (struct place){ .address = address + at, .value_size = value_size });
		at += record_size(bytes[4], value_size);
	}
	batch_start(batch);
	return STATUS_OK;
}

static status_t record_move(struct volume *volume, struct node *node)
{
	const uint8_t *value;
	uint32_t offset;
	uint8_t key[VOLUME_KEY_MAX];
	const size_t key_size = node_key(volume, node, key);
	const struct place place = node_committed(volume, node);
	status_t status = record_read(volume, node, &place, &value);

	if (status != STATUS_OK)
		return status;
	if (batch_add(volume, &volume->moved, RECORD_PUT, key, key_size, value, place.value_size, &offset))
		return STATUS_OK;
	status = moved_write(volume);
	if (status == STATUS_OK)
		status = record_read(volume, node, &place, &value);
	if (status == STATUS_OK)
		(void)batch_add(volume, &volume->moved, RECORD_PUT, key, key_size, value, place.value_size, &offset);
	return status;
}

/* What lives in a batch: records that the index has there. */
static status_t batch_clean(struct volume *volume, uint64_t address, const struct batch_header *header)
{
	struct record record;

	for (uint32_t at = BATCH_HEADER; at < header->used; at += record_size(record.key_size, record.value_size)) {
		status_t status = record_load(volume, address + at, true, &record);
		if (status != STATUS_OK)
			return status;
		const uint32_t number = index_at(volume, record.key, record.key_size);
		if (number != 0 && node_committed(volume, node_at(volume, number)).address == address + at)
			status = record_move(volume, node_at(volume, number));
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/* One batch after the other. What lies behind the newest from before has nothing that lives. */
static status_t batches_clean(struct volume *volume, uint32_t victim)
{
	const uint8_t *bytes;
	struct batch_header header;

	batch_start(&volume->moved);
	for (uint32_t block = 0; block < volume->segment_blocks; block += (header.used + BLOCK_SIZE - 1) / BLOCK_SIZE) {
		const uint64_t address = segment_address(volume, victim) + (uint64_t)block * BLOCK_SIZE;
		status_t status = window_read(volume, address, BATCH_HEADER, true, &bytes);
		if (status == STATUS_OK && !batch_header_read(volume, bytes, address, &header))
			break;
		if (status == STATUS_OK)
			status = batch_clean(volume, address, &header);
		if (status != STATUS_OK)
			return status;
	}
	return moved_write(volume);
}

/* The index says what lives there. */
static status_t index_clean(struct volume *volume, uint32_t victim)
{
	batch_start(&volume->moved);
	for (uint32_t number = node_next(volume, volume->root); number != 0;) {
		struct node *node = node_at(volume, number);
		const uint64_t address = node_committed(volume, node).address;
		uint32_t segment;
		if (address != 0 && address_segment(volume, address, &segment) && segment == victim) {
			const status_t status = record_move(volume, node);
			if (status != STATUS_OK)
				return status;
		}
		number = node->links[0];
	}
	return moved_write(volume);
}

static status_t segment_clean(struct volume *volume, uint32_t victim)
{
	const status_t status = batches_clean(volume, victim);

	volume->statistics.cleaned_segments++;
	if (volume->broken)
		return status;
	/* All of the index is only asked where a batch cannot be read. */
	return volume->segments[victim].live > 0 ? index_clean(volume, victim) : STATUS_OK;
}

/* Segments that moving what lives there would take: none if it fits behind the head. */
static uint32_t segments_to_clean(const struct volume *volume, uint32_t victim)
{
	const uint32_t room = (volume->segment_blocks - volume->head_block) * BLOCK_SIZE;
	const uint32_t batch = volume->batch_blocks * BLOCK_SIZE;
	const uint32_t live = volume->segments[victim].live + BATCH_HEADER;

	if (live <= room && live <= batch)
		return 0;
	return volume->batch_blocks == volume->segment_blocks ? 1 : 2;
}

/* Does it give more than it takes? What does not fit behind the head leaves the rest of that unused, or of a batch. If
 * the emptiest segment gives nothing, none does: moving it would only be done again, and again, on a disk that is full. */
static bool gives_space(const struct volume *volume, uint32_t victim)
{
	const uint32_t live = volume->segments[victim].live / BLOCK_SIZE + 1;
	const uint32_t rest = volume->segment_blocks - volume->head_block;
	const uint32_t unused = rest < volume->batch_blocks ? rest : volume->batch_blocks;

	return live + (live <= rest ? 0 : unused) < volume->segment_blocks;
}

/* One step towards more free segments: a checkpoint if that frees as much as it writes, or nothing else is left to do.
 * NO_SPACE: there is none. */
static status_t space_step(struct volume *volume)
{
	const uint32_t dead = dead_count(volume), kept = checkpoint_segments(volume);
	uint32_t victim;

	if (dead >= kept)
		return checkpoint_write(volume);
	if (victim_find(volume, &victim) && gives_space(volume, victim) &&
	    volume->free_segments >= kept + segments_to_clean(volume, victim))
		return segment_clean(volume, victim);
	return dead > 0 ? checkpoint_write(volume) : STATUS_NO_SPACE;
}

/* Could cleaning give so many free segments at all? It gathers what is dead, behind the head. */
static bool space_exists(const struct volume *volume, uint32_t need)
{
	const uint64_t segment_bytes = (uint64_t)volume->segment_blocks * BLOCK_SIZE;
	uint64_t dead = segment_bytes - (uint64_t)volume->head_block * BLOCK_SIZE;

	for (uint32_t i = 0; i < volume->segment_count; i++) {
		if (segment_is_candidate(volume, i))
			dead += segment_bytes - volume->segments[i].live;
	}
	return volume->free_segments + dead / segment_bytes >= need;
}

/* Room for the open transaction. What makes the volume grow leaves what a checkpoint, a cleaning and deletes after them
 * need; what shrinks it only leaves the checkpoint: what it writes is dead soon, so its segment can be cleaned. */
status_t space_make(struct volume *volume, bool shrinks)
{
	const uint32_t kept = checkpoint_segments(volume), need = kept + (shrinks ? 1 : 3);
	const bool fits = volume->open.used <= (volume->segment_blocks - volume->head_block) * BLOCK_SIZE;
	status_t status = volume->free_segments >= need || space_exists(volume, need) ? STATUS_OK : STATUS_NO_SPACE;

	for (uint32_t i = 0; status == STATUS_OK && i < 4 * volume->segment_count && volume->free_segments < need; i++)
		status = space_step(volume);
	if (status != STATUS_OK && status != STATUS_NO_SPACE)
		return status;
	return volume->free_segments >= (shrinks ? kept + !fits : need) ? STATUS_OK : STATUS_NO_SPACE;
}

status_t volume_clean(struct volume *volume)
{
	if (volume->broken)
		return STATUS_IO_ERROR;
	if (volume->read_only)
		return STATUS_DENIED;
	if (volume->open.count > 0)
		return STATUS_INVALID;
	status_t status = log_mark(volume);
	if (status == STATUS_OK)
		status = space_step(volume);
	return status == STATUS_NO_SPACE ? STATUS_NOT_FOUND : status;
}
