/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Floods endpoints: its own until the queue is full, and the console driver's
 * with calls that are none, from several threads at once. Or the audit ring,
 * with calls that are denied.
 */
#include <lib/string.h>
#include <lib/text.h>
#include <os/check.h>
#include <os/ipc.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/startup.h>
#include <os/thread.h>

#define THREADS 4u
#define DEPTH   32u

static uint64_t calls = 20000;

static void flood_own(void)
{
	const struct message message = {.tag = MESSAGE_TAG(1, 32, 0)};
	uint64_t full = 0, queued = 0;
	handle_t endpoint;

	must(sys_endpoint_create(DEPTH, &endpoint));
	for (uint64_t i = 0; i < calls; i++) {
		status_t status = ipc_send(endpoint, &message);

		queued += status == STATUS_OK;
		full += status == STATUS_FULL;
	}
	check(queued == DEPTH);
	check(full == calls - DEPTH);
	must(sys_cap_drop(endpoint));
}

/* Each of these is wrong in another way; the driver refuses them one by one. */
static uint64_t flood_console(void *argument)
{
	handle_t console = startup_need("console");
	uint64_t refused = 0;

	(void)argument;
	for (uint64_t i = 0; i < calls; i++) {
		struct message message = {.tag = i % 2u == 0 ? MESSAGE_TAG(999, i % 33u, 0)
		                                             : MESSAGE_TAG(2, 3, 0)};

		refused += ipc_call(console, &message, DEADLINE_NEVER) == STATUS_OK &&
		           MESSAGE_LABEL(message.tag) != STATUS_OK;
	}
	return refused;
}

static int flood_audit(void)
{
	uint64_t denied = 0;

	for (uint64_t i = 0; i < calls; i++)
		denied += sys_cap_drop(HANDLE_NONE) == STATUS_BAD_HANDLE;
	check(denied == calls);
	return check_finish();
}

int main(int argc, char **argv)
{
	struct thread *threads[THREADS];
	uint64_t refused;
	bool denied = argc > 1 && strcmp(argv[1], "denied") == 0;

	if (denied) {
		argc--;
		argv++;
	}
	if (argc > 2 || (argc == 2 && (!text_number(argv[1], &calls) || calls <= DEPTH))) {
		print("usage: flood [denied] [CALLS]\n");
		return 2;
	}
	if (denied)
		return flood_audit();
	flood_own();
	for (uint32_t i = 0; i < THREADS; i++)
		must(thread_run(flood_console, NULL, NULL, &threads[i]));
	for (uint32_t i = 0; i < THREADS; i++) {
		thread_join(threads[i], &refused);
		check(refused == calls);
	}
	return check_finish();
}
