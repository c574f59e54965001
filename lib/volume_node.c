/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Nodes of the index: a key, where its record is, and what the open transaction makes of that. */
#include "volume_priv.h"

struct node *node_at(const struct volume *volume, uint32_t number)
{
	return (struct node *)(void *)(volume->pool + (uint64_t)number * POOL_UNIT);
}

uint32_t node_next(const struct volume *volume, uint32_t number)
{
	return node_at(volume, number)->links[0];
}

uint32_t pieces_of(size_t key_size)
{
	const size_t count = key_size == 0 ? 0 : (key_size - 1) / PIECE_SIZE;

	return count < PIECES_MAX ? (uint32_t)count : PIECES_MAX;
}

uint32_t *node_pieces(struct node *node)
{
	return node->links + node->levels;
}

static uint8_t *node_rest(struct node *node)
{
	return (uint8_t *)(node_pieces(node) + pieces_of(node->key_size));
}

size_t node_key(const struct volume *volume, struct node *node, uint8_t out_key[VOLUME_KEY_MAX])
{
	const uint32_t pieces = pieces_of(node->key_size);
	const size_t rest = 1 + pieces * PIECE_SIZE;

	out_key[0] = node->first;
	for (uint32_t i = 0; i < pieces; i++)
		memcpy(out_key + 1 + i * PIECE_SIZE, piece_at(volume, node_pieces(node)[i])->bytes, PIECE_SIZE);
	if (node->key_size > rest)
		memcpy(out_key + rest, node_rest(node), node->key_size - rest);
	return node->key_size;
}

bool node_is(const struct volume *volume, struct node *node, const uint8_t *key, size_t key_size)
{
	const uint32_t pieces = pieces_of(key_size);

	if (node->key_size != key_size || node->first != key[0])
		return false;
	for (uint32_t i = 0; i < pieces; i++) {
		if (memcmp(piece_at(volume, node_pieces(node)[i])->bytes, key + 1 + i * PIECE_SIZE, PIECE_SIZE) != 0)
			return false;
	}
	const size_t rest = 1 + pieces * PIECE_SIZE;
	return memcmp(node_rest(node), key + rest, key_size - rest) == 0;
}

/* Of a node's key and another. Where only one of them has another piece, the other's rest is shorter than that. */
int node_compare(const struct volume *volume, struct node *node, const struct wanted *wanted)
{
	const uint32_t ours = pieces_of(node->key_size), theirs = pieces_of(wanted->size);
	const uint32_t shared = ours < theirs ? ours : theirs;

	if (wanted->size == 0 || node->first != wanted->key[0])
		return wanted->size == 0 ? 1 : node->first - wanted->key[0];
	for (uint32_t i = 0; i < shared; i++) {
		if (node_pieces(node)[i] != wanted->pieces[i])
			return memcmp(piece_at(volume, node_pieces(node)[i])->bytes, wanted->key + 1 + i * PIECE_SIZE, PIECE_SIZE);
	}
	const size_t at = 1 + shared * PIECE_SIZE;
	const uint8_t *rest = ours > shared ? piece_at(volume, node_pieces(node)[shared])->bytes : node_rest(node);
	return key_compare(rest, node->key_size - at, wanted->key + at, wanted->size - at);
}

/* ---- places and the open transaction ---- */

/* Of an address its multiple of 8 fits in 44 bits, a value's size in 17. */
static uint64_t place_pack(const struct place *place)
{
	return place->address / 8 << 17 | place->value_size;
}

static struct place place_unpack(uint64_t packed)
{
	return (struct place){ .address = (packed >> 17) * 8, .value_size = (uint32_t)(packed % (1u << 17)) };
}

static void packed_store(uint32_t out[2], uint64_t packed)
{
	out[0] = (uint32_t)packed;
	out[1] = (uint32_t)(packed >> 32);
}

static uint64_t packed_load(const uint32_t in[2])
{
	return in[0] | (uint64_t)in[1] << 32;
}

