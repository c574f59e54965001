/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The first program. It reads who is to run from the manifest in the bundle,
 * starts the services, and then serves those who want to start programs and
 * looks after those who ended. It holds every authority the kernel hands out,
 * so it does little and reads nothing from outside but its bounded manifest and
 * its protocol.
 */
#include "init.h"
#include <os/panic.h>

struct manifest manifest;

static void manifest_read(void)
{
	struct manifest_error error;
	size_t length;
	const uint8_t *text = bundle_bytes("system.manifest", &length);

	if (text == NULL)
		panic("the bundle has no sound system.manifest");
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
