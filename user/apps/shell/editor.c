/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The line editor; see editor.h. */
#include "editor.h"
#include <lib/format.h>
#include <lib/string.h>

enum {
	CTRL_A = 1,
	CTRL_B = 2,
	CTRL_C = 3,
	CTRL_D = 4,
	CTRL_E = 5,
	CTRL_F = 6,
	CTRL_H = 8,
	TAB = 9,
	LF = 10,
	CTRL_K = 11,
	CTRL_L = 12,
	CR = 13,
	CTRL_N = 14,
	CTRL_P = 16,
	CTRL_U = 21,
	CTRL_W = 23,
	ESCAPE = 27,
	DELETE = 127,
};

/* Within a key's sequence. */
enum { NOT_IN, AFTER_ESCAPE, AFTER_BRACKET, AFTER_O };

static void put(struct editor *editor, const char *text, size_t length)
{
	if (length != 0)
		editor->put(editor->context, text, length);
}

static void put_text(struct editor *editor, const char *text)
{
	put(editor, text, strlen(text));
}

static size_t columns(const struct editor *editor)
{
	return EDITOR_COLUMNS - 1u - editor->prompt;
}

void editor_begin(struct editor *editor, size_t prompt)
{
	editor->line[0] = '\0';
	editor->length = 0;
	editor->cursor = 0;
	editor->view = 0;
	editor->prompt = prompt;
	editor->escape = NOT_IN;
}

/* Move the window so that the cursor is in it. */
static void view_follow(struct editor *editor)
{
	if (editor->cursor < editor->view)
		editor->view = editor->cursor;
	if (editor->cursor > editor->view + columns(editor))
		editor->view = editor->cursor - columns(editor);
}

void editor_redraw(struct editor *editor)
{
	char right[16];
	size_t rest;

	view_follow(editor);
	rest = editor->length - editor->view;
	size_t shown = rest < columns(editor) ? rest : columns(editor);
	put(editor, right, format(right, sizeof(right), "\r\x1b[%uC", (unsigned)editor->prompt));
	put(editor, editor->line + editor->view, shown);
	put_text(editor, "\x1b[K");
	for (size_t at = editor->view + shown; at > editor->cursor; at--)
		put_text(editor, "\b");
}

static bool fits(const struct editor *editor)
{
	return editor->view == 0 && editor->length <= columns(editor);
}

void editor_insert(struct editor *editor, const char *text, size_t length)
{
	size_t room = EDITOR_LINE_MAX - 1u - editor->length;

	length = length < room ? length : room;
	memmove(editor->line + editor->cursor + length, editor->line + editor->cursor,
	        editor->length - editor->cursor + 1u);
	memcpy(editor->line + editor->cursor, text, length);
	editor->length += length;
	editor->cursor += length;
	if (editor->cursor == editor->length && fits(editor))
		put(editor, text, length);
	else
		editor_redraw(editor);
}

/* Remove [from, to); the cursor ends at `from`. */
static void erase(struct editor *editor, size_t from, size_t to)
{
	if (from == to)
		return;
	bool at_end = to == editor->length && to == editor->cursor && fits(editor);
	memmove(editor->line + from, editor->line + to, editor->length - to + 1u);
	editor->length -= to - from;
	editor->cursor = from;
	if (!at_end) {
		editor_redraw(editor);
		return;
	}
	for (; to > from; to--)
		put_text(editor, "\b");
	put_text(editor, "\x1b[K");
}

static void move(struct editor *editor, size_t to)
{
	if (to == editor->cursor)
		return;
	editor->cursor = to;
	editor_redraw(editor);
}

static void move_left(struct editor *editor)
{
	move(editor, editor->cursor == 0 ? 0 : editor->cursor - 1u);
}

static void move_right(struct editor *editor)
{
	move(editor, editor->cursor == editor->length ? editor->length : editor->cursor + 1u);
}

