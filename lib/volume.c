/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The map: transactions over the index and the log, and what opens and closes them. */
#include "volume_priv.h"

bool arena_divide(struct volume *volume, size_t arena_size)
{
	uint8_t *arena = (uint8_t *)volume;
	uint64_t at = (sizeof *volume + 15) / 16 * 16;

	volume->window = arena + at;
	at += WINDOW_BLOCKS * BLOCK_SIZE;
	at += cache_start(volume, arena + at, arena_size);
	volume->segments = (struct segment *)(void *)(arena + at);
	at += (uint64_t)volume->segment_count * sizeof(struct segment);
	const uint32_t room = (uint32_t)(arena_size / 8 / BLOCK_SIZE < 256 ? arena_size / 8 / BLOCK_SIZE : 256);
	volume->batch_blocks = room < volume->segment_blocks ? room : volume->segment_blocks;
	volume->open.bytes = arena + at;
	at += (uint64_t)volume->batch_blocks * BLOCK_SIZE;
	volume->moved.bytes = arena + at;
	at += (uint64_t)volume->batch_blocks * BLOCK_SIZE;
	volume->pool = arena + at;
	if (at > arena_size)
		return false;
	/* What lies there is named by 32 bits. */
	const uint64_t pool_max = (UINT32_MAX - 64ull) * POOL_UNIT;
	volume->pool_size = arena_size - at < pool_max ? arena_size - at : pool_max;
	memset(volume->segments, 0, volume->segment_count * sizeof(struct segment));
	batch_start(&volume->open);
	return index_start(volume);
}

/* Small segments on a small disk, and no more of them than the table has room for. */
static uint32_t segment_blocks_choose(uint64_t blocks)
{
	uint32_t size = SEGMENT_BLOCKS_MIN;

	while (size < 256 && blocks / size > 64)
		size *= 2;
	while (size < SEGMENT_BLOCKS_MAX && blocks / size > SEGMENTS_MAX)
		size *= 2;
	return size;
}

struct volume *volume_begin(struct block_device *device, void *arena, size_t arena_size)
{
	struct volume *volume = arena;

	if (arena_size < VOLUME_ARENA_MIN || (uintptr_t)arena % 16 != 0)
		return NULL;
	memset(volume, 0, sizeof *volume);
	volume->device = device;
	volume->window = (uint8_t *)arena + (sizeof *volume + 15) / 16 * 16;
	return volume;
}

status_t volume_format(struct block_device *device, void *arena, size_t arena_size, const uint8_t identity[16])
{
	struct volume *volume = volume_begin(device, arena, arena_size);

	if (volume == NULL)
		return STATUS_INVALID;
	volume->blocks = device->blocks;
	volume->segment_blocks = segment_blocks_choose(device->blocks);
	const uint64_t segments = device->blocks < SUPER_BLOCKS ? 0 : (device->blocks - SUPER_BLOCKS) / volume->segment_blocks;
	if (segments < SEGMENTS_MIN || segments > SEGMENTS_MAX)
		return STATUS_INVALID;
	volume->segment_count = (uint32_t)segments;
	if (!arena_divide(volume, arena_size))
		return STATUS_INVALID;
	memcpy(volume->identity, identity, sizeof volume->identity);
	volume->seed = crc32c_long(CRC32C_INIT, identity, sizeof volume->identity);
	volume->free_segments = volume->segment_count;
	volume->head_segment = segment_take(volume);
	volume->next_segment = segment_take(volume);
	/* Nothing of an older volume is found in the slot that is not written now. */
	memset(volume->moved.bytes, 0, SUPER_BLOCKS * BLOCK_SIZE);
	status_t status = device->operations->write(device, 0, SUPER_BLOCKS, volume->moved.bytes);
	if (status == STATUS_OK)
		status = device->operations->flush(device);
	return status == STATUS_OK ? checkpoint_write(volume) : status;
}

status_t volume_is_blank(struct block_device *device, void *arena, size_t arena_size, bool *out_blank)
{
	struct volume *volume = volume_begin(device, arena, arena_size);

	if (volume == NULL || device->blocks < SUPER_BLOCKS)
		return STATUS_INVALID;
	const uint32_t blocks = device->blocks < WINDOW_BLOCKS ? (uint32_t)device->blocks : WINDOW_BLOCKS;
	const status_t status = device->operations->read(device, 0, blocks, volume->window);
	if (status != STATUS_OK)
		return status;
	*out_blank = true;
	for (uint32_t i = 0; i < blocks * BLOCK_SIZE; i++)
		*out_blank = *out_blank && volume->window[i] == 0;
	return STATUS_OK;
}

