/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "history.h"
#include <lib/string.h>

static char *line_back(struct history *history, uint32_t back)
{
	return history->lines[(history->count - back) % HISTORY_MAX];
}

void history_add(struct history *history, const char *line)
{
	history->at = 0;
	if (line[0] == '\0' || (history->count != 0 && strcmp(line_back(history, 1), line) == 0))
		return;
	string_copy(history->lines[history->count % HISTORY_MAX], EDITOR_LINE_MAX, line);
	history->count++;
}

const char *history_older(struct history *history, const char *current)
{
	uint32_t kept = history->count < HISTORY_MAX ? history->count : HISTORY_MAX;

	if (history->at == kept)
		return NULL;
	if (history->at == 0)
		string_copy(history->typed, EDITOR_LINE_MAX, current);
	return line_back(history, ++history->at);
}

const char *history_newer(struct history *history)
{
	if (history->at == 0)
		return NULL;
	return --history->at == 0 ? history->typed : line_back(history, history->at);
}
