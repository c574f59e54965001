/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Questions about the whole store, and what system services keep in it. */
#include "store.h"
#include <lib/bytes.h>
#include <lib/identity.h>
#include <lib/string.h>

#define STEP_KEYS    256u /* of totals */
#define CHECK_STEPS  64u  /* keys or parts of one step of a check, at most */
#define STATE_HEADER 32u  /* version le64, zeroes */

static bool is_controller(const struct service_call *call)
{
	return (call->badge & STORE_BADGE_CONTROL) != 0;
}

/* ---- numbers ---- */
static void numbers(struct store_info_rep *reply)
{
	struct volume_statistics statistics;

	volume_statistics(medium.volume, &statistics);
	reply->blocks = medium.blocks;
	reply->free_blocks = statistics.free_blocks;
	reply->keys = statistics.keys;
	reply->value_bytes = statistics.value_bytes;
	reply->mounts = statistics.mounts;
	reply->changes = changes_answered;
	reply->commits = changes_commits;
	reply->flushes = statistics.flushes;
	reply->written_blocks = statistics.written_blocks;
	reply->cleaned_segments = statistics.cleaned_segments;
	reply->reads = reads_answered;
	client_numbers(&reply->clients, &reply->sessions);
}

status_t store_info_serve(struct service_call *call, const struct store_info_req *request,
                          struct store_info_rep *reply)
{
	(void)request;
	*reply = (struct store_info_rep){
		.medium = medium.kind,
		.flags = medium.flags,
		.problem = medium.problem,
		.format = OBJECT_LAYOUT_VERSION,
	};
	memcpy(reply->model, medium.model, sizeof reply->model);
	if (is_controller(call) && medium.volume != NULL)
		numbers(reply);
	return STATUS_OK;
}

static status_t controller_check(const struct service_call *call)
{
	if (medium.volume == NULL)
		return STATUS_UNSUPPORTED;
	return is_controller(call) ? STATUS_OK : STATUS_DENIED;
}

status_t store_totals_serve(struct service_call *call, const struct store_totals_req *request,
                            struct store_totals_rep *reply)
{
	struct object_totals totals = {0};
	size_t size = request->cursor.size;
	status_t status = controller_check(call);

	if (status == STATUS_OK && size > sizeof request->cursor.key)
		status = STATUS_INVALID;
	if (status != STATUS_OK)
		return status;
	memset(reply, 0, sizeof *reply);
	memcpy(reply->next.key, request->cursor.key, sizeof reply->next.key);
	status = object_totals_some(&objects, reply->next.key, &size, STEP_KEYS, &totals);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	reply->next.size = status == STATUS_OK ? (uint32_t)size : 0;
	reply->objects = totals.objects;
	reply->names = totals.names;
	reply->long_contents = totals.long_contents;
	reply->parts = totals.parts;
	reply->part_bytes = totals.part_bytes;
	reply->object_bytes = totals.object_bytes;
	reply->unowned_lists = totals.unowned_lists;
	return STATUS_OK;
}

_Static_assert(sizeof(((struct store_cursor *)0)->key) == VOLUME_KEY_MAX, "a cursor is a key");

/* ---- the check: one at a time, of whoever began the last one ---- */
static struct {
	struct object_check check;
	uint8_t part[OBJECT_PART_SIZE];
	uint64_t step;    /* the next one; 0: no check is under way */
	uint64_t changes; /* made when it began */
	char said[sizeof(((struct store_check_rep *)0)->data)]; /* in this step */
	size_t said_size;
} checking;

/* A line; what has no room in this answer any more is counted all the same. */
static void problem_say(void *context, const char *text)
{
	const size_t length = strlen(text);

	(void)context;
	if (length + 1 > sizeof checking.said - checking.said_size)
		return;
	memcpy(checking.said + checking.said_size, text, length);
	checking.said_size += length;
	checking.said[checking.said_size++] = '\n';
}

