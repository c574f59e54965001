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

struct hash_tree {
	uint64_t count; /* values added */
	uint32_t depth; /* of them and their merges, on the stack */
	uint8_t stack[HASH_TREE_DEPTH][HASH_SIZE];
};

/* The chaining value of part `index` (0, 1, ...) of a content of more than one part; 1..HASH_PART_SIZE bytes. */
void hash_part(const uint8_t *data, size_t length, uint64_t index, uint8_t out_value[HASH_SIZE]);
/* Values in order of their parts, then the digest of the whole; the tree is used up. */
void hash_tree_begin(struct hash_tree *tree);
void hash_tree_add(struct hash_tree *tree, const uint8_t value[HASH_SIZE]);
void hash_tree_end(struct hash_tree *tree, uint8_t out_digest[HASH_SIZE]);
