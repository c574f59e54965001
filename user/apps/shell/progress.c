/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One line, written over and over while a command works long, and gone when its
 * result is printed: results begin at the left. What is done at once shows nothing.
 */
#include "arcobj.h"

#define FIRST_NS (600u * NS_PER_MS)
#define EVERY_NS (300u * NS_PER_MS)

static uint64_t next_ns;
static bool shown, interrupted;

void progress_begin(void)
{
	next_ns = time_now() + FIRST_NS;
	shown = false;
	interrupted = false;
	terminal_work(true);
}

static bool due(void)
{
	const uint64_t now_ns = time_now();

	if (now_ns < next_ns)
		return false;
	next_ns = now_ns + EVERY_NS;
	shown = true;
	return true;
}

static void line(const char *doing, const char *done, const char *total)
{
	print("\r\x1b[2K%s %s%s%s (Ctrl-C ends it)", doing, done, total != NULL ? " of " : "",
	      total != NULL ? total : "");
}

void progress_count(const char *doing, uint64_t done, uint64_t total)
{
	char texts[2][SHOW_MAX];

	if (due())
		line(doing, show_number(texts[0], done), total != 0 ? show_number(texts[1], total) : NULL);
}

void progress_bytes(const char *doing, uint64_t done, uint64_t total)
{
	char texts[2][SHOW_MAX];

	if (due())
		line(doing, show_size(texts[0], done), total != 0 ? show_size(texts[1], total) : NULL);
}

bool progress_wanted(void)
{
	interrupted = interrupted || terminal_interrupted();
	return !interrupted;
}

void progress_end(void)
{
	if (shown)
		print("\r\x1b[2K");
	shown = false;
	terminal_work(false);
}
