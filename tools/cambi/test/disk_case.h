/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What tests of `cambi disk` share: its verbs, what they say, and a disk with something on it. Needs _GNU_SOURCE. */
#pragma once
#include "cambi_case.h"
#include "../disk.h"
#include <fcntl.h>

#define LONG_SIZE 300000u /* five parts */

static char image[128], other[128];

/* in_folder's texts are soon another's; this one stays. */
static inline char *kept_path(const char *name)
{
	char *const path = strdup(in_folder(name));

	assert_non_null(path);
	return path;
}

#define DISK(...) RUN(verb_disk, __VA_ARGS__)

/* A refusal ends without closing; its locks go with its files. */
#define DISK_REFUSED(words, ...)                                                                           \
	do {                                                                                               \
		REFUSED(words, DISK(__VA_ARGS__));                                                         \
		close_range(3, ~0u, 0);                                                                    \
	} while (0)

static inline char *says(int count, char **words)
{
	return printed(verb_disk, count, words);
}

#define SAYS(...) says((int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)), (char *[]){__VA_ARGS__, NULL})

/* The verb's output has these words in it; `quiet` runs one whose output does not matter. */
static inline void has(char *text, const char *words)
{
	if (strstr(text, words) == NULL)
		fail_msg("no `%s` in: %s", words, text);
	free(text);
}

static inline void quiet(char *text)
{
	free(text);
}

static inline int begin(void **state)
{
	uint8_t *const content = malloc(LONG_SIZE);

	(void)state;
	if (mkdtemp(folder) == NULL || content == NULL)
		return 1;
	snprintf(image, sizeof(image), "%s", in_folder("disk"));
	snprintf(other, sizeof(other), "%s", in_folder("other"));
	for (size_t i = 0; i < LONG_SIZE; i++)
		content[i] = (uint8_t)(i * 7 + i / 65536);
	file_write(in_folder("long"), content, LONG_SIZE);
	file_write(in_folder("text"), "hello\n", 6);
	file_write(in_folder("empty"), "", 0);
	file_write(in_folder("words"), "open sesame\n", 12);
	file_write(in_folder("more"), "six other words\n", 16);
	free(content);
	if (!key_create(in_folder("key")))
		return 1;
	setenv("CAMBIOS_KEY", in_folder("key"), 1);
	return 0;
}

static inline int finish(void **state)
{
	char command[160];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

/* A disk with three objects and three names: long, text (by two people) and empty. */
static inline void fill(char *path)
{
	unlink(path);
	quiet(SAYS(path, "format", "--size", "4M"));
	quiet(SAYS(path, "put", in_folder("text"), "--name", "greeting", "--type", "text/plain", "--reader", "everyone"));
	quiet(SAYS(path, "put", in_folder("long"), "--name", "data"));
	quiet(SAYS(path, "put", in_folder("empty")));
	quiet(SAYS(path, "put", in_folder("text"), "--key", "test", "--name", "greeting"));
}

static inline void same_file(const char *a, const char *b)
{
	struct bytes one = file_read(a), two = file_read(b);

	assert_int_equal(one.size, two.size);
	assert_memory_equal(one.data, two.data, one.size);
	free(one.data);
	free(two.data);
}

static inline void export_to(char *path, char *from)
{
	char command[300];

	snprintf(command, sizeof(command), "rm -rf %s", path);
	assert_int_equal(system(command), 0);
	quiet(SAYS(from, "export", path));
}
