/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The index's memory. What it takes comes from the start of the pool or from what was given
 * back in that size. Keys are made of digests, and one digest is in several keys: such a piece
 * is kept once, counted, and found by a table at the end of the pool that grows downwards.
 */
#include "volume_priv.h"

#define MIX 0x9e3779b97f4a7c15u
#define BUCKETS_MIN 256u

uint32_t pool_take(struct volume *volume, size_t size)
{
	const uint32_t units = (uint32_t)((size + POOL_UNIT - 1) / POOL_UNIT);
	uint32_t number = volume->free_units[units];

	if (number != 0) {
		volume->free_units[units] = *(uint32_t *)(void *)node_at(volume, number);
	} else {
		if (volume->pool_size - volume->pool_used < (uint64_t)units * POOL_UNIT)
			return 0;
		number = (uint32_t)(volume->pool_used / POOL_UNIT);
		volume->pool_used += (uint64_t)units * POOL_UNIT;
	}
	memset(node_at(volume, number), 0, (size_t)units * POOL_UNIT);
	return number;
}

void pool_give(struct volume *volume, uint32_t number, size_t size)
{
	const uint32_t units = (uint32_t)((size + POOL_UNIT - 1) / POOL_UNIT);

	*(uint32_t *)(void *)node_at(volume, number) = volume->free_units[units];
	volume->free_units[units] = number;
}

/* Number 0 is none. */
bool pool_start(struct volume *volume)
{
	volume->pool_end = volume->pool_size / sizeof(struct bucket) * sizeof(struct bucket);
	volume->pool_used = POOL_UNIT;
	volume->buckets = BUCKETS_MIN;
	if (volume->pool_end < BUCKETS_MIN * sizeof(struct bucket) + POOL_UNIT)
		return false;
	volume->pool_size = volume->pool_end - BUCKETS_MIN * sizeof(struct bucket);
	memset(volume->pool + volume->pool_size, 0, BUCKETS_MIN * sizeof(struct bucket));
	return true;
}

/* ---- pieces ---- */
struct piece *piece_at(const struct volume *volume, uint32_t number)
{
	return (struct piece *)(void *)(volume->pool + (uint64_t)number * POOL_UNIT);
}


/* Nobody outside knows where it begins, so nobody can choose names that meet in one bucket. */
static uint64_t bytes_mix(const struct volume *volume, const uint8_t *bytes, size_t size)
{
	uint64_t sum = (volume->seed + size) * MIX;

	for (; size >= 8; bytes += 8, size -= 8) {
		sum = (sum ^ bytes_le64(bytes)) * MIX;
		sum ^= sum >> 32;
	}
	for (; size > 0; bytes++, size--)
		sum = (sum ^ *bytes) * MIX;
	return sum ^ sum >> 32;
}

/* Bucket 0 ends where the pool began to end. */
static struct bucket *bucket_at(const struct volume *volume, uint64_t mixed)
{
	return (struct bucket *)(void *)(volume->pool + volume->pool_end) - 1 - (mixed & (volume->buckets - 1));
}

uint32_t *node_slot(const struct volume *volume, const uint8_t *key, size_t key_size)
{
	const uint64_t mixed = bytes_mix(volume, key, key_size);

	return &bucket_at(volume, mixed)->nodes[(mixed >> 40) % BUCKET_NODES];
}

static uint32_t *piece_slot(const struct volume *volume, const uint8_t *bytes)
{
	return &bucket_at(volume, bytes_mix(volume, bytes, PIECE_SIZE))->pieces;
}

/* Each bucket's pieces go to it and to the new one that differs in the new bit. What it says of nodes is forgotten. */
static void bucket_split(struct volume *volume, uint32_t number)
{
	struct bucket *bucket = bucket_at(volume, number);
	uint32_t piece = bucket->pieces;

	*bucket = (struct bucket){ .pieces = 0 };
	while (piece != 0) {
		const uint32_t next = piece_at(volume, piece)->next;
		uint32_t *slot = piece_slot(volume, piece_at(volume, piece)->bytes);
		piece_at(volume, piece)->next = *slot;
		*slot = piece;
		piece = next;
	}
}

/* If there is no memory for it, the table stays as it is, and is slower. */
static void table_double(struct volume *volume)
{
	const uint32_t before = volume->buckets;
	const uint64_t bytes = before * sizeof(struct bucket);

	if (volume->pool_size - volume->pool_used < bytes || before > UINT32_MAX / 2)
		return;
	volume->pool_size -= bytes;
	memset(volume->pool + volume->pool_size, 0, bytes);
	volume->buckets = 2 * before;
	for (uint32_t i = 0; i < before; i++)
		bucket_split(volume, i);
}

void pieces_expect(struct volume *volume, uint64_t count)
{
	uint32_t before = 0;

	while (volume->buckets < count && volume->buckets != before) {
		before = volume->buckets;
		table_double(volume);
	}
}

void piece_ahead(const struct volume *volume, const uint8_t *bytes, bool bucket_is_here)
{
	const uint32_t *slot = piece_slot(volume, bytes);

	if (bucket_is_here)
		__builtin_prefetch(piece_at(volume, *slot));
	else
		__builtin_prefetch(slot);
}

uint32_t piece_find(const struct volume *volume, const uint8_t *bytes)
{
	uint32_t number = *piece_slot(volume, bytes);

	while (number != 0 && memcmp(piece_at(volume, number)->bytes, bytes, PIECE_SIZE) != 0)
		number = piece_at(volume, number)->next;
	return number;
}

/* One that is new: 0: no memory. */
static uint32_t piece_make(struct volume *volume, const uint8_t *bytes)
{
	const uint32_t number = pool_take(volume, sizeof(struct piece));

	if (number == 0)
		return 0;
	if (++volume->pieces > volume->buckets)
		table_double(volume);
	uint32_t *slot = piece_slot(volume, bytes);
	memcpy(piece_at(volume, number)->bytes, bytes, PIECE_SIZE);
	piece_at(volume, number)->next = *slot;
	*slot = number;
	return number;
}

uint32_t piece_take(struct volume *volume, uint32_t found, const uint8_t *bytes)
{
	uint32_t number = found != 0 ? found : piece_find(volume, bytes); /* a key may have the same new one twice */

	if (number == 0)
		number = piece_make(volume, bytes);
	if (number != 0)
		piece_at(volume, number)->users++;
	return number;
}

void piece_give(struct volume *volume, uint32_t number)
{
	struct piece *piece = piece_at(volume, number);
	uint32_t *link = piece_slot(volume, piece->bytes);

	if (--piece->users > 0)
		return;
	while (*link != number)
		link = &piece_at(volume, *link)->next;
	*link = piece->next;
	volume->pieces--;
	pool_give(volume, number, sizeof *piece);
}
