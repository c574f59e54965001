/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The object store: the protocol over lib/object.h. */
#include "store.h"
#include <lib/string.h>
#include <os/audit_tell.h>
#include <os/startup.h>
#include <proto/spawn.h>

IFACE_SERVER(store, STORE_METHODS)

/* Nobody asks: first those who wait. */
static bool idle(void)
{
	if (change_waits()) {
		change_commit();
		return true;
	}
	return tidy();
}

/* Denials are never sampled; who could have granted is the client's to explain. */
static void refused(const struct service_call *call, status_t status)
{
	if (status == STATUS_DENIED)
		audit_tell(AUDIT_OBJECT_DENIED, call->badge & ~STORE_BADGE_CONTROL, call->method, status, 0, 0);
}

int main(int argc, char **argv)
{
	static const struct service service = {.init = medium_open, .call = store_dispatch, .fault = refused, .idle = idle};

	if (argc > 1 && strcmp(argv[argc - 1], SERVICE_RESTARTED) == 0)
		medium.flags |= STORE_WAS_RESTARTED;
	service_has_work(); /* what a predecessor left */
	service_run(&service, startup_need("endpoint"));
}
