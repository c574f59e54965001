/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Records that were read and found whole, kept in a ring of bytes in which the oldest goes first.
 * A slot of the table says where one is; that holds as long as the ring did not come round to
 * it and its segment was not given to the log anew. An address may be in any of SET slots, of
 * which the oldest is used again. What the owner made of a record's value lies there too, under
 * the record's address plus one.
 */
#include "volume_priv.h"

#define CACHE_SHARE 16u        /* of the arena */
#define CACHE_MAX (32ull << 20) /* bytes */
#define BYTES_EACH 256u        /* of the ring, to a slot */
#define SET 4u
#define LARGEST 8u             /* part of the ring: what is larger would push out too much */
#define NOTE 1u                /* records begin at multiples of 8 */
#define MIX 0x9e3779b97f4a7c15u

/* `size` bytes at `position`, which counts all that was ever put into the ring. */
struct cached {
	uint64_t address, position;
	uint32_t size, taken;
};

uint64_t cache_start(struct volume *volume, uint8_t *memory, uint64_t arena_size)
{
	struct cache *cache = &volume->cache;
	const uint64_t share = arena_size / CACHE_SHARE < CACHE_MAX ? arena_size / CACHE_SHARE : CACHE_MAX;

	cache->slot_count = (uint32_t)(share / BYTES_EACH / SET * SET);
	cache->size = (uint64_t)cache->slot_count * BYTES_EACH;
	cache->slots = (struct cached *)(void *)memory;
	cache->bytes = memory + cache->slot_count * sizeof(struct cached);
	volume_forget(volume);
	return cache->slot_count * sizeof(struct cached) + cache->size;
}

void volume_forget(struct volume *volume)
{
	memset(volume->cache.slots, 0, volume->cache.slot_count * sizeof(struct cached));
}

/* The first of a set. */
static struct cached *set_of(const struct cache *cache, uint64_t address)
{
	return &cache->slots[((address * MIX >> 32) * (cache->slot_count / SET) >> 32) * SET];
}

/* NULL: not here. */
static const uint8_t *cache_find(const struct volume *volume, uint64_t address, size_t *out_size)
{
	const struct cache *cache = &volume->cache;
	const struct cached *slot = set_of(cache, address), *const end = slot + SET;
	uint32_t segment;

	while (slot < end && slot->address != address)
		slot++;
	if (slot == end || cache->head - slot->position > cache->size || !address_segment(volume, address, &segment) ||
	    slot->taken != volume->segments[segment].taken)
		return NULL;
	*out_size = slot->size;
	return cache->bytes + slot->position % cache->size;
}

/* For an address: the slot that it has, or the oldest of its set. */
static struct cached *slot_take(const struct cache *cache, uint64_t address)
{
	struct cached *slot = set_of(cache, address), *const end = slot + SET, *oldest = slot;

	for (; slot < end; slot++) {
		if (slot->address == address)
			return slot;
		if (slot->position < oldest->position)
			oldest = slot;
	}
	return oldest;
}

static void cache_keep(struct volume *volume, uint64_t address, const void *bytes, uint32_t size)
{
	struct cache *cache = &volume->cache;
	struct cached *slot = slot_take(cache, address);
	const uint64_t rest = cache->size - cache->head % cache->size;
	uint32_t segment;

	if (size > cache->size / LARGEST || !address_segment(volume, address, &segment))
		return;
	if (size > rest)
		cache->head += rest;
	*slot = (struct cached){ .address = address, .position = cache->head, .size = size,
		                 .taken = volume->segments[segment].taken };
	memcpy(cache->bytes + cache->head % cache->size, bytes, size);
	cache->head += size;
}

status_t record_look(struct volume *volume, struct node *node, const struct place *place, const uint8_t **out_value)
{
	const uint32_t before = RECORD_HEADER + node->key_size, size = before + place->value_size;
	size_t found;
	const uint8_t *bytes = cache_find(volume, place->address, &found);

	if (bytes != NULL && found == size && node_is(volume, node, bytes + RECORD_HEADER, node->key_size)) {
		*out_value = bytes + before;
		return STATUS_OK;
	}
	const status_t status = record_read(volume, node, place, out_value);
	if (status == STATUS_OK)
		cache_keep(volume, place->address, *out_value - before, size);
	return status;
}

/* The address of a key's committed record; 0: there is none, or the open transaction changes it. */
static uint64_t note_address(const struct volume *volume, const uint8_t *key, size_t key_size)
{
	const uint32_t number = key_size > VOLUME_KEY_MAX ? 0 : index_at(volume, key, key_size);
	const uint64_t address = number == 0 ? 0 : node_now(volume, node_at(volume, number)).address;

	return (address & PENDING) != 0 ? 0 : address;
}

bool volume_note(const struct volume *volume, const void *key, size_t key_size, const uint8_t **out_note, size_t *out_size)
{
	const uint64_t address = note_address(volume, key, key_size);

	*out_note = address == 0 ? NULL : cache_find(volume, address + NOTE, out_size);
	return *out_note != NULL;
}

void volume_note_keep(struct volume *volume, const void *key, size_t key_size, const void *note, size_t size)
{
	const uint64_t address = note_address(volume, key, key_size);

	if (address != 0)
		cache_keep(volume, address + NOTE, note, (uint32_t)size);
}
