/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The CPUs. Each entry is written by its own CPU; what they hold is explained in cpu.h. */
#include <kernel/cpu.h>

struct cpu cpu_table[CPU_MAX];
uint32_t cpu_count = 1;
