/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The tree over BLAKE3's compression function. Values wait on a stack, merged as
 * late as can be: the last merge of all is the root's and has its own flag, and
 * which one it is shows only at the end.
 */
#include <blake3/c/blake3_impl.h>
#include <lib/bytes.h>
#include <lib/hash_tree.h>
#include <lib/string.h>

#define CHUNKS_PER_PART (HASH_PART_SIZE / BLAKE3_CHUNK_LEN)

static void value_store(const uint32_t words[8], uint8_t out_value[HASH_SIZE])
{
	for (size_t i = 0; i < 8; i++)
		bytes_put_le32(out_value + 4 * i, words[i]);
}

static void chunk_value(const uint8_t *data, size_t length, uint64_t counter, uint8_t out_value[HASH_SIZE])
{
	uint32_t words[8];
	uint8_t flags = CHUNK_START;

	memcpy(words, IV, sizeof words);
	while (length > 0) {
		const size_t part = length < BLAKE3_BLOCK_LEN ? length : BLAKE3_BLOCK_LEN;
		uint8_t block[BLAKE3_BLOCK_LEN] = { 0 };

		memcpy(block, data, part);
		data += part;
		length -= part;
		if (length == 0)
			flags |= CHUNK_END;
		blake3_compress_in_place(words, block, (uint8_t)part, counter, flags);
		flags = 0;
	}
	value_store(words, out_value);
}

/* The two values on top become one. */
static void merge(struct hash_tree *tree, uint8_t flags)
{
	uint32_t words[8];
	uint8_t block[BLAKE3_BLOCK_LEN];

	memcpy(words, IV, sizeof words);
	memcpy(block, tree->stack[tree->depth - 2], HASH_SIZE);
	memcpy(block + HASH_SIZE, tree->stack[tree->depth - 1], HASH_SIZE);
	blake3_compress_in_place(words, block, BLAKE3_BLOCK_LEN, 0, PARENT | flags);
	tree->depth--;
	value_store(words, tree->stack[tree->depth - 1]);
}

static void merge_all(struct hash_tree *tree, uint8_t last_flags, uint8_t out_value[HASH_SIZE])
{
	while (tree->depth > 1)
		merge(tree, tree->depth == 2 ? last_flags : 0);
	memcpy(out_value, tree->stack[0], HASH_SIZE);
}

void hash_part(const uint8_t *data, size_t length, uint64_t index, uint8_t out_value[HASH_SIZE])
{
	uint64_t counter = index * CHUNKS_PER_PART;
	struct hash_tree tree;
	uint8_t value[HASH_SIZE];

	hash_tree_begin(&tree);
	while (length > 0) {
		const size_t chunk = length < BLAKE3_CHUNK_LEN ? length : BLAKE3_CHUNK_LEN;

		chunk_value(data, chunk, counter++, value);
		hash_tree_add(&tree, value);
		data += chunk;
		length -= chunk;
	}
	merge_all(&tree, 0, out_value);
}

void hash_tree_begin(struct hash_tree *tree)
{
	tree->count = 0;
	tree->depth = 0;
}

/* After n values as many subtrees are whole as n has bits set: those below a new one may be merged. */
void hash_tree_add(struct hash_tree *tree, const uint8_t value[HASH_SIZE])
{
	uint32_t whole = 0;

	for (uint64_t bits = tree->count; bits != 0; bits &= bits - 1)
		whole++;
	while (tree->depth > whole)
		merge(tree, 0);
	memcpy(tree->stack[tree->depth++], value, HASH_SIZE);
	tree->count++;
}

void hash_tree_end(struct hash_tree *tree, uint8_t out_digest[HASH_SIZE])
{
	merge_all(tree, ROOT, out_digest);
}
