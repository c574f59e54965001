/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The authority that each call needs, said here once more, on purpose: of the
 * capabilities it names, which types and rights. A call that began without them must
 * not succeed: a handle that names nothing never does again, and no capability gains a
 * right.
 */
#include "sim.h"
#include <kernel/cap.h>
#include <kernel/process.h>
#include <kernel/thread.h>
#include <abi/syscall.h>

#define SELF_TOO  1u /* HANDLE_NONE is the caller itself */
#define NO_MORE   8u
#define ACCESS    (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)

struct need {
	uint8_t number, argument, type;
	uint16_t rights;
	uint8_t more; /* argument that holds more rights; NO_MORE: none does */
	uint16_t more_mask;
	uint8_t flags;
};

static const struct need needs[] = {
	{SYSCALL_call, 0, OBJECT_ENDPOINT, RIGHT_SEND, NO_MORE, 0, 0},
	{SYSCALL_send, 0, OBJECT_ENDPOINT, RIGHT_SEND, NO_MORE, 0, 0},
	{SYSCALL_recv, 0, OBJECT_ENDPOINT, RIGHT_RECEIVE, NO_MORE, 0, 0},
	{SYSCALL_reply_recv, 0, OBJECT_ENDPOINT, RIGHT_RECEIVE, NO_MORE, 0, 0},
	{SYSCALL_notification_signal, 0, OBJECT_NOTIFICATION, RIGHT_SIGNAL, NO_MORE, 0, 0},
	{SYSCALL_notification_wait, 0, OBJECT_NOTIFICATION, RIGHT_WAIT, NO_MORE, 0, 0},
	{SYSCALL_notification_timer, 0, OBJECT_NOTIFICATION, RIGHT_WAIT, NO_MORE, 0, 0},
	{SYSCALL_notification_bind, 0, OBJECT_NOTIFICATION, RIGHT_WAIT, NO_MORE, 0, 0},
	{SYSCALL_notification_bind, 1, OBJECT_ENDPOINT, RIGHT_RECEIVE, NO_MORE, 0, 0},
	{SYSCALL_cap_mint, 0, OBJECT_NONE, RIGHT_GRANT, 1, RIGHTS_ALL, 0},
	{SYSCALL_cap_drop, 0, OBJECT_NONE, 0, NO_MORE, 0, 0},
	{SYSCALL_cap_revoke, 0, OBJECT_NONE, 0, NO_MORE, 0, 0},
	{SYSCALL_cap_info, 0, OBJECT_PROCESS, RIGHT_INSPECT, NO_MORE, 0, SELF_TOO},
	{SYSCALL_memory_map, 0, OBJECT_NONE, 0, 4, ACCESS, 0},
	{SYSCALL_memory_seal, 0, OBJECT_MEMORY, RIGHT_WRITE, NO_MORE, 0, 0},
	{SYSCALL_memory_contiguous, 0, OBJECT_DEVICES, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_thread_control, 0, OBJECT_THREAD, RIGHT_MANAGE, NO_MORE, 0, SELF_TOO},
	{SYSCALL_image_create, 0, OBJECT_FACTORY, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_image_create, 1, OBJECT_MEMORY, RIGHT_READ | RIGHT_EXECUTE, NO_MORE, 0, 0},
	{SYSCALL_process_create, 0, OBJECT_FACTORY, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_process_create, 1, OBJECT_IMAGE, RIGHT_EXECUTE, NO_MORE, 0, 0},
	{SYSCALL_process_grant, 0, OBJECT_PROCESS, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_process_grant, 1, OBJECT_NONE, RIGHT_GRANT, 2, RIGHTS_ALL, 0},
	{SYSCALL_process_start, 0, OBJECT_PROCESS, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_process_kill, 0, OBJECT_PROCESS, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_process_status, 0, OBJECT_PROCESS, RIGHT_INSPECT, NO_MORE, 0, 0},
	{SYSCALL_process_aid, 0, OBJECT_PROCESS, RIGHT_INSPECT, NO_MORE, 0, SELF_TOO},
	{SYSCALL_irq_create, 0, OBJECT_DEVICES, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_irq_message, 0, OBJECT_DEVICES, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_irq_bind, 0, OBJECT_IRQ, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_irq_bind, 1, OBJECT_NOTIFICATION, RIGHT_SIGNAL, NO_MORE, 0, 0},
	{SYSCALL_irq_ack, 0, OBJECT_IRQ, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_region_create, 0, OBJECT_DEVICES, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_region_port, 0, OBJECT_REGION, 0, NO_MORE, 0, 0},
	{SYSCALL_channel_attach, 0, OBJECT_CHANNEL, RIGHT_READ, NO_MORE, 0, 0},
	{SYSCALL_channel_bind, 0, OBJECT_CHANNEL, 0, NO_MORE, 0, 0},
	{SYSCALL_channel_bind, 1, OBJECT_NOTIFICATION, RIGHT_SIGNAL, NO_MORE, 0, 0},
	{SYSCALL_channel_signal, 0, OBJECT_CHANNEL, 0, NO_MORE, 0, 0},
	{SYSCALL_channel_close, 0, OBJECT_CHANNEL, 0, NO_MORE, 0, 0},
	{SYSCALL_log_write, 0, OBJECT_LOG, RIGHT_WRITE, NO_MORE, 0, 0},
	{SYSCALL_log_read, 0, OBJECT_LOG, RIGHT_READ, NO_MORE, 0, 0},
	{SYSCALL_system_info, 0, OBJECT_MONITOR, RIGHT_INSPECT, NO_MORE, 0, 0},
	{SYSCALL_system_control, 0, OBJECT_POWER, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_trace_control, 0, OBJECT_MONITOR, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_clock_set, 0, OBJECT_CLOCK, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_random_add, 0, OBJECT_RANDOM, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_audit_open, 0, OBJECT_AUDIT, RIGHT_READ, NO_MORE, 0, 0},
	{SYSCALL_audit_bind, 0, OBJECT_AUDIT, RIGHT_READ, NO_MORE, 0, 0},
	{SYSCALL_audit_bind, 1, OBJECT_NOTIFICATION, RIGHT_SIGNAL, NO_MORE, 0, 0},
	{SYSCALL_audit_report, 0, OBJECT_AUDIT, RIGHT_WRITE, NO_MORE, 0, 0},
	{SYSCALL_policy_restrict, 0, OBJECT_POLICY, RIGHT_MANAGE, NO_MORE, 0, 0},
	{SYSCALL_policy_revoke, 0, OBJECT_POLICY, RIGHT_MANAGE, NO_MORE, 0, 0},
};

