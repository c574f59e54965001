/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The line editor: keys in, line out, and the screen right. The screen is that
 * of a small terminal which knows what the editor may use.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../editor.h"

static struct editor editor;
#define SCREEN (EDITOR_COLUMNS + 4u) /* "^C" may stand behind a full line */
static char screen[SCREEN + 1u];     /* the current row */
static size_t column;
static char pending[16]; /* an escape sequence */
static size_t pending_length;

static void screen_clear(void)
{
	memset(screen, ' ', SCREEN);
	screen[SCREEN] = '\0';
	column = 0;
}

static void screen_escape(char last)
{
	unsigned number = 1;

	if (last == 'C') {
		sscanf(pending, "[%uC", &number);
		column += number;
	} else {
		assert_int_equal(last, 'K');
		memset(screen + column, ' ', SCREEN - column);
	}
	pending_length = 0;
}

static void put(void *context, const char *text, size_t length)
{
	(void)context;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (pending_length != 0) {
			pending[pending_length - 1u] = c;
			pending[pending_length++] = '\0';
			if (c >= 'A' && c <= 'Z')
				screen_escape(c);
		} else if (c == '\x1b') {
			pending_length = 1;
		} else if (c == '\b') {
			assert_true(column > 0);
			column--;
		} else if (c == '\r') {
			column = 0;
		} else if (c == '\n') {
			screen_clear();
		} else {
			assert_true(column < SCREEN);
			screen[column++] = c;
		}
	}
}

static enum editor_event keys(const char *text)
{
	enum editor_event event = EDITOR_NONE;

	for (; *text != '\0'; text++)
		event = editor_feed(&editor, (uint8_t)*text);
	return event;
}

static int setup(void **context)
{
	(void)context;
	memset(&editor, 0, sizeof(editor));
	editor.put = put;
	screen_clear();
	column = 2;
	memcpy(screen, "> ", 2);
	editor_begin(&editor, 2);
	return 0;
}

/* What is on the screen is the line, the cursor where it belongs, and nothing behind. */
static void shown(const char *line, size_t cursor)
{
	assert_string_equal(editor.line, line);
	assert_int_equal(editor.length, strlen(line));
	assert_int_equal(editor.cursor, cursor);
	assert_memory_equal(screen, "> ", 2);
	size_t room = EDITOR_COLUMNS - 3u;
	const char *window = line + editor.view;
	size_t length = strlen(window) < room ? strlen(window) : room;
	assert_memory_equal(screen + 2, window, length);
	for (size_t i = 2 + length; i < SCREEN; i++)
		assert_int_equal(screen[i], ' ');
	assert_int_equal(column, 2 + cursor - editor.view);
}

static void test_typing(void **context)
{
	(void)context;
	keys("hello");
	shown("hello", 5);
	assert_int_equal(keys("\r"), EDITOR_LINE);
	assert_string_equal(editor.line, "hello");
	editor_begin(&editor, 2);
	assert_int_equal(keys("\n"), EDITOR_NONE); /* belongs to the return before */
	assert_int_equal(keys("\n"), EDITOR_LINE);
}

static void test_moving(void **context)
{
	(void)context;
	keys("bcd");
	keys("\x1b[D\x1b[D\x1b[D\x1b[D");
	shown("bcd", 0);
	keys("a");
	shown("abcd", 1);
	keys("\x1b[C\x1b[C");
	shown("abcd", 3);
	keys("\x1b[H");
	shown("abcd", 0);
	keys("\x1b[F");
	shown("abcd", 4);
	keys("\x01");
	shown("abcd", 0);
	keys("\x05");
	shown("abcd", 4);
	keys("\x1b[1~");
	shown("abcd", 0);
	keys("\x1b[4~");
	shown("abcd", 4);
	keys("\x1bOH");
	shown("abcd", 0);
	keys("\x1b[1;5C"); /* with Ctrl held: as without */
	shown("abcd", 1);
}

static void test_erasing(void **context)
{
	(void)context;
	keys("one two three");
	keys("\x7f\x08");
	shown("one two thr", 11);
	keys("\x17");
	shown("one two ", 8);
	keys("\x17");
	shown("one ", 4);
	keys("\x01\x1b[3~");
	shown("ne ", 0);
	keys("\x04");
	shown("e ", 0);
	keys("xyz\x0b");
	shown("xyz", 3);
	keys("\x1b[D\x15");
	shown("z", 0);
	keys("\x7f");
	shown("z", 0);
	keys("\x05\x04");
	shown("z", 1);
}

static void test_events(void **context)
{
	(void)context;
	assert_int_equal(keys("\x04"), EDITOR_END);
	assert_int_equal(keys("ab\t"), EDITOR_COMPLETE);
	assert_int_equal(keys("\x0c"), EDITOR_CLEAR);
	assert_int_equal(keys("\x1b[A"), EDITOR_OLDER);
	assert_int_equal(keys("\x1bOB"), EDITOR_NEWER);
	assert_int_equal(keys("\x10"), EDITOR_OLDER);
	assert_int_equal(keys("\x0e"), EDITOR_NEWER);
	shown("ab", 2);
	editor_set(&editor, "from history");
	shown("from history", 12);
	editor_set(&editor, "x");
	shown("x", 1);
	assert_int_equal(keys("\x03"), EDITOR_CANCEL);
}

static void test_long(void **context)
{
	(void)context;
	char line[EDITOR_LINE_MAX + 100u];

	for (size_t i = 0; i < sizeof(line) - 1u; i++)
		line[i] = (char)('a' + i % 26u);
	line[sizeof(line) - 1u] = '\0';
	for (size_t i = 0; i < 200; i++) {
		editor_feed(&editor, (uint8_t)line[i]);
		line[i + 1u] = '\0';
		shown(line, i + 1u);
		line[i + 1u] = (char)('a' + (i + 1u) % 26u);
	}
	line[200] = '\0';
	keys("\x01");
	shown(line, 0);
	keys("\x05\x1b[D");
	shown(line, 199);
	for (size_t i = 0; i < EDITOR_LINE_MAX; i++)
		keys("q");
	assert_int_equal(editor.length, EDITOR_LINE_MAX - 1u);
	shown(editor.line, editor.cursor);
}

/* Any bytes at all: nothing breaks, the screen follows. */
static void test_garbage(void **context)
{
	uint64_t state = 7;

	(void)context;
	for (uint32_t i = 0; i < 200000; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		uint8_t byte = (uint8_t)(state >> 56);
		enum editor_event event = editor_feed(&editor, byte);

		if (event == EDITOR_LINE || event == EDITOR_CANCEL)
			setup(NULL);
		shown(editor.line, editor.cursor);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(test_typing, setup),  cmocka_unit_test_setup(test_moving, setup),
	cmocka_unit_test_setup(test_erasing, setup), cmocka_unit_test_setup(test_events, setup),
	cmocka_unit_test_setup(test_long, setup),    cmocka_unit_test_setup(test_garbage, setup),
};

int main(void)
{
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
