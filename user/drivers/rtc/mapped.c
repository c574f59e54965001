/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The clocks that just count: ARM PL031 (DDI 0224), and the emulator's goldfish RTC. */
#include "rtc.h"
#include <abi/clock.h>
#include <os/time.h>

enum {
	PL031_DATA = 0x000, /* seconds */
	GOLDFISH_LOW = 0x00, /* nanoseconds; reading it holds the upper half still */
	GOLDFISH_HIGH = 0x04,
};

bool pl031_read(const struct registers *registers, uint64_t *out_unix_ns)
{
	*out_unix_ns = (uint64_t)registers_read(registers, PL031_DATA) * NS_PER_SECOND;
	return *out_unix_ns != 0; /* it counts from 0 where nobody ever set it */
}

bool goldfish_read(const struct registers *registers, uint64_t *out_unix_ns)
{
	uint64_t low = registers_read(registers, GOLDFISH_LOW);

	*out_unix_ns = (uint64_t)registers_read(registers, GOLDFISH_HIGH) << 32 | low;
	return *out_unix_ns != 0 && *out_unix_ns <= CLOCK_UNIX_MAX_NS;
}
