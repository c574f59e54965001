/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who asks. The badge names the process, the kernel stamps the principal, and a
 * session under a key begins with a signature that only the vault makes.
 */
#include "store.h"
#include <abi/module.h>
#include <lib/bytes.h>
#include <lib/hash.h>
#include <lib/identity.h>
#include <lib/string.h>
#include <os/info.h>
#include <os/panic.h>
#include <os/random.h>
#include <os/startup.h>

#define WINDOW_PAGES (STORE_WINDOW_SIZE / PAGE_SIZE)

uint8_t part_bytes[OBJECT_PART_SIZE];
uint8_t record_bytes[STORE_RECORD_ROOM];

static struct client clients[STORE_CLIENTS_MAX];
static uint64_t calls;

static uint64_t process_of(const struct service_call *call)
{
	return call->badge & ~STORE_BADGE_CONTROL;
}

static struct client *find(const struct service_call *call)
{
	for (struct client *client = clients; client < clients + STORE_CLIENTS_MAX; client++) {
		if (client->process == process_of(call) && client->process != 0 && aid_equal(&client->principal, &call->sender))
			return client;
	}
	return NULL;
}

status_t client_of(const struct service_call *call, struct client **out_client)
{
	if (medium.volume == NULL)
		return STATUS_UNSUPPORTED;
	*out_client = find(call);
	if (*out_client == NULL)
		return STATUS_CLOSED;
	(*out_client)->used = ++calls;
	return STATUS_OK;
}

status_t client_signed(const struct service_call *call, struct client **out_client)
{
	const status_t status = client_of(call, out_client);

	return status == STATUS_OK && !(*out_client)->proved ? STATUS_DENIED : status;
}

bool client_is(const struct client *client, const struct aid *aid)
{
	return aid_equal(&client->principal, aid) || (client->proved && aid_equal(&client->aid, aid));
}

uint32_t client_rights(const struct client *client, const struct object *object)
{
	const struct aid readers[2] = {client->principal, client->aid};
	const size_t count = client->proved ? 2 : 1;
	uint64_t now_ns, source;
	uint32_t rights = 0;

	if (sys_clock_wall(&now_ns, &source) != STATUS_OK)
		now_ns = 0;
	for (uint32_t right = 1; right <= OBJECT_RIGHTS; right <<= 1) {
		if (object_may(object, readers, count, right, now_ns))
			rights |= right;
	}
	return rights;
}

/* ---- the window; its owner may change it at any moment, so it is copied first ---- */
status_t client_part(const struct client *client, uint64_t size)
{
	if (size > STORE_PART_SIZE)
		return STATUS_INVALID;
	memcpy(part_bytes, client->window, size);
	return STATUS_OK;
}

status_t client_record(const struct client *client, uint64_t size)
{
	if (size > STORE_RECORD_ROOM)
		return STATUS_INVALID;
	memcpy(record_bytes, client->window + STORE_RECORD_AT, size);
	return STATUS_OK;
}

/* ---- attaching ---- */
void client_upload_end(struct client *client)
{
	if (client->upload_number != 0 && object_upload_cancel(&objects, &client->upload) == STATUS_OK) {
		reclaim_wanted = true;
		service_has_work();
	}
	client->upload_number = 0;
}

static void detach(struct client *client)
{
	client_upload_end(client);
	must(sys_memory_unmap((uint64_t)client->window, WINDOW_PAGES));
	must(sys_cap_drop(client->memory));
	memset(client, 0, sizeof *client);
}

static bool runs(uint64_t process)
{
	struct info_process info;
	uint64_t index = 0;

	while (info_read(startup_need("monitor"), INFO_PROCESS, index, &info, sizeof(info), &index) == STATUS_OK) {
		if (info.id == process && info.state != PROCESS_DEAD)
			return true;
	}
	return false;
}

/* One that nobody misses: free, then of a process that has ended, then the caller's own oldest. */
static struct client *place_find(const struct aid *principal)
{
	struct client *oldest = NULL;

	for (struct client *client = clients; client < clients + STORE_CLIENTS_MAX; client++) {
		if (client->process == 0)
			return client;
	}
	for (struct client *client = clients; client < clients + STORE_CLIENTS_MAX; client++) {
		if (!runs(client->process))
			return client;
		if (aid_equal(&client->principal, principal) && (oldest == NULL || client->used < oldest->used))
			oldest = client;
	}
	return oldest;
}

