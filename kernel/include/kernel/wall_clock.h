/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The time of day: an offset to the monotonic clock, and who set it. Setting it
 * moves nothing else. Read without a lock and never torn: offset and source
 * always belong together.
 */
#pragma once
#include <abi/clock.h>
#include <kernel/arch.h>

struct wall_clock_reading {
	uint64_t unix_ns;         /* 0: not set */
	enum clock_source source; /* CLOCK_SOURCE_NONE: not set */
};

struct wall_clock_reading wall_clock_read(void);
/* From now on it is `unix_ns` (1 .. CLOCK_UNIX_MAX_NS), as `source` (not NONE) says; returns what it was. */
struct wall_clock_reading wall_clock_set(uint64_t unix_ns, enum clock_source source);
