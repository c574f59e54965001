/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cambi disk log, stat: one name's or object's history, an object, the volume. */
#include "disk.h"
#include <lib/identity.h>
#include <lib/text.h>
#include <string.h>

/* ---- log of a name ---- */
static void print_record(const struct object_name *record)
{
	char when[24], hash[2 * HASH_SIZE + 1], author[16];

	disk_time(record->time_ns, when);
	hex_of_bytes(record->target.hash, HASH_SIZE, hash);
	disk_short(&record->target.author, author);
	if (record->removed)
		printf("%6llu  %-19s  removed\n", (unsigned long long)record->sequence, when);
	else
		printf("%6llu  %-19s  %s by %s\n", (unsigned long long)record->sequence, when, hash, author);
}

static void log_name(struct disk *disk, const struct object_name *newest)
{
	char owner[SIGNER_TEXT_MAX];
	struct object_name record;

	disk_did(&newest->owner, newest->key, owner);
	printf("%s of %s\n", newest->name, owner);
	for (uint64_t sequence = newest->sequence; sequence > 0; sequence--) {
		disk_need(disk, object_name_get(&disk->store, &newest->owner, newest->name, sequence, &record),
		          "a record of the name");
		print_record(&record);
	}
}

/* ---- log of an object ---- */
static void print_event(const struct object_record *record)
{
	static const char *const kinds[] = {
		[OBJECT_BIRTH] = "born", [OBJECT_TRANSFER] = "given to", [OBJECT_ACCESS] = "access changed"};
	char when[24], signer[DID_TEXT_MAX], owner[16] = "";

	disk_time(record->time_ns, when);
	did_of_key(record->key, signer);
	if (record->kind == OBJECT_TRANSFER)
		disk_short(&record->owner, owner);
	printf("%6llu  %-19s  %s%s%s, signed by %s\n", (unsigned long long)record->sequence, when,
	       kinds[record->kind], owner[0] == '\0' ? "" : " ", owner, signer);
}

/* A history that is here was decoded when it came, and again now. */
static void log_object(struct disk *disk, const struct object *object)
{
	struct object_record record;
	struct object whole;
	const uint8_t *history;
	size_t size, taken;
	char hash[2 * HASH_SIZE + 1];

	disk_need(disk, object_history(&disk->store, &object->birth.id, &history, &size), "the history");
	disk_need(disk, object_replay(history, size, &whole), "the history");
	hex_of_bytes(object->birth.id.hash, HASH_SIZE, hash);
	printf("object %s\n", hash);
	for (size_t at = 0; at < size; at += taken) {
		disk_need(disk, object_record_decode(history + at, size - at, &record, &taken), "the history");
		print_event(&record);
	}
}

int disk_log(const struct disk_place *place, int argc, char **argv)
{
	struct object_name name;
	struct object object;
	struct aid owner;
	const bool of_one = disk_person_option(&argc, argv, "--owner", &owner);

	need_words(argc, argv, 1, 1);
	struct disk *const disk = disk_open(place, false);
	const uint32_t count = disk_name_find(disk, argv[0], of_one ? &owner : NULL, &name);
	if (count > 1)
		refuse("%s: %u owners have a name %s: --owner says whose", disk->path, count, argv[0]);
	if (count == 1) {
		log_name(disk, &name);
	} else {
		disk_find(disk, argv[0], NULL, &object);
		log_object(disk, &object);
	}
	disk_close(disk);
	return 0;
}

/* ---- stat of an object ---- */
static void print_access(const struct object *object)
{
	char reader[2 * AID_SIZE + 1], until[24];

	for (uint32_t i = 0; i < object->birth.entry_count; i++) {
		const struct object_entry *const entry = &object->birth.entries[i];
		hex_of_bytes(entry->reader.bytes, AID_SIZE, reader);
		disk_time(entry->expiry_ns, until);
		printf("access    %s may%s%s%s%s\n", aid_equal(&entry->reader, &OBJECT_EVERYONE) ? "everyone" : reader,
		       (entry->rights & OBJECT_READ) != 0 ? " read," : "",
		       (entry->rights & OBJECT_NAME) != 0 ? " be told of it" : " not be told of it", entry->expiry_ns != 0 ? " until " : "",
		       entry->expiry_ns != 0 ? until : "");
	}
}

