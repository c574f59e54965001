/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * cambi disk import: an export into a store. Everything is read and verified before
 * anything is written, so an export with one wrong bit changes nothing. What the store
 * has already is left; what contradicts it (another history of the same object, other
 * records of the same name) is told and left out.
 */
#include "disk.h"
#include "disk_export.h"
#include <lib/identity.h>
#include <lib/text.h>
#include <string.h>

struct import {
	struct disk *disk;
	struct archive *archive;
	const char *path;
	bool applies; /* the second time, when all was found good */
	bool has_certificate;
	size_t history_size; /* of disk->history, if so */
	struct object object;
	uint8_t last[OBJECT_NAME_SIZE]; /* record of a name that the next may follow */
	bool has_last;
	uint64_t objects, records;
	uint32_t conflicts;
};

static CC_NORETURN void wrong(const struct import *import, const char *entry, const char *problem)
{
	refuse("%s: %s: %s; nothing was imported", import->path, entry, problem);
}

static void conflict(struct import *import, const char *what, status_t status)
{
	if (status == STATUS_BUSY)
		fprintf(stderr, "%s: left out: the store has another history of it\n", what);
	else if (status == STATUS_OUTDATED)
		fprintf(stderr, "%s: left out: the store has other records of that name\n", what);
	else
		disk_need(import->disk, status, what);
	import->conflicts++;
}

/* ---- names ---- */
static void name_apply(struct import *import, const uint8_t *bytes, const struct object_name *record)
{
	struct object_store *const store = &import->disk->store;
	struct object_name here;

	disk_make_room(import->disk);
	status_t status = object_name_get(store, &record->owner, record->name, record->sequence, &here);
	if (status == STATUS_OK && memcmp(store->name, bytes, OBJECT_NAME_SIZE) == 0)
		return;
	status = status == STATUS_NOT_FOUND ? object_name_set(store, bytes, OBJECT_NAME_SIZE) : STATUS_OUTDATED;
	if (status == STATUS_OK)
		import->records++;
	else
		conflict(import, record->name, status == STATUS_INVALID ? STATUS_OUTDATED : status);
}

/* Each record follows the one before it, or is the first of another name. */
static void name_check(struct import *import, const char *entry, const uint8_t *bytes, struct object_name *out_record)
{
	const status_t status = object_name_decode(bytes, OBJECT_NAME_SIZE, out_record);

	if (status != STATUS_OK)
		wrong(import, entry, disk_status_text(status));
	if (out_record->sequence == 1)
		return;
	struct object_name before;
	if (!import->has_last || object_name_decode(import->last, OBJECT_NAME_SIZE, &before) != STATUS_OK ||
	    strcmp(before.name, out_record->name) != 0 || !aid_equal(&before.owner, &out_record->owner) ||
	    object_name_follows(import->last, out_record) != STATUS_OK)
		wrong(import, entry, "a record does not follow the one before it");
}

static void import_names(struct import *import, const char *entry, uint64_t size)
{
	uint8_t bytes[OBJECT_NAME_SIZE];
	struct object_name record;

	if (size % OBJECT_NAME_SIZE != 0)
		wrong(import, entry, "not a whole number of records");
	import->has_last = false;
	for (uint64_t done = 0; done < size; done += OBJECT_NAME_SIZE) {
		archive_read(import->archive, bytes, sizeof(bytes));
		name_check(import, entry, bytes, &record);
		if (import->applies)
			name_apply(import, bytes, &record);
		memcpy(import->last, bytes, sizeof(bytes));
		import->has_last = true;
	}
}

/* ---- objects ---- */
static void import_certificate(struct import *import, const char *entry, uint64_t size)
{
	if (import->has_certificate)
		wrong(import, entry, "the object before it has no content");
	if (size > OBJECT_HISTORY_MAX)
		wrong(import, entry, "too long");
	archive_read(import->archive, import->disk->history, (size_t)size);
	const status_t status = object_replay(import->disk->history, (size_t)size, &import->object);
	if (status != STATUS_OK)
		wrong(import, entry, disk_status_text(status));
	import->has_certificate = true;
	import->history_size = (size_t)size;
}

static size_t part_read(struct import *import, uint64_t left)
{
	const size_t size = left < OBJECT_PART_SIZE ? (size_t)left : OBJECT_PART_SIZE;

	archive_read(import->archive, import->disk->part, size);
	return size;
}

