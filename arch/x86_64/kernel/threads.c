/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* First user state of a thread. */
#include "x86.h"

#include <lib/string.h>

void arch_thread_init(struct arch_regs *regs, uint64_t entry, uint64_t stack_top, uint64_t argument,
                      uint64_t page)
{
	(void)page; /* arch_thread_switch sets the thread pointer */
	memset(regs, 0, sizeof(*regs));
	regs->arg[0] = argument;
	regs->sysret_rip = UINT64_MAX;
	/* IRET would fault in the kernel on an address that is not canonical: this one faults in the program. */
	regs->rip = entry < USER_LIMIT ? entry : USER_LIMIT;
	regs->cs = X86_USER_CS;
	regs->rflags = X86_RFLAGS_USER;
	/* As after a call, so that `entry` may be a C function: its stack is off 16 bytes by the return address. */
	regs->rsp = (stack_top & ~15ull) - 8u;
	regs->ss = X86_USER_SS;
}
