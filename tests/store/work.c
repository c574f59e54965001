/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Somebody who uses the store at random: transactions of a few acts, each done to
 * the store and to the model. Refusals for want of space or memory are part of
 * it; then the transaction is lost in both.
 */
#include "store.h"
#include <stdio.h>
#include <string.h>

#define ACTS_MAX 6u
#define ROOM_WANTED (OBJECT_PART_SIZE + 8192u)

static uint64_t draw(struct work *work, uint64_t bound)
{
	return random_below(&work->random, bound);
}

/* ---- births ---- */
/* An object's birth follows from who and what, so that it can be offered again. */
static size_t birth_make(uint32_t author, uint32_t content, uint8_t out_bytes[OBJECT_RECORD_MAX])
{
	struct object_record record = { .kind = OBJECT_BIRTH, .id = object_id_of(author, content),
		                        .size = world.contents[content].size, .owner = world.people[author].aid,
		                        .time_ns = content, .entry_count = content % 2 };

	record.entries[0] = (struct object_entry){ .reader = OBJECT_EVERYONE, .rights = OBJECT_READ };
	if (content % 3 == 0)
		record.parent = object_id_of(author, CONTENTS - 1);
	return record_sign(&record, &world.people[author], out_bytes);
}

/* The record is the object's history from here on, or its new end after the anchor. */
static void history_set(struct model_object *object, const uint8_t *record, size_t size, bool anchors)
{
	uint8_t *history = memory(object->anchor + size);

	if (object->anchor > 0)
		memcpy(history, object->history, object->anchor);
	memcpy(history + object->anchor, record, size);
	object->history = history;
	object->size = object->anchor + (uint32_t)size;
	if (!anchors)
		return;
	object->anchor = object->size;
	object_record_digest(record, size, object->previous);
}

static void model_bear(struct work *work, uint32_t author, uint32_t content, const uint8_t *birth, size_t size)
{
	struct model_object *object = &work->next.objects[author][content];

	if (object->history != NULL)
		return;
	*object = (struct model_object){ .owner = author };
	history_set(object, birth, size, true);
}

static status_t act_put(struct work *work)
{
	const uint32_t author = (uint32_t)draw(work, PEOPLE), number = (uint32_t)draw(work, CONTENTS - 3);
	const struct content *content = &world.contents[number];
	uint8_t birth[OBJECT_RECORD_MAX];
	const size_t size = birth_make(author, number, birth);
	const status_t status = object_put(&work->store, content->bytes, content->size, birth, size);

	work->only_deletes = false;
	if (status == STATUS_OK)
		model_bear(work, author, number, birth, size);
	return status;
}

/* ---- uploads: a step of the one under way ---- */
static status_t upload_begin(struct work *work)
{
	const status_t status = object_upload_begin(&work->store, &work->upload);

	work->uploading = status == STATUS_OK;
	work->upload_content = (uint32_t)(draw(work, 4) == 0 ? draw(work, CONTENTS) : CONTENTS - 3 + draw(work, 3));
	return status;
}

static status_t upload_finish(struct work *work)
{
	const uint32_t author = (uint32_t)draw(work, PEOPLE);
	uint8_t birth[OBJECT_RECORD_MAX];
	const size_t size = birth_make(author, work->upload_content, birth);
	const status_t status = object_upload_finish(&work->store, &work->upload, birth, size);

	if (status != STATUS_OK)
		return status;
	work->uploading = false;
	model_bear(work, author, work->upload_content, birth, size);
	return STATUS_OK;
}

static status_t upload_part(struct work *work)
{
	const struct content *content = &world.contents[work->upload_content];
	const uint64_t rest = content->size - work->upload.size;

	return object_upload_part(&work->store, &work->upload, content->bytes + work->upload.size,
	                          rest < OBJECT_PART_SIZE ? (size_t)rest : OBJECT_PART_SIZE);
}

static status_t upload_cancel(struct work *work)
{
	work->uploading = false;
	return object_upload_cancel(&work->store, &work->upload);
}

static status_t act_upload(struct work *work)
{
	if (work->uploading && (work->upload.lost != work->store.lost || draw(work, 12) == 0))
		return upload_cancel(work);
	work->only_deletes = false;
	if (!work->uploading)
		return upload_begin(work);
	return work->upload.size < world.contents[work->upload_content].size ? upload_part(work) : upload_finish(work);
}

/* ---- what comes after birth ---- */
/* An object there is, the first from a random place on. */
static struct model_object *object_draw(struct work *work, struct object_id *out_id)
{
	const uint64_t start = draw(work, PEOPLE * CONTENTS);

	for (uint64_t i = 0; i < PEOPLE * CONTENTS; i++) {
		const uint32_t at = (uint32_t)((start + i) % (PEOPLE * CONTENTS));
		if (work->next.objects[at / CONTENTS][at % CONTENTS].history == NULL)
			continue;
		*out_id = object_id_of(at / CONTENTS, at % CONTENTS);
		return &work->next.objects[at / CONTENTS][at % CONTENTS];
	}
	return NULL;
}

static size_t next_record(const struct model_object *object, const struct object_id *id, enum object_record_kind kind,
                          uint32_t owner, uint32_t entries, uint8_t out_bytes[OBJECT_RECORD_MAX])
{
	struct object_record record = { .kind = kind, .id = *id, .sequence = object->sequence + 1,
		                        .owner = world.people[owner].aid, .entry_count = entries };

	record.entries[0] = (struct object_entry){ .reader = OBJECT_EVERYONE, .rights = OBJECT_RIGHTS, .expiry_ns = 5 };
	memcpy(record.previous, object->previous, HASH_SIZE);
	return record_sign(&record, &world.people[object->owner], out_bytes);
}