/* Before anything is written where the device was not before. (No space for a checkpoint: nor for anything else.) */
static status_t size_record(struct volume *volume)
{
	const status_t status = checkpoint_write(volume);

	return status == STATUS_NO_SPACE ? STATUS_OK : status;
}

status_t volume_mount(struct block_device *device, void *arena, size_t arena_size, const struct volume_options *options,
                      struct volume **out_volume)
{
	struct volume *volume = volume_begin(device, arena, arena_size);
	status_t status = STATUS_OK;

	if (volume == NULL || device->blocks < SUPER_BLOCKS)
		return STATUS_INVALID;
	volume->read_only = options->read_only || device->read_only != 0;
	/* What is read from here on may still be in the device's cache, after a restart without a power cut. */
	if (!volume->read_only)
		status = device->operations->flush(device);
	if (status == STATUS_OK)
		status = checkpoint_find(volume);
	if (status == STATUS_OK && !arena_divide(volume, arena_size))
		status = STATUS_QUOTA;
	if (status == STATUS_OK)
		status = checkpoint_load(volume);
	if (status == STATUS_OK)
		status = log_replay(volume);
	if (status == STATUS_OK && volume->grown && !volume->read_only)
		status = size_record(volume);
	if (status != STATUS_OK)
		return status;
	volume->statistics.mounts++;
	*out_volume = volume;
	return STATUS_OK;
}

status_t volume_unmount(struct volume *volume)
{
	volume_abort(volume);
	if (volume->read_only)
		return STATUS_OK;
	if (volume->broken)
		return STATUS_IO_ERROR;
	const status_t status = checkpoint_write(volume);
	volume->broken = true;
	return status;
}

static status_t change_check(const struct volume *volume, size_t key_size, size_t value_size)
{
	if (volume->broken)
		return STATUS_IO_ERROR;
	if (volume->read_only)
		return STATUS_DENIED;
	return key_size == 0 || key_size > VOLUME_KEY_MAX || value_size > VOLUME_VALUE_MAX ? STATUS_INVALID : STATUS_OK;
}

status_t volume_put(struct volume *volume, const void *key, size_t key_size, const void *value, size_t value_size)
{
	uint32_t offset;
	const status_t status = change_check(volume, key_size, value_size);

	if (status != STATUS_OK)
		return status;
	if (record_size(key_size, value_size) > volume->batch_blocks * BLOCK_SIZE - volume->open.used)
		return STATUS_QUOTA;
	const uint32_t number = index_add(volume, key, key_size);
	if (number == 0)
		return STATUS_QUOTA;
	if (!node_touch(volume, number)) {
		if (node_now(volume, node_at(volume, number)).address == 0)
			index_remove(volume, number);
		return STATUS_QUOTA;
	}
	(void)batch_add(volume, &volume->open, RECORD_PUT, key, key_size, value, value_size, &offset);
	node_now_set(volume, node_at(volume, number),
	             (struct place){ .address = PENDING | offset, .value_size = (uint32_t)value_size });
	return STATUS_OK;
}

status_t volume_delete(struct volume *volume, const void *key, size_t key_size)
{
	uint32_t offset;
	const status_t status = change_check(volume, key_size, 0);

	if (status != STATUS_OK)
		return status;
	const uint32_t number = index_at(volume, key, key_size);
	if (number == 0 || node_now(volume, node_at(volume, number)).address == 0)
		return STATUS_NOT_FOUND;
	if (!node_touch(volume, number) ||
	    !batch_add(volume, &volume->open, RECORD_DELETE, key, key_size, NULL, 0, &offset))
		return STATUS_QUOTA;
	node_now_set(volume, node_at(volume, number), (struct place){ .address = 0 });
	return STATUS_OK;
}

