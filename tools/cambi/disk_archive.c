/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Exports as containers: a folder of files, or one file of the ustar format, which
 * any tar takes apart. Entries are read in the order they were written; of a folder,
 * in the order of their names. Owners, times and modes say nothing here: the
 * same store gives the same bytes.
 */
#define _GNU_SOURCE
#include "disk.h"
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_ROOM 4096u
#define TAR_BLOCK 512u
#define NAME_ROOM 256u

struct archive {
	char path[PATH_ROOM];  /* of the folder or file */
	char part[PATH_ROOM];  /* of what is being written */
	bool is_folder, is_new;
	FILE *file;            /* the tar file; of a folder, its entry */
	uint64_t size, left;   /* of the entry, and what of it is to come */
	char name[NAME_ROOM];
	char **names;          /* of a folder that is read */
	size_t count, next;
};

static CC_NORETURN void failed(const struct archive *archive)
{
	const int reason = errno;

	if (archive->is_new && !archive->is_folder)
		unlink(archive->part);
	refuse("%s: %s", archive->path, reason == 0 ? "it ends too early" : strerror(reason));
}

static void join(char out_path[PATH_ROOM], const char *folder, const char *name)
{
	if (snprintf(out_path, PATH_ROOM, "%s/%s", folder, name) >= (int)PATH_ROOM)
		refuse("%s: the path is too long", folder);
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
	if (length + 32 >= PATH_ROOM)
		refuse("%s: the path is too long", path);
	memcpy(archive->path, path, length);
	return archive;
}

static void write_all(struct archive *archive, const void *bytes, size_t size)
{
	errno = 0;
	if (size > 0 && fwrite(bytes, 1, size, archive->file) != size)
		failed(archive);
}

static void read_all(struct archive *archive, void *out_bytes, size_t size)
{
	errno = 0;
	if (size > 0 && fread(out_bytes, 1, size, archive->file) != size)
		failed(archive);
}

/* ---- tar ---- */
/* Octal, or from 8 GiB on binary behind a set bit, as GNU tar has it. */
static void tar_number(char *field, size_t room, uint64_t number)
{
	if (number >> (3 * (room - 1)) == 0) {
		snprintf(field, room, "%0*llo", (int)room - 1, (unsigned long long)number);
		return;
	}
	for (size_t i = room; i-- > 1; number >>= 8)
		field[i] = (char)(number & 0xff);
	field[0] = (char)0x80;
}

static uint32_t tar_sum(const uint8_t header[TAR_BLOCK])
{
	uint32_t sum = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : header[i];
	return sum;
}

/* The name's folders go to `prefix`, whose room is larger. */
static void tar_header(char header[TAR_BLOCK], const char *name, uint64_t size)
{
	const char *const slash = strrchr(name, '/');
	const char *const last = slash == NULL ? name : slash + 1;

	memset(header, 0, TAR_BLOCK);
	strcpy(header, last);
	if (slash != NULL)
		memcpy(header + 345, name, (size_t)(slash - name));
	strcpy(header + 100, "0000644");
	strcpy(header + 108, "0000000");
	strcpy(header + 116, "0000000");
	tar_number(header + 124, 12, size);
	tar_number(header + 136, 12, 0);
	header[156] = '0';
	memcpy(header + 257, "ustar\00000", 8);
	snprintf(header + 148, 8, "%06o", tar_sum((const uint8_t *)header));
	header[155] = ' ';
}

static void tar_pad(struct archive *archive)
{
	static const char zeroes[TAR_BLOCK];

	write_all(archive, zeroes, (size_t)(-archive->size % TAR_BLOCK));
}

static uint64_t tar_value(const uint8_t *field, size_t room)
{
	uint64_t value = 0;

	if ((field[0] & 0x80) != 0) {
		for (size_t i = 1; i < room; i++)
			value = value << 8 | field[i];
		return value;
	}
	for (size_t i = 0; i < room && field[i] >= '0' && field[i] <= '7'; i++)
		value = value * 8 + (uint64_t)(field[i] - '0');
	return value;
}

