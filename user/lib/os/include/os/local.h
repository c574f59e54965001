/* SPDX-License-Identifier: MPL-2.0 */
/* Per-thread data of the library, in the thread's message page. Zero in a new thread. */
#pragma once
#include <os/syscall.h>

struct thread;

struct local {
	struct message_cap attached[MESSAGE_CAPS_MAX]; /* to the next message, see os/ipc.h */
	uint64_t attached_count;
	uint64_t caps_in;      /* capabilities that came with the last reply */
	handle_t parking;      /* notification this thread waits at, made when first needed */
	struct thread *thread; /* NULL: the first thread */
};
_Static_assert(sizeof(struct local) <= MESSAGE_LOCAL_SIZE, "local data fits its place");

CC_INLINE struct local *local_get(void)
{
	return (struct local *)(void *)arch_message_page()->local;
}
