/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The vault for the disk's key: the protocol over key.c. */
#include "unlock.h"
#include <os/startup.h>

IFACE_SERVER(unlock, UNLOCK_METHODS)

int main(int argc, char **argv)
{
	static const struct service service = {.init = key_open, .call = unlock_dispatch};

	(void)argc;
	(void)argv;
	service_run(&service, startup_need("endpoint"));
}
