/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Faults handled inside the program (docs/kernel/fault.md). The handler of a
 * thread is entered where the thread faulted, on the stack given for it, and
 * ends in fault_resume: what the thread was doing goes on with every register
 * as it was, floating point excepted. A fault inside the handler ends the
 * process; so does returning from it.
 */
#pragma once
#include <os/syscall.h>

/* kind and access: enum fault_kind, enum fault_access. */
typedef void fault_function(uint64_t kind, uint64_t address, uint64_t access, uint64_t pc);

/* The calling thread's handler from now on; NULL: none. `stack`, 16-byte aligned and of a multiple of 16 bytes, is
 * what it runs on; NULL: the stack of what faulted, which does not do for an overflow. */
CC_NODISCARD CC_INLINE status_t fault_catch(fault_function *function, void *stack, uint64_t stack_bytes)
{
	uint64_t top = stack == NULL ? 0 : (uint64_t)stack + stack_bytes;

	return sys_fault_handler((uint64_t)function, top);
}

/* Out of the handler: to what faulted (pc 0), or to another place with the same registers. */
CC_NORETURN void fault_resume(uint64_t pc);
