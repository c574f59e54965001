/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The log: batches, each whole or not there. A header names its volume, place,
 * sequence and predecessor; every record has a checksum that its batch's place
 * and sequence went into, so nothing stale or misplaced is taken for it.
 */
#include "volume_priv.h"

//@ ghost struct batch_header checked;
//@ ghost uint64_t checked_address;
/*@ predicate was_checked(uint64_t address, struct batch_header header) = checked_address == address && checked == header; */

/* In annotations: what following the log changes of where it goes on. */
#define HEAD_CHANGES \
	volume->head_segment, volume->head_block, volume->next_segment, volume->free_segments, volume->previous, \
		volume->sequence, volume->log_blocks
/* Each batch takes a block of its segment at least, or a free segment: less is left then. */
#define LOG_LEFT (volume->free_segments * (SEGMENT_BLOCKS_MAX + 1) + SEGMENT_BLOCKS_MAX - volume->head_block)

uint32_t record_size(size_t key_size, size_t value_size)
{
	return (uint32_t)((RECORD_HEADER + key_size + value_size + 7) / 8 * 8);
}

uint64_t segment_address(const struct volume *volume, uint32_t segment)
{
	return (SUPER_BLOCKS + (uint64_t)segment * volume->segment_blocks) * BLOCK_SIZE;
}

bool address_segment(const struct volume *volume, uint64_t address, uint32_t *out_segment)
{
	const uint64_t block = address / BLOCK_SIZE;

	if (block < SUPER_BLOCKS || (block - SUPER_BLOCKS) / volume->segment_blocks >= volume->segment_count)
		return false;
	*out_segment = (uint32_t)((block - SUPER_BLOCKS) / volume->segment_blocks);
	return true;
}

/*@ requires \valid_read(volume) && geometry_ok(volume) && segment < volume->segment_count && block <= volume->segment_blocks;
    assigns \nothing;
    ensures \result == (SUPER_BLOCKS + segment * volume->segment_blocks + block) * BLOCK_SIZE;
    ensures \result <= BLOCKS_MAX * BLOCK_SIZE;
    ensures block < volume->segment_blocks ==> in_segment(volume->segment_blocks, \result, segment);
    ensures segment_end(volume->segment_blocks, segment) == \result + (volume->segment_blocks - block) * BLOCK_SIZE; */
static uint64_t block_address(const struct volume *volume, uint32_t segment, uint32_t block)
{
	return segment_address(volume, segment) + (uint64_t)block * BLOCK_SIZE;
}

/* From an address to the end of its segment, in bytes; 0: it lies in none. What salvage takes for the last one may be
 * cut short. */
/*@ requires \valid_read(volume) && geometry_ok(volume);
    assigns \nothing;
    ensures \result <= volume->segment_blocks * BLOCK_SIZE;
    ensures \result > 0 ==> address + \result <= BLOCKS_MAX * BLOCK_SIZE && (address + \result) % BLOCK_SIZE == 0;
    ensures batch_inside(volume->segment_blocks, address, \result); */
static uint64_t segment_rest(const struct volume *volume, uint64_t address)
{
	uint32_t segment;

	if (!address_segment(volume, address, &segment))
		return 0;
	//@ assert (segment + 1) * volume->segment_blocks <= SEGMENTS_MAX * SEGMENT_BLOCKS_MAX;
	const uint64_t end = SUPER_BLOCKS + (segment + 1ull) * volume->segment_blocks;
	const uint64_t end_bytes = (end < volume->blocks ? end : volume->blocks) * BLOCK_SIZE;
	return address < end_bytes ? end_bytes - address : 0;
}

