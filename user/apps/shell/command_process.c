/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ps, kill. */
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
	char time[SHOW_MAX], size[SHOW_MAX], principal[PRINCIPAL_TEXT_MAX], cpus[SHOW_MAX];

	if (argc > 1 && !threads)
		return command_usage(argv[0]);
	print("  PID PARENT NAME             THREADS CPU           TIME     MEMORY PRINCIPAL\n");
	for (uint64_t at = 0;
	     info_read(monitor(), INFO_PROCESS, at, &process, sizeof(process), &at) == STATUS_OK;) {
		print("%5llu %6llu %-16.24s %7u %-7s %10s %10s %s%s\n", (unsigned long long)process.id,
		      (unsigned long long)process.parent, process.name, process.threads,
		      cpus_of(cpus, process.id), show_time(time, process.cpu_time_ns),
		      show_size(size, (uint64_t)process.pages * PAGE_SIZE),
		      principal_text(principal, &process.principal),
		      process.state == PROCESS_DYING  ? " (ending)"
		      : process.state == PROCESS_DEAD ? " (ended)"
		                                      : "");
		if (threads)
			threads_of(process.id);
		if (threads && process.cpu_percent != 0)
			print("      at most %u %% of a CPU; wanted more in %u tenths of a second\n",
			      process.cpu_percent, process.cpu_spent);
	}
	return 0;
}

int command_kill(int argc, char **argv)
{
	struct spawn_kill_req request = {.code = 0};
	struct spawn_kill_rep reply;
	struct info_process process;

	if (argc != 2)
		return command_usage(argv[0]);
	if (!process_named(argv[1], &process))
		return command_failed(argv[1], "no such process");
	request.process = process.id;
	status_t status = spawn_kill(startup_need("spawn"), time_after(SPAWN_NS), &request, &reply);
	if (status == STATUS_NOT_FOUND)
		return command_failed(argv[0], "no such process among those that may be ended");
	return status == STATUS_OK ? 0 : init_refused(argv[0], status);
}
