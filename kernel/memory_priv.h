/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between memory.c (lives of objects) and memory_page.c (their pages). */
#pragma once
#include <kernel/memory.h>

/* Lock held. `process`: whose touch it is, or NONE. */
CC_NODISCARD status_t memory_page_locked(struct memory *memory, uint64_t page, bool allocate, uint32_t process,
                                         paddr_t *out_frame);
/* Free what a dead object holds, at most `limit` steps; true when nothing is left. */
CC_NODISCARD bool memory_clear_some(struct memory *memory, uint32_t limit);
/* Frames it really holds, tables included. */
uint32_t memory_count_present(struct memory *memory);
