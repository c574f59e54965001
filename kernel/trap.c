/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where the ports call in: system calls, faults, timer and IPI; and whom to resume after. */
#include <kernel/audit.h>
#include <kernel/fault.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <kernel/trace.h>

typedef status_t syscall_function(struct thread *current);

status_t sys_none(struct thread *current)
{
	(void)current;
	return STATUS_UNKNOWN_SYSCALL;
}

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winitializer-overrides"
static syscall_function *const syscall_table[SYSCALL_COUNT] = {
	[0 ... SYSCALL_COUNT - 1] = sys_none,
#define SYSCALL(number, name, shape, sentence) [number] = sys_##name,
#include <abi/syscall.def>
#undef SYSCALL
};
#pragma clang diagnostic pop

struct thread *trap_return(struct thread *current)
{
	struct cpu *cpu = arch_cpu_self();
	bool dying = current->owner->state != PROCESS_RUNNING;
	if (CC_LIKELY(!cpu->reschedule && !dying))
		return current;
	sched_put_back(cpu, current);
	return sched_next(cpu);
}

/* Everything but "done, go on": CC_COLD keeps it out of the hot path. */
CC_COLD struct thread *syscall_finish(struct thread *current, status_t status)
{
	struct cpu *cpu = arch_cpu_self();
	if (status == SYSCALL_BLOCKED)
		return sched_next(cpu);
	if (status == SYSCALL_RESUME)
		return trap_return(current);
	if (status != STATUS_OK)
		audit_outcome(current, status);
	if (status == SYSCALL_RESTART)
		arch_regs_restart(&current->regs);
	else
		current->regs.arg[0] = (uint64_t)status;
	if (status == STATUS_DENIED)
		TRACE_EVENT(TRACE_DENIED, current->regs.number, current->regs.arg[1]);
	return trap_return(current);
}

/* All but the three that need no stack frame: not inlined, so that they get none. */
static CC_NOINLINE struct thread *syscall_run(struct thread *current)
{
	status_t status = syscall_table[current->regs.number](current);
	if (CC_UNLIKELY(status != STATUS_OK || arch_cpu_self()->reschedule))
		return syscall_finish(current, status);
	current->regs.arg[0] = STATUS_OK;
	return current;
}

CC_INLINE struct thread *syscall_dispatch(struct thread *current, uint64_t number)
{
	if (CC_LIKELY(number == SYSCALL_call))
		return endpoint_call(current);
	if (number == SYSCALL_reply_recv)
		return CC_LIKELY(current->lender == NONE) ? endpoint_reply_receive(current)
		                                          : endpoint_reply_receive_lent(current);
	if (number == SYSCALL_notification_signal)
		return notification_signal_by_handle(current);
	return syscall_run(current);
}

static CC_COLD struct thread *syscall_traced(struct thread *current)
{
	trace_record(TRACE_SYSCALL, current->regs.number, current->regs.arg[0]);
	return syscall_dispatch(current, current->regs.number);
}

struct thread *trap_syscall(struct thread *current)
{
	uint64_t number = current->regs.number;
	arch_cpu_self()->syscalls++;
	if (CC_UNLIKELY(number >= SYSCALL_COUNT))
		return syscall_finish(current, STATUS_UNKNOWN_SYSCALL);
	if (CC_UNLIKELY((current->owner->syscall_mask >> number & 1u) == 0))
		return syscall_finish(current, STATUS_POLICY);
	if (CC_UNLIKELY(trace_mask & 1ull << TRACE_SYSCALL))
		return syscall_traced(current);
	return syscall_dispatch(current, number);
}

struct thread *trap_fault(struct thread *current, enum fault_kind kind, enum fault_access access,
                          uint64_t address)
{
	struct cpu *cpu = arch_cpu_self();
	cpu->faults++;
	TRACE_EVENT(TRACE_FAULT, address, kind);
	if (kind == FAULT_UNMAPPED || kind == FAULT_PROTECTION) {
		status_t status = STATUS_BAD_ADDRESS;
		if (address < USER_LIMIT)
			status = aspace_fault(&process_of(current->process)->aspace, address, access, &kind);
		if (status == STATUS_OK)
			return trap_return(current);
	}
	if (!fault_deliver(current, kind, access, address))
		fault_end(current, kind, access, address);
	return trap_return(current);
}

void trap_timer(void)
{
	arch_cpu_self()->timer_interrupts++;
	timer_run();
}

CC_COLD void trap_ipi(void)
{
	struct cpu *cpu = arch_cpu_self();
	uint32_t pending = __atomic_exchange_n(&cpu->ipi_pending, 0u, __ATOMIC_SEQ_CST);
	cpu->ipis++;
	TRACE_EVENT(TRACE_IPI, cpu->index, pending);
	if (pending & IPI_STOP)
		arch_halt();
	if (pending & IPI_AUDIT)
		audit_turn();
	if (pending & IPI_RESCHEDULE)
		cpu->reschedule = true;
}
