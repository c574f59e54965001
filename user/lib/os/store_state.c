/* SPDX-License-Identifier: MPL-2.0 */
/* The store as a whole, and what a service keeps in it. */
#include "store_priv.h"
#include <lib/string.h>
#include <os/time.h>

status_t store_client_info(struct store_client *client, struct store_info_rep *out_info)
{
	const struct store_info_req request;
	const status_t status = store_info(client->server, time_after(STORE_PATIENCE_NS), &request, out_info);

	if (status == STATUS_OK)
		out_info->model[sizeof(out_info->model) - 1u] = '\0';
	return status;
}

/* ---- totals, step by step ---- */
static void totals_add(struct store_totals_rep *totals, const struct store_totals_rep *step)
{
	totals->objects += step->objects;
	totals->names += step->names;
	totals->long_contents += step->long_contents;
	totals->parts += step->parts;
	totals->part_bytes += step->part_bytes;
	totals->object_bytes += step->object_bytes;
	totals->unowned_lists += step->unowned_lists;
	totals->next = step->next;
}

static bool goes_on(const struct store_cursor *from, const struct store_cursor *to)
{
	const size_t common = from->size < to->size ? from->size : to->size;
	const int order = memcmp(to->key, from->key, common);

	return to->size <= sizeof(to->key) && (order > 0 || (order == 0 && to->size > from->size));
}

status_t store_client_totals(struct store_client *client, struct store_totals_rep *out_totals)
{
	struct store_totals_req request = {.cursor = {.size = 0}};
	struct store_totals_rep step, totals = {.objects = 0};
	struct store_question question = {STORE_QUESTION(STORE_TOTALS, request, step)};
	status_t status;

	for (;;) {
		status = store_ask(client, &question);
		if (status != STATUS_OK)
			return status;
		totals_add(&totals, &step);
		if (step.next.size == 0)
			break;
		if (!goes_on(&request.cursor, &step.next))
			return STATUS_DAMAGED;
		request.cursor = step.next;
	}
	*out_totals = totals;
	return STATUS_OK;
}

/* ---- the check ---- */
status_t store_client_check(struct store_client *client, uint64_t *step, struct store_check_rep *out,
                            char text[STORE_CHECK_TEXT_MAX])
{
	const struct store_check_req request = {.step = *step};
	const deadline_t deadline = time_after(STORE_PATIENCE_NS);
	size_t bytes = 0;
	status_t status = store_session(client, deadline);

	text[0] = '\0';
	if (status == STATUS_OK)
		status = store_check(client->server, deadline, &request, out, &bytes);
	if (store_is_new(status)) {
		store_session_forget(client);
		*step = 0;
		return STATUS_BUSY;
	}
	if (status != STATUS_OK)
		return status;
	memcpy(text, out->data, bytes);
	text[bytes] = '\0';
	++*step;
	return STATUS_OK;
}

/* ---- what a service keeps ---- */
status_t store_client_state_put(struct store_client *client, uint64_t version, const void *state, size_t size)
{
	const struct store_state_put_req request = {.version = version, .size = size};
	struct store_state_put_rep reply;
	struct store_question question = {
		STORE_QUESTION(STORE_STATE_PUT, request, reply), .content = state, .content_size = size};

	return size <= STORE_STATE_MAX ? store_ask(client, &question) : STATUS_INVALID;
}

status_t store_client_state_get(struct store_client *client, void *out_state, size_t room, uint64_t *out_version,
                                size_t *out_size)
{
	const struct store_state_get_req request;
	struct store_state_get_rep reply;
	struct store_question question = {STORE_QUESTION(STORE_STATE_GET, request, reply)};
	const status_t status = store_ask(client, &question);

	if (status != STATUS_OK)
		return status;
	if (reply.size > STORE_STATE_MAX)
		return STATUS_DAMAGED;
	*out_size = reply.size;
	if (reply.size > room)
		return STATUS_QUOTA;
	memcpy(out_state, client->window, reply.size);
	*out_version = reply.version;
	return STATUS_OK;
}