static void check_steps(void)
{
	for (uint32_t i = 0; i < CHECK_STEPS && !checking.check.finished && checking.said_size == 0; i++) {
		checking.check.changed = changes_made != checking.changes;
		object_check_step(&checking.check);
	}
}

status_t store_check_serve(struct service_call *call, const struct store_check_req *request,
                           struct store_check_rep *reply)
{
	struct volume_statistics statistics;
	const status_t status = controller_check(call);

	if (status != STATUS_OK)
		return status;
	if (request->step == 0) {
		object_check_begin(&checking.check, &objects, checking.part, problem_say, NULL);
		checking.changes = changes_made;
	} else if (request->step != checking.step) {
		return STATUS_CLOSED;
	}
	checking.step = request->step + 1;
	checking.said_size = 0;
	check_steps();
	volume_statistics(medium.volume, &statistics);
	*reply = (struct store_check_rep){
		.finished = checking.check.finished,
		.problems = checking.check.problems,
		.keys_done = checking.check.keys,
		.keys = statistics.keys,
		.changed = checking.check.changed,
	};
	memcpy(reply->data, checking.said, checking.said_size);
	call->reply_bytes += (uint32_t)checking.said_size;
	return STATUS_OK;
}

/* ---- state ---- */
static status_t state_client(const struct service_call *call, struct client **out_client)
{
	const status_t status = client_of(call, out_client);

	return status == STATUS_OK && aid_is_anonymous(&call->sender) ? STATUS_DENIED : status;
}

/* Header and state into part_bytes; NOT_FOUND. */
static status_t state_load(const struct aid *principal, uint64_t *out_version, size_t *out_size)
{
	size_t size;
	const status_t status = object_state_get(&objects, principal, part_bytes, sizeof part_bytes, &size);

	if (status != STATUS_OK)
		return status;
	if (size < STATE_HEADER)
		return STATUS_DAMAGED;
	*out_version = bytes_le64(part_bytes);
	*out_size = size - STATE_HEADER;
	return STATUS_OK;
}

/* OK: it may be kept; BUSY: it is kept already. */
static status_t state_judge(const struct client *client, uint64_t version, uint64_t size)
{
	uint64_t have;
	size_t have_size;
	const status_t status = state_load(&client->principal, &have, &have_size);

	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (status != STATUS_OK || version > have)
		return status;
	if (version == have && size == have_size && memcmp(part_bytes + STATE_HEADER, client->window, size) == 0)
		return STATUS_BUSY;
	return STATUS_OUTDATED;
}

status_t store_state_put_serve(struct service_call *call, const struct store_state_put_req *request,
                               struct store_state_put_rep *reply)
{
	struct client *client;
	status_t status = state_client(call, &client);

	if (status == STATUS_OK && (request->size > STORE_STATE_MAX || request->version == 0))
		status = STATUS_INVALID;
	if (status == STATUS_OK)
		status = state_judge(client, request->version, request->size);
	if (status == STATUS_BUSY)
		return change_end(call, STATUS_OK, reply);
	if (status == STATUS_OK)
		status = change_begin();
	if (status != STATUS_OK)
		return status;
	memset(part_bytes, 0, STATE_HEADER);
	bytes_put_le64(part_bytes, request->version);
	memcpy(part_bytes + STATE_HEADER, client->window, request->size);
	return change_end(call,
	                  object_state_put(&objects, &client->principal, part_bytes, STATE_HEADER + request->size), reply);
}

_Static_assert(STATE_HEADER + STORE_STATE_MAX == OBJECT_STATE_MAX, "what a service keeps fits");

status_t store_state_get_serve(struct service_call *call, const struct store_state_get_req *request,
                               struct store_state_get_rep *reply)
{
	struct client *client;
	size_t size;
	status_t status = state_client(call, &client);

	(void)request;
	if (status == STATUS_OK)
		status = state_load(&client->principal, &reply->version, &size);
	if (status != STATUS_OK)
		return status;
	memcpy(client->window, part_bytes + STATE_HEADER, size);
	reply->size = size;
	return STATUS_OK;
}
