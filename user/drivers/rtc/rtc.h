/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The chips that keep time while the machine is off. */
#pragma once
#include <driver/registers.h>
#include <lib/calendar.h>

/* Registers of the CMOS clock that make one moment. */
struct cmos_moment {
	uint8_t second, minute, hour, day, month, year;
};
#define CMOS_BINARY  0x04u /* mode (register B): numbers are binary, else BCD */
#define CMOS_24_HOURS 0x02u /* mode: hours are 0..23, else 1..12 with the top bit for the afternoon */

/* What the registers mean in a mode. False: no such moment; *out is unchanged. Pure. */
CC_NODISCARD bool cmos_decode(const struct cmos_moment *raw, uint8_t mode, struct calendar *out);

/* Each reads its chip: nanoseconds since 1970. False: it gives no time that makes sense. */
CC_NODISCARD bool cmos_read(const struct registers *registers, uint64_t *out_unix_ns);
CC_NODISCARD bool pl031_read(const struct registers *registers, uint64_t *out_unix_ns);
CC_NODISCARD bool goldfish_read(const struct registers *registers, uint64_t *out_unix_ns);
