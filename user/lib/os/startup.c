/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From the startup block to main. The block lies in the first thread's bulk
 * area, which the next information call overwrites, so what is used of it is
 * copied first.
 */
#include <os/startup.h>
#include <lib/string.h>
#include <os/local.h>
#include <os/panic.h>

#define ARGUMENTS_MAX 64u

static struct startup block;
static char *arguments[ARGUMENTS_MAX + 1u];

/* Compared by every function with a buffer. Its lowest byte is zero, so that a string cannot rewrite it. */
extern uint64_t __stack_chk_guard;
uint64_t __stack_chk_guard = 0x5bd1e995c4d1b700u;

static void block_copy(const struct startup *from)
{
	uint32_t handles = from->handle_count;
	uint32_t bytes = from->argument_bytes;

	memcpy(&block, from, offsetof(struct startup, handles));
	if (from->magic != STARTUP_MAGIC || handles > STARTUP_HANDLES_MAX ||
	    bytes > STARTUP_ARGUMENTS_MAX) {
		block.handle_count = 0;
		block.argument_count = 0;
		return;
	}
	memcpy(block.handles, from->handles, handles * sizeof(block.handles[0]));
	memcpy(block.arguments, from->arguments, bytes);
	block.arguments[STARTUP_ARGUMENTS_MAX - 1u] = '\0';
}

static int arguments_find(void)
{
	uint32_t count = 0;

	for (uint32_t at = 0;
	     count < block.argument_count && count < ARGUMENTS_MAX && at < block.argument_bytes;) {
		arguments[count++] = &block.arguments[at];
		at += (uint32_t)strlen(&block.arguments[at]) + 1u;
	}
	return (int)count;
}

handle_t startup_handle(const char *name)
{
	for (uint32_t i = 0; i < block.handle_count; i++) {
		if (strncmp(block.handles[i].name, name, sizeof(block.handles[i].name)) == 0)
			return block.handles[i].handle;
	}
	return HANDLE_NONE;
}

void startup_drop(const char *name)
{
	for (uint32_t i = 0; i < block.handle_count; i++) {
		if (strncmp(block.handles[i].name, name, sizeof(block.handles[i].name)) != 0)
			continue;
		must(sys_cap_drop(block.handles[i].handle));
		block.handles[i] = block.handles[--block.handle_count];
		return;
	}
}

handle_t startup_need(const char *name)
{
	handle_t handle = startup_handle(name);

	if (handle == HANDLE_NONE)
		panic("this program was not given \"%s\"", name);
	return handle;
}

uint64_t startup_random(uint32_t index)
{
	return block.random[index % 4u];
}

static void start_first(void)
{
	block_copy((const struct startup *)(const void *)arch_message_page()->bulk);
	(void)sys_process_exit((uint64_t)(int64_t)main(arguments_find(), arguments));
}

/* Sets the guard that its own frame would be checked against, so it must not have one. */
__attribute__((no_stack_protector)) void os_start(struct startup_thread *thread)
{
	static bool started;

	if (started) {
		thread->enter(thread);
	} else {
		const struct startup *from =
			(const struct startup *)(const void *)arch_message_page()->bulk;

		started = true;
		__stack_chk_guard = (__stack_chk_guard ^ from->random[0]) & ~0xffull;
		start_first();
	}
	CC_UNREACHABLE();
}
