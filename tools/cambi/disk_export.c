/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * cambi disk export: everything that is signed, in a form that outlives this volume and
 * can be checked by a stranger: contents as they are, what was signed of them, and every record of
 * every name. docs/manual/disk.md says what lies where. What services keep for
 * themselves is not signed, and stays.
 */
#include "disk.h"
#include "disk_export.h"
#include <lib/identity.h>
#include <lib/text.h>
#include <string.h>

struct export_totals {
	uint64_t objects, records;
	uint32_t left_out;
};

static void tell(void *context, const char *text)
{
	fprintf(stderr, "%s: left out: %s\n", *(const char *const *)context, text);
}

/* ---- names: of each owner one file, records in the order of names and sequences ---- */
struct names {
	uint8_t key[VOLUME_KEY_MAX];
	size_t key_size; /* 0: before the first */
	struct object_name record;
	uint8_t bytes[OBJECT_NAME_SIZE]; /* of the record */
};

/* Only then can it be taken in again. */
static bool follows(const struct names *names, const struct object_name *next)
{
	const struct object_name *const record = &names->record;
	const bool same = record->sequence != 0 && aid_equal(&record->owner, &next->owner) &&
	                  strcmp(record->name, next->name) == 0;

	return object_name_follows(same ? names->bytes : NULL, next) == STATUS_OK;
}

/* The next record that follows the one before it; false: that was all. Others are told of, unless `left_out` is NULL. */
static bool record_next(struct disk *disk, struct names *names, uint32_t *left_out)
{
	struct object_name next;
	status_t status;

	while ((status = object_name_record_next(&disk->store, names->key, &names->key_size, &next)) != STATUS_NOT_FOUND) {
		if (status == STATUS_OK && follows(names, &next)) {
			names->record = next;
			memcpy(names->bytes, disk->store.name, OBJECT_NAME_SIZE);
			return true;
		}
		if (left_out != NULL) {
			tell(&disk->path, "a record of a name that is damaged, or follows one that is");
			(*left_out)++;
		}
	}
	return false;
}

/* This one, and those of its owner after it. */
static uint64_t owner_records(struct disk *disk, const struct names *from)
{
	struct names names = *from;
	uint64_t count = 1;

	while (record_next(disk, &names, NULL) && aid_equal(&names.record.owner, &from->record.owner))
		count++;
	return count;
}

static void export_names(struct disk *disk, struct archive *archive, struct export_totals *totals)
{
	struct names names = {.key_size = 0};
	char path[EXPORT_PATH_MAX] = EXPORT_NAMES;
	struct aid owner = {{0}};

	while (record_next(disk, &names, &totals->left_out)) {
		if (!aid_equal(&owner, &names.record.owner)) {
			owner = names.record.owner;
			hex_of_bytes(owner.bytes, AID_SIZE, path + strlen(EXPORT_NAMES));
			archive_add(archive, path, owner_records(disk, &names) * OBJECT_NAME_SIZE);
		}
		archive_write(archive, names.bytes, OBJECT_NAME_SIZE);
		totals->records++;
	}
}

/* ---- objects ---- */
static void path_of(const struct object_id *id, const char *what, char out_path[EXPORT_PATH_MAX])
{
	char hash[2 * HASH_SIZE + 1], author[2 * AID_SIZE + 1];

	hex_of_bytes(id->hash, HASH_SIZE, hash);
	hex_of_bytes(id->author.bytes, AID_SIZE, author);
	snprintf(out_path, EXPORT_PATH_MAX, EXPORT_OBJECTS "%s/%s%s", hash, author, what);
}

static void export_content(struct disk *disk, const struct object *object, struct archive *archive)
{
	struct object_reader reader;
	uint64_t written = 0;
	size_t size;

	object_reader_begin(&reader, object);
	for (uint64_t index = 0; index == 0 || written < object->birth.size; index++, written += size) {
		disk_need(disk, object_read(&disk->store, &reader, index, disk->part, &size), "a content");
		archive_write(archive, disk->part, size);
	}
}

static void export_object(struct disk *disk, const struct object_id *id, struct archive *archive)
{
	char path[EXPORT_PATH_MAX];
	struct object object;
	const uint8_t *history;
	size_t size;

	disk_need(disk, object_history(&disk->store, id, &history, &size), "a history");
	path_of(id, EXPORT_CERTIFICATE, path);
	archive_add(archive, path, size);
	archive_write(archive, history, size);
	disk_need(disk, object_find(&disk->store, id, &object), "an object");
	path_of(id, EXPORT_CONTENT, path);
	archive_add(archive, path, object.birth.size);
	export_content(disk, &object, archive);
}

static void export_objects(struct disk *disk, export_judge *judge, struct archive *archive, struct export_totals *totals)
{
	struct object_id id = {.hash = {0}};
	status_t status;

	while ((status = object_next(&disk->store, NULL, &id, &id)) == STATUS_OK) {
		if (!judge(disk, &id, tell)) {
			totals->left_out++;
			continue;
		}
		export_object(disk, &id, archive);
		totals->objects++;
	}
	if (status != STATUS_NOT_FOUND)
		disk_need(disk, status, "the objects");
}

uint32_t disk_export_all(struct disk *disk, const char *path, export_judge *judge)
{
	struct export_totals totals = {0, 0, 0};
	struct archive *const archive = archive_create(path);

	archive_add(archive, EXPORT_FORMAT, strlen(EXPORT_VERSION));
	archive_write(archive, EXPORT_VERSION, strlen(EXPORT_VERSION));
	export_names(disk, archive, &totals);
	export_objects(disk, judge, archive, &totals);
	archive_close(archive);
	printf("%s: %llu object%s, %llu record%s of names%s\n", path, (unsigned long long)totals.objects,
	       text_plural(totals.objects), (unsigned long long)totals.records, text_plural(totals.records),
	       totals.left_out > 0 ? "; what is damaged was left out" : "");
	return totals.left_out;
}

static bool verified(struct disk *disk, const struct object_id *id, object_report *report)
{
	return object_verify(&disk->store, id, disk->part, report, &disk->path) == STATUS_OK;
}

int disk_export(const struct disk_place *place, int argc, char **argv)
{
	need_words(argc, argv, 1, 1);
	struct disk *const disk = disk_open(place, false);
	const uint32_t left_out = disk_export_all(disk, argv[0], verified);
	disk_close(disk);
	return left_out > 0;
}
