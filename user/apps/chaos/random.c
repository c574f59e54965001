/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reproducible numbers (xorshift64*). */
#include "chaos.h"

static uint64_t state = 1;

void random_seed(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15u + 1u;
	if (state == 0)
		state = 1;
}

uint64_t random_next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1du;
}

uint64_t random_below(uint64_t limit)
{
	return random_next() % limit;
}
