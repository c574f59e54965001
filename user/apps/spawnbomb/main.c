/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Starts programs until it is refused, and so do they (`deep`). All of them
 * belong to the first one: when it ends, they end.
 */
#include <lib/string.h>
#include <os/print.h>
#include <os/spawn.h>
#include <os/startup.h>
#include <os/status.h>
#include <os/time.h>

static uint32_t spawn_until_refused(const char *role, status_t *out_refusal)
{
	const char *words[] = {"spawnbomb", role};
	struct spawn_child child;
	uint32_t count = 0;

	while ((*out_refusal = spawn_program(startup_need("spawn"), words, 2, NULL, 0, HANDLE_NONE, 0,
	                                     &child)) == STATUS_OK)
		count++;
	return count;
}

int main(int argc, char **argv)
{
	bool deep = argc == 2 && strcmp(argv[1], "deep") == 0;
	status_t refusal;

	if (argc == 2 && strcmp(argv[1], "sleep") == 0)
		return sys_thread_sleep(DEADLINE_NEVER) == STATUS_OK;
	if (argc == 2 && strcmp(argv[1], "child") == 0) {
		(void)spawn_until_refused("child", &refusal);
		return sys_thread_sleep(DEADLINE_NEVER) == STATUS_OK;
	}
	if (argc > 2 || (argc == 2 && !deep)) {
		print("usage: spawnbomb [deep]\n");
		return 2;
	}
	uint32_t count = spawn_until_refused(deep ? "child" : "sleep", &refusal);
	if (deep)
		time_sleep(500u * NS_PER_MS);
	print("spawnbomb: %u programs of my own, then: %s\n", count, status_sentence(refusal));
	print("%u passed, %u failed\n", count != 0, count == 0);
	return count == 0;
}