/* The bytes at an address, within its segment; `ahead` reads as much as fits, for who goes on from there. */
status_t window_read(struct volume *volume, uint64_t address, uint32_t size, bool ahead, const uint8_t **out)
{
	const uint64_t first = address / BLOCK_SIZE, rest = segment_rest(volume, address);

	if (size > RECORD_MAX + 8 || size > rest)
		return STATUS_DAMAGED;
	const uint64_t needed = (address + size + BLOCK_SIZE - 1) / BLOCK_SIZE - first;
	if (first < volume->window_block || first + needed > volume->window_block + volume->window_blocks) {
		const uint64_t room = (address + rest) / BLOCK_SIZE - first;
		const uint64_t count = !ahead ? needed : room < WINDOW_BLOCKS ? room : WINDOW_BLOCKS;
		//@ assert needed <= count <= WINDOW_BLOCKS;
		volume->window_blocks = 0;
		const status_t status = block_read(volume->device, first, (uint32_t)count, volume->window);
		if (status != STATUS_OK)
			return status;
		volume->window_block = first;
		volume->window_blocks = (uint32_t)count;
	}
	*out = volume->window + (address - volume->window_block * BLOCK_SIZE);
	return STATUS_OK;
}

/*@ requires \valid_read(volume) && 4 <= length && \valid_read(bytes + (0 .. length - 1));
    assigns \nothing; */
static uint32_t record_checksum(const struct volume *volume, const uint8_t *bytes, uint64_t address, size_t length)
{
	uint8_t place[8];

	bytes_put_le64(place, address);
	return crc32c_long(crc32c_long(volume->seed, place, sizeof place), bytes + 4, length - 4);
}

status_t record_load(struct volume *volume, uint64_t address, bool ahead, struct record *out)
{
	const uint8_t *bytes;
	status_t status = window_read(volume, address, RECORD_HEADER, ahead, &bytes);

	if (status != STATUS_OK)
		return status;
	out->key_size = bytes[4];
	out->kind = bytes[5];
	out->value_size = bytes_le32(bytes + 8);
	out->sequence = bytes_le64(bytes + 16);
	if (out->key_size == 0 || out->key_size > VOLUME_KEY_MAX || out->value_size > VOLUME_VALUE_MAX)
		return STATUS_DAMAGED;
	const uint32_t length = RECORD_HEADER + out->key_size + out->value_size;
	status = window_read(volume, address, length, ahead, &bytes);
	if (status != STATUS_OK)
		return status;
	if (bytes_le32(bytes) != record_checksum(volume, bytes, address, length))
		return STATUS_DAMAGED;
	out->key = bytes + RECORD_HEADER;
	out->value = out->key + out->key_size;
	return out->kind == RECORD_PUT || out->kind == RECORD_DELETE ? STATUS_OK : STATUS_DAMAGED;
}

/* The value at a place that must be this key's. */
status_t record_read(struct volume *volume, struct node *node, const struct place *place, const uint8_t **out_value)
{
	const uint32_t length = RECORD_HEADER + node->key_size + place->value_size;
	const uint8_t *bytes;
	struct record record;
	/* All of it at once; what it says of its size is judged after. */
	status_t status = window_read(volume, place->address, length, false, &bytes);

	if (status == STATUS_OK)
		status = record_load(volume, place->address, false, &record);
	if (status != STATUS_OK)
		return status;
	if (record.kind != RECORD_PUT || record.value_size != place->value_size ||
	    !node_is(volume, node, record.key, record.key_size))
		return STATUS_DAMAGED;
	*out_value = record.value;
	return STATUS_OK;
}

void batch_start(struct batch *batch)
{
	batch->used = BATCH_HEADER;
	batch->count = 0;
}

/* False: it does not fit. */
bool batch_add(const struct volume *volume, struct batch *batch, uint32_t kind, const uint8_t *key, size_t key_size,
               const uint8_t *value, size_t value_size, uint32_t *out_offset)
{
	const uint32_t size = record_size(key_size, value_size);

	if (size > volume->batch_blocks * BLOCK_SIZE - batch->used)
		return false;
	uint8_t *bytes = batch->bytes + batch->used;
	memset(bytes, 0, RECORD_HEADER);
	memset(bytes + size - 8, 0, 8);
	bytes[4] = (uint8_t)key_size;
	bytes[5] = (uint8_t)kind;
	bytes_put_le32(bytes + 8, (uint32_t)value_size);
	memcpy(bytes + RECORD_HEADER, key, key_size);
	if (value_size > 0)
		memcpy(bytes + RECORD_HEADER + key_size, value, value_size);
	*out_offset = batch->used;
	batch->used += size;
	batch->count++;
	return true;
}

