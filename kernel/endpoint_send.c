/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* send: a message that nobody waits for an answer to. */
#include "endpoint_priv.h"
#include <kernel/audit.h>
#include <kernel/syscall.h>

/* Keep a message for later. [e] held; there is room by reservation. */
static void send_enqueue(struct endpoint *endpoint, const struct thread *current, const struct cap *cap,
                         uint64_t tag, uint32_t slot)
{
	struct queued *queued = &queued_table[slot];
	uint64_t *words = (uint64_t *)(void *)queued->payload;
	const uint64_t *page = (const uint64_t *)(const void *)current->page->payload;
	queued->next = NONE;
	queued->cap = (uint32_t)(cap - cap_table);
	queued->tag = tag;
	queued->badge = cap->badge;
	principal_stamp(&queued->sender, current->owner);
	for (uint32_t i = 0; i < MESSAGE_WORDS; i++)
		words[i] = current->regs.arg[2u + i];
	for (uint32_t i = MESSAGE_WORDS; i < (MESSAGE_LENGTH(tag) + 7u) / 8u; i++)
		words[i] = page[i];
	if (endpoint->queued_tail == NONE)
		endpoint->queued_head = slot;
	else
		queued_table[endpoint->queued_tail].next = slot;
	endpoint->queued_tail = slot;
	endpoint->queued_count++;
}

/* [e] held. Sets *out_server when somebody waits. */
static status_t send_locked(struct endpoint *endpoint, struct thread *current, const struct cap *cap,
                            uint64_t tag, struct thread **out_server)
{
	uint32_t slot;
	if (__atomic_load_n(&endpoint->receivers, __ATOMIC_SEQ_CST) == 0)
		return STATUS_GONE;
	if (endpoint->receiver_head != NONE) {
		struct thread *server = endpoint_take_receiver(endpoint);
		message_copy_shared(server, current, tag | (uint64_t)MESSAGE_SEND << 24);
		server->regs.arg[6] = cap->badge;
		server->regs.arg[7] = HANDLE_NONE;
		*out_server = server;
		return STATUS_OK;
	}
	if (endpoint->queued_count >= endpoint->queue_depth)
		return STATUS_FULL;
	if (table_take(&queued_slots, NONE, &slot) != STATUS_OK)
		return STATUS_FULL;
	send_enqueue(endpoint, current, cap, tag, slot);
	return STATUS_OK;
}

status_t sys_send(struct thread *current)
{
	struct cap *cap;
	struct message_caps caps;
	struct thread *server = NULL;
	handle_t handle = current->regs.arg[0];
	uint64_t tag = current->regs.arg[1];
	status_t status = cap_lookup(current, handle, OBJECT_ENDPOINT, RIGHT_SEND, &cap);
	if (status != STATUS_OK)
		return status;
	if (MESSAGE_CAPS(tag) != 0)
		return STATUS_INVALID; /* capabilities go by call: a queue would have to keep them alive */
	status = message_check(current, tag, &caps);
	if (status != STATUS_OK)
		return status;
	struct endpoint *endpoint = &endpoint_table[cap->object];
	lock_acquire(&endpoint->lock, LOCK_ENDPOINT);
	if (cap_current(cap, handle, &endpoint->object))
		status = send_locked(endpoint, current, cap, tag, &server);
	else
		status = STATUS_BAD_HANDLE;
	lock_release(&endpoint->lock, LOCK_ENDPOINT);
	if (status == STATUS_OK && ++arch_cpu_self()->ipc % AUDIT_SAMPLE_EVERY == 0)
		audit_message(AUDIT_IPC_SEND, current, cap, server == NULL ? NONE : server->process, tag);
	if (server != NULL)
		thread_wake(server, STATUS_OK);
	return status;
}
