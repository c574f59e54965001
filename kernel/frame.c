/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Frames: the pool of frame_pool.h under one lock, set up from the boot info.
 *
 * Frame numbers of the pool count from `frame_base`, a round address at or below
 * the first RAM, so that machines whose RAM starts high pay for no empty bitmap
 * and alignment within the pool is alignment in memory. The bitmap itself lies in
 * frames, reached through the direct map. Frame 0 is never handed out: zero means
 * "none" in page tables and radix tables.
 */
#include <kernel/frame.h>
#include <kernel/frame_pool.h>
#include <kernel/lock.h>
#include <kernel/panic.h>

#define FRAME_ALIGN_MAX 65536u   /* frames; frame_base is a multiple of it */
#define FRAME_BITMAP_LOWEST 0x100000u /* firmware and start-up code of CPUs like the first MiB */

static struct frame_pool pool;  /* [f] */
static struct lock frame_lock;  /* f: LOCK_FRAME */
static uint64_t frame_base;     /* [c] frame number of index 0 */
static uint32_t frame_total;    /* [c] frames of RAM */
static struct boot_range ram[BOOT_RANGES_MAX]; /* [c] */
static uint32_t ram_count;      /* [c] */

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* End of a reserved range that overlaps, or 0. */
CC_BOOT static uint64_t reserved_end(const struct boot_info *info, uint64_t base, uint64_t size)
{
	for (uint32_t i = 0; i < info->reserved_count; i++) {
		const struct boot_range *range = &info->reserved[i];
		if (range->size != 0 && overlap(base, size, range->base, range->size))
			return range->base + range->size;
	}
	return 0;
}

/* Lowest place for the bitmap: inside RAM, on nothing reserved. Each step leaves a reserved range behind. */
CC_BOOT static uint64_t bitmap_place(const struct boot_info *info, uint64_t bytes)
{
	for (uint32_t i = 0; i < info->memory_count; i++) {
		uint64_t at = info->memory[i].base;
		uint64_t end = at + info->memory[i].size;
		if (at < FRAME_BITMAP_LOWEST)
			at = FRAME_BITMAP_LOWEST;
		while (at < end && end - at >= bytes) {
			uint64_t blocked = reserved_end(info, at, bytes);
			if (blocked == 0)
				return at;
			at = (blocked + PAGE_MASK) & ~(uint64_t)PAGE_MASK;
		}
	}
	boot_refuse("no room for the bitmap of memory (%u KiB)", (uint32_t)(bytes >> 10));
}

/* Set or clear the bits of the frames [first, first + count), as far as the pool has them. */
CC_BOOT static void pool_write(uint64_t first, uint64_t count, bool taken)
{
	for (uint64_t frame = first; frame < first + count; frame++) {
		uint64_t index = frame - frame_base;
		if (frame < frame_base || index >= pool.count)
			continue;
		if (taken)
			bitmap_set(pool.words, (uint32_t)index);
		else
			bitmap_clear(pool.words, (uint32_t)index);
	}
}

/* Reserved ranges need not be aligned: every frame they touch is taken. */
CC_BOOT static void pool_reserve(uint64_t base, uint64_t size)
{
	uint64_t first = base >> PAGE_SHIFT;
	if (size != 0)
		pool_write(first, ((base + size + PAGE_MASK) >> PAGE_SHIFT) - first, true);
}

static uint32_t pool_count_free(void)
{
	uint32_t found = 0;
	for (uint32_t word = 0; word < BITMAP_WORDS(pool.count); word++)
		for (uint64_t zeroes = ~pool.words[word]; zeroes != 0; zeroes &= zeroes - 1u)
			found++;
	return found;
}

CC_BOOT static void ram_note(const struct boot_info *info)
{
	uint64_t end = 0;
	if (info->memory_count == 0 || info->memory_count > BOOT_RANGES_MAX)
		boot_refuse("the machine describes no memory");
	frame_total = 0;
	frame_base = (info->memory[0].base >> PAGE_SHIFT) & ~(uint64_t)(FRAME_ALIGN_MAX - 1u);
	for (uint32_t i = 0; i < info->memory_count; i++) {
		ram[i] = info->memory[i];
		end = ram[i].base + ram[i].size;
		frame_total += (uint32_t)(ram[i].size >> PAGE_SHIFT);
	}
	ram_count = info->memory_count;
	uint64_t count = (end >> PAGE_SHIFT) - frame_base;
	pool.count = count < FRAME_MAX ? (uint32_t)count : FRAME_MAX;
}

