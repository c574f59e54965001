/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The lists of boot_info: what is RAM, which parts of it are taken, and which devices there are. */
#include "boot.h"

static void append(struct boot_range *ranges, uint32_t *count, uint64_t base, uint64_t size,
                   const char *what)
{
	if (*count == BOOT_RANGES_MAX)
		boot_refuse("more than %u ranges of %s memory", BOOT_RANGES_MAX, what);
	ranges[(*count)++] = (struct boot_range){base, size};
}

void range_add_memory(struct boot_info *info, uint64_t base, uint64_t size)
{
	if (base + size < base)
		return;
	uint64_t first = (base + PAGE_MASK) & ~(uint64_t)PAGE_MASK;
	uint64_t end = (base + size) & ~(uint64_t)PAGE_MASK;
	if (first < end)
		append(info->memory, &info->memory_count, first, end - first, "usable");
}

void range_reserve(struct boot_info *info, uint64_t base, uint64_t size)
{
	uint64_t first = base & ~(uint64_t)PAGE_MASK;
	uint64_t end = (base + size + PAGE_MASK) & ~(uint64_t)PAGE_MASK;
	append(info->reserved, &info->reserved_count, first, end - first, "reserved");
}

/* Insertion sort: the list is short and mostly in order. */
static void sort(struct boot_range *ranges, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		struct boot_range moving = ranges[i];
		uint32_t at = i;
		for (; at > 0 && ranges[at - 1].base > moving.base; at--)
			ranges[at] = ranges[at - 1];
		ranges[at] = moving;
	}
}

static void clip(struct boot_info *info, uint64_t limit)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < info->memory_count; i++) {
		struct boot_range range = info->memory[i];
		if (range.base >= limit)
			continue;
		if (range.size > limit - range.base)
			range.size = limit - range.base;
		info->memory[kept++] = range;
	}
	info->memory_count = kept;
}

void range_finish(struct boot_info *info, uint64_t limit)
{
	uint32_t kept = 0;
	clip(info, limit);
	sort(info->memory, info->memory_count);
	for (uint32_t i = 1; i < info->memory_count; i++) {
		struct boot_range *before = &info->memory[kept];
		const struct boot_range *range = &info->memory[i];
		uint64_t before_end = before->base + before->size;
		uint64_t end = range->base + range->size;
		if (range->base > before_end)
			info->memory[++kept] = *range;
		else if (end > before_end)
			before->size = end - before->base;
	}
	if (info->memory_count > 0)
		info->memory_count = kept + 1;
}

bool range_is_memory(const struct boot_info *info, uint64_t base, uint64_t size)
{
	for (uint32_t i = 0; i < info->memory_count; i++) {
		const struct boot_range *range = &info->memory[i];
		if (base >= range->base && base - range->base <= range->size &&
		    size <= range->size - (base - range->base))
			return true;
	}
	return false;
}

/* The end of a reserved range that [base, base + size) touches, or 0. */
static uint64_t taken_until(const struct boot_info *info, uint64_t base, uint64_t size)
{
	for (uint32_t i = 0; i < info->reserved_count; i++) {
		const struct boot_range *range = &info->reserved[i];
		if (base < range->base + range->size && range->base < base + size)
			return range->base + range->size;
	}
	return 0;
}

uint64_t range_carve(struct boot_info *info, uint64_t low, uint64_t high, uint64_t pages)
{
	uint64_t size = pages * PAGE_SIZE;
	for (uint32_t i = 0; i < info->memory_count; i++) {
		uint64_t base = info->memory[i].base > low ? info->memory[i].base : low;
		uint64_t end = info->memory[i].base + info->memory[i].size;
		end = end < high ? end : high;
		while (base < end && end - base >= size) {
			uint64_t next = taken_until(info, base, size);
			if (next == 0) {
				range_reserve(info, base, size);
				return base;
			}
			base = next;
		}
	}
	return 0;
}

void boot_device_add(struct boot_info *info, const struct info_device *device)
{
	if (info->device_count < BOOT_DEVICES_MAX)
		info->devices[info->device_count++] = *device;
}
