/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cambi disk get: a content, each part checked against the address before it is written anywhere. */
#include "disk.h"
#include <errno.h>
#include <lib/identity.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the author signed, not only what he is said to have. */
static void verify_history(struct disk *disk, const struct object *object)
{
	const uint8_t *history;
	struct object replayed;
	size_t size;

	disk_need(disk, object_history(&disk->store, &object->birth.id, &history, &size), "the object's history");
	disk_need(disk, object_replay(history, size, &replayed), "the object's history");
}

/* NULL, or why not. */
static const char *content_write(struct disk *disk, const struct object *object, FILE *out)
{
	struct object_reader reader;
	uint64_t written = 0;

	object_reader_begin(&reader, object);
	for (uint64_t index = 0; index == 0 || written < object->birth.size; index++) {
		size_t size;
		const status_t status = object_read(&disk->store, &reader, index, disk->part, &size);
		if (status != STATUS_OK)
			return status == STATUS_DAMAGED ? "the content does not match its address" :
			                                  disk_status_text(status);
		if (fwrite(disk->part, 1, size, out) != size)
			return strerror(errno);
		written += size;
	}
	return NULL;
}

/* Appears whole or not at all. */
static void get_to_file(struct disk *disk, const struct object *object, const char *path)
{
	const size_t length = strlen(path) + 24;
	char *const part = grown(NULL, length);

	snprintf(part, length, "%s.part%ld", path, (long)getpid());
	FILE *const file = fopen(part, "wb");
	if (file == NULL)
		refuse("%s: %s", part, strerror(errno));
	const char *problem = content_write(disk, object, file);
	if (fclose(file) != 0 && problem == NULL)
		problem = strerror(errno);
	if (problem == NULL && rename(part, path) != 0)
		problem = strerror(errno);
	if (problem != NULL) {
		remove(part);
		refuse("%s: nothing was written: %s", path, problem);
	}
	free(part);
}

int disk_get(const struct disk_place *place, int argc, char **argv)
{
	const char *const path = take_option(&argc, argv, "-o");
	struct aid owner;
	const bool of_one = disk_person_option(&argc, argv, "--owner", &owner);
	struct object object;

	need_words(argc, argv, 1, 1);
	struct disk *const disk = disk_open(place, false);
	disk_find(disk, argv[0], of_one ? &owner : NULL, &object);
	verify_history(disk, &object);
	if (path != NULL) {
		get_to_file(disk, &object, path);
	} else {
		const char *const problem = content_write(disk, &object, stdout);
		if (problem != NULL)
			refuse("%s: the output is not complete: %s", argv[0], problem);
	}
	disk_close(disk);
	return 0;
}
