/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Mutex and condition for the threads of one program. Uncontended operations
 * are one atomic instruction; only those who must wait enter the kernel.
 * All-zero is the initial state of both; there is nothing to destroy but what
 * mutex_release gives back.
 *
 * No priority inheritance: threads of different priority meet over IPC.
 */
#pragma once
#include <os/syscall.h>

struct mutex {
	uint32_t state;   /* [a] 0 free, 1 held, 2 held and perhaps waited for */
	uint32_t owner;   /* thread that holds it, for checks: its kernel slot + 1 */
	handle_t waiters; /* [a] notification, made by the first who waits */
};

/* Taking a mutex one holds, or freeing one that another holds, is a panic. */
void mutex_lock(struct mutex *mutex);
CC_NODISCARD bool mutex_try(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
/* Give back the kernel object of a free mutex that nobody will use again. */
void mutex_release(struct mutex *mutex);

struct condition_waiter;
struct condition {
	struct condition_waiter *head; /* oldest first; under the mutex */
};

/* All three with the mutex held, always the same one. Waiting frees it and takes it again.
 * OK: it was signalled; TIMED_OUT. As always, test again what was waited for. */
CC_NODISCARD status_t condition_wait(struct condition *condition, struct mutex *mutex, deadline_t deadline);
/* Wake the one that has waited longest, or all. */
void condition_signal(struct condition *condition);
void condition_broadcast(struct condition *condition);
