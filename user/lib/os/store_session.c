/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The way to the store: a window and a session, made when something is asked, and
 * made anew when the store answers that it does not know us.
 */
#include "store_priv.h"
#include <lib/bytes.h>
#include <lib/identity.h>
#include <lib/string.h>
#include <os/keys.h>
#include <os/time.h>

bool store_is_new(status_t status)
{
	return status == STATUS_CLOSED || status == STATUS_RESTARTED;
}

static status_t own_principal(struct aid *out_aid)
{
	const status_t status = sys_process_aid(HANDLE_NONE);

	if (status == STATUS_OK)
		memcpy(out_aid, arch_message_page()->bulk, sizeof(*out_aid));
	return status;
}

status_t store_client_open(struct store_client *client, handle_t server, handle_t keys, const char *context)
{
	struct keys_bind_req request = {.context = ""};
	struct keys_bind_rep reply;
	struct aid aid;

	memset(client, 0, sizeof(*client));
	client->server = server;
	if (keys == HANDLE_NONE)
		return own_principal(&client->aid);
	if (string_copy(request.context, sizeof(request.context), context) >= sizeof(request.context))
		return STATUS_INVALID;
	status_t status = keys_bind(keys, time_after(STORE_PATIENCE_NS), &request, &reply);
	if (status != STATUS_OK)
		return status;
	aid_of_key(reply.key, &aid);
	if (!aid_equal(&aid, &reply.aid))
		return STATUS_INVALID;
	client->keys = keys;
	client->aid = aid;
	memcpy(client->key, reply.key, sizeof(client->key));
	return STATUS_OK;
}

void store_session_forget(struct store_client *client)
{
	if (client->memory == HANDLE_NONE)
		return;
	(void)!sys_memory_unmap((uint64_t)(uintptr_t)client->window, STORE_WINDOW_SIZE / PAGE_SIZE);
	(void)!sys_cap_drop(client->memory); /* it may have been revoked meanwhile */
	client->memory = HANDLE_NONE;
	client->window = NULL;
}

void store_client_close(struct store_client *client)
{
	struct store_detach_req request;
	struct store_detach_rep reply;

	if (client->memory != HANDLE_NONE)
		(void)!store_detach(client->server, time_after(NS_PER_SECOND), &request, &reply);
	store_session_forget(client);
}

/* ---- a session ---- */
static status_t attach(struct store_client *client, deadline_t deadline)
{
	struct store_attach_req request;
	struct store_attach_rep reply;
	uint64_t address;
	status_t status = store_attach(client->server, deadline, &request, &reply);

	if (status != STATUS_OK)
		return status;
	const handle_t memory = ipc_reply_take(0);
	if (memory == HANDLE_NONE)
		return STATUS_INVALID;
	status = STATUS_INVALID;
	if (reply.bytes == STORE_WINDOW_SIZE)
		status = sys_memory_map(memory, 0, 0, STORE_WINDOW_SIZE / PAGE_SIZE, PROT_READ | PROT_WRITE, &address);
	if (status != STATUS_OK) {
		(void)!sys_cap_drop(memory);
		return status;
	}
	client->memory = memory;
	client->window = (uint8_t *)(uintptr_t)address;
	return STATUS_OK;
}

/* What shows that this process, and no other between it and the store, may use the key. */
static status_t session_digest(const uint8_t challenge[STORE_CHALLENGE_SIZE], uint8_t out_digest[HASH_SIZE])
{
	uint8_t text[STORE_CHALLENGE_SIZE + AID_SIZE + 8u];
	struct aid principal;
	uint64_t process;
	status_t status = own_principal(&principal);

	if (status == STATUS_OK)
		status = sys_process_id(&process);
	if (status != STATUS_OK)
		return status;
	memcpy(text, challenge, STORE_CHALLENGE_SIZE);
	memcpy(text + STORE_CHALLENGE_SIZE, principal.bytes, AID_SIZE);
	bytes_put_le64(text + STORE_CHALLENGE_SIZE + AID_SIZE, process);
	hash_bytes(text, sizeof(text), out_digest);
	return STATUS_OK;
}

