/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Contents on their way to the store, slice by slice through memory of one's own:
 * what is hashed, and so signed, is what the source gave, whatever becomes of the
 * window. A store that was restarted gets all of it again, and the same birth.
 */
#include "store_priv.h"
#include <lib/string.h>
#include <os/time.h>

struct putting {
	store_source *source;
	void *context;
	const struct store_birth *birth;
	uint64_t time_ns; /* of the birth: it is the same however often it is sent */
	uint64_t upload;
	struct hash hash;
	uint64_t size;    /* given by the source, and hashed */
	size_t part;      /* bytes of it in the window */
	bool ended;       /* there is no more than `size` */
	bool made;        /* the store had no such object */
};

/* ---- the source ---- */
static void begin(struct putting *putting)
{
	hash_begin(&putting->hash);
	putting->size = 0;
	putting->ended = false;
}

static status_t slice_get(struct putting *putting, uint8_t *out_bytes, size_t room, size_t *out_size)
{
	const status_t status = putting->source(putting->context, putting->size, out_bytes, room, out_size);

	if (status == STATUS_OK && *out_size > room)
		return STATUS_INVALID;
	putting->ended = *out_size < room;
	return status;
}

/* The next part into the window; `ended` is known when it is there. */
static status_t part_fill(struct store_client *client, struct putting *putting)
{
	uint8_t slice[STORE_SLICE];
	size_t size = 0;
	status_t status = STATUS_OK;

	putting->part = 0;
	while (status == STATUS_OK && putting->part < STORE_PART_SIZE && !putting->ended) {
		status = slice_get(putting, slice, sizeof(slice), &size);
		if (status != STATUS_OK)
			return status;
		hash_update(&putting->hash, slice, size);
		memcpy(client->window + putting->part, slice, size);
		putting->part += size;
		putting->size += size;
	}
	return putting->ended ? STATUS_OK : slice_get(putting, slice, 1, &size);
}

/* ---- the birth ---- */
/* Entries in any order become ascending ones. */
static void entry_insert(struct object_record *record, const struct object_entry *entry)
{
	uint32_t at = record->entry_count++;

	for (; at > 0 && memcmp(record->entries[at - 1u].reader.bytes, entry->reader.bytes, AID_SIZE) > 0; at--)
		record->entries[at] = record->entries[at - 1u];
	record->entries[at] = *entry;
}

static status_t birth_write(const struct store_birth *birth, struct object_record *record)
{
	if (birth == NULL)
		return STATUS_OK;
	if (birth->type != NULL && string_copy(record->type, sizeof(record->type), birth->type) >= sizeof(record->type))
		return STATUS_INVALID;
	if (birth->parent != NULL)
		record->parent = *birth->parent;
	if (birth->entry_count > OBJECT_ENTRIES_MAX)
		return STATUS_INVALID;
	for (uint32_t i = 0; i < birth->entry_count; i++)
		entry_insert(record, &birth->entries[i]);
	return STATUS_OK;
}

static status_t birth_make(struct store_client *client, const struct putting *putting, struct object_id *out_id,
                           uint8_t out_bytes[OBJECT_RECORD_MAX], size_t *out_size)
{
	struct object_record record = {
		.kind = OBJECT_BIRTH, .size = putting->size, .time_ns = putting->time_ns, .owner = client->aid};
	const status_t status = birth_write(putting->birth, &record);

	if (status != STATUS_OK)
		return status;
	record.id.author = client->aid;
	hash_end(&putting->hash, record.id.hash, HASH_SIZE);
	*out_id = record.id;
	return store_record_sign(client, &record, out_bytes, out_size);
}

/* All of it is one part, in the window. */
static status_t put_short(struct store_client *client, struct putting *putting, struct object_id *out_id)
{
	uint8_t record[OBJECT_RECORD_MAX];
	size_t size;
	const status_t status = birth_make(client, putting, out_id, record, &size);

	if (status != STATUS_OK)
		return status;
	const struct store_put_req request = {.size = (uint32_t)putting->part, .record_size = (uint32_t)size};
	struct store_put_rep reply;
	struct store_question question = {STORE_QUESTION(STORE_PUT, request, reply), .record = record, .record_size = size};
	const status_t asked = store_ask_once(client, &question, time_after(STORE_PATIENCE_NS));
	putting->made = asked == STATUS_OK && reply.made != 0;
	return asked;
}

/* ---- contents of more than one part ---- */
/* The store does not know this upload (any more). */
static status_t given_up(status_t status)
{
	return status == STATUS_NOT_FOUND ? STATUS_CLOSED : status;
}

