/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Exports as a folder of files, read in the order of their names. */
#define _GNU_SOURCE
#include "disk_archive_priv.h"
#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>

static void join(char out_path[ARCHIVE_PATH_MAX], const char *folder, const char *name)
{
	if (snprintf(out_path, ARCHIVE_PATH_MAX, "%s/%s", folder, name) >= (int)ARCHIVE_PATH_MAX)
		refuse("%s: the path is too long", folder);
}

static void make_parents(char *path, size_t from)
{
	for (char *slash = strchr(path + from, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			refuse("%s: %s", path, strerror(errno));
		*slash = '/';
	}
}

void folder_add(struct archive *archive, const char *name)
{
	char path[ARCHIVE_PATH_MAX];

	if (archive->file != NULL && fclose(archive->file) != 0)
		archive_failed(archive);
	join(path, archive->path, name);
	make_parents(path, strlen(archive->path));
	archive->file = fopen(path, "wbx");
	if (archive->file == NULL)
		archive_failed(archive);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void folder_note(struct archive *archive, const char *path)
{
	archive->names = grown(archive->names, (archive->count + 1) * sizeof(*archive->names));
	archive->names[archive->count] = strdup(path + strlen(archive->path) + 1);
	if (archive->names[archive->count++] == NULL)
		refuse("there is no memory");
}

/* Every file below the folder, in order. */
void folder_list(struct archive *archive)
{
	char *const roots[] = {archive->path, NULL};
	FTS *const walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;

	if (walk == NULL)
		archive_failed(archive);
	while ((entry = fts_read(walk)) != NULL) {
		if (entry->fts_info == FTS_F)
			folder_note(archive, entry->fts_path);
	}
	fts_close(walk);
}

bool folder_next(struct archive *archive)
{
	char path[ARCHIVE_PATH_MAX];
	struct stat status;

	if (archive->file != NULL)
		fclose(archive->file);
	archive->file = NULL;
	if (archive->next == archive->count)
		return false;
	const char *const name = archive->names[archive->next++];
	join(path, archive->path, name);
	archive->file = fopen(path, "rb");
	if (archive->file == NULL || fstat(fileno(archive->file), &status) != 0)
		archive_failed(archive);
	archive->size = archive->left = (uint64_t)status.st_size;
	snprintf(archive->name, ARCHIVE_NAME_MAX, "%s", name);
	return true;
}
