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
#include <string.h>

struct totals {
	uint64_t objects, records;
	uint32_t left_out;
};

static void tell(void *context, const char *text)
{
	fprintf(stderr, "%s: left out: %s\n", *(const char *const *)context, text);
}

/* ---- names: of each owner one file, names in order, records of each in order ---- */
/* Up to the first that is damaged: the record after `record`, or the first of the name after it; false at the end. */
static bool record_next(struct disk *disk, const struct aid *owner, struct object_name *record, status_t *out_status)
{
	struct object_name newest;
	struct object_store *const store = &disk->store;

	if (record->sequence != 0) {
		*out_status = object_name_get(store, owner, record->name, record->sequence + 1, record);
		if (*out_status != STATUS_NOT_FOUND)
			return *out_status == STATUS_OK;
	}
	*out_status = object_name_next(store, owner, record->name, &newest);
	if (*out_status == STATUS_OK)
		*out_status = object_name_get(store, owner, newest.name, 1, record);
	return *out_status == STATUS_OK;
}

static uint64_t owner_records(struct disk *disk, const struct aid *owner, struct archive *archive, status_t *out_status)
{
	struct object_name record = {.sequence = 0};
	uint64_t count = 0;

	for (; record_next(disk, owner, &record, out_status); count++) {
		if (archive != NULL)
			archive_write(archive, disk->store.name, OBJECT_NAME_SIZE);
	}
	return count;
}

static void export_names(struct disk *disk, struct archive *archive, struct totals *totals)
{
	struct aid owner = {{0}};
	char path[EXPORT_PATH_MAX] = EXPORT_NAMES;
	status_t status, end;

	while ((status = object_name_owner_next(&disk->store, &owner, &owner)) == STATUS_OK) {
		const uint64_t count = owner_records(disk, &owner, NULL, &end);
		hex_of_bytes(owner.bytes, AID_SIZE, path + strlen(EXPORT_NAMES));
		if (end != STATUS_NOT_FOUND) {
			tell(&disk->path, "names from a damaged one on");
			totals->left_out++;
		}
		archive_add(archive, path, count * OBJECT_NAME_SIZE);
		(void)owner_records(disk, &owner, archive, &end);
		totals->records += count;
	}
	if (status != STATUS_NOT_FOUND)
		disk_need(disk, status, "the names");
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

static void export_objects(struct disk *disk, struct archive *archive, struct totals *totals)
{
	struct object_id id = {.hash = {0}};
	status_t status;

	while ((status = object_next(&disk->store, NULL, &id, &id)) == STATUS_OK) {
		if (object_verify(&disk->store, &id, disk->part, tell, &disk->path) != STATUS_OK) {
			totals->left_out++;
			continue;
		}
		export_object(disk, &id, archive);
		totals->objects++;
	}
	if (status != STATUS_NOT_FOUND)
		disk_need(disk, status, "the objects");
}

int disk_export(const struct disk_place *place, int argc, char **argv)
{
	struct totals totals = {0, 0, 0};

	need_words(argc, argv, 1, 1);
	struct disk *const disk = disk_open(place, false);
	struct archive *const archive = archive_create(argv[0]);
	archive_add(archive, EXPORT_FORMAT, strlen(EXPORT_VERSION));
	archive_write(archive, EXPORT_VERSION, strlen(EXPORT_VERSION));
	export_names(disk, archive, &totals);
	export_objects(disk, archive, &totals);
	archive_close(archive);
	printf("%s: %llu objects, %llu records of names%s\n", argv[0], (unsigned long long)totals.objects,
	       (unsigned long long)totals.records, totals.left_out > 0 ? "; what is damaged was left out" : "");
	disk_close(disk);
	return totals.left_out > 0;
}
