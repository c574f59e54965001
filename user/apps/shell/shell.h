/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The parts of the shell.
 *
 *   main.c             prompt, autorun
 *   editor, history, complete   the line being typed (pure)
 *   terminal.c         the console: keys in, Ctrl-C, who is foreground
 *   command.c          the table of commands, and finding the right row
 *   command_*.c        the commands
 *   program.c          names and files of the bundle's programs
 *   job.c              programs that run, in front or behind
 *   show.c             how times and principals are written
 */
#pragma once
#include <os/info.h>
#include <os/print.h>
#include <os/spawn.h>
#include <os/startup.h>
#include <os/status.h>
#include <os/time.h>

#define PROMPT    "cambios> "
#define WORDS_MAX 32u

/* ---- terminal.c ---- */
#define TERMINAL_INTERRUPT 1u /* bits of the shell's notification: Ctrl-C */
#define TERMINAL_ENDED     2u /* the foreground program ended */
void terminal_open(void);
/* The notification both bits come to. */
handle_t terminal_notification(void);
/* The next byte typed. TIMED_OUT. */
CC_NODISCARD status_t terminal_read(deadline_t deadline, uint8_t *out_byte);
/* Bytes are waiting that terminal_read gives without asking the driver. */
bool terminal_has_more(void);
/* Who reads the keyboard; 0: the shell. */
void terminal_foreground(uint64_t badge);
/* Everything printed so far is on the line. */
void terminal_flush(void);

/* ---- program.c ---- */
#define PROGRAMS_MAX 64u
/* Names of the programs that can be started; the table stays. */
uint32_t program_names(const char *const **out_names);
bool program_exists(const char *name);
/* Its file, for the names in a backtrace; NULL. */
const uint8_t *program_file(const char *name, size_t *out_length);

/* ---- job.c ---- */
/* Start words[0] and wait for it, unless `behind`. The result is its exit code, or -1. */
int job_run(int argc, char **argv, bool behind);
/* Tell of programs behind that ended since. */
void job_report(void);

/* ---- command.c ---- */
struct command {
	const char *name;
	const char *usage; /* what follows the name */
	const char *help;
	const char *example;
	int (*run)(int argc, char **argv); /* 0: done as asked */
};
extern const struct command commands[];
extern const uint32_t command_count;
/* One line: commands separated by ';', a program in the background before '&'. */
int command_line(const char *line);
/* Words already split. */
int command_words(int argc, char **argv);
/* "NAME: what is wrong"; returns 1. */
int command_failed(const char *name, const char *reason);
/* "usage: NAME ..."; returns 2. */
int command_usage(const char *name);
/* Names of all commands, for completion. */
const char *const *command_names(void);

/* ---- command_*.c ---- */
int command_help(int argc, char **argv);
int command_ps(int argc, char **argv);
int command_top(int argc, char **argv);
int command_mem(int argc, char **argv);
int command_cpus(int argc, char **argv);
int command_irq(int argc, char **argv);
int command_log(int argc, char **argv);
int command_run(int argc, char **argv);
int command_kill(int argc, char **argv);
int command_caps(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_time(int argc, char **argv);
int command_uptime(int argc, char **argv);
int command_echo(int argc, char **argv);
int command_clear(int argc, char **argv);
int command_reboot(int argc, char **argv);
int command_poweroff(int argc, char **argv);

/* ---- show.c ---- */
#define SHOW_MAX 48u
/* "1.234 s", "12:34.567" from a minute on. Each returns `text`, of SHOW_MAX bytes. */
const char *show_time(char *text, uint64_t ns);
const char *show_size(char *text, uint64_t bytes);
const char *show_principal(char *text, const struct aid *aid);
const char *show_rights(char *text, uint32_t rights);
