/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The CMOS clock's four modes, each hour of the day in each, and registers that make no sense. */
#include "../../../../lib/test/test.h"
#include "../rtc.h"
#include <string.h>

static const uint8_t modes[] = {0, CMOS_BINARY, CMOS_24_HOURS, CMOS_BINARY | CMOS_24_HOURS};

static uint8_t code(uint32_t value, uint8_t mode)
{
	return (uint8_t)((mode & CMOS_BINARY) != 0 ? value : value / 10u << 4 | value % 10u);
}

static uint8_t code_hour(uint32_t hour, uint8_t mode)
{
	if ((mode & CMOS_24_HOURS) != 0)
		return code(hour, mode);
	return (uint8_t)(code(hour % 12u == 0 ? 12u : hour % 12u, mode) | (hour >= 12u ? 0x80u : 0u));
}

static struct cmos_moment encode(const struct calendar *when, uint8_t mode)
{
	return (struct cmos_moment){code(when->second, mode), code(when->minute, mode), code_hour(when->hour, mode),
	                            code(when->day, mode), code(when->month, mode), code(when->year - 2000u, mode)};
}

static void every_hour_of_a_century(void **state)
{
	(void)state;
	for (uint32_t m = 0; m < 4; m++) {
		for (int64_t at = 946684800; at < 4102444800; at += 3600 * 7 + 61) {
			struct calendar when, read;
			assert_true(calendar_from_seconds(at, &when));
			struct cmos_moment raw = encode(&when, modes[m]);
			assert_true(cmos_decode(&raw, modes[m], &read));
			assert_int_equal(calendar_seconds(&read), at);
		}
	}
}

static void noon_and_midnight(void **state)
{
	struct cmos_moment raw = {0, 0, 0x12, 1, 1, 0x31};
	struct calendar read;
	(void)state;
	assert_true(cmos_decode(&raw, 0, &read));
	assert_int_equal(read.hour, 0);
	raw.hour = 0x92;
	assert_true(cmos_decode(&raw, 0, &read));
	assert_int_equal(read.hour, 12);
	raw.hour = 0x81;
	assert_true(cmos_decode(&raw, 0, &read));
	assert_int_equal(read.hour, 13);
	assert_int_equal(read.year, 2031);
}

static void nonsense(void **state)
{
	static const struct {
		struct cmos_moment raw;
		uint8_t mode;
	} wrong[] = {
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 0},  {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, CMOS_BINARY},
		{{0, 0, 0, 0, 0, 0}, CMOS_24_HOURS},        {{0x60, 0, 0, 1, 1, 1}, CMOS_24_HOURS},
		{{0x0a, 0, 0, 1, 1, 1}, CMOS_24_HOURS},     {{0, 0x60, 0, 1, 1, 1}, CMOS_24_HOURS},
		{{0, 0, 0x24, 1, 1, 1}, CMOS_24_HOURS},     {{0, 0, 0, 1, 1, 1}, 0},
		{{0, 0, 0x13, 1, 1, 1}, 0},                 {{0, 0, 0x80, 1, 1, 1}, 0},
		{{0, 0, 0, 0x32, 1, 1}, CMOS_24_HOURS},     {{0, 0, 0, 0x30, 2, 1}, CMOS_24_HOURS},
		{{0, 0, 0, 1, 0x13, 1}, CMOS_24_HOURS},     {{0, 0, 0, 1, 0, 1}, CMOS_24_HOURS},
		{{0, 0, 0, 1, 1, 100}, CMOS_24_HOURS | CMOS_BINARY}, {{0, 0, 0, 1, 1, 0xa0}, CMOS_24_HOURS},
	};
	struct calendar read = {7, 7, 7, 7, 7, 7};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_false(cmos_decode(&wrong[i].raw, wrong[i].mode, &read));
	assert_int_equal(read.year, 7);
}

TEST_MAIN(cmocka_unit_test(every_hour_of_a_century), cmocka_unit_test(noon_and_midnight), cmocka_unit_test(nonsense))