static void print_parent(const struct object_id *parent)
{
	static const struct object_id NONE;
	char hash[2 * HASH_SIZE + 1];

	hex_of_bytes(parent->hash, HASH_SIZE, hash);
	printf("parent    %s\n", object_id_equal(parent, &NONE) ? "none" : hash);
}

static void first_problem(void *context, const char *text)
{
	const char **const problem = context;
	static char kept[160];

	if (*problem != NULL)
		return;
	snprintf(kept, sizeof(kept), "%s", text);
	*problem = kept;
}

static void print_soundness(struct disk *disk, const struct object_id *id)
{
	const char *problem = NULL;

	(void)!object_verify(&disk->store, id, disk->part, first_problem, &problem);
	printf("verified  %s\n", problem == NULL ? "content, author and every signature" : problem);
}

static void stat_object(struct disk *disk, const struct object *object)
{
	struct disk_words words;

	disk_object_words(object, &words);
	printf("object    %s\nauthor    %s\nowner     %s\nsize      %llu\ntype      %s\ntime      %s\n", words.hash,
	       words.author, words.owner, (unsigned long long)object->birth.size, object->birth.type, words.when);
	print_parent(&object->birth.parent);
	print_access(object);
	print_soundness(disk, &object->birth.id);
}

/* ---- stat of the volume ---- */
static void stat_volume(struct disk *disk)
{
	uint8_t blocks[4 * BLOCK_SIZE];
	char identity[33], free_size[16], all[16];
	struct volume_label label;
	struct volume_statistics statistics;
	struct object_totals totals;

	disk_need(disk, volume_label(disk->device, blocks, sizeof(blocks), &label), "the superblock");
	disk_need(disk, object_totals(&disk->store, &totals), "counting");
	volume_statistics(disk->volume, &statistics);
	hex_of_bytes(label.identity, sizeof(label.identity), identity);
	text_size(all, sizeof(all), statistics.blocks * BLOCK_SIZE);
	text_size(free_size, sizeof(free_size), statistics.free_blocks * BLOCK_SIZE);
	printf("volume    %s, version %u%s\nsize      %s, %s free\n", identity, label.version,
	       disk->xts == NULL ? "" : ", encrypted", all, free_size);
	printf("records   %llu of %llu bytes\nobjects   %llu of %llu bytes, in %llu parts of %llu\n",
	       (unsigned long long)statistics.keys, (unsigned long long)statistics.value_bytes,
	       (unsigned long long)totals.objects, (unsigned long long)totals.object_bytes,
	       (unsigned long long)totals.parts, (unsigned long long)totals.part_bytes);
	printf("names     %llu\nunowned   %llu uploads and deletions to give back\n", (unsigned long long)totals.names,
	       (unsigned long long)totals.unowned_lists);
	printf("mounted   %llu times before, checkpoint %llu, %llu commits since\n",
	       (unsigned long long)statistics.mounts - 1, (unsigned long long)statistics.checkpoint,
	       (unsigned long long)statistics.commits);
}

int disk_stat(const struct disk_place *place, int argc, char **argv)
{
	struct object object;
	struct aid owner;
	const bool of_one = disk_person_option(&argc, argv, "--owner", &owner);

	need_words(argc, argv, 0, 1);
	struct disk *const disk = disk_open(place, false);
	if (argc == 0) {
		stat_volume(disk);
	} else {
		disk_find(disk, argv[0], of_one ? &owner : NULL, &object);
		stat_object(disk, &object);
	}
	disk_close(disk);
	return 0;
}
