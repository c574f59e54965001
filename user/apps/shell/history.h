/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lines that were entered, for the up and down keys. Pure. */
#pragma once
#include "editor.h"

#define HISTORY_MAX 32u

struct history {
	char lines[HISTORY_MAX][EDITOR_LINE_MAX];
	uint32_t count;              /* lines ever added */
	uint32_t at;                 /* 0: the line being typed; n: the n-th line back */
	char typed[EDITOR_LINE_MAX]; /* what was typed before the first step back */
};

/* Remember a line, unless it is empty or the same as the last; the next step back starts from it. */
void history_add(struct history *history, const char *line);
/* One step back from `current` (what is on the screen); NULL: there is no older line. */
const char *history_older(struct history *history, const char *current);
/* One step forward, at last to what was being typed; NULL: already there. */
const char *history_newer(struct history *history);
