/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Words of `cambi disk`: statuses, people, times; and which object or name somebody means. */
#include "disk.h"
#include <lib/calendar.h>
#include <lib/identity.h>
#include <lib/text.h>
#include <string.h>

const char *disk_status_text(status_t status)
{
	static const struct {
		status_t status;
		const char *text;
	} rows[] = {
		{STATUS_IO_ERROR, "the device failed"},
		{STATUS_DAMAGED, "what is stored is damaged (`verify` says what)"},
		{STATUS_NO_SPACE, "the disk is full"},
		{STATUS_QUOTA, "more than memory or one transaction has room for"},
		{STATUS_NOT_FOUND, "it is not here"},
		{STATUS_BUSY, "another one is here already"},
		{STATUS_OUTDATED, "a newer one is here already"},
		{STATUS_DENIED, "only its owner may"},
		{STATUS_BAD_SIGNATURE, "a signature does not verify"},
		{STATUS_UNKNOWN_FORMAT, "a record of a version this program does not know"},
		{STATUS_UNSUPPORTED, "a format this program does not know"},
		{STATUS_INVALID, "it breaks the format"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].status == status)
			return rows[i].text;
	}
	return "refused";
}

/* ---- people and times ---- */
void disk_person(const char *text, struct aid *out_aid)
{
	uint8_t key[SIGNATURE_KEY_SIZE];

	if (strcmp(text, "everyone") == 0)
		*out_aid = OBJECT_EVERYONE;
	else if (did_to_key(text, strlen(text), key))
		aid_of_key(key, out_aid);
	else if (!hex_to_bytes(text, strlen(text), out_aid->bytes, AID_SIZE))
		misused("%s is neither a did:key nor the 64 digits of an AID", text);
}

bool disk_person_option(int *argc, char **argv, const char *name, struct aid *out_aid)
{
	const char *const text = take_option(argc, argv, name);

	if (text != NULL)
		disk_person(text, out_aid);
	return text != NULL;
}

void disk_time(uint64_t time_ns, char out_text[24])
{
	struct calendar when;

	strcpy(out_text, "-");
	if (time_ns != 0 && calendar_from_seconds((int64_t)(time_ns / 1000000000u), &when))
		calendar_text(&when, out_text);
}

void disk_did(const struct aid *who, const uint8_t key[SIGNATURE_KEY_SIZE], char out_text[SIGNER_TEXT_MAX])
{
	struct aid aid;

	aid_of_key(key, &aid);
	if (aid_equal(&aid, who)) {
		did_of_key(key, out_text);
		return;
	}
	memcpy(out_text, "aid ", 4);
	hex_of_bytes(who->bytes, AID_SIZE, out_text + 4);
}

void disk_object_words(const struct object *object, struct disk_words *out_words)
{
	hex_of_bytes(object->birth.id.hash, HASH_SIZE, out_words->hash);
	disk_did(&object->birth.id.author, object->birth.key, out_words->author);
	disk_did(&object->owner, object->birth.key, out_words->owner);
	disk_time(object->birth.time_ns, out_words->when);
}

void disk_short(const struct aid *who, char out_text[16])
{
	hex_of_bytes(who->bytes, 6, out_text);
}

/* ---- names ---- */
bool disk_name_next(struct disk *disk, struct object_name *in_out_name)
{
	struct aid owner = in_out_name->owner;
	status_t status = object_name_next(&disk->store, &owner, in_out_name->name, in_out_name);

	if (status == STATUS_NOT_FOUND) {
		status = object_name_owner_next(&disk->store, &owner, &owner);
		if (status == STATUS_OK)
			status = object_name_next(&disk->store, &owner, "", in_out_name);
	}
	if (status != STATUS_NOT_FOUND)
		disk_need(disk, status, "a name");
	return status == STATUS_OK;
}

uint32_t disk_name_find(struct disk *disk, const char *text, const struct aid *owner, struct object_name *out_name)
{
	struct object_name name;
	struct aid who = {{0}};
	uint32_t count = 0;

	if (!object_name_valid(text))
		return 0;
	for (;;) {
		status_t status = object_name_owner_next(&disk->store, &who, &who);
		if (status == STATUS_NOT_FOUND)
			return count;
		disk_need(disk, status, "the names");
		if (owner != NULL && !aid_equal(owner, &who))
			continue;
		status = object_name_get(&disk->store, &who, text, 0, &name);
		if (status == STATUS_NOT_FOUND)
			continue;
		disk_need(disk, status, "a name");
		*out_name = name;
		count++;
	}
}

/* ---- objects ---- */
static void find_named(struct disk *disk, const char *text, const struct object_name *name, uint32_t count,
                       struct object *out_object)
{
	char hash[17];

	if (count > 1)
		refuse("%s: %u owners have a name %s: --owner says whose", disk->path, count, text);
	if (name->removed)
		refuse("%s: the name %s points to nothing any more (`log` shows what it was)", disk->path, text);
	const status_t status = object_find(&disk->store, &name->target, out_object);
	hex_of_bytes(name->target.hash, 8, hash);
	if (status == STATUS_NOT_FOUND)
		refuse("%s: the name %s points to %s, which is not here", disk->path, text, hash);
	disk_need(disk, status, text);
}

/* Of several authors' objects of one content, the first. */
static void find_hashed(struct disk *disk, const char *digits, struct object *out_object)
{
	struct object_id id = {.hash = {0}};
	status_t status = object_resolve(&disk->store, digits, strlen(digits), id.hash);

	if (status == STATUS_INVALID || status == STATUS_NOT_FOUND)
		refuse("%s: there is no name and no object %s", disk->path, digits);
	if (status == STATUS_BUSY)
		refuse("%s: more than one object begins with %s: more digits are needed", disk->path, digits);
	disk_need(disk, status, digits);
	status = object_next(&disk->store, NULL, &id, &id);
	if (status == STATUS_OK)
		status = object_find(&disk->store, &id, out_object);
	disk_need(disk, status, digits);
}

void disk_find(struct disk *disk, const char *text, const struct aid *owner, struct object *out_object)
{
	struct object_name name;
	const uint32_t count = disk_name_find(disk, text, owner, &name);

	if (count > 0)
		find_named(disk, text, &name, count, out_object);
	else
		find_hashed(disk, text, out_object);
}
