/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Faults of programs that no page can cure: the thread's own handler gets them,
 * or the process ends with a report.
 *
 * What the thread was doing when it faulted stays in the kernel (fault_regs),
 * out of the program's reach, until fault_return. The handler is entered like a
 * new thread, with a few words in the argument registers; nothing is written to
 * the program's memory, so entering it cannot fault.
 */
#include <kernel/audit.h>
#include <kernel/fault.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/string.h>

#define RED_ZONE 128u /* below the stack pointer, in use all the same (x86_64; nowhere more) */

/* Return addresses along the user's frame pointers, as far as they can be believed. */
static void fault_backtrace(const struct thread *current, struct fault_report *report)
{
	uint64_t frame = arch_regs_frame(&current->regs);
	while (report->frame_count < FAULT_FRAMES_MAX) {
		uint64_t saved;
		uint64_t address;
		if (frame % 8u != 0 ||
		    !user_copy_in(&saved, frame + (uint64_t)(int64_t)ARCH_FRAME_SAVED, sizeof saved) ||
		    !user_copy_in(&address, frame + (uint64_t)(int64_t)ARCH_FRAME_RETURN, sizeof address))
			return;
		if (address < USER_BASE || address >= USER_LIMIT)
			return;
		report->frames[report->frame_count++] = address;
		if (saved <= frame)
			return;
		frame = saved;
	}
}

void fault_end(struct thread *current, enum fault_kind kind, enum fault_access access, uint64_t address)
{
	struct fault_report report;
	memset(&report, 0, sizeof report);
	report.kind = kind;
	report.access = access;
	report.address = address;
	report.pc = arch_regs_pc(&current->regs);
	report.sp = arch_regs_sp(&current->regs);
	report.thread = thread_slot(current);
	fault_backtrace(current, &report);
	audit_emit(AUDIT_FAULT, current->owner->id, current->process, kind, address, report.pc, access);
	process_end(current->process, 0, true, &report);
}

bool fault_deliver(struct thread *current, enum fault_kind kind, enum fault_access access, uint64_t address)
{
	uint64_t stack_top = current->fault_stack;
	if (current->fault_entry == 0 || current->fault_active || current->owner->state != PROCESS_RUNNING)
		return false;
	if (stack_top == 0)
		stack_top = (arch_regs_sp(&current->regs) - RED_ZONE) & ~15ull;
	current->fault_regs = current->regs;
	current->fault_active = true;
	arch_thread_init(&current->regs, current->fault_entry, stack_top, kind, current->page_user);
	arch_regs_arguments(&current->regs, address, access, arch_regs_pc(&current->fault_regs));
	return true;
}

status_t sys_fault_handler(struct thread *current)
{
	uint64_t entry = current->regs.arg[0];
	uint64_t stack_top = current->regs.arg[1];
	if (entry >= USER_LIMIT || stack_top > USER_LIMIT || stack_top % 16u != 0)
		return STATUS_INVALID;
	current->fault_entry = entry;
	current->fault_stack = stack_top;
	return STATUS_OK;
}

status_t sys_fault_return(struct thread *current)
{
	uint64_t pc = current->regs.arg[0];
	if (!current->fault_active || pc >= USER_LIMIT)
		return STATUS_INVALID;
	current->fault_active = false;
	current->regs = current->fault_regs;
	arch_regs_resume(&current->regs, pc != 0 ? pc : arch_regs_pc(&current->fault_regs));
	return SYSCALL_RESUME;
}
