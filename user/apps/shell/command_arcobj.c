/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* arcobj: objects in the store. The table of its verbs, from which help, completion and suggestions come. */
#include "arcobj.h"
#include <lib/string.h>
#include <lib/text.h>

/* clang-format off */
const struct arcobj_verb arcobj_verbs[] = {
	{"put", "[-t TYPE] [-n NAME] [-p PARENT] TEXT... | -f MODULE",
	 "sign and store a text, or a module of the bundle; -n: and name it; -p: it comes from that object",
	 "put -n plan first draft", arcobj_put, {TAKES_NOTHING, TAKES_MODULES}},
	{"get", "OBJECT",
	 "show the content", "get plan", arcobj_get, {TAKES_OBJECTS, TAKES_NOTHING}},
	{"list", "[--long] [--all]",
	 "your objects; --all: and those of others that you may be told of", "list --long", arcobj_list, {TAKES_NOTHING, TAKES_NOTHING}},
	{"stat", "OBJECT",
	 "author, owner, signatures, size, lineage, access list", "stat plan", arcobj_stat, {TAKES_OBJECTS, TAKES_NOTHING}},
	{"delete", "OBJECT",
	 "delete an object of yours", "delete 7d86", arcobj_delete, {TAKES_OBJECTS, TAKES_NOTHING}},
	{"name", "NAME OBJECT | NAME --remove",
	 "point a name to an object; or to nothing", "name plan 7d86", arcobj_name, {TAKES_OBJECT_NAMES, TAKES_OBJECTS}},
	{"names", "[WHO]",
	 "your names, or those of somebody else that you may be told of", "names", arcobj_names, {TAKES_WHO, TAKES_NOTHING}},
	{"log", "NAME",
	 "what a name pointed to, and when; plan@1 is its first object", "log plan", arcobj_log, {TAKES_OBJECT_NAMES, TAKES_NOTHING}},
	{"grant", "OBJECT WHO [read | name | read,name] [for TIME]",
	 "let somebody read it, be told of it (name), or both; for: 90s, 10m, 2h, 7d",
	 "grant plan everybody read", arcobj_grant, {TAKES_OBJECTS, TAKES_WHO}},
	{"revoke", "OBJECT WHO",
	 "take that back", "revoke plan everybody", arcobj_revoke, {TAKES_OBJECTS, TAKES_WHO}},
	{"transfer", "OBJECT DID",
	 "give it away: the holder of that key owns it from then on", "transfer plan did:key:z6Mk...", arcobj_transfer, {TAKES_OBJECTS, TAKES_NOTHING}},
	{"verify", "[OBJECT | ALL]",
	 "verify every signature, and content against its address", "verify ALL", arcobj_verify, {TAKES_OBJECTS, TAKES_NOTHING}},
	{"du", "",
	 "how much there is, and how much it takes", "du", arcobj_du, {TAKES_NOTHING, TAKES_NOTHING}},
	{"fsck", "",
	 "let the store check all it has: checksums, signatures, counts", "fsck", arcobj_fsck, {TAKES_NOTHING, TAKES_NOTHING}},
	{"info", "",
	 "what it lies on, encrypted or not, space, commits, flushes", "info", arcobj_info, {TAKES_NOTHING, TAKES_NOTHING}},
};
/* clang-format on */
const uint32_t arcobj_verb_count = sizeof(arcobj_verbs) / sizeof(arcobj_verbs[0]);
_Static_assert(sizeof(arcobj_verbs) / sizeof(arcobj_verbs[0]) <= ARCOBJ_VERBS_MAX, "completion has room for all");

struct store_client *arcobj_store;

static const struct arcobj_verb *verb_find(const char *name)
{
	for (uint32_t i = 0; i < arcobj_verb_count; i++) {
		if (strcmp(arcobj_verbs[i].name, name) == 0)
			return &arcobj_verbs[i];
	}
	return NULL;
}

uint32_t arcobj_verb_names(const char **out_names)
{
	for (uint32_t i = 0; i < arcobj_verb_count; i++)
		out_names[i] = arcobj_verbs[i].name;
	return arcobj_verb_count;
}

uint32_t arcobj_takes(const char *name, uint32_t index)
{
	const struct arcobj_verb *verb = verb_find(name);

	return verb != NULL && index >= 1 && index <= COMMAND_TAKES_MAX ? verb->takes[index - 1u] : TAKES_NOTHING;
}

void arcobj_help(void)
{
	print("  An OBJECT is a name, or the first digits of a hash. WHO: me, everybody, a program, a did:key.\n");
	for (const struct arcobj_verb *verb = arcobj_verbs; verb < arcobj_verbs + arcobj_verb_count; verb++)
		print("  arcobj %s %s\n      %s\n", verb->name, verb->usage, verb->help);
}

int arcobj_usage(const char *name)
{
	const struct arcobj_verb *verb = verb_find(name);

	print("usage: arcobj %s %s\n  %s\n  example: arcobj %s\n", verb->name, verb->usage, verb->help, verb->example);
	return 2;
}

static int unknown(const char *name)
{
	const char *names[ARCOBJ_VERBS_MAX];
	const uint32_t count = arcobj_verb_names(names);
	const uint32_t nearest = text_nearest(name, names, count);

	if (nearest < count)
		print("arcobj %s: there is no such verb. Did you mean \"%s\"?\n", name, names[nearest]);
	else
		print("arcobj %s: there is no such verb. \"help arcobj\" lists them.\n", name);
	return 2;
}

struct store_client *arcobj_client(status_t *out_status)
{
	static struct store_client client;
	static bool open;
	const handle_t server = startup_handle("fs"), keys = startup_handle("keys");

	*out_status = STATUS_GONE;
	if (!open && server != HANDLE_NONE && keys != HANDLE_NONE) {
		*out_status = store_client_open(&client, server, keys, USER_CONTEXT);
		open = *out_status == STATUS_OK;
	}
	return open ? &client : NULL;
}

int command_arcobj(int argc, char **argv)
{
	status_t status;

	if (argc < 2)
		return command_usage(argv[0]);
	const struct arcobj_verb *verb = verb_find(argv[1]);
	if (verb == NULL)
		return unknown(argv[1]);
	arcobj_store = arcobj_client(&status);
	if (arcobj_store == NULL)
		return command_refused(argv[0], status);
	progress_begin();
	const int code = verb->run(argc - 1, argv + 1);
	progress_end();
	return code;
}
