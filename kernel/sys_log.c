/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The system calls on the kernel log. */
#include <kernel/log.h>
#include <kernel/process.h>
#include <kernel/syscall.h>

status_t sys_log_write(struct thread *current)
{
	uint64_t length = current->regs.arg[1];
	struct cap *cap;
	status_t status = cap_lookup(current, current->regs.arg[0], OBJECT_LOG, RIGHT_WRITE, &cap);
	if (status != STATUS_OK)
		return status;
	if (length > MESSAGE_BULK_SIZE)
		return STATUS_INVALID;
	log_write(process_of(current->process)->name, current->page->bulk, (uint32_t)length);
	return STATUS_OK;
}

status_t sys_log_read(struct thread *current)
{
	struct cap *cap;
	uint64_t next;
	status_t status = cap_lookup(current, current->regs.arg[0], OBJECT_LOG, RIGHT_READ, &cap);
	if (status != STATUS_OK)
		return status;
	uint32_t length = log_read(current->regs.arg[1], current->page->bulk, MESSAGE_BULK_SIZE, &next);
	current->regs.arg[1] = next;
	current->regs.arg[2] = length;
	return STATUS_OK;
}
