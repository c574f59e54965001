/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* policy: which system calls a program may make, and taking some away. */
#include "shell.h"
#include <lib/manifest.h>
#include <lib/string.h>
#include <os/policy.h>
#include <os/time.h>

#define CALLS_ALL ((1ull << SYSCALL_COUNT) - 1u)
#define COLUMN    19u
#define COLUMNS   4u

#define POLICY_ANSWER_NS (5u * NS_PER_SECOND)

static const char *call_name(uint32_t number)
{
	static const char *const names_of_calls[SYSCALL_COUNT] = {
#define SYSCALL(number, name, shape, sentence) [number] = #name,
#include <abi/syscall.def>
#undef SYSCALL
	};

	return number < SYSCALL_COUNT ? names_of_calls[number] : NULL; /* NULL: no call has this number */
}

static bool call_number(const char *name, uint32_t *out_number)
{
	for (uint32_t i = 0; i < SYSCALL_COUNT; i++) {
		if (call_name(i) != NULL && strcmp(call_name(i), name) == 0) {
			*out_number = i;
			return true;
		}
	}
	return false;
}

/* The calls of a mask that exist; returns how many. */
static uint32_t calls_count(uint64_t mask)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < SYSCALL_COUNT; i++)
		count += (mask >> i & 1u) != 0 && call_name(i) != NULL;
	return count;
}

static void calls_show(uint64_t mask)
{
	uint32_t shown = 0;
	size_t length = 0;

	for (uint32_t i = 0; i < SYSCALL_COUNT; i++) {
		if ((mask >> i & 1u) == 0 || call_name(i) == NULL)
			continue;
		size_t before = length; /* of the name to the left */
		length = strlen(call_name(i));
		if (shown++ % COLUMNS == 0)
			print(shown == 1 ? "  %s" : "\n  %s", call_name(i));
		else
			print("%*s%s", (int)(COLUMN + 1u - before), "", call_name(i));
	}
	print("\n");
}

/* The mask the manifest gives a program of this name; all calls if it cannot be read. */
static uint64_t manifest_mask(const char *name)
{
	static struct manifest manifest;
	struct manifest_error error;
	size_t length;

	if (manifest.entry_count == 0) {
		const uint8_t *text = program_file("system.manifest", &length);

		if (text == NULL || !manifest_parse((const char *)text, length, &manifest, &error))
			return CALLS_ALL;
	}
	const struct manifest_entry *entry = manifest_find(&manifest, name);
	if (entry == NULL)
		entry = manifest_find(&manifest, "*");
	return entry != NULL ? entry->syscall_mask : CALLS_ALL;
}

static int show(const struct info_process *process)
{
	uint64_t taken = manifest_mask(process->name) & ~process->syscall_mask;

	print("%.24s (%llu) may make %u of %u system calls:\n", process->name,
	      (unsigned long long)process->id, calls_count(process->syscall_mask), calls_count(CALLS_ALL));
	calls_show(process->syscall_mask);
	if (calls_count(taken) == 0) {
		print("This is what the manifest gives it.\n");
		return 0;
	}
	print("Taken away from what the manifest gives it:\n");
	calls_show(taken);
	return 0;
}

static int deny(const char *name, const struct info_process *process, int count, char **calls)
{
	struct policy_restrict_req request = {.process = process->id, .mask = process->syscall_mask};
	struct policy_restrict_rep reply;
	uint32_t number;

	for (int i = 0; i < count; i++) {
		if (!call_number(calls[i], &number))
			return command_failed(calls[i], "there is no such system call");
		request.mask &= ~(1ull << number);
	}
	status_t status = policy_restrict(startup_need("policy"), time_after(POLICY_ANSWER_NS), &request, &reply);
	if (status != STATUS_OK)
		return command_refused(name, status);
	print("%.24s (%llu) and all that start later as its principal: %u system calls, were %u\n",
	      process->name, (unsigned long long)process->id, calls_count(reply.after),
	      calls_count(reply.before));
	return 0;
}

static int forget(const char *name, const struct info_process *process)
{
	struct policy_forget_req request = {.principal = process->principal};
	struct policy_forget_rep reply;
	status_t status = policy_forget(startup_need("policy"), time_after(POLICY_ANSWER_NS), &request, &reply);

	if (status == STATUS_NOT_FOUND)
		return command_failed(name, "there is no rule for its principal");
	if (status != STATUS_OK)
		return command_refused(name, status);
	print("Programs that start later as its principal get what the manifest gives; this one keeps what it "
	      "has.\n");
	return 0;
}

int command_policy(int argc, char **argv)
{
	struct info_process process;

	if (argc < 2)
		return command_usage(argv[0]);
	if (!process_named(argv[1], &process))
		return command_failed(argv[1], "no such process");
	if (argc == 2)
		return show(&process);
	if (startup_handle("policy") == HANDLE_NONE)
		return command_failed(argv[0], status_sentence(STATUS_UNSUPPORTED));
	if (argc == 3 && strcmp(argv[2], "forget") == 0)
		return forget(argv[0], &process);
	if (argc > 3 && strcmp(argv[2], "deny") == 0)
		return deny(argv[0], &process, argc - 3, argv + 3);
	return command_usage(argv[0]);
}
