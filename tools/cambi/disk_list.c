/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cambi disk list, names, du: what is there. */
#include "disk.h"
#include <lib/identity.h>
#include <lib/text.h>
#include <stdlib.h>
#include <string.h>

/* ---- list ---- */
static void print_short(const struct object *object)
{
	char hash[17], author[16], owner[16], size[16], when[24];

	hex_of_bytes(object->birth.id.hash, 8, hash);
	disk_short(&object->birth.id.author, author);
	disk_short(&object->owner, owner);
	text_size(size, sizeof(size), object->birth.size);
	disk_time(object->birth.time_ns, when);
	printf("%s  %s  %s  %8s  %-19s  %s\n", hash, author, owner, size, when, object->birth.type);
}

static void print_long(const struct object *object)
{
	struct disk_words words;

	disk_object_words(object, &words);
	printf("%s\n  author  %s\n  owner   %s\n  size    %llu\n  time    %s\n  type    %s\n", words.hash, words.author,
	       words.owner, (unsigned long long)object->birth.size, words.when, object->birth.type);
}

static bool object_after(struct disk *disk, const struct aid *owner, struct object *in_out_object)
{
	struct object_id id = in_out_object->birth.id;
	status_t status = object_next(&disk->store, owner, &id, &id);

	if (status == STATUS_NOT_FOUND)
		return false;
	if (status == STATUS_OK)
		status = object_find(&disk->store, &id, in_out_object);
	disk_need(disk, status, "an object");
	return true;
}

int disk_list(const struct disk_place *place, int argc, char **argv)
{
	const bool is_long = take_flag(&argc, argv, "--long");
	struct object object = {.sequence = 0};
	struct aid owner;
	const bool of_one = disk_person_option(&argc, argv, "--owner", &owner);

	need_words(argc, argv, 0, 0);
	struct disk *const disk = disk_open(place, false);
	while (object_after(disk, of_one ? &owner : NULL, &object)) {
		if (is_long)
			print_long(&object);
		else
			print_short(&object);
	}
	disk_close(disk);
	return 0;
}

/* ---- names ---- */
static void print_name(const struct object_name *name)
{
	char owner[16], hash[17], author[16], when[24];

	disk_short(&name->owner, owner);
	hex_of_bytes(name->target.hash, 8, hash);
	disk_short(&name->target.author, author);
	disk_time(name->time_ns, when);
	if (name->removed)
		printf("%s  %-16s  %-12s  %-19s  %s\n", owner, "removed", "", when, name->name);
	else
		printf("%s  %s  %s  %-19s  %s\n", owner, hash, author, when, name->name);
}

int disk_names(const struct disk_place *place, int argc, char **argv)
{
	const bool all = take_flag(&argc, argv, "--all");
	struct object_name name = {.sequence = 0};
	struct aid owner;
	const bool of_one = disk_person_option(&argc, argv, "--owner", &owner);

	need_words(argc, argv, 0, 0);
	struct disk *const disk = disk_open(place, false);
	while (disk_name_next(disk, &name)) {
		if ((all || !name.removed) && (!of_one || aid_equal(&owner, &name.owner)))
			print_name(&name);
	}
	disk_close(disk);
	return 0;
}

/* ---- du ---- */
struct share {
	struct aid owner;
	uint64_t objects, bytes;
};

/* Owners ascend: a share is found, or made, by halving. */
struct shares {
	struct share *rows;
	size_t count, room;
};

static struct share *share_of(struct shares *shares, const struct aid *owner)
{
	size_t low = 0, high = shares->count;

	while (low < high) {
		const size_t middle = (low + high) / 2;
		if (memcmp(shares->rows[middle].owner.bytes, owner->bytes, AID_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < shares->count && aid_equal(&shares->rows[low].owner, owner))
		return &shares->rows[low];
	if (shares->count == shares->room) {
		shares->room = 2 * shares->room + 8;
		shares->rows = grown(shares->rows, shares->room * sizeof(*shares->rows));
	}
	memmove(&shares->rows[low + 1], &shares->rows[low], (shares->count - low) * sizeof(*shares->rows));
	shares->count++;
	shares->rows[low] = (struct share){.owner = *owner};
	return &shares->rows[low];
}

static void print_usage(const char *who, uint64_t objects, uint64_t bytes)
{
	char size[16];

	text_size(size, sizeof(size), bytes);
	printf("%-12s  %8llu objects  %8s\n", who, (unsigned long long)objects, size);
}

static void print_totals(struct disk *disk)
{
	struct object_totals totals;
	struct volume_statistics volume;
	char size[16];

	disk_need(disk, object_totals(&disk->store, &totals), "counting");
	volume_statistics(disk->volume, &volume);
	print_usage("all", totals.objects, totals.object_bytes);
	text_size(size, sizeof(size), totals.part_bytes);
	printf("kept once     %8llu parts    %8s\n", (unsigned long long)totals.parts, size);
	text_size(size, sizeof(size), volume.free_blocks * BLOCK_SIZE);
	printf("free                            %8s\n", size);
}

int disk_du(const struct disk_place *place, int argc, char **argv)
{
	struct object object = {.sequence = 0};
	struct shares shares = {NULL, 0, 0};
	char owner[16];

	need_words(argc, argv, 0, 0);
	struct disk *const disk = disk_open(place, false);
	while (object_after(disk, NULL, &object)) {
		struct share *const share = share_of(&shares, &object.owner);
		share->objects++;
		share->bytes += object.birth.size;
	}
	for (size_t i = 0; i < shares.count; i++) {
		disk_short(&shares.rows[i].owner, owner);
		print_usage(owner, shares.rows[i].objects, shares.rows[i].bytes);
	}
	free(shares.rows);
	print_totals(disk);
	disk_close(disk);
	return 0;
}
