/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What comes from the store, verified. Bytes are copied out of the window before
 * anything is concluded from them: the store could change them in between.
 */
#include "store_priv.h"
#include <lib/identity.h>
#include <lib/string.h>

void store_id_of(const struct object_id *id, struct store_id *out_id)
{
	memcpy(out_id->hash, id->hash, sizeof(out_id->hash));
	out_id->author = id->author;
}

void store_id_to(const struct store_id *id, struct object_id *out_id)
{
	memcpy(out_id->hash, id->hash, sizeof(out_id->hash));
	out_id->author = id->author;
}

/* ---- the object ---- */
static status_t history_verify(const struct store_client *client, size_t size, struct object *out_object)
{
	uint8_t record[OBJECT_RECORD_MAX];
	status_t status = size != 0 && size <= OBJECT_HISTORY_MAX ? STATUS_OK : STATUS_DAMAGED;
	size_t taken;

	memset(out_object, 0, sizeof(*out_object));
	for (size_t at = 0; status == STATUS_OK && at < size; at += taken) {
		const size_t rest = size - at;

		memcpy(record, client->window + at, rest < sizeof(record) ? rest : sizeof(record));
		status = object_replay_next(out_object, record, rest, &taken);
	}
	return status == STATUS_OK ? STATUS_OK : STATUS_DAMAGED;
}

static bool is_asked_for(const struct object_id *asked, const struct object_id *given)
{
	return hash_equal(asked->hash, given->hash) &&
	       (aid_is_anonymous(&asked->author) || aid_equal(&asked->author, &given->author));
}

status_t store_find_verified(struct store_client *client, const struct object_id *id, struct object *out_object,
                             struct store_find_rep *out_reply)
{
	struct store_find_req request;
	struct store_question question = {STORE_QUESTION(STORE_FIND, request, *out_reply)};

	store_id_of(id, &request.id);
	status_t status = store_ask(client, &question);
	if (status == STATUS_OK)
		status = history_verify(client, out_reply->history_size, out_object);
	if (status == STATUS_OK && !is_asked_for(id, &out_object->birth.id))
		status = STATUS_DAMAGED;
	return status;
}

status_t store_client_find(struct store_client *client, const struct object_id *id, struct object *out_object,
                           uint64_t *out_rights)
{
	struct store_find_rep reply;
	const status_t status = store_find_verified(client, id, out_object, &reply);

	if (status == STATUS_OK && out_rights != NULL)
		*out_rights = reply.rights;
	return status;
}

status_t store_client_history(struct store_client *client, const struct object_id *id, const uint8_t **out_history,
                              size_t *out_size)
{
	struct store_find_rep reply;
	struct object object;
	const status_t status = store_find_verified(client, id, &object, &reply);

	if (status == STATUS_OK) {
		*out_history = client->window;
		*out_size = reply.history_size;
	}
	return status;
}

/* ---- its content ---- */
struct getting {
	store_sink *sink; /* NULL: only verify */
	void *context;
	struct hash hash;
	uint64_t offset;
};

/* A part that is in the window. */
static status_t part_give(const struct store_client *client, struct getting *getting, size_t size)
{
	uint8_t slice[STORE_SLICE];
	status_t status = STATUS_OK;

	for (size_t at = 0; status == STATUS_OK && at < size;) {
		const size_t some = size - at < sizeof(slice) ? size - at : sizeof(slice);

		memcpy(slice, client->window + at, some);
		hash_update(&getting->hash, slice, some);
		if (getting->sink != NULL)
			status = getting->sink(getting->context, getting->offset, slice, some);
		at += some;
		getting->offset += some;
	}
	return status;
}

static status_t part_get(struct store_client *client, const struct object *object, struct getting *getting)
{
	const uint64_t left = object->birth.size - getting->offset;
	const uint64_t size = left < STORE_PART_SIZE ? left : STORE_PART_SIZE;
	struct store_read_req request = {.index = getting->offset / STORE_PART_SIZE};
	struct store_read_rep reply;
	struct store_question question = {STORE_QUESTION(STORE_READ, request, reply)};

	store_id_of(&object->birth.id, &request.id);
	const status_t status = store_ask(client, &question);
	if (status != STATUS_OK)
		return status;
	return reply.size == size ? part_give(client, getting, (size_t)size) : STATUS_DAMAGED;
}

/* An empty content has one part too, of no bytes: whether it may be read is asked all the same. */
status_t store_client_get(struct store_client *client, const struct object *object, store_sink *sink, void *context)
{
	struct getting getting = {.sink = sink, .context = context};
	uint8_t digest[HASH_SIZE];
	status_t status;

	hash_begin(&getting.hash);
	do
		status = part_get(client, object, &getting);
	while (status == STATUS_OK && getting.offset < object->birth.size);
	if (status != STATUS_OK)
		return status;
	hash_end(&getting.hash, digest, sizeof(digest));
	return hash_equal(digest, object->birth.id.hash) ? STATUS_OK : STATUS_DAMAGED;
}
