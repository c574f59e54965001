/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Walks the frame pointers of a kernel stack, never beyond the stack they started on. */
#include "x86.h"

uint32_t arch_backtrace(uint64_t *out_addresses, uint32_t max)
{
	uint64_t frame = (uint64_t)(uintptr_t)__builtin_frame_address(0);
	uint64_t bottom, top;
	uint32_t count = 0;

	if (!x86_stack_find(frame, &bottom, &top))
		return 0;
	while (count < max && frame >= bottom && frame + 16u <= top && frame % 8u == 0) {
		const uint64_t *words = (const uint64_t *)frame;
		uint64_t next = words[0];
		out_addresses[count++] = words[1];
		if (next <= frame)
			break;
		frame = next;
	}
	return count;
}
