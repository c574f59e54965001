/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * cambi manifest reach: who can reach X? Backwards over the graph, nearest
 * first: who may call on X or holds it, then who may call on those.
 */
#include "cambi.h"
#include <string.h>

#define DIRECTLY (MANIFEST_ENTRIES_MAX + 1u)
#define NOT_YET  (MANIFEST_ENTRIES_MAX + 2u)

struct search {
	const struct manifest *manifest;
	uint32_t via[MANIFEST_ENTRIES_MAX];   /* whom it would ask next: an entry, DIRECTLY or NOT_YET */
	uint32_t found[MANIFEST_ENTRIES_MAX]; /* in the order they were found */
	uint32_t count;
};

static const struct manifest_use *use_of(const struct manifest_entry *entry, const char *endpoint)
{
	for (uint32_t i = 0; i < entry->use_count; i++) {
		if (strcmp(entry->uses[i].name, endpoint) == 0)
			return &entry->uses[i];
	}
	return NULL;
}

static const struct manifest_handle *handle_of(const struct manifest_entry *entry, const char *name)
{
	for (uint32_t i = 0; i < entry->handle_count; i++) {
		if (strcmp(entry->handles[i].name, name) == 0)
			return &entry->handles[i];
	}
	return NULL;
}

static void add(struct search *search, uint32_t index, uint32_t via)
{
	if (search->via[index] != NOT_YET)
		return;
	search->via[index] = via;
	search->found[search->count++] = index;
}

/* Everybody who may call on `endpoint`. */
static void add_users(struct search *search, const char *endpoint, uint32_t via)
{
	for (uint32_t i = 0; i < search->manifest->entry_count; i++) {
		if (use_of(&search->manifest->entries[i], endpoint) != NULL)
			add(search, i, via);
	}
}

static void add_holders(struct search *search, const char *handle)
{
	for (uint32_t i = 0; i < search->manifest->entry_count; i++) {
		if (handle_of(&search->manifest->entries[i], handle) != NULL)
			add(search, i, DIRECTLY);
	}
}

static void spread(struct search *search)
{
	for (uint32_t next = 0; next < search->count; next++) {
		const char *const serves = search->manifest->entries[search->found[next]].serves;
		if (serves[0] != '\0')
			add_users(search, serves, search->found[next]);
	}
}

static void print_direct(const struct manifest_entry *entry, const char *endpoint, const char *handle)
{
	const struct manifest_use *const use = use_of(entry, endpoint);
	const struct manifest_handle *const held = handle_of(entry, handle);

	if (use != NULL)
		printf("may call on it%s%s\n", use->control ? ", and controls it" : "",
		       use->grant ? ", and may pass that on" : "");
	else
		printf("holds it: %s\n", rights_text(held->rights));
}

static void print_path(const struct search *search, uint32_t index)
{
	printf("by asking");
	for (uint32_t at = search->via[index]; at < MANIFEST_ENTRIES_MAX; at = search->via[at])
		printf(" %s%s", search->manifest->entries[at].name,
		       search->via[at] < MANIFEST_ENTRIES_MAX ? ", which asks" : "");
	putchar('\n');
}

int verb_manifest_reach(int argc, char **argv)
{
	static struct manifest manifest;
	struct search search = {.manifest = &manifest};

	need_words(argc, argv, 2, 2);
	manifest_load(argv[0], &manifest);
	const struct manifest_entry *const entry = manifest_find(&manifest, argv[1]);
	const char *const endpoint = entry != NULL && entry->serves[0] != '\0' ? entry->serves : argv[1];
	for (uint32_t i = 0; i < MANIFEST_ENTRIES_MAX; i++)
		search.via[i] = NOT_YET;
	add_users(&search, endpoint, DIRECTLY);
	add_holders(&search, argv[1]);
	spread(&search);
	for (uint32_t i = 0; i < search.count; i++) {
		const uint32_t index = search.found[i];
		printf("%-16s ", manifest.entries[index].name);
		if (search.via[index] == DIRECTLY)
			print_direct(&manifest.entries[index], endpoint, argv[1]);
		else
			print_path(&search, index);
	}
	if (search.count == 0 && entry == NULL)
		refuse("%s: there is no service, endpoint or handle %s", argv[0], argv[1]);
	printf("%-16s gives out whatever the manifest says\n", "init");
	return 0;
}
