/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Frame records of the kernel stack. A record that does not lie above the last one on a stack we know ends it. */
#include <arch/port.h>

extern char boot_stack_bottom[], boot_stack_top[];

static bool on_stack(uint64_t frame, uint64_t bottom, uint64_t top)
{
	return frame >= bottom && frame + 16u <= top && frame % 16u == 0u;
}

static bool frame_is_sound(uint64_t frame)
{
	uint64_t top = arch_cpu_self()->arch.stack_top;
	return on_stack(frame, top - KERNEL_STACK_SIZE, top) ||
	       on_stack(frame, (uint64_t)(uintptr_t)boot_stack_bottom, (uint64_t)(uintptr_t)boot_stack_top);
}

uint32_t arch_backtrace(uint64_t *out_addresses, uint32_t max)
{
	uint64_t frame = (uint64_t)(uintptr_t)__builtin_frame_address(0);
	uint64_t last = 0;
	uint32_t count = 0;
	while (count < max && frame > last && frame_is_sound(frame)) {
		const uint64_t *record = (const uint64_t *)(uintptr_t)frame;
		out_addresses[count++] = record[1];
		last = frame;
		frame = record[0];
	}
	return count;
}
