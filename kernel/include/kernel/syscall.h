/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * System calls: one function per row of abi/syscall.def, `sys_NAME(current)`.
 * Arguments are in current->regs.arg[0..7]; a handler leaves results in
 * arg[1..7] and returns the status, which dispatch puts into arg[0]. Results
 * are written only on success (and the missing rights on DENIED).
 *
 * SYSCALL_RESTART: nothing visible happened or a bounded part was done; the
 * call is executed again from its own instruction (arguments untouched).
 * SYSCALL_BLOCKED: the thread waits; whoever wakes it writes its results.
 * SYSCALL_RESUME: the registers are what the thread goes on with, all of them.
 *
 * call, reply_recv and notification_signal, which mostly hand the CPU over, are
 * not among them: they return the thread to resume (and may end in
 * syscall_finish like the others).
 */
#pragma once
#include <kernel/cap.h>
#include <kernel/process.h>
#include <kernel/thread.h>

#define SYSCALL_RESTART ((status_t)-1)
#define SYSCALL_BLOCKED ((status_t)-2)
#define SYSCALL_RESUME ((status_t)-3)

struct thread *endpoint_call(struct thread *current);
struct thread *endpoint_reply_receive(struct thread *current);
/* The same, of a thread whose window shows somebody's page (loan.h). */
struct thread *endpoint_reply_receive_lent(struct thread *current);
struct thread *notification_signal_by_handle(struct thread *current);
/* The end of a system call that has this status: whom to resume. */
struct thread *syscall_finish(struct thread *current, status_t status);

/* What stands for those three, and for numbers that no row has. */
status_t sys_none(struct thread *current);
#define sys_call sys_none
#define sys_reply_recv sys_none
#define sys_notification_signal sys_none
#define SYSCALL(number, name, shape, sentence) status_t sys_##name(struct thread *current);
#include <abi/syscall.def>
#undef SYSCALL
