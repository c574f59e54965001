/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cambi disk put, name: objects and names, signed with a key of `cambi key`. */
#include "disk.h"
#include <errno.h>
#include <lib/hash.h>
#include <lib/identity.h>
#include <string.h>
#include <time.h>

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- name ---- */
static void name_sign(struct object_name *name, const struct module_signer *signer, uint8_t out_bytes[OBJECT_NAME_SIZE])
{
	uint8_t digest[HASH_SIZE];

	name->owner = signer->aid;
	memcpy(name->key, signer->key, SIGNATURE_KEY_SIZE);
	name->time_ns = now_ns();
	if (!object_name_encode(name, out_bytes, digest))
		misused("a name has 1 to %u printable characters, and no space", OBJECT_NAME_MAX - 1u);
	signature_sign_digest(signer->seed, signer->key, SIGN_DOMAIN_NAME, digest,
	                      out_bytes + OBJECT_NAME_SIZE - SIGNATURE_SIZE);
}

/* `target` NULL: to nothing. */
static void name_set(struct disk *disk, const struct module_signer *signer, const char *text,
                     const struct object_id *target)
{
	struct object_name name = {.sequence = 1, .removed = target == NULL}, newest;
	uint8_t bytes[OBJECT_NAME_SIZE];
	const status_t status = object_name_get(&disk->store, &signer->aid, text, 0, &newest);

	if (status == STATUS_OK) {
		name.sequence = newest.sequence + 1;
		object_name_digest(disk->store.name, name.previous);
	} else if (status != STATUS_NOT_FOUND) {
		disk_need(disk, status, text);
	}
	if (target == NULL && (status == STATUS_NOT_FOUND || newest.removed))
		refuse("%s: you have no name %s", disk->path, text);
	snprintf(name.name, sizeof(name.name), "%s", text);
	if (target != NULL)
		name.target = *target;
	name_sign(&name, signer, bytes);
	disk_need(disk, object_name_set(&disk->store, bytes, sizeof(bytes)), text);
	disk_commit(disk);
}

static void need_name(const char *text)
{
	if (!object_name_valid(text))
		misused("a name has 1 to %u printable characters, and no space", OBJECT_NAME_MAX - 1u);
}

int disk_name(const struct disk_place *place, int argc, char **argv)
{
	const bool remove = take_flag(&argc, argv, "--remove");
	struct module_signer signer;
	struct object object;
	struct aid owner;
	const bool of_one = disk_person_option(&argc, argv, "--owner", &owner);

	key_option(&argc, argv, &signer);
	need_words(argc, argv, remove ? 1 : 2, remove ? 1 : 2);
	need_name(argv[0]);
	struct disk *const disk = disk_open(place, true);
	if (!remove)
		disk_find(disk, argv[1], of_one ? &owner : NULL, &object);
	name_set(disk, &signer, argv[0], remove ? NULL : &object.birth.id);
	secret_wipe(&signer, sizeof(signer));
	disk_close(disk);
	return 0;
}

/* ---- put ---- */
struct put {
	struct object_record birth; /* all of it but the content */
	struct module_signer signer;
	uint8_t bytes[OBJECT_RECORD_MAX];
	size_t size;
};

static void birth_sign(struct put *put, const uint8_t hash[HASH_SIZE], uint64_t size)
{
	uint8_t digest[HASH_SIZE];

	memcpy(put->birth.id.hash, hash, HASH_SIZE);
	put->birth.size = size;
	put->size = object_record_encode(&put->birth, put->bytes, digest);
	if (put->size == 0)
		misused("a type has at most %u printable characters, and no space", OBJECT_TYPE_MAX - 1u);
	signature_sign_digest(put->signer.seed, put->signer.key, SIGN_DOMAIN_OBJECT, digest, put->bytes + put->size);
	put->size += SIGNATURE_SIZE;
}

/* Entries ascend by reader; naming one twice does no harm. */
static void reader_add(struct object_record *birth, const struct aid *reader)
{
	uint32_t at = 0;

	while (at < birth->entry_count && memcmp(birth->entries[at].reader.bytes, reader->bytes, AID_SIZE) < 0)
		at++;
	if (at < birth->entry_count && aid_equal(&birth->entries[at].reader, reader))
		return;
	if (birth->entry_count == OBJECT_ENTRIES_MAX)
		misused("no more than %u readers", OBJECT_ENTRIES_MAX);
	memmove(&birth->entries[at + 1], &birth->entries[at], (birth->entry_count - at) * sizeof(*birth->entries));
	birth->entries[at] = (struct object_entry){.reader = *reader, .rights = OBJECT_READ | OBJECT_NAME};
	birth->entry_count++;
}

