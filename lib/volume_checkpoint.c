/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Checkpoints: the index in pages, in segments that nothing refers to yet, then
 * a superblock in the slot that does not hold the newest one. The superblock is
 * the commit point; each is written twice, so that a damaged copy is not a lost
 * checkpoint.
 */
#include "volume_priv.h"

#define PAGE_ROOM (BLOCK_SIZE - PAGE_HEADER)
#define ENTRY_MAX (ENTRY_HEADER + VOLUME_KEY_MAX)
#define SUPER_DUMP 104u
#define PAGE_PIECES 16u /* that are new in a page, about: three keys of an object share its digest */

/*@ requires \valid_read(volume) && geometry_ok(volume) && dump_size_ok(volume) && dump_ok(volume) && page < volume->dump_pages;
    assigns \nothing; */
static uint64_t page_address(const struct volume *volume, uint64_t page)
{
	//@ assert page / volume->segment_blocks < volume->dump_count;
	return segment_address(volume, volume->dump[page / volume->segment_blocks]) +
	       page % volume->segment_blocks * BLOCK_SIZE;
}

/* What the open transaction could add included. */
uint32_t checkpoint_segments(const struct volume *volume)
{
	/* An entry is smaller than its record; moving records adds none. */
	const uint64_t bytes = volume->dump_bytes + volume->open.used;
	const uint64_t pages = bytes / (PAGE_ROOM - ENTRY_MAX) + 1;

	return (uint32_t)((pages + volume->segment_blocks - 1) / volume->segment_blocks);
}

static void page_seal(const struct volume *volume, uint8_t *page, uint64_t number, uint32_t used)
{
	memset(page, 0, PAGE_HEADER);
	memset(page + used, 0, BLOCK_SIZE - used);
	bytes_put_le32(page, PAGE_MAGIC);
	bytes_put_le64(page + 8, volume->statistics.checkpoint + 1);
	bytes_put_le64(page + 16, number);
	bytes_put_le32(page + 24, used);
	bytes_put_le32(page + 4, crc32c_long(volume->seed, page + 8, BLOCK_SIZE - 8));
}

/* As many committed entries as fit in one page, from a node on. Returns the node that is next. */
static uint32_t page_fill(const struct volume *volume, uint8_t *page, uint32_t number, uint32_t *out_used)
{
	uint32_t used = PAGE_HEADER;

	while (number != 0) {
		struct node *node = node_at(volume, number);
		const struct place place = node_committed(volume, node);
		if (place.address != 0) {
			if (BLOCK_SIZE - used < ENTRY_HEADER + (uint32_t)node->key_size)
				break;
			memset(page + used, 0, ENTRY_HEADER);
			bytes_put_le64(page + used, place.address);
			bytes_put_le32(page + used + 8, place.value_size);
			page[used + 12] = node->key_size;
			used += ENTRY_HEADER + (uint32_t)node_key(volume, node, page + used + ENTRY_HEADER);
		}
		number = node->links[0];
	}
	*out_used = used;
	return number;
}

static status_t blocks_write(struct volume *volume, uint64_t address, uint32_t count, const uint8_t *bytes)
{
	volume->window_blocks = 0;
	volume->statistics.written_blocks += count;
	return volume->device->operations->write(volume->device, address / BLOCK_SIZE, count, bytes);
}

static status_t device_flush(struct volume *volume)
{
	volume->statistics.flushes++;
	return volume->device->operations->flush(volume->device);
}

/* Fill pages into the buffer and write them, no write crossing a segment. */
static status_t pages_write(struct volume *volume)
{
	uint32_t number = node_next(volume, volume->root);
	uint64_t page = 0;

	while (number != 0) {
		const uint64_t first = page;
		do {
			uint32_t used;
			uint8_t *bytes = volume->moved.bytes + (page - first) * BLOCK_SIZE;
			number = page_fill(volume, bytes, number, &used);
			page_seal(volume, bytes, page++, used);
		} while (number != 0 && page - first < volume->batch_blocks && page % volume->segment_blocks != 0);
		const status_t status = blocks_write(volume, page_address(volume, first), (uint32_t)(page - first), volume->moved.bytes);
		if (status != STATUS_OK)
			return status;
	}
	volume->dump_pages = page;
	return STATUS_OK;
}