static void content_check(struct import *import, const char *entry, uint64_t size)
{
	struct hash hash;
	uint8_t digest[HASH_SIZE];

	hash_begin(&hash);
	for (uint64_t left = size; left > 0;) {
		const size_t part = part_read(import, left);
		hash_update(&hash, import->disk->part, part);
		left -= part;
	}
	hash_end(&hash, digest, sizeof(digest));
	if (!hash_equal(digest, import->object.birth.id.hash))
		wrong(import, entry, "the content is not the one that was signed");
}

static status_t short_apply(struct import *import, uint64_t size)
{
	struct disk *const disk = import->disk;

	(void)part_read(import, size);
	disk_make_room(disk);
	return object_restore(&disk->store, disk->part, (size_t)size, disk->history, import->history_size);
}

static status_t long_apply(struct import *import, const char *entry, uint64_t size)
{
	struct disk *const disk = import->disk;
	struct object_upload upload;

	disk_need(disk, object_upload_begin(&disk->store, &upload), entry);
	for (uint64_t left = size; left > 0;) {
		const size_t part = part_read(import, left);
		disk_make_room(disk);
		disk_need(disk, object_upload_part(&disk->store, &upload, disk->part, part), entry);
		left -= part;
	}
	disk_make_room(disk);
	const status_t status = object_upload_restore(&disk->store, &upload, disk->history, import->history_size);
	if (status != STATUS_OK)
		disk_need(disk, object_upload_cancel(&disk->store, &upload), entry);
	return status;
}

/* Is this object here, with this history or a longer one? */
static bool is_here(struct import *import)
{
	const uint8_t *history;
	size_t size;
	const status_t status = object_history(&import->disk->store, &import->object.birth.id, &history, &size);

	return status == STATUS_OK && size >= import->history_size &&
	       memcmp(history, import->disk->history, import->history_size) == 0;
}

static void import_content(struct import *import, const char *entry, uint64_t size)
{
	if (!import->has_certificate || size != import->object.birth.size)
		wrong(import, entry, "no certificate before it says so");
	import->has_certificate = false;
	if (!import->applies) {
		content_check(import, entry, size);
		return;
	}
	if (is_here(import))
		return;
	const status_t status =
		size <= OBJECT_PART_SIZE ? short_apply(import, size) : long_apply(import, entry, size);
	if (status == STATUS_OK)
		import->objects++;
	else
		conflict(import, entry, status);
}

/* ---- the whole ---- */
static void import_format(struct import *import, const char *entry, uint64_t size)
{
	char text[sizeof(EXPORT_VERSION)] = "";

	if (strcmp(entry, EXPORT_FORMAT) != 0 || size != strlen(EXPORT_VERSION))
		wrong(import, entry, "this is no export");
	archive_read(import->archive, text, (size_t)size);
	if (strcmp(text, EXPORT_VERSION) != 0)
		wrong(import, entry, "an export of a version this program does not know");
}

static bool ends_in(const char *text, const char *end)
{
	const size_t length = strlen(text);

	return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static void import_entry(struct import *import, const char *entry, uint64_t size)
{
	if (strncmp(entry, EXPORT_NAMES, strlen(EXPORT_NAMES)) == 0)
		import_names(import, entry, size);
	else if (strncmp(entry, EXPORT_OBJECTS, strlen(EXPORT_OBJECTS)) == 0 && ends_in(entry, EXPORT_CERTIFICATE))
		import_certificate(import, entry, size);
	else if (strncmp(entry, EXPORT_OBJECTS, strlen(EXPORT_OBJECTS)) == 0 && ends_in(entry, EXPORT_CONTENT))
		import_content(import, entry, size);
	else
		wrong(import, entry, "nothing that belongs into an export");
}

static void pass(struct import *import, bool applies)
{
	const char *entry;
	uint64_t size;

	import->archive = archive_open(import->path);
	import->applies = applies;
	import->has_certificate = false;
	if (!archive_next(import->archive, &entry, &size))
		wrong(import, "it", "is empty");
	import_format(import, entry, size);
	while (archive_next(import->archive, &entry, &size))
		import_entry(import, entry, size);
	if (import->has_certificate)
		wrong(import, "its last object", "has no content");
	archive_close(import->archive);
}

int disk_import(const struct disk_place *place, int argc, char **argv)
{
	struct import import = {.objects = 0};

	need_words(argc, argv, 1, 1);
	import.path = argv[0];
	import.disk = disk_open(place, true);
	pass(&import, false);
	pass(&import, true);
	disk_commit(import.disk);
	disk_reclaim(import.disk);
	printf("%s: %llu object%s and %llu record%s of names imported\n", place->path,
	       (unsigned long long)import.objects, text_plural(import.objects), (unsigned long long)import.records,
	       text_plural(import.records));
	disk_close(import.disk);
	return import.conflicts > 0;
}
