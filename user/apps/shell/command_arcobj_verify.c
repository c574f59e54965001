/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * arcobj verify: every signature, link and byte, judged here: the store is asked for
 * records and contents, not for its opinion.
 */
#include "arcobj.h"
#include <lib/string.h>
#include <lib/text.h>

#define STOPPED STATUS_CHANGED

static struct {
	uint64_t objects, names, records, bytes, wrong;
} seen;

static status_t count_bytes(void *context, uint64_t offset, const uint8_t *bytes, size_t size)
{
	(void)context;
	(void)offset;
	(void)bytes;
	seen.bytes += size;
	progress_bytes("verifying", seen.bytes, 0);
	return progress_wanted() ? STATUS_OK : STOPPED;
}

static status_t object_verify_one(const struct object_id *id, struct object *out_object)
{
	status_t status = store_client_find(arcobj_store, id, out_object, NULL);

	if (status == STATUS_OK)
		status = store_client_get(arcobj_store, out_object, count_bytes, NULL);
	return status;
}

static int one(const char *word)
{
	struct object_id id;
	struct object object;
	char hash[SHOW_MAX], size[SHOW_MAX];

	if (!arcobj_find(word, &id))
		return 1;
	const status_t status = object_verify_one(&id, &object);
	progress_end();
	if (status == STOPPED)
		return arcobj_interrupted(word);
	if (status == STATUS_DENIED)
		return arcobj_denied(&id, "read");
	if (status != STATUS_OK)
		return arcobj_failed(word, status);
	print("%s: sound: birth and %u transfer%s signed, %s of content match the hash\n", arcobj_show_hash(hash, id.hash),
	      object.transfers, text_plural(object.transfers), show_size(size, object.birth.size));
	return 0;
}

/* ---- all ---- */
static void wrong(const char *what, status_t status)
{
	progress_end();
	(void)arcobj_failed(what, status);
	seen.wrong++;
	progress_begin();
}

/* Of all that may be read. What disappears meanwhile was not there. */
static status_t objects_verify(void)
{
	struct object_id cursor = {.hash = {0}};
	struct store_row row;
	struct object object;
	char hash[SHOW_MAX];
	status_t status;

	while ((status = store_client_list(arcobj_store, false, &cursor, &row)) == STATUS_OK) {
		store_id_to(&row.id, &cursor);
		if (!progress_wanted())
			return STOPPED;
		if ((row.rights & OBJECT_READ) == 0)
			continue;
		status = object_verify_one(&cursor, &object);
		if (status == STOPPED)
			return status;
		seen.objects += status == STATUS_OK;
		if (status != STATUS_OK && status != STATUS_NOT_FOUND && status != STATUS_DENIED)
			wrong(arcobj_show_hash(hash, cursor.hash), status);
	}
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

bool arcobj_name_follows(const struct object_name *older, const struct object_name *name)
{
	uint8_t bytes[OBJECT_NAME_SIZE], digest[HASH_SIZE];

	return object_name_encode(older, bytes, digest) && hash_equal(digest, name->previous);
}

/* A name back to its first record. */
static status_t history_verify(struct object_name *name)
{
	struct object_name newer;
	status_t status = STATUS_OK;

	for (seen.records++; status == STATUS_OK && name->sequence > 1; seen.records++) {
		if (!progress_wanted())
			return STOPPED;
		progress_count("verifying names, record", seen.records, 0);
		newer = *name;
		status = store_client_name_get(arcobj_store, NULL, newer.name, newer.sequence - 1u, name);
		if (status == STATUS_OK && !arcobj_name_follows(name, &newer))
			status = STATUS_DAMAGED;
	}
	return status;
}

static status_t names_verify(void)
{
	struct object_name name;
	char cursor[OBJECT_NAME_MAX] = "";
	status_t status;

	while ((status = store_client_name_next(arcobj_store, NULL, cursor, &name)) == STATUS_OK) {
		string_copy(cursor, sizeof(cursor), name.name);
		status = history_verify(&name);
		if (status == STOPPED)
			return status;
		if (status == STATUS_OK)
			seen.names++;
		else
			wrong(cursor, status);
	}
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static int all(void)
{
	char size[SHOW_MAX];
	status_t status = objects_verify();

	if (status == STATUS_OK)
		status = names_verify();
	progress_end();
	if (status != STATUS_OK && status != STOPPED)
		return arcobj_failed("verify", status);
	print("%llu object%s of %s and %llu name%s of %llu record%s are sound; %llu %s not\n",
	      (unsigned long long)seen.objects, text_plural(seen.objects), show_size(size, seen.bytes),
	      (unsigned long long)seen.names, text_plural(seen.names), (unsigned long long)seen.records,
	      text_plural(seen.records), (unsigned long long)seen.wrong, seen.wrong == 1 ? "is" : "are");
	return status == STOPPED ? arcobj_interrupted("verify") : seen.wrong != 0;
}

int arcobj_verify(int argc, char **argv)
{
	if (argc > 2)
		return arcobj_usage(argv[0]);
	memset(&seen, 0, sizeof(seen));
	return argc == 1 || strcmp(argv[1], "ALL") == 0 ? all() : one(argv[1]);
}
