/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table: one row per command, from which help, completion and suggestions come. */
#include "shell.h"
#include <lib/string.h>
#include <lib/text.h>

/* clang-format off */
const struct command commands[] = {
	{"help", "[COMMAND]",
	 "list the commands, or explain one", "help ps", command_help, {TAKES_COMMANDS}},
	{"ps", "[-t]",
	 "processes: threads, CPU, time, memory, principal; -t: threads", "ps -t", command_ps, {TAKES_NOTHING}},
	{"top", "[SECONDS]",
	 "processes by CPU use, refreshed until a key is pressed", "top 2", command_top, {TAKES_NOTHING}},
	{"services", "",
	 "services: state, restarts, version, endpoint, principal", "services", command_services, {TAKES_NOTHING}},
	{"devices", "",
	 "what is on PCI: driver, interrupt, memory it reaches", "devices", command_devices, {TAKES_NOTHING}},
	{"restart", "NAME",
	 "end a service and start it again", "restart console", command_restart, {TAKES_SERVICES}},
	{"run", "[NAME [ARGUMENT...]]",
	 "start a program and wait for it; without a name, list them", "run hello", command_run, {TAKES_PROGRAMS}},
	{"kill", "PID",
	 "end a process", "kill 7", command_kill, {TAKES_PROCESSES}},
	{"whoami", "",
	 "who the shell is, and the identity of its user", "whoami", command_whoami, {TAKES_NOTHING}},
	{"principals", "",
	 "who runs: programs and processes by principal", "principals", command_principals, {TAKES_NOTHING}},
	{"did-key", "[HEX | DID]",
	 "the user's public key as did:key; hexadecimal to did:key and back", "did-key", command_did_key, {TAKES_NOTHING}},
	{"verify", "NAME",
	 "check a program: signed by whom, as what, and what is wrong", "verify hello", command_verify, {TAKES_PROGRAMS | TAKES_SERVICES}},
	{"caps", "PID",
	 "capabilities of a process: object, rights, badge, from whom", "caps shell", command_caps, {TAKES_PROCESSES}},
	{"grant", "SLOT PID [RIGHT,...]",
	 "pass on a capability the shell holds", "grant log 7 read", command_grant, {TAKES_NOTHING, TAKES_PROCESSES}},
	{"revoke", "SLOT",
	 "take back all that was passed on from a capability", "revoke log", command_revoke, {TAKES_NOTHING}},
	{"policy", "PID [deny CALL... | forget]",
	 "system calls a process may make; take some away", "policy 7 deny send", command_policy, {TAKES_PROCESSES}},
	{"audit", "[tail [COUNT] | stats | filter WORD...]",
	 "what was recorded; filter: kinds, classes, processes", "audit filter cap.denied", command_audit, {TAKES_NOTHING}},
	{"explain", "[PID]",
	 "why the last denial happened, and who could help", "explain", command_explain, {TAKES_PROCESSES}},
	{"mem", "[-t]",
	 "memory: total, free, who holds it; -t: the kernel's tables", "mem -t", command_mem, {TAKES_NOTHING}},
	{"cpus", "",
	 "CPUs: load, interrupts, switches, messages, protections in force", "cpus", command_cpus, {TAKES_NOTHING}},
	{"irq", "",
	 "interrupt lines: how often, and whose they are", "irq", command_irq, {TAKES_NOTHING}},
	{"log", "[LINES]",
	 "the kernel log, or its last lines", "log 20", command_log, {TAKES_NOTHING}},
	{"trace", "on [EVENT...] | off | show [COUNT] | COMMAND...",
	 "record kernel events and show them; or those during one command", "trace hello", command_trace, {TAKES_COMMANDS | TAKES_PROGRAMS}},
	{"time", "[set YYYY-MM-DD HH:MM:SS | COMMAND...]",
	 "date and time (UTC); set them; or how long a command takes", "time hello", command_time, {TAKES_COMMANDS | TAKES_PROGRAMS}},
	{"uptime", "",
	 "time since boot, and how long each stage of it took", "uptime", command_uptime, {TAKES_NOTHING}},
	{"arcobj", "VERB [WORD...]",
	 "objects in the store: put, get, list, names, access, verification", "arcobj put -n plan first draft", command_arcobj,
	 {TAKES_VERBS}},
	{"echo", "[WORD...]",
	 "print the words", "echo good morning", command_echo, {TAKES_NOTHING}},
	{"clear", "",
	 "clear the screen", "clear", command_clear, {TAKES_NOTHING}},
	{"reboot", "",
	 "restart the machine", "reboot", command_reboot, {TAKES_NOTHING}},
	{"poweroff", "[fail]",
	 "switch the machine off; fail: let an emulator report failure", "poweroff", command_poweroff, {TAKES_NOTHING}},
};
/* clang-format on */
const uint32_t command_count = sizeof(commands) / sizeof(commands[0]);
_Static_assert(sizeof(commands) / sizeof(commands[0]) <= COMMANDS_MAX, "completion has room for all");

const struct command *command_find(const char *name)
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
	const struct command *command = command_find(name);

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

static uint64_t began_ns;

uint64_t command_began_ns(void)
{
	return began_ns;
}

static int words_run(int argc, char **argv, bool behind)
{
	const struct command *command = command_find(argv[0]);

	began_ns = time_now();
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
