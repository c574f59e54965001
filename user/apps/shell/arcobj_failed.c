/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Why the store did not do it, as a sentence. A denial names the right that is missing, and who could give it. */
#include "arcobj.h"
#include <lib/identity.h>
#include <lib/string.h>

static const char *sentence(status_t status)
{
	switch ((uint32_t)status) {
	case STATUS_NOT_FOUND: return "no name or object of yours, and none that you may be told of";
	case STATUS_BUSY: return "several contents begin like this; give more digits";
	case STATUS_DENIED: return "only for whom the manifest gives control of the store, with 'uses fs control'";
	case STATUS_DAMAGED: return "what the store gave is not what was signed, or not the content of this hash";
	case STATUS_GONE: return "there is no store; \"services\" shows what became of it";
	case STATUS_TIMED_OUT: return "the store does not answer";
	case STATUS_UNSUPPORTED: return "the store refused its disk and serves nothing; \"arcobj info\" says why";
	case STATUS_QUOTA: return "the store has no memory to keep track of more";
	case STATUS_NO_SPACE: return "the disk is full";
	case STATUS_IO_ERROR: return "the disk failed; nothing was changed";
	default: return status_sentence(status);
	}
}

int arcobj_failed(const char *word, status_t status)
{
	return command_failed(word, sentence(status));
}

/* As a listing says, which also tells of what may not be read. */
static bool owner_of(const struct object_id *id, struct aid *out_owner)
{
	struct object_id cursor = {.hash = {0}};
	struct store_row row;

	memcpy(cursor.hash, id->hash, sizeof(cursor.hash));
	while (store_client_list(arcobj_store, false, &cursor, &row) == STATUS_OK &&
	       memcmp(row.id.hash, id->hash, HASH_SIZE) == 0) {
		store_id_to(&row.id, &cursor);
		if (object_id_equal(&cursor, id) || aid_is_anonymous(&id->author)) {
			*out_owner = row.owner;
			return true;
		}
	}
	return false;
}

int arcobj_denied(const struct object_id *id, const char *right)
{
	char hash[SHOW_MAX], who[SHOW_MAX];
	struct aid owner;

	arcobj_show_hash(hash, id->hash);
	if (owner_of(id, &owner))
		print("denied: you lack '%s' on object %s (could be granted by its owner, %s)\n", right, hash,
		      arcobj_show_who(who, &owner));
	else
		print("denied: you lack '%s' on object %s\n", right, hash);
	return 1;
}

static bool is_read_only(void)
{
	struct store_info_rep info;

	return store_client_info(arcobj_store, &info) == STATUS_OK && (info.flags & STORE_IS_READ_ONLY) != 0;
}

int arcobj_change_failed(const struct object_id *id, status_t status)
{
	char hash[SHOW_MAX], who[SHOW_MAX];
	struct aid owner;

	arcobj_show_hash(hash, id->hash);
	if (status != STATUS_DENIED)
		return arcobj_failed(hash, status);
	if (is_read_only())
		return command_failed(hash, "the disk is read-only");
	if (owner_of(id, &owner) && !aid_equal(&owner, &arcobj_store->aid))
		print("denied: only its owner, %s, may do this to object %s\n", arcobj_show_who(who, &owner), hash);
	else
		print("denied: the vault does not sign this for you\n");
	return 1;
}

int arcobj_interrupted(const char *word)
{
	return command_failed(word, "ended by Ctrl-C");
}
