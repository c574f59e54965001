/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Physical frames: one bit each, 1 = taken, over the RAM of the boot info. Which
 * process pays for a frame is the caller's business (process_charge).
 */
#pragma once
#include <kernel/arch.h>

#define FRAME_MAX (1u << 23) /* 32 GiB of physical address space */

/* Everything usable and not reserved becomes free. Backs its own bitmap: needs a direct map of RAM
 * (the port's early one will do). `kernel_first` and `kernel_last` are kept taken by the port's reserved list. */
void frame_init(const struct boot_info *info);
/* One frame, contents undefined / zeroed. False: none left. */
CC_NODISCARD bool frame_alloc(paddr_t *out_frame);
CC_NODISCARD bool frame_alloc_zero(paddr_t *out_frame);
/* `count` contiguous frames, aligned to `align` frames (a power of two, at most 65536), that end at or below the
 * physical address `limit` (0: anywhere); contents undefined. Linear in the size of RAM: for rare calls. */
CC_NODISCARD bool frame_alloc_run(uint32_t count, uint32_t align, uint64_t limit, paddr_t *out_first);
/* Give back a frame that was handed out; panics on one that was not. */
void frame_free(paddr_t frame);
/* Like frame_free, for memory that was reserved at boot (early tables, the bundle if unused). */
void frame_release_boot(paddr_t first, uint32_t count);
uint32_t frame_free_count(void);
uint32_t frame_total_count(void);
/* Is this physical range (no wrap, not empty) entirely outside the RAM of the boot info, reserved parts
 * included? For device regions. */
bool frame_range_is_device(uint64_t base, uint64_t size);
bool frame_valid(void);
