/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* arcobj list, names, log: what there is. Rows are the store's word; stat and verify look at signatures. */
#include "arcobj.h"
#include <lib/identity.h>
#include <lib/string.h>

/* ---- which object has which name ---- */
#define NAMED_MAX 128u
static struct {
	struct object_id id;
	char name[OBJECT_NAME_MAX];
} named[NAMED_MAX];
static uint32_t named_count;

static void named_collect(void)
{
	struct object_name name = {.name = ""};
	char cursor[OBJECT_NAME_MAX] = "";

	named_count = 0;
	while (named_count < NAMED_MAX && progress_wanted() &&
	       store_client_name_next(arcobj_store, NULL, cursor, &name) == STATUS_OK) {
		string_copy(cursor, sizeof(cursor), name.name);
		if (name.removed)
			continue;
		named[named_count].id = name.target;
		string_copy(named[named_count++].name, sizeof(named[0].name), name.name);
	}
}

static const char *name_of(const struct object_id *id)
{
	for (uint32_t i = 0; i < named_count; i++) {
		if (object_id_equal(&named[i].id, id))
			return named[i].name;
	}
	return "";
}

/* ---- list ---- */
static void list_row(const struct store_row *row, bool is_long)
{
	char hash[SHOW_MAX], author[SHOW_MAX], owner[SHOW_MAX], size[SHOW_MAX], time[SHOW_MAX], rights[SHOW_MAX];
	struct object_id id;
	store_id_to(&row->id, &id);
	arcobj_show_hash(hash, row->id.hash);
	if ((row->rights & OBJECT_READ) == 0)
		string_copy(size, sizeof(size), "-");
	else
		show_size(size, row->size);
	print("%s  ", hash);
	if (is_long)
		print("%-12s %-12s %-9s %-19s %4u ", arcobj_show_who(author, &row->id.author),
		      arcobj_show_who(owner, &row->owner), arcobj_show_rights(rights, row->rights),
		      arcobj_show_time(time, row->time_ns), row->entries);
	const char *type = row->type[0] != '\0' ? row->type : "-";
	if (name_of(&id)[0] != '\0')
		print("%9s  %-16s %s\n", size, type, name_of(&id));
	else
		print("%9s  %s\n", size, type);
}

static void list_end(uint64_t count, uint64_t bytes)
{
	char size[SHOW_MAX];

	print("%llu %s, %s\n", (unsigned long long)count, count == 1 ? "object" : "objects", show_size(size, bytes));
}

int arcobj_list(int argc, char **argv)
{
	struct object_id cursor = {.hash = {0}};
	struct store_row row;
	bool is_long = false, all = false;
	uint64_t count = 0, bytes = 0;
	status_t status = STATUS_OK;

	for (int i = 1; i < argc; i++) {
		is_long = is_long || strcmp(argv[i], "--long") == 0;
		all = all || strcmp(argv[i], "--all") == 0;
		if (strcmp(argv[i], "--long") != 0 && strcmp(argv[i], "--all") != 0)
			return arcobj_usage(argv[0]);
	}
	named_collect();
	while (progress_wanted() &&
	       (status = store_client_list(arcobj_store, !all, &cursor, &row)) == STATUS_OK) {
		if (count++ == 0)
			print("%s\n", is_long ? "HASH          AUTHOR       OWNER        YOU HAVE  MADE (UTC)          GIVEN      SIZE"
			                        "  TYPE             NAME"
			                      : "HASH               SIZE  TYPE             NAME");
		list_row(&row, is_long);
		store_id_to(&row.id, &cursor);
		bytes += row.size;
	}
	if (!progress_wanted())
		return arcobj_interrupted(argv[0]);
	if (status != STATUS_NOT_FOUND)
		return arcobj_failed(argv[0], status);
	list_end(count, bytes);
	return 0;
}

/* ---- names, log ---- */
static void name_row(const struct object_name *name, const char *first)
{
	char hash[SHOW_MAX], time[SHOW_MAX];

	print("%-20s %8llu  %-19s  %s\n", first, (unsigned long long)name->sequence,
	      arcobj_show_time(time, name->time_ns),
	      name->removed ? "nothing" : arcobj_show_hash(hash, name->target.hash));
}

int arcobj_names(int argc, char **argv)
{
	struct object_name name = {.name = ""};
	char cursor[OBJECT_NAME_MAX] = "";
	struct aid owner;
	uint64_t count = 0;
	status_t status = STATUS_OK;

	if (argc > 2)
		return arcobj_usage(argv[0]);
	if (argc == 2 && !arcobj_principal(argv[1], &owner))
		return 1;
	while (progress_wanted() && (status = store_client_name_next(arcobj_store, argc == 2 ? &owner : NULL, cursor,
	                                                             &name)) == STATUS_OK) {
		string_copy(cursor, sizeof(cursor), name.name);
		if (name.removed)
			continue;
		if (count++ == 0)
			print("NAME                  VERSION  SINCE (UTC)          OBJECT\n");
		name_row(&name, name.name);
	}
	if (!progress_wanted())
		return arcobj_interrupted(argv[0]);
	if (status != STATUS_NOT_FOUND)
		return arcobj_failed(argv[0], status);
	print("%llu %s\n", (unsigned long long)count, count == 1 ? "name" : "names");
	return 0;
}

/* From the newest back; each record names the one before it by its digest. */
int arcobj_log(int argc, char **argv)
{
	struct object_name name, newer;
	status_t status;

	if (argc != 2)
		return arcobj_usage(argv[0]);
	status = store_client_name_get(arcobj_store, NULL, argv[1], 0, &name);
	if (status == STATUS_NOT_FOUND || status == STATUS_INVALID)
		return command_failed(argv[1], "you have no such name");
	if (status == STATUS_OK)
		print("NAME                  VERSION  SINCE (UTC)          OBJECT\n");
	for (bool first = true; status == STATUS_OK && progress_wanted(); first = false) {
		if (!first && !arcobj_name_follows(&name, &newer))
			status = STATUS_DAMAGED;
		else
			name_row(&name, first ? name.name : "");
		if (status != STATUS_OK || name.sequence == 1)
			break;
		newer = name;
		status = store_client_name_get(arcobj_store, NULL, argv[1], newer.sequence - 1u, &name);
	}
	if (!progress_wanted())
		return arcobj_interrupted(argv[1]);
	return status == STATUS_OK ? 0 : arcobj_failed(argv[1], status);
}