static void super_fill(const struct volume *volume, uint8_t *bytes)
{
	memset(bytes, 0, BLOCK_SIZE);
	bytes_put_le32(bytes, SUPER_MAGIC);
	bytes_put_le32(bytes + 8, VERSION);
	bytes_put_le32(bytes + 12, volume->segment_blocks);
	memcpy(bytes + 16, volume->identity, sizeof volume->identity);
	bytes_put_le64(bytes + 32, volume->blocks);
	bytes_put_le64(bytes + 40, volume->statistics.checkpoint + 1);
	bytes_put_le64(bytes + 48, volume->sequence);
	bytes_put_le32(bytes + 56, volume->head_segment);
	bytes_put_le32(bytes + 60, volume->head_block);
	bytes_put_le32(bytes + 64, volume->next_segment);
	bytes_put_le32(bytes + 68, volume->previous);
	bytes_put_le64(bytes + 72, volume->dump_pages);
	bytes_put_le64(bytes + 80, volume->statistics.keys);
	bytes_put_le64(bytes + 88, volume->statistics.mounts);
	bytes_put_le32(bytes + 96, volume->dump_count);
	for (uint32_t i = 0; i < volume->dump_count; i++)
		bytes_put_le32(bytes + SUPER_DUMP + i * sizeof(uint32_t), volume->dump[i]);
	bytes_put_le32(bytes + 4, crc32c_long(CRC32C_INIT, bytes + 8, BLOCK_SIZE - 8));
}

static void mark_set(struct volume *volume)
{
	volume->mark = (struct mark){
		.sequence = volume->sequence, .segment = volume->head_segment, .block = volume->head_block,
		.next = volume->next_segment, .previous = volume->previous
	};
}

static status_t super_write(struct volume *volume)
{
	super_fill(volume, volume->moved.bytes);
	super_fill(volume, volume->moved.bytes + BLOCK_SIZE);
	status_t status = device_flush(volume);
	if (status == STATUS_OK)
		status = blocks_write(volume, (volume->statistics.checkpoint + 1) % 2 * 2 * BLOCK_SIZE, 2, volume->moved.bytes);
	return status == STATUS_OK ? device_flush(volume) : status;
}

/* What the newest checkpoint does not refer to is free. */
static void segments_free(struct volume *volume)
{
	for (uint32_t i = 0; i < volume->segment_count; i++) {
		struct segment *segment = &volume->segments[i];
		if (segment->state != SEGMENT_FREE && segment->live == 0 && i != volume->head_segment && i != volume->next_segment) {
			segment->state = SEGMENT_FREE;
			volume->free_segments++;
		}
	}
	for (uint32_t i = 0; i < volume->dump_count; i++) {
		volume->segments[volume->dump[i]].state = SEGMENT_INDEX;
		volume->free_segments--;
	}
}

/* The old pages stay until the new ones count: their segments are not free meanwhile. */
status_t checkpoint_write(struct volume *volume)
{
	const uint32_t need = checkpoint_segments(volume);

	if (need > volume->free_segments || need > DUMP_SEGMENTS_MAX)
		return STATUS_NO_SPACE;
	volume->dump_count = need;
	for (uint32_t i = 0, found = 0; found < need; i++) {
		if (volume->segments[i].state == SEGMENT_FREE)
			volume->dump[found++] = i;
	}
	status_t status = pages_write(volume);
	if (status == STATUS_OK)
		status = super_write(volume);
	if (status != STATUS_OK) {
		volume->broken = true;
		return status;
	}
	volume->statistics.checkpoint++;
	volume->statistics.commits = volume->log_blocks = 0;
	mark_set(volume);
	segments_free(volume);
	return STATUS_OK;
}

