/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The memory of this program as it was once, put back again and again: a fresh
 * process per seed would spend most of its time on page faults.
 *
 * Covered are ranges the caller names: variables (the kernel's tables, the
 * simulated CPUs' stacks, the checks' own notes) and the simulated RAM; never the
 * C library's, nor the stack of the caller. What was written when the snapshot was
 * taken is copied back; what has been since then gets what it had before. A page
 * that is only partly a range's is copied in any case, and that part of it alone.
 */
#include "sim.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REGIONS 8u
#define PAGE_WRITTEN(entry) (((entry) >> 61 & 5u) == 4u) /* present, and neither a file's nor shared */

struct region {
	uint8_t *begin, *end;
	uint8_t *base;     /* of its first page */
	size_t pages;
	uint8_t *copy;     /* as large; pages that were never written are never touched */
	bool *kept;        /* per page: the copy has it */
	bool loaded;       /* a page that was not written may have been loaded from a file: it is not just zero */
};

/* Outside what is put back. */
static struct snapshot {
	int pagemap;
	size_t count;
	struct region regions[REGIONS];
	uint64_t entries[];
} *snapshot;

static void *outside(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		abort();
	return memory;
}

/* What the host's kernel says of each page of a region, into snapshot->entries. */
static void look(const struct region *region)
{
	size_t bytes = region->pages * sizeof(uint64_t);
	off_t at = (off_t)((uintptr_t)region->base / PAGE_SIZE * sizeof(uint64_t));
	if (pread(snapshot->pagemap, snapshot->entries, bytes, at) != (ssize_t)bytes)
		abort();
}

/* What of a page is the region's: from where, and how much of it. */
static size_t part_of(const struct region *region, size_t page, uint8_t **out_from)
{
	uint8_t *from = region->base + page * PAGE_SIZE;
	uint8_t *to = from + PAGE_SIZE;
	*out_from = from < region->begin ? region->begin : from;
	return (size_t)((to > region->end ? region->end : to) - *out_from);
}

static void keep(struct region *region, size_t page)
{
	uint8_t *from;
	size_t bytes = part_of(region, page, &from);
	memcpy(region->copy + (from - region->base), from, bytes);
	region->kept[page] = true;
}

static void put_back(const struct region *region, size_t page)
{
	uint8_t *to;
	size_t bytes = part_of(region, page, &to);
	memcpy(to, region->copy + (to - region->base), bytes);
}

/* As it was before it was written for the first time. */
static void forget(const struct region *region, size_t page)
{
	uint8_t *at = region->base + page * PAGE_SIZE;
	if (!region->loaded)
		memset(at, 0, PAGE_SIZE);
	else if (madvise(at, PAGE_SIZE, MADV_DONTNEED) != 0)
		abort();
}

static void region_take(struct region *region, const struct snapshot_range *range)
{
	uint8_t *base = (uint8_t *)((uintptr_t)range->begin & ~(uintptr_t)PAGE_MASK);
	size_t pages = ((size_t)(range->end - base) + PAGE_MASK) / PAGE_SIZE;
	*region = (struct region){range->begin, range->end, base, pages, outside(pages * PAGE_SIZE), outside(pages),
	                          range->loaded};
	look(region);
	for (size_t page = 0; page < pages; page++) {
		uint8_t *from;
		if (PAGE_WRITTEN(snapshot->entries[page]) || part_of(region, page, &from) < PAGE_SIZE)
			keep(region, page);
	}
}

void snapshot_take(const struct snapshot_range *ranges, size_t count)
{
	size_t most = 0;
	for (size_t i = 0; i < count; i++) {
		size_t pages = (size_t)(ranges[i].end - ranges[i].begin) / PAGE_SIZE + 2u;
		most = pages > most ? pages : most;
	}
	snapshot = outside(sizeof *snapshot + most * sizeof(uint64_t));
	snapshot->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	snapshot->count = count;
	if (count > REGIONS)
		abort();
	for (size_t i = 0; i < count; i++)
		region_take(&snapshot->regions[i], &ranges[i]);
}

static void region_restore(struct region *region)
{
	look(region);
	for (size_t page = 0; page < region->pages; page++) {
		if (region->kept[page]) {
			put_back(region, page);
		} else if (PAGE_WRITTEN(snapshot->entries[page])) {
			forget(region, page);
			if (region->loaded)
				keep(region, page);
		}
	}
}

void snapshot_restore(void)
{
	for (size_t i = 0; i < snapshot->count; i++)
		region_restore(&snapshot->regions[i]);
}
