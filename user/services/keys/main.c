/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The vault: the protocol over the keys. Who asks is the principal the kernel
 * stamped on the request. Every use and every refusal is reported to the audit
 * ring. The keys are kept for the vault's successor in memory that nobody maps but
 * the vault, and in the object store. Nobody is told of a key that was not kept.
 */
#include "vault.h"
#include <lib/hash.h>
#include <lib/string.h>
#include <os/audit_tell.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/service.h>
#include <os/state.h>
#include <os/startup.h>

IFACE_SERVER(keys, KEYS_METHODS)

#define FORMAT 1u /* of what is kept: struct vault as it is */

static struct {
	struct state_header header;
	struct vault vault;
} record;
_Static_assert(sizeof(record) == sizeof(struct state_header) + KEYS_MAX * 424u, "the kept format has no holes");
static struct state state;

/* Keep what was changed; if that fails, all is as it was: `before`, which is wiped. */
static status_t vault_keep(struct vault *before)
{
	const status_t status = state_keep(&state, &record.header, sizeof(record));

	if (status != STATUS_OK)
		record.vault = *before;
	secret_wipe(before, sizeof(*before));
	return status;
}

/* ---- what the audit ring is told ---- */
static uint64_t aid_word(const struct aid *aid, uint32_t word)
{
	uint64_t value;

	memcpy(&value, aid->bytes + 8u * word, sizeof(value));
	return value;
}

/* The badge of a client's capability is the id of the process init gave it to. */
static status_t used(const struct service_call *call, const struct aid *aid, uint64_t purpose, status_t status)
{
	if (status == STATUS_OK)
		audit_tell(AUDIT_KEY_USED, call->badge, aid_word(aid, 0), purpose, 32, 0);
	else
		audit_tell(AUDIT_KEY_DENIED, call->badge, aid_word(aid, 0), purpose, status, 0);
	return status;
}

/* ---- the methods ---- */
/* 32 bytes nobody else has; NOT_SEEDED: there are none yet. */
static status_t seed_get(uint8_t seed[SIGNATURE_SEED_SIZE])
{
	uint8_t *bulk = arch_message_page()->bulk;
	status_t status = sys_random_get(SIGNATURE_SEED_SIZE);

	if (status != STATUS_OK)
		return status;
	memcpy(seed, bulk, SIGNATURE_SEED_SIZE);
	secret_wipe(bulk, SIGNATURE_SEED_SIZE);
	return STATUS_OK;
}

static status_t make(const struct service_call *call, const char *context, const struct vault_key **out_key)
{
	uint8_t seed[SIGNATURE_SEED_SIZE];
	status_t status = vault_room(&record.vault, &call->sender, context);

	if (status == STATUS_OK)
		status = seed_get(seed);
	if (status != STATUS_OK) {
		audit_tell(AUDIT_KEY_DENIED, call->badge, aid_word(&call->sender, 0), 0, status, 0);
		return status;
	}
	struct vault before = record.vault;
	*out_key = vault_make(&record.vault, &call->sender, context, seed);
	secret_wipe(seed, sizeof(seed));
	status = vault_keep(&before);
	if (status != STATUS_OK)
		return status;
	audit_tell(AUDIT_KEY_CREATED, call->badge, aid_word(&(*out_key)->aid, 0), aid_word(&(*out_key)->aid, 1),
	           aid_word(&(*out_key)->aid, 2), 0);
	return STATUS_OK;
}

status_t keys_bind_serve(struct service_call *call, const struct keys_bind_req *request,
                         struct keys_bind_rep *reply)
{
	const struct vault_key *key = vault_find(&record.vault, &call->sender, request->context);

	reply->made = key == NULL;
	if (key == NULL) {
		status_t status = make(call, request->context, &key);

		if (status != STATUS_OK)
			return status;
	}
	reply->aid = key->aid;
	memcpy(reply->key, key->key, sizeof(reply->key));
	return STATUS_OK;
}

status_t keys_sign_serve(struct service_call *call, const struct keys_sign_req *request,
                         struct keys_sign_rep *reply)
{
	return used(call, &request->aid, request->purpose,
	            vault_sign(&record.vault, &call->sender, &request->aid, request->purpose, request->digest,
	                       reply->signature));
}

status_t keys_verify_serve(struct service_call *call, const struct keys_verify_req *request,
                           struct keys_verify_rep *reply)
{
	(void)call;
	(void)reply;
	return vault_verify(request->key, request->purpose, request->digest, request->signature);
}

status_t keys_derive_serve(struct service_call *call, const struct keys_derive_req *request,
                           struct keys_derive_rep *reply)
{
	size_t bytes = call->request_bytes - offsetof(struct keys_derive_req, data);

	return used(call, &request->aid, request->purpose,
	            vault_derive(&record.vault, &call->sender, &request->aid, request->purpose, request->data, bytes,
	                         reply->secret));
}

status_t keys_public_serve(struct service_call *call, const struct keys_public_req *request,
                           struct keys_public_rep *reply)
{
	(void)call;
	return vault_public(&record.vault, &request->aid, reply->key);
}

status_t keys_list_serve(struct service_call *call, const struct keys_list_req *request,
                         struct keys_list_rep *reply)
{
	const struct vault_key *key = vault_from(&record.vault, &call->sender, request->index, &reply->next);

	if (key == NULL)
		return STATUS_NOT_FOUND;
	reply->aid = key->aid;
	reply->owner = key->owner;
	reply->users = vault_users(key);
	reply->uses = key->uses;
	memcpy(reply->key, key->key, sizeof(reply->key));
	memcpy(reply->context, key->context, sizeof(reply->context));
	return STATUS_OK;
}

/* What only the owner may: kept on OK, told to the audit ring otherwise. */
static status_t changed(const struct service_call *call, const struct aid *aid, struct vault *before, status_t status)
{
	if (status == STATUS_OK)
		status = vault_keep(before);
	else
		audit_tell(AUDIT_KEY_DENIED, call->badge, aid_word(aid, 0), 0, status, 0);
	return status;
}

status_t keys_forget_serve(struct service_call *call, const struct keys_forget_req *request,
                           struct keys_forget_rep *reply)
{
	struct vault before = record.vault;

	(void)reply;
	return changed(call, &request->aid, &before, vault_forget(&record.vault, &call->sender, &request->aid));
}

status_t keys_authorize_serve(struct service_call *call, const struct keys_authorize_req *request,
                              struct keys_authorize_rep *reply)
{
	struct vault before = record.vault;

	(void)reply;
	if (request->allow > 1)
		return STATUS_INVALID;
	return changed(call, &request->aid, &before,
	               vault_authorize(&record.vault, &call->sender, &request->aid, &request->user,
	                               request->allow != 0));
}

static status_t open(void)
{
	static const char *const origins[] = {
		[STATE_NEW] = "no keys yet",
		[STATE_PREDECESSOR] = "the keys of its predecessor are there",
		[STATE_STORE] = "the keys are there",
	};
	enum state_origin origin;
	const status_t status = state_open(&state, &record.header, sizeof(record), FORMAT, &origin);

	if (status == STATUS_OK)
		print("%s%s\n", origins[origin],
		      state.durable ? "" : "; those made from here on last until the machine is switched off");
	return status;
}

int main(int argc, char **argv)
{
	static const struct service service = {.init = open, .call = keys_dispatch};

	(void)argc;
	(void)argv;
	service_run(&service, startup_need("endpoint"));
}
