/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The other process: answers calls, waits for signals, faults. It ends when what it waits on is gone. */
#include "bench.h"
#include <lib/string.h>

static struct shared *shared_map(void)
{
	uint64_t address;

	must(sys_memory_map(startup_need("shared"), 0, 0, 1, PROT_READ | PROT_WRITE, &address));
	return (struct shared *)address;
}

/* Answer with as many bytes as were asked; label 1 ends. */
static int echo(void)
{
	handle_t endpoint = startup_need("endpoint");
	struct message message;

	must(ipc_receive(endpoint, &message, DEADLINE_NEVER));
	while (MESSAGE_LABEL(message.tag) != 1u)
		must(ipc_reply_receive(endpoint, &message, DEADLINE_NEVER));
	return ipc_reply(&message) != STATUS_OK;
}

/* As echo, from the second CPU. */
static int echo_far(void)
{
	must(sys_thread_control(HANDLE_NONE, THREAD_CONTROL_AFFINITY, 2));
	return echo();
}

/* Read the page that comes with a call, write to it, give it back. */
static int borrow(void)
{
	handle_t endpoint = startup_need("endpoint");
	struct message message;

	must(ipc_receive(endpoint, &message, DEADLINE_NEVER));
	while (MESSAGE_LABEL(message.tag) != 1u) {
		volatile uint64_t *const page = ipc_window();

		message.words[0] = *page;
		*page = message.words[0] + 1;
		message.tag = MESSAGE_TAG(0, 8, 0);
		must(ipc_reply_receive(endpoint, &message, DEADLINE_NEVER));
	}
	return ipc_reply(&message) != STATUS_OK;
}

/* Say when a signal arrived; bit 1 ends. */
static int wait(void)
{
	handle_t notification = startup_need("notification");
	struct shared *shared = shared_map();
	uint64_t bits = 0;

	while ((bits & 2u) == 0) {
		must(sys_notification_wait(notification, DEADLINE_NEVER, &bits));
		shared->at = arch_counter();
	}
	return 0;
}

static int fault(void)
{
	struct shared *shared = shared_map();
	volatile uint64_t *volatile nowhere = NULL;

	shared->at = 0; /* the page is there before the clock starts */
	shared->at = arch_counter();
	*nowhere = 1;
	return 0;
}

int partner_run(const char *role)
{
	static const struct {
		const char *name;
		int (*function)(void);
	} roles[] = {
		{"echo", echo}, {"echo-far", echo_far}, {"borrow", borrow},
		{"wait", wait}, {"fault", fault},
	};

	for (uint32_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(roles[i].name, role) == 0)
			return roles[i].function();
	}
	return 2;
}
