/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Endpoints belong to init and are lent to the services: when a service dies,
 * callers wait in the queue for its successor, and the notification bound to
 * the endpoint is still bound. When no successor will come, init gives its own
 * capability up: with it goes the last right to receive there, and every caller
 * is told.
 */
#include "init.h"
#include <lib/string.h>
#include <os/info.h>
#include <os/panic.h>

static struct served all[MANIFEST_ENTRIES_MAX + 1u];
static uint32_t count;

static void make(struct served *served)
{
	must(sys_endpoint_create(served->depth, &served->endpoint));
	must(sys_notification_create(&served->notification));
	must(sys_notification_bind(served->notification, served->endpoint));
	must(sys_cap_mint(served->endpoint, RIGHT_SEND, INIT_BADGE, &served->client));
}

static void add(const char *name, uint32_t depth)
{
	struct served *served = &all[count++];

	string_copy(served->name, sizeof(served->name), name);
	served->depth = depth;
	make(served);
}

void endpoints_make(void)
{
	add(MANIFEST_INIT_ENDPOINT, 0);
	for (uint32_t i = 0; i < manifest.entry_count; i++) {
		const struct manifest_entry *entry = &manifest.entries[i];

		if (entry->serves[0] != '\0')
			add(entry->serves, entry->serves_depth);
	}
}

static struct served *find(const char *name)
{
	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
	}
	return NULL;
}

const struct served *endpoint_find(const char *name)
{
	const struct served *served = find(name);

	return served != NULL && served->endpoint != HANDLE_NONE ? served : NULL;
}

void endpoint_close(const char *name)
{
	struct served *served = find(name);

	if (served == NULL || served->endpoint == HANDLE_NONE)
		return;
	must(sys_cap_drop(served->client));
	must(sys_cap_drop(served->endpoint));
	must(sys_cap_drop(served->notification));
	served->endpoint = HANDLE_NONE;
	served->notification = HANDLE_NONE;
}

void endpoint_open(const char *name)
{
	struct served *served = find(name);

	if (served != NULL && served->endpoint == HANDLE_NONE)
		make(served);
}

uint32_t endpoint_object(const char *name)
{
	const struct served *served = endpoint_find(name);
	struct cap_info info;

	if (served == NULL || info_cap(HANDLE_NONE, HANDLE_SLOT(served->endpoint), &info) != STATUS_OK)
		return UINT32_MAX;
	return info.object;
}
