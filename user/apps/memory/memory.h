/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
#include <stdint.h>

/* Do what ends a program; comes back only if it did not, or for ways that count for themselves. */
int memory_child(const char *way);
/* The fault by which panic() ends a program: it is the compiler's trap instruction. */
uint32_t memory_trap_kind(void);
