/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The index: a skip list over all nodes, its levels drawn from a fixed seed, and beside it a
 * table that remembers where keys were found. A key of which a piece is not there is not there
 * either.
 */
#include "volume_priv.h"

#define LEVEL_SEED 0x9e3779b97f4a7c15u

int key_compare(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
	const int order = bytes_compare(a, b, a_size < b_size ? a_size : b_size);

	if (order != 0)
		return order;
	return (a_size > b_size) - (a_size < b_size);
}

/* A quarter of the nodes reach each next level. */
/*@ requires \valid(volume);
    assigns volume->level_seed;
    ensures 0 < \result <= LEVELS; */
static uint32_t level_draw(struct volume *volume)
{
	uint32_t levels = 1;

	volume->level_seed ^= volume->level_seed << 13;
	volume->level_seed ^= volume->level_seed >> 7;
	volume->level_seed ^= volume->level_seed << 17;
	/*@ loop invariant 0 < levels <= LEVELS;
	    loop assigns bits, levels;
	    loop variant LEVELS - levels; */
	for (uint64_t bits = volume->level_seed >> 20; levels < LEVELS && bits % 4 == 0; bits /= 4)
		levels++;
	return levels;
}

/* ---- finding ---- */

/* A key of three pieces has whom it belongs to in the first; what others begin with is a digest. */
/*@ assigns \nothing;
    ensures \result == 0 || (\result == 1 && key_size > 2 * PIECE_SIZE); */
static uint32_t head_piece(size_t key_size)
{
	return pieces_of(key_size) == PIECES_MAX ? 1 : 0;
}

/*@ requires key_size <= VOLUME_KEY_MAX && \valid_read(key + (0 .. key_size - 1));
    assigns \nothing; */
static uint32_t head_of(const uint8_t *key, size_t key_size)
{
	return pieces_of(key_size) == 0 ? 0 : bytes_be32(key + 1 + head_piece(key_size) * PIECE_SIZE);
}

/* False: one of its pieces is in no key. */
/*@ requires \valid_read(volume) && key_size <= VOLUME_KEY_MAX && \valid_read(key + (0 .. key_size - 1)) && \valid(out);
    requires \separated(out, volume);
    assigns *out; */
static bool wanted_make(const struct volume *volume, const uint8_t *key, size_t key_size, struct wanted *out)
{
	const uint32_t pieces = pieces_of(key_size);
	bool known = true;

	*out = (struct wanted){ .key = key, .size = key_size, .head = head_of(key, key_size) };
	/*@ loop invariant 0 <= i <= pieces;
	    loop assigns i, known, out->pieces[0 .. PIECES_MAX - 1];
	    loop variant pieces - i; */
	for (uint32_t i = 0; i < pieces; i++) {
		out->pieces[i] = piece_find(volume, key + 1 + i * PIECE_SIZE);
		known = known && out->pieces[i] != 0;
	}
	return known;
}

/* Is the node's key less? Of keys of one kind, their heads say so, mostly. */
static bool is_before(const struct volume *volume, struct node *node, const struct wanted *wanted, uint32_t head_at)
{
	if (node->head != wanted->head && node->key_size == wanted->size && node->first == wanted->key[0] &&
	    (head_at == 0 || node_pieces(node)[0] == wanted->pieces[0]))
		return node->head < wanted->head;
	return node_compare(volume, node, wanted) < 0;
}

/* The first node not less (0: none), and on each level the node before it. */
static uint32_t walk(const struct volume *volume, const struct wanted *wanted, uint32_t before[LEVELS])
{
	const uint32_t head_at = head_piece(wanted->size);
	uint32_t at = volume->root, met = 0;
	const struct node *here = node_at(volume, at);

	for (uint32_t level = LEVELS; level-- > 0;) {
		for (;;) {
			const uint32_t next = here->links[level];
			if (next == 0 || next == met) /* met: on the level above, and not less */
				break;
			struct node *node = node_at(volume, next);
			if (level > 0) /* likely the one after this */
				__builtin_prefetch(node_at(volume, here->links[level - 1]));
			if (!is_before(volume, node, wanted, head_at)) {
				met = next;
				break;
			}
			at = next;
			here = node;
		}
		before[level] = at;
	}
	return here->links[0];
}

uint32_t index_from(const struct volume *volume, const uint8_t *key, size_t key_size)
{
	struct wanted wanted;
	uint32_t before[LEVELS];

	(void)wanted_make(volume, key, key_size, &wanted);
	return walk(volume, &wanted, before);
}

/* By the table alone; 0: it does not know. */
static uint32_t known_at(const struct volume *volume, const uint8_t *key, size_t key_size)
{
	const uint32_t number = *node_slot(volume, key, key_size);

	return number != 0 && node_is(volume, node_at(volume, number), key, key_size) ? number : 0;
}