status_t super_judge(const uint8_t *bytes)
{
	if (bytes_le32(bytes) != SUPER_MAGIC)
		return STATUS_DAMAGED;
	if (bytes_le32(bytes + 4) == crc32c_long(CRC32C_INIT, bytes + 8, BLOCK_SIZE - 8))
		return bytes_le32(bytes + 8) == VERSION ? STATUS_OK : STATUS_UNSUPPORTED;
	return bytes_le32(bytes + 8) == VERSION ? STATUS_DAMAGED : STATUS_UNSUPPORTED;
}

/*@ requires \valid(volume) && \valid_read(volume->device) && \valid_read(bytes + (0 .. BLOCK_SIZE - 1));
    requires \separated(volume, volume->device, bytes + (0 .. BLOCK_SIZE - 1));
    assigns volume->segment_blocks, volume->blocks, volume->grown, volume->segment_count;
    ensures \result ==> geometry_ok(volume) && volume->segment_blocks >= SEGMENT_BLOCKS_MIN && volume->segment_count >= SEGMENTS_MIN; */
static bool super_geometry(struct volume *volume, const uint8_t *bytes)
{
	volume->segment_blocks = bytes_le32(bytes + 12);
	volume->blocks = volume->device->blocks;
	volume->grown = volume->blocks > bytes_le64(bytes + 32);
	if (volume->blocks < bytes_le64(bytes + 32) || volume->segment_blocks < SEGMENT_BLOCKS_MIN ||
	    volume->segment_blocks > SEGMENT_BLOCKS_MAX || volume->blocks < SUPER_BLOCKS)
		return false;
	const uint64_t segments = (volume->blocks - SUPER_BLOCKS) / volume->segment_blocks;
	volume->segment_count = segments < SEGMENTS_MAX ? (uint32_t)segments : SEGMENTS_MAX;
	return segments >= SEGMENTS_MIN;
}

/*@ requires \valid(volume) && geometry_ok(volume) && \valid_read(bytes + (0 .. BLOCK_SIZE - 1));
    requires \separated(volume, bytes + (0 .. BLOCK_SIZE - 1));
    assigns volume->dump_pages, volume->dump_count, volume->dump[0 .. DUMP_SEGMENTS_MAX - 1];
    ensures \result ==> volume->dump_count <= DUMP_SEGMENTS_MAX;
    ensures \result ==> volume->dump_pages <= volume->dump_count * volume->segment_blocks;
    ensures \result ==> dump_ok(volume); */
static bool super_dump(struct volume *volume, const uint8_t *bytes)
{
	const uint64_t pages = bytes_le64(bytes + 72);
	const uint32_t count = bytes_le32(bytes + 96);

	if (count > DUMP_SEGMENTS_MAX || count > volume->segment_count || pages > (uint64_t)count * volume->segment_blocks)
		return false;
	/*@ loop invariant 0 <= i <= count && volume->segment_blocks == \at(volume->segment_blocks, Pre);
	    loop invariant \forall integer k; 0 <= k < i ==> volume->dump[k] < volume->segment_count;
	    loop assigns i, volume->dump[0 .. DUMP_SEGMENTS_MAX - 1];
	    loop variant count - i; */
	for (uint32_t i = 0; i < count; i++) {
		volume->dump[i] = bytes_le32(bytes + SUPER_DUMP + i * sizeof(uint32_t));
		if (volume->dump[i] >= volume->segment_count)
			return false;
	}
	volume->dump_pages = pages;
	volume->dump_count = count;
	return true;
}

/*@ requires \valid(volume) && \valid_read(volume->device) && \valid_read(bytes + (0 .. BLOCK_SIZE - 1));
    requires \separated(volume, volume->device, bytes + (0 .. BLOCK_SIZE - 1));
    assigns *volume;
    ensures volume->device == \old(volume->device) && volume->window == \old(volume->window);
    ensures \result ==> geometry_ok(volume);
    ensures \result ==> head_ok(volume);
    ensures \result ==> volume->dump_count <= DUMP_SEGMENTS_MAX;
    ensures \result ==> volume->dump_pages <= volume->dump_count * volume->segment_blocks;
    ensures \result ==> dump_ok(volume); */
