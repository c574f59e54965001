/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The port to a host program: what it adds to the kernel's structures. See docs/kernel/host.md. */
#pragma once
#include <abi/types.h>

/* The kernel's variables lie together, so that a test can put them all back (kernel.c). */
#pragma clang section bss = "kernel_bss" data = "kernel_data"

#define ARCH_NAME "host"
#define ARCH_ELF_MACHINE 62u /* e_machine of programs */
#define ARCH_PAGE_LEVELS 3u
#define ARCH_FRAME_SAVED 0
#define ARCH_FRAME_RETURN 8

struct thread;

struct arch_regs {
	uint64_t arg[8];
	uint64_t number;
	uint64_t pc;
	uint64_t sp;
	uint64_t frame;
	uint64_t restarts; /* system calls that asked to be executed again */
};

struct arch_fpu {
	uint64_t value; /* stands for the register file: tests see whether it travels with its thread */
	bool live;
};

struct arch_cpu {
	struct thread *current;
	uint64_t stack_top;
	struct arch_fpu *fpu_owner;
	uint64_t fpu_value;
	uint64_t page;         /* user thread pointer in force */
	uint64_t timer_ticks;  /* armed deadline */
	bool ipi;              /* one is under way */
};