void batch_header_known(const struct volume *volume, uint64_t address, uint8_t out_header[BATCH_HEADER])
{
	bytes_put_le32(out_header, BATCH_MAGIC);
	bytes_put(out_header + 8, volume->identity, sizeof volume->identity);
	bytes_put_le64(out_header + 24, volume->sequence + 1);
	bytes_put_le64(out_header + 32, address);
	bytes_put_le32(out_header + 52, volume->previous);
}

/* Sequence and checksum into every record, now that the batch's place is known. */
static void batch_seal(struct volume *volume, struct batch *batch, uint64_t address)
{
	for (uint32_t at = BATCH_HEADER; at < batch->used;) {
		uint8_t *bytes = batch->bytes + at;
		const uint32_t length = RECORD_HEADER + bytes[4] + bytes_le32(bytes + 8);
		bytes_put_le64(bytes + 16, volume->sequence + 1);
		bytes_put_le32(bytes, record_checksum(volume, bytes, address + at, length));
		at += (length + 7) / 8 * 8;
	}
	uint8_t *header = batch->bytes;
	memset(header, 0, BATCH_HEADER);
	batch_header_known(volume, address, header);
	bytes_put_le32(header + 40, batch->used);
	bytes_put_le32(header + 44, batch->count);
	bytes_put_le32(header + 48, volume->next_segment);
	bytes_put_le32(header + 4, crc32c_long(CRC32C_INIT, header + 8, BATCH_HEADER - 8));
}

bool batch_header_read(const struct volume *volume, const uint8_t *bytes, uint64_t address, struct batch_header *out)
{
	out->checksum = bytes_le32(bytes + 4);
	out->sequence = bytes_le64(bytes + 24);
	out->used = bytes_le32(bytes + 40);
	out->count = bytes_le32(bytes + 44);
	out->next_segment = bytes_le32(bytes + 48);
	out->previous = bytes_le32(bytes + 52);
	return bytes_le32(bytes) == BATCH_MAGIC && out->checksum == crc32c_long(CRC32C_INIT, bytes + 8, BATCH_HEADER - 8) &&
	       bytes_compare(bytes + 8, volume->identity, sizeof volume->identity) == 0 && bytes_le64(bytes + 32) == address &&
	       out->used >= BATCH_HEADER && out->used <= segment_rest(volume, address) &&
	       out->next_segment < volume->segment_count;
}

/* A free segment becomes part of the log; the caller knows that there is one. */
uint32_t segment_take(struct volume *volume)
{
	for (uint32_t i = 1; i <= volume->segment_count; i++) {
		const uint32_t segment = (volume->head_segment + i) % volume->segment_count;
		if (volume->segments[segment].state == SEGMENT_FREE) {
			volume->segments[segment].state = SEGMENT_LOG;
			volume->segments[segment].taken++;
			volume->free_segments--;
			return segment;
		}
	}
	return 0;
}

/*@ requires \valid(volume) && volume->head_block + blocks <= volume->segment_blocks <= SEGMENT_BLOCKS_MAX;
    assigns volume->head_block, volume->log_blocks, volume->sequence, volume->statistics;
    ensures volume->head_block == \old(volume->head_block) + blocks; */
static void head_advance(struct volume *volume, uint32_t blocks)
{
	volume->head_block += blocks;
	volume->log_blocks += blocks;
	volume->sequence++;
	volume->statistics.commits++;
}

/* The head, with room for so many blocks behind it. */
static status_t head_make(struct volume *volume, uint32_t blocks, uint64_t *out_address)
{
	if (blocks > volume->segment_blocks - volume->head_block) {
		if (volume->free_segments == 0)
			return STATUS_NO_SPACE;
		volume->head_segment = volume->next_segment;
		volume->head_block = 0;
		volume->next_segment = segment_take(volume);
	}
	*out_address = block_address(volume, volume->head_segment, volume->head_block);
	return STATUS_OK;
}

