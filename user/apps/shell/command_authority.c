/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* caps, grant, revoke: who may do what to which object, from whom, and passing it on. */
#include "shell.h"
#include <lib/format.h>
#include <lib/string.h>
#include <lib/text.h>
#include <os/panic.h>

/* ---- caps ---- */
static const char *object_show(char *text, size_t size, const struct cap_info *info)
{
	char name[SHOW_MAX], bytes[SHOW_MAX];

	name_of_object(info->type, info->object, name, sizeof(name));
	if (info->type == OBJECT_ENDPOINT && strncmp(name, "endpoint", 8) != 0)
		format(text, size, "endpoint %s", name);
	else if (info->size != 0)
		format(text, size, "%s, %s", name, show_size(bytes, info->size));
	else
		format(text, size, "%s", name);
	return text;
}

static const char *badge_show(char *text, uint64_t badge)
{
	bool control = (badge & SPAWN_BADGE_CONTROL) != 0;
	unsigned long long number = badge & ~SPAWN_BADGE_CONTROL;

	if (badge == 0)
		string_copy(text, SHOW_MAX, "-");
	else if (number > UINT32_MAX) /* bits, not a count of clients */
		format(text, SHOW_MAX, control ? "control 0x%llx" : "0x%llx", number);
	else
		format(text, SHOW_MAX, control ? "control %llu" : "%llu", number);
	return text;
}

/* Who granted it and through whom: "shell < init". Steps within one process count once. */
static const char *chain_show(char *text, size_t size, const struct cap_info *info)
{
	char name[SHOW_MAX];
	size_t length = 0;

	if (info->chain_count == 0)
		return name_of_process(0, text, size);
	for (uint32_t i = 0; i < info->chain_count && i < CAP_CHAIN_MAX && length < size; i++) {
		if (i > 0 && info->chain[i] == info->chain[i - 1u])
			continue;
		length += format(text + length, size - length, i == 0 ? "%s" : " < %s",
		                 name_of_process(info->chain[i], name, sizeof(name)));
	}
	if (info->chain_count > CAP_CHAIN_MAX && length < size)
		format(text + length, size - length, " < ...");
	return text;
}

static void cap_row(uint32_t slot, const struct cap_info *info)
{
	char object[2u * SHOW_MAX], rights[96], badge[SHOW_MAX], from[3u * SHOW_MAX];

	rights_text(rights, sizeof(rights), info->rights);
	print("%4u %-22s %-21s %-10s %s\n", slot, object_show(object, sizeof(object), info), rights,
	      badge_show(badge, info->badge), chain_show(from, sizeof(from), info));
}

/* `count` are there, so that the end of the table need not be found out by asking beyond it: that would be
 * refused, and recorded. */
static void caps_of(handle_t process, uint32_t count)
{
	struct cap_info info;
	status_t status = STATUS_OK;

	for (uint32_t slot = 0; count > 0 && (status == STATUS_OK || status == STATUS_NOT_FOUND); slot++) {
		status = info_cap(process, slot, &info);
		if (status != STATUS_OK)
			continue;
		cap_row(slot, &info);
		count--;
	}
}

/* The processes up the tree, by the kernel's list of all capabilities. */
static void chain_follow(const struct info_capability *cap, struct cap_info *out_info)
{
	struct info_capability parent = *cap;
	uint64_t next;

	while (parent.parent != UINT32_MAX && out_info->chain_count < CAP_CHAIN_MAX &&
	       info_read(startup_need("monitor"), INFO_CAPABILITY, parent.parent, &parent, sizeof(parent),
	                 &next) == STATUS_OK)
		out_info->chain[out_info->chain_count++] = parent.process;
}

/* Of a process that nobody opens for the shell, which is init itself: the same without sizes. */
static void caps_listed(uint64_t process)
{
	struct info_capability cap;

	for (uint64_t at = 0; info_read(startup_need("monitor"), INFO_CAPABILITY, at, &cap, sizeof(cap), &at) ==
	                      STATUS_OK;) {
		if (cap.process != process)
			continue;
		struct cap_info info = {
			.type = cap.type, .rights = cap.rights, .badge = cap.badge, .object = cap.object};
		chain_follow(&cap, &info);
		cap_row(HANDLE_SLOT(cap.handle), &info);
	}
}

