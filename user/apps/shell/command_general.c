/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* help, run, echo, clear, and the end. */
#include "shell.h"
#include <lib/string.h>

static void help_one(const struct command *command)
{
	print("%s %s\n  %s\n  example: %s\n", command->name, command->usage, command->help,
	      command->example);
	if (command->takes[0] == TAKES_VERBS)
		arcobj_help();
}

static void list_programs(void)
{
	const char *const *names;
	uint32_t count = program_names(&names);

	for (uint32_t i = 0; i < count; i++)
		print("%s%s", names[i], i + 1u == count || i % 8u == 7u ? "\n" : "  ");
}

int command_help(int argc, char **argv)
{
	if (argc > 1) {
		for (uint32_t i = 0; i < command_count; i++) {
			if (strcmp(commands[i].name, argv[1]) == 0) {
				help_one(&commands[i]);
				return 0;
			}
		}
		return command_failed(argv[1], program_exists(argv[1]) ? "a program; its name starts it"
		                                                       : "there is no such command");
	}
	for (uint32_t i = 0; i < command_count; i++)
		print("  %-11s %s\n", commands[i].name, commands[i].help);
	print("Programs, started by their name (\"NAME &\": without waiting for it):\n");
	list_programs();
	print("Keys: arrows, Home, End, Tab, Ctrl-A E U K W L; Ctrl-C ends a running program.\n");
	return 0;
}

int command_run(int argc, char **argv)
{
	if (argc == 1) {
		list_programs();
		return 0;
	}
	return job_run(argc - 1, argv + 1, false);
}

int command_echo(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		print("%s%s", i > 1 ? " " : "", argv[i]);
	print("\n");
	return 0;
}

int command_clear(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	print("\x1b[H\x1b[J");
	return 0;
}

static int power(const char *name, enum power_action action)
{
	print("%s\n", name);
	terminal_flush();
	return command_refused(name, sys_system_control(startup_need("power"), action));
}

int command_reboot(int argc, char **argv)
{
	(void)argc;
	return power(argv[0], POWER_REBOOT);
}

int command_poweroff(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "fail") != 0)
		return command_usage(argv[0]);
	return power(argv[0], argc > 1 ? POWER_FAIL : POWER_OFF);
}
