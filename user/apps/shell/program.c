/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What can be started: init says which names, the bundle holds the files, its catalog the principals. */
#include "shell.h"
#include <lib/bundle.h>
#include <lib/bytes.h>
#include <lib/identity.h>
#include <lib/module.h>
#include <lib/string.h>

static char programs[PROGRAMS_MAX][BUNDLE_NAME_MAX];
static const char *table[PROGRAMS_MAX];
static uint32_t count;

static void names_add(const char *data, size_t bytes)
{
	for (size_t at = 0; at < bytes && count < PROGRAMS_MAX; at += strlen(data + at) + 1u) {
		string_copy(programs[count], BUNDLE_NAME_MAX, data + at);
		table[count] = programs[count];
		count++;
	}
}

uint32_t program_names(const char *const **out_names)
{
	struct spawn_list_req request = {.index = 0};
	struct spawn_list_rep reply;
	size_t bytes;

	*out_names = table;
	if (count != 0)
		return count;
	while (spawn_list(startup_need("spawn"), time_after(SPAWN_NS), &request, &reply, &bytes) == STATUS_OK) {
		reply.data[sizeof(reply.data) - 1u] = '\0';
		names_add(reply.data, bytes);
		request.index = reply.next;
	}
	return count;
}

bool program_exists(const char *name)
{
	const char *const *list;
	uint32_t programs = program_names(&list);

	for (uint32_t i = 0; i < programs; i++) {
		if (strcmp(list[i], name) == 0)
			return true;
	}
	return false;
}

/* Mapped when first needed. */
static bool bundle_get(struct bundle *out_bundle)
{
	static struct bundle bundle;
	struct cap_info info;
	uint64_t address;
	handle_t memory = startup_handle("bundle");

	if (bundle.data == NULL) {
		if (info_cap(HANDLE_NONE, HANDLE_SLOT(memory), &info) != STATUS_OK ||
		    sys_memory_map(memory, 0, 0, info.size / PAGE_SIZE, PROT_READ, &address) != STATUS_OK ||
		    bundle_check((const uint8_t *)address, info.size, &bundle) != BUNDLE_OK) {
			bundle.data = NULL;
			return false;
		}
	}
	*out_bundle = bundle;
	return true;
}

const uint8_t *program_file(const char *name, size_t *out_length)
{
	struct bundle bundle;
	struct bundle_module module;

	*out_length = 0;
	if (!bundle_get(&bundle) || !bundle_find(&bundle, name, &module))
		return NULL;
	*out_length = module.size;
	return bundle.data + module.offset;
}

bool module_name(uint32_t index, char text[BUNDLE_NAME_MAX])
{
	struct bundle bundle;
	struct bundle_module module;

	if (!bundle_get(&bundle) || !bundle_module(&bundle, index, &module))
		return false;
	string_copy(text, BUNDLE_NAME_MAX, module.name);
	return true;
}

/* ---- the catalog ---- */
static bool catalog_get(struct catalog *out_catalog)
{
	size_t length;
	const uint8_t *data = program_file(CATALOG_NAME, &length);

	if (data == NULL || length < sizeof(struct catalog_header))
		return false;
	*out_catalog = (struct catalog){.data = data, .count = bytes_le32(data + 12)};
	return out_catalog->count <= (length - sizeof(struct catalog_header)) / sizeof(struct catalog_entry);
}

bool program_of(const struct aid *principal, char *text, size_t size)
{
	struct catalog catalog;
	struct catalog_entry entry;

	for (uint32_t i = 0; catalog_get(&catalog) && i < catalog.count; i++) {
		catalog_entry_read(&catalog, i, &entry);
		if (entry.role != MODULE_DATA && aid_equal(&entry.principal, principal)) {
			string_copy(text, size, entry.name);
			return true;
		}
	}
	return false;
}

bool program_principal(const char *name, struct aid *out_principal)
{
	struct catalog catalog;
	struct catalog_entry entry;

	for (uint32_t i = 0; catalog_get(&catalog) && i < catalog.count; i++) {
		catalog_entry_read(&catalog, i, &entry);
		if (entry.role != MODULE_DATA && strcmp(entry.name, name) == 0) {
			*out_principal = entry.principal;
			return true;
		}
	}
	return false;
}
