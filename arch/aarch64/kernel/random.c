/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The CPU's random number generator: the register RNDR (FEAT_RNG), which says in the Z flag that it failed. */
#include <arch/port.h>

#define RNDR_SHIFT 60
#define TRIES 10u

bool arch_random(uint64_t *out_word)
{
	if (SYSREG_FIELD(SYSREG_READ(id_aa64isar0_el1), RNDR_SHIFT) == 0u)
		return false;
	for (uint32_t i = 0; i < TRIES; i++) {
		bool valid;
		__asm__ volatile("mrs %0, s3_3_c2_c4_0" : "=r"(*out_word), "=@ccne"(valid));
		if (valid)
			return true;
	}
	return false;
}
