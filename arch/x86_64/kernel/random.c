/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The CPU's random number generator: RDRAND, which may fail for a moment when others draw from it, too. */
#include "x86.h"

#define CPUID_RDRAND (1u << 30)
#define TRIES        10u /* more failures in a row mean it is broken, says its maker */

bool arch_random(uint64_t *out_word)
{
	if ((x86_cpuid(1).ecx & CPUID_RDRAND) == 0)
		return false;
	for (uint32_t i = 0; i < TRIES; i++) {
		bool valid;
		__asm__ volatile("rdrand %0" : "=r"(*out_word), "=@ccc"(valid));
		if (valid)
			return true;
	}
	return false;
}
