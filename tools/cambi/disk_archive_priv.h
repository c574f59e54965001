/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between the two kinds of containers and what they share: disk_archive.c, disk_tar.c, disk_folder.c. */
#pragma once
#include "disk.h"

#define ARCHIVE_PATH_MAX 4096u
#define ARCHIVE_NAME_MAX 256u

struct archive {
	char path[ARCHIVE_PATH_MAX]; /* of the folder or file */
	char part[ARCHIVE_PATH_MAX]; /* of the file while it is written */
	bool is_folder, is_new;
	FILE *file;          /* the tar file; of a folder, its entry */
	uint64_t size, left; /* of the entry, and what of it is to come */
	char name[ARCHIVE_NAME_MAX];
	char **names; /* of a folder that is read */
	size_t count, next;
};

/* Refuses with what errno says, and leaves no half of a file. */
CC_NORETURN void archive_failed(const struct archive *archive);
/* To and from the file, all of it or refused. */
void archive_write_all(struct archive *archive, const void *bytes, size_t size);
void archive_read_all(struct archive *archive, void *out_bytes, size_t size);

void tar_add(struct archive *archive, const char *name, uint64_t size);
CC_NODISCARD bool tar_next(struct archive *archive);
void tar_end(struct archive *archive);

void folder_add(struct archive *archive, const char *name);
void folder_list(struct archive *archive);
CC_NODISCARD bool folder_next(struct archive *archive);