static void tar_skip(struct archive *archive)
{
	uint8_t bytes[TAR_BLOCK];
	uint64_t rest = archive->left + (-archive->size % TAR_BLOCK);

	for (; rest > 0; rest -= rest < sizeof(bytes) ? rest : sizeof(bytes))
		read_all(archive, bytes, rest < sizeof(bytes) ? (size_t)rest : sizeof(bytes));
}

/* A folder that another tar put in is passed over. */
static bool tar_next(struct archive *archive)
{
	uint8_t header[TAR_BLOCK];

	do {
		tar_skip(archive);
		read_all(archive, header, sizeof(header));
		if (header[0] == '\0')
			return false;
		if (memcmp(header + 257, "ustar", 5) != 0 || tar_value(header + 148, 7) != tar_sum(header))
			refuse("%s: not a tar file, or a damaged one", archive->path);
		if (header[156] != '\0' && strchr("05", header[156]) == NULL)
			refuse("%s: not a plain tar file: pack it with tar --format=ustar --sort=name", archive->path);
		archive->size = archive->left = tar_value(header + 124, 12);
	} while (header[156] == '5');
	snprintf(archive->name, NAME_ROOM, "%.*s%s%.*s", header[345] == '\0' ? 0 : 155, (const char *)header + 345,
	         header[345] == '\0' ? "" : "/", 100, (const char *)header);
	return true;
}

/* ---- folders ---- */
static void make_parents(char *path, size_t from)
{
	for (char *slash = strchr(path + from, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			refuse("%s: %s", path, strerror(errno));
		*slash = '/';
	}
}

static void folder_add(struct archive *archive, const char *name)
{
	char path[PATH_ROOM];

	if (archive->file != NULL && fclose(archive->file) != 0)
		failed(archive);
	join(path, archive->path, name);
	make_parents(path, strlen(archive->path));
	archive->file = fopen(path, "wbx");
	if (archive->file == NULL)
		failed(archive);
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
static void folder_list(struct archive *archive)
{
	char *const roots[] = {archive->path, NULL};
	FTS *const walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;

	if (walk == NULL)
		failed(archive);
	while ((entry = fts_read(walk)) != NULL) {
		if (entry->fts_info == FTS_F)
			folder_note(archive, entry->fts_path);
	}
	fts_close(walk);
}

static bool folder_next(struct archive *archive)
{
	char path[PATH_ROOM];
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
		failed(archive);
	archive->size = archive->left = (uint64_t)status.st_size;
	snprintf(archive->name, NAME_ROOM, "%s", name);
	return true;
}

/* ---- both ---- */
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
		failed(archive);
	return archive;
}

void archive_add(struct archive *archive, const char *name, uint64_t size)
{
	char header[TAR_BLOCK];

	if (archive->is_folder) {
		folder_add(archive, name);
	} else {
		tar_pad(archive);
		tar_header(header, name, size);
		write_all(archive, header, sizeof(header));
	}
	archive->size = size;
}

void archive_write(struct archive *archive, const void *bytes, size_t size)
{
	write_all(archive, bytes, size);
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
		failed(archive);
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
	read_all(archive, out_bytes, size);
	archive->left -= size;
}

/* Two blocks of zeroes end a tar file. */
static void tar_end(struct archive *archive)
{
	static const char zeroes[2 * TAR_BLOCK];

	tar_pad(archive);
	write_all(archive, zeroes, sizeof(zeroes));
	errno = 0;
	if (fclose(archive->file) != 0 || rename(archive->part, archive->path) != 0)
		failed(archive);
	archive->file = NULL;
}

void archive_close(struct archive *archive)
{
	if (archive->is_new && !archive->is_folder)
		tar_end(archive);
	errno = 0;
	if (archive->file != NULL && fclose(archive->file) != 0)
		failed(archive);
	for (size_t i = 0; i < archive->count; i++)
		free(archive->names[i]);
	free(archive->names);
	free(archive);
}
