/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every day from year 1 to 9999, counted one by one and by the host's C library; what is no date is refused. */
#include "test.h"
#include <lib/calendar.h>
#include <string.h>
#include <time.h>

#define FIRST_DAY (-719162)
#define LAST_DAY 2932896

/* The day after: by the rule, not by arithmetic. */
static void next_day(struct calendar *date)
{
	bool leap = (date->year % 4 == 0 && date->year % 100 != 0) || date->year % 400 == 0;
	uint32_t length = date->month == 2 ? (leap ? 29 : 28)
	                  : date->month == 4 || date->month == 6 || date->month == 9 || date->month == 11 ? 30
	                                                                                                  : 31;
	if (date->day++ < length)
		return;
	date->day = 1;
	if (date->month++ < 12)
		return;
	date->month = 1;
	date->year++;
}

static void every_day_there_and_back(void **state)
{
	struct calendar date = {1, 1, 1, 0, 0, 0}, back;
	(void)state;
	for (int64_t day = FIRST_DAY; day <= LAST_DAY; day++) {
		if (calendar_days(date.year, date.month, date.day) != day)
			fail_msg("%04u-%02u-%02u is day %lld, not %lld", date.year, date.month, date.day, (long long)day,
			         (long long)calendar_days(date.year, date.month, date.day));
		if (!calendar_from_seconds(day * CALENDAR_DAY_SECONDS, &back) || back.year != date.year ||
		    back.month != date.month || back.day != date.day)
			fail_msg("day %lld is not found again", (long long)day);
		next_day(&date);
	}
	assert_int_equal(date.year, 10000);
}

static void moments_as_the_host_says(void **state)
{
	uint64_t seed = 77;
	(void)state;
	for (uint32_t i = 0; i < 200000; i++) {
		int64_t range = ((int64_t)LAST_DAY - FIRST_DAY + 1) * CALENDAR_DAY_SECONDS;
		time_t moment = (time_t)((int64_t)(test_random(&seed) % (uint64_t)range) +
		                         (int64_t)FIRST_DAY * CALENDAR_DAY_SECONDS);
		struct tm tm;
		struct calendar ours;
		assert_non_null(gmtime_r(&moment, &tm));
		assert_true(calendar_from_seconds(moment, &ours));
		assert_int_equal(ours.year, tm.tm_year + 1900);
		assert_int_equal(ours.month, tm.tm_mon + 1);
		assert_int_equal(ours.day, tm.tm_mday);
		assert_int_equal(ours.hour, tm.tm_hour);
		assert_int_equal(ours.minute, tm.tm_min);
		assert_int_equal(ours.second, tm.tm_sec);
		assert_int_equal(calendar_seconds(&ours), moment);
		assert_int_equal(calendar_weekday(calendar_days(ours.year, ours.month, ours.day)), tm.tm_wday);
	}
}

static void known_moments(void **state)
{
	struct calendar when = {2031, 5, 6, 7, 8, 9};
	(void)state;
	assert_int_equal(calendar_seconds(&when), 1935817689);
	assert_int_equal(calendar_weekday(calendar_days(2031, 5, 6)), 2);
	assert_true(calendar_from_seconds(-1, &when));
	assert_int_equal(when.year, 1969);
	assert_int_equal(when.second, 59);
}

static void ends_of_the_range(void **state)
{
	struct calendar when = {7, 7, 7, 7, 7, 7};
	int64_t first = (int64_t)FIRST_DAY * CALENDAR_DAY_SECONDS;
	int64_t end = ((int64_t)LAST_DAY + 1) * CALENDAR_DAY_SECONDS;
	(void)state;
	assert_false(calendar_from_seconds(first - 1, &when));
	assert_false(calendar_from_seconds(end, &when));
	assert_false(calendar_from_seconds(INT64_MIN, &when));
	assert_false(calendar_from_seconds(INT64_MAX, &when));
	assert_int_equal(when.year, 7);
	assert_true(calendar_from_seconds(first, &when));
	assert_int_equal(when.year, 1);
	assert_true(calendar_from_seconds(end - 1, &when));
	assert_int_equal(when.year, 9999);
	assert_int_equal(when.hour, 23);
}

static void what_does_not_exist_is_refused(void **state)
{
	static const struct calendar wrong[] = {
		{0, 1, 1, 0, 0, 0}, {10000, 1, 1, 0, 0, 0}, {2030, 0, 1, 0, 0, 0}, {2030, 13, 1, 0, 0, 0},
		{2030, 1, 0, 0, 0, 0}, {2030, 1, 32, 0, 0, 0}, {2030, 4, 31, 0, 0, 0}, {2030, 2, 29, 0, 0, 0},
		{2100, 2, 29, 0, 0, 0}, {2030, 1, 1, 24, 0, 0}, {2030, 1, 1, 0, 60, 0}, {2030, 1, 1, 0, 0, 60},
		{2030, UINT32_MAX, 1, 0, 0, 0},
	};
	struct calendar leap = {2000, 2, 29, 23, 59, 59};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_false(calendar_valid(&wrong[i]));
	assert_true(calendar_valid(&leap));
}

static void text_there_and_back(void **state)
{
	struct calendar when, back;
	char text[CALENDAR_TEXT_MAX], date[11], time[9];
	uint64_t seed = 5;
	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		int64_t moment = (int64_t)(test_random(&seed) % 200000000000ull);
		assert_true(calendar_from_seconds(moment, &when));
		calendar_text(&when, text);
		assert_int_equal(strlen(text), CALENDAR_TEXT_MAX - 1);
		memcpy(date, text, 10);
		date[10] = '\0';
		memcpy(time, text + 11, 9);
		assert_true(calendar_parse(date, time, &back));
		assert_int_equal(calendar_seconds(&back), moment);
	}
}

static void other_text_is_refused(void **state)
{
	static const char *const wrong[][2] = {
		{"", ""}, {"2031-05-06", ""}, {"", "07:08:09"}, {"2031-5-06", "07:08:09"}, {"2031-05-06x", "07:08:09"},
		{"2031-05-06", "07:08:09 "}, {"2031-05-06", "7:08:09"}, {"2031/05/06", "07:08:09"}, {"-031-05-06", "07:08:09"},
		{"2031-02-29", "07:08:09"}, {"2031-05-06", "24:00:00"}, {"2031-05-06", "07:08:60"}, {"0000-01-01", "00:00:00"},
		{"2031-05-0", "07:08:09"}, {"2031-05-06", "07:08:0"}, {"2031-05-06", "07.08.09"},
	};
	struct calendar when = {7, 7, 7, 7, 7, 7};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		uint8_t *date = test_copy(wrong[i][0], strlen(wrong[i][0]) + 1);
		uint8_t *time = test_copy(wrong[i][1], strlen(wrong[i][1]) + 1);
		assert_false(calendar_parse((const char *)date, (const char *)time, &when));
		free(date);
		free(time);
	}
	assert_int_equal(when.year, 7);
}

TEST_MAIN(cmocka_unit_test(every_day_there_and_back), cmocka_unit_test(moments_as_the_host_says),
          cmocka_unit_test(known_moments), cmocka_unit_test(ends_of_the_range),
          cmocka_unit_test(what_does_not_exist_is_refused), cmocka_unit_test(text_there_and_back),
          cmocka_unit_test(other_text_is_refused))