CC_BOOT void frame_init(const struct boot_info *info)
{
	struct frame_span span;
	ram_note(info);
	uint64_t words = BITMAP_WORDS(pool.count);
	uint64_t bytes = (words * sizeof(uint64_t) + PAGE_MASK) & ~(uint64_t)PAGE_MASK;
	uint64_t place = bitmap_place(info, bytes);
	pool.words = arch_direct((paddr_t){place});
	for (uint64_t word = 0; word < words; word++)
		pool.words[word] = UINT64_MAX;
	for (uint32_t i = 0; i < ram_count; i++)
		if (frame_span_inside(ram[i].base, ram[i].size, &span))
			pool_write(span.first, span.count, false);
	for (uint32_t i = 0; i < info->reserved_count; i++)
		pool_reserve(info->reserved[i].base, info->reserved[i].size);
	pool_reserve(place, bytes);
	pool_reserve(0, PAGE_SIZE);
	pool.hint = 0;
	pool.free = pool_count_free();
}

bool frame_alloc(paddr_t *out_frame)
{
	lock_acquire(&frame_lock, LOCK_FRAME);
	uint32_t index = frame_pool_take(&pool);
	lock_release(&frame_lock, LOCK_FRAME);
	if (CC_UNLIKELY(index == FRAME_POOL_NONE))
		return false;
	out_frame->a = (frame_base + index) << PAGE_SHIFT;
	return true;
}

bool frame_alloc_zero(paddr_t *out_frame)
{
	if (CC_UNLIKELY(!frame_alloc(out_frame)))
		return false;
	arch_page_zero(arch_direct(*out_frame));
	return true;
}

/* The lowest run, if it ends by frame number `end`: otherwise no other does. Lock held. */
static uint32_t run_take(uint32_t count, uint32_t align, uint64_t end)
{
	uint32_t index = frame_pool_take_run(&pool, count, align);
	if (index == FRAME_POOL_NONE || frame_base + index + count <= end)
		return index;
	for (uint32_t i = 0; i < count; i++)
		(void)frame_pool_give(&pool, index + i);
	return FRAME_POOL_NONE;
}

bool frame_alloc_run(uint32_t count, uint32_t align, uint64_t limit, paddr_t *out_first)
{
	ASSERT(align != 0 && align <= FRAME_ALIGN_MAX && (align & (align - 1u)) == 0);
	lock_acquire(&frame_lock, LOCK_FRAME);
	uint32_t index = run_take(count, align, limit == 0 ? UINT64_MAX : limit >> PAGE_SHIFT);
	lock_release(&frame_lock, LOCK_FRAME);
	if (index == FRAME_POOL_NONE)
		return false;
	out_first->a = (frame_base + index) << PAGE_SHIFT;
	return true;
}

void frame_free(paddr_t frame)
{
	uint64_t index = (frame.a >> PAGE_SHIFT) - frame_base;
	ASSERT((frame.a & PAGE_MASK) == 0 && index < pool.count);
	lock_acquire(&frame_lock, LOCK_FRAME);
	bool given = frame_pool_give(&pool, (uint32_t)index);
	lock_release(&frame_lock, LOCK_FRAME);
	if (CC_UNLIKELY(!given))
		panic("frame %llx is given back twice", (unsigned long long)frame.a);
}

void frame_release_boot(paddr_t first, uint32_t count)
{
	ASSERT(!frame_range_is_device(first.a, (uint64_t)count << PAGE_SHIFT));
	for (uint32_t i = 0; i < count; i++)
		frame_free((paddr_t){first.a + ((uint64_t)i << PAGE_SHIFT)});
}

uint32_t frame_free_count(void)
{
	return __atomic_load_n(&pool.free, __ATOMIC_RELAXED);
}

CC_BOOT uint32_t frame_total_count(void)
{
	return frame_total;
}

bool frame_range_is_device(uint64_t base, uint64_t size)
{
	if (size == 0 || size > UINT64_MAX - base)
		return false;
	for (uint32_t i = 0; i < ram_count; i++)
		if (overlap(base, size, ram[i].base, ram[i].size))
			return false;
	return true;
}

bool frame_valid(void)
{
	lock_acquire(&frame_lock, LOCK_FRAME);
	bool valid = pool.free == pool_count_free() && pool.hint <= BITMAP_WORDS(pool.count);
	for (uint32_t word = 0; valid && word < pool.hint; word++)
		valid = pool.words[word] == UINT64_MAX;
	lock_release(&frame_lock, LOCK_FRAME);
	return valid;
}