/* The open transaction ends: every node it touched gets its place, and those without one go. */
static void transaction_end(struct volume *volume, bool committed, uint64_t address)
{
	while (volume->touched != 0) {
		const struct touch *touch = touch_at(volume, volume->touched);
		const uint32_t number = touch->node;
		struct place now = touch_now(touch);
		if ((now.address & PENDING) != 0)
			now.address = address + (now.address & ~PENDING);
		if (committed)
			live_set(volume, node_at(volume, number), now);
		node_untouch(volume);
		if (node_now(volume, node_at(volume, number)).address == 0)
			index_remove(volume, number);
	}
	batch_start(&volume->open);
}

void volume_abort(struct volume *volume)
{
	transaction_end(volume, false, 0);
}

uint32_t volume_room(const struct volume *volume)
{
	return volume->batch_blocks * BLOCK_SIZE - volume->open.used;
}

/* A failure here is no failure of the commit: later changes are refused if the device failed. */
static void checkpoint_if_due(struct volume *volume)
{
	if (volume->log_blocks >= REPLAY_BLOCKS && volume->log_blocks >= volume->dump_bytes / BLOCK_SIZE)
		(void)!checkpoint_write(volume);
}

/* It leaves no more than it found, and of its own blocks a quarter dead: that is done on a full disk too, for cleaning
 * gives the space back. It must be small, or there is no room for that behind it. */
static bool transaction_shrinks(const struct volume *volume)
{
	const uint64_t blocks = (volume->open.used + BLOCK_SIZE - 1) / BLOCK_SIZE;
	uint64_t before = 0, after = 0;

	for (uint32_t number = volume->touched; number != 0; number = touch_at(volume, number)->next) {
		const struct touch *touch = touch_at(volume, number);
		const struct place old = touch_old(touch), now = touch_now(touch);
		const size_t key_size = node_at(volume, touch->node)->key_size;
		before += old.address == 0 ? 0 : record_size(key_size, old.value_size);
		after += now.address == 0 ? 0 : record_size(key_size, now.value_size);
	}
	return after <= before && after <= blocks * BLOCK_SIZE / 4 * 3 && blocks <= volume->segment_blocks / 4;
}

status_t volume_commit(struct volume *volume)
{
	uint64_t address = 0;
	status_t status = change_check(volume, 1, 0);

	if (status == STATUS_OK && volume->open.count > 0) {
		status = log_mark(volume);
		if (status == STATUS_OK)
			status = space_make(volume, transaction_shrinks(volume));
		if (status == STATUS_OK)
			status = batch_write(volume, &volume->open, &address);
	}
	transaction_end(volume, status == STATUS_OK, address);
	if (status == STATUS_OK)
		checkpoint_if_due(volume);
	return status;
}

status_t volume_look(struct volume *volume, const void *key, size_t key_size, const uint8_t **out_value, size_t *out_size)
{
	const uint32_t number = key_size > VOLUME_KEY_MAX ? 0 : index_at(volume, key, key_size);

	struct node *node = node_at(volume, number);
	const struct place now = number == 0 ? (struct place){ .address = 0 } : node_now(volume, node);
	status_t status = STATUS_OK;

	if (now.address == 0)
		return STATUS_NOT_FOUND;
	if ((now.address & PENDING) != 0)
		*out_value = volume->open.bytes + (now.address & ~PENDING) + RECORD_HEADER + key_size;
	else
		status = record_look(volume, node, &now, out_value);
	if (status == STATUS_OK)
		*out_size = now.value_size;
	return status;
}

status_t volume_size(const struct volume *volume, const void *key, size_t key_size, size_t *out_size)
{
	const uint32_t number = key_size > VOLUME_KEY_MAX ? 0 : index_at(volume, key, key_size);
	const struct place now = number == 0 ? (struct place){ .address = 0 } : node_now(volume, node_at(volume, number));

	if (now.address == 0)
		return STATUS_NOT_FOUND;
	*out_size = now.value_size;
	return STATUS_OK;
}

status_t volume_get(struct volume *volume, const void *key, size_t key_size, void *out_value, size_t room,
                    size_t *out_size)
{
	const uint8_t *value;
	const status_t status = volume_look(volume, key, key_size, &value, out_size);

	if (status != STATUS_OK)
		return status;
	if (*out_size > room)
		return STATUS_QUOTA;
	if (*out_size > 0)
		memcpy(out_value, value, *out_size);
	return STATUS_OK;
}

