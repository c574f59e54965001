/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
#include <os/syscall.h>

void random_seed(uint64_t seed);
uint64_t random_next(void);
uint64_t random_below(uint64_t limit);

/* Fill all eight registers for a call; also what it may read from the message page. */
void arguments_choose(uint64_t number, uint64_t registers[SYS_REGISTERS]);
/* Remember what a successful call gave: handles, mapped addresses. `source` was its first argument. */
void arguments_learn(uint64_t number, handle_t source, const uint64_t registers[SYS_REGISTERS]);

/* A thread that answers calls to some of the handles, until its endpoint is lost. */
void answerer_start(void);
