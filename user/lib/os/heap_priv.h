/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The address space of the heap (heap_place.c), as heap.c uses it: runs of
 * spans, and pieces with memory of their own. The heap's lock is held.
 */
#pragma once
#include <os/syscall.h>

#define HEAP_SPAN_BYTES  0x4000ull   /* 16 KiB; runs begin at a multiple of it */
#define HEAP_CHUNK_BYTES 0x100000ull /* 1 MiB: what is mapped at once; a run lies within one */
#define HEAP_RUN_MAX     (HEAP_CHUNK_BYTES / HEAP_SPAN_BYTES)

/* So many spans side by side, contents undefined; NULL: none can be had. */
void *heap_run_take(uint32_t spans);
void heap_run_give(const void *run, uint32_t spans);

/* Zeroed pages with a memory object of their own, at a multiple of a span; NULL. */
void *heap_huge_take(uint64_t bytes, handle_t *out_memory);
void heap_huge_give(handle_t memory, uint64_t bytes);

/* The address lies in a chunk, or where huge pieces are or were. */
bool heap_owns(uint64_t address);
/* Bytes of address space mapped now. */
uint64_t heap_mapped(void);

/* Where the heap begins, instead of LAYOUT_HEAP_BASE: a multiple of 1 MiB, before the first allocation. For
 * a process that has other things there: unit tests on the host. */
void heap_place(uint64_t base);
