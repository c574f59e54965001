/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What can only be said of a whole manifest: every name leads somewhere, nobody
 * depends on what a smaller tier lacks, and services have an order.
 */
#include "manifest_priv.h"
#include <lib/string.h>

static bool wrong(struct manifest_error *out_error, uint32_t line, const char *reason)
{
	*out_error = (struct manifest_error){line, reason};
	return false;
}

static uint64_t bit_of(const struct manifest *manifest, const struct manifest_entry *entry)
{
	return 1ull << (entry - manifest->entries);
}

static bool uses_check(struct manifest *manifest, struct manifest_entry *entry, struct manifest_error *out_error)
{
	for (uint32_t i = 0; i < entry->use_count; i++) {
		const struct manifest_use *use = &entry->uses[i];
		const struct manifest_entry *server = manifest_server(manifest, use->name);

		if (server == NULL && strcmp(use->name, MANIFEST_INIT_ENDPOINT) != 0)
			return wrong(out_error, use->line, "an endpoint is used that nobody serves");
		if (server != NULL && entry->service)
			entry->needs |= bit_of(manifest, server);
	}
	return true;
}

static bool depends_check(struct manifest *manifest, struct manifest_entry *entry,
                          struct manifest_error *out_error)
{
	for (uint32_t i = 0; i < entry->depend_count; i++) {
		const struct manifest_depend *depend = &entry->depends[i];
		const struct manifest_entry *other = manifest_find(manifest, depend->name);

		if (other == NULL || !other->service)
			return wrong(out_error, depend->line, "there is no service of this name to depend on");
		if (other->tier > entry->tier)
			return wrong(out_error, depend->line, "it depends on a service that its tier may lack");
		entry->needs |= bit_of(manifest, other);
	}
	return true;
}

static const char *entry_fault(const struct manifest *manifest, const struct manifest_entry *entry)
{
	if (entry->syscall_mask == 0)
		return "a service or program has no profile";
	if (entry->principal[0] == '\0')
		return "a service or program has no principal";
	if (!entry->service &&
	    (entry->serves[0] != '\0' || entry->argument_count != 0 || entry->restart != RESTART_NEVER ||
	     entry->device != MANIFEST_DEVICE_NONE || entry->depend_count != 0 || entry->keeps_pages != 0 || entry->ready_seconds != 0 ||
	     entry->tier != MANIFEST_TIER_EMBEDDED))
		return "a program has a statement that is for services";
	if (entry->device == MANIFEST_DEVICE_PCI && !manifest_uses(entry, MANIFEST_DEVICES_ENDPOINT))
		return "the driver of a PCI device does not use the device manager";
	if (entry->serves[0] != '\0' && (manifest_server(manifest, entry->serves) != entry ||
	                                 strcmp(entry->serves, MANIFEST_INIT_ENDPOINT) == 0))
		return "an endpoint is served twice";
	return NULL;
}

static bool entry_check(struct manifest *manifest, struct manifest_entry *entry, struct manifest_error *out_error)
{
	const char *fault = entry_fault(manifest, entry);

	if (fault != NULL)
		return wrong(out_error, entry->line, fault);
	return uses_check(manifest, entry, out_error) && depends_check(manifest, entry, out_error);
}

/* All that is needed, directly or through others, by those in `mask`, and they themselves. */
static uint64_t closure(const struct manifest *manifest, uint64_t mask)
{
	for (uint32_t round = 0; round < manifest->entry_count; round++) {
		for (uint32_t i = 0; i < manifest->entry_count; i++) {
			if ((mask & (1ull << i)) != 0)
				mask |= manifest->entries[i].needs;
		}
	}
	return mask;
}

/* Whoever is not needed by the policy service is admitted by it. */
static void admission(struct manifest *manifest)
{
	const struct manifest_entry *policy = manifest_server(manifest, MANIFEST_POLICY_ENDPOINT);

	if (policy == NULL)
		return;
	uint64_t before = closure(manifest, bit_of(manifest, policy));
	for (uint32_t i = 0; i < manifest->entry_count; i++) {
		struct manifest_entry *entry = &manifest->entries[i];

		entry->admitted = (before & (1ull << i)) == 0;
		if (entry->admitted && entry->service)
			entry->needs |= bit_of(manifest, policy);
	}
}

/* Place every service all of whose needs are placed, until no more can be. */
static bool order(struct manifest *manifest, struct manifest_error *out_error)
{
	uint64_t placed = 0;

	for (uint32_t round = 0; round < manifest->entry_count; round++) {
		for (uint32_t i = 0; i < manifest->entry_count; i++) {
			const struct manifest_entry *entry = &manifest->entries[i];

			if (!entry->service || (placed & (1ull << i)) != 0 || (entry->needs & ~placed) != 0)
				continue;
			placed |= 1ull << i;
			manifest->order[manifest->order_count++] = i;
		}
	}
	for (uint32_t i = 0; i < manifest->entry_count; i++) {
		if (manifest->entries[i].service && (placed & (1ull << i)) == 0)
			return wrong(out_error, manifest->entries[i].line,
			             "services depend on each other in a circle");
	}
	return true;
}

bool manifest_check(struct manifest *manifest, struct manifest_error *out_error)
{
	_Static_assert(MANIFEST_ENTRIES_MAX <= 64u, "a bit per entry");
	*out_error = (struct manifest_error){0, NULL};
	for (uint32_t i = 0; i < manifest->entry_count; i++) {
		if (!entry_check(manifest, &manifest->entries[i], out_error))
			return false;
	}
	admission(manifest);
	return order(manifest, out_error);
}
