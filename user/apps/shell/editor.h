/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One line of input and what the terminal shows of it. Pure: bytes in, text
 * out through a sink, an event when somebody else has to act. Printable ASCII;
 * keys as VT100 and its descendants send them.
 *
 * Output is what a plain terminal understands: appending echoes the byte and
 * nothing else, so that a script sees what it sent; everything else redraws the
 * line with carriage return, cursor right, erase to the end and backspace. A
 * line longer than the screen is shown through a window.
 */
#pragma once
#include <abi/cc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDITOR_LINE_MAX 512u /* terminator included */
#define EDITOR_COLUMNS  80u

enum editor_event {
	EDITOR_NONE,
	EDITOR_LINE,     /* a line is complete: editor->line */
	EDITOR_CANCEL,   /* Ctrl-C: forget it */
	EDITOR_END,      /* Ctrl-D on an empty line */
	EDITOR_COMPLETE, /* Tab */
	EDITOR_CLEAR,    /* Ctrl-L: the screen is to be cleared and the line shown again */
	EDITOR_OLDER,    /* up: a line from history is wanted */
	EDITOR_NEWER,    /* down */
};

struct editor {
	char line[EDITOR_LINE_MAX]; /* terminated */
	size_t length;
	size_t cursor;     /* 0..length */
	size_t view;       /* first byte that is shown */
	size_t prompt;     /* columns before the line */
	uint8_t escape;    /* where we are in a key's sequence */
	uint8_t parameter; /* its number */
	bool after_return; /* the last byte was CR: a LF belongs to it */
	void (*put)(void *context, const char *text, size_t length);
	void *context;
};

/* An empty line after a prompt of so many columns, which is on the screen already. */
void editor_begin(struct editor *editor, size_t prompt);
/* One byte from the terminal. */
enum editor_event editor_feed(struct editor *editor, uint8_t byte);
/* Replace the whole line (history); the cursor goes to its end. */
void editor_set(struct editor *editor, const char *line);
/* Insert at the cursor (completion). What does not fit is left out. */
void editor_insert(struct editor *editor, const char *text, size_t length);
/* Show the line again; the cursor of the screen is somewhere behind the prompt. */
void editor_redraw(struct editor *editor);