static status_t window_make(struct client *client)
{
	uint64_t address;
	status_t status = sys_memory_create(WINDOW_PAGES, &client->memory);

	if (status != STATUS_OK)
		return status;
	status = sys_memory_map(client->memory, 0, 0, WINDOW_PAGES, PROT_READ | PROT_WRITE, &address);
	if (status != STATUS_OK)
		must(sys_cap_drop(client->memory));
	else
		client->window = (uint8_t *)address;
	return status;
}

static status_t client_make(const struct service_call *call, struct client **out_client)
{
	struct client *client = place_find(&call->sender);

	if (client == NULL)
		return STATUS_TABLE_FULL;
	if (client->process != 0)
		detach(client);
	const status_t status = window_make(client);
	if (status != STATUS_OK)
		return status;
	client->process = process_of(call);
	client->principal = call->sender;
	*out_client = client;
	return STATUS_OK;
}

status_t store_attach_serve(struct service_call *call, const struct store_attach_req *request,
                            struct store_attach_rep *reply)
{
	struct client *client;
	status_t status = client_of(call, &client);

	(void)request;
	if (status == STATUS_CLOSED)
		status = client_make(call, &client);
	if (status != STATUS_OK)
		return status;
	client->used = ++calls;
	ipc_attach(client->memory, RIGHT_READ | RIGHT_WRITE, 0);
	reply->bytes = STORE_WINDOW_SIZE;
	return STATUS_OK;
}

status_t store_detach_serve(struct service_call *call, const struct store_detach_req *request,
                            struct store_detach_rep *reply)
{
	struct client *client;
	const status_t status = client_of(call, &client);

	(void)request;
	(void)reply;
	if (status == STATUS_OK)
		detach(client);
	return status;
}

/* ---- sessions ---- */
status_t store_challenge_serve(struct service_call *call, const struct store_challenge_req *request,
                               struct store_challenge_rep *reply)
{
	struct client *client;
	status_t status = client_of(call, &client);

	(void)request;
	if (status == STATUS_OK)
		status = random_bytes(client->challenge, sizeof client->challenge);
	if (status != STATUS_OK)
		return status;
	client->challenged = true;
	memcpy(reply->challenge, client->challenge, sizeof reply->challenge);
	return STATUS_OK;
}

static void session_digest(const struct client *client, uint8_t out_digest[HASH_SIZE])
{
	uint8_t said[STORE_CHALLENGE_SIZE + AID_SIZE + 8];

	memcpy(said, client->challenge, STORE_CHALLENGE_SIZE);
	memcpy(said + STORE_CHALLENGE_SIZE, client->principal.bytes, AID_SIZE);
	bytes_put_le64(said + STORE_CHALLENGE_SIZE + AID_SIZE, client->process);
	hash_bytes(said, sizeof said, out_digest);
}

status_t store_prove_serve(struct service_call *call, const struct store_prove_req *request,
                           struct store_prove_rep *reply)
{
	uint8_t digest[HASH_SIZE];
	struct client *client;
	const status_t status = client_of(call, &client);

	if (status != STATUS_OK)
		return status;
	if (!client->challenged)
		return STATUS_NOT_FOUND;
	client->challenged = false;
	session_digest(client, digest);
	if (!signature_verify_digest(request->key, SIGN_DOMAIN_SESSION, digest, request->signature))
		return STATUS_BAD_SIGNATURE;
	if (client->proved)
		client_upload_end(client); /* it was under the key before */
	aid_of_key(request->key, &client->aid);
	client->proved = true;
	reply->aid = client->aid;
	return STATUS_OK;
}

void clients_forget(void)
{
	memset(clients, 0, sizeof clients);
}

void client_numbers(uint64_t *out_clients, uint64_t *out_sessions)
{
	*out_clients = *out_sessions = 0;
	for (const struct client *client = clients; client < clients + STORE_CLIENTS_MAX; client++) {
		*out_clients += client->process != 0;
		*out_sessions += client->process != 0 && client->proved;
	}
}
