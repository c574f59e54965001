/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "complete.h"
#include <lib/string.h>

static size_t shared(const char *a, const char *b, size_t max)
{
	size_t i = 0;

	while (i < max && a[i] != '\0' && a[i] == b[i])
		i++;
	return i;
}

struct completion complete_word(const char *word, size_t length, const char *const *candidates,
                                uint32_t count)
{
	struct completion result = {.matches = 0};

	for (uint32_t i = 0; i < count; i++) {
		if (strncmp(candidates[i], word, length) != 0)
			continue;
		if (result.matches++ == 0) {
			result.first = i;
			result.common = strlen(candidates[i]);
		} else {
			result.common = shared(candidates[result.first], candidates[i], result.common);
		}
	}
	return result;
}

size_t complete_start(const char *line, size_t cursor, uint32_t *out_index)
{
	size_t start = 0;
	uint32_t index = 0;

	for (size_t i = 0; i < cursor; i++) {
		if (line[i] == ';')
			index = 0;
		else if (line[i] == ' ' && i > 0 && line[i - 1u] != ' ' && line[i - 1u] != ';')
			index++;
		if (line[i] == ' ' || line[i] == ';')
			start = i + 1u;
	}
	*out_index = index;
	return start;
}

size_t complete_word_at(const char *line, size_t cursor, uint32_t n, char *out_word, size_t size)
{
	size_t at = 0, length = 0;

	for (size_t i = 0; i < cursor; i++)
		at = line[i] == ';' ? i + 1u : at;
	for (uint32_t before = 0; before <= n; before++) {
		while (at < cursor && line[at] == ' ')
			at++;
		while (before < n && at < cursor && line[at] != ' ')
			at++;
	}
	for (; at < cursor && line[at] != ' ' && length + 1u < size; at++)
		out_word[length++] = line[at];
	out_word[length] = '\0';
	return length;
}
