/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The memory of this program as it was once, put back again and again: a fresh
 * process per seed would spend most of its time on page faults.
 *
 * Covered are the program's variables (the kernel's tables, the simulated CPUs'
 * stacks, the checks' own notes) and the simulated RAM; not the C library's, and
 * not the stack of the caller. What was written when the snapshot was taken is
 * copied back; what has been since then gets what it had before.
 */
#include "sim.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REGIONS 2u
#define PAGE_WRITTEN(entry) (((entry) >> 61 & 5u) == 4u) /* present, and neither a file's nor shared */

extern uint8_t __data_start[], _end[]; /* the linker's: all variables lie between */

struct region {
	uint8_t *base;
	size_t pages;
	uint8_t *copy;     /* as large; pages that were never written are never touched */
	bool *kept;        /* per page: the copy has it */
	bool loaded;       /* a page that was not written may have been loaded from a file: it is not just zero */
};

/* Outside what is put back. */
static struct snapshot {
	int pagemap;
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

/* As it was before it was written for the first time. */
static void forget(const struct region *region, uint8_t *page)
{
	if (!region->loaded)
		memset(page, 0, PAGE_SIZE);
	else if (madvise(page, PAGE_SIZE, MADV_DONTNEED) != 0)
		abort();
}

static void keep(struct region *region, size_t page)
{
	memcpy(region->copy + page * PAGE_SIZE, region->base + page * PAGE_SIZE, PAGE_SIZE);
	region->kept[page] = true;
}

static void region_take(struct region *region, uint8_t *from, const uint8_t *to)
{
	region->base = (uint8_t *)((uintptr_t)from & ~(uintptr_t)PAGE_MASK);
	region->pages = ((size_t)(to - region->base) + PAGE_MASK) / PAGE_SIZE;
	region->copy = outside(region->pages * PAGE_SIZE);
	region->kept = outside(region->pages);
}

void snapshot_take(uint8_t *ram, size_t ram_bytes)
{
	size_t variables = (size_t)(_end - __data_start) / PAGE_SIZE + 2u;
	size_t pages = variables > ram_bytes / PAGE_SIZE ? variables : ram_bytes / PAGE_SIZE;
	snapshot = outside(sizeof *snapshot + pages * sizeof(uint64_t));
	snapshot->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	region_take(&snapshot->regions[0], __data_start, _end);
	snapshot->regions[0].loaded = true;
	region_take(&snapshot->regions[1], ram, ram + ram_bytes);
	for (uint32_t i = 0; i < REGIONS; i++) {
		struct region *region = &snapshot->regions[i];
		look(region);
		for (size_t page = 0; page < region->pages; page++)
			if (PAGE_WRITTEN(snapshot->entries[page]))
				keep(region, page);
	}
}

void snapshot_restore(void)
{
	for (uint32_t i = 0; i < REGIONS; i++) {
		struct region *region = &snapshot->regions[i];
		look(region);
		for (size_t page = 0; page < region->pages; page++) {
			uint8_t *at = region->base + page * PAGE_SIZE;
			if (region->kept[page]) {
				memcpy(at, region->copy + page * PAGE_SIZE, PAGE_SIZE);
			} else if (PAGE_WRITTEN(snapshot->entries[page])) {
				forget(region, at);
				if (region->loaded)
					keep(region, page);
			}
		}
	}
}
