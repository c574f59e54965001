/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The system calls on capabilities as such. */
#include <kernel/audit.h>
#include <kernel/channel.h>
#include <kernel/memory.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/trace.h>
#include <lib/string.h>

static uint32_t index_of(const struct cap *cap)
{
	return (uint32_t)(cap - cap_table);
}

status_t sys_cap_mint(struct thread *current)
{
	handle_t source = current->regs.arg[0];
	uint64_t rights = current->regs.arg[1];
	uint64_t badge = current->regs.arg[2];
	struct cap *cap;
	handle_t copy;
	if (rights > RIGHTS_ALL)
		return STATUS_INVALID;
	status_t status = cap_lookup(current, source, OBJECT_NONE, RIGHT_GRANT | (uint32_t)rights, &cap);
	if (status != STATUS_OK)
		return status;
	status = cap_derive(current->process, index_of(cap), source, (uint32_t)rights, badge, &copy);
	if (status == STATUS_OK)
		current->regs.arg[1] = copy;
	else if (status == STATUS_DENIED)
		current->regs.arg[1] = 0; /* no right is missing: the badge is set already */
	return status;
}

status_t sys_cap_drop(struct thread *current)
{
	handle_t handle = current->regs.arg[0];
	struct cap *cap;
	status_t status = cap_lookup(current, handle, OBJECT_NONE, 0, &cap);
	if (status != STATUS_OK)
		return status;
	return cap_remove(index_of(cap), handle);
}

/* Whoever may grant may take back what was granted; the right to revoke alone does for others. */
static status_t revocable(struct thread *current, handle_t handle, struct cap **out_cap)
{
	status_t status = cap_lookup(current, handle, OBJECT_NONE, 0, out_cap);
	if (status == STATUS_OK && ((*out_cap)->rights & (RIGHT_REVOKE | RIGHT_GRANT)) == 0)
		status = cap_refuse(current, handle, OBJECT_NONE, RIGHT_REVOKE);
	return status;
}

/* The count lives in the thread across restarts, and ends with the call, however it ends. */
status_t sys_cap_revoke(struct thread *current)
{
	handle_t handle = current->regs.arg[0];
	struct cap *cap;
	uint32_t removed = 0;
	bool more = false;
	uint64_t object = 0;
	enum audit_authority by = AUDIT_BY_RIGHT;
	status_t status = revocable(current, handle, &cap);
	if (status == STATUS_OK) {
		/* What the handle names as long as it lives; recorded if it still does in the step. */
		object = AUDIT_OBJECT(cap->type, cap->object);
		by = (cap->rights & RIGHT_REVOKE) != 0 ? AUDIT_BY_RIGHT : AUDIT_BY_GRANTOR;
		status = cap_revoke_some(index_of(cap), handle, CAP_STEP, &removed, &more);
	}
	if (status == STATUS_OK && removed != 0)
		audit_emit(AUDIT_CAP_REVOKED, current->owner->id, object, handle, removed, current->owner->id, by);
	current->restart_count += removed;
	if (status == STATUS_OK && more)
		return SYSCALL_RESTART;
	if (status == STATUS_OK) {
		TRACE_EVENT(TRACE_REVOKE, handle, current->restart_count);
		current->regs.arg[1] = current->restart_count;
	}
	current->restart_count = 0;
	return status;
}

static uint64_t object_bytes(const struct cap *cap)
{
	if (cap->type == OBJECT_MEMORY)
		return memory_table[cap->object].pages * PAGE_SIZE;
	if (cap->type == OBJECT_REGION)
		return region_table[cap->object].size;
	if (cap->type == OBJECT_CHANNEL)
		return channel_table[cap->object].pages * PAGE_SIZE;
	return 0;
}

/* cap_lock held. Depth falls on the way up, so it ends. */
static void chain_fill(const struct cap *cap, struct cap_info *info)
{
	uint32_t parent = cap->parent;
	uint32_t count = 0;
	for (; parent != NONE && count < CAP_DEPTH_MAX; count++) {
		if (count < CAP_CHAIN_MAX)
			info->chain[count] = process_of(cap_holder(parent))->id;
		parent = cap_table[parent].parent;
	}
	info->chain_count = count;
}

/* cap_lock held. */
static void info_fill(uint32_t index, struct cap_info *info)
{
	const struct cap *cap = &cap_table[index];
	info->type = cap->type;
	info->rights = cap->rights & RIGHTS_ALL;
	info->badge = cap->badge;
	info->object = cap->object;
	info->depth = cap->depth;
	info->granter = cap->parent == NONE ? 0 : process_of(cap_holder(cap->parent))->id;
	info->handle = cap_handle(index);
	info->size = object_bytes(cap);
	chain_fill(cap, info);
}

/* Whose window: the caller's own, or that of a process it may inspect. */
static status_t info_process(struct thread *current, handle_t handle, uint32_t *out_process)
{
	struct cap *cap;
	if (handle == HANDLE_NONE) {
		*out_process = current->process;
		return STATUS_OK;
	}
	status_t status = cap_lookup(current, handle, OBJECT_PROCESS, RIGHT_INSPECT, &cap);
	if (status == STATUS_OK)
		*out_process = cap->object;
	return status;
}

status_t sys_cap_info(struct thread *current)
{
	handle_t handle = current->regs.arg[0];
	uint64_t slot = current->regs.arg[1];
	struct cap_info info = {0};
	uint32_t process;
	status_t status = info_process(current, handle, &process);
	if (status != STATUS_OK)
		return status;
	if (slot >= CSPACE_SLOTS)
		return STATUS_INVALID;
	uint32_t index = cap_index(process, (uint32_t)slot);
	lock_acquire(&cap_lock, LOCK_CAP);
	/* The handle that named the process still does, so the window is still that process's. */
	if (handle != HANDLE_NONE && cap_handle(cap_index(current->process, HANDLE_SLOT(handle))) != handle)
		status = STATUS_BAD_HANDLE;
	else if (cap_table[index].generation % 2u == 0u)
		status = STATUS_NOT_FOUND;
	else
		info_fill(index, &info);
	lock_release(&cap_lock, LOCK_CAP);
	if (status == STATUS_OK)
		memcpy(current->page->bulk, &info, sizeof info);
	return status;
}
