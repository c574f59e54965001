/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Dates and times of the Gregorian calendar, extended to before it began, in
 * UTC without leap seconds, as seconds or days since 1970-01-01. Years 1 to
 * 9999. Pure arithmetic.
 */
#pragma once
#include <abi/cc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALENDAR_YEAR_MIN 1u
#define CALENDAR_YEAR_MAX 9999u
#define CALENDAR_DAY_SECONDS 86400
#define CALENDAR_TEXT_MAX 20u /* "2031-05-06 07:08:09" and its end */

struct calendar {
	uint32_t year;   /* CALENDAR_YEAR_MIN .. CALENDAR_YEAR_MAX */
	uint32_t month;  /* 1..12 */
	uint32_t day;    /* 1..31 */
	uint32_t hour;   /* 0..23 */
	uint32_t minute; /* 0..59 */
	uint32_t second; /* 0..59 */
};

/* Such a day and time exist. */
bool calendar_valid(const struct calendar *when);
/* Days in a month, 1..12, of a year. */
uint32_t calendar_month_days(uint32_t year, uint32_t month);
/* Days since 1970-01-01 of a date that is valid. */
int64_t calendar_days(uint32_t year, uint32_t month, uint32_t day);
/* Seconds since 1970-01-01 00:00:00 of a moment that is valid. */
int64_t calendar_seconds(const struct calendar *when);
/* The moment so many seconds after (or before) it. False: outside the years above; *out is unchanged. */
CC_NODISCARD bool calendar_from_seconds(int64_t seconds, struct calendar *out);
/* 0: Sunday .. 6: Saturday, of a number of days since 1970-01-01. */
uint32_t calendar_weekday(int64_t days);
/* "YYYY-MM-DD HH:MM:SS", terminated. */
void calendar_text(const struct calendar *when, char text[CALENDAR_TEXT_MAX]);
/* From "YYYY-MM-DD" and "HH:MM:SS", exactly so. False: not such texts, or no such moment; *out is unchanged. */
CC_NODISCARD bool calendar_parse(const char *date, const char *time, struct calendar *out);
