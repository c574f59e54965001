/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the system library needs of the host: for unit tests, whose own kernel
 * answers the system calls (host_syscall) and owns the message page.
 */
#pragma once
#include <abi/message.h>

/* The test defines both. */
void host_syscall(uint64_t number, uint64_t regs[8]);
extern struct message_page host_message_page;

CC_INLINE void arch_syscall(uint64_t number, uint64_t regs[8])
{
	host_syscall(number, regs);
}

CC_INLINE struct message_page *arch_message_page(void)
{
	return &host_message_page;
}

CC_INLINE uint64_t arch_counter(void)
{
	static uint64_t count;
	return ++count;
}

CC_INLINE void arch_pause(void)
{
}

CC_INLINE void arch_device_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

CC_INLINE void arch_table_settle(const void *from, uint64_t bytes)
{
	(void)from;
	(void)bytes;
}
