/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers, words, near misses and sizes: see the header. No locale, no allocation. */
#include <lib/format.h>
#include <lib/text.h>

/*@ assigns \nothing;
    ensures \result < 16 || \result == UINT32_MAX; */
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
	size_t at = hexadecimal ? 2 : 0;
	uint64_t value = 0;

	if (text[at] == '\0')
		return false;
	/*@ loop invariant \forall integer end; text_ends{Pre}(text, 0, end) ==> at <= end;
	    loop assigns at, value;
	    loop variant 0x80000000 - at; */
	for (; text[at] != '\0'; at++) {
		const uint32_t digit = digit_of(text[at]);
		if (digit >= base || value > (UINT64_MAX - digit) / base)
			return false;
		//@ assert base == 10 || base == 16;
		value = value * base + digit;
	}
	*out = value;
	return true;
}

/*@ assigns \nothing;
    ensures \result <==> c == ' ' || c == '\t'; */
static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One word, unquoted in place. False: a quote stays open. *at ends behind the word's own end. */
/*@ requires \valid(at) && \exists integer end; text_ends(line, *at, end) && \valid(line + (0 .. end));
    requires line[*at] != 0;
    assigns line[*at .. 0x7fffffff], *at;
    ensures \forall integer end; text_ends{Pre}(line, \old(*at), end) ==> text_ends(line, *at, end);
    ensures \old(*at) < *at; */
static bool word_take(char *line, size_t *at)
{
	size_t from = *at;
	size_t to = *at;
	char quote = '\0';

	/*@ loop invariant \at(*at, Pre) <= to <= from;
	    loop invariant \forall integer end; text_ends{Pre}(line, \at(*at, Pre), end) ==> text_ends(line, from, end);
	    loop invariant from == \at(*at, Pre) ==> line[from] != 0 && to == from;
	    loop assigns from, to, quote, line[\at(*at, Pre) .. 0x7fffffff];
	    loop variant 0x80000000 - from; */
	for (; line[from] != '\0' && (quote != '\0' || !blank(line[from])); from++) {
		if (line[from] == quote)
			quote = '\0';
		else if (quote == '\0' && (line[from] == '"' || line[from] == '\''))
			quote = line[from];
		else if (line[from] == '\\' && quote != '\'' && line[from + 1] != '\0')
			line[to++] = line[++from];
		else
			line[to++] = line[from];
	}
	*at = line[from] == '\0' ? from : from + 1;
	line[to] = '\0'; /* at the latest over the blank or NUL that ended the word */
	return quote == '\0';
}

enum text_split text_split(char *line, char **words, uint32_t max, uint32_t *out_count)
{
	size_t at = 0;

	*out_count = 0;
	/*@ loop invariant \forall integer end; text_ends{Pre}(line, 0, end) ==> text_ends(line, at, end);
	    loop invariant *out_count <= max;
	    loop invariant \forall integer end, i; text_ends{Pre}(line, 0, end) && 0 <= i < *out_count ==>
	      within(words[i], line, end);
	    loop assigns at, *out_count, line[0 .. 0x7fffffff], words[0 .. max - 1];
	    loop variant 0x80000000 - at; */
	for (;;) {
		/*@ loop invariant \at(at, LoopEntry) <= at;
		    loop invariant \forall integer end; text_ends{Pre}(line, 0, end) ==> text_ends(line, at, end);
		    loop assigns at;
		    loop variant 0x80000000 - at; */
		while (blank(line[at]))
			at++;
		if (line[at] == '\0')
			return TEXT_SPLIT_OK;
		if (*out_count == max)
			return TEXT_SPLIT_TOO_MANY;
		words[*out_count] = line + at;
		++*out_count;
		if (!word_take(line, &at))
			return TEXT_SPLIT_QUOTE;
	}
}

/*@ assigns \nothing;
    ensures \result == \min(a, b); */
static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/*@ requires text_ok(text);
    assigns \nothing;
    ensures \result <= TEXT_DISTANCE_MAX && \valid_read(text + (0 .. \result)); */
static uint32_t length_of(const char *text)
{
	uint32_t length = 0;

	/*@ loop invariant 0 <= length <= TEXT_DISTANCE_MAX;
	    loop invariant \forall integer end; text_ends{Pre}(text, 0, end) ==> length <= end;
	    loop assigns length;
	    loop variant TEXT_DISTANCE_MAX - length; */
	while (length < TEXT_DISTANCE_MAX && text[length] != '\0')
		length++;
	return length;
}

/* The table of edit distances of prefixes, of which three rows are alive: row i is about i characters of a. */
/*@ requires a_length <= TEXT_DISTANCE_MAX && \valid_read(a + (0 .. a_length));
    requires b_length <= TEXT_DISTANCE_MAX && \valid_read(b + (0 .. b_length));
    assigns \nothing; */
static uint32_t distance_of(const char *a, uint32_t a_length, const char *b, uint32_t b_length)
{
	uint8_t rows[3][TEXT_DISTANCE_MAX + 1];

	/*@ loop invariant 0 <= j <= b_length + 1;
	    loop assigns j, rows[0][0 .. TEXT_DISTANCE_MAX];
	    loop variant b_length + 1 - j; */
	for (uint32_t j = 0; j <= b_length; j++)
		rows[0][j] = (uint8_t)j;
	/*@ loop invariant 1 <= i <= a_length + 1;
	    loop assigns i, rows[0 .. 2][0 .. TEXT_DISTANCE_MAX];
	    loop variant a_length + 1 - i; */
	for (uint32_t i = 1; i <= a_length; i++) {
		uint8_t *const row = rows[i % 3];
		const uint8_t *const above = rows[(i + 2) % 3];
		const uint8_t *const above2 = rows[(i + 1) % 3];
		row[0] = (uint8_t)i;
		/*@ loop invariant 1 <= j <= b_length + 1;
		    loop assigns j, row[0 .. TEXT_DISTANCE_MAX];
		    loop variant b_length + 1 - j; */
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

uint32_t text_distance(const char *a, const char *b)
{
	return distance_of(a, length_of(a), b, length_of(b));
}

uint32_t text_nearest(const char *word, const char *const *candidates, uint32_t count)
{
	uint32_t best = count;
	uint32_t best_distance = (length_of(word) + 2) / 3 + 1;

	/*@ loop invariant 0 <= i <= count && best <= count;
	    loop assigns i, best, best_distance;
	    loop variant count - i; */
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
