/* SPDX-License-Identifier: MPL-2.0 */
/* Looking through what there is, and finding the one object that a few digits mean. */
#include "store_priv.h"
#include <lib/identity.h>
#include <lib/string.h>

static int id_compare(const struct object_id *a, const struct object_id *b)
{
	const int hashes = memcmp(a->hash, b->hash, HASH_SIZE);

	return hashes != 0 ? hashes : memcmp(a->author.bytes, b->author.bytes, AID_SIZE);
}

static bool is_printable(const char *text, size_t size)
{
	size_t length = 0;

	while (length < size && text[length] > ' ' && text[length] <= '~')
		length++;
	return length < size && text[length] == '\0';
}

/* The next row, or where to go on. A store that goes back would have us ask for ever. */
static status_t list_step(struct store_client *client, bool own, const struct object_id *cursor, uint64_t on,
                          struct store_list_rep *out_reply)
{
	struct store_list_req request = {.listing = own ? STORE_LIST_OWN : STORE_LIST_KNOWN, .on = on};
	struct store_question question = {STORE_QUESTION(STORE_LIST, request, *out_reply)};
	struct object_id id;

	store_id_of(cursor, &request.cursor);
	if (own)
		request.who = client->aid;
	const status_t status = store_ask(client, &question);
	if (status != STATUS_OK)
		return status;
	if (out_reply->on != 0)
		return out_reply->on > on ? STATUS_OK : STATUS_DAMAGED;
	store_id_to(&out_reply->row.id, &id);
	return id_compare(&id, cursor) > 0 && is_printable(out_reply->row.type, sizeof(out_reply->row.type)) ?
	               STATUS_OK :
	               STATUS_DAMAGED;
}

status_t store_client_list(struct store_client *client, bool own, const struct object_id *cursor,
                           struct store_row *out_row)
{
	struct store_list_rep reply = {.on = 0};
	status_t status;

	do
		status = list_step(client, own, cursor, reply.on, &reply);
	while (status == STATUS_OK && reply.on != 0);
	if (status == STATUS_OK)
		*out_row = reply.row;
	return status;
}

/* ---- a few digits ---- */
struct prefix {
	uint8_t bytes[HASH_SIZE]; /* the rest zero */
	size_t digits;
};

static bool digit_value(char digit, uint8_t *out_value)
{
	if (digit >= '0' && digit <= '9')
		*out_value = (uint8_t)(digit - '0');
	else if (digit >= 'a' && digit <= 'f')
		*out_value = (uint8_t)(digit - 'a' + 10);
	else
		return false;
	return true;
}

static bool prefix_read(const char *digits, struct prefix *out_prefix)
{
	const size_t count = strnlen(digits, 2u * HASH_SIZE + 1u);
	uint8_t value;

	*out_prefix = (struct prefix){.digits = count};
	if (count == 0 || count > 2u * HASH_SIZE)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!digit_value(digits[i], &value))
			return false;
		out_prefix->bytes[i / 2u] |= (uint8_t)(i % 2u == 0 ? value << 4 : value);
	}
	return true;
}

static bool begins_with(const uint8_t hash[HASH_SIZE], const struct prefix *prefix)
{
	if (memcmp(hash, prefix->bytes, prefix->digits / 2u) != 0)
		return false;
	return prefix->digits % 2u == 0 || hash[prefix->digits / 2u] >> 4 == prefix->bytes[prefix->digits / 2u] >> 4;
}

/* The first in a listing that fits. BUSY: another content fits too. */
static status_t first_of(struct store_client *client, bool own, const struct prefix *prefix, struct object_id *out_id)
{
	struct object_id cursor = {.hash = {0}};
	struct store_row row;

	memcpy(cursor.hash, prefix->bytes, HASH_SIZE);
	status_t status = store_client_list(client, own, &cursor, &row);
	if (status != STATUS_OK || !begins_with(row.id.hash, prefix))
		return status == STATUS_OK ? STATUS_NOT_FOUND : status;
	store_id_to(&row.id, out_id);
	/* Past all authors of this content. */
	memcpy(cursor.hash, row.id.hash, HASH_SIZE);
	memset(cursor.author.bytes, 0xff, AID_SIZE);
	status = store_client_list(client, own, &cursor, &row);
	if (status == STATUS_OK && begins_with(row.id.hash, prefix))
		return STATUS_BUSY;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* One's own of this content, if there is one. */
static status_t prefer_own(struct store_client *client, struct object_id *id)
{
	struct store_find_req request;
	struct store_find_rep reply;
	struct store_question question = {STORE_QUESTION(STORE_FIND, request, reply)};

	if (aid_equal(&id->author, &client->aid))
		return STATUS_OK;
	store_id_of(id, &request.id);
	request.id.author = client->aid;
	const status_t status = store_ask(client, &question);
	if (status == STATUS_OK || status == STATUS_DENIED) /* there, though it was given away */
		id->author = client->aid;
	return status == STATUS_DENIED || status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

status_t store_client_resolve(struct store_client *client, const char *digits, struct object_id *out_id)
{
	struct object_id own, known;
	struct prefix prefix;

	if (!prefix_read(digits, &prefix))
		return STATUS_INVALID;
	const status_t of_own = first_of(client, true, &prefix, &own);
	if (of_own != STATUS_OK && of_own != STATUS_NOT_FOUND)
		return of_own;
	const status_t of_known = first_of(client, false, &prefix, &known);
	if (of_known != STATUS_OK && (of_known != STATUS_NOT_FOUND || of_own != STATUS_OK))
		return of_known;
	if (of_own == STATUS_OK && of_known == STATUS_OK && !hash_equal(own.hash, known.hash))
		return STATUS_BUSY;
	if (of_own == STATUS_OK && (of_known != STATUS_OK || id_compare(&own, &known) < 0))
		known = own;
	const status_t status = prefer_own(client, &known);
	if (status == STATUS_OK)
		*out_id = known;
	return status;
}
