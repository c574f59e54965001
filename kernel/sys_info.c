/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The system calls that show the system's state, choose what is traced, and end it all. */
#include <kernel/info.h>
#include <kernel/log.h>
#include <kernel/syscall.h>
#include <kernel/trace.h>
#include <lib/string.h>

status_t sys_system_info(struct thread *current)
{
	uint8_t record[INFO_RECORD_MAX] CC_ALIGNED(8);
	uint32_t bytes = 0;
	uint64_t next = 0;
	struct cap *cap;
	status_t status = cap_lookup(current, current->regs.arg[0], OBJECT_MONITOR, RIGHT_INSPECT, &cap);
	if (status == STATUS_OK)
		status = info_fill(current->regs.arg[1], current->regs.arg[2], record, &bytes, &next);
	if (status != STATUS_OK)
		return status;
	memcpy(current->page->bulk, record, bytes);
	current->regs.arg[1] = next;
	return STATUS_OK;
}

status_t sys_system_control(struct thread *current)
{
	uint64_t what = current->regs.arg[1];
	struct cap *cap;
	status_t status = cap_lookup(current, current->regs.arg[0], OBJECT_POWER, RIGHT_MANAGE, &cap);
	if (status != STATUS_OK)
		return status;
	if (what > POWER_FAIL)
		return STATUS_INVALID;
	arch_power((enum power_action)what);
	return STATUS_UNSUPPORTED;
}

status_t sys_trace_control(struct thread *current)
{
	uint64_t mask = current->regs.arg[1];
	struct cap *cap;
	status_t status = cap_lookup(current, current->regs.arg[0], OBJECT_MONITOR, RIGHT_MANAGE, &cap);
	if (status != STATUS_OK)
		return status;
	if ((mask & ~TRACE_MASK_ALL) != 0)
		return STATUS_INVALID;
	__atomic_store_n(&trace_mask, mask, __ATOMIC_RELAXED);
	return STATUS_OK;
}
