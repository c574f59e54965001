/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How times, sizes and numbers are written. */
#include "shell.h"
#include <lib/format.h>
#include <lib/text.h>

const char *show_time(char *text, uint64_t ns)
{
	unsigned long long ms = ns / NS_PER_MS;

	if (ms < 60000u)
		format(text, SHOW_MAX, "%llu.%03llu s", ms / 1000u, ms % 1000u);
	else
		format(text, SHOW_MAX, "%llu:%02llu.%03llu", ms / 60000u, ms / 1000u % 60u, ms % 1000u);
	return text;
}

const char *show_size(char *text, uint64_t bytes)
{
	text_size(text, SHOW_MAX, bytes);
	return text;
}

const char *show_number(char *text, uint64_t number)
{
	format(text, SHOW_MAX, "%llu", (unsigned long long)number);
	return text;
}
