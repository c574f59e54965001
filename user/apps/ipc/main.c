/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of everything by which programs speak to each other. */
#include "ipc.h"
#include <os/info.h>

void partner_start(struct partner *partner, const char *role, handle_t handle, uint32_t rights)
{
	const char *words[] = {"partner", role};
	const struct spawn_grant grant = {"test", handle, rights};

	must(sys_notification_create(&partner->ended));
	must(spawn_program(startup_need("spawn"), words, 2, &grant, 1, partner->ended, 1, &partner->child));
}

void partner_kill(struct partner *partner)
{
	spawn_end(startup_need("spawn"), &partner->child);
}

struct process_status partner_wait(struct partner *partner)
{
	struct process_status status;
	uint64_t bits;

	status_t waited = sys_notification_wait(partner->ended, LONG, &bits);
	check(waited == STATUS_OK);
	if (waited != STATUS_OK) {
		partner_kill(partner);
		must(sys_notification_wait(partner->ended, DEADLINE_NEVER, &bits));
	}
	must(info_process_status(partner->child.process, &status));
	must(sys_cap_drop(partner->child.process));
	must(sys_cap_drop(partner->ended));
	return status;
}

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	test_messages();
	test_notifications();
	test_inheritance();
	test_capabilities();
	test_processes();
	test_channels();
	return check_finish();
}
