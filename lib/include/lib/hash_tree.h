/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * BLAKE3's own tree (its paper, section 2), taken apart: the chaining value of a
 * part of a long content, and the digest of the whole from those of its parts.
 * Who knows the digest and holds the values can check each part by itself, and
 * the values against the digest: nothing else has to be trusted.
 *
 * A content is cut into parts of HASH_PART_SIZE bytes, the last may be shorter;
 * a part is a whole subtree because its size is a power of two. The digest is
 * hash_bytes() of the content for two parts and more, never for one.
 */
#pragma once
#include <lib/hash.h>

#define HASH_PART_SIZE 65536u
#define HASH_TREE_DEPTH 56u /* 2^64 bytes are 2^54 of BLAKE3's chunks: 54 values wait, and one comes */
#define HASH_TREE_VALUES_MAX (1ull << 54)

struct hash_tree {
	uint64_t count; /* values added */
	uint32_t depth; /* of them and their merges, on the stack */
	uint8_t stack[HASH_TREE_DEPTH][HASH_SIZE];
};

/*@ predicate tree_ok{L}(struct hash_tree *tree) = tree->count <= HASH_TREE_VALUES_MAX &&
      tree->depth < HASH_TREE_DEPTH && (tree->depth == 0 <==> tree->count == 0); */

/* The chaining value of part `index` (0, 1, ...) of a content of more than one part; 1..HASH_PART_SIZE bytes. */
/*@ requires 0 < length <= HASH_PART_SIZE && \valid_read(data + (0 .. length - 1));
    requires index < HASH_TREE_VALUES_MAX / (HASH_PART_SIZE / 1024) && \valid(out_value + (0 .. HASH_SIZE - 1));
    requires \separated(out_value + (0 .. HASH_SIZE - 1), data + (0 .. length - 1));
    assigns out_value[0 .. HASH_SIZE - 1]; */
void hash_part(const uint8_t *data, size_t length, uint64_t index, uint8_t out_value[HASH_SIZE]);
/* Values in order of their parts, at least one, then the digest of the whole; the tree is used up. */
/*@ requires \valid(tree);
    assigns tree->count, tree->depth;
    ensures tree_ok(tree) && tree->count == 0; */
void hash_tree_begin(struct hash_tree *tree);
/*@ requires \valid(tree) && tree_ok(tree) && tree->count < HASH_TREE_VALUES_MAX;
    requires \valid_read(value + (0 .. HASH_SIZE - 1)) && \separated(tree, value + (0 .. HASH_SIZE - 1));
    assigns *tree;
    ensures tree_ok(tree) && tree->count == \old(tree->count) + 1; */
void hash_tree_add(struct hash_tree *tree, const uint8_t value[HASH_SIZE]);
/*@ requires \valid(tree) && tree_ok(tree) && tree->count > 0 && \valid(out_digest + (0 .. HASH_SIZE - 1));
    requires \separated(tree, out_digest + (0 .. HASH_SIZE - 1));
    assigns *tree, out_digest[0 .. HASH_SIZE - 1]; */
void hash_tree_end(struct hash_tree *tree, uint8_t out_digest[HASH_SIZE]);
