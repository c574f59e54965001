/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which object, and which principal, a word means. */
#include "arcobj.h"
#include "arcobj_words.h"
#include <lib/identity.h>
#include <lib/string.h>

#define WHO_MAX (2u * AID_SIZE + 1u) /* a did:key is shorter */

_Static_assert(WHO_MAX >= DID_TEXT_MAX, "it fits");

static bool principal_find(const char *word, struct aid *out_aid)
{
	uint8_t key[SIGNATURE_KEY_SIZE];

	if (strcmp(word, "me") == 0)
		*out_aid = arcobj_store->aid;
	else if (strcmp(word, "everybody") == 0)
		*out_aid = OBJECT_EVERYONE;
	else if (did_to_key(word, strlen(word), key))
		aid_of_key(key, out_aid);
	else
		return hex_to_bytes(word, strlen(word), out_aid->bytes, AID_SIZE) || program_principal(word, out_aid);
	return true;
}

/* A name of that owner (NULL: one's own), and if it has none of that name, a version of one. */
static status_t name_of(const struct aid *owner, const char *word, struct object_name *out_name)
{
	char name[OBJECT_NAME_MAX];
	uint64_t version;
	const status_t status = store_client_name_get(arcobj_store, owner, word, 0, out_name);

	if ((status == STATUS_NOT_FOUND || status == STATUS_INVALID) &&
	    arcobj_words_version(word, name, sizeof(name), &version))
		return store_client_name_get(arcobj_store, owner, name, version, out_name);
	return status;
}

/* One's own, and if there is none of that name, somebody's. NOT_FOUND also: it points to nothing (any more). */
static status_t name_find(const char *word, struct object_name *out_name)
{
	char who[WHO_MAX];
	const char *name;
	struct aid owner;
	status_t status = name_of(NULL, word, out_name);

	if ((status == STATUS_NOT_FOUND || status == STATUS_INVALID) &&
	    arcobj_words_whose(word, who, sizeof(who), &name) && principal_find(who, &owner))
		status = name_of(&owner, name, out_name);
	return status == STATUS_OK && out_name->removed ? STATUS_NOT_FOUND : status;
}

static status_t find(const char *word, struct object_id *out_id)
{
	struct object_name name;
	status_t status = name_find(word, &name);

	if (status == STATUS_OK)
		*out_id = name.target;
	if (status != STATUS_NOT_FOUND && status != STATUS_INVALID)
		return status;
	status = store_client_resolve(arcobj_store, word, out_id);
	return status == STATUS_INVALID ? STATUS_NOT_FOUND : status;
}

bool arcobj_find(const char *word, struct object_id *out_id)
{
	const status_t status = find(word, out_id);

	if (status != STATUS_OK)
		(void)arcobj_failed(word, status);
	return status == STATUS_OK;
}

bool arcobj_object(const char *word, struct object *out_object, uint64_t *out_rights)
{
	struct object_id id;

	if (!arcobj_find(word, &id))
		return false;
	const status_t status = store_client_find(arcobj_store, &id, out_object, out_rights);
	if (status == STATUS_DENIED)
		(void)arcobj_denied(&id, "read");
	else if (status == STATUS_NOT_FOUND)
		(void)command_failed(word, "the object it points to is deleted, or no longer for you to know of");
	else if (status != STATUS_OK)
		(void)arcobj_failed(word, status);
	return status == STATUS_OK;
}

bool arcobj_principal(const char *word, struct aid *out_aid)
{
	const bool found = principal_find(word, out_aid) && !aid_is_anonymous(out_aid);

	if (!found)
		(void)command_failed(word, "neither \"me\", \"everybody\", a program, a did:key nor a principal in 64 digits");
	return found;
}
