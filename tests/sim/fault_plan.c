/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Allocation number N fails. The kernel is linked with --wrap for its three
 * allocators, so its own sources know nothing of this.
 */
#include "sim.h"
#include <kernel/frame.h>
#include <kernel/object.h>

uint64_t sim_allocations;
uint64_t sim_fail_at;
bool sim_booted;

static bool fails_now(void)
{
	return sim_booted && ++sim_allocations == sim_fail_at; /* at boot it is a refusal, not a failure */
}

bool __real_frame_alloc(paddr_t *out_frame);
bool __wrap_frame_alloc(paddr_t *out_frame);
bool __wrap_frame_alloc(paddr_t *out_frame)
{
	return !fails_now() && __real_frame_alloc(out_frame);
}

bool __real_frame_alloc_zero(paddr_t *out_frame);
bool __wrap_frame_alloc_zero(paddr_t *out_frame);
bool __wrap_frame_alloc_zero(paddr_t *out_frame)
{
	return !fails_now() && __real_frame_alloc_zero(out_frame);
}

status_t __real_table_take(struct table *table, uint32_t owner, uint32_t *out_slot);
status_t __wrap_table_take(struct table *table, uint32_t owner, uint32_t *out_slot);
status_t __wrap_table_take(struct table *table, uint32_t owner, uint32_t *out_slot)
{
	return fails_now() ? STATUS_TABLE_FULL : __real_table_take(table, owner, out_slot);
}
