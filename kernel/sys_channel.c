/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* System calls on channels. */
#include <kernel/channel.h>
#include <kernel/syscall.h>
#include <lib/string.h>

#define CHANNEL_RIGHTS (RIGHT_READ | RIGHT_WRITE | RIGHT_GRANT | RIGHT_REVOKE)

status_t sys_channel_create(struct thread *current)
{
	uint64_t role = current->regs.arg[1];
	struct aid peer;
	uint32_t slot;
	handle_t handle;
	if (role > CHANNEL_BOTH)
		return STATUS_INVALID;
	memcpy(&peer, current->page->bulk, sizeof peer);
	status_t status = channel_new(current->process, current->regs.arg[0], (enum channel_role)role, &peer, &slot);
	if (status != STATUS_OK)
		return status;
	status = cap_create(current->process, OBJECT_CHANNEL, slot, CHANNEL_RIGHTS, 0, &handle);
	if (status == STATUS_OK)
		current->regs.arg[1] = handle;
	else
		object_release(OBJECT_CHANNEL, slot);
	return status;
}

status_t sys_channel_attach(struct thread *current)
{
	struct cap *cap;
	handle_t handle = current->regs.arg[0];
	uint32_t missing = 0;
	uint64_t address;
	status_t status = cap_lookup(current, handle, OBJECT_CHANNEL, RIGHT_READ, &cap);
	if (status != STATUS_OK)
		return status;
	uint64_t pages = channel_table[cap->object].pages;
	status = channel_attach(cap, handle, current->process, &missing, &address);
	if (status == STATUS_OK) {
		current->regs.arg[1] = address;
		current->regs.arg[2] = pages;
	} else if (status == STATUS_DENIED) {
		current->regs.arg[1] = missing;
	}
	return status;
}

/* Look a channel up and hold it. No right is asked for: a party may always ring and leave. */
static status_t channel_hold(struct thread *current, uint32_t *out_channel)
{
	return cap_hold(current, current->regs.arg[0], OBJECT_CHANNEL, 0, out_channel);
}

/* Let go; for a caller that is no party, no right is missing that anybody could give. */
static status_t channel_let_go(struct thread *current, uint32_t channel, status_t status)
{
	object_release(OBJECT_CHANNEL, channel);
	if (status == STATUS_DENIED)
		current->regs.arg[1] = 0;
	return status;
}

status_t sys_channel_bind(struct thread *current)
{
	uint32_t channel;
	struct cap *cap;
	handle_t handle = current->regs.arg[1];
	status_t status = cap_lookup(current, handle, OBJECT_NOTIFICATION, RIGHT_SIGNAL, &cap);
	if (status != STATUS_OK)
		return status;
	uint32_t notification = cap->object;
	uint64_t bits = cap->badge != 0 ? cap->badge : current->regs.arg[2];
	status = channel_hold(current, &channel);
	if (status != STATUS_OK)
		return status;
	status = cap_retain(cap, handle);
	if (status == STATUS_OK) {
		status = channel_bind(channel, current->process, notification, bits);
		if (status != STATUS_OK)
			object_release(OBJECT_NOTIFICATION, notification);
	}
	return channel_let_go(current, channel, status);
}

status_t sys_channel_signal(struct thread *current)
{
	uint32_t channel;
	status_t status = channel_hold(current, &channel);
	if (status != STATUS_OK)
		return status;
	return channel_let_go(current, channel, channel_ring(channel, current->process));
}

status_t sys_channel_close(struct thread *current)
{
	uint32_t channel;
	status_t status = channel_hold(current, &channel);
	if (status != STATUS_OK)
		return status;
	return channel_let_go(current, channel, channel_close(channel, current->process));
}
