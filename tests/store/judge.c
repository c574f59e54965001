/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What must hold of a disk after a power cut: it mounts; it holds what was
 * acknowledged, and of the transaction under way all or nothing; every check is
 * clean; it takes new work and gives back what nobody needs.
 */
#include "store.h"
#include <stdio.h>
#include <string.h>

static struct work worker; /* of the judge: its volume and store */
static uint8_t part[OBJECT_PART_SIZE];
static char complaint[160];

void judge_start(void)
{
	worker.arena = memory(ARENA_SIZE);
}

static void complain(void *context, const char *text)
{
	(void)context;
	snprintf(complaint, sizeof complaint, "%s", text);
}

static bool sound(void)
{
	complaint[0] = '\0';
	const status_t volume = volume_check(worker.volume, complain, NULL);
	const status_t objects = object_verify_all(&worker.store, part, complain, NULL);
	return volume == STATUS_OK && objects == STATUS_OK;
}

/* ---- which of the models is it? ---- */
static unsigned recognise(const struct model *const models[], unsigned count)
{
	const char *problem = "no model";

	for (unsigned i = 0; i < count; i++) {
		const char *differs = model_differs(models[i], &worker.store);
		if (differs == NULL)
			return i;
		problem = differs;
	}
	store_fail("neither what was acknowledged nor what was under way: %s", problem);
}

/* ---- new work ---- */
/* Every part somebody's object has, counted once. */
static uint64_t parts_expected(const struct model *model, uint64_t *out_bytes)
{
	static uint8_t digests[CONTENTS * 4][HASH_SIZE];
	uint64_t count = 0;

	*out_bytes = 0;
	for (uint32_t number = 0; number < CONTENTS; number++) {
		const struct content *content = &world.contents[number];
		bool wanted = false;
		for (uint32_t author = 0; author < PEOPLE; author++)
			wanted = wanted || model->objects[author][number].history != NULL;
		for (size_t at = 0; wanted && (at < content->size || at == 0); at += OBJECT_PART_SIZE) {
			const size_t size = content->size - at < OBJECT_PART_SIZE ? content->size - at : OBJECT_PART_SIZE;
			uint64_t same = 0;
			hash_bytes(content->bytes + at, size, digests[count]);
			while (memcmp(digests[same], digests[count], HASH_SIZE) != 0)
				same++;
			*out_bytes += same == count ? size : 0;
			count += same == count;
		}
	}
	return count;
}

