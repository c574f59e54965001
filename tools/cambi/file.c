/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whole files, in and out. */
#include "cambi.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *grown(void *block, size_t size)
{
	void *larger = realloc(block, size == 0 ? 1 : size);

	if (larger == NULL)
		refuse("there is no memory for %zu bytes", size);
	return larger;
}

struct bytes file_read(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct bytes bytes = {NULL, 0};
	size_t room = 0;

	if (file == NULL)
		refuse("%s: %s", path, strerror(errno));
	do {
		room = room == 0 ? 65536 : 2 * room;
		bytes.data = grown(bytes.data, room);
		bytes.size += fread(bytes.data + bytes.size, 1, room - bytes.size, file);
	} while (bytes.size == room);
	if (ferror(file))
		refuse("%s: cannot be read", path);
	fclose(file);
	return bytes;
}

void file_write(const char *path, const void *data, size_t size)
{
	const size_t length = strlen(path) + 24;
	char *part = grown(NULL, length);

	snprintf(part, length, "%s.part%ld", path, (long)getpid());
	FILE *file = fopen(part, "wb");
	if (file == NULL)
		refuse("%s: %s", part, strerror(errno));
	const bool written = fwrite(data, 1, size, file) == size;
	if (fclose(file) != 0 || !written || rename(part, path) != 0) {
		const int reason = errno;
		remove(part);
		refuse("%s: %s", path, strerror(reason));
	}
	free(part);
}

const char *file_name(const char *path)
{
	const char *const slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}
