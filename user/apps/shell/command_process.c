/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ps, kill, caps. */
#include "shell.h"
#include <lib/format.h>
#include <lib/string.h>
#include <lib/text.h>

static handle_t monitor(void)
{
	return startup_need("monitor");
}

static const char *thread_state_name(uint32_t state)
{
	static const char *const names[] = {
#define THREAD_STATE(name, value, text) [value] = text,
#include <abi/thread_state.def>
#undef THREAD_STATE
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

static void threads_of(uint64_t process)
{
	struct info_thread thread;
	char time[SHOW_MAX];

	for (uint64_t at = 0;
	     info_read(monitor(), INFO_THREAD, at, &thread, sizeof(thread), &at) == STATUS_OK;) {
		if (thread.process_id == process)
			print("      thread %-4u %-10s priority %2u (%2u)  CPU %2u  %12s  at 0x%llx\n",
			      thread.slot, thread_state_name(thread.state), thread.priority,
			      thread.base_priority, thread.cpu, show_time(time, thread.cpu_time_ns),
			      (unsigned long long)thread.pc);
	}
}

/* The CPUs its threads are on or ran on last: "0,3". */
static const char *cpus_of(char *text, uint64_t process)
{
	struct info_thread thread;
	uint64_t cpus = 0;
	size_t at = 0;

	for (uint64_t i = 0;
	     info_read(monitor(), INFO_THREAD, i, &thread, sizeof(thread), &i) == STATUS_OK;) {
		if (thread.process_id == process)
			cpus |= 1ull << thread.cpu % 64u;
	}
	text[0] = '\0';
	for (uint32_t cpu = 0; cpu < 64u && at < SHOW_MAX; cpu++) {
		if ((cpus >> cpu & 1u) != 0)
			at += format(text + at, SHOW_MAX - at, at == 0 ? "%u" : ",%u", cpu);
	}
	return text;
}

int command_ps(int argc, char **argv)
{
	bool threads = argc == 2 && strcmp(argv[1], "-t") == 0;
	struct info_process process;
	char time[SHOW_MAX], size[SHOW_MAX], principal[SHOW_MAX], cpus[SHOW_MAX];

	if (argc > 1 && !threads)
		return command_usage(argv[0]);
	print("  PID PARENT NAME             THREADS CPU           TIME     MEMORY PRINCIPAL\n");
	for (uint64_t at = 0;
	     info_read(monitor(), INFO_PROCESS, at, &process, sizeof(process), &at) == STATUS_OK;) {
		print("%5llu %6llu %-16.24s %7u %-7s %10s %10s %s%s\n", (unsigned long long)process.id,
		      (unsigned long long)process.parent, process.name, process.threads,
		      cpus_of(cpus, process.id), show_time(time, process.cpu_time_ns),
		      show_size(size, (uint64_t)process.pages * PAGE_SIZE),
		      show_principal(principal, &process.principal),
		      process.state == PROCESS_DYING  ? " (ending)"
		      : process.state == PROCESS_DEAD ? " (ended)"
		                                      : "");
		if (threads)
			threads_of(process.id);
	}
	return 0;
}

static bool pid_read(const char *text, uint64_t *out_pid)
{
	return text_number(text, out_pid) && *out_pid != 0;
}

int command_kill(int argc, char **argv)
{
	struct spawn_kill_req request = {.code = 0};
	struct spawn_kill_rep reply;

	if (argc != 2 || !pid_read(argv[1], &request.process))
		return command_usage(argv[0]);
	status_t status = spawn_kill(startup_need("spawn"), DEADLINE_NEVER, &request, &reply);
	if (status == STATUS_NOT_FOUND)
		return command_failed(argv[0], "no such process among those that may be ended");
	return status == STATUS_OK ? 0 : command_failed(argv[0], status_sentence(status));
}

static const char *object_name(uint32_t type)
{
	switch (type) {
#define OBJECT(name, value, text)                                                                          \
	case value: return text;
#include <abi/object.def>
#undef OBJECT
	default: return "?";
	}
}

static void caps_of(handle_t process)
{
	struct cap_info info;
	char rights[SHOW_MAX], size[SHOW_MAX];
	status_t status;

	print("SLOT KIND              RIGHTS       BADGE             OBJECT  DEPTH  FROM  SIZE\n");
	for (uint32_t slot = 0; (status = info_cap(process, slot, &info)) != STATUS_INVALID; slot++) {
		if (status != STATUS_OK)
			continue;
		print("%4u %-17s %-12s %016llx %7u %6u %5llu  %s\n", slot, object_name(info.type),
		      show_rights(rights, info.rights), (unsigned long long)info.badge, info.object,
		      info.depth, (unsigned long long)info.granter,
		      info.size != 0 ? show_size(size, info.size) : "");
	}
}

int command_caps(int argc, char **argv)
{
	struct spawn_open_req request;
	struct spawn_open_rep reply;
	uint64_t self = 0;

	if (argc != 2 || !pid_read(argv[1], &request.process))
		return command_usage(argv[0]);
	if (sys_process_id(&self) == STATUS_OK && self == request.process) {
		caps_of(HANDLE_NONE);
		return 0;
	}
	status_t status = spawn_open(startup_need("spawn"), DEADLINE_NEVER, &request, &reply);
	if (status == STATUS_NOT_FOUND)
		return command_failed(argv[0], "no such process among those that may be looked into");
	if (status != STATUS_OK)
		return command_failed(argv[0], status_sentence(status));
	handle_t process = ipc_reply_take(0);
	caps_of(process);
	(void)!sys_cap_drop(process);
	return 0;
}
