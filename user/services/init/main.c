/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The first program. It reads who is to run from the manifest in the bundle,
 * starts the services, and then serves those who want to start programs and
 * looks after those who ended. It holds every authority the kernel hands out,
 * so it does little and reads nothing from outside but its bounded manifest and
 * its protocol.
 */
#include "init.h"
#include <lib/hash.h>
#include <os/panic.h>

#define MANIFEST_MODULE "system.manifest"

struct manifest manifest;

/* The catalog is the signed half of the manifest: the text must be the one it lists. */
static bool is_listed(const uint8_t *text, size_t length)
{
	struct catalog_entry listed;
	uint8_t digest[HASH_SIZE];

	if (!bundle_listed(MANIFEST_MODULE, &listed) || listed.role != MODULE_DATA || listed.size != length)
		return false;
	hash_bytes(text, length, digest);
	return hash_equal(digest, listed.digest);
}

static void manifest_read(void)
{
	struct manifest_error error;
	size_t length;
	const uint8_t *text = bundle_bytes(MANIFEST_MODULE, &length);

	if (text == NULL)
		panic("the bundle has no sound system.manifest");
	if (!is_listed(text, length))
		panic("system.manifest is not the one the catalog lists: it was changed after it was signed");
	if (!manifest_parse((const char *)text, length, &manifest, &error))
		panic("system.manifest, line %u: %s", error.line, error.reason);
}

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	bundle_open();
	manifest_read();
	endpoints_make();
	service_run(&spawn_service, endpoint_find(MANIFEST_INIT_ENDPOINT)->endpoint);
}
