/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Exports as one file of the ustar format, which any tar takes apart. Owners, times and modes say nothing here. */
#include "disk_archive_priv.h"
#include <errno.h>
#include <string.h>

#define TAR_BLOCK 512u

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

	archive_write_all(archive, zeroes, (size_t)(-archive->size % TAR_BLOCK));
}

void tar_add(struct archive *archive, const char *name, uint64_t size)
{
	char header[TAR_BLOCK];

	tar_pad(archive);
	tar_header(header, name, size);
	archive_write_all(archive, header, sizeof(header));
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
		archive_read_all(archive, bytes, rest < sizeof(bytes) ? (size_t)rest : sizeof(bytes));
}

/* A folder that another tar put in is passed over. */
bool tar_next(struct archive *archive)
{
	uint8_t header[TAR_BLOCK];

	do {
		tar_skip(archive);
		archive_read_all(archive, header, sizeof(header));
		if (header[0] == '\0')
			return false;
		if (memcmp(header + 257, "ustar", 5) != 0 || tar_value(header + 148, 7) != tar_sum(header))
			refuse("%s: not a tar file, or a damaged one", archive->path);
		if (header[156] != '\0' && strchr("05", header[156]) == NULL)
			refuse("%s: not a plain tar file: pack it with tar --format=ustar --sort=name", archive->path);
		archive->size = archive->left = tar_value(header + 124, 12);
	} while (header[156] == '5');
	snprintf(archive->name, ARCHIVE_NAME_MAX, "%.*s%s%.*s", header[345] == '\0' ? 0 : 155, (const char *)header + 345,
	         header[345] == '\0' ? "" : "/", 100, (const char *)header);
	return true;
}

/* Two blocks of zeroes end a tar file. */
void tar_end(struct archive *archive)
{
	static const char zeroes[2 * TAR_BLOCK];

	tar_pad(archive);
	archive_write_all(archive, zeroes, sizeof(zeroes));
	errno = 0;
	if (fclose(archive->file) != 0 || rename(archive->part, archive->path) != 0)
		archive_failed(archive);
	archive->file = NULL;
}