static void put_options(int *argc, char **argv, struct put *out_put)
{
	const char *const type = take_option(argc, argv, "--type");
	struct aid reader;

	memset(out_put, 0, sizeof(*out_put));
	struct object_record *const birth = &out_put->birth;
	birth->kind = OBJECT_BIRTH;
	birth->time_ns = now_ns();
	if (type != NULL && strlen(type) >= OBJECT_TYPE_MAX)
		misused("a type has at most %u characters", OBJECT_TYPE_MAX - 1u);
	if (type != NULL)
		strcpy(birth->type, type);
	const bool given_away = disk_person_option(argc, argv, "--owner", &birth->owner);
	while (disk_person_option(argc, argv, "--reader", &reader))
		reader_add(birth, &reader);
	key_option(argc, argv, &out_put->signer);
	birth->id.author = out_put->signer.aid;
	memcpy(birth->key, out_put->signer.key, SIGNATURE_KEY_SIZE);
	if (!given_away)
		birth->owner = out_put->signer.aid;
}

static size_t part_read(struct disk *disk, FILE *file, const char *path)
{
	const size_t size = fread(disk->part, 1, sizeof(disk->part), file);

	if (ferror(file))
		refuse("%s: %s", path, strerror(errno));
	return size;
}

/* The first part is read already. */
static status_t put_long(struct disk *disk, struct put *put, FILE *file, const char *path)
{
	struct object_upload upload;
	uint8_t hash[HASH_SIZE];
	size_t size = sizeof(disk->part);

	disk_need(disk, object_upload_begin(&disk->store, &upload), path);
	while (size > 0) {
		disk_make_room(disk);
		disk_need(disk, object_upload_part(&disk->store, &upload, disk->part, size), path);
		size = part_read(disk, file, path);
	}
	object_upload_address(&upload, hash);
	birth_sign(put, hash, upload.size);
	disk_make_room(disk);
	const status_t status = object_upload_finish(&disk->store, &upload, put->bytes, put->size);
	if (status != STATUS_OK)
		disk_need(disk, object_upload_cancel(&disk->store, &upload), path);
	return status;
}

static status_t put_file(struct disk *disk, struct put *put, FILE *file, const char *path)
{
	uint8_t hash[HASH_SIZE];
	const size_t size = part_read(disk, file, path);
	const int more = size == sizeof(disk->part) ? getc(file) : EOF;

	if (more != EOF) {
		ungetc(more, file);
		return put_long(disk, put, file, path);
	}
	hash_bytes(disk->part, size, hash);
	birth_sign(put, hash, size);
	return object_put(&disk->store, disk->part, size, put->bytes, put->size);
}

int disk_put(const struct disk_place *place, int argc, char **argv)
{
	const char *const name = take_option(&argc, argv, "--name");
	char hash[2 * HASH_SIZE + 1];
	struct put put;

	put_options(&argc, argv, &put);
	need_words(argc, argv, 1, 1);
	if (name != NULL)
		need_name(name);
	FILE *const file = strcmp(argv[0], "-") == 0 ? stdin : fopen(argv[0], "rb");
	if (file == NULL)
		refuse("%s: %s", argv[0], strerror(errno));
	struct disk *const disk = disk_open(place, true);
	const status_t status = put_file(disk, &put, file, argv[0]);
	if (status != STATUS_BUSY) /* this author's object of this content is here: that is what was wanted */
		disk_need(disk, status, argv[0]);
	disk_commit(disk);
	disk_reclaim(disk);
	hex_of_bytes(put.birth.id.hash, HASH_SIZE, hash);
	printf("%s%s\n", hash, status == STATUS_BUSY ? " was here already, as you made it then" : "");
	if (name != NULL)
		name_set(disk, &put.signer, name, &put.birth.id);
	secret_wipe(&put.signer, sizeof(put.signer));
	if (file != stdin)
		fclose(file);
	disk_close(disk);
	return 0;
}
