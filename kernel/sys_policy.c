/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The policy authority: it narrows what any process may call, and takes any
 * capability back. It can give nothing. Whom it acts upon it names by process
 * id, which is never reused.
 */
#include <kernel/audit.h>
#include <kernel/process.h>
#include <kernel/syscall.h>

static status_t authority_check(struct thread *current)
{
	struct cap *cap;
	return cap_lookup(current, current->regs.arg[0], OBJECT_POLICY, RIGHT_MANAGE, &cap);
}

status_t sys_policy_restrict(struct thread *current)
{
	uint32_t slot;
	status_t status = authority_check(current);
	if (status == STATUS_OK)
		status = process_find(current->regs.arg[1], &slot);
	if (status != STATUS_OK)
		return status;
	uint64_t mask = current->regs.arg[2];
	uint64_t before = __atomic_fetch_and(&process_of(slot)->syscall_mask, mask, __ATOMIC_SEQ_CST);
	audit_emit(AUDIT_POLICY_CHANGED, current->owner->id, current->regs.arg[1], before, before & mask, 0, 0);
	object_release(OBJECT_PROCESS, slot);
	return STATUS_OK;
}

/* One step on a live process. NOT_FOUND: it holds no such capability (any more). */
static status_t take_step(struct thread *current, uint32_t slot, bool *out_more)
{
	handle_t handle = current->regs.arg[2];
	uint32_t removed = 0;
	if (HANDLE_SLOT(handle) >= CSPACE_SLOTS)
		return STATUS_NOT_FOUND;
	uint32_t index = cap_index(slot, HANDLE_SLOT(handle));
	uint64_t object = AUDIT_OBJECT(cap_table[index].type, cap_table[index].object);
	status_t status = cap_take_some(index, handle, CAP_STEP, &removed, out_more);
	if (status != STATUS_OK)
		return STATUS_NOT_FOUND;
	audit_emit(AUDIT_CAP_REVOKED, current->owner->id, object, handle, removed, current->regs.arg[1],
	           AUDIT_BY_POLICY);
	current->restart_count += removed;
	return STATUS_OK;
}

/* The count lives in the thread across restarts, as in cap_revoke. Once begun, the capability is closed: it can
 * only end, with all that was derived from it, whoever ends it. So "not there any more" is then "done". */
status_t sys_policy_revoke(struct thread *current)
{
	uint32_t slot;
	bool more = false;
	status_t status = authority_check(current);
	if (status == STATUS_OK) {
		status = process_find(current->regs.arg[1], &slot);
		if (status == STATUS_OK) {
			status = take_step(current, slot, &more);
			object_release(OBJECT_PROCESS, slot);
		}
		if (status == STATUS_NOT_FOUND && current->restart_count != 0)
			status = STATUS_OK;
	}
	if (status == STATUS_OK && more)
		return SYSCALL_RESTART;
	if (status == STATUS_OK)
		current->regs.arg[1] = current->restart_count;
	current->restart_count = 0;
	return status;
}
