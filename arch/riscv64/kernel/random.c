/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The hart's entropy source: the register `seed` (Zkr). Machine mode decides
 * whether supervisors may read it, and the device tree does not always know, so
 * each read is one that survives a refusal (seed.S).
 */
#include "machine.h"

#define TRIES 200u /* it gathers between two reads */
#define SEED_STATUS 0xc0000000u
#define SEED_VALID 0x80000000u
#define SEED_DEAD 0xc0000000u
#define SEED_BITS 16u

/* The register's value; false if reading it trapped. */
bool riscv_seed_read(uint32_t *out_value);

bool arch_random(uint64_t *out_word)
{
	uint64_t word = 0;
	uint32_t bits = 0;
	uint32_t value;
	if (!machine.zkr)
		return false;
	for (uint32_t i = 0; i < TRIES && bits < 64u; i++) {
		if (!riscv_seed_read(&value) || (value & SEED_STATUS) == SEED_DEAD)
			return false;
		if ((value & SEED_STATUS) != SEED_VALID)
			continue;
		word = word << SEED_BITS | (value & 0xffffu);
		bits += SEED_BITS;
	}
	*out_word = word;
	return bits == 64u;
}