uint32_t index_at(const struct volume *volume, const uint8_t *key, size_t key_size)
{
	struct wanted wanted;
	uint32_t before[LEVELS];
	uint32_t number = known_at(volume, key, key_size);

	if (number != 0 || !wanted_make(volume, key, key_size, &wanted))
		return number;
	number = walk(volume, &wanted, before);
	if (number == 0 || !node_is(volume, node_at(volume, number), key, key_size))
		return 0;
	*node_slot(volume, key, key_size) = number;
	return number;
}

/* ---- changing ---- */
uint32_t index_add(struct volume *volume, const uint8_t *key, size_t key_size)
{
	struct wanted wanted;
	uint32_t before[LEVELS];
	uint32_t number = known_at(volume, key, key_size);

	if (number != 0)
		return number;
	(void)wanted_make(volume, key, key_size, &wanted);
	number = walk(volume, &wanted, before);
	if (number == 0 || !node_is(volume, node_at(volume, number), key, key_size)) {
		number = node_make(volume, level_draw(volume), &wanted);
		if (number == 0)
			return 0;
		struct node *node = node_at(volume, number);
		for (uint32_t level = 0; level < node->levels; level++) {
			node->links[level] = node_at(volume, before[level])->links[level];
			node_at(volume, before[level])->links[level] = number;
		}
	}
	*node_slot(volume, key, key_size) = number;
	return number;
}

void index_tail(const struct volume *volume, uint32_t out_tail[LEVELS])
{
	for (uint32_t level = 0; level < LEVELS; level++)
		out_tail[level] = volume->root;
}

/* Is piece `i` of a key that of the one before it too? Owners and authors mostly are. */
/*@ requires i < PIECES_MAX && \valid_read(key + (0 .. 1 + i * PIECE_SIZE + PIECE_SIZE - 1)) && \valid_read(before + (0 .. before_size - 1));
    assigns \nothing; */
static bool is_repeated(const uint8_t *key, const uint8_t *before, size_t before_size, uint32_t i)
{
	return i < pieces_of(before_size) && bytes_compare(before + 1 + i * PIECE_SIZE, key + 1 + i * PIECE_SIZE, PIECE_SIZE) == 0;
}

void index_ahead(const struct volume *volume, const uint8_t *key, size_t key_size, const uint8_t *before, size_t before_size,
                 bool second)
{
	const uint32_t pieces = pieces_of(key_size);

	/*@ loop invariant 0 <= i <= pieces;
	    loop assigns i;
	    loop variant pieces - i; */
	for (uint32_t i = 0; i < pieces; i++) {
		if (!is_repeated(key, before, before_size, i))
			piece_ahead(volume, key + 1 + i * PIECE_SIZE, second);
	}
}

/* The pieces of the next key, those of the last one first. */
static void wanted_next(const struct volume *volume, struct node *last, struct wanted *wanted)
{
	for (uint32_t i = 0; i < pieces_of(wanted->size); i++) {
		const uint8_t *bytes = wanted->key + 1 + i * PIECE_SIZE;
		const uint32_t same = i < pieces_of(last->key_size) ? node_pieces(last)[i] : 0;
		const bool repeated = same != 0 && memcmp(piece_at(volume, same)->bytes, bytes, PIECE_SIZE) == 0;
		wanted->pieces[i] = repeated ? same : piece_find(volume, bytes);
	}
}

status_t index_append(struct volume *volume, uint32_t tail[LEVELS], const uint8_t *key, size_t key_size)
{
	struct wanted wanted = { .key = key, .size = key_size, .head = head_of(key, key_size) };

	wanted_next(volume, node_at(volume, tail[0]), &wanted);
	if (tail[0] != volume->root && node_compare(volume, node_at(volume, tail[0]), &wanted) >= 0)
		return STATUS_DAMAGED;
	const uint32_t number = node_make(volume, level_draw(volume), &wanted);
	if (number == 0)
		return STATUS_QUOTA;
	const struct node *node = node_at(volume, number);
	for (uint32_t level = 0; level < node->levels; level++) {
		node_at(volume, tail[level])->links[level] = number;
		tail[level] = number;
	}
	return STATUS_OK;
}

void index_remove(struct volume *volume, uint32_t number)
{
	uint8_t key[VOLUME_KEY_MAX];
	struct wanted wanted;
	uint32_t before[LEVELS];
	struct node *node = node_at(volume, number);
	const size_t key_size = node_key(volume, node, key);
	uint32_t *slot = node_slot(volume, key, key_size);

	(void)wanted_make(volume, key, key_size, &wanted);
	(void)walk(volume, &wanted, before);
	for (uint32_t level = 0; level < node->levels; level++)
		node_at(volume, before[level])->links[level] = node->links[level];
	if (*slot == number)
		*slot = 0;
	node_give(volume, number);
}

/* The root is a node of all levels without a key. */
bool index_start(struct volume *volume)
{
	const struct wanted none = { .key = NULL };

	volume->level_seed = LEVEL_SEED;
	volume->root = pool_start(volume) ? node_make(volume, LEVELS, &none) : 0;
	return volume->root != 0;
}
