/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Published vectors, read whole from the files that tools/sources.sh got (THIRD_PARTY is their folder). */
#pragma once
#include "test.h"

/* The file's text, terminated; free() it. */
static inline char *vectors_read(const char *path)
{
	char name[1024];

	assert_true((size_t)snprintf(name, sizeof name, "%s/%s", THIRD_PARTY, path) < sizeof name);
	FILE *file = fopen(name, "rb");
	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	const long size = ftell(file);
	assert_true(size > 0);
	rewind(file);
	char *text = malloc((size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)size, file), size);
	text[size] = '\0';
	fclose(file);
	return text;
}