/* One write, one flush. */
static status_t head_write(struct volume *volume, struct batch *batch, uint32_t blocks, uint64_t address)
{
	batch_seal(volume, batch, address);
	volume->window_blocks = 0;
	status_t status = volume->device->operations->write(volume->device, address / BLOCK_SIZE, blocks, batch->bytes);
	if (status == STATUS_OK)
		status = volume->device->operations->flush(volume->device);
	if (status != STATUS_OK) {
		volume->broken = true;
		return status;
	}
	volume->statistics.written_blocks += blocks;
	volume->statistics.flushes++;
	volume->previous = bytes_le32(batch->bytes + 4);
	head_advance(volume, blocks);
	return STATUS_OK;
}

status_t batch_write(struct volume *volume, struct batch *batch, uint64_t *out_address)
{
	const uint32_t blocks = (batch->used + BLOCK_SIZE - 1) / BLOCK_SIZE;
	const status_t status = head_make(volume, blocks, out_address);

	if (status != STATUS_OK)
		return status;
	memset(batch->bytes + batch->used, 0, blocks * BLOCK_SIZE - batch->used);
	return head_write(volume, batch, blocks, *out_address);
}

status_t log_mark(struct volume *volume)
{
	struct batch mark = { .bytes = volume->window };
	const bool takes = volume->head_block == volume->segment_blocks;
	uint64_t address;

	/* What a full disk has left is for deleting. */
	if (volume->marked || (takes && volume->free_segments < checkpoint_segments(volume) + 3))
		return STATUS_OK;
	status_t status = head_make(volume, 1, &address);
	if (status != STATUS_OK)
		return status;
	volume->window_blocks = 0;
	if (volume->device->operations->read(volume->device, address / BLOCK_SIZE, 1, mark.bytes) != STATUS_OK)
		memset(mark.bytes, 0, BLOCK_SIZE);
	batch_start(&mark);
	status = head_write(volume, &mark, 1, address);
	volume->marked = status == STATUS_OK;
	return status;
}

void live_add(struct volume *volume, const struct node *node, const struct place *place)
{
	uint32_t segment;

	if (place->address != 0 && address_segment(volume, place->address, &segment)) {
		volume->segments[segment].live += record_size(node->key_size, place->value_size);
		volume->statistics.keys++;
		volume->statistics.value_bytes += place->value_size;
		volume->dump_bytes += ENTRY_HEADER + node->key_size;
	}
}

static void live_remove(struct volume *volume, const struct node *node, const struct place *place)
{
	uint32_t segment;

	if (place->address != 0 && address_segment(volume, place->address, &segment)) {
		volume->segments[segment].live -= record_size(node->key_size, place->value_size);
		volume->statistics.keys--;
		volume->statistics.value_bytes -= place->value_size;
		volume->dump_bytes -= ENTRY_HEADER + node->key_size;
	}
}

/* The committed place of a key becomes another, or none. */
void live_set(struct volume *volume, struct node *node, struct place place)
{
	const struct place before = node_committed(volume, node);

	live_remove(volume, node, &before);
	node_committed_set(volume, node, place);
	live_add(volume, node, &place);
}

/* The record at an offset of a batch: whole, and of that batch. */
/*@ requires reader_ok(volume) && address <= BLOCKS_MAX * BLOCK_SIZE && header.used <= SEGMENT_BLOCKS_MAX * BLOCK_SIZE;
    requires \valid(out) && \separated(out, volume, volume->window + (0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1));
    assigns *out, WINDOW_CHANGES;
    ensures window_ok(volume);
    ensures \result == STATUS_OK ==> at < header.used && record_ok(out) && out->sequence == header.sequence; */
static status_t batch_record(struct volume *volume, uint64_t address, struct batch_header header, uint32_t at,
                             struct record *out)
{
	if (at >= header.used)
		return STATUS_DAMAGED;
	const status_t status = record_load(volume, address + at, true, out);
	return status == STATUS_OK && out->sequence != header.sequence ? STATUS_DAMAGED : status;
}

