/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* arcobj delete, name, grant, revoke, transfer: what an owner does, each a record that the vault signs. */
#include "arcobj.h"
#include "arcobj_words.h"
#include <lib/identity.h>
#include <lib/string.h>

static int done(const struct object_id *id, const char *what, const struct aid *whom)
{
	char hash[SHOW_MAX], who[SHOW_MAX];

	print("%s: %s%s%s\n", arcobj_show_hash(hash, id->hash), what, whom != NULL ? " " : "",
	      whom != NULL ? arcobj_show_who(who, whom) : "");
	return 0;
}

int arcobj_delete(int argc, char **argv)
{
	struct object_id id;

	if (argc != 2)
		return arcobj_usage(argv[0]);
	if (!arcobj_find(argv[1], &id))
		return 1;
	const status_t status = store_client_delete(arcobj_store, &id);
	return status == STATUS_OK ? done(&id, "deleted", NULL) : arcobj_change_failed(&id, status);
}

static int name_failed(const char *name, status_t status)
{
	switch ((uint32_t)status) {
	case STATUS_INVALID: return command_failed(name, "a name is 1 to 64 printable characters, without spaces");
	case STATUS_NOT_FOUND: return command_failed(name, "it points to nothing already");
	case STATUS_DENIED: return command_failed(name, "the disk is read-only, or the vault does not sign for you");
	default: return arcobj_failed(name, status);
	}
}

int arcobj_name(int argc, char **argv)
{
	struct object_id id;
	char hash[SHOW_MAX];

	if (argc != 3)
		return arcobj_usage(argv[0]);
	const bool removes = strcmp(argv[2], "--remove") == 0;
	if (!removes && !arcobj_find(argv[2], &id))
		return 1;
	const status_t status = store_client_name_set(arcobj_store, argv[1], removes ? NULL : &id);
	if (status != STATUS_OK)
		return name_failed(argv[1], status);
	print("%s is %s\n", argv[1], removes ? "nothing" : arcobj_show_hash(hash, id.hash));
	return 0;
}

/* ---- who may ---- */
/* From `for TIME`; false: it is said why not. */
static bool expiry_read(const char *text, uint64_t *out_ns)
{
	uint64_t now_ns = 0, source = 0, ns;

	if (!arcobj_words_duration(text, &ns))
		return command_failed(text, "a time is a number and s, m, h or d: 90s, 10m, 2h, 7d") == 0;
	if (sys_clock_wall(&now_ns, &source) != STATUS_OK || now_ns == 0)
		return command_failed(text, "the time of day is not set, so none can end; see \"help time\"") == 0;
	*out_ns = now_ns + ns;
	return true;
}

/* What follows OBJECT WHO. */
static bool entry_read(int argc, char **argv, struct object_entry *entry)
{
	int at = 3;

	entry->rights = OBJECT_RIGHTS;
	if (at < argc && arcobj_words_rights(argv[at], &entry->rights))
		at++;
	if (at == argc)
		return true;
	if (at + 2 != argc || strcmp(argv[at], "for") != 0)
		return arcobj_usage(argv[0]) == 0;
	return expiry_read(argv[at + 1], &entry->expiry_ns);
}

int arcobj_grant(int argc, char **argv)
{
	struct object_entry entry = {.rights = 0};
	struct object_id id;
	char hash[SHOW_MAX], who[SHOW_MAX], rights[SHOW_MAX], until[SHOW_MAX];

	if (argc < 3)
		return arcobj_usage(argv[0]);
	if (!entry_read(argc, argv, &entry) || !arcobj_principal(argv[2], &entry.reader) || !arcobj_find(argv[1], &id))
		return 1;
	const status_t status = store_client_grant(arcobj_store, &id, &entry);
	if (status == STATUS_QUOTA)
		return command_failed(argv[1], "its access list is full: 16 entries; revoke one first");
	if (status != STATUS_OK)
		return arcobj_change_failed(&id, status);
	print("%s: %s has '%s'%s%s\n", arcobj_show_hash(hash, id.hash), arcobj_show_who(who, &entry.reader),
	      arcobj_show_rights(rights, entry.rights), entry.expiry_ns != 0 ? " until " : "",
	      entry.expiry_ns != 0 ? arcobj_show_time(until, entry.expiry_ns) : "");
	return 0;
}

int arcobj_revoke(int argc, char **argv)
{
	struct object_id id;
	struct aid reader;

	if (argc != 3)
		return arcobj_usage(argv[0]);
	if (!arcobj_principal(argv[2], &reader) || !arcobj_find(argv[1], &id))
		return 1;
	const status_t status = store_client_revoke(arcobj_store, &id, &reader);
	if (status == STATUS_NOT_FOUND)
		return command_failed(argv[2], "not on its access list");
	return status == STATUS_OK ? done(&id, "taken back from", &reader) : arcobj_change_failed(&id, status);
}

int arcobj_transfer(int argc, char **argv)
{
	uint8_t key[SIGNATURE_KEY_SIZE];
	struct object_id id;
	struct aid owner;

	if (argc != 3)
		return arcobj_usage(argv[0]);
	/* A program has no key to sign with: what it owned, nobody could ever change or delete. */
	if (!did_to_key(argv[2], strlen(argv[2]), key))
		return command_failed(argv[2], "an owner is a key: did:key:z6Mk...; \"did-key\" shows yours");
	aid_of_key(key, &owner);
	if (!arcobj_find(argv[1], &id))
		return 1;
	const status_t status = store_client_transfer(arcobj_store, &id, &owner);
	if (status == STATUS_QUOTA)
		return command_failed(argv[1], "it was given on 128 times, and no more than that is kept");
	return status == STATUS_OK ? done(&id, "now owned by", &owner) : arcobj_change_failed(&id, status);
}
