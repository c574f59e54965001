/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names: set by their owner's session, told to whoever may be told of what they point to. */
#include "store.h"
#include <lib/identity.h>
#include <lib/string.h>

#define LOOKS_MAX 64u /* names looked at for one answer */

/* Is exactly this record kept already? */
static bool is_kept(const struct object_name *name, size_t size)
{
	struct object_name kept;

	return object_name_get(&objects, &name->owner, name->name, name->sequence, &kept) == STATUS_OK &&
	       size == OBJECT_NAME_SIZE && memcmp(objects.name, record_bytes, size) == 0;
}

status_t store_name_set_serve(struct service_call *call, const struct store_name_set_req *request,
                              struct store_name_set_rep *reply)
{
	struct object_name name;
	struct client *client;
	status_t status = client_signed(call, &client);

	if (status == STATUS_OK)
		status = client_record(client, request->record_size);
	if (status == STATUS_OK)
		status = object_name_decode(record_bytes, request->record_size, &name);
	if (status == STATUS_OK && !aid_equal(&name.owner, &client->aid))
		status = STATUS_DENIED;
	if (status != STATUS_OK)
		return status;
	if (is_kept(&name, request->record_size))
		return change_end(call, STATUS_OK, reply);
	status = change_begin();
	if (status != STATUS_OK)
		return status;
	return change_end(call, object_name_set(&objects, record_bytes, request->record_size), reply);
}

static bool may_know(const struct client *client, const struct object_name *name)
{
	struct object object;

	if (client_is(client, &name->owner))
		return true;
	return !name->removed && object_find(&objects, &name->target, &object) == STATUS_OK &&
	       client_rights(client, &object) != 0;
}

static bool is_terminated(const char text[STORE_NAME_MAX])
{
	return text[STORE_NAME_MAX - 1] == '\0';
}

/* The record that object_name_get or _next left in the store's buffer. */
static uint64_t give(const struct client *client, const uint8_t record[OBJECT_NAME_SIZE])
{
	memcpy(client->window, record, OBJECT_NAME_SIZE);
	return OBJECT_NAME_SIZE;
}

status_t store_name_get_serve(struct service_call *call, const struct store_name_get_req *request,
                              struct store_name_get_rep *reply)
{
	uint8_t record[OBJECT_NAME_SIZE];
	struct object_name name;
	struct client *client;
	status_t status = client_of(call, &client);

	if (status == STATUS_OK && !is_terminated(request->name))
		status = STATUS_INVALID;
	if (status == STATUS_OK)
		status = object_name_get(&objects, &request->owner, request->name, request->sequence, &name);
	if (status != STATUS_OK)
		return status;
	memcpy(record, objects.name, sizeof record);
	if (!may_know(client, &name))
		return STATUS_NOT_FOUND;
	reply->record_size = give(client, record);
	return STATUS_OK;
}

status_t store_name_next_serve(struct service_call *call, const struct store_name_next_req *request,
                               struct store_name_next_rep *reply)
{
	uint8_t record[OBJECT_NAME_SIZE];
	struct object_name name = {.sequence = 0};
	struct client *client;
	status_t status = client_of(call, &client);

	if (status == STATUS_OK && !is_terminated(request->cursor))
		status = STATUS_INVALID;
	if (status != STATUS_OK)
		return status;
	memset(reply, 0, sizeof *reply);
	const bool goes_on = request->on != 0 && request->on == client->naming.on;
	memcpy(name.name, goes_on ? client->naming.reached : request->cursor, sizeof name.name);
	for (uint32_t i = 0; i < LOOKS_MAX && reply->record_size == 0; i++) {
		status = object_name_next(&objects, &request->owner, name.name, &name);
		if (status != STATUS_OK)
			return status;
		memcpy(record, objects.name, sizeof record);
		if (may_know(client, &name))
			reply->record_size = give(client, record);
	}
	if (reply->record_size != 0) {
		memcpy(reply->name, name.name, sizeof reply->name);
		return STATUS_OK;
	}
	memcpy(client->naming.reached, name.name, sizeof name.name);
	reply->on = client->naming.on = ++client->on;
	return STATUS_OK;
}