int command_caps(int argc, char **argv)
{
	struct spawn_open_req request;
	struct spawn_open_rep reply;
	struct info_process process;
	uint64_t self = 0;

	if (argc != 2)
		return command_usage(argv[0]);
	if (!process_named(argv[1], &process))
		return command_failed(argv[1], "no such process");
	names_refresh();
	print("SLOT OBJECT                 RIGHTS                BADGE      GRANTED BY\n");
	if (sys_process_id(&self) == STATUS_OK && self == process.id) {
		caps_of(HANDLE_NONE, process.handles);
		return 0;
	}
	request.process = process.id;
	status_t status = spawn_open(startup_need("spawn"), time_after(SPAWN_NS), &request, &reply);
	if (status == STATUS_NOT_FOUND) {
		caps_listed(process.id);
		return 0;
	}
	if (status != STATUS_OK)
		return init_refused(argv[0], status);
	handle_t opened = ipc_reply_take(0);
	caps_of(opened, process.handles);
	(void)!sys_cap_drop(opened);
	return 0;
}

/* ---- grant, revoke ---- */
/* A capability of the shell: its slot as `caps` shows it, or the name it was given under. */
static bool own_handle(const char *word, handle_t *out_handle)
{
	struct cap_info info;
	uint64_t slot;

	if (!text_number(word, &slot)) {
		*out_handle = startup_handle(word);
		return *out_handle != HANDLE_NONE;
	}
	if (slot > UINT32_MAX || info_cap(HANDLE_NONE, (uint32_t)slot, &info) != STATUS_OK)
		return false;
	*out_handle = info.handle;
	return true;
}

int command_grant(int argc, char **argv)
{
	struct spawn_give_req request = {.badge = 0};
	struct spawn_give_rep reply;
	struct info_process process;
	struct cap_info info;
	char object[SHOW_MAX], words[96];
	handle_t handle;

	if (argc != 3 && argc != 4)
		return command_usage(argv[0]);
	if (!own_handle(argv[1], &handle) || info_cap(HANDLE_NONE, HANDLE_SLOT(handle), &info) != STATUS_OK)
		return command_failed(argv[1], "the shell holds nothing of that slot or name");
	if (!process_named(argv[2], &process))
		return command_failed(argv[2], "no such process");
	uint32_t rights = info.rights & ~(uint32_t)(RIGHT_GRANT | RIGHT_REVOKE);
	if (argc == 4 && !rights_read(argv[3], &rights))
		return command_failed(argv[3], "not a list of rights like read,write");
	names_refresh();
	request.process = process.id;
	request.rights = rights;
	ipc_attach(handle, rights | RIGHT_GRANT, 0);
	status_t status = spawn_give(startup_need("spawn"), time_after(SPAWN_NS), &request, &reply);
	if (status == STATUS_NOT_FOUND)
		return command_failed(argv[2], "not among the processes that may be granted to");
	uint32_t missing = (rights | RIGHT_GRANT) & ~info.rights;
	if (status == STATUS_DENIED && missing != 0) {
		denial_print_own(missing, info.type, info.object);
		return 1;
	}
	if (status != STATUS_OK)
		return init_refused(argv[0], status);
	rights_text(words, sizeof(words), rights);
	print("%.24s (%llu) has '%s' on %s, in its slot %u\n", process.name, (unsigned long long)process.id,
	      words, name_of_object(info.type, info.object, object, sizeof(object)), HANDLE_SLOT(reply.handle));
	return 0;
}

int command_revoke(int argc, char **argv)
{
	struct cap_info info;
	char object[SHOW_MAX];
	uint64_t removed = 0;
	handle_t handle;

	if (argc != 2)
		return command_usage(argv[0]);
	if (!own_handle(argv[1], &handle) || info_cap(HANDLE_NONE, HANDLE_SLOT(handle), &info) != STATUS_OK)
		return command_failed(argv[1], "the shell holds nothing of that slot or name");
	names_refresh();
	status_t status = sys_cap_revoke(handle, &removed);
	if (status == STATUS_DENIED) {
		denial_print_own(RIGHT_GRANT, info.type, info.object);
		return 1;
	}
	if (status != STATUS_OK)
		return command_refused(argv[0], status);
	print("%llu %s on %s taken back\n", (unsigned long long)removed,
	      removed == 1 ? "capability" : "capabilities", name_of_object(info.type, info.object, object, sizeof(object)));
	return 0;
}