/* All of them are, and fill it. */
/*@ requires reader_ok(volume) && address <= BLOCKS_MAX * BLOCK_SIZE && header.used <= SEGMENT_BLOCKS_MAX * BLOCK_SIZE;
    assigns WINDOW_CHANGES, checked, checked_address;
    ensures window_ok(volume);
    ensures \result == STATUS_OK ==> was_checked(address, header); */
static status_t batch_check(struct volume *volume, uint64_t address, struct batch_header header)
{
	uint32_t at = BATCH_HEADER;
	//@ ghost uint32_t whole = 0;

	/*@ loop invariant at <= SEGMENT_BLOCKS_MAX * BLOCK_SIZE + RECORD_MAX && window_ok(volume);
	    loop invariant whole == i <= header.count;
	    loop assigns i, at, whole, WINDOW_CHANGES;
	    loop variant header.count - i; */
	for (uint32_t i = 0; i < header.count; i++) {
		struct record record;
		const status_t status = batch_record(volume, address, header, at, &record);
		//@ ghost whole += status == STATUS_OK && record.sequence == header.sequence ? 1 : 0;
		if (status != STATUS_OK)
			return status;
		at += record_size(record.key_size, record.value_size);
	}
	/*@ ghost if (whole == header.count && at == header.used) {
	        checked = header;
	        checked_address = address;
	    } */
	return at == header.used ? STATUS_OK : STATUS_DAMAGED;
}

/*@ requires reader_ok(volume) && index_apart(volume) && \valid_read(record) && record_ok(record);
    requires checked_address <= address < checked_address + checked.used && record->sequence == checked.sequence;
    assigns INDEX_CHANGES;
    ensures PARTS_SAME && window_ok(volume); */
static status_t record_apply(struct volume *volume, const struct record *record, uint64_t address)
{
	const bool put = record->kind == RECORD_PUT;
	const uint32_t number = put ? index_add(volume, record->key, record->key_size) :
	                              index_at(volume, record->key, record->key_size);

	if (number == 0)
		return put ? STATUS_QUOTA : STATUS_OK;
	live_set(volume, node_at(volume, number),
	         (struct place){ .address = put ? address : 0, .value_size = put ? record->value_size : 0 });
	if (!put)
		index_remove(volume, number);
	return STATUS_OK;
}

/*@ requires reader_ok(volume) && index_apart(volume);
    requires address <= BLOCKS_MAX * BLOCK_SIZE && header.used <= SEGMENT_BLOCKS_MAX * BLOCK_SIZE;
    requires was_checked(address, header);
    assigns INDEX_CHANGES, WINDOW_CHANGES;
    ensures window_ok(volume); */
static status_t batch_apply(struct volume *volume, uint64_t address, struct batch_header header)
{
	uint32_t at = BATCH_HEADER;

	/*@ loop invariant at <= SEGMENT_BLOCKS_MAX * BLOCK_SIZE + RECORD_MAX && window_ok(volume);
	    loop invariant PARTS_SAME;
	    loop assigns i, at, INDEX_CHANGES, WINDOW_CHANGES;
	    loop variant header.count - i; */
	for (uint32_t i = 0; i < header.count; i++) {
		struct record record;
		status_t status = batch_record(volume, address, header, at, &record);
		if (status != STATUS_OK)
			return status;
		//@ assert PARTS_SAME;
		const uint32_t size = record_size(record.key_size, record.value_size);
		status = record_apply(volume, &record, address + at);
		if (status != STATUS_OK)
			return status;
		at += size;
	}
	return STATUS_OK;
}

/* OK: the batch after `sequence` lies here, whole. DAMAGED: it does not. */
/*@ requires reader_ok(volume) && \valid(out) && address <= BLOCKS_MAX * BLOCK_SIZE;
    requires \separated(out, volume, volume->window + (0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1));
    assigns *out, WINDOW_CHANGES, checked, checked_address;
    ensures window_ok(volume);
    ensures \result == STATUS_OK ==> was_checked(address, *out);
    ensures \result == STATUS_OK ==> BATCH_HEADER <= out->used <= volume->segment_blocks * BLOCK_SIZE;
    ensures \result == STATUS_OK ==> batch_inside(volume->segment_blocks, address, out->used);
    ensures \result == STATUS_OK ==> out->next_segment < volume->segment_count && out->sequence == (uint64_t)(sequence + 1); */
