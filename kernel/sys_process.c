/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* System calls on processes: create, furnish with capabilities, start, watch, end. */
#include <kernel/image.h>
#include <kernel/notification.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <lib/identity.h>
#include <lib/string.h>

status_t sys_process_id(struct thread *current)
{
	current->regs.arg[1] = current->owner->id;
	return STATUS_OK;
}

/* The process that the first argument names, held: its slot may change hands as soon as the capability dies. */
static status_t process_hold(struct thread *current, uint32_t rights, uint32_t *out_process)
{
	return cap_hold(current, current->regs.arg[0], OBJECT_PROCESS, rights, out_process);
}

/* The notification that hears of the end, referenced for the process. */
static status_t end_notification(struct thread *current, const struct process_options *options,
                                 uint32_t *out_notification)
{
	*out_notification = NONE;
	if (options->notification == HANDLE_NONE)
		return STATUS_OK;
	return cap_hold(current, options->notification, OBJECT_NOTIFICATION, RIGHT_SIGNAL, out_notification);
}

static status_t create_checked(struct thread *current, uint32_t image, uint32_t notification,
                               const struct process_options *options)
{
	uint32_t slot;
	handle_t handle;
	status_t status = process_new(current->process, image, options, &slot);
	if (status != STATUS_OK)
		return status;
	struct process *process = process_of(slot);
	object_retain(OBJECT_PROCESS, slot); /* one for the capability, one until it is DEAD */
	status = cap_create(current->process, OBJECT_PROCESS, slot, RIGHTS_ALL, 0, &handle);
	if (status != STATUS_OK) {
		object_release(OBJECT_PROCESS, slot);
		process_end(slot, 0, true, NULL);
		return status;
	}
	process->notification = notification;
	process->notification_bits = options->notification_bits;
	current->regs.arg[1] = handle;
	current->regs.arg[2] = process->id;
	return STATUS_OK;
}

/* Rights on the factory. Whoever says itself as whom a program runs, or starts a second init, must hold the one
 * by which identity is granted. */
static uint32_t rights_needed(const struct image *image, const struct process_options *options)
{
	bool granted = !aid_is_anonymous(&options->principal) || image->as.role == MODULE_INIT;
	return granted ? RIGHT_MANAGE | RIGHT_GRANT : RIGHT_MANAGE;
}

status_t sys_process_create(struct thread *current)
{
	struct cap *factory;
	struct cap *image;
	struct process_options options;
	uint32_t notification;
	memcpy(&options, current->page->bulk, sizeof options);
	status_t status = cap_lookup(current, current->regs.arg[0], OBJECT_FACTORY, RIGHT_MANAGE, &factory);
	if (status == STATUS_OK)
		status = cap_lookup(current, current->regs.arg[1], OBJECT_IMAGE, RIGHT_EXECUTE, &image);
	if (status != STATUS_OK)
		return status;
	uint32_t slot = image->object;
	status = cap_retain(image, current->regs.arg[1]);
	if (status != STATUS_OK)
		return status;
	status = cap_lookup(current, current->regs.arg[0], OBJECT_FACTORY,
	                    rights_needed(&image_table[slot], &options), &factory);
	if (status == STATUS_OK)
		status = end_notification(current, &options, &notification);
	if (status == STATUS_OK) {
		status = create_checked(current, slot, notification, &options);
		if (status != STATUS_OK && notification != NONE)
			object_release(OBJECT_NOTIFICATION, notification);
	}
	object_release(OBJECT_IMAGE, slot);
	return status;
}

/* Into a process that runs, only whoever may grant it something; before it starts, its maker may. */
static status_t grant_target(struct thread *current, uint32_t *out_process)
{
	struct cap *cap;
	handle_t handle = current->regs.arg[0];
	status_t status = cap_lookup(current, handle, OBJECT_PROCESS, RIGHT_MANAGE, &cap);
	if (status != STATUS_OK)
		return status;
	if (__atomic_load_n(&process_of(cap->object)->state, __ATOMIC_ACQUIRE) != PROCESS_CREATED)
		status = cap_lookup(current, handle, OBJECT_PROCESS, RIGHT_MANAGE | RIGHT_GRANT, &cap);
	if (status != STATUS_OK)
		return status;
	*out_process = cap->object;
	return cap_retain(cap, handle);
}

