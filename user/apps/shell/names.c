/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What things are called. A process has a name as long as it lives; of one that
 * has ended the audit ring still tells the principal, and the catalog whose that
 * is. An endpoint is called by the name its service serves it under.
 */
#include "shell.h"
#include <lib/format.h>
#include <lib/string.h>
#include <lib/text.h>

#define SERVICES_MAX 40u

static struct spawn_service_rep services[SERVICES_MAX];
static uint32_t service_count;

uint32_t names_services(const struct spawn_service_rep **out_services)
{
	struct spawn_service_req request = {.index = 0};

	service_count = 0;
	while (service_count < SERVICES_MAX &&
	       spawn_service(startup_need("spawn"), time_after(SPAWN_NS), &request, &services[service_count]) ==
	               STATUS_OK)
		request.index = services[service_count++].next;
	*out_services = services;
	return service_count;
}

void names_refresh(void)
{
	const struct spawn_service_rep *all;

	(void)names_services(&all);
}

/* ---- for completion ---- */
static char listed[NAMES_MAX][24];

static uint32_t list_add(const char *name, uint32_t count, const char **out_names)
{
	for (uint32_t i = 0; i < count; i++) {
		if (strncmp(listed[i], name, sizeof(listed[0])) == 0)
			return count;
	}
	if (count == NAMES_MAX)
		return count;
	string_copy(listed[count], sizeof(listed[0]), name);
	out_names[count] = listed[count];
	return count + 1u;
}

uint32_t names_list(uint32_t takes, const char **out_names)
{
	const struct spawn_service_rep *all;
	struct info_process process;
	uint32_t count = 0;

	for (uint32_t i = 0, end = (takes & TAKES_SERVICES) != 0 ? names_services(&all) : 0; i < end; i++)
		count = list_add(all[i].name, count, out_names);
	if ((takes & TAKES_PROCESSES) == 0)
		return count;
	for (uint64_t at = 0; info_read(startup_need("monitor"), INFO_PROCESS, at, &process, sizeof(process),
	                                &at) == STATUS_OK;)
		count = list_add(process.name, count, out_names);
	return count;
}

/* ---- processes ---- */
bool process_find(uint64_t id, struct info_process *out_process)
{
	handle_t monitor = startup_need("monitor");

	for (uint64_t at = 0; info_read(monitor, INFO_PROCESS, at, out_process, sizeof(*out_process), &at) ==
	                      STATUS_OK;) {
		if (out_process->id == id)
			return true;
	}
	return false;
}

bool process_named(const char *word, struct info_process *out_process)
{
	handle_t monitor = startup_need("monitor");
	uint64_t id;

	if (text_number(word, &id))
		return process_find(id, out_process);
	for (uint64_t at = 0; info_read(monitor, INFO_PROCESS, at, out_process, sizeof(*out_process), &at) ==
	                      STATUS_OK;) {
		if (strncmp(out_process->name, word, sizeof(out_process->name)) == 0)
			return true;
	}
	return false;
}

/* Of a process that has ended: what the ring says of its start. */
static bool name_of_ended(uint64_t id, char *text, size_t size)
{
	struct aid principal;

	return ring_principal(id, &principal) && program_of(&principal, text, size);
}

const char *name_of_process(uint64_t id, char *text, size_t size)
{
	struct info_process process;

	if (id == 0)
		string_copy(text, size, "the kernel");
	else if (process_find(id, &process))
		format(text, size, "%.24s", process.name);
	else if (!name_of_ended(id, text, size))
		format(text, size, "process %llu", (unsigned long long)id);
	return text;
}

const char *name_and_id(uint64_t id, char *text, size_t size)
{
	char name[SHOW_MAX];

	name_of_process(id, name, sizeof(name));
	if (id == 0 || strncmp(name, "process ", 8) == 0)
		string_copy(text, size, name);
	else
		format(text, size, "%s (%llu)", name, (unsigned long long)id);
	return text;
}

/* ---- objects ---- */
static bool process_in_slot(uint32_t slot, struct info_process *out_process)
{
	handle_t monitor = startup_need("monitor");

	for (uint64_t at = 0; info_read(monitor, INFO_PROCESS, at, out_process, sizeof(*out_process), &at) ==
	                      STATUS_OK;) {
		if (out_process->slot == slot)
			return true;
	}
	return false;
}

/* What a service serves there; init's own endpoint is the one the shell calls it by. */
static const char *endpoint_name(uint32_t slot)
{
	struct cap_info info;

	for (uint32_t i = 0; i < service_count; i++) {
		if (services[i].serves[0] != '\0' && services[i].endpoint == slot)
			return services[i].serves;
	}
	if (info_cap(HANDLE_NONE, HANDLE_SLOT(startup_need("spawn")), &info) == STATUS_OK && info.object == slot)
		return "spawn";
	return NULL;
}

static bool is_bundle(uint32_t slot)
{
	struct cap_info info;

	return info_cap(HANDLE_NONE, HANDLE_SLOT(startup_need("bundle")), &info) == STATUS_OK &&
	       info.object == slot;
}

const char *name_of_object(uint32_t type, uint32_t slot, char *text, size_t size)
{
	struct info_process process;
	const char *endpoint = type == OBJECT_ENDPOINT ? endpoint_name(slot) : NULL;

	if (endpoint != NULL)
		string_copy(text, size, endpoint);
	else if (type == OBJECT_PROCESS && process_in_slot(slot, &process))
		format(text, size, "process %.24s", process.name);
	else if (type == OBJECT_MEMORY && is_bundle(slot))
		string_copy(text, size, "memory bundle");
	else if (type == OBJECT_NONE)
		string_copy(text, size, "nothing it holds");
	else if (type >= OBJECT_FACTORY) /* one of each */
		string_copy(text, size, object_type_name(type));
	else
		format(text, size, "%s %u", object_type_name(type), slot);
	return text;
}

const struct audit_names names = {.process = name_and_id, .object = name_of_object};
