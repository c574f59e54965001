/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a program was given. The library keeps a copy of the startup block, so
 * this works for the whole life of the program.
 */
#pragma once
#include <abi/startup.h>

/* The capability granted under that name; HANDLE_NONE if there is none. */
handle_t startup_handle(const char *name);
/* As startup_handle; without it the program cannot do its work and ends, saying so. */
handle_t startup_need(const char *name);
/* Give a capability up that is not needed any more: it is dropped, and was never granted from here on. */
void startup_drop(const char *name);
/* One of the block's random words (0..3): secrets of this process, not keys. */
uint64_t startup_random(uint32_t index);

/* Entry from _start (arch/X/user/start.S), on the stack and with the argument the kernel was given: the
 * first thread of a program, and later each one os/thread.h makes, whose argument this is. */
struct startup_thread {
	void (*enter)(struct startup_thread *thread); /* does not return */
};
CC_NORETURN void os_start(struct startup_thread *thread);
void _start(void);

/* Every program defines it. The result is the exit code. */
int main(int argc, char **argv);
