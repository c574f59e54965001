/* SPDX-License-Identifier: MPL-2.0 */
/* Names: each record verified, and a new one made on the newest. */
#include "store_priv.h"
#include <lib/identity.h>
#include <lib/string.h>
#include <os/keys.h>

#define RACES_MAX 4u

_Static_assert(STORE_NAME_MAX == OBJECT_NAME_MAX, "a name is as long here as there");

/* The record that the store put into the window, copied before it is verified. */
static status_t record_take(const struct store_client *client, uint64_t size, const struct aid *owner,
                            const char *name, uint8_t out_bytes[OBJECT_NAME_SIZE], struct object_name *out_name)
{
	if (size != OBJECT_NAME_SIZE)
		return STATUS_DAMAGED;
	memcpy(out_bytes, client->window, OBJECT_NAME_SIZE);
	if (object_name_decode(out_bytes, OBJECT_NAME_SIZE, out_name) != STATUS_OK)
		return STATUS_DAMAGED;
	return aid_equal(&out_name->owner, owner) && strcmp(out_name->name, name) == 0 ? STATUS_OK : STATUS_DAMAGED;
}

static status_t record_get(struct store_client *client, const struct aid *owner, const char *name, uint64_t sequence,
                           uint8_t out_bytes[OBJECT_NAME_SIZE], struct object_name *out_name)
{
	struct store_name_get_req request = {.owner = *owner, .sequence = sequence};
	struct store_name_get_rep reply;
	struct store_question question = {STORE_QUESTION(STORE_NAME_GET, request, reply)};

	if (!object_name_valid(name))
		return STATUS_INVALID;
	string_copy(request.name, sizeof(request.name), name);
	status_t status = store_ask(client, &question);
	if (status == STATUS_OK)
		status = record_take(client, reply.record_size, owner, name, out_bytes, out_name);
	if (status == STATUS_OK && sequence != 0 && out_name->sequence != sequence)
		status = STATUS_DAMAGED;
	return status;
}

status_t store_client_name_get(struct store_client *client, const struct aid *owner, const char *name,
                               uint64_t sequence, struct object_name *out_name)
{
	uint8_t bytes[OBJECT_NAME_SIZE];

	return record_get(client, owner != NULL ? owner : &client->aid, name, sequence, bytes, out_name);
}

/* ---- the next one ---- */
static status_t name_step(struct store_client *client, const struct aid *owner, const char *cursor, uint64_t on,
                          struct store_name_next_rep *out_reply, struct object_name *out_name)
{
	struct store_name_next_req request = {.owner = *owner, .on = on};
	struct store_question question = {STORE_QUESTION(STORE_NAME_NEXT, request, *out_reply)};
	uint8_t bytes[OBJECT_NAME_SIZE];

	string_copy(request.cursor, sizeof(request.cursor), cursor);
	const status_t status = store_ask(client, &question);
	if (status != STATUS_OK)
		return status;
	/* Going back, it would have us ask for ever. */
	if (out_reply->on != 0)
		return out_reply->on > on ? STATUS_OK : STATUS_DAMAGED;
	out_reply->name[STORE_NAME_MAX - 1u] = '\0';
	if (strcmp(out_reply->name, cursor) <= 0)
		return STATUS_DAMAGED;
	return record_take(client, out_reply->record_size, owner, out_reply->name, bytes, out_name);
}

status_t store_client_name_next(struct store_client *client, const struct aid *owner, const char *cursor,
                                struct object_name *out_name)
{
	struct store_name_next_rep reply = {.on = 0};
	status_t status;

	if (strnlen(cursor, STORE_NAME_MAX) == STORE_NAME_MAX)
		return STATUS_INVALID;
	do
		status = name_step(client, owner != NULL ? owner : &client->aid, cursor, reply.on, &reply, out_name);
	while (status == STATUS_OK && reply.on != 0);
	return status;
}

/* ---- setting one ---- */
/* What the next record of this name begins with; NOT_FOUND: nothing is pointed to, and so nothing to be removed. */
static status_t follow(struct store_client *client, const char *text, bool removes, struct object_name *out_name)
{
	uint8_t bytes[OBJECT_NAME_SIZE];
	struct object_name newest;
	const status_t status = record_get(client, &client->aid, text, 0, bytes, &newest);

	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	if (removes && (status == STATUS_NOT_FOUND || newest.removed))
		return STATUS_NOT_FOUND;
	*out_name = (struct object_name){.owner = client->aid, .sequence = 1, .removed = removes, .time_ns = store_time()};
	string_copy(out_name->name, sizeof(out_name->name), text);
	memcpy(out_name->key, client->key, sizeof(out_name->key));
	if (status == STATUS_OK) {
		out_name->sequence = newest.sequence + 1u;
		object_name_digest(bytes, out_name->previous);
	}
	return STATUS_OK;
}

static status_t set_ask(struct store_client *client, const struct object_name *name)
{
	const struct store_name_set_req request = {.record_size = OBJECT_NAME_SIZE};
	struct store_name_set_rep reply;
	uint8_t bytes[OBJECT_NAME_SIZE], digest[HASH_SIZE];
	struct store_question question = {
		STORE_QUESTION(STORE_NAME_SET, request, reply), .record = bytes, .record_size = sizeof(bytes)};

	if (!object_name_encode(name, bytes, digest))
		return STATUS_INVALID;
	const status_t status = store_sign(client, KEYS_PURPOSE_NAME, digest, bytes + OBJECT_NAME_SIZE - SIGNATURE_SIZE);
	return status == STATUS_OK ? store_ask(client, &question) : status;
}

status_t store_client_name_set(struct store_client *client, const char *name, const struct object_id *target)
{
	struct object_name next;
	status_t status = STATUS_OUTDATED;

	for (uint32_t i = 0; i < RACES_MAX && status == STATUS_OUTDATED; i++) {
		status = follow(client, name, target == NULL, &next);
		if (status == STATUS_OK && target != NULL)
			next.target = *target;
		if (status == STATUS_OK)
			status = set_ask(client, &next);
	}
	return status;
}
