/* SPDX-License-Identifier: MPL-2.0 */
/* The way out of a fault handler. */
#include <os/fault.h>
#include <os/panic.h>

CC_NORETURN void fault_resume(uint64_t pc)
{
	panic("not in a fault handler (status %u)", (unsigned)sys_fault_return(pc));
}
