/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The relation of the counter to the clock, and the printing of results. */
#include "bench.h"
#include <os/print.h>

#define CALIBRATION_NS (20u * NS_PER_MS)

static uint64_t ticks_measured = 1, ns_measured = 1;

void measure_calibrate(void)
{
	uint64_t from_ns = time_now();
	uint64_t from = arch_counter();
	uint64_t now_ns;

	do
		now_ns = time_now();
	while (now_ns - from_ns < CALIBRATION_NS);
	ticks_measured = arch_counter() - from;
	ns_measured = now_ns - from_ns;
}

uint64_t measure_empty(void)
{
	uint64_t least;

	MEASURE(1000, least, (void)0);
	return least;
}

void measure_report(const char *name, uint64_t ticks, uint64_t per)
{
	uint64_t empty = measure_empty();
	uint64_t net = ticks > empty ? ticks - empty : 0;
	uint64_t whole = ticks_measured * per;

	print("bench %s %llu ns\n", name, (unsigned long long)((net * ns_measured + whole / 2u) / whole));
}
