/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The manifest: refused with a reason, or entries whose every reference is to something that is there. */
#include "fuzz.h"
#include <lib/manifest.h>
#include <string.h>

static struct manifest manifest;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manifest_error error;

	if (!manifest_parse((const char *)data, size, &manifest, &error)) {
		require(error.reason != NULL && error.line <= size + 1);
		return 0;
	}
	require(manifest.entry_count <= MANIFEST_ENTRIES_MAX && manifest.profile_count <= MANIFEST_PROFILES_MAX);
	require(manifest.order_count <= manifest.entry_count);
	for (uint32_t i = 0; i < manifest.order_count; i++)
		require(manifest.order[i] < manifest.entry_count);
	for (uint32_t i = 0; i < manifest.entry_count; i++) {
		const struct manifest_entry *entry = &manifest.entries[i];
		require(memchr(entry->name, '\0', sizeof entry->name) != NULL);
		require(manifest_find(&manifest, entry->name) == entry);
		require(entry->use_count <= MANIFEST_USES_MAX && entry->handle_count <= MANIFEST_HANDLES_MAX);
		require(entry->depend_count <= MANIFEST_DEPENDS_MAX);
		(void)manifest_role(entry);
	}
	return 0;
}