static status_t prove(struct store_client *client, deadline_t deadline)
{
	struct store_challenge_req none;
	struct store_challenge_rep challenge;
	struct store_prove_req proof;
	struct store_prove_rep proved;
	uint8_t digest[HASH_SIZE];
	status_t status = store_challenge(client->server, deadline, &none, &challenge);

	if (status == STATUS_OK)
		status = session_digest(challenge.challenge, digest);
	if (status == STATUS_OK)
		status = store_sign(client, KEYS_PURPOSE_SESSION, digest, proof.signature);
	if (status != STATUS_OK)
		return status;
	memcpy(proof.key, client->key, sizeof(proof.key));
	status = store_prove(client->server, deadline, &proof, &proved);
	/* The challenge was another store's. */
	return status == STATUS_NOT_FOUND ? STATUS_CLOSED : status;
}

status_t store_session(struct store_client *client, deadline_t deadline)
{
	if (client->memory != HANDLE_NONE)
		return STATUS_OK;
	status_t status = attach(client, deadline);
	if (status == STATUS_OK && client->keys != HANDLE_NONE)
		status = prove(client, deadline);
	if (status != STATUS_OK)
		store_session_forget(client);
	return status;
}

/* ---- one request ---- */
status_t store_ask_once(struct store_client *client, struct store_question *question, deadline_t deadline)
{
	if (question->content != NULL)
		memcpy(client->window, question->content, question->content_size);
	if (question->record != NULL)
		memcpy(client->window + STORE_RECORD_AT, question->record, question->record_size);
	status_t (*ask)(handle_t, deadline_t, uint32_t, const void *, size_t, void *, size_t, size_t, size_t *) =
		question->once != 0 ? ipc_request : ipc_request_repeat;
	const status_t status = ask(client->server, deadline, question->method, question->request,
	                            question->request_size, question->reply, question->reply_size,
	                            question->reply_size, NULL);
	question->lost = question->lost || status == STATUS_RESTARTED;
	if (store_is_new(status))
		store_session_forget(client);
	return status;
}

status_t store_ask(struct store_client *client, struct store_question *question)
{
	const deadline_t deadline = time_after(STORE_PATIENCE_NS);

	for (uint32_t i = 0; i < STORE_ATTEMPTS_MAX; i++) {
		status_t status = store_session(client, deadline);

		if (status == STATUS_OK)
			status = store_ask_once(client, question, deadline);
		if (!store_is_new(status))
			return status;
	}
	return STATUS_TIMED_OUT;
}

/* ---- signatures ---- */
status_t store_sign(struct store_client *client, uint64_t purpose, const uint8_t digest[HASH_SIZE],
                    uint8_t out_signature[SIGNATURE_SIZE])
{
	struct keys_sign_req request = {.aid = client->aid, .purpose = purpose};
	struct keys_sign_rep reply;

	if (client->keys == HANDLE_NONE)
		return STATUS_DENIED;
	memcpy(request.digest, digest, sizeof(request.digest));
	const status_t status = keys_sign(client->keys, time_after(STORE_PATIENCE_NS), &request, &reply);
	if (status == STATUS_OK)
		memcpy(out_signature, reply.signature, SIGNATURE_SIZE);
	return status;
}

status_t store_record_sign(struct store_client *client, struct object_record *record,
                           uint8_t out_bytes[OBJECT_RECORD_MAX], size_t *out_size)
{
	uint8_t digest[HASH_SIZE];

	memcpy(record->key, client->key, sizeof(record->key));
	const size_t size = object_record_encode(record, out_bytes, digest);
	if (size == 0)
		return STATUS_INVALID;
	*out_size = size + SIGNATURE_SIZE;
	return store_sign(client, KEYS_PURPOSE_OBJECT, digest, out_bytes + size);
}

uint64_t store_time(void)
{
	uint64_t unix_ns = 0, source;

	return sys_clock_wall(&unix_ns, &source) == STATUS_OK ? unix_ns : 0;
}
