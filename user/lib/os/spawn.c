/* SPDX-License-Identifier: MPL-2.0 */
/* The request of spawn_run, put together. */
#include <os/spawn.h>
#include <lib/string.h>
#include <os/info.h>
#include <os/panic.h>
#include <os/time.h>

static bool words_put(struct spawn_run_req *request, const char *const *words, uint32_t count,
                      size_t *out_bytes)
{
	size_t at = 0;

	for (uint32_t i = 0; i < count; i++) {
		size_t length = string_copy(request->data + at, sizeof(request->data) - at, words[i]);

		if (length >= sizeof(request->data) - at)
			return false;
		at += length + 1u;
	}
	*out_bytes = at;
	return true;
}

status_t spawn_program(handle_t server, const char *const *words, uint32_t word_count,
                       const struct spawn_grant *grants, uint32_t grant_count, handle_t notification,
                       uint64_t bits, struct spawn_child *out_child)
{
	struct spawn_run_req request = {.bits = bits, .grant_count = grant_count, .word_count = word_count};
	struct spawn_run_rep reply;
	size_t bytes;

	if (word_count == 0 || grant_count > SPAWN_GRANTS_MAX ||
	    !words_put(&request, words, word_count, &bytes))
		return STATUS_INVALID;
	if (bits != 0)
		ipc_attach(notification, RIGHT_SIGNAL, 0);
	for (uint32_t i = 0; i < grant_count; i++) {
		string_copy(request.grant_names[i], SPAWN_GRANT_NAME_MAX, grants[i].name);
		ipc_attach(grants[i].handle, grants[i].rights | RIGHT_GRANT, 0);
	}
	status_t status = spawn_run(server, time_after(SPAWN_NS), &request, bytes, &reply);
	if (status == STATUS_OK)
		*out_child = (struct spawn_child){ipc_reply_take(0), reply.process, reply.badge};
	return status;
}

void spawn_end(handle_t server, const struct spawn_child *child)
{
	struct spawn_kill_req request = {.process = child->id};
	struct spawn_kill_rep reply;

	(void)!spawn_kill(server, time_after(SPAWN_NS), &request, &reply); /* it may have ended by itself */
}

static status_t wait_and_look(handle_t server, handle_t notification, const struct spawn_child *child,
                              deadline_t deadline, struct process_status *out_status)
{
	uint64_t bits;
	status_t status = sys_notification_wait(notification, deadline, &bits);

	if (status == STATUS_TIMED_OUT) {
		spawn_end(server, child);
		must(sys_notification_wait(notification, DEADLINE_NEVER, &bits));
		return STATUS_TIMED_OUT;
	}
	return status == STATUS_OK ? info_process_status(child->process, out_status) : status;
}

status_t spawn_and_wait(handle_t server, const char *const *words, uint32_t word_count,
                        const struct spawn_grant *grants, uint32_t grant_count, deadline_t deadline,
                        struct process_status *out_status)
{
	struct spawn_child child;
	handle_t notification;
	status_t status = sys_notification_create(&notification);

	if (status != STATUS_OK)
		return status;
	status = spawn_program(server, words, word_count, grants, grant_count, notification, 1, &child);
	if (status == STATUS_OK) {
		status = wait_and_look(server, notification, &child, deadline, out_status);
		must(sys_cap_drop(child.process));
	}
	must(sys_cap_drop(notification));
	return status;
}
