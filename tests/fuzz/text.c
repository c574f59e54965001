/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a person or a peer may type: numbers, words, dates, identifiers of keys. What is accepted reads back. */
#include "fuzz.h"
#include <lib/calendar.h>
#include <lib/identity.h>
#include <lib/text.h>
#include <string.h>

#define WORDS 8u

static void did_try(const char *text, size_t length)
{
	uint8_t key[32];
	char back[DID_TEXT_MAX];

	if (did_to_key(text, length, key)) /* one text per key */
		require(did_of_key(key, back) == length && memcmp(back, text, length) == 0);
}

static void words_try(char *line)
{
	char *words[WORDS];
	uint32_t count;
	const char *end = line + strlen(line);

	if (text_split(line, words, WORDS, &count) != TEXT_SPLIT_OK)
		return;
	require(count <= WORDS);
	for (uint32_t i = 0; i < count; i++)
		require(words[i] >= line && words[i] + strlen(words[i]) <= end);
	if (count >= 2)
		(void)text_distance(words[0], words[1]);
}

static void date_try(const char *text)
{
	struct calendar when;
	char date[11], back[CALENDAR_TEXT_MAX];

	if (strlen(text) != CALENDAR_TEXT_MAX - 1)
		return;
	memcpy(date, text, 10);
	date[10] = '\0';
	if (!calendar_parse(date, text + 11, &when))
		return;
	require(calendar_valid(&when));
	calendar_text(&when, back);
	require(memcmp(back, text, 10) == 0 && strcmp(back + 11, text + 11) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[256];
	uint64_t number;
	uint8_t bytes[sizeof line];

	if (size >= sizeof line)
		return 0;
	memcpy(line, data, size);
	line[size] = '\0';
	did_try(line, size);
	(void)hex_to_bytes(line, size, bytes, size / 2u);
	(void)text_number(line, &number);
	date_try(line);
	words_try(line);
	return 0;
}
