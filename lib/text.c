/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers, words, near misses and sizes: see the header. No locale, no allocation. */
#include <lib/format.h>
#include <lib/text.h>

static uint32_t digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (uint32_t)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (uint32_t)(c - 'A') + 10;
	return UINT32_MAX;
}

bool text_number(const char *text, uint64_t *out)
{
	const bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const uint32_t base = hexadecimal ? 16 : 10;
	const char *at = hexadecimal ? text + 2 : text;
	uint64_t value = 0;

	if (*at == '\0')
		return false;
	for (; *at != '\0'; at++) {
		const uint32_t digit = digit_of(*at);
		if (digit >= base || value > (UINT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	*out = value;
	return true;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One word, unquoted in place. False: a quote stays open. *at ends behind the word's own end. */
static bool word_take(char **at)
{
	char *from = *at;
	char *to = *at;
	char quote = '\0';

	for (; *from != '\0' && (quote != '\0' || !blank(*from)); from++) {
		if (*from == quote)
			quote = '\0';
		else if (quote == '\0' && (*from == '"' || *from == '\''))
			quote = *from;
		else if (*from == '\\' && quote != '\'' && from[1] != '\0')
			*to++ = *++from;
		else
			*to++ = *from;
	}
	*at = *from == '\0' ? from : from + 1;
	*to = '\0'; /* at the latest over the blank or NUL that ended the word */
	return quote == '\0';
}

enum text_split text_split(char *line, char **words, uint32_t max, uint32_t *out_count)
{
	char *at = line;

	*out_count = 0;
	for (;;) {
		while (blank(*at))
			at++;
		if (*at == '\0')
			return TEXT_SPLIT_OK;
		if (*out_count == max)
			return TEXT_SPLIT_TOO_MANY;
		words[*out_count] = at;
		++*out_count;
		if (!word_take(&at))
			return TEXT_SPLIT_QUOTE;
	}
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t length_of(const char *text)
{
	uint32_t length = 0;

	while (length < TEXT_DISTANCE_MAX && text[length] != '\0')
		length++;
	return length;
}

/* The table of edit distances of prefixes, of which three rows are alive: row i is about i characters of a. */
uint32_t text_distance(const char *a, const char *b)
{
	uint8_t rows[3][TEXT_DISTANCE_MAX + 1];
	const uint32_t a_length = length_of(a);
	const uint32_t b_length = length_of(b);

	for (uint32_t j = 0; j <= b_length; j++)
		rows[0][j] = (uint8_t)j;
	for (uint32_t i = 1; i <= a_length; i++) {
		uint8_t *const row = rows[i % 3];
		const uint8_t *const above = rows[(i + 2) % 3];
		const uint8_t *const above2 = rows[(i + 1) % 3];
		row[0] = (uint8_t)i;
		for (uint32_t j = 1; j <= b_length; j++) {
			const uint32_t differ = a[i - 1] != b[j - 1];
			uint32_t best = least(least(above[j], row[j - 1]) + 1u, above[j - 1] + differ);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = least(best, above2[j - 2] + 1u);
			row[j] = (uint8_t)best;
		}
	}
	return rows[a_length % 3][b_length];
}

uint32_t text_nearest(const char *word, const char *const *candidates, uint32_t count)
{
	uint32_t best = count;
	uint32_t best_distance = (length_of(word) + 2) / 3 + 1;

	for (uint32_t i = 0; i < count; i++) {
		const uint32_t distance = text_distance(word, candidates[i]);
		if (distance < best_distance) {
			best = i;
			best_distance = distance;
		}
	}
	return best;
}

size_t text_size(char *buffer, size_t size, uint64_t bytes)
{
	static const char units[][4] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint32_t unit = 0;
	uint32_t rest = 0; /* of 1024, below the unit shown */

	for (; bytes >= 1024; bytes /= 1024) {
		rest = (uint32_t)(bytes % 1024);
		unit++;
	}
	if (unit > 0 && bytes < 10)
		return format(buffer, size, "%u.%u %s", (uint32_t)bytes, rest * 10 / 1024, units[unit]);
	return format(buffer, size, "%u %s", (uint32_t)bytes, units[unit]);
}
