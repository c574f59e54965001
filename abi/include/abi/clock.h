/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The wall clock: nanoseconds since 1970-01-01 00:00:00 UTC, leap seconds not
 * counted, and who said so. Deadlines never use it: they are monotonic.
 */
#pragma once
#include <abi/types.h>

enum clock_source {
#define CLOCK_SOURCE(NAME, value, text) CLOCK_SOURCE_##NAME = (value),
#include <abi/clock_source.def>
#undef CLOCK_SOURCE
	CLOCK_SOURCE_COUNT = 8,
};

/* The latest moment it can be set to, in the year 2262; the earliest is 1 ns. */
#define CLOCK_UNIX_MAX_NS INT64_MAX