static void erase_left(struct editor *editor)
{
	if (editor->cursor != 0)
		erase(editor, editor->cursor - 1u, editor->cursor);
}

static void erase_right(struct editor *editor)
{
	if (editor->cursor != editor->length)
		erase(editor, editor->cursor, editor->cursor + 1u);
}

static void erase_word(struct editor *editor)
{
	size_t from = editor->cursor;

	while (from > 0 && editor->line[from - 1u] == ' ')
		from--;
	while (from > 0 && editor->line[from - 1u] != ' ')
		from--;
	erase(editor, from, editor->cursor);
}

void editor_set(struct editor *editor, const char *line)
{
	string_copy(editor->line, EDITOR_LINE_MAX, line);
	editor->length = strlen(editor->line);
	editor->cursor = editor->length;
	editor->view = 0;
	editor_redraw(editor);
}

/* The last byte of ESC [ ... or ESC O ... */
static enum editor_event key(struct editor *editor, uint8_t byte)
{
	uint8_t parameter = editor->parameter;

	editor->escape = NOT_IN;
	switch (byte) {
	case 'A': return EDITOR_OLDER;
	case 'B': return EDITOR_NEWER;
	case 'C': move_right(editor); break;
	case 'D': move_left(editor); break;
	case 'H': move(editor, 0); break;
	case 'F': move(editor, editor->length); break;
	case '~':
		if (parameter == 1 || parameter == 7)
			move(editor, 0);
		else if (parameter == 4 || parameter == 8)
			move(editor, editor->length);
		else if (parameter == 3)
			erase_right(editor);
		break;
	default: break;
	}
	return EDITOR_NONE;
}

static enum editor_event in_escape(struct editor *editor, uint8_t byte)
{
	if (editor->escape == AFTER_ESCAPE) {
		editor->parameter = 0;
		editor->escape = byte == '[' ? AFTER_BRACKET : byte == 'O' ? AFTER_O : NOT_IN;
		return EDITOR_NONE;
	}
	if (byte >= '0' && byte <= '9') {
		editor->parameter = (uint8_t)(editor->parameter * 10u + byte - '0');
		return EDITOR_NONE;
	}
	if (byte == ';') {
		editor->parameter = 0;
		return EDITOR_NONE;
	}
	return key(editor, byte);
}

static enum editor_event control(struct editor *editor, uint8_t byte)
{
	switch (byte) {
	case CR:
	case LF: put_text(editor, "\n"); return EDITOR_LINE;
	case CTRL_C: put_text(editor, "^C\n"); return EDITOR_CANCEL;
	case CTRL_D:
		if (editor->length == 0)
			return EDITOR_END;
		erase_right(editor);
		break;
	case TAB: return EDITOR_COMPLETE;
	case CTRL_L: return EDITOR_CLEAR;
	case CTRL_P: return EDITOR_OLDER;
	case CTRL_N: return EDITOR_NEWER;
	case CTRL_A: move(editor, 0); break;
	case CTRL_E: move(editor, editor->length); break;
	case CTRL_B: move_left(editor); break;
	case CTRL_F: move_right(editor); break;
	case CTRL_U: erase(editor, 0, editor->cursor); break;
	case CTRL_K: erase(editor, editor->cursor, editor->length); break;
	case CTRL_W: erase_word(editor); break;
	case CTRL_H:
	case DELETE: erase_left(editor); break;
	case ESCAPE: editor->escape = AFTER_ESCAPE; break;
	default: break;
	}
	return EDITOR_NONE;
}

enum editor_event editor_feed(struct editor *editor, uint8_t byte)
{
	bool second = byte == LF && editor->after_return;

	editor->after_return = byte == CR;
	if (second)
		return EDITOR_NONE;
	if (editor->escape != NOT_IN)
		return in_escape(editor, byte);
	if (byte < ' ' || byte == DELETE)
		return control(editor, byte);
	if (byte < DELETE)
		editor_insert(editor, (const char *)&byte, 1);
	return EDITOR_NONE;
}
