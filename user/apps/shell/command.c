/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table: one row per command, from which help, completion and suggestions come. */
#include "shell.h"
#include "editor.h"
#include <lib/string.h>
#include <lib/text.h>

/* clang-format off */
const struct command commands[] = {
	{"help", "[COMMAND]",
	 "list the commands, or explain one", "help ps", command_help},
	{"ps", "[-t]",
	 "processes: threads, CPU, time, memory, principal; -t: threads", "ps -t", command_ps},
	{"top", "[SECONDS]",
	 "processes by CPU use, refreshed until a key is pressed", "top 2", command_top},
	{"mem", "[-t]",
	 "memory: total, free, who holds it; -t: the kernel's tables", "mem -t", command_mem},
	{"cpus", "",
	 "CPUs: load, interrupts, switches, messages, protections in force", "cpus", command_cpus},
	{"irq", "",
	 "interrupt lines: how often, and whose they are", "irq", command_irq},
	{"log", "[LINES]",
	 "the kernel log, or its last lines", "log 20", command_log},
	{"run", "[NAME [ARGUMENT...]]",
	 "start a program and wait for it; without a name, list them", "run hello", command_run},
	{"kill", "PID",
	 "end a process", "kill 7", command_kill},
	{"caps", "PID",
	 "capabilities of a process: kind, rights, badge, from whom", "caps 3", command_caps},
	{"trace", "on [EVENT...] | off | show [COUNT] | COMMAND...",
	 "record kernel events and show them; or those during one command", "trace hello", command_trace},
	{"time", "COMMAND...",
	 "say how long a command takes", "time hello", command_time},
	{"uptime", "",
	 "time since boot, and how long each stage of it took", "uptime", command_uptime},
	{"echo", "[WORD...]",
	 "print the words", "echo good morning", command_echo},
	{"clear", "",
	 "clear the screen", "clear", command_clear},
	{"reboot", "",
	 "restart the machine", "reboot", command_reboot},
	{"poweroff", "[fail]",
	 "switch the machine off; fail: let an emulator report failure", "poweroff", command_poweroff},
};
/* clang-format on */
const uint32_t command_count = sizeof(commands) / sizeof(commands[0]);

static const struct command *find(const char *name)
{
	for (uint32_t i = 0; i < command_count; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

const char *const *command_names(void)
{
	static const char *names[sizeof(commands) / sizeof(commands[0])];

	for (uint32_t i = 0; i < command_count; i++)
		names[i] = commands[i].name;
	return names;
}

int command_failed(const char *name, const char *reason)
{
	print("%s: %s\n", name, reason);
	return 1;
}

int command_usage(const char *name)
{
	const struct command *command = find(name);

	print("usage: %s %s\n", command->name, command->usage);
	return 2;
}

/* The nearest command or program, for somebody who mistyped. */
static int unknown(const char *name)
{
	const char *const *programs;
	const char *all[sizeof(commands) / sizeof(commands[0]) + PROGRAMS_MAX];
	uint32_t count = program_names(&programs);

	memcpy(all, command_names(), sizeof(all[0]) * command_count);
	memcpy(all + command_count, programs, sizeof(all[0]) * count);
	count += command_count;
	uint32_t nearest = text_nearest(name, all, count);
	if (nearest < count)
		print("%s: there is no such command or program. Did you mean \"%s\"?\n", name,
		      all[nearest]);
	else
		print("%s: there is no such command or program. \"help\" lists them.\n", name);
	return 127;
}

static int words_run(int argc, char **argv, bool behind)
{
	const struct command *command = find(argv[0]);

	if (command != NULL)
		return command->run(argc, argv);
	return program_exists(argv[0]) ? job_run(argc, argv, behind) : unknown(argv[0]);
}

int command_words(int argc, char **argv)
{
	return words_run(argc, argv, false);
}

static int one(char *text)
{
	char *words[WORDS_MAX];
	uint32_t count;
	enum text_split split = text_split(text, words, WORDS_MAX, &count);

	if (split != TEXT_SPLIT_OK)
		return command_failed("line", split == TEXT_SPLIT_QUOTE ? "a quote is not closed"
		                                                        : "too many words");
	if (count == 0)
		return 0;
	bool behind = strcmp(words[count - 1u], "&") == 0;
	if (behind && --count == 0)
		return 0;
	return words_run((int)count, words, behind);
}

/* The end of the command that starts at `text`: a ';' outside quotes, or the end of the line. */
static char *command_end(char *text)
{
	char quote = '\0';

	for (; *text != '\0'; text++) {
		if (quote != '\0')
			quote = *text == quote ? '\0' : quote;
		else if (*text == '"' || *text == '\'')
			quote = *text;
		else if (*text == ';')
			break;
	}
	return text;
}

int command_line(const char *line)
{
	char buffer[EDITOR_LINE_MAX];
	int result = 0;

	string_copy(buffer, sizeof(buffer), line);
	for (char *text = buffer; *text != '\0';) {
		char *end = command_end(text);
		bool last = *end == '\0';

		*end = '\0';
		result = one(text);
		text = last ? end : end + 1;
	}
	return result;
}
