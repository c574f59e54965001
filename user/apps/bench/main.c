/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the kernel's paths cost, one line each: "bench NAME VALUE ns". tests/bench/README.md reads them. */
#include "bench.h"

#define ROUNDS 2000u

static void bench_traps(void)
{
	uint64_t least, value;

	MEASURE(ROUNDS, least, must(sys_process_id(&value)));
	measure_report("null_syscall", least, 1);
	MEASURE(ROUNDS, least, must(sys_clock_now(&value)));
	measure_report("clock_now", least, 1);
}

int main(int argc, char **argv)
{
	/* One CPU, so that two processes hand it to each other. */
	must(sys_thread_control(HANDLE_NONE, THREAD_CONTROL_AFFINITY, 1));
	if (argc == 2)
		return partner_run(argv[1]);
	measure_calibrate();
	bench_traps();
	bench_calls();
	bench_signals();
	bench_memory();
	bench_faults();
	bench_spawn();
	bench_authority();
	bench_store();
	return 0;
}
