/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The tree over BLAKE3's compression function. Values wait on a stack, merged as
 * late as can be: the last merge of all is the root's and has its own flag, and
 * which one it is shows only at the end.
 */
#include <blake3/c/blake3_impl.h>
#include <lib/bytes.h>
#include <lib/hash_tree.h>

#define CHUNKS_PER_PART (HASH_PART_SIZE / BLAKE3_CHUNK_LEN)

/* The library's, of which this is believed. */
/*@ requires \valid(cv + (0 .. 7)) && \valid_read(block + (0 .. BLAKE3_BLOCK_LEN - 1)) && block_len <= BLAKE3_BLOCK_LEN;
    assigns cv[0 .. 7]; */
void blake3_compress_in_place(uint32_t cv[8], const uint8_t block[BLAKE3_BLOCK_LEN], uint8_t block_len,
                              uint64_t counter, uint8_t flags);

/*@ // How many bits a number below it has.
    logic integer two_to(integer n) = n <= 0 ? 1 : 2 * two_to(n - 1);
    lemma two_to_54: two_to(54) == HASH_TREE_VALUES_MAX; */

/*@ requires \valid(words + (0 .. 7));
    assigns words[0 .. 7]; */
static void words_begin(uint32_t words[8])
{
	/*@ loop invariant 0 <= i <= 8;
	    loop assigns i, words[0 .. 7];
	    loop variant 8 - i; */
	for (size_t i = 0; i < 8; i++)
		words[i] = IV[i];
}

/*@ requires \valid_read(words + (0 .. 7)) && \valid(out_value + (0 .. HASH_SIZE - 1));
    requires \separated(words + (0 .. 7), out_value + (0 .. HASH_SIZE - 1));
    assigns out_value[0 .. HASH_SIZE - 1]; */
static void value_store(const uint32_t words[8], uint8_t out_value[HASH_SIZE])
{
	/*@ loop invariant 0 <= i <= 8;
	    loop assigns i, out_value[0 .. HASH_SIZE - 1];
	    loop variant 8 - i; */
	for (size_t i = 0; i < 8; i++)
		bytes_put_le32(out_value + 4 * i, words[i]);
}

/*@ requires 0 < length <= BLAKE3_CHUNK_LEN && \valid_read(data + (0 .. length - 1));
    requires \valid(out_value + (0 .. HASH_SIZE - 1)) && \separated(out_value + (0 .. HASH_SIZE - 1), data + (0 .. length - 1));
    assigns out_value[0 .. HASH_SIZE - 1]; */
static void chunk_value(const uint8_t *data, size_t length, uint64_t counter, uint8_t out_value[HASH_SIZE])
{
	uint32_t words[8];
	uint8_t flags = CHUNK_START;

	words_begin(words);
	/*@ loop invariant length <= \at(length, Pre) && data == \at(data, Pre) + (\at(length, Pre) - length);
	    loop assigns length, data, flags, words[0 .. 7];
	    loop variant length; */
	while (length > 0) {
		const size_t part = length < BLAKE3_BLOCK_LEN ? length : BLAKE3_BLOCK_LEN;
		uint8_t block[BLAKE3_BLOCK_LEN] = { 0 };

		bytes_put(block, data, part);
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
/*@ requires \valid(tree) && 2 <= tree->depth <= HASH_TREE_DEPTH;
    assigns tree->depth, tree->stack[0 .. HASH_TREE_DEPTH - 1][0 .. HASH_SIZE - 1];
    ensures tree->depth == \old(tree->depth) - 1; */
static void merge(struct hash_tree *tree, uint8_t flags)
{
	uint32_t words[8];
	uint8_t block[BLAKE3_BLOCK_LEN];

	words_begin(words);
	bytes_put(block, tree->stack[tree->depth - 2], HASH_SIZE);
	bytes_put(block + HASH_SIZE, tree->stack[tree->depth - 1], HASH_SIZE);
	blake3_compress_in_place(words, block, BLAKE3_BLOCK_LEN, 0, PARENT | flags);
	tree->depth--;
	value_store(words, tree->stack[tree->depth - 1]);
}

/*@ requires \valid(tree) && 1 <= tree->depth <= HASH_TREE_DEPTH && \valid(out_value + (0 .. HASH_SIZE - 1));
    requires \separated(tree, out_value + (0 .. HASH_SIZE - 1));
    assigns *tree, out_value[0 .. HASH_SIZE - 1]; */
static void merge_all(struct hash_tree *tree, uint8_t last_flags, uint8_t out_value[HASH_SIZE])
{
	/*@ loop invariant 1 <= tree->depth <= HASH_TREE_DEPTH;
	    loop assigns tree->depth, tree->stack[0 .. HASH_TREE_DEPTH - 1][0 .. HASH_SIZE - 1];
	    loop variant tree->depth; */
	while (tree->depth > 1)
		merge(tree, tree->depth == 2 ? last_flags : 0);
	bytes_put(out_value, tree->stack[0], HASH_SIZE);
}

void hash_part(const uint8_t *data, size_t length, uint64_t index, uint8_t out_value[HASH_SIZE])
{
	uint64_t counter = index * CHUNKS_PER_PART;
	struct hash_tree tree;
	uint8_t value[HASH_SIZE];

	hash_tree_begin(&tree);
	/*@ loop invariant length <= \at(length, Pre) && data == \at(data, Pre) + (\at(length, Pre) - length);
	    loop invariant tree_ok(&tree) && tree.count * BLAKE3_CHUNK_LEN >= \at(length, Pre) - length;
	    loop invariant length > 0 ==> tree.count * BLAKE3_CHUNK_LEN == \at(length, Pre) - length;
	    loop invariant counter == \at(index, Pre) * CHUNKS_PER_PART + tree.count;
	    loop assigns length, data, counter, tree, value[0 .. HASH_SIZE - 1];
	    loop variant length; */
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

/* After n values as many subtrees are whole as n has bits set. */
/*@ requires count < HASH_TREE_VALUES_MAX;
    assigns \nothing;
    ensures \result <= HASH_TREE_DEPTH - 2 && (\result == 0 <==> count == 0); */
static uint32_t whole_subtrees(uint64_t count)
{
	uint32_t whole = 0;

	//@ ghost uint32_t left = HASH_TREE_DEPTH - 2;
	/*@ loop invariant left <= HASH_TREE_DEPTH - 2 && whole <= HASH_TREE_DEPTH - 2 - left;
	    loop invariant bits < two_to(left);
	    loop invariant count == 0 <==> bits == 0 && whole == 0;
	    loop assigns bits, whole, left;
	    loop variant bits; */
	for (uint64_t bits = count; bits != 0; bits /= 2) {
		whole += bits % 2;
		//@ ghost left--;
	}
	return whole;
}

void hash_tree_add(struct hash_tree *tree, const uint8_t value[HASH_SIZE])
{
	const uint32_t whole = whole_subtrees(tree->count);

	/* Those below a new one may be merged. */
	/*@ loop invariant tree->depth < HASH_TREE_DEPTH && (whole == 0 ==> tree->depth == 0);
	    loop assigns tree->depth, tree->stack[0 .. HASH_TREE_DEPTH - 1][0 .. HASH_SIZE - 1];
	    loop variant tree->depth; */
	while (tree->depth > whole)
		merge(tree, 0);
	bytes_put(tree->stack[tree->depth++], value, HASH_SIZE);
	tree->count++;
}

void hash_tree_end(struct hash_tree *tree, uint8_t out_digest[HASH_SIZE])
{
	merge_all(tree, ROOT, out_digest);
}
