/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who may use which key, and what is done with it. */
#include "vault.h"
#include <lib/hash.h>
#include <lib/string.h>

/* Separates what is derived here from everything else that is ever hashed. */
#define DERIVE_CONTEXT "CambiOS 2026-11 vault: secret derived from a key"

static bool name_ok(const char *name)
{
	size_t length = strnlen(name, KEYS_CONTEXT_MAX);

	return length != 0 && length < KEYS_CONTEXT_MAX;
}

static struct vault_key *key_named(struct vault *vault, const struct aid *aid)
{
	if (aid_is_anonymous(aid))
		return NULL;
	for (uint32_t i = 0; i < KEYS_MAX; i++) {
		if (aid_equal(&vault->keys[i].aid, aid))
			return &vault->keys[i];
	}
	return NULL;
}

static bool owns(const struct vault_key *key, const struct aid *caller)
{
	return !aid_is_anonymous(&key->aid) && !aid_is_anonymous(caller) && aid_equal(&key->owner, caller);
}

static bool may_use(const struct vault_key *key, const struct aid *caller)
{
	bool allowed = owns(key, caller);

	for (uint32_t i = 0; i < KEYS_USERS_MAX && !aid_is_anonymous(caller); i++)
		allowed = allowed || (!aid_is_anonymous(&key->aid) && aid_equal(&key->users[i], caller));
	return allowed;
}

/* ---- making ---- */
const struct vault_key *vault_find(const struct vault *vault, const struct aid *caller, const char *context)
{
	for (uint32_t i = 0; i < KEYS_MAX; i++) {
		const struct vault_key *key = &vault->keys[i];

		if (owns(key, caller) && strncmp(key->context, context, KEYS_CONTEXT_MAX) == 0)
			return key;
	}
	return NULL;
}

static struct vault_key *place_free(struct vault *vault)
{
	for (uint32_t i = 0; i < KEYS_MAX; i++) {
		if (aid_is_anonymous(&vault->keys[i].aid))
			return &vault->keys[i];
	}
	return NULL;
}

status_t vault_room(const struct vault *vault, const struct aid *caller, const char *context)
{
	uint32_t owned = 0, used = 0;

	if (!name_ok(context))
		return STATUS_INVALID;
	if (aid_is_anonymous(caller))
		return STATUS_DENIED;
	for (uint32_t i = 0; i < KEYS_MAX; i++) {
		owned += owns(&vault->keys[i], caller);
		used += !aid_is_anonymous(&vault->keys[i].aid);
	}
	if (owned >= KEYS_PER_OWNER_MAX)
		return STATUS_QUOTA;
	return used < KEYS_MAX ? STATUS_OK : STATUS_TABLE_FULL;
}

const struct vault_key *vault_make(struct vault *vault, const struct aid *caller, const char *context,
                                   const uint8_t seed[SIGNATURE_SEED_SIZE])
{
	struct vault_key *key = place_free(vault);

	memset(key, 0, sizeof(*key));
	key->owner = *caller;
	string_copy(key->context, sizeof(key->context), context);
	memcpy(key->seed, seed, sizeof(key->seed));
	signature_public(key->seed, key->key);
	aid_of_key(key->key, &key->aid);
	return key;
}

/* ---- using ---- */
const char *vault_domain(uint64_t purpose)
{
	switch (purpose) {
#define DOMAIN_ROW(NAME, value, domain)                                                                    \
	case KEYS_PURPOSE_##NAME: return domain;
	KEYS_PURPOSES(DOMAIN_ROW)
#undef DOMAIN_ROW
	default: return NULL;
	}
}

/* The key, if the caller may use it for this purpose. */
static status_t key_for(struct vault *vault, const struct aid *caller, const struct aid *aid, uint64_t purpose,
                        struct vault_key **out_key)
{
	struct vault_key *key = key_named(vault, aid);

	if (vault_domain(purpose) == NULL)
		return STATUS_INVALID;
	if (key == NULL)
		return STATUS_NOT_FOUND;
	if (!may_use(key, caller))
		return STATUS_DENIED;
	*out_key = key;
	return STATUS_OK;
}

status_t vault_sign(struct vault *vault, const struct aid *caller, const struct aid *aid, uint64_t purpose,
                    const uint8_t digest[32], uint8_t out_signature[SIGNATURE_SIZE])
{
	struct vault_key *key;
	status_t status = key_for(vault, caller, aid, purpose, &key);

	if (status != STATUS_OK)
		return status;
	signature_sign_digest(key->seed, key->key, vault_domain(purpose), digest, out_signature);
	key->uses++;
	return STATUS_OK;
}

