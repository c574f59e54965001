/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Where the heap's memory lies: chunks side by side, each a bitmap of spans, and
 * behind them the huge pieces, whose addresses are not used again.
 */
#include "heap_priv.h"
#include <os/layout.h>
#include <os/panic.h>

#define HEAP_BYTES  (LAYOUT_HEAP_LIMIT - LAYOUT_HEAP_BASE)
#define CHUNKS_MAX  128u
#define CHUNK_PAGES (HEAP_CHUNK_BYTES / PAGE_SIZE)

static struct chunk {
	handle_t memory; /* HANDLE_NONE: not mapped */
	uint64_t spans;  /* bit per span in use */
} chunks[CHUNKS_MAX];
_Static_assert(HEAP_RUN_MAX == 64, "a bit per span");

static uint64_t base = LAYOUT_HEAP_BASE;
static uint64_t huge_next = LAYOUT_HEAP_BASE + CHUNKS_MAX * HEAP_CHUNK_BYTES;
static uint64_t mapped;

void heap_place(uint64_t address)
{
	base = address;
	huge_next = address + CHUNKS_MAX * HEAP_CHUNK_BYTES;
}

uint64_t heap_mapped(void)
{
	return mapped;
}

bool heap_owns(uint64_t address)
{
	if (address < base || address >= huge_next)
		return false;
	uint64_t chunk = (address - base) / HEAP_CHUNK_BYTES;
	return chunk >= CHUNKS_MAX || chunks[chunk].memory != HANDLE_NONE;
}

/* Zeroed pages at an address. False: out of quota or memory. */
static bool map(uint64_t address, uint64_t pages, handle_t *out_memory)
{
	handle_t memory;
	uint64_t place;

	if (sys_memory_create(pages, &memory) != STATUS_OK)
		return false;
	if (sys_memory_map(memory, address, 0, pages, PROT_READ | PROT_WRITE, &place) != STATUS_OK) {
		must(sys_cap_drop(memory));
		return false;
	}
	mapped += pages * PAGE_SIZE;
	*out_memory = memory;
	return true;
}

static uint64_t chunk_address(uint32_t index)
{
	return base + index * HEAP_CHUNK_BYTES;
}

static uint64_t run_mask(uint32_t first, uint32_t count)
{
	return (count == HEAP_RUN_MAX ? UINT64_MAX : (1ull << count) - 1u) << first;
}

void *heap_run_take(uint32_t spans)
{
	for (uint32_t i = 0; i < CHUNKS_MAX; i++) {
		struct chunk *chunk = &chunks[i];

		if (chunk->memory == HANDLE_NONE && !map(chunk_address(i), CHUNK_PAGES, &chunk->memory))
			return NULL;
		for (uint32_t first = 0; first + spans <= HEAP_RUN_MAX; first++) {
			if ((chunk->spans & run_mask(first, spans)) != 0)
				continue;
			chunk->spans |= run_mask(first, spans);
			return (void *)(chunk_address(i) + first * HEAP_SPAN_BYTES);
		}
	}
	return NULL;
}

void heap_run_give(const void *run, uint32_t spans)
{
	uint64_t offset = (uint64_t)run - base;
	uint32_t first = (uint32_t)(offset % HEAP_CHUNK_BYTES / HEAP_SPAN_BYTES);

	chunks[offset / HEAP_CHUNK_BYTES].spans &= ~run_mask(first, spans);
}

void *heap_huge_take(uint64_t bytes, handle_t *out_memory)
{
	uint64_t address = huge_next;

	if (bytes > base + HEAP_BYTES - huge_next || !map(address, bytes / PAGE_SIZE, out_memory))
		return NULL;
	/* A gap, and on to a span's boundary. */
	huge_next = (huge_next + bytes + 2u * HEAP_SPAN_BYTES - 1u) & ~(HEAP_SPAN_BYTES - 1u);
	return (void *)address;
}

void heap_huge_give(handle_t memory, uint64_t bytes)
{
	mapped -= bytes;
	must(sys_cap_drop(memory)); /* takes the mapping with it */
}