static status_t batch_expect(struct volume *volume, uint64_t address, uint64_t sequence, uint32_t previous,
                             struct batch_header *out)
{
	const uint8_t *bytes;
	const status_t status = window_read(volume, address, BATCH_HEADER, true, &bytes);

	if (status != STATUS_OK)
		return status;
	if (!batch_header_read(volume, bytes, address, out) || out->sequence != sequence + 1 || out->previous != previous)
		return STATUS_DAMAGED;
	return batch_check(volume, address, *out);
}

/* Take over the segment a batch names as the one to come. */
/*@ requires replay_ok(volume) && next < volume->segment_count;
    assigns volume->head_segment, volume->head_block, volume->next_segment, volume->free_segments, volume->segments[next].state;
    ensures head_inside(volume);
    ensures \result && !entered ==> volume->head_segment == \old(volume->head_segment) && volume->head_block == \old(volume->head_block);
    ensures \result && !entered ==> volume->free_segments == \old(volume->free_segments);
    ensures \result && entered ==> volume->head_segment == \old(volume->next_segment) && volume->head_block == 0;
    ensures \result && entered ==> volume->free_segments == \old(volume->free_segments) - 1; */
static bool next_follow(struct volume *volume, uint32_t next, bool entered)
{
	if (!entered)
		return next == volume->next_segment;
	if (volume->free_segments == 0 || volume->segments[next].state != SEGMENT_FREE)
		return false;
	volume->head_segment = volume->next_segment;
	volume->head_block = 0;
	volume->next_segment = next;
	volume->segments[next].state = SEGMENT_LOG;
	volume->free_segments--;
	return true;
}

/* The next batch lies at the head or at the start of the next segment. NOT_FOUND: at neither. */
/*@ requires replay_ok(volume);
    assigns HEAD_CHANGES, INDEX_CHANGES, WINDOW_CHANGES, checked, checked_address;
    ensures PARTS_SAME && window_ok(volume) && head_inside(volume);
    ensures \result == STATUS_OK ==> 0 <= LOG_LEFT < \old(LOG_LEFT); */
static status_t replay_one(struct volume *volume)
{
	struct batch_header header;
	uint64_t address = block_address(volume, volume->head_segment, volume->head_block);
	bool entered = volume->head_block == volume->segment_blocks;
	status_t status = entered ? STATUS_DAMAGED :
	                            batch_expect(volume, address, volume->sequence, volume->previous, &header);

	if (status == STATUS_DAMAGED) {
		entered = true;
		address = segment_address(volume, volume->next_segment);
		status = batch_expect(volume, address, volume->sequence, volume->previous, &header);
	}
	if (status == STATUS_DAMAGED)
		return STATUS_NOT_FOUND;
	if (status != STATUS_OK)
		return status;
	//@ assert !entered ==> header.used <= (volume->segment_blocks - volume->head_block) * BLOCK_SIZE;
	if (!next_follow(volume, header.next_segment, entered))
		return STATUS_DAMAGED;
	status = batch_apply(volume, address, header);
	volume->previous = header.checksum;
	head_advance(volume, (header.used + BLOCK_SIZE - 1) / BLOCK_SIZE);
	return status;
}

/* A batch later than the one that is missing was written after that was durable: it was not lost but damaged. */
/*@ requires reader_ok(volume) && address <= BLOCKS_MAX * BLOCK_SIZE && blocks <= SEGMENT_BLOCKS_MAX;
    assigns WINDOW_CHANGES;
    ensures window_ok(volume); */
