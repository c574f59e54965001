/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What can only be said of a whole manifest: every name leads somewhere, and services have an order. */
#include "manifest_priv.h"
#include <lib/string.h>

/* Index of the service that serves an endpoint, or entry_count. */
static uint32_t server_of(const struct manifest *manifest, const char *endpoint)
{
	uint32_t i = 0;

	while (i < manifest->entry_count &&
	       !(manifest->entries[i].service && strcmp(manifest->entries[i].serves, endpoint) == 0))
		i++;
	return i;
}

static const char *uses_check(const struct manifest *manifest, const struct manifest_entry *entry)
{
	for (uint32_t i = 0; i < entry->use_count; i++) {
		const char *name = entry->uses[i].name;

		if (strcmp(name, MANIFEST_INIT_ENDPOINT) != 0 &&
		    server_of(manifest, name) == manifest->entry_count)
			return "an endpoint is used that nobody serves";
	}
	return NULL;
}

static const char *entry_check(const struct manifest *manifest, uint32_t index)
{
	const struct manifest_entry *entry = &manifest->entries[index];

	if (entry->syscall_mask == 0)
		return "a service or program has no profile";
	if (entry->principal[0] == '\0')
		return "a service or program has no principal";
	if (!entry->service && (entry->serves[0] != '\0' || entry->argument_count != 0 ||
	                        entry->restart != RESTART_NEVER || entry->device != MANIFEST_DEVICE_NONE))
		return "a program has a statement that is for services";
	if (entry->serves[0] != '\0' && (server_of(manifest, entry->serves) != index ||
	                                 strcmp(entry->serves, MANIFEST_INIT_ENDPOINT) == 0))
		return "an endpoint is served twice";
	return uses_check(manifest, entry);
}

/* Every service that this one waits for is placed already. */
static bool is_ready(const struct manifest *manifest, const struct manifest_entry *entry, uint64_t placed)
{
	for (uint32_t i = 0; i < entry->use_count; i++) {
		uint32_t server = server_of(manifest, entry->uses[i].name);

		if (server != manifest->entry_count && (placed & (1ull << server)) == 0)
			return false;
	}
	return true;
}

/* Place whoever is ready, until nobody is. */
static const char *order(struct manifest *manifest)
{
	uint64_t placed = 0;
	uint32_t services = 0;

	for (uint32_t i = 0; i < manifest->entry_count; i++)
		services += manifest->entries[i].service;
	for (uint32_t round = 0; round < services; round++) {
		for (uint32_t i = 0; i < manifest->entry_count; i++) {
			if (!manifest->entries[i].service || (placed & (1ull << i)) != 0 ||
			    !is_ready(manifest, &manifest->entries[i], placed))
				continue;
			placed |= 1ull << i;
			manifest->order[manifest->order_count++] = i;
		}
	}
	return manifest->order_count == services ? NULL : "services use each other in a circle";
}

const char *manifest_check(struct manifest *manifest)
{
	_Static_assert(MANIFEST_ENTRIES_MAX <= 64u, "a bit per entry");
	for (uint32_t i = 0; i < manifest->entry_count; i++) {
		const char *reason = entry_check(manifest, i);

		if (reason != NULL)
			return reason;
	}
	return order(manifest);
}