static bool lacks[THREAD_MAX]; /* by thread: its call began without what it needs */

static bool is_met(const struct thread *thread, const struct need *need)
{
	handle_t handle = thread->regs.arg[need->argument];
	uint32_t slot = HANDLE_SLOT(handle);
	uint64_t rights = need->rights;
	if (handle == HANDLE_NONE && need->flags == SELF_TOO)
		return true;
	if (need->more != NO_MORE)
		rights |= thread->regs.arg[need->more] & need->more_mask;
	if (slot >= CSPACE_SLOTS)
		return false;
	const struct cap *cap = &cap_table[cap_index(thread->process, slot)];
	return cap->generation % 2u == 1u && cap->generation == HANDLE_GENERATION(handle) &&
	       (need->type == OBJECT_NONE || cap->type == need->type) && (rights & ~(uint64_t)cap->rights) == 0;
}

void sim_authority_note(const struct thread *thread)
{
	bool missing = false;
	for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++)
		missing = missing || (needs[i].number == thread->regs.number && !is_met(thread, &needs[i]));
	lacks[thread_slot(thread)] = missing;
}

void sim_authority_judge(const struct sim *sim, const struct thread *thread)
{
	if (lacks[thread_slot(thread)] && thread->regs.arg[0] == STATUS_OK)
		sim_fail(sim, "a call succeeded for which its program lacked a capability");
}
