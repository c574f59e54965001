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
 *   names.c            what processes and objects are called
 *   ring.c             the audit ring
 *   denial*.c          why something was refused
 *   arcobj*.c          objects in the store (arcobj.h)
 *   progress.c         long work
 *   show.c             how times and sizes are written
 */
#pragma once
#include "editor.h"
#include <abi/bundle.h>
#include <os/audit.h>
#include <os/denial.h>
#include <os/info.h>
#include <os/names.h>
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
/* A command of the shell's own works (true) or is done: meanwhile Ctrl-C is for terminal_interrupted alone. */
void terminal_work(bool works);
/* Ctrl-C was pressed since. */
bool terminal_interrupted(void);
/* Everything printed so far is on the line. */
void terminal_flush(void);

/* ---- program.c ---- */
#define PROGRAMS_MAX 64u
/* Names of the programs that can be started; the table stays. */
uint32_t program_names(const char *const **out_names);
bool program_exists(const char *name);
/* Its file, for the names in a backtrace; NULL. */
const uint8_t *program_file(const char *name, size_t *out_length);
/* Name of module `index` of the bundle, programs and data; false: there is none. */
bool module_name(uint32_t index, char text[BUNDLE_NAME_MAX]);
/* The program whose principal this is, by the catalog the kernel accepted at boot; and the other way round. */
bool program_of(const struct aid *principal, char *text, size_t size);
bool program_principal(const char *name, struct aid *out_principal);

/* ---- job.c ---- */
/* Start words[0] and wait for it, unless `behind`. The result is its exit code, or -1. */
int job_run(int argc, char **argv, bool behind);
/* Tell of programs behind that ended since. */
void job_report(void);

/* ---- names.c ---- */
/* The services as init tells them now; the table stays until the next call. */
uint32_t names_services(const struct spawn_service_rep **out_services);
/* The same, for the names of endpoints: before a command that shows some. */
void names_refresh(void);
/* Names of what runs and of the services, for completion; at most NAMES_MAX, valid until the next call. */
#define NAMES_MAX 96u
uint32_t names_list(uint32_t takes, const char **out_names);
bool process_find(uint64_t id, struct info_process *out_process);
/* By its number, or the first one of that name. */
bool process_named(const char *word, struct info_process *out_process);
/* "shell", also of one that has ended; "process 7" if nobody knows; "the kernel" for 0. Each returns `text`. */
const char *name_of_process(uint64_t id, char *text, size_t size);
/* "shell (3)" */
const char *name_and_id(uint64_t id, char *text, size_t size);
/* "store" for an endpoint that is served, "memory 9", "monitor". */
const char *name_of_object(uint32_t type, uint32_t slot, char *text, size_t size);
extern const struct audit_names names;

/* ---- ring.c ---- */
/* NULL: the shell may not read it, and *out_status is why. */
struct audit_reader *ring_open(status_t *out_status);
/* The next event there is; gaps are passed over. */
bool ring_next(struct audit_reader *reader, struct audit_event *out_event);
/* Principal of a process that may have ended: what the ring says of its start. */
bool ring_principal(uint64_t process, struct aid *out_principal);
/* Add the processes of a program that the ring saw starting; false: none, or no room. */
bool ring_filter_named(struct audit_filter *filter, const char *name);

/* ---- denial.c ---- */
/* The last refusal in the ring of a process, named by its id or name (NULL: any); false: none. */
bool denial_last(const char *who, struct audit_event *out_event);
void denial_sentence(const struct audit_event *event, char *text, size_t size);
/* The same of a method of the object store (denial_object.c). */
void denial_object(uint64_t method, const char *who, char *text, size_t size);
/* What the shell itself lacks on an object, and who could give it. */
void denial_print_own(uint32_t missing, uint32_t type, uint32_t object);
/* "NAME: why it failed", or the sentence if the shell was just denied something; returns 1. */
int command_refused(const char *name, status_t status);
/* The same of what init was asked. */
int init_refused(const char *name, status_t status);

/* ---- command.c ---- */
#define COMMANDS_MAX      48u
#define COMMAND_TAKES_MAX 2u
/* What completion offers for an argument. */
enum {
	TAKES_NOTHING = 0,
	TAKES_COMMANDS = 1u,
	TAKES_PROGRAMS = 2u,
	TAKES_PROCESSES = 4u,
	TAKES_SERVICES = 8u,
	TAKES_VERBS = 16u,        /* of arcobj, which say what they take themselves */
	TAKES_OBJECTS = 32u,      /* hashes and names */
	TAKES_OBJECT_NAMES = 64u,
	TAKES_MODULES = 128u,     /* of the bundle */
	TAKES_WHO = 256u,         /* principals by name */
};
struct command {
	const char *name;
	const char *usage; /* what follows the name */
	const char *help;
	const char *example;
	int (*run)(int argc, char **argv); /* 0: done as asked */
	uint32_t takes[COMMAND_TAKES_MAX]; /* TAKES_*, of the first arguments */
};
extern const struct command commands[];
extern const uint32_t command_count;
/* NULL: there is none of that name. */
const struct command *command_find(const char *name);
/* One line: commands separated by ';', a program in the background before '&'. */
int command_line(const char *line);
/* Words already split. */
int command_words(int argc, char **argv);
/* When the command that runs began. */
uint64_t command_began_ns(void);
/* "NAME: what is wrong"; returns 1. */
int command_failed(const char *name, const char *reason);
/* "usage: NAME ..."; returns 2. */
int command_usage(const char *name);
/* Names of all commands, for completion. */
const char *const *command_names(void);

/* ---- command_arcobj.c: what completion asks it ---- */
#define ARCOBJ_VERBS_MAX 20u
uint32_t arcobj_verb_names(const char **out_names);
/* What word `index`, from 1, after a verb may be. */
uint32_t arcobj_takes(const char *verb, uint32_t index);
void arcobj_help(void);
/* At the first prompt: what whoever stores something would not expect. */
void arcobj_greet(void);
/* Of the store, those that begin with a word; at most ARCOBJ_LISTED_MAX, valid until the next call. */
#define ARCOBJ_LISTED_MAX 64u
uint32_t arcobj_candidates(bool hashes, const char *word, size_t length, const char **out_candidates);

/* ---- command_*.c ---- */
/* The user's key in the vault is the one of this context. */
#define USER_CONTEXT "user"
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
int command_grant(int argc, char **argv);
int command_revoke(int argc, char **argv);
int command_policy(int argc, char **argv);
int command_whoami(int argc, char **argv);
int command_principals(int argc, char **argv);
int command_did_key(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_services(int argc, char **argv);
int command_devices(int argc, char **argv);
/* How many devices may use memory that nothing keeps to their own. */
uint32_t devices_not_confined(void);
int command_restart(int argc, char **argv);
int command_audit(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_time(int argc, char **argv);
int command_uptime(int argc, char **argv);
int command_arcobj(int argc, char **argv);
int command_echo(int argc, char **argv);
int command_clear(int argc, char **argv);
int command_reboot(int argc, char **argv);
int command_poweroff(int argc, char **argv);

/* ---- show.c ---- */
#define SHOW_MAX 48u
/* "1.234 s", "12:34.567" from a minute on. Each returns `text`, of SHOW_MAX bytes. */
const char *show_time(char *text, uint64_t ns);
const char *show_size(char *text, uint64_t bytes);
const char *show_number(char *text, uint64_t number);