/* NO_SPACE is an answer too. */
static status_t reclaim_all(void)
{
	uint64_t freed;
	status_t status = STATUS_OK;

	while (status == STATUS_OK) {
		status = object_reclaim(&worker.store, &freed);
		if (status == STATUS_OK)
			status = object_store_commit(&worker.store);
	}
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static void nothing_left_over(const struct model *model)
{
	struct object_totals totals;
	uint64_t bytes;
	const uint64_t parts = parts_expected(model, &bytes);

	const status_t status = reclaim_all();
	if (status != STATUS_OK)
		store_fail("what was deleted cannot be given back: status %d", (int)status);
	if (object_totals(&worker.store, &totals) != STATUS_OK)
		store_fail("objects cannot be counted");
	if (totals.parts != parts || totals.part_bytes != bytes || totals.unowned_lists != 0)
		store_fail("%llu parts of %llu bytes are kept, and %llu of %llu needed", (unsigned long long)totals.parts,
		           (unsigned long long)totals.part_bytes, (unsigned long long)parts, (unsigned long long)bytes);
}

static bool room_made(struct model *model)
{
	for (uint32_t i = 0; i < PEOPLE * CONTENTS; i++) {
		struct model_object *object = &model->objects[i / CONTENTS][i % CONTENTS];
		struct object_record record = { .kind = OBJECT_DELETE, .id = object_id_of(i / CONTENTS, i % CONTENTS),
			                        .sequence = object->sequence + 1, .owner = world.people[object->owner].aid };
		uint8_t bytes[OBJECT_RECORD_MAX];
		uint64_t freed;
		if (object->history == NULL)
			continue;
		memcpy(record.previous, object->previous, HASH_SIZE);
		const size_t size = record_sign(&record, &world.people[object->owner], bytes);
		status_t status = object_delete(&worker.store, bytes, size, &freed);
		if (status == STATUS_OK)
			status = object_store_commit(&worker.store);
		if (status != STATUS_OK)
			store_fail("a full disk does not let an object be deleted: status %d", (int)status);
		*object = (struct model_object){ .history = NULL };
		return true;
	}
	return false;
}

static status_t fresh_put(void)
{
	status_t status = object_put(&worker.store, world.fresh.bytes, world.fresh.size, world.fresh_birth, world.fresh_birth_size);

	if (status == STATUS_OK)
		status = object_name_set(&worker.store, world.fresh_name, OBJECT_NAME_SIZE);
	return status == STATUS_OK ? object_store_commit(&worker.store) : status;
}

/* On a full disk, as many objects as it takes are deleted first: it must be possible. */
static void accepts_work(const struct model *model)
{
	struct model left = *model;
	status_t status = fresh_put();

	while (status == STATUS_NO_SPACE && room_made(&left)) {
		if (reclaim_all() != STATUS_OK)
			store_fail("a full disk does not let what was deleted be given back");
		status = fresh_put();
	}
	if (status != STATUS_OK)
		store_fail("new work is refused with status %d", (int)status);
	if (!volume_valid(worker.volume))
		store_fail("the volume is not valid after new work");
}

unsigned judge(struct disk *disk, const struct model *const models[], unsigned count, bool maybe_blank)
{
	worker.disk = disk;
	const status_t status = work_open(&worker);
	if (status == STATUS_DAMAGED && maybe_blank)
		return 0;
	if (status != STATUS_OK)
		store_fail("it does not open: status %d", (int)status);
	const unsigned which = recognise(models, count);
	if (!sound())
		store_fail("verification complains of what was not damaged: %s", complaint);
	nothing_left_over(models[which]);
	accepts_work(models[which]);
	return which;
}

/* ---- damage ---- */
/* Most of a disk is empty: a byte that is not, and one bit of it. One in four in the superblocks, on which all depends. */
static void bit_flip(struct disk *disk, uint64_t *random)
{
	const size_t room = random_below(random, 4) == 0 ? 4 * BLOCK_SIZE : disk_size(disk);
	size_t at = 0;

	for (unsigned tries = 0; tries < 1000; tries++) {
		at = random_below(random, room);
		if (disk->image[at] != 0)
			break;
	}
	uint8_t sector[SECTOR];
	memcpy(sector, disk->image + at / SECTOR * SECTOR, SECTOR);
	sector[at % SECTOR] ^= (uint8_t)(1u << random_below(random, 8));
	disk_sector_put(disk, (uint32_t)(at / SECTOR), sector);
}

void judge_flip(struct disk *disk, uint64_t random, const struct model *const models[], unsigned count)
{
	bit_flip(disk, &random);
	worker.disk = disk;
	tally->flips++;
	if (work_open(&worker) != STATUS_OK) {
		tally->flips_found++;
		return;
	}
	const char *problem = model_differs(models[0], &worker.store);
	if (problem != NULL && count > 1 && model_differs(models[1], &worker.store) == NULL)
		problem = NULL;
	const bool volume = volume_check(worker.volume, complain, NULL) == STATUS_OK;
	const bool objects = object_verify_all(&worker.store, part, complain, NULL) == STATUS_OK;
	if (problem != NULL && objects)
		store_fail("a flipped bit is not told by object_verify_all: %s", problem);
	if (problem != NULL && (problem = model_contradicts(models[0], &worker.store)) != NULL)
		store_fail("a flipped bit is read as if it were right: %s", problem);
	tally->flips_found += !volume || !objects;
}
