/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The server side of proto/spawn.h: programs. What it says of services is in spawn_service.c. */
#include "init.h"
#include <abi/bundle.h>
#include <lib/string.h>
#include <os/audit_tell.h>

IFACE_SERVER(spawn, SPAWN_METHODS)

static uint64_t client_of(const struct service_call *call)
{
	return call->badge & ~SPAWN_BADGE_CONTROL;
}

status_t spawn_denied(const struct service_call *call, const char *name, status_t status)
{
	audit_tell(AUDIT_MANIFEST_DENIED, client_of(call), audit_name(name, 0), audit_name(name, 1), call->method,
	           status);
	return status;
}

/* `data` is word_count terminated strings and nothing else. */
static bool words_ok(const struct service_call *call, const struct spawn_run_req *request)
{
	size_t bytes = call->request_bytes - offsetof(struct spawn_run_req, data);
	uint32_t words = 0;

	for (size_t i = 0; i < bytes; i++)
		words += request->data[i] == '\0';
	return bytes != 0 && request->data[bytes - 1u] == '\0' && request->data[0] != '\0' &&
	       words == request->word_count;
}

static bool grants_ok(const struct spawn_run_req *request)
{
	if (request->grant_count > SPAWN_GRANTS_MAX)
		return false;
	for (uint32_t i = 0; i < request->grant_count; i++) {
		if (strnlen(request->grant_names[i], SPAWN_GRANT_NAME_MAX) == SPAWN_GRANT_NAME_MAX)
			return false;
	}
	return true;
}

/* The entry under which a name runs; NULL: no such program, or one that is not started on demand. */
static const struct manifest_entry *program_find(const char *name)
{
	if (strcmp(name, "init") == 0 || strcmp(name, "*") == 0)
		return NULL;
	const struct manifest_entry *entry = manifest_find(&manifest, name);

	return entry == NULL ? manifest_find(&manifest, "*") : entry->service ? NULL : entry;
}

/* The client's capabilities, those it wants to pass on. */
static void grants_take(const struct service_call *call, const struct spawn_run_req *request,
                        uint32_t first, struct launch_grant *out_grants)
{
	for (uint32_t i = 0; i < request->grant_count; i++) {
		struct launch_grant *grant = &out_grants[i];

		string_copy(grant->name, sizeof(grant->name), request->grant_names[i]);
		grant->rights = arch_message_page()->caps[first + i].rights & ~(uint32_t)RIGHT_GRANT;
		grant->handle = ipc_take(call->message, first + i);
	}
}

static void grants_drop(const struct launch_grant *grants, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (grants[i].handle != HANDLE_NONE)
			(void)!sys_cap_drop(grants[i].handle);
	}
}

status_t spawn_run_serve(struct service_call *call, const struct spawn_run_req *request,
                         struct spawn_run_rep *reply)
{
	struct launch_grant grants[SPAWN_GRANTS_MAX];
	const struct child *client = child_by_id(client_of(call));
	const struct child *child;

	if (client == NULL || !words_ok(call, request) || !grants_ok(request))
		return STATUS_INVALID;
	const struct manifest_entry *entry = program_find(request->data);
	if (entry == NULL)
		return STATUS_NOT_FOUND;
	if (child_count(client->launched.id) >= client->entry->children)
		return spawn_denied(call, request->data, STATUS_QUOTA);
	handle_t watcher = request->bits != 0 ? ipc_take(call->message, 0) : HANDLE_NONE;
	grants_take(call, request, request->bits != 0, grants);
	struct launch plan = {
		.entry = entry,
		.image = strcmp(entry->name, "*") == 0 ? request->data : entry->image,
		.name = request->data,
		.arguments = request->data,
		.argument_count = request->word_count,
		.argument_bytes = call->request_bytes - (uint32_t)offsetof(struct spawn_run_req, data),
		.grants = grants,
		.grant_count = request->grant_count,
	};
	status_t status = child_start_program(&plan, client->launched.id, watcher, request->bits, &child);
	grants_drop(grants, request->grant_count);
	if (status != STATUS_OK) {
		if (watcher != HANDLE_NONE)
			(void)!sys_cap_drop(watcher);
		return status;
	}
	ipc_attach(child->launched.process, RIGHT_INSPECT, 0);
	*reply = (struct spawn_run_rep){child->launched.id, child->launched.id};
	return STATUS_OK;
}

