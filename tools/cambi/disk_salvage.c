/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * cambi disk salvage: what is whole on a disk that cannot be mounted, as an export. Records are found where they lie
 * (lib/volume_salvage.h), and what they make up is judged by its hashes and signatures alone: the owner's index,
 * counts and all else that a mounted store has to have may be lost.
 */
#include "disk.h"
#include <lib/identity.h>
#include <lib/text.h>
#include <lib/volume_salvage.h>
#include <string.h>

#define TRACES_MAX 8u

/* ---- which volume ---- */
static CC_NORETURN void ambiguous(const struct disk *disk, const struct volume_trace *traces, uint32_t count)
{
	char identity[33];

	for (uint32_t i = 0; i < count; i++) {
		hex_of_bytes(traces[i].identity, sizeof(traces[i].identity), identity);
		fprintf(stderr, "%s: %llu commits of volume %s\n", disk->path, (unsigned long long)traces[i].batches, identity);
	}
	refuse("%s: no superblock is whole, and more than one volume was on it: --volume says which", disk->path);
}

/* What a superblock says; if none is whole, the only one of which anything is left. */
static void identity_find(struct disk *disk, uint8_t out_identity[16])
{
	uint8_t blocks[4 * BLOCK_SIZE];
	struct volume_label label;
	struct volume_trace traces[TRACES_MAX];
	uint32_t count;

	if (volume_label(disk->device, blocks, sizeof(blocks), &label) == STATUS_OK) {
		memcpy(out_identity, label.identity, sizeof(label.identity));
		return;
	}
	volume_traces(disk->device, blocks, traces, TRACES_MAX, &count);
	if (count == 0)
		refuse("%s: nothing of a store is found on it", disk->path);
	if (count > 1)
		ambiguous(disk, traces, count);
	memcpy(out_identity, traces[0].identity, sizeof(traces[0].identity));
}

static void open_salvaged(struct disk *disk, const char *wanted)
{
	uint8_t identity[16];
	char text[33];
	struct volume_salvaged found;

	if (wanted == NULL)
		identity_find(disk, identity);
	else if (!hex_to_bytes(wanted, strlen(wanted), identity, sizeof(identity)))
		misused("--volume: %s is no volume's identity in 32 digits", wanted);
	disk_arena_take(disk);
	disk_need(disk, volume_salvage(disk->device, disk->arena, disk->arena_size, identity, &disk->volume, &found),
	          "nothing can be salvaged");
	/* That it has lost what says what it is, is no reason to refuse: each object will say it itself. */
	(void)!object_store_open(&disk->store, disk->volume);
	hex_of_bytes(identity, sizeof(identity), text);
	printf("%s: %llu record%s of volume %s %s whole\n", disk->path, (unsigned long long)found.records,
	       text_plural(found.records), text, found.records == 1 ? "is" : "are");
	if (found.unreadable > 0)
		printf("%s: %llu block%s cannot be read\n", disk->path, (unsigned long long)found.unreadable,
		       text_plural(found.unreadable));
}

/* ---- objects ---- */
static void tell(const struct disk *disk, const struct object_id *id, const char *problem, object_report *report)
{
	char hash[17], text[96];

	hex_of_bytes(id->hash, 8, hash);
	snprintf(text, sizeof(text), "object %s: %s", hash, problem);
	report((void *)&disk->path, text);
}

static bool content_whole(struct disk *disk, const struct object *object)
{
	struct object_reader reader;
	uint64_t read = 0;
	size_t size;

	object_reader_begin(&reader, object);
	for (uint64_t index = 0; index == 0 || read < object->birth.size; index++, read += size) {
		if (object_read(&disk->store, &reader, index, disk->part, &size) != STATUS_OK)
			return false;
	}
	return true;
}

static bool whole(struct disk *disk, const struct object_id *id, object_report *report)
{
	struct object object;
	const uint8_t *history;
	size_t size;
	const char *problem = NULL;

	if (object_history(&disk->store, id, &history, &size) != STATUS_OK ||
	    object_replay(history, size, &object) != STATUS_OK || !object_id_equal(&object.birth.id, id))
		problem = "its history is not whole";
	else if (!content_whole(disk, &object))
		problem = "its content is not whole";
	if (problem != NULL)
		tell(disk, id, problem, report);
	return problem == NULL;
}

int disk_salvage(const struct disk_place *place, int argc, char **argv)
{
	const char *const volume = take_option(&argc, argv, "--volume");

	need_words(argc, argv, 1, 1);
	struct disk *const disk = disk_device_open(place, false);
	open_salvaged(disk, volume);
	const uint32_t left_out = disk_export_all(disk, argv[0], whole);
	disk_close(disk);
	return left_out > 0;
}