static status_t upload_begin(struct store_client *client, const struct putting *putting, uint64_t *out_offset)
{
	const struct store_upload_begin_req request = {.upload = putting->upload};
	struct store_upload_begin_rep reply;
	struct store_question question = {STORE_QUESTION(STORE_UPLOAD_BEGIN, request, reply)};
	const status_t status = store_ask_once(client, &question, time_after(STORE_PATIENCE_NS));

	if (status == STATUS_OK)
		*out_offset = reply.offset;
	return status;
}

static status_t part_send(struct store_client *client, const struct putting *putting)
{
	const struct store_upload_part_req request = {
		.upload = putting->upload, .offset = putting->size - putting->part, .size = putting->part};
	struct store_upload_part_rep reply;
	struct store_question question = {STORE_QUESTION(STORE_UPLOAD_PART, request, reply)};

	return given_up(store_ask_once(client, &question, time_after(STORE_PATIENCE_NS)));
}

static status_t upload_finish(struct store_client *client, struct putting *putting, struct object_id *out_id)
{
	uint8_t record[OBJECT_RECORD_MAX];
	size_t size;
	const status_t status = birth_make(client, putting, out_id, record, &size);

	if (status != STATUS_OK)
		return status;
	const struct store_upload_finish_req request = {.upload = putting->upload, .record_size = size};
	struct store_upload_finish_rep reply;
	struct store_question question = {
		STORE_QUESTION(STORE_UPLOAD_FINISH, request, reply), .record = record, .record_size = size};
	const status_t asked = store_ask_once(client, &question, time_after(STORE_PATIENCE_NS));
	putting->made = asked == STATUS_OK && reply.made != 0;
	return given_up(asked);
}

static void upload_cancel(struct store_client *client, const struct putting *putting)
{
	const struct store_upload_cancel_req request = {.upload = putting->upload};
	struct store_upload_cancel_rep reply;
	struct store_question question = {STORE_QUESTION(STORE_UPLOAD_CANCEL, request, reply)};

	if (client->memory != HANDLE_NONE)
		(void)!store_ask_once(client, &question, time_after(STORE_PATIENCE_NS));
}

/* The first part is in the window. What the store has from before is hashed again, not sent again. */
static status_t upload(struct store_client *client, struct putting *putting, struct object_id *out_id)
{
	uint64_t has = 0;
	status_t status = upload_begin(client, putting, &has);

	while (status == STATUS_OK) {
		if (putting->size > has)
			status = part_send(client, putting);
		if (status != STATUS_OK || putting->ended)
			break;
		status = part_fill(client, putting);
	}
	if (status == STATUS_OK)
		status = upload_finish(client, putting, out_id);
	if (status != STATUS_OK && !store_is_new(status))
		upload_cancel(client, putting);
	return status;
}

/* ---- all of it ---- */
static status_t put_once(struct store_client *client, struct putting *putting, struct object_id *out_id)
{
	status_t status = store_session(client, time_after(STORE_PATIENCE_NS));

	begin(putting);
	if (status == STATUS_OK)
		status = part_fill(client, putting);
	if (status != STATUS_OK)
		return status;
	return putting->ended ? put_short(client, putting, out_id) : upload(client, putting, out_id);
}

status_t store_client_put_from(struct store_client *client, store_source *source, void *context,
                               const struct store_birth *birth, struct object_id *out_id)
{
	struct putting putting = {.source = source,
	                          .context = context,
	                          .birth = birth,
	                          .time_ns = store_time(),
	                          .upload = ++client->uploads};

	for (uint32_t i = 0; i < STORE_ATTEMPTS_MAX; i++) {
		const status_t status = put_once(client, &putting, out_id);

		/* Asked anew, what is there may be our own, which a store made and had no time to tell of. */
		if (status == STATUS_OK && !putting.made && i == 0)
			return STATUS_BUSY;
		if (!store_is_new(status))
			return status;
	}
	return STATUS_TIMED_OUT;
}

struct bytes {
	const uint8_t *bytes;
	size_t size;
};

static status_t from_memory(void *context, uint64_t offset, uint8_t *out_bytes, size_t room, size_t *out_size)
{
	const struct bytes *from = context;
	const size_t left = from->size - (size_t)offset;

	*out_size = left < room ? left : room;
	memcpy(out_bytes, from->bytes + offset, *out_size);
	return STATUS_OK;
}

status_t store_client_put(struct store_client *client, const void *content, size_t size,
                          const struct store_birth *birth, struct object_id *out_id)
{
	struct bytes from = {content, size};

	if (size > STORE_PART_SIZE)
		return STATUS_INVALID;
	return store_client_put_from(client, from_memory, &from, birth, out_id);
}
