/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* services, restart: what init keeps running. */
#include "shell.h"
#include <lib/string.h>

static const char *state_name(uint32_t state)
{
	switch (state) {
#define ROW(NAME, value, text)                                                                             \
	case value: return text;
		SPAWN_SERVICE_STATES(ROW)
#undef ROW
	default: return "?";
	}
}

static void service_row(const struct spawn_service_rep *service)
{
	char principal[PRINCIPAL_TEXT_MAX], pid[SHOW_MAX] = "-", up[SHOW_MAX] = "-";

	if (service->process != 0) {
		show_number(pid, service->process);
		show_time(up, time_now() - service->started_ns);
	}
	print("%-10.24s %-10s %5s %8u %7u  %-8.16s %-12s %11s\n", service->name, state_name(service->state), pid,
	      service->restarts, service->version, service->serves[0] != '\0' ? service->serves : "-",
	      principal_text(principal, &service->principal), up);
}

int command_services(int argc, char **argv)
{
	const struct spawn_service_rep *services;

	if (argc != 1)
		return command_usage(argv[0]);
	uint32_t count = names_services(&services);
	if (count == 0)
		return command_failed(argv[0], "init does not tell");
	print("SERVICE    STATE        PID RESTARTS VERSION  SERVES   PRINCIPAL             UP\n");
	for (uint32_t i = 0; i < count; i++)
		service_row(&services[i]);
	uint32_t free = devices_not_confined();
	if (free != 0)
		print("%u device%s can reach all memory: no IOMMU confines %s (`devices`)\n", free, free == 1u ? "" : "s",
		      free == 1u ? "it" : "them");
	return 0;
}

int command_restart(int argc, char **argv)
{
	struct spawn_restart_req request = {.name = ""};
	struct spawn_restart_rep reply;

	if (argc != 2)
		return command_usage(argv[0]);
	if (string_copy(request.name, sizeof(request.name), argv[1]) >= sizeof(request.name))
		return command_failed(argv[1], "there is no such service");
	status_t status = spawn_restart(startup_need("spawn"), time_after(SPAWN_NS), &request, &reply);
	if (status == STATUS_NOT_FOUND)
		return command_failed(argv[1], "there is no such service");
	if (status != STATUS_OK)
		return init_refused(argv[0], status);
	if (reply.process != 0)
		print("%s: process %llu is ended, and a new one starts\n", argv[1],
		      (unsigned long long)reply.process);
	else
		print("%s: starts\n", argv[1]);
	return 0;
}