static bool super_take(struct volume *volume, const uint8_t *bytes)
{
	if (!super_geometry(volume, bytes))
		return false;
	bytes_put(volume->identity, bytes + 16, sizeof volume->identity);
	volume->seed = crc32c_long(CRC32C_INIT, volume->identity, sizeof volume->identity);
	volume->statistics.checkpoint = bytes_le64(bytes + 40);
	volume->sequence = bytes_le64(bytes + 48);
	volume->head_segment = bytes_le32(bytes + 56);
	volume->head_block = bytes_le32(bytes + 60);
	volume->next_segment = bytes_le32(bytes + 64);
	volume->previous = bytes_le32(bytes + 68);
	volume->statistics.mounts = bytes_le64(bytes + 88);
	return volume->head_segment < volume->segment_count && volume->next_segment < volume->segment_count &&
	       volume->head_segment != volume->next_segment && volume->head_block <= volume->segment_blocks &&
	       super_dump(volume, bytes);
}

/* A copy that a power cut tore is written again, or the next damage to the other would lose the checkpoint. Not a
 * reason to refuse the volume if it cannot be: volume_check tells. */
/*@ requires \valid(volume) && whole < SUPER_BLOCKS;
    requires \valid_read(volume->window + (0 .. SUPER_BLOCKS * BLOCK_SIZE - 1));
    assigns \nothing; */
static void super_heal(struct volume *volume, uint32_t whole)
{
	const uint8_t *bytes = volume->window + whole * BLOCK_SIZE;
	const uint32_t other = whole ^ 1;

	if (!volume->read_only && memcmp(volume->window + other * BLOCK_SIZE, bytes, BLOCK_SIZE) != 0)
		(void)!volume->device->operations->write(volume->device, other, 1, bytes);
}

/* Which of the four is the newest whole one. UNSUPPORTED: none is whole, and one is of another version. */
/*@ requires \valid_read(blocks + (0 .. SUPER_BLOCKS * BLOCK_SIZE - 1)) && \valid(out_which);
    requires \separated(out_which, blocks + (0 .. SUPER_BLOCKS * BLOCK_SIZE - 1));
    assigns *out_which;
    ensures \result == STATUS_OK ==> *out_which < SUPER_BLOCKS; */
static status_t super_newest(const uint8_t *blocks, uint32_t *out_which)
{
	status_t said = STATUS_DAMAGED;
	uint64_t newest = 0;

	/*@ loop invariant 0 <= i <= SUPER_BLOCKS && (said == STATUS_OK ==> *out_which < SUPER_BLOCKS);
	    loop assigns i, said, newest, *out_which;
	    loop variant SUPER_BLOCKS - i; */
	for (uint32_t i = 0; i < SUPER_BLOCKS; i++) {
		const uint8_t *bytes = blocks + i * BLOCK_SIZE;
		const status_t status = super_judge(bytes);
		if (status == STATUS_OK && (said != STATUS_OK || bytes_le64(bytes + 40) > newest)) {
			said = STATUS_OK;
			newest = bytes_le64(bytes + 40);
			*out_which = i;
		} else if (status == STATUS_UNSUPPORTED && said != STATUS_OK) {
			said = status;
		}
	}
	return said;
}

/* The newest superblock; the geometry and the log's head are known after it. */
status_t checkpoint_find(struct volume *volume)
{
	uint32_t which = 0;
	status_t status = block_read(volume->device, 0, SUPER_BLOCKS, volume->window);

	if (status == STATUS_OK)
		status = super_newest(volume->window, &which);
	if (status != STATUS_OK)
		return status;
	if (!super_take(volume, volume->window + which * BLOCK_SIZE))
		return STATUS_DAMAGED;
	super_heal(volume, which);
	return STATUS_OK;
}

/*@ requires reader_ok(volume) && dump_size_ok(volume) && dump_ok(volume);
    requires number < volume->dump_pages && \valid(out);
    requires \separated(out, volume, volume->window + (0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1));
    assigns *out, WINDOW_CHANGES;
    ensures window_ok(volume);
    ensures \result == STATUS_OK ==> \separated(volume, *out + (0 .. BLOCK_SIZE - 1));
    ensures \result == STATUS_OK ==> \valid_read(*out + (0 .. BLOCK_SIZE - 1)) && PAGE_HEADER <= le32_at(*out + 24) <= BLOCK_SIZE; */
