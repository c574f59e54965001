/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The shell's line editor, fed any bytes: line, cursor and view stay what editor.h says. */
#include "fuzz.h"
#include "../../user/apps/shell/editor.h"
#include <string.h>

static void put(void *context, const char *text, size_t length)
{
	(void)context;
	for (size_t i = 0; i < length; i++)
		require((text[i] >= ' ' && text[i] <= '~') || strchr("\r\n\b\a\x1b", text[i]) != NULL);
}

static void act(struct editor *editor, enum editor_event event)
{
	if (event == EDITOR_OLDER)
		editor_set(editor, "a line from before");
	else if (event == EDITOR_COMPLETE)
		editor_insert(editor, "completion", 10);
	else if (event == EDITOR_CLEAR)
		editor_redraw(editor);
	else if (event != EDITOR_NONE)
		editor_begin(editor, 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct editor editor = {.put = put};

	editor_begin(&editor, 3);
	for (size_t i = 0; i < size; i++) {
		act(&editor, editor_feed(&editor, data[i]));
		require(editor.length < EDITOR_LINE_MAX && editor.line[editor.length] == '\0');
		require(strlen(editor.line) == editor.length);
		require(editor.cursor <= editor.length && editor.view <= editor.cursor);
	}
	return 0;
}
