/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Programs the shell started. The one in front has the keyboard and is ended by
 * Ctrl-C; the shell waits for it. Those behind are looked at before each prompt.
 */
#include "shell.h"
#include <lib/string.h>
#include <os/panic.h>
#include <os/report.h>

#define JOBS_MAX 8u

static struct job {
	char name[24];
	struct spawn_child child; /* id 0: the slot is free */
} jobs[JOBS_MAX];

static void kill_child(const char *name, uint64_t id)
{
	struct spawn_kill_req request = {.process = id, .code = 0};
	struct spawn_kill_rep reply;

	const status_t status = spawn_kill(startup_need("spawn"), time_after(SPAWN_NS), &request, &reply);
	if (status == STATUS_TIMED_OUT) /* anything else: it may have ended */
		(void)init_refused(name, status);
}

/* True: it has ended, was told of and forgotten. */
static bool ended(const char *name, const struct spawn_child *child, int *out_code)
{
	struct process_status status;
	size_t length;

	must(info_process_status(child->process, &status));
	if (status.state != PROCESS_DEAD)
		return false;
	must(sys_cap_drop(child->process));
	const uint8_t *file = program_file(name, &length);
	report_end(name, &status, file, length);
	*out_code = status.killed != 0 ? -1 : (int)status.exit_code;
	return true;
}

static int wait_for(const char *name, const struct spawn_child *child)
{
	uint64_t bits;
	int code = 0;

	terminal_foreground(child->badge);
	do {
		must(sys_notification_wait(terminal_notification(), DEADLINE_NEVER, &bits));
		if ((bits & TERMINAL_INTERRUPT) != 0) {
			print("^C\n");
			kill_child(name, child->id);
		}
	} while (!ended(name, child, &code));
	terminal_foreground(0);
	return code;
}

static struct job *job_free(void)
{
	for (struct job *job = jobs; job < jobs + JOBS_MAX; job++) {
		if (job->child.id == 0)
			return job;
	}
	return NULL;
}

int job_run(int argc, char **argv, bool behind)
{
	struct job *job = job_free();
	struct spawn_child child;
	uint64_t bits;

	if (behind && job == NULL)
		return command_failed(argv[0], "too many programs run behind");
	/* An old Ctrl-C is not meant for this one. */
	(void)!sys_notification_wait(terminal_notification(), DEADLINE_NOW, &bits);
	status_t status =
		spawn_program(startup_need("spawn"), (const char *const *)argv, (uint32_t)argc, NULL, 0,
	                      terminal_notification(), behind ? 0 : TERMINAL_ENDED, &child);
	if (status != STATUS_OK)
		return init_refused(argv[0], status);
	if (!behind)
		return wait_for(argv[0], &child);
	string_copy(job->name, sizeof(job->name), argv[0]);
	job->child = child;
	print("%s: runs as process %llu\n", argv[0], (unsigned long long)child.id);
	return 0;
}

void job_report(void)
{
	int code;

	for (struct job *job = jobs; job < jobs + JOBS_MAX; job++) {
		if (job->child.id != 0 && ended(job->name, &job->child, &code))
			job->child.id = 0;
	}
}
