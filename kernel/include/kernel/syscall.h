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
 * SYSCALL_SWITCHED: as BLOCKED, and cpu->arch.current is already the next.
 */
#pragma once
#include <kernel/cap.h>
#include <kernel/process.h>
#include <kernel/thread.h>

#define SYSCALL_RESTART ((status_t)-1)
#define SYSCALL_BLOCKED ((status_t)-2)
#define SYSCALL_SWITCHED ((status_t)-3)

#define SYSCALL(number, name, shape, sentence) status_t sys_##name(struct thread *current);
#include <abi/syscall.def>
#undef SYSCALL
