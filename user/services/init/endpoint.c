/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Endpoints belong to init and are lent to the services: when a service dies,
 * callers wait in the queue for its successor, and the notification bound to
 * the endpoint is still bound.
 */
#include "init.h"
#include <lib/string.h>
#include <os/panic.h>

static struct served all[MANIFEST_ENTRIES_MAX + 1u];
static uint32_t count;

static void make(const char *name, uint32_t depth)
{
	struct served *served = &all[count++];

	string_copy(served->name, sizeof(served->name), name);
	must(sys_endpoint_create(depth, &served->endpoint));
	must(sys_notification_create(&served->notification));
	must(sys_notification_bind(served->notification, served->endpoint));
}

void endpoints_make(void)
{
	make(MANIFEST_INIT_ENDPOINT, 0);
	for (uint32_t i = 0; i < manifest.entry_count; i++) {
		const struct manifest_entry *entry = &manifest.entries[i];

		if (entry->serves[0] != '\0')
			make(entry->serves, entry->serves_depth);
	}
}

const struct served *endpoint_find(const char *name)
{
	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
	}
	return NULL;
}
