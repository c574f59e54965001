/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* top: what each process used of the CPUs since the last look. */
#include "shell.h"
#include <lib/string.h>
#include <lib/text.h>

#define ROWS_MAX 128u

struct row {
	struct info_process process;
	uint64_t used_ns; /* since the sample before */
};

struct sample {
	struct row rows[ROWS_MAX];
	uint32_t count;
	uint64_t at_ns;
	uint64_t idle_ns; /* of all CPUs, since boot */
	uint32_t cpus;
};
static struct sample now, before;

static uint64_t used_before(uint64_t id)
{
	for (uint32_t i = 0; i < before.count; i++) {
		if (before.rows[i].process.id == id)
			return before.rows[i].process.cpu_time_ns;
	}
	return 0;
}

/* CPUs are read while they run: a count may lag behind the one before by a moment. */
static uint64_t since(uint64_t later_ns, uint64_t earlier_ns)
{
	return later_ns > earlier_ns ? later_ns - earlier_ns : 0;
}

static void insert(const struct info_process *process)
{
	uint64_t used_ns = since(process->cpu_time_ns, used_before(process->id));
	uint32_t at = now.count++;

	for (; at > 0 && now.rows[at - 1u].used_ns < used_ns; at--)
		now.rows[at] = now.rows[at - 1u];
	now.rows[at] = (struct row){*process, used_ns};
}

static void sample_take(void)
{
	handle_t monitor = startup_need("monitor");
	struct info_process process;
	struct info_cpu cpu;

	before = now;
	now = (struct sample){.at_ns = time_now()};
	for (uint64_t at = 0; now.count < ROWS_MAX && info_read(monitor, INFO_PROCESS, at, &process,
	                                                        sizeof(process), &at) == STATUS_OK;)
		insert(&process);
	for (uint64_t at = 0; info_read(monitor, INFO_CPU, at, &cpu, sizeof(cpu), &at) == STATUS_OK;) {
		now.cpus += cpu.online != 0;
		now.idle_ns += cpu.idle_ns;
	}
}

static void print_share(uint64_t part, uint64_t whole)
{
	uint64_t permille = whole == 0 ? 0 : part * 1000u / whole;

	print("%3llu.%llu%%", (unsigned long long)(permille / 10u), (unsigned long long)(permille % 10u));
}

static void show(void)
{
	char time[SHOW_MAX], size[SHOW_MAX], principal[PRINCIPAL_TEXT_MAX];
	uint64_t all_ns = now.cpus * (now.at_ns - before.at_ns);
	uint64_t busy_ns = since(all_ns, since(now.idle_ns, before.idle_ns));

	print("\x1b[H\x1b[J%u processes, up %s, CPUs busy ", now.count, show_time(time, now.at_ns));
	print_share(busy_ns, all_ns);
	print("    (any key ends)\n  PID NAME             CPU          TIME     MEMORY PRINCIPAL\n");
	for (uint32_t i = 0; i < now.count && i < 20u; i++) {
		const struct info_process *process = &now.rows[i].process;

		print("%5llu %-16.24s ", (unsigned long long)process->id, process->name);
		print_share(now.rows[i].used_ns, now.at_ns - before.at_ns);
		print(" %12s %10s %s\n", show_time(time, process->cpu_time_ns),
		      show_size(size, (uint64_t)process->pages * PAGE_SIZE),
		      principal_text(principal, &process->principal));
	}
}

int command_top(int argc, char **argv)
{
	uint64_t seconds = 1;
	uint8_t key;

	if (argc > 2 || (argc == 2 && (!text_number(argv[1], &seconds) || seconds == 0 || seconds > 3600)))
		return command_usage(argv[0]);
	now = (struct sample){.count = 0};
	sample_take();
	do {
		sample_take();
		show();
	} while (terminal_read(time_after(seconds * NS_PER_SECOND), &key) == STATUS_TIMED_OUT);
	return 0;
}
