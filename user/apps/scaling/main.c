/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Two independent pairs of callers on two CPUs against one pair: how many round
 * trips a second. Each pair is a server and a client process on a CPU of its
 * own; a client says by its exit code how often it was answered.
 */
#include <lib/format.h>
#include <lib/string.h>
#include <lib/text.h>
#include <os/info.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/spawn.h>
#include <os/startup.h>
#include <os/time.h>

#define PAIRS_MAX 2u
#define START_NS  (300u * NS_PER_MS) /* until everybody is ready */
#define RUN_NS    (1000u * NS_PER_MS)

struct pair {
	handle_t endpoint;
	handle_t ended; /* the client */
	handle_t gone;  /* the server: nothing of it is left to be charged for */
	struct spawn_child server, client;
};

static int serve(void)
{
	handle_t endpoint = startup_need("test");
	struct message message;

	must(ipc_receive(endpoint, &message, DEADLINE_NEVER));
	for (;;)
		must(ipc_reply_receive(endpoint, &message, DEADLINE_NEVER));
}

static int call(deadline_t start)
{
	handle_t endpoint = startup_need("test");
	uint64_t count = 0;

	must(sys_thread_sleep(start));
	while (time_now() < start + RUN_NS) {
		for (uint32_t i = 0; i < 64; i++) {
			struct message message = {.tag = MESSAGE_TAG(0, 32, 0)};

			must(ipc_call(endpoint, &message, DEADLINE_NEVER));
		}
		count += 64;
	}
	return (int)count;
}

static void spawn(const char *role, uint32_t cpu, deadline_t start, const struct spawn_grant *grant,
                  handle_t ended, struct spawn_child *out_child)
{
	char cpu_text[8], start_text[24];
	const char *words[] = {"scaling", role, cpu_text, start_text};

	format(cpu_text, sizeof(cpu_text), "%u", cpu);
	format(start_text, sizeof(start_text), "%llu", (unsigned long long)start);
	must(spawn_program(startup_need("spawn"), words, 4, grant, 1, ended, 1, out_child));
}

static void pair_start(struct pair *pair, uint32_t cpu, deadline_t start)
{
	must(sys_endpoint_create(0, &pair->endpoint));
	must(sys_notification_create(&pair->ended));
	must(sys_notification_create(&pair->gone));
	const struct spawn_grant receive = {"test", pair->endpoint, RIGHT_RECEIVE};
	const struct spawn_grant send = {"test", pair->endpoint, RIGHT_SEND};
	spawn("serve", cpu, start, &receive, pair->gone, &pair->server);
	spawn("call", cpu, start, &send, pair->ended, &pair->client);
}

/* Round trips of the pair in RUN_NS. */
static uint64_t pair_wait(struct pair *pair)
{
	struct process_status status;
	uint64_t bits;

	must(sys_notification_wait(pair->ended, DEADLINE_NEVER, &bits));
	must(info_process_status(pair->client.process, &status));
	spawn_end(startup_need("spawn"), &pair->server);
	must(sys_notification_wait(pair->gone, DEADLINE_NEVER, &bits));
	must(sys_cap_drop(pair->client.process));
	must(sys_cap_drop(pair->server.process));
	must(sys_cap_drop(pair->ended));
	must(sys_cap_drop(pair->gone));
	must(sys_cap_drop(pair->endpoint));
	return status.exit_code;
}

static void measure(const char *name, uint32_t pairs)
{
	struct pair pair[PAIRS_MAX];
	deadline_t start = time_after(START_NS);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < pairs; i++)
		pair_start(&pair[i], i, start);
	for (uint32_t i = 0; i < pairs; i++)
		sum += pair_wait(&pair[i]);
	print("bench %s %llu per_second\n", name, (unsigned long long)(sum * NS_PER_SECOND / RUN_NS));
}

int main(int argc, char **argv)
{
	uint64_t cpu, start;

	if (argc == 4 && text_number(argv[2], &cpu) && text_number(argv[3], &start)) {
		if (sys_thread_control(HANDLE_NONE, THREAD_CONTROL_AFFINITY, 1ull << cpu) != STATUS_OK)
			return 0;
		return strcmp(argv[1], "serve") == 0 ? serve() : call(start);
	}
	measure("pairs_one", 1);
	measure("pairs_two", 2);
	return 0;
}
