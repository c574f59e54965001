/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Options and words of a command line; a mistake ends the program. */
#include "cambi.h"
#include <lib/text.h>
#include <string.h>

static void remove_words(int *argc, char **argv, int at, int count)
{
	memmove(argv + at, argv + at + count, (size_t)(*argc - at - count) * sizeof(*argv));
	*argc -= count;
}

const char *take_option(int *argc, char **argv, const char *name)
{
	for (int i = 0; i < *argc; i++) {
		if (strcmp(argv[i], name) != 0)
			continue;
		if (i + 1 == *argc)
			misused("%s needs a value", name);
		const char *const value = argv[i + 1];
		remove_words(argc, argv, i, 2);
		return value;
	}
	return NULL;
}

bool take_flag(int *argc, char **argv, const char *name)
{
	for (int i = 0; i < *argc; i++) {
		if (strcmp(argv[i], name) == 0) {
			remove_words(argc, argv, i, 1);
			return true;
		}
	}
	return false;
}

const char *need_option(int *argc, char **argv, const char *name)
{
	const char *const value = take_option(argc, argv, name);

	if (value == NULL)
		misused("%s is needed", name);
	return value;
}

void need_words(int argc, char **argv, int min, int max)
{
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) == 0)
			misused("there is no option %s here, or not twice", argv[i]);
	}
	if (argc < min || argc > max)
		misused("too %s arguments", argc < min ? "few" : "many");
}

uint32_t need_number(const char *text, const char *what)
{
	uint64_t value;

	if (!text_number(text, &value) || value == 0 || value > UINT32_MAX)
		misused("%s: %s is not a number from 1 on", what, text);
	return (uint32_t)value;
}

static const char *const roles[] = {
	[MODULE_INIT] = "init",       [MODULE_SERVICE] = "service", [MODULE_DRIVER] = "driver",
	[MODULE_PROGRAM] = "program", [MODULE_DATA] = "data",
};

const char *role_name(uint32_t role)
{
	return role >= MODULE_INIT && role <= MODULE_DATA ? roles[role] : "?";
}

uint32_t need_role(const char *text)
{
	for (uint32_t role = MODULE_INIT; role <= MODULE_PROGRAM; role++) {
		if (strcmp(text, roles[role]) == 0)
			return role;
	}
	misused("there is no role %s", text);
}
