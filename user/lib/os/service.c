/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The one loop of every service. The answer to a call and the wait for the next
 * message are one trap; only a deferred or sent message is followed by a plain
 * receive, and only a service that has work left looks before it waits.
 */
#include <os/service.h>
#include <lib/string.h>
#include <os/panic.h>
#include <os/startup.h>

static uint8_t request[MESSAGE_PAYLOAD_MAX] CC_ALIGNED(16);
static uint8_t reply[MESSAGE_PAYLOAD_MAX] CC_ALIGNED(16);
static bool work; /* for `idle` */

void service_has_work(void)
{
	work = true;
}

handle_t service_defer(struct service_call *call)
{
	call->deferred = true;
	return call->reply;
}

static void answer_store(struct message *message, handle_t to, status_t status, const void *data,
                         size_t bytes)
{
	uint32_t caps = ipc_attached();

	if (status != STATUS_OK) {
		bytes = 0;
		caps = 0;
	}
	assert(bytes <= MESSAGE_PAYLOAD_MAX);
	message->tag = MESSAGE_TAG(status, bytes, caps);
	message->reply = to;
	if (bytes != 0)
		ipc_store(message, data, bytes);
}

status_t service_answer(handle_t to, status_t status, const void *data, size_t bytes)
{
	struct message message = {.words = {0}};

	answer_store(&message, to, status, data, bytes);
	return ipc_reply(&message);
}

/* True if *message now holds the answer to somebody who waits for it. */
static bool dispatch(const struct service *service, struct message *message)
{
	struct service_call call = {
		.badge = message->badge,
		.reply = message->reply,
		.sender = arch_message_page()->sender,
		.method = MESSAGE_LABEL(message->tag),
		.request_bytes = MESSAGE_LENGTH(message->tag),
		.message = message,
	};

	if (call.request_bytes > MESSAGE_PAYLOAD_MAX)
		panic("the kernel delivered %u bytes", call.request_bytes);
	ipc_load(message, request, call.request_bytes);
	status_t status = service->call(&call, request, reply);
	ipc_discard(message);
	if (status != STATUS_OK && service->fault != NULL)
		service->fault(&call, status);
	if (call.deferred || MESSAGE_KIND(message->tag) != MESSAGE_CALL) {
		(void)ipc_attached();
		return false;
	}
	answer_store(message, call.reply, status, reply, call.reply_bytes);
	return true;
}

/* Answer, if there is somebody to answer, and wait. False: there is work, and no message. */
static bool next(handle_t endpoint, struct message *message, bool answer)
{
	deadline_t deadline = work ? DEADLINE_NOW : DEADLINE_NEVER;
	status_t status;

	if (answer) {
		handle_t caller = message->reply;

		status = ipc_reply_receive(endpoint, message, deadline);
		if (status == STATUS_OK || status == STATUS_TIMED_OUT)
			return status == STATUS_OK;
		/* The answer itself was refused (a capability in it had gone); a caller never waits in vain. */
		(void)!service_answer(caller, STATUS_REVOKED, NULL, 0);
	}
	status = ipc_receive(endpoint, message, deadline);
	if (status == STATUS_TIMED_OUT)
		return false;
	must(status);
	return true;
}

/* Tell who started this program that it serves; a program that was not given "ready" is not asked. */
static void ready_say(void)
{
	handle_t ready = startup_handle("ready");

	if (ready == HANDLE_NONE)
		return;
	must(sys_notification_signal(ready, 1)); /* the capability's badge says which bit */
	must(sys_cap_drop(ready));
}

void service_run(const struct service *service, handle_t endpoint)
{
	struct message message = {.words = {0}};
	bool answer = false;

	must(service->init());
	ready_say();
	for (;;) {
		bool received = next(endpoint, &message, answer);

		answer = false;
		if (!received)
			work = service->idle();
		else if (MESSAGE_KIND(message.tag) == MESSAGE_NOTIFICATION)
			service->notify(message.badge);
		else
			answer = dispatch(service, &message);
	}
}
