/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a client may see: objects, their content, listings. */
#include "store.h"
#include <lib/identity.h>
#include <lib/string.h>

#define LOOKS_MAX 64u /* objects looked at for one answer */

uint64_t reads_answered;

static void id_from(const struct store_id *id, struct object_id *out_id)
{
	memcpy(out_id->hash, id->hash, HASH_SIZE);
	out_id->author = id->author;
}

static void id_to(const struct object_id *id, struct store_id *out_id)
{
	memcpy(out_id->hash, id->hash, HASH_SIZE);
	out_id->author = id->author;
}

/* The object, and what the client may do with it; NOT_FOUND also if that is nothing. */
static status_t look(const struct client *client, const struct object_id *id, struct object *out_object,
                     uint32_t *out_rights)
{
	const status_t status = object_find(&objects, id, out_object);

	if (status != STATUS_OK)
		return status;
	*out_rights = client_rights(client, out_object);
	return *out_rights == 0 ? STATUS_NOT_FOUND : STATUS_OK;
}

/* By whichever author: the first whose object may be read, or else the first that is known. */
static status_t author_find(const struct client *client, struct object_id *id)
{
	struct object_id cursor = *id, known;
	struct object object;
	uint32_t rights;
	bool found = false;

	for (uint32_t i = 0; i < LOOKS_MAX; i++) {
		const status_t status = object_next(&objects, NULL, &cursor, &cursor);

		if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !hash_equal(cursor.hash, id->hash)))
			break;
		if (status != STATUS_OK)
			return status;
		if (look(client, &cursor, &object, &rights) != STATUS_OK || (found && (rights & OBJECT_READ) == 0))
			continue;
		known = cursor;
		found = true;
		if ((rights & OBJECT_READ) != 0)
			break;
	}
	if (!found)
		return STATUS_NOT_FOUND;
	*id = known;
	return STATUS_OK;
}

status_t store_find_serve(struct service_call *call, const struct store_find_req *request,
                          struct store_find_rep *reply)
{
	struct client *client;
	struct object object;
	struct object_id id;
	const uint8_t *history;
	uint32_t rights;
	size_t size;
	status_t status = client_of(call, &client);

	id_from(&request->id, &id);
	if (status == STATUS_OK && aid_is_anonymous(&id.author))
		status = author_find(client, &id);
	if (status == STATUS_OK)
		status = look(client, &id, &object, &rights);
	if (status == STATUS_OK && (rights & OBJECT_READ) == 0)
		status = STATUS_DENIED;
	if (status == STATUS_OK)
		status = object_history(&objects, &id, &history, &size);
	if (status != STATUS_OK)
		return status;
	memcpy(client->window, history, size);
	id_to(&id, &reply->id);
	reply->history_size = size;
	reply->rights = rights;
	return STATUS_OK;
}

status_t store_read_serve(struct service_call *call, const struct store_read_req *request,
                          struct store_read_rep *reply)
{
	struct client *client;
	struct object object;
	struct object_id id;
	uint32_t rights;
	size_t size;
	status_t status = client_of(call, &client);

	id_from(&request->id, &id);
	if (status == STATUS_OK)
		status = look(client, &id, &object, &rights);
	if (status == STATUS_OK && (rights & OBJECT_READ) == 0)
		status = STATUS_DENIED;
	if (status != STATUS_OK)
		return status;
	if (!hash_equal(client->reader.hash, id.hash) || client->reader.size != object.birth.size)
		object_reader_begin(&client->reader, &object);
	status = object_read(&objects, &client->reader, request->index, part_bytes, &size);
	if (status != STATUS_OK)
		return status;
	memcpy(client->window, part_bytes, size);
	reply->size = size;
	reads_answered++;
	return STATUS_OK;
}

static void row_fill(struct store_row *row, const struct object *object, uint32_t rights)
{
	memset(row, 0, sizeof *row);
	id_to(&object->birth.id, &row->id);
	row->owner = object->owner;
	row->rights = rights;
	if ((rights & OBJECT_READ) == 0)
		return;
	row->size = object->birth.size;
	row->time_ns = object->birth.time_ns;
	row->transfers = object->transfers;
	row->entries = object->birth.entry_count;
	memcpy(row->type, object->birth.type, sizeof row->type);
}

_Static_assert(STORE_TYPE_MAX == OBJECT_TYPE_MAX && STORE_NAME_MAX == OBJECT_NAME_MAX, "as they are signed");

status_t store_list_serve(struct service_call *call, const struct store_list_req *request,
                          struct store_list_rep *reply)
{
	const bool own = request->listing == STORE_LIST_OWN;
	struct object_id cursor;
	struct object object;
	struct client *client;
	uint32_t rights;
	status_t status = client_of(call, &client);

	memset(reply, 0, sizeof *reply);
	if (status == STATUS_OK && !own && (request->listing != STORE_LIST_KNOWN || !aid_is_anonymous(&request->who)))
		status = STATUS_INVALID;
	if (status == STATUS_OK && own && !client_is(client, &request->who))
		status = STATUS_DENIED;
	if (status != STATUS_OK)
		return status;
	if (request->on != 0 && request->on == client->listing.on)
		cursor = client->listing.reached;
	else
		id_from(&request->cursor, &cursor);
	for (uint32_t i = 0; status == STATUS_OK && i < LOOKS_MAX; i++) {
		status = object_next(&objects, own ? &request->who : NULL, &cursor, &cursor);
		if (status != STATUS_OK)
			return status;
		status = look(client, &cursor, &object, &rights);
		if (status == STATUS_OK && (rights & OBJECT_NAME) != 0) {
			row_fill(&reply->row, &object, rights);
			return STATUS_OK;
		}
		status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
	}
	if (status != STATUS_OK)
		return status;
	client->listing.reached = cursor;
	reply->on = client->listing.on = ++client->on;
	return STATUS_OK;
}
