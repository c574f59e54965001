/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The server side of proto/spawn.h: services and modules. */
#include "init.h"
#include <lib/string.h>

/* Terminated within `size` and not empty? */
static bool name_ok(const char *name, size_t size)
{
	size_t length = strnlen(name, size);

	return length != 0 && length < size;
}

status_t spawn_service_serve(struct service_call *call, const struct spawn_service_req *request,
                             struct spawn_service_rep *reply)
{
	(void)call;
	if (request->index >= manifest.order_count)
		return STATUS_NOT_FOUND;
	const struct child *child = &children[request->index];
	const struct manifest_entry *entry = child->entry;
	*reply = (struct spawn_service_rep){
		.next = request->index + 1u,
		.principal = launch_principal(entry->image),
		.process = child_is_running(child) ? child->launched.id : 0,
		.started_ns = child->started_ns,
		.state = child->state,
		.role = manifest_role(entry),
		.version = entry->version,
		.restarts = child->restarts,
		.failures = child->failures,
		.limit = entry->restart_limit,
		.endpoint = endpoint_object(entry->serves),
		.restart = entry->restart,
	};
	string_copy(reply->name, sizeof(reply->name), entry->name);
	string_copy(reply->image, sizeof(reply->image), entry->image);
	string_copy(reply->serves, sizeof(reply->serves), entry->serves);
	return STATUS_OK;
}

status_t spawn_restart_serve(struct service_call *call, const struct spawn_restart_req *request,
                             struct spawn_restart_rep *reply)
{
	if (!name_ok(request->name, sizeof(request->name)))
		return STATUS_INVALID;
	if ((call->badge & SPAWN_BADGE_CONTROL) == 0)
		return spawn_denied(call, request->name, STATUS_DENIED);
	struct child *child = service_by_name(request->name);
	if (child == NULL || child->state == SPAWN_SERVICE_ABSENT)
		return STATUS_NOT_FOUND;
	reply->process = service_restart(child);
	return STATUS_OK;
}

status_t spawn_verify_serve(struct service_call *call, const struct spawn_verify_req *request,
                            struct spawn_verify_rep *reply)
{
	(void)call;
	if (!name_ok(request->name, sizeof(request->name)))
		return STATUS_INVALID;
	return bundle_verify(request->name, reply);
}
