/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A fault that the program's own handler takes, and the way back. */
#include "bench.h"
#include <os/fault.h>

#define ROUNDS  2000u
#define NOWHERE 0x0000000700000000ull

/* Returns to whoever called nowhere. */
static __attribute__((noinline)) void landing(void)
{
	__asm__ volatile("" : : : "memory");
}

static void handle(uint64_t kind, uint64_t address, uint64_t access, uint64_t pc)
{
	(void)kind, (void)address, (void)access, (void)pc;
	fault_resume((uint64_t)landing);
}

void bench_faults(void)
{
	void (*volatile nowhere)(void) = (void (*)(void))NOWHERE;
	uint64_t least;

	must(fault_catch(handle, NULL, 0));
	MEASURE(ROUNDS, least, nowhere());
	must(fault_catch(NULL, NULL, 0));
	measure_report("fault_handled", least, 1);
}
