/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Registers and kernel stacks, for whoever has to report a bug of ours. */
#include "machine.h"

extern char boot_stack[], boot_stack_top[], trap_stack[], trap_stack_top[];

void arch_regs_print(const struct arch_regs *regs)
{
	log_print("pc %016lx  ra %016lx  sp %016lx\n", regs->pc, regs->ra, regs->sp);
	log_print("gp %016lx  tp %016lx  t0 %016lx\n", regs->gp, regs->tp, regs->number);
	for (uint32_t i = 0; i < 8; i += 4)
		log_print("a%u %016lx  a%u %016lx  a%u %016lx  a%u %016lx\n", i, regs->arg[i], i + 1, regs->arg[i + 1],
		          i + 2, regs->arg[i + 2], i + 3, regs->arg[i + 3]);
	for (uint32_t i = 0; i < 12; i += 4)
		log_print("s%u %016lx  s%u %016lx  s%u %016lx  s%u %016lx\n", i, regs->s[i], i + 1, regs->s[i + 1],
		          i + 2, regs->s[i + 2], i + 3, regs->s[i + 3]);
	for (uint32_t i = 0; i < 6; i += 3)
		log_print("t%u %016lx  t%u %016lx  t%u %016lx\n", i + 1, regs->t[i], i + 2, regs->t[i + 1], i + 3,
		          regs->t[i + 2]);
}

/* The saved pair lies just below the frame pointer, which is the caller's stack pointer. */
static bool frame_within(uint64_t frame, uint64_t first, uint64_t end)
{
	return frame >= first + (uint64_t)-ARCH_FRAME_SAVED && frame <= end;
}

/* End of the stack that `frame` lies in; 0: in none of ours. */
static uint64_t stack_end(uint64_t frame)
{
	uint64_t own = arch_cpu_self()->arch.stack_top;
	if (frame_within(frame, own - KERNEL_STACK_SIZE, own))
		return own;
	if (frame_within(frame, (uint64_t)boot_stack, (uint64_t)boot_stack_top))
		return (uint64_t)boot_stack_top;
	if (frame_within(frame, (uint64_t)trap_stack, (uint64_t)trap_stack_top))
		return (uint64_t)trap_stack_top;
	return 0;
}

uint32_t arch_backtrace(uint64_t *out_addresses, uint32_t max)
{
	uint64_t frame = (uint64_t)__builtin_frame_address(0);
	uint64_t last = 0, last_end = 0;
	uint32_t count = 0;
	while (count < max && (frame & 7u) == 0) {
		uint64_t end = stack_end(frame);
		/* Outwards on one stack; after an overflow, once from the spare stack to the one that ran over. */
		if (end == 0 || (end == last_end && frame <= last))
			break;
		out_addresses[count++] = *(const uint64_t *)(frame + (uint64_t)(int64_t)ARCH_FRAME_RETURN);
		last = frame;
		last_end = end;
		frame = *(const uint64_t *)(frame + (uint64_t)(int64_t)ARCH_FRAME_SAVED);
	}
	return count;
}
