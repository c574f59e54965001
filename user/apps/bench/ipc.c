/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Call and reply between two processes. */
#include "bench.h"

#define ROUNDS 2000u
#define WARM   200u

struct server {
	handle_t endpoint;
	struct bench_child child;
};

static void server_start(struct server *server, const char *role)
{
	must(sys_endpoint_create(0, &server->endpoint));
	const struct bench_grant grant = {"endpoint", server->endpoint, RIGHT_RECEIVE};
	child_start(image_get("bench"), role, PRIORITY_NORMAL, &grant, 1, &server->child);
}

static void server_stop(struct server *server)
{
	struct message last = {.tag = MESSAGE_TAG(1, 0, 0)};

	must(ipc_call(server->endpoint, &last, DEADLINE_NEVER));
	child_wait(&server->child);
	must(sys_cap_drop(server->endpoint));
}

static void round_trip(const struct server *server, const char *name, uint32_t bytes)
{
	struct message message = {.tag = MESSAGE_TAG(0, bytes, 0)};
	uint64_t least;

	MEASURE(WARM, least, must(ipc_call(server->endpoint, &message, DEADLINE_NEVER)));
	MEASURE(ROUNDS, least, must(ipc_call(server->endpoint, &message, DEADLINE_NEVER)));
	measure_report(name, least, 1);
}

static void lend(void)
{
	struct server server;
	volatile uint64_t *const page = ipc_loan();
	struct message message;
	uint64_t least;

	server_start(&server, "borrow");
	MEASURE(500, least, {
		*page = 7;
		message = (struct message){.tag = MESSAGE_TAG(0, 0, 0) | MESSAGE_LEND};
		must(ipc_call(server.endpoint, &message, DEADLINE_NEVER));
	});
	assert(message.words[0] == 7 && *page == 8);
	measure_report("lend_page", least, 1);
	server_stop(&server);
}

static bool second_cpu(void)
{
	status_t status = sys_thread_control(HANDLE_NONE, THREAD_CONTROL_AFFINITY, 2);

	must(sys_thread_control(HANDLE_NONE, THREAD_CONTROL_AFFINITY, 1));
	return status == STATUS_OK;
}

void bench_calls(void)
{
	struct server server;

	server_start(&server, "echo");
	round_trip(&server, "call_0", 0);
	round_trip(&server, "call_32", 32);
	round_trip(&server, "call_80", 80);
	round_trip(&server, "call_256", 256);
	server_stop(&server);
	lend();
	if (!second_cpu())
		return;
	server_start(&server, "echo-far");
	round_trip(&server, "call_0_two_cpus", 0);
	server_stop(&server);
}
