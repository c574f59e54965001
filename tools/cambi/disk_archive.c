/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Exports as containers: a folder of files, or one tar file. Entries are read in the
 * order they were written; of a folder, in the order of their names. The same
 * store gives the same bytes.
 */
#include "disk_archive_priv.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

CC_NORETURN void archive_failed(const struct archive *archive)
{
	const int reason = errno;

	if (archive->is_new && !archive->is_folder)
		unlink(archive->part);
	refuse("%s: %s", archive->path, reason == 0 ? "it ends too early" : strerror(reason));
}

static struct archive *archive_new(const char *path)
{
	struct archive *const archive = grown(NULL, sizeof(*archive));
	struct stat status;
	size_t length = strlen(path);

	memset(archive, 0, sizeof(*archive));
	archive->is_folder = (length > 0 && path[length - 1] == '/') ||
	                     (stat(path, &status) == 0 && S_ISDIR(status.st_mode));
	while (length > 1 && path[length - 1] == '/')
		length--;
	if (length + 32 >= ARCHIVE_PATH_MAX)
		refuse("%s: the path is too long", path);
	memcpy(archive->path, path, length);
	return archive;
}

void archive_write_all(struct archive *archive, const void *bytes, size_t size)
{
	errno = 0;
	if (size > 0 && fwrite(bytes, 1, size, archive->file) != size)
		archive_failed(archive);
}

void archive_read_all(struct archive *archive, void *out_bytes, size_t size)
{
	errno = 0;
	if (size > 0 && fread(out_bytes, 1, size, archive->file) != size)
		archive_failed(archive);
}

struct archive *archive_create(const char *path)
{
	struct archive *const archive = archive_new(path);

	archive->is_new = true;
	if (archive->is_folder)
		return archive;
	if (access(archive->path, F_OK) == 0)
		refuse("%s: is there already", path);
	snprintf(archive->part, sizeof(archive->part), "%.4000s.part%ld", archive->path, (long)getpid());
	archive->file = fopen(archive->part, "wb");
	if (archive->file == NULL)
		archive_failed(archive);
	return archive;
}

void archive_add(struct archive *archive, const char *name, uint64_t size)
{
	if (archive->is_folder)
		folder_add(archive, name);
	else
		tar_add(archive, name, size);
	archive->size = size;
}

void archive_write(struct archive *archive, const void *bytes, size_t size)
{
	archive_write_all(archive, bytes, size);
}

struct archive *archive_open(const char *path)
{
	struct archive *const archive = archive_new(path);

	if (archive->is_folder) {
		folder_list(archive);
		return archive;
	}
	archive->file = fopen(archive->path, "rb");
	if (archive->file == NULL)
		archive_failed(archive);
	return archive;
}

bool archive_next(struct archive *archive, const char **out_name, uint64_t *out_size)
{
	if (!(archive->is_folder ? folder_next(archive) : tar_next(archive)))
		return false;
	*out_name = archive->name;
	*out_size = archive->size;
	return true;
}

void archive_read(struct archive *archive, void *out_bytes, size_t size)
{
	archive_read_all(archive, out_bytes, size);
	archive->left -= size;
}

void archive_close(struct archive *archive)
{
	if (archive->is_new && !archive->is_folder)
		tar_end(archive);
	errno = 0;
	if (archive->file != NULL && fclose(archive->file) != 0)
		archive_failed(archive);
	for (size_t i = 0; i < archive->count; i++)
		free(archive->names[i]);
	free(archive->names);
	free(archive);
}