/* The next name under which something can be started: modules of the bundle, then programs of the manifest that are
 * called otherwise than their module. NULL: no more. */
static const char *program_name(uint64_t from, uint64_t *out_next)
{
	const char *name = from < BUNDLE_MODULES_MAX ? bundle_program(from, out_next) : NULL;

	if (name != NULL)
		return name;
	for (uint64_t i = from < BUNDLE_MODULES_MAX ? 0 : from - BUNDLE_MODULES_MAX; i < manifest.entry_count; i++) {
		const struct manifest_entry *entry = &manifest.entries[i];

		*out_next = BUNDLE_MODULES_MAX + i + 1u;
		if (!entry->service && strcmp(entry->name, "*") != 0 && strcmp(entry->name, entry->image) != 0)
			return entry->name;
	}
	return NULL;
}

status_t spawn_list_serve(struct service_call *call, const struct spawn_list_req *request,
                          struct spawn_list_rep *reply)
{
	size_t at = 0;
	const char *name;

	reply->next = request->index;
	for (uint64_t next; (name = program_name(reply->next, &next)) != NULL; reply->next = next) {
		if (program_find(name) == NULL)
			continue;
		size_t length = string_copy(reply->data + at, sizeof(reply->data) - at, name);
		if (length >= sizeof(reply->data) - at)
			break;
		at += length + 1u;
	}
	call->reply_bytes += (uint32_t)at;
	return at == 0 ? STATUS_NOT_FOUND : STATUS_OK;
}

const struct child *spawn_subject(const struct service_call *call, uint64_t process)
{
	const struct child *child = child_by_id(process);

	if (child == NULL || (call->badge & SPAWN_BADGE_CONTROL) != 0 || child->parent == client_of(call))
		return child;
	/* To the client as if there were none: what others run is not its business. */
	(void)!spawn_denied(call, child->entry->name, STATUS_NOT_FOUND);
	return NULL;
}

status_t spawn_kill_serve(struct service_call *call, const struct spawn_kill_req *request,
                          struct spawn_kill_rep *reply)
{
	const struct child *child = spawn_subject(call, request->process);

	(void)reply;
	if (child == NULL)
		return STATUS_NOT_FOUND;
	child_kill(child, request->code);
	return STATUS_OK;
}

status_t spawn_open_serve(struct service_call *call, const struct spawn_open_req *request,
                          struct spawn_open_rep *reply)
{
	const struct child *child = spawn_subject(call, request->process);

	if (child == NULL)
		return STATUS_NOT_FOUND;
	ipc_attach(child->launched.process, RIGHT_INSPECT, 0);
	reply->service = child->entry->service;
	return STATUS_OK;
}

/* Derived from the client's own capability, so that the client can take it back. */
status_t spawn_give_serve(struct service_call *call, const struct spawn_give_req *request,
                          struct spawn_give_rep *reply)
{
	const struct child *child = spawn_subject(call, request->process);

	if (child == NULL)
		return STATUS_NOT_FOUND;
	handle_t source = ipc_take(call->message, 0);
	if (source == HANDLE_NONE)
		return STATUS_INVALID;
	status_t status = sys_process_grant(child->launched.process, source, request->rights, request->badge,
	                                    &reply->handle);
	(void)!sys_cap_drop(source); /* it may have been revoked meanwhile */
	return status;
}

static status_t start(void)
{
	services_start();
	return STATUS_OK;
}

const struct service spawn_service = {
	.init = start,
	.call = spawn_dispatch,
	.notify = child_notify,
};
