/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What can be started: init says which names, the bundle holds the files. */
#include "shell.h"
#include <lib/bundle.h>
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
	while (spawn_list(startup_need("spawn"), DEADLINE_NEVER, &request, &reply, &bytes) == STATUS_OK) {
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
