/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counter ticks to nanoseconds and back, by 32.32 fixed-point factors. */
#include <kernel/timer.h>

#define NS_PER_SECOND 1000000000ull

static uint64_t ns_per_tick;  /* [c] 32.32 */
static uint64_t ticks_per_ns; /* [c] 32.32 */

CC_BOOT void clock_init(void)
{
	uint64_t frequency = arch_time_frequency();
	ns_per_tick = (NS_PER_SECOND << 32) / frequency;
	/* 2^64 / ns_per_tick, rounded up: the reciprocal of the factor that clock_now really uses, so that the
	 * counter never reaches a deadline's ticks before clock_now has reached the deadline. */
	ticks_per_ns = UINT64_MAX / ns_per_tick + 1u;
}

deadline_t clock_from_ticks(uint64_t ticks)
{
	return (deadline_t)((unsigned __int128)ticks * ns_per_tick >> 32);
}

uint64_t clock_to_ticks(deadline_t deadline)
{
	unsigned __int128 ticks = (unsigned __int128)deadline * ticks_per_ns >> 32;
	if (deadline == DEADLINE_NEVER || ticks > UINT64_MAX - 1u)
		return UINT64_MAX;
	return (uint64_t)ticks + 1u;
}

deadline_t clock_now(void)
{
	return clock_from_ticks(arch_time_now());
}
