/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Reading the CMOS clock: a port says which register, the next gives it. Once a
 * second the chip moves all of them, which takes up to two milliseconds and is
 * announced; a reading that was the same twice was not caught by it.
 */
#include "rtc.h"
#include <lib/string.h>
#include <os/time.h>

enum {
	PORT_INDEX = 0, /* also bit 7: 1 would keep NMIs off */
	PORT_DATA = 1,
};
enum {
	SECOND = 0x00,
	MINUTE = 0x02,
	HOUR = 0x04,
	DAY = 0x07,
	MONTH = 0x08,
	YEAR = 0x09,
	STATUS_A = 0x0a,
	STATUS_B = 0x0b,
};
#define UPDATING 0x80u
#define TRIES 20u

static uint8_t get(const struct registers *registers, uint8_t index)
{
	registers_write(registers, PORT_INDEX, index);
	return (uint8_t)registers_read(registers, PORT_DATA);
}

static struct cmos_moment moment_get(const struct registers *registers)
{
	return (struct cmos_moment){
		.second = get(registers, SECOND),
		.minute = get(registers, MINUTE),
		.hour = get(registers, HOUR),
		.day = get(registers, DAY),
		.month = get(registers, MONTH),
		.year = get(registers, YEAR),
	};
}

static bool moment_read(const struct registers *registers, struct cmos_moment *out)
{
	for (uint32_t i = 0; i < TRIES; i++) {
		if ((get(registers, STATUS_A) & UPDATING) == 0) {
			struct cmos_moment again = moment_get(registers);

			*out = moment_get(registers);
			if (memcmp(out, &again, sizeof(again)) == 0)
				return true;
		}
		time_sleep(NS_PER_MS);
	}
	return false;
}

bool cmos_read(const struct registers *registers, uint64_t *out_unix_ns)
{
	struct cmos_moment raw;
	struct calendar when;

	if (!moment_read(registers, &raw) || !cmos_decode(&raw, get(registers, STATUS_B), &when))
		return false;
	*out_unix_ns = (uint64_t)calendar_seconds(&when) * NS_PER_SECOND;
	return true;
}
