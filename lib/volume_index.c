/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The index in memory: a skip list in the arena, its levels drawn from a fixed seed. */
#include "volume_priv.h"

#define NODE_UNIT 8u

struct node *node_at(const struct volume *volume, uint32_t number)
{
	return (struct node *)(void *)(volume->pool + (uint64_t)number * NODE_UNIT);
}

const uint8_t *node_key(const struct node *node)
{
	return (const uint8_t *)&node->next[node->levels];
}

struct place *node_committed(struct node *node)
{
	return node->touched != 0 ? &node->old : &node->now;
}

int key_compare(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
	const int order = memcmp(a, b, a_size < b_size ? a_size : b_size);

	if (order != 0)
		return order;
	return (a_size > b_size) - (a_size < b_size);
}

/* The first node not less than the key (0: none), and on each level the node before it. */
uint32_t index_find(const struct volume *volume, const uint8_t *key, size_t key_size, uint32_t before[LEVELS])
{
	uint32_t at = volume->root;

	for (uint32_t level = LEVELS; level-- > 0;) {
		for (;;) {
			const uint32_t next = node_at(volume, at)->next[level];
			if (next == 0)
				break;
			const struct node *node = node_at(volume, next);
			if (key_compare(node_key(node), node->key_size, key, key_size) >= 0)
				break;
			at = next;
		}
		before[level] = at;
	}
	return node_at(volume, at)->next[0];
}

uint32_t index_at(const struct volume *volume, const uint8_t *key, size_t key_size)
{
	uint32_t before[LEVELS];
	const uint32_t number = index_find(volume, key, key_size, before);

	if (number == 0)
		return 0;
	const struct node *node = node_at(volume, number);
	return key_compare(node_key(node), node->key_size, key, key_size) == 0 ? number : 0;
}

static uint32_t node_units(uint32_t levels, size_t key_size)
{
	const size_t size = sizeof(struct node) + levels * sizeof(uint32_t) + key_size;
	return (uint32_t)((size + NODE_UNIT - 1) / NODE_UNIT);
}

static uint32_t node_allocate(struct volume *volume, uint32_t levels, size_t key_size)
{
	const uint32_t units = node_units(levels, key_size);
	uint32_t number = volume->free_nodes[units];

	if (number != 0) {
		volume->free_nodes[units] = node_at(volume, number)->touched_next;
	} else {
		if (volume->pool_size - volume->pool_used < (uint64_t)units * NODE_UNIT)
			return 0;
		number = (uint32_t)(volume->pool_used / NODE_UNIT);
		volume->pool_used += (uint64_t)units * NODE_UNIT;
	}
	memset(node_at(volume, number), 0, (size_t)units * NODE_UNIT);
	node_at(volume, number)->levels = (uint8_t)levels;
	node_at(volume, number)->key_size = (uint8_t)key_size;
	return number;
}

/* A quarter of the nodes reach each next level. */
static uint32_t level_draw(struct volume *volume)
{
	uint32_t levels = 1;

	volume->level_seed ^= volume->level_seed << 13;
	volume->level_seed ^= volume->level_seed >> 7;
	volume->level_seed ^= volume->level_seed << 17;
	for (uint64_t bits = volume->level_seed >> 20; levels < LEVELS && bits % 4 == 0; bits /= 4)
		levels++;
	return levels;
}

uint32_t index_insert(struct volume *volume, const uint8_t *key, size_t key_size)
{
	uint32_t before[LEVELS];
	const uint32_t number = node_allocate(volume, level_draw(volume), key_size);

	if (number == 0)
		return 0;
	(void)index_find(volume, key, key_size, before);
	struct node *node = node_at(volume, number);
	memcpy(&node->next[node->levels], key, key_size);
	for (uint32_t level = 0; level < node->levels; level++) {
		node->next[level] = node_at(volume, before[level])->next[level];
		node_at(volume, before[level])->next[level] = number;
	}
	return number;
}

void index_remove(struct volume *volume, uint32_t number)
{
	uint32_t before[LEVELS];
	struct node *node = node_at(volume, number);
	const uint32_t units = node_units(node->levels, node->key_size);

	(void)index_find(volume, node_key(node), node->key_size, before);
	for (uint32_t level = 0; level < node->levels; level++)
		node_at(volume, before[level])->next[level] = node->next[level];
	node->touched_next = volume->free_nodes[units];
	volume->free_nodes[units] = number;
}

/* Node 0 is none; the root is a node of all levels without a key. */
bool index_start(struct volume *volume)
{
	volume->pool_used = NODE_UNIT;
	volume->level_seed = 0x9e3779b97f4a7c15u;
	volume->root = node_allocate(volume, LEVELS, 0);
	return volume->root != 0;
}
