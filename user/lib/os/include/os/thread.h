/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Threads of one program. Each has a stack of its own with an unmapped page
 * below and above, and runs until its function returns.
 */
#pragma once
#include <os/syscall.h>

#define THREAD_STACK_BYTES (64u * 1024u)

struct thread;

struct thread_options {
	uint32_t stack_bytes; /* 0: THREAD_STACK_BYTES */
	uint32_t priority;    /* of the thread; ignored unless set_priority */
	bool set_priority;    /* else PRIORITY_NORMAL, or the process's limit if that is lower */
};

/* Run function(argument) in a new thread. options may be NULL. Whoever started it joins it, once. */
CC_NODISCARD status_t thread_run(uint64_t (*function)(void *argument), void *argument,
                                 const struct thread_options *options, struct thread **out_thread);
/* Wait until it has returned; *out_result (may be NULL) is what. */
void thread_join(struct thread *thread, uint64_t *out_result);
/* Its capability, for priority and affinity. */
handle_t thread_handle(const struct thread *thread);