struct touch *touch_at(const struct volume *volume, uint32_t number)
{
	return (struct touch *)(void *)(volume->pool + (uint64_t)number * POOL_UNIT);
}

struct place touch_now(const struct touch *touch)
{
	return place_unpack(packed_load(touch->now));
}

struct place touch_old(const struct touch *touch)
{
	return place_unpack(packed_load(touch->old));
}

static struct touch *touch_of(const struct volume *volume, const struct node *node)
{
	return (node->place[1] & TOUCHED) == 0 ? NULL : touch_at(volume, node->place[0]);
}

struct place node_now(const struct volume *volume, const struct node *node)
{
	const struct touch *touch = touch_of(volume, node);

	return place_unpack(packed_load(touch != NULL ? touch->now : node->place));
}

struct place node_committed(const struct volume *volume, const struct node *node)
{
	const struct touch *touch = touch_of(volume, node);

	return place_unpack(packed_load(touch != NULL ? touch->old : node->place));
}

void node_now_set(const struct volume *volume, struct node *node, struct place place)
{
	packed_store(touch_of(volume, node)->now, place_pack(&place));
}

void node_committed_set(const struct volume *volume, struct node *node, struct place place)
{
	struct touch *touch = touch_of(volume, node);

	packed_store(touch != NULL ? touch->old : node->place, place_pack(&place));
}

bool node_touch(struct volume *volume, uint32_t number)
{
	struct node *node = node_at(volume, number);

	if (touch_of(volume, node) != NULL)
		return true;
	const uint32_t taken = pool_take(volume, sizeof(struct touch));
	if (taken == 0)
		return false;
	struct touch *touch = touch_at(volume, taken);
	memcpy(touch->now, node->place, sizeof touch->now);
	memcpy(touch->old, node->place, sizeof touch->old);
	touch->node = number;
	touch->next = volume->touched;
	volume->touched = taken;
	node->place[0] = taken;
	node->place[1] = TOUCHED;
	return true;
}

/* The last one touched is so no more: what is committed is what it has. */
void node_untouch(struct volume *volume)
{
	const uint32_t taken = volume->touched;
	const struct touch *touch = touch_at(volume, taken);

	memcpy(node_at(volume, touch->node)->place, touch->old, sizeof touch->old);
	volume->touched = touch->next;
	pool_give(volume, taken, sizeof *touch);
}

/* ---- making ---- */
static size_t node_size(uint32_t levels, size_t key_size)
{
	const uint32_t pieces = pieces_of(key_size);

	return sizeof(struct node) + (levels + pieces) * sizeof(uint32_t) +
	       (key_size == 0 ? 0 : key_size - 1 - pieces * PIECE_SIZE);
}

uint32_t node_make(struct volume *volume, uint32_t levels, const struct wanted *wanted)
{
	const size_t size = node_size(levels, wanted->size);
	const uint32_t number = pool_take(volume, size), pieces = pieces_of(wanted->size);
	struct node *node = node_at(volume, number);

	if (number == 0)
		return 0;
	node->levels = (uint8_t)levels;
	node->key_size = (uint8_t)wanted->size;
	node->head = wanted->head;
	for (uint32_t i = 0; i < pieces; i++) {
		node_pieces(node)[i] = piece_take(volume, wanted->pieces[i], wanted->key + 1 + i * PIECE_SIZE);
		if (node_pieces(node)[i] != 0)
			continue;
		for (; i > 0; i--)
			piece_give(volume, node_pieces(node)[i - 1]);
		pool_give(volume, number, size);
		return 0;
	}
	if (wanted->size > 0) {
		node->first = wanted->key[0];
		memcpy(node_rest(node), wanted->key + 1 + pieces * PIECE_SIZE, wanted->size - 1 - pieces * PIECE_SIZE);
	}
	return number;
}

void node_give(struct volume *volume, uint32_t number)
{
	struct node *node = node_at(volume, number);

	for (uint32_t i = 0; i < pieces_of(node->key_size); i++)
		piece_give(volume, node_pieces(node)[i]);
	pool_give(volume, number, node_size(node->levels, node->key_size));
}
