/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The shell: what a person at the serial console talks to. It first executes
 * `autorun=` of the kernel's command line, then reads lines. Everything it can
 * do it does with capabilities the manifest gave it.
 */
#include "shell.h"
#include "complete.h"
#include "history.h"
#include <lib/string.h>

static struct editor editor;
static struct history history;

/* What the editor shows of a burst of keys goes out in one message. */
static char shown[1024];
static size_t shown_bytes;

static void show(void)
{
	print_bytes(shown, shown_bytes);
	shown_bytes = 0;
}

static void put(void *context, const char *text, size_t length)
{
	(void)context;
	for (size_t i = 0; i < length; i++) {
		if (shown_bytes == sizeof(shown))
			show();
		shown[shown_bytes++] = text[i];
	}
}

static void prompt_again(void)
{
	print(PROMPT);
	editor_redraw(&editor);
}

static void list_matches(const char *const *candidates, uint32_t count, const char *word, size_t length)
{
	print("\n");
	for (uint32_t i = 0; i < count; i++) {
		if (strncmp(candidates[i], word, length) == 0)
			print("%s  ", candidates[i]);
	}
	print("\n");
	prompt_again();
}

/* What may stand as word number `index` of its command. */
static uint32_t word_takes(uint32_t index)
{
	char word[24];

	if (index == 0)
		return TAKES_COMMANDS | TAKES_PROGRAMS;
	(void)complete_word_at(editor.line, editor.cursor, 0, word, sizeof(word));
	const struct command *command = command_find(word);
	if (command != NULL && command->takes[0] == TAKES_VERBS && index > 1) {
		(void)complete_word_at(editor.line, editor.cursor, 1, word, sizeof(word));
		return arcobj_takes(word, index - 1u);
	}
	return command != NULL && index <= COMMAND_TAKES_MAX ? command->takes[index - 1u] : TAKES_NOTHING;
}

static uint32_t modules_collect(const char **out_names)
{
	static char modules[PROGRAMS_MAX][BUNDLE_NAME_MAX];
	uint32_t count = 0;

	while (count < PROGRAMS_MAX && module_name(count, modules[count])) {
		out_names[count] = modules[count];
		count++;
	}
	return count;
}

static uint32_t who_collect(const char **out_names)
{
	out_names[0] = "everybody";
	out_names[1] = "me";
	return 2;
}

#define CANDIDATES_MAX (COMMANDS_MAX + 2u * PROGRAMS_MAX + NAMES_MAX + ARCOBJ_VERBS_MAX + ARCOBJ_LISTED_MAX + 2u)
static uint32_t candidates_collect(uint32_t takes, const char *word, size_t length, const char **out_all)
{
	const char *const *programs;
	uint32_t count = 0;

	if ((takes & TAKES_VERBS) != 0)
		count += arcobj_verb_names(out_all + count);
	if ((takes & (TAKES_OBJECTS | TAKES_OBJECT_NAMES)) != 0)
		count += arcobj_candidates((takes & TAKES_OBJECTS) != 0, word, length, out_all + count);
	if ((takes & TAKES_MODULES) != 0)
		count += modules_collect(out_all + count);
	if ((takes & TAKES_WHO) != 0)
		count += who_collect(out_all + count);

	if ((takes & TAKES_COMMANDS) != 0) {
		memcpy(out_all + count, command_names(), sizeof(out_all[0]) * command_count);
		count += command_count;
	}
	if ((takes & (TAKES_PROGRAMS | TAKES_WHO)) != 0) {
		uint32_t more = program_names(&programs);

		memcpy(out_all + count, programs, sizeof(out_all[0]) * more);
		count += more;
	}
	return count + names_list(takes, out_all + count);
}

static void complete(void)
{
	static const char *all[CANDIDATES_MAX];
	uint32_t index;
	size_t start = complete_start(editor.line, editor.cursor, &index);
	const char *word = editor.line + start;
	size_t length = editor.cursor - start;
	uint32_t count = candidates_collect(word_takes(index), word, length, all);
	struct completion found = complete_word(word, length, all, count);

	if (found.matches == 0)
		return;
	const char *first = all[found.first];
	if (found.common > length)
		editor_insert(&editor, first + length, found.common - length);
	else if (found.matches > 1)
		list_matches(all, count, word, length);
	if (found.matches == 1)
		editor_insert(&editor, " ", 1);
}

static void recall(const char *line)
{
	if (line != NULL)
		editor_set(&editor, line);
}

static void clear(void)
{
	print("\x1b[H\x1b[J");
	prompt_again();
}

/* Edit one line; false: it was given up. */
static bool line_read(void)
{
	uint8_t byte;

	print(PROMPT);
	editor_begin(&editor, sizeof(PROMPT) - 1u);
	for (;;) {
		if (!terminal_has_more())
			show();
		if (terminal_read(DEADLINE_NEVER, &byte) != STATUS_OK)
			continue;
		switch (editor_feed(&editor, byte)) {
		case EDITOR_NONE: break;
		case EDITOR_LINE: show(); return true;
		case EDITOR_CANCEL: show(); return false;
		case EDITOR_END: print("\n"); return false;
		case EDITOR_COMPLETE:
			show();
			complete();
			break;
		case EDITOR_CLEAR:
			show();
			clear();
			break;
		case EDITOR_OLDER: recall(history_older(&history, editor.line)); break;
		case EDITOR_NEWER: recall(history_newer(&history)); break;
		}
	}
}

/* The value of autorun= in the kernel's command line, quotes taken off; false: there is none. */
static bool autorun_find(const char *command_line, char *out_line, size_t size)
{
	static const char key[] = "autorun=";
	const char *at = command_line;
	size_t length = 0;

	while (*at != '\0' &&
	       !(strncmp(at, key, sizeof(key) - 1u) == 0 && (at == command_line || at[-1] == ' ')))
		at++;
	if (*at == '\0')
		return false;
	at += sizeof(key) - 1u;
	char end = *at == '"' || *at == '\'' ? *at++ : ' ';
	for (; *at != '\0' && *at != end && length + 1u < size; at++)
		out_line[length++] = *at;
	out_line[length] = '\0';
	return true;
}

static void greet(bool restarted)
{
	struct info_system system;
	struct info_memory memory;
	char line[EDITOR_LINE_MAX];
	char size[SHOW_MAX], time[SHOW_MAX];
	uint64_t next;
	handle_t monitor = startup_need("monitor");

	if (info_read(monitor, INFO_SYSTEM, 0, &system, sizeof(system), &next) != STATUS_OK ||
	    info_read(monitor, INFO_MEMORY, 0, &memory, sizeof(memory), &next) != STATUS_OK)
		return;
	print("\nCambiOS %s on %s, %u %s, %s. Ready after %s. \"help\" lists the commands.\n",
	      system.version, system.architecture, system.cpu_count, system.cpu_count == 1 ? "CPU" : "CPUs",
	      show_size(size, memory.total_bytes), show_time(time, time_now()));
	arcobj_greet();
	if (restarted)
		print("The shell was restarted; \"log\" says why.\n");
	else if (autorun_find(system.command_line, line, sizeof(line))) {
		print(PROMPT "%s\n", line);
		command_line(line);
	}
}

int main(int argc, char **argv)
{
	terminal_open();
	editor.put = put;
	greet(strcmp(argv[argc - 1], SERVICE_RESTARTED) == 0);
	for (;;) {
		job_report();
		if (!line_read())
			continue;
		history_add(&history, editor.line);
		command_line(editor.line);
	}
}