static status_t tail_check(struct volume *volume, uint64_t address, uint32_t blocks)
{
	/*@ loop invariant 0 <= i <= blocks && address == \at(address, Pre) + i * BLOCK_SIZE && window_ok(volume);
	    loop assigns i, address, WINDOW_CHANGES;
	    loop variant blocks - i; */
	for (uint32_t i = 0; i < blocks; i++, address += BLOCK_SIZE) {
		const uint8_t *bytes;
		struct batch_header header;
		const status_t status = window_read(volume, address, BATCH_HEADER, true, &bytes);
		if (status != STATUS_OK)
			return status;
		if (batch_header_read(volume, bytes, address, &header) && header.sequence > volume->sequence + 1)
			return STATUS_DAMAGED;
	}
	return STATUS_OK;
}

/* The missing one may have begun the next segment, and the one after it a segment that only the missing one names. If
 * its header is not whole, a record behind it says that it was written: then any segment may be that one. */
/*@ requires reader_ok(volume) && volume->next_segment < volume->segment_count;
    assigns WINDOW_CHANGES;
    ensures window_ok(volume); */
static status_t beyond_check(struct volume *volume)
{
	const uint64_t address = segment_address(volume, volume->next_segment);
	const uint8_t *bytes;
	struct batch_header header;
	struct record record;
	status_t status = window_read(volume, address, BATCH_HEADER, true, &bytes);

	if (status != STATUS_OK)
		return status;
	if (batch_header_read(volume, bytes, address, &header)) {
		const bool missing = header.sequence == volume->sequence + 1;
		return missing ? tail_check(volume, segment_address(volume, header.next_segment), 1) : STATUS_OK;
	}
	status = record_load(volume, address + BATCH_HEADER, true, &record);
	if (status != STATUS_OK || record.sequence != volume->sequence + 1)
		return status == STATUS_DAMAGED ? STATUS_OK : status;
	/*@ loop invariant 0 <= i <= volume->segment_count && window_ok(volume);
	    loop assigns i, status, WINDOW_CHANGES;
	    loop variant volume->segment_count - i; */
	for (uint32_t i = 0; status == STATUS_OK && i < volume->segment_count; i++)
		status = tail_check(volume, segment_address(volume, i), 1);
	return status;
}

status_t log_replay(struct volume *volume)
{
	status_t status;

	/*@ loop invariant PARTS_SAME && window_ok(volume) && head_inside(volume);
	    loop assigns status, HEAD_CHANGES, INDEX_CHANGES, WINDOW_CHANGES, checked, checked_address;
	    loop variant LOG_LEFT; */
	do
		status = replay_one(volume);
	while (status == STATUS_OK);
	if (status != STATUS_NOT_FOUND)
		return status;
	const uint64_t head = block_address(volume, volume->head_segment, volume->head_block);
	status = tail_check(volume, head, volume->segment_blocks - volume->head_block);
	if (status == STATUS_OK)
		status = tail_check(volume, segment_address(volume, volume->next_segment), volume->segment_blocks);
	return status == STATUS_OK ? beyond_check(volume) : status;
}

/* Everything since the checkpoint is still there as it was written, up to the newest commit. */
status_t log_verify(struct volume *volume)
{
	struct mark at = volume->mark;

	/*@ loop invariant at.segment < volume->segment_count && at.next < volume->segment_count && window_ok(volume);
	    loop assigns at, WINDOW_CHANGES, checked, checked_address;
	    loop variant volume->sequence - at.sequence; */
	while (at.sequence < volume->sequence) {
		struct batch_header header = { 0 };
		status_t status = STATUS_DAMAGED;
		if (at.block < volume->segment_blocks)
			status = batch_expect(volume, block_address(volume, at.segment, at.block), at.sequence, at.previous, &header);
		if (status == STATUS_DAMAGED) {
			at.segment = at.next;
			at.block = 0;
			status = batch_expect(volume, block_address(volume, at.segment, 0), at.sequence, at.previous, &header);
		}
		if (status != STATUS_OK)
			return status;
		at = (struct mark){ .sequence = header.sequence, .segment = at.segment,
			            .block = at.block + (header.used + BLOCK_SIZE - 1) / BLOCK_SIZE,
			            .next = header.next_segment, .previous = header.checksum };
	}
	return STATUS_OK;
}