status_t volume_next(struct volume *volume, const void *key, size_t key_size, bool inclusive,
                     uint8_t out_key[VOLUME_KEY_MAX], size_t *out_key_size, size_t *out_value_size)
{
	uint32_t number = index_from(volume, key, key_size);

	if (number != 0 && !inclusive && node_is(volume, node_at(volume, number), key, key_size))
		number = node_next(volume, number);
	while (number != 0 && node_now(volume, node_at(volume, number)).address == 0)
		number = node_next(volume, number);
	if (number == 0)
		return STATUS_NOT_FOUND;
	struct node *node = node_at(volume, number);
	*out_key_size = node_key(volume, node, out_key);
	*out_value_size = node_now(volume, node).value_size;
	return STATUS_OK;
}

void volume_statistics(const struct volume *volume, struct volume_statistics *out_statistics)
{
	const uint32_t reserve = checkpoint_segments(volume) + 3;
	uint64_t dead = 0;

	for (uint32_t i = 0; i < volume->segment_count; i++) {
		if (volume->segments[i].state == SEGMENT_LOG && volume->segments[i].live <= volume->segment_blocks * BLOCK_SIZE)
			dead += volume->segment_blocks - volume->segments[i].live / BLOCK_SIZE;
	}
	*out_statistics = volume->statistics;
	out_statistics->blocks = volume->blocks;
	out_statistics->index_bytes = volume->pool_used + volume->pool_end - volume->pool_size;
	out_statistics->free_blocks = dead + (uint64_t)volume->free_segments * volume->segment_blocks;
	const uint64_t kept = (uint64_t)reserve * volume->segment_blocks;
	out_statistics->free_blocks -= kept < out_statistics->free_blocks ? kept : out_statistics->free_blocks;
}

/* What is there beside records. */
static const struct {
	status_t (*verify)(struct volume *volume);
	const char *problem;
} PARTS[] = {
	{ super_verify, "a copy of the newest superblock is damaged" },
	{ pages_verify, "a page of the newest checkpoint is damaged" },
	{ log_verify, "the log after the newest checkpoint is damaged" },
};

static status_t record_check(struct volume *volume, struct node *node)
{
	const uint8_t *value;
	const struct place place = node_committed(volume, node);

	return place.address == 0 ? STATUS_OK : record_read(volume, node, &place, &value);
}

status_t volume_check(struct volume *volume, void (*report)(void *context, const char *text), void *context)
{
	status_t result = STATUS_OK;

	for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
		if (PARTS[i].verify(volume) != STATUS_OK) {
			report(context, PARTS[i].problem);
			result = STATUS_DAMAGED;
		}
	}
	for (uint32_t number = node_next(volume, volume->root); number != 0;) {
		struct node *node = node_at(volume, number);
		const status_t status = record_check(volume, node);
		if (status != STATUS_OK) {
			report(context, status == STATUS_IO_ERROR ? "a record cannot be read" : "a record is damaged");
			result = STATUS_DAMAGED;
		}
		number = node->links[0];
	}
	if (volume_valid(volume))
		return result;
	report(context, "the index does not agree with its counts");
	return STATUS_DAMAGED;
}

/* Keys ascend; live bytes and counts are those of the index. */
bool volume_valid(const struct volume *volume)
{
	uint64_t keys = 0, live = 0, counted = 0;
	uint32_t free_count = 0;
	uint8_t last[VOLUME_KEY_MAX], key[VOLUME_KEY_MAX];
	size_t last_size = 0;

	for (uint32_t number = node_next(volume, volume->root); number != 0; number = node_next(volume, number)) {
		struct node *node = node_at(volume, number);
		const struct place place = node_committed(volume, node);
		const size_t key_size = node_key(volume, node, key);
		if (key_compare(last, last_size, key, key_size) >= 0)
			return false;
		keys += place.address != 0;
		live += place.address != 0 ? record_size(key_size, place.value_size) : 0;
		memcpy(last, key, key_size);
		last_size = key_size;
	}
	for (uint32_t i = 0; i < volume->segment_count; i++) {
		counted += volume->segments[i].live;
		free_count += volume->segments[i].state == SEGMENT_FREE;
	}
	return keys == volume->statistics.keys && live == counted && free_count == volume->free_segments;
}