static status_t page_read(struct volume *volume, uint64_t number, const uint8_t **out)
{
	const status_t status = window_read(volume, page_address(volume, number), BLOCK_SIZE, true, out);

	if (status != STATUS_OK)
		return status;
	const uint8_t *page = *out;
	const uint32_t used = bytes_le32(page + 24);
	return bytes_le32(page) == PAGE_MAGIC && bytes_le32(page + 4) == crc32c_long(volume->seed, page + 8, BLOCK_SIZE - 8) &&
	       bytes_le64(page + 8) == volume->statistics.checkpoint && bytes_le64(page + 16) == number &&
	       used >= PAGE_HEADER && used <= BLOCK_SIZE ? STATUS_OK : STATUS_DAMAGED;
}

/* One key of a page, and the segment of its record. */
struct entry {
	struct place place;
	const uint8_t *key;
	uint32_t key_size, segment;
};

/* False: what begins there is none, or not whole in that room. */
/*@ requires \valid_read(volume) && geometry_ok(volume) && \valid_read(bytes + (0 .. room - 1)) && \valid(out);
    requires \separated(out, volume, bytes + (0 .. room - 1));
    assigns *out;
    ensures \result ==> 0 < out->key_size <= VOLUME_KEY_MAX && ENTRY_HEADER + out->key_size <= room;
    ensures \result ==> \valid_read(out->key + (0 .. out->key_size - 1));
    ensures \result ==> out->place.value_size <= VOLUME_VALUE_MAX && out->segment < volume->segment_count; */
static bool entry_read(const struct volume *volume, const uint8_t *bytes, uint32_t room, struct entry *out)
{
	if (room < ENTRY_HEADER)
		return false;
	out->place.address = bytes_le64(bytes);
	out->place.value_size = bytes_le32(bytes + 8);
	out->key_size = bytes[12];
	out->key = bytes + ENTRY_HEADER;
	return out->key_size != 0 && out->key_size <= VOLUME_KEY_MAX && out->key_size <= room - ENTRY_HEADER &&
	       out->place.value_size <= VOLUME_VALUE_MAX && out->place.address % 8 == 0 &&
	       address_segment(volume, out->place.address, &out->segment);
}

/* Into the index. */
/*@ requires \valid(volume) && \valid_read(entry) && \valid_read(entry->key + (0 .. entry->key_size - 1));
    requires entry->segment < volume->segment_count;
    assigns tail[0 .. LEVELS - 1], INDEX_CHANGES; */
static status_t entry_take(struct volume *volume, const struct entry *entry, uint32_t tail[LEVELS])
{
	const status_t status = index_append(volume, tail, entry->key, entry->key_size);

	if (status != STATUS_OK)
		return status;
	if (volume->segments[entry->segment].live > volume->segment_blocks * BLOCK_SIZE)
		return STATUS_DAMAGED;
	node_committed_set(volume, node_at(volume, tail[0]), entry->place);
	live_add(volume, node_at(volume, tail[0]), &entry->place);
	return STATUS_OK;
}

/*@ requires \valid(volume) && geometry_ok(volume) && used <= BLOCK_SIZE && \valid_read(page + (0 .. used - 1));
    requires index_apart(volume) && \separated(volume, tail + (0 .. LEVELS - 1));
    requires \separated(volume, page + (0 .. used - 1)); */
static status_t page_take(struct volume *volume, const uint8_t *page, uint32_t used, uint32_t tail[LEVELS])
{
	uint32_t at = PAGE_HEADER;

	/*@ loop invariant PAGE_HEADER <= at && (at == PAGE_HEADER || at <= used) && geometry_ok(volume);
	    loop invariant volume->segment_count == \at(volume->segment_count, Pre) && volume->pool_end == \at(volume->pool_end, Pre);
	    loop assigns at, tail[0 .. LEVELS - 1], INDEX_CHANGES;
	    loop variant BLOCK_SIZE - at; */
	while (at < used) {
		struct entry entry;
		if (!entry_read(volume, page + at, used - at, &entry))
			return STATUS_DAMAGED;
		const uint32_t next = at + ENTRY_HEADER + entry.key_size;
		const status_t status = entry_take(volume, &entry, tail);
		if (status != STATUS_OK)
			return status;
		at = next;
	}
	return STATUS_OK;
}

