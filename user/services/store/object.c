/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What changes objects: births, uploads, records that follow, deletions. Each is signed by the session's own key. */
#include "store.h"
#include <lib/bytes.h>
#include <lib/identity.h>
#include <lib/string.h>
#include <os/audit_tell.h>

/* The record in record_bytes, by the session's key: DENIED else. */
static status_t record_of(const struct client *client, size_t size, struct object_record *out_record)
{
	struct aid signer;
	size_t taken;
	const status_t status = object_record_decode(record_bytes, size, out_record, &taken);

	if (status != STATUS_OK)
		return status;
	if (taken != size)
		return STATUS_INVALID;
	aid_of_key(out_record->key, &signer);
	return aid_equal(&signer, &client->aid) ? STATUS_OK : STATUS_DENIED;
}

static status_t record_take(const struct service_call *call, uint64_t size, struct client **out_client,
                            struct object_record *out_record)
{
	status_t status = client_signed(call, out_client);

	if (status == STATUS_OK)
		status = client_record(*out_client, size);
	return status == STATUS_OK ? record_of(*out_client, size, out_record) : status;
}

static bool is_here(const struct object_id *id)
{
	struct object object;

	return object_find(&objects, id, &object) == STATUS_OK;
}

status_t store_put_serve(struct service_call *call, const struct store_put_req *request, struct store_put_rep *reply)
{
	struct object_record birth;
	struct client *client;
	status_t status = record_take(call, request->record_size, &client, &birth);

	if (status == STATUS_OK)
		status = client_part(client, request->size);
	if (status == STATUS_OK)
		status = change_begin();
	if (status != STATUS_OK)
		return status;
	reply->made = !is_here(&birth.id);
	return change_end(call, object_put(&objects, part_bytes, request->size, record_bytes, request->record_size), reply);
}

/* ---- uploads: parts are answered at once, the whole when it is durable ---- */
static status_t upload_of(const struct service_call *call, uint64_t upload, struct client **out_client)
{
	const status_t status = client_signed(call, out_client);

	if (status != STATUS_OK)
		return status;
	if (upload == 0 || (*out_client)->upload_number != upload)
		return STATUS_NOT_FOUND;
	return STATUS_OK;
}

/* A part was lost with its transaction: from the beginning again. */
static status_t upload_status(struct client *client, status_t status)
{
	if (status != STATUS_GONE)
		return status;
	client_upload_end(client);
	return STATUS_NOT_FOUND;
}

status_t store_upload_begin_serve(struct service_call *call, const struct store_upload_begin_req *request,
                                  struct store_upload_begin_rep *reply)
{
	struct client *client;
	status_t status = client_signed(call, &client);

	if (status == STATUS_OK && request->upload == 0)
		status = STATUS_INVALID;
	if (status != STATUS_OK)
		return status;
	if (client->upload_number != request->upload) {
		client_upload_end(client);
		status = change_begin();
		if (status == STATUS_OK)
			status = object_upload_begin(&objects, &client->upload);
		if (status != STATUS_OK)
			return change_end(call, status, reply);
		client->upload_number = request->upload;
	}
	reply->offset = client->upload.size;
	return STATUS_OK;
}

status_t store_upload_part_serve(struct service_call *call, const struct store_upload_part_req *request,
                                 struct store_upload_part_rep *reply)
{
	struct client *client;
	status_t status = upload_of(call, request->upload, &client);

	if (status == STATUS_OK && request->size > STORE_PART_SIZE)
		status = STATUS_INVALID;
	if (status != STATUS_OK)
		return status;
	const uint64_t have = client->upload.size;
	reply->offset = have;
	if (request->offset < have)
		return request->size <= have - request->offset ? STATUS_OK : STATUS_INVALID;
	if (request->offset > have)
		return STATUS_INVALID;
	status = client_part(client, request->size);
	if (status == STATUS_OK)
		status = change_begin();
	if (status == STATUS_OK)
		status = object_upload_part(&objects, &client->upload, part_bytes, request->size);
	if (status != STATUS_OK)
		return upload_status(client, change_end(call, status, reply));
	changes_made++;
	service_has_work();
	reply->offset = client->upload.size;
	return STATUS_OK;
}

status_t store_upload_finish_serve(struct service_call *call, const struct store_upload_finish_req *request,
                                   struct store_upload_finish_rep *reply)
{
	struct object_record birth;
	struct client *client;
	status_t status = upload_of(call, request->upload, &client);

	if (status == STATUS_OK)
		status = record_take(call, request->record_size, &client, &birth);
	if (status == STATUS_OK)
		status = change_begin();
	if (status != STATUS_OK)
		return status;
	reply->made = !is_here(&birth.id);
	status = object_upload_finish(&objects, &client->upload, record_bytes, request->record_size);
	if (status == STATUS_OK) {
		client->upload_number = 0;
		reclaim_wanted = reclaim_wanted || !reply->made;
	}
	return upload_status(client, change_end(call, status, reply));
}

status_t store_upload_cancel_serve(struct service_call *call, const struct store_upload_cancel_req *request,
                                   struct store_upload_cancel_rep *reply)
{
	struct client *client;
	const status_t status = upload_of(call, request->upload, &client);

	(void)reply;
	if (status == STATUS_OK)
		client_upload_end(client);
	return status;
}

/* ---- what an owner does ---- */
/* The object that the record is about. NOT_FOUND also: the client must not be told of it. DENIED: it is not its owner's. */
static status_t owned(const struct client *client, const struct object_record *record)
{
	struct object object;
	const status_t status = object_find(&objects, &record->id, &object);

	if (status != STATUS_OK)
		return status;
	if (aid_equal(&object.owner, &client->aid))
		return STATUS_OK;
	return client_rights(client, &object) == 0 ? STATUS_NOT_FOUND : STATUS_DENIED;
}

/* Is the newest record of the object's history exactly this one? Then the answer was lost, not the question. */
static bool is_newest(const struct object_id *id, size_t size)
{
	const uint8_t *history;
	size_t length;

	return object_history(&objects, id, &history, &length) == STATUS_OK && length > size &&
	       memcmp(history + length - size, record_bytes, size) == 0;
}

status_t store_amend_serve(struct service_call *call, const struct store_amend_req *request,
                           struct store_amend_rep *reply)
{
	struct object_record record;
	struct client *client;
	status_t status = record_take(call, request->record_size, &client, &record);

	if (status != STATUS_OK)
		return status;
	if (is_newest(&record.id, request->record_size))
		return change_end(call, STATUS_OK, reply); /* durable with what is open, if it is not yet */
	status = owned(client, &record);
	if (status == STATUS_OK)
		status = change_begin();
	if (status != STATUS_OK)
		return status;
	return change_end(call, object_amend(&objects, record_bytes, request->record_size), reply);
}

status_t store_delete_serve(struct service_call *call, const struct store_delete_req *request,
                            struct store_delete_rep *reply)
{
	struct object_record record;
	struct client *client;
	uint64_t freed;
	status_t status = record_take(call, request->record_size, &client, &record);

	if (status == STATUS_OK)
		status = owned(client, &record);
	if (status == STATUS_OK)
		status = change_begin();
	if (status != STATUS_OK)
		return status;
	status = object_delete(&objects, record_bytes, request->record_size, &freed);
	if (status == STATUS_OK) {
		reclaim_wanted = true;
		audit_tell(AUDIT_OBJECT_DELETED, client->process, bytes_le64(record.id.hash), bytes_le64(record.id.hash + 8),
		           bytes_le64(client->aid.bytes), freed);
	}
	return change_end(call, status, reply);
}
