/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calendar arithmetic; see calendar.h. A year's days before it follow from counting its leap years. */
#include <lib/calendar.h>
#include <lib/format.h>

#define EPOCH_DAYS 719162 /* from 0001-01-01 to 1970-01-01 */
#define CYCLE_YEARS 400   /* after which the calendar repeats */
#define CYCLE_DAYS 146097

static bool is_leap(uint32_t year)
{
	return year % 4u == 0 && (year % 100u != 0 || year % 400u == 0);
}

/* Days from 0001-01-01 to the first day of a year. */
static int64_t days_before_year(uint32_t year)
{
	int64_t past = (int64_t)year - 1;
	return 365 * past + past / 4 - past / 100 + past / 400;
}

uint32_t calendar_month_days(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return days[month - 1u] + (month == 2u && is_leap(year) ? 1u : 0u);
}

bool calendar_valid(const struct calendar *when)
{
	return when->year >= CALENDAR_YEAR_MIN && when->year <= CALENDAR_YEAR_MAX && when->month >= 1u &&
	       when->month <= 12u && when->day >= 1u &&
	       when->day <= calendar_month_days(when->year, when->month) && when->hour < 24u &&
	       when->minute < 60u && when->second < 60u;
}

int64_t calendar_days(uint32_t year, uint32_t month, uint32_t day)
{
	int64_t days = days_before_year(year) - EPOCH_DAYS + (int64_t)day - 1;
	for (uint32_t before = 1; before < month; before++)
		days += calendar_month_days(year, before);
	return days;
}

int64_t calendar_seconds(const struct calendar *when)
{
	return calendar_days(when->year, when->month, when->day) * CALENDAR_DAY_SECONDS +
	       (int64_t)when->hour * 3600 + (int64_t)when->minute * 60 + (int64_t)when->second;
}

/* The year in which lies a day, counted from 0001-01-01: a guess that is at most one off, put right. */
static uint32_t year_of(int64_t day)
{
	uint32_t year = (uint32_t)(day * CYCLE_YEARS / CYCLE_DAYS) + 1u;
	if (days_before_year(year) > day)
		year--;
	if (days_before_year(year + 1u) <= day)
		year++;
	return year;
}

static void date_from(int64_t day, struct calendar *out)
{
	uint32_t year = year_of(day);
	uint32_t rest = (uint32_t)(day - days_before_year(year));
	uint32_t month = 1;
	while (month < 12u && rest >= calendar_month_days(year, month)) {
		rest -= calendar_month_days(year, month);
		month++;
	}
	out->year = year;
	out->month = month;
	out->day = rest + 1u;
}

bool calendar_from_seconds(int64_t seconds, struct calendar *out)
{
	int64_t days = seconds / CALENDAR_DAY_SECONDS;
	int64_t rest = seconds % CALENDAR_DAY_SECONDS;
	if (rest < 0) {
		rest += CALENDAR_DAY_SECONDS;
		days--;
	}
	if (days < -EPOCH_DAYS || days >= days_before_year(CALENDAR_YEAR_MAX + 1u) - EPOCH_DAYS)
		return false;
	date_from(days + EPOCH_DAYS, out);
	out->hour = (uint32_t)(rest / 3600);
	out->minute = (uint32_t)(rest / 60 % 60);
	out->second = (uint32_t)(rest % 60);
	return true;
}

uint32_t calendar_weekday(int64_t days)
{
	int64_t weekday = (days + 4) % 7; /* day 0 was a Thursday */
	return (uint32_t)(weekday < 0 ? weekday + 7 : weekday);
}

void calendar_text(const struct calendar *when, char text[CALENDAR_TEXT_MAX])
{
	(void)format(text, CALENDAR_TEXT_MAX, "%04u-%02u-%02u %02u:%02u:%02u", when->year, when->month,
	             when->day, when->hour, when->minute, when->second);
}

/* `count` digits at *text, which moves behind them; false: something else is there. */
static bool digits(const char **text, uint32_t count, uint32_t *out)
{
	uint32_t value = 0;
	for (uint32_t i = 0; i < count; i++) {
		char c = (*text)[i];
		if (c < '0' || c > '9')
			return false;
		value = value * 10u + (uint32_t)(c - '0');
	}
	*text += count;
	*out = value;
	return true;
}

static bool mark(const char **text, char c)
{
	if (**text != c)
		return false;
	if (c != '\0')
		(*text)++;
	return true;
}

bool calendar_parse(const char *date, const char *time, struct calendar *out)
{
	struct calendar when;
	bool read = digits(&date, 4, &when.year) && mark(&date, '-') && digits(&date, 2, &when.month) &&
	            mark(&date, '-') && digits(&date, 2, &when.day) && mark(&date, '\0') &&
	            digits(&time, 2, &when.hour) && mark(&time, ':') && digits(&time, 2, &when.minute) &&
	            mark(&time, ':') && digits(&time, 2, &when.second) && mark(&time, '\0');
	if (!read || !calendar_valid(&when))
		return false;
	*out = when;
	return true;
}
