/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From the CMOS clock's registers to a moment. Motorola MC146818A data sheet. */
#include "rtc.h"

#define AFTERNOON 0x80u
#define CENTURY 2000u /* the chip keeps two digits; registers for more are the firmware's own, and differ */

/* A number in the chip's notation; false: not two decimal digits. */
static bool number(uint8_t raw, uint8_t mode, uint32_t *out)
{
	if ((mode & CMOS_BINARY) == 0) {
		if ((raw & 0x0fu) > 9u || raw >> 4 > 9u)
			return false;
		*out = (raw >> 4) * 10u + (raw & 0x0fu);
	} else {
		*out = raw;
	}
	return *out <= 99u;
}

static bool hour_of(uint8_t raw, uint8_t mode, uint32_t *out)
{
	if ((mode & CMOS_24_HOURS) != 0)
		return number(raw, mode, out);
	if (!number(raw & (uint8_t)~AFTERNOON, mode, out) || *out < 1u || *out > 12u)
		return false;
	*out = *out % 12u + ((raw & AFTERNOON) != 0 ? 12u : 0u);
	return true;
}

bool cmos_decode(const struct cmos_moment *raw, uint8_t mode, struct calendar *out)
{
	struct calendar when;

	if (!number(raw->second, mode, &when.second) || !number(raw->minute, mode, &when.minute) ||
	    !hour_of(raw->hour, mode, &when.hour) || !number(raw->day, mode, &when.day) ||
	    !number(raw->month, mode, &when.month) || !number(raw->year, mode, &when.year))
		return false;
	when.year += CENTURY;
	if (!calendar_valid(&when))
		return false;
	*out = when;
	return true;
}