static status_t act_amend(struct work *work)
{
	uint8_t bytes[OBJECT_RECORD_MAX];
	struct object_id id;
	struct model_object *object = object_draw(work, &id);
	const bool transfer = draw(work, 2) == 0;

	work->only_deletes = false;
	if (object == NULL)
		return STATUS_OK;
	const uint32_t owner = transfer ? (uint32_t)draw(work, PEOPLE) : object->owner;
	const size_t size = next_record(object, &id, transfer ? OBJECT_TRANSFER : OBJECT_ACCESS, owner,
	                                transfer ? 0 : (uint32_t)draw(work, 2), bytes);
	const status_t status = object_amend(&work->store, bytes, size);
	if (status != STATUS_OK)
		return status;
	object->owner = owner;
	object->sequence++;
	history_set(object, bytes, size, transfer);
	return STATUS_OK;
}

static status_t act_delete(struct work *work)
{
	uint8_t bytes[OBJECT_RECORD_MAX];
	struct object_id id;
	struct model_object *object = object_draw(work, &id);
	uint64_t freed;

	if (object == NULL)
		return STATUS_OK;
	const size_t size = next_record(object, &id, OBJECT_DELETE, object->owner, 0, bytes);
	const status_t status = object_delete(&work->store, bytes, size, &freed);
	if (status == STATUS_OK)
		*object = (struct model_object){ .history = NULL };
	return status;
}

static status_t act_reclaim(struct work *work)
{
	uint64_t freed;
	const status_t status = object_reclaim(&work->store, &freed);

	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static status_t act_name(struct work *work)
{
	const uint32_t person = (uint32_t)draw(work, PEOPLE), number = (uint32_t)draw(work, NAMES);
	uint32_t *count = &work->next.name_counts[person][number];
	struct object_name name = { .sequence = *count + 1, .removed = draw(work, 4) == 0 };
	uint8_t *bytes = memory(OBJECT_NAME_SIZE);

	work->only_deletes = false;
	if (*count == RECORDS_MAX)
		return STATUS_OK;
	snprintf(name.name, sizeof name.name, "name-%u", number);
	if (!name.removed)
		name.target = object_id_of((uint32_t)draw(work, PEOPLE), (uint32_t)draw(work, CONTENTS));
	if (*count > 0)
		object_name_digest(work->next.names[person][number][*count - 1], name.previous);
	name_sign(&name, &world.people[person], bytes);
	const status_t status = object_name_set(&work->store, bytes, OBJECT_NAME_SIZE);
	if (status == STATUS_OK)
		work->next.names[person][number][(*count)++] = bytes;
	return status;
}

static status_t act_state(struct work *work)
{
	const uint32_t person = (uint32_t)draw(work, PEOPLE), version = 1 + (uint32_t)draw(work, 1000);
	uint8_t bytes[STATE_MAX];
	size_t size;

	work->only_deletes = false;
	state_make(person, version, bytes, &size);
	const status_t status = object_state_put(&work->store, &world.people[person].aid, bytes, size);
	if (status == STATUS_OK)
		work->next.states[person] = version;
	return status;
}

/* ---- transactions ---- */
static status_t act(struct work *work)
{
	static status_t (*const ACTS[])(struct work *) = { act_put, act_put, act_put, act_upload, act_upload, act_upload,
		act_amend, act_delete, act_delete, act_reclaim, act_reclaim, act_name, act_state };

	return ACTS[draw(work, sizeof ACTS / sizeof *ACTS)](work);
}

/* Few acts mostly, so that most of what a power cut can leave of them can be tried. An act that was refused changed
 * nothing, and those before it still count, unless the store says that the transaction is lost. */
static status_t acts(struct work *work)
{
	const uint64_t count = draw(work, 3) == 0 ? 1 + draw(work, ACTS_MAX) : 1, lost = work->store.lost;
	const bool careful = draw(work, 10) != 0;
	status_t status = STATUS_OK;

	for (uint64_t i = 0; status == STATUS_OK && i < count; i++) {
		if (i > 0 && careful && volume_room(work->volume) < ROOM_WANTED)
			break;
		status = act(work);
	}
	if (work->store.lost != lost)
		return status;
	work->committing = true;
	return object_store_commit(&work->store);
}

static status_t clean(struct work *work)
{
	const status_t status = volume_clean(work->volume);

	return status == STATUS_NOT_FOUND || status == STATUS_NO_SPACE ? STATUS_OK : status;
}

status_t work_open(struct work *work)
{
	const struct volume_options options = { .read_only = false };
	status_t status = volume_mount(&work->disk->device, work->arena, ARENA_SIZE, &options, &work->volume);

	work->uploading = false;
	if (status == STATUS_OK)
		status = object_store_open(&work->store, work->volume);
	work->open = status == STATUS_OK;
	return status;
}

status_t work_reopen(struct work *work)
{
	const status_t status = draw(work, 3) == 0 ? STATUS_OK : volume_unmount(work->volume);

	work->open = false;
	return status == STATUS_OK || status == STATUS_NO_SPACE ? work_open(work) : status;
}

static status_t transaction(struct work *work)
{
	switch (draw(work, 24)) {
	case 0: return clean(work);
	case 1: return work_reopen(work);
	default: return acts(work);
	}
}

status_t work_transaction(struct work *work)
{
	work->next = work->now;
	work->only_deletes = true;
	work->committing = false;
	const status_t status = transaction(work);

	if (status != STATUS_OK)
		return status;
	disk_acknowledge(work->disk);
	work->now = work->next;
	return STATUS_OK;
}