static void states_load(struct volume *volume)
{
	volume->free_segments = 0;
	for (uint32_t i = 0; i < volume->segment_count; i++)
		volume->segments[i].state = volume->segments[i].live > 0 ? SEGMENT_LOG : SEGMENT_FREE;
	volume->segments[volume->head_segment].state = volume->segments[volume->next_segment].state = SEGMENT_LOG;
	for (uint32_t i = 0; i < volume->dump_count; i++)
		volume->segments[volume->dump[i]].state = SEGMENT_INDEX;
	for (uint32_t i = 0; i < volume->segment_count; i++)
		volume->free_segments += volume->segments[i].state == SEGMENT_FREE;
}

/* What taking a page's entries will look at, asked of memory together: at a million objects each is a miss. */
/*@ requires \valid_read(volume) && PAGE_HEADER <= used <= BLOCK_SIZE && \valid_read(page + (0 .. used - 1));
    assigns \nothing; */
static void page_ahead(const struct volume *volume, const uint8_t *page, uint32_t used, bool second)
{
	const uint8_t *before = page;
	size_t before_size = 0;

	/*@ loop invariant PAGE_HEADER <= at <= used && before_size <= VOLUME_KEY_MAX;
	    loop invariant \valid_read(before + (0 .. before_size - 1));
	    loop assigns at, size, before, before_size;
	    loop variant used - at; */
	for (uint32_t at = PAGE_HEADER, size = 0; used - at > ENTRY_HEADER; at += ENTRY_HEADER + size) {
		size = page[at + 12];
		if (size == 0 || size > VOLUME_KEY_MAX || size > used - at - ENTRY_HEADER)
			return;
		index_ahead(volume, page + at + ENTRY_HEADER, size, before, before_size, second);
		before = page + at + ENTRY_HEADER;
		before_size = size;
	}
}

/*@ requires reader_ok(volume) && dump_size_ok(volume) && dump_ok(volume);
    requires index_apart(volume) && number < volume->dump_pages;
    requires \separated(tail + (0 .. LEVELS - 1), volume, volume->window + (0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1)); */
static status_t page_load(struct volume *volume, uint64_t number, uint32_t tail[LEVELS])
{
	const uint8_t *page;
	const status_t status = page_read(volume, number, &page);

	if (status != STATUS_OK)
		return status;
	const uint32_t used = bytes_le32(page + 24);
	page_ahead(volume, page, used, false);
	page_ahead(volume, page, used, true);
	return page_take(volume, page, used, tail);
}

status_t checkpoint_load(struct volume *volume)
{
	uint32_t tail[LEVELS];
	status_t status = STATUS_OK;

	index_tail(volume, tail);
	pieces_expect(volume, volume->dump_pages * PAGE_PIECES);
	for (uint64_t number = 0; status == STATUS_OK && number < volume->dump_pages; number++)
		status = page_load(volume, number, tail);
	if (status != STATUS_OK)
		return status;
	states_load(volume);
	mark_set(volume);
	return STATUS_OK;
}

status_t super_verify(struct volume *volume)
{
	status_t status = block_read(volume->device, volume->statistics.checkpoint % 2 * 2, 2, volume->window);

	volume->window_blocks = 0;
	for (uint32_t i = 0; i < 2 && status == STATUS_OK; i++) {
		const uint8_t *bytes = volume->window + i * BLOCK_SIZE;
		status = super_judge(bytes) == STATUS_OK && bytes_le64(bytes + 40) == volume->statistics.checkpoint ? STATUS_OK :
			STATUS_DAMAGED;
	}
	return status;
}

status_t pages_verify(struct volume *volume)
{
	status_t status = STATUS_OK;

	for (uint64_t number = 0; number < volume->dump_pages && status == STATUS_OK; number++) {
		const uint8_t *page;
		status = page_read(volume, number, &page);
	}
	return status;
}
