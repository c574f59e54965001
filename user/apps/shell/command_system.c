/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* mem, cpus, irq, log, uptime. */
#include "shell.h"
#include <lib/string.h>
#include <lib/text.h>
#include <os/local.h>

static handle_t monitor(void)
{
	return startup_need("monitor");
}

static void tables(void)
{
	struct info_table table;
	char size[SHOW_MAX];

	print("TABLE                      USED  CAPACITY  ENTRY      BYTES  LIMITED BY\n");
	for (uint64_t at = 0;
	     info_read(monitor(), INFO_TABLE, at, &table, sizeof(table), &at) == STATUS_OK;)
		print("%-24.24s %6u %9u %6u %10s  %.24s\n", table.name, table.used, table.capacity,
		      table.entry_bytes, show_size(size, (uint64_t)table.capacity * table.entry_bytes),
		      table.clamp);
}

int command_mem(int argc, char **argv)
{
	struct info_memory memory;
	char size[SHOW_MAX];
	uint64_t next;

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "-t") != 0))
		return command_usage(argv[0]);
	status_t status = info_read(monitor(), INFO_MEMORY, 0, &memory, sizeof(memory), &next);
	if (status != STATUS_OK)
		return command_refused(argv[0], status);
	print("total     %10s\n", show_size(size, memory.total_bytes));
	print("free      %10s  %llu frames\n", show_size(size, memory.free_bytes),
	      (unsigned long long)memory.free_frames);
	print("kernel    %10s\n", show_size(size, memory.kernel_bytes));
	print("bundle    %10s\n", show_size(size, memory.bundle_bytes));
	print("programs  %10s\n", show_size(size, memory.user_bytes));
	if (argc == 2)
		tables();
	return 0;
}

static uint32_t percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : (uint32_t)(part * 100u / whole);
}

int command_cpus(int argc, char **argv)
{
	struct info_cpu cpu;
	uint64_t now_ns = time_now();

	(void)argc;
	(void)argv;
	print("CPU BUSY READY    TIMER   DEVICE      IPI SHOOTDOWN   SWITCH    STEAL      IPC     CALLS   "
	      "FAULTS\n");
	for (uint64_t at = 0; info_read(monitor(), INFO_CPU, at, &cpu, sizeof(cpu), &at) == STATUS_OK;) {
		if (cpu.online == 0) {
			print("%3u did not start\n", cpu.cpu);
			continue;
		}
		print("%3u %3u%% %5u %8llu %8llu %8llu %9llu %8llu %8llu %8llu %9llu %8llu\n", cpu.cpu,
		      percent(now_ns > cpu.idle_ns ? now_ns - cpu.idle_ns : 0, now_ns), cpu.ready,
		      (unsigned long long)cpu.timer_interrupts, (unsigned long long)cpu.device_interrupts,
		      (unsigned long long)cpu.ipis, (unsigned long long)cpu.shootdowns,
		      (unsigned long long)cpu.switches, (unsigned long long)cpu.steals,
		      (unsigned long long)cpu.ipc, (unsigned long long)cpu.syscalls,
		      (unsigned long long)cpu.faults);
		print("    id 0x%llx, protections: %.96s\n", (unsigned long long)cpu.hardware_id,
		      cpu.features);
	}
	return 0;
}

int command_irq(int argc, char **argv)
{
	struct info_irq irq;
	char owner[SHOW_MAX];

	(void)argc;
	(void)argv;
	print("LINE  COUNT       OWNER            NAME\n");
	for (uint64_t at = 0; info_read(monitor(), INFO_IRQ, at, &irq, sizeof(irq), &at) == STATUS_OK;) {
		print("%4u  %-10llu  %-15s  %.16s\n", irq.number, (unsigned long long)irq.count,
		      irq.claimed != 0 ? name_and_id(irq.owner, owner, sizeof(owner)) : "-", irq.name);
	}
	return 0;
}

/* A piece of the log after *position, which moves on; empty at the end. */
static size_t log_piece(uint64_t *position, char *text)
{
	uint64_t length;
	uint64_t next;

	if (sys_log_read(startup_need("log"), *position, &next, &length) != STATUS_OK ||
	    length > MESSAGE_BULK_SIZE)
		return 0;
	*position = next;
	memcpy(text, arch_message_page()->bulk, length); /* printing uses the page */
	return length;
}

static uint64_t log_lines(void)
{
	char text[MESSAGE_BULK_SIZE];
	uint64_t position = 0, lines = 0;
	size_t length;

	while ((length = log_piece(&position, text)) != 0) {
		for (size_t i = 0; i < length; i++)
			lines += text[i] == '\n';
	}
	return lines;
}

int command_log(int argc, char **argv)
{
	char text[MESSAGE_BULK_SIZE];
	uint64_t position = 0, wanted = UINT64_MAX;
	size_t length;

	if (argc > 2 || (argc == 2 && !text_number(argv[1], &wanted)))
		return command_usage(argv[0]);
	uint64_t lines = argc == 2 ? log_lines() : 0;
	uint64_t skip = lines > wanted ? lines - wanted : 0;
	while ((length = log_piece(&position, text)) != 0) {
		size_t at = 0;

		for (; skip > 0 && at < length; at++)
			skip -= text[at] == '\n';
		print_bytes(text + at, length - at);
	}
	return 0;
}

int command_uptime(int argc, char **argv)
{
	struct info_stage stage;
	char time[SHOW_MAX];
	uint64_t before_ns = 0;

	(void)argc;
	(void)argv;
	print("up %s\n", show_time(time, time_now()));
	for (uint64_t at = 0;
	     info_read(monitor(), INFO_STAGE, at, &stage, sizeof(stage), &at) == STATUS_OK;) {
		print("  boot: %-24.24s %8llu us\n", stage.name,
		      (unsigned long long)((stage.at_ns - before_ns) / NS_PER_US));
		before_ns = stage.at_ns;
	}
	return 0;
}
