/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Priority inheritance. On one CPU: a server of low priority, somebody of
 * middle priority who never stops, and a caller of high priority. The caller is
 * answered only if the server runs with the caller's priority.
 */
#include "ipc.h"

#define FIRST_CPU 1u

static bool stop; /* atomic */

static void to_first_cpu(void)
{
	must(sys_thread_control(HANDLE_NONE, THREAD_CONTROL_AFFINITY, FIRST_CPU));
}

static uint64_t serve(void *argument)
{
	handle_t endpoint = *(handle_t *)argument;
	struct message message;

	to_first_cpu();
	must(ipc_receive(endpoint, &message, LONG));
	message.tag = 0;
	must(ipc_reply_receive(endpoint, &message, LONG));
	for (volatile uint32_t i = 0; i < 10000; i++)
		continue;
	message.tag = MESSAGE_TAG(6, 0, 0);
	return (uint64_t)ipc_reply(&message);
}

static uint64_t hog(void *argument)
{
	(void)argument;
	to_first_cpu();
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
		arch_pause();
	return 0;
}

static uint64_t call(void *argument)
{
	struct message message = {.tag = MESSAGE_TAG(5, 0, 0)};

	to_first_cpu();
	time_sleep(5u * NS_PER_MS); /* until the hog has the CPU */
	status_t status = ipc_call(*(handle_t *)argument, &message, time_after(2u * NS_PER_SECOND));
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	return (uint64_t)status;
}

void test_inheritance(void)
{
	handle_t endpoint = endpoint_make(0);
	const struct thread_options low = {.priority = 4, .set_priority = true};
	const struct thread_options middle = {.priority = 8, .set_priority = true};
	const struct thread_options high = {.priority = 12, .set_priority = true};
	struct thread *server, *caller, *middle_thread;
	uint64_t result;

	struct message first = {.tag = MESSAGE_TAG(5, 0, 0)};

	must(thread_run(serve, &endpoint, &low, &server));
	check_status(ipc_call(endpoint, &first, LONG), OK); /* answered: it waits for the next */
	must(thread_run(call, &endpoint, &high, &caller));
	must(thread_run(hog, NULL, &middle, &middle_thread));
	thread_join(caller, &result);
	check(result == STATUS_OK);
	thread_join(middle_thread, NULL);
	thread_join(server, &result);
	check(result == STATUS_OK);
	check_status(sys_cap_drop(endpoint), OK);
}
