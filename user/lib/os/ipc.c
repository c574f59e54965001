/* SPDX-License-Identifier: MPL-2.0 */
/* Structs in messages, and the capabilities beside them. */
#include <os/ipc.h>
#include <abi/iface.h>
#include <lib/string.h>
#include <os/panic.h>

void ipc_store(struct message *message, const void *from, size_t bytes)
{
	if (CC_LIKELY(bytes <= MESSAGE_WORD_BYTES)) {
		memcpy(message->words, from, bytes);
		return;
	}
	memcpy(message->words, from, MESSAGE_WORD_BYTES);
	memcpy(arch_message_page()->payload + MESSAGE_WORD_BYTES,
	       (const uint8_t *)from + MESSAGE_WORD_BYTES, bytes - MESSAGE_WORD_BYTES);
}

void ipc_load(const struct message *message, void *to, size_t bytes)
{
	if (CC_LIKELY(bytes <= MESSAGE_WORD_BYTES)) {
		memcpy(to, message->words, bytes);
		return;
	}
	memcpy(to, message->words, MESSAGE_WORD_BYTES);
	memcpy((uint8_t *)to + MESSAGE_WORD_BYTES, arch_message_page()->payload + MESSAGE_WORD_BYTES,
	       bytes - MESSAGE_WORD_BYTES);
}

/* Kept aside until the message is made: the page still holds the capabilities of the one received. */
void ipc_attach(handle_t handle, uint32_t rights, uint32_t flags)
{
	struct local *local = local_get();

	assert(local->attached_count < MESSAGE_CAPS_MAX);
	local->attached[local->attached_count++] =
		(struct message_cap){.handle = handle, .rights = rights, .flags = flags};
}

uint32_t ipc_attached(void)
{
	struct local *local = local_get();
	uint32_t count = (uint32_t)local->attached_count;

	if (CC_LIKELY(count == 0))
		return 0;
	memcpy(arch_message_page()->caps, local->attached, count * sizeof(local->attached[0]));
	local->attached_count = 0;
	return count;
}

static handle_t cap_take(uint32_t index)
{
	struct message_cap *cap = &arch_message_page()->caps[index];
	handle_t handle = cap->handle;

	cap->handle = HANDLE_NONE;
	return handle;
}

handle_t ipc_take(const struct message *message, uint32_t index)
{
	return index < MESSAGE_CAPS(message->tag) ? cap_take(index) : HANDLE_NONE;
}

static void discard(uint32_t count)
{
	for (uint32_t i = 0; i < count && i < MESSAGE_CAPS_MAX; i++) {
		handle_t handle = cap_take(i);
		if (handle != HANDLE_NONE)
			(void)!sys_cap_drop(handle); /* it may have been revoked meanwhile */
	}
}

void ipc_discard(const struct message *message)
{
	discard(MESSAGE_CAPS(message->tag));
}

handle_t ipc_reply_take(uint32_t index)
{
	struct local *local = local_get();

	return index < local->caps_in ? cap_take(index) : HANDLE_NONE;
}

/* The status of an answer; INVALID where that is OK and its length is none that was asked for. */
/*@ assigns \nothing;
    ensures length: \result == STATUS_OK ==> reply_min <= MESSAGE_LENGTH(tag) <= reply_max;
    ensures refused: MESSAGE_LABEL(tag) != STATUS_OK ==> \result == (status_t)MESSAGE_LABEL(tag); */
CC_INLINE status_t answer_judge(uint64_t tag, size_t reply_min, size_t reply_max)
{
	status_t status = (status_t)MESSAGE_LABEL(tag);
	size_t length = MESSAGE_LENGTH(tag);

	if (status == STATUS_OK && (length < reply_min || length > reply_max))
		return STATUS_INVALID;
	return status;
}

status_t ipc_request(handle_t server, deadline_t deadline, uint32_t method, const void *request,
                     size_t bytes, void *reply, size_t reply_min, size_t reply_max, size_t *out_extra)
{
	struct message message = {.words = {0}};

	if (bytes > MESSAGE_PAYLOAD_MAX) {
		(void)ipc_attached();
		return STATUS_INVALID;
	}
	message.tag = MESSAGE_TAG(method, bytes, ipc_attached());
	ipc_store(&message, request, bytes);
	local_get()->caps_in = 0;
	status_t status = ipc_call(server, &message, deadline);
	if (status != STATUS_OK)
		return status;

	local_get()->caps_in = MESSAGE_CAPS(message.tag);
	status = answer_judge(message.tag, reply_min, reply_max);
	if (status != STATUS_OK)
		return status;
	size_t length = MESSAGE_LENGTH(message.tag);
	ipc_load(&message, reply, length);
	if (out_extra != NULL)
		*out_extra = length - reply_min;
	return STATUS_OK;
}

status_t ipc_request_repeat(handle_t server, deadline_t deadline, uint32_t method, const void *request,
                            size_t bytes, void *reply, size_t reply_min, size_t reply_max, size_t *out_extra)
{
	struct local *local = local_get();
	struct message_cap attached[MESSAGE_CAPS_MAX];
	uint64_t count = local->attached_count;
	status_t status = STATUS_RESTARTED;

	memcpy(attached, local->attached, sizeof(attached));
	for (uint32_t i = 0; i <= IFACE_REPEATS_MAX && status == STATUS_RESTARTED; i++) {
		memcpy(local->attached, attached, sizeof(attached));
		local->attached_count = count;
		status = ipc_request(server, deadline, method, request, bytes, reply, reply_min, reply_max,
		                     out_extra);
	}
	return status;
}
