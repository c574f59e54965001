/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Memory for programs. Small sizes come from spans of equal pieces, larger ones
 * are memory objects of their own. Safe from any thread. Freeing twice, freeing
 * what was never allocated, and overwritten book-keeping are found and end the
 * program: a heap that is wrong is not worked around.
 *
 * Memory is aligned to 16 bytes and its contents are not defined, except from
 * heap_zeroed. NULL: out of quota or memory.
 */
#pragma once
#include <abi/cc.h>
#include <stddef.h>
#include <stdint.h>

CC_NODISCARD void *heap_take(size_t bytes);
CC_NODISCARD void *heap_zeroed(size_t count, size_t bytes);
/* Like heap_take, with the contents of `old` (may be NULL), which is freed; on NULL it is not. */
CC_NODISCARD void *heap_resize(void *old, size_t bytes);
void heap_give(void *memory); /* NULL is fine */

struct heap_use {
	uint64_t pieces; /* allocations alive */
	uint64_t bytes;  /* in them, rounded up to what they take */
	uint64_t mapped; /* bytes of address space held for them */
};
struct heap_use heap_use(void);