status_t vault_derive(struct vault *vault, const struct aid *caller, const struct aid *aid, uint64_t purpose,
                      const void *info, size_t info_bytes, uint8_t out_secret[KEYS_SECRET_SIZE])
{
	struct vault_key *key;
	struct hash hash;
	char domain[SIGN_DOMAIN_SIZE] = "";
	status_t status = key_for(vault, caller, aid, purpose, &key);

	if (status != STATUS_OK)
		return status;
	/* Two parts of fixed length before the one whose length the caller chooses: no two inputs meet. */
	string_copy(domain, sizeof(domain), vault_domain(purpose));
	hash_begin_derive(&hash, DERIVE_CONTEXT);
	hash_update(&hash, key->seed, sizeof(key->seed));
	hash_update(&hash, domain, sizeof(domain));
	hash_update(&hash, info, info_bytes);
	hash_end(&hash, out_secret, KEYS_SECRET_SIZE);
	secret_wipe(&hash, sizeof(hash));
	key->uses++;
	return STATUS_OK;
}

status_t vault_verify(const uint8_t key[SIGNATURE_KEY_SIZE], uint64_t purpose, const uint8_t digest[32],
                      const uint8_t signature[SIGNATURE_SIZE])
{
	const char *domain = vault_domain(purpose);

	if (domain == NULL)
		return STATUS_INVALID;
	return signature_verify_digest(key, domain, digest, signature) ? STATUS_OK : STATUS_BAD_SIGNATURE;
}

status_t vault_public(const struct vault *vault, const struct aid *aid, uint8_t out_key[SIGNATURE_KEY_SIZE])
{
	for (uint32_t i = 0; i < KEYS_MAX; i++) {
		if (!aid_is_anonymous(aid) && aid_equal(&vault->keys[i].aid, aid)) {
			memcpy(out_key, vault->keys[i].key, SIGNATURE_KEY_SIZE);
			return STATUS_OK;
		}
	}
	return STATUS_NOT_FOUND;
}

/* ---- owning ---- */
static status_t key_owned(struct vault *vault, const struct aid *caller, const struct aid *aid,
                          struct vault_key **out_key)
{
	struct vault_key *key = key_named(vault, aid);

	if (key == NULL)
		return STATUS_NOT_FOUND;
	if (!owns(key, caller))
		return STATUS_DENIED;
	*out_key = key;
	return STATUS_OK;
}

/* The place where a user stands, or the first free one for nobody; NULL: none. */
static struct aid *user_place(struct vault_key *key, const struct aid *user)
{
	for (uint32_t i = 0; i < KEYS_USERS_MAX; i++) {
		if (aid_equal(&key->users[i], user))
			return &key->users[i];
	}
	return NULL;
}

status_t vault_authorize(struct vault *vault, const struct aid *caller, const struct aid *aid,
                         const struct aid *user, bool allow)
{
	static const struct aid nobody;
	struct vault_key *key;
	status_t status = key_owned(vault, caller, aid, &key);

	if (status != STATUS_OK)
		return status;
	if (aid_is_anonymous(user))
		return STATUS_INVALID;
	struct aid *place = user_place(key, user);
	if ((place != NULL) == allow)
		return STATUS_OK; /* so it is already */
	if (!allow) {
		*place = nobody;
		return STATUS_OK;
	}
	place = user_place(key, &nobody);
	if (place == NULL)
		return STATUS_QUOTA;
	*place = *user;
	return STATUS_OK;
}

status_t vault_forget(struct vault *vault, const struct aid *caller, const struct aid *aid)
{
	struct vault_key *key;
	status_t status = key_owned(vault, caller, aid, &key);

	if (status == STATUS_OK)
		secret_wipe(key, sizeof(*key));
	return status;
}

const struct vault_key *vault_from(const struct vault *vault, const struct aid *caller, uint64_t index,
                                   uint64_t *out_next)
{
	for (uint64_t i = index; i < KEYS_MAX; i++) {
		if (may_use(&vault->keys[i], caller)) {
			*out_next = i + 1u;
			return &vault->keys[i];
		}
	}
	return NULL;
}

uint32_t vault_users(const struct vault_key *key)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < KEYS_USERS_MAX; i++)
		count += !aid_is_anonymous(&key->users[i]);
	return count;
}