static status_t grant_to(struct thread *current, uint32_t process)
{
	struct cap *source;
	handle_t source_handle = current->regs.arg[1];
	uint64_t rights = current->regs.arg[2];
	handle_t granted;
	if (rights > RIGHTS_ALL)
		return STATUS_INVALID;
	status_t status = cap_lookup(current, source_handle, OBJECT_NONE, RIGHT_GRANT | (uint32_t)rights, &source);
	if (status != STATUS_OK)
		return status;
	status = cap_derive(process, (uint32_t)(source - cap_table), source_handle, (uint32_t)rights,
	                    current->regs.arg[3], &granted);
	if (status == STATUS_OK)
		current->regs.arg[1] = granted;
	else if (status == STATUS_DENIED)
		current->regs.arg[1] = 0; /* no right is missing: the badge is set already */
	return status;
}

status_t sys_process_grant(struct thread *current)
{
	uint32_t process;
	status_t status = grant_target(current, &process);
	if (status != STATUS_OK)
		return status;
	status = grant_to(current, process);
	object_release(OBJECT_PROCESS, process);
	return status;
}

static status_t child_start(const struct thread *current, struct process *child)
{
	uint32_t created = PROCESS_CREATED;
	if (child->state != created)
		return STATUS_BUSY;
	struct thread *thread = &thread_table[child->main_thread];
	memcpy(thread->page->bulk, current->page->bulk, MESSAGE_BULK_SIZE);
	if (!__atomic_compare_exchange_n(&child->state, &created, PROCESS_RUNNING, false, __ATOMIC_SEQ_CST,
	                                 __ATOMIC_ACQUIRE))
		return STATUS_BUSY;
	uint64_t wait = __atomic_load_n(&thread->wait, __ATOMIC_ACQUIRE);
	if (WAIT_STATE(wait) == THREAD_STOPPED && thread_claim(thread, wait))
		thread_start(thread_slot(thread));
	return STATUS_OK;
}

status_t sys_process_start(struct thread *current)
{
	uint32_t slot;
	status_t status = process_hold(current, RIGHT_MANAGE, &slot);
	if (status != STATUS_OK)
		return status;
	status = child_start(current, process_of(slot));
	object_release(OBJECT_PROCESS, slot);
	return status;
}

status_t sys_process_kill(struct thread *current)
{
	uint32_t slot;
	status_t status = process_hold(current, RIGHT_MANAGE, &slot);
	if (status != STATUS_OK)
		return status;
	process_end(slot, current->regs.arg[1], true, NULL);
	object_release(OBJECT_PROCESS, slot);
	return STATUS_OK;
}

status_t sys_process_exit(struct thread *current)
{
	process_end(current->process, current->regs.arg[0], false, NULL);
	return STATUS_OK;
}

status_t sys_process_status(struct thread *current)
{
	uint32_t slot;
	struct process_status report;
	status_t status = process_hold(current, RIGHT_INSPECT, &slot);
	if (status != STATUS_OK)
		return status;
	const struct process *process = process_of(slot);
	memset(&report, 0, sizeof report);
	report.state = __atomic_load_n(&process->state, __ATOMIC_ACQUIRE);
	report.id = process->id;
	if (report.state == PROCESS_DEAD) {
		report.killed = process->killed;
		report.exit_code = process->exit_code;
		report.fault = process->fault;
	}
	object_release(OBJECT_PROCESS, slot);
	memcpy(current->page->bulk, &report, sizeof report);
	return STATUS_OK;
}

status_t sys_process_aid(struct thread *current)
{
	uint32_t slot = current->process;
	bool named = current->regs.arg[0] != HANDLE_NONE;
	status_t status = named ? process_hold(current, RIGHT_INSPECT, &slot) : STATUS_OK;
	if (status != STATUS_OK)
		return status;
	memcpy(current->page->bulk, &process_of(slot)->principal, sizeof(struct aid));
	if (named)
		object_release(OBJECT_PROCESS, slot);
	return STATUS_OK;
}
