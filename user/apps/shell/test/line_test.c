/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* History and completion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../complete.h"
#include "../history.h"

static void test_history(void **context)
{
	static struct history history;

	(void)context;
	assert_null(history_older(&history, "typed"));
	history_add(&history, "one");
	history_add(&history, "two");
	history_add(&history, "two");
	history_add(&history, "");
	assert_string_equal(history_older(&history, "typed"), "two");
	assert_string_equal(history_older(&history, "two"), "one");
	assert_null(history_older(&history, "one"));
	assert_string_equal(history_newer(&history), "two");
	assert_string_equal(history_newer(&history), "typed");
	assert_null(history_newer(&history));
}

static void test_history_full(void **context)
{
	static struct history history;
	char line[16];

	(void)context;
	for (unsigned i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "line %u", i);
		history_add(&history, line);
	}
	for (unsigned i = 0; i < HISTORY_MAX; i++) {
		snprintf(line, sizeof(line), "line %u", 99u - i);
		assert_string_equal(history_older(&history, ""), line);
	}
	assert_null(history_older(&history, ""));
}

static void test_complete(void **context)
{
	static const char *const words[] = {"help", "hello", "ps", "poweroff"};
	struct completion found;

	(void)context;
	found = complete_word("hel", 3, words, 4);
	assert_int_equal(found.matches, 2);
	assert_int_equal(found.common, 3);
	found = complete_word("hell", 4, words, 4);
	assert_int_equal(found.matches, 1);
	assert_int_equal(found.first, 1);
	assert_int_equal(found.common, 5);
	found = complete_word("h", 1, words, 4);
	assert_int_equal(found.common, 3);
	found = complete_word("", 0, words, 4);
	assert_int_equal(found.matches, 4);
	assert_int_equal(found.common, 0);
	assert_int_equal(complete_word("x", 1, words, 4).matches, 0);
}

static void test_start(void **context)
{
	uint32_t index;

	(void)context;
	assert_int_equal(complete_start("hel", 3, &index), 0);
	assert_int_equal(index, 0);
	assert_int_equal(complete_start("run  he", 7, &index), 5);
	assert_int_equal(index, 1);
	assert_int_equal(complete_start("ps; he", 6, &index), 4);
	assert_int_equal(index, 0);
	assert_int_equal(complete_start("ps;he x", 7, &index), 6);
	assert_int_equal(index, 1);
	assert_int_equal(complete_start("  he", 4, &index), 2);
	assert_int_equal(index, 0);
}

static void test_word_at(void **context)
{
	static const char line[] = "ps; arcobj  stat 7d86; x";
	char word[8];

	(void)context;
	assert_int_equal(complete_word_at(line, 21, 0, word, sizeof(word)), 6);
	assert_string_equal(word, "arcobj");
	assert_int_equal(complete_word_at(line, 21, 1, word, sizeof(word)), 4);
	assert_string_equal(word, "stat");
	assert_int_equal(complete_word_at(line, 21, 2, word, sizeof(word)), 4);
	assert_int_equal(complete_word_at(line, 19, 2, word, sizeof(word)), 2); /* as far as the cursor */
	assert_string_equal(word, "7d");
	assert_int_equal(complete_word_at(line, 21, 3, word, sizeof(word)), 0);
	assert_string_equal(word, "");
	assert_int_equal(complete_word_at(line, 24, 0, word, sizeof(word)), 1);
	assert_int_equal(complete_word_at(line, 2, 0, word, 2), 1); /* cut */
	assert_string_equal(word, "p");
	assert_int_equal(complete_word_at("", 0, 0, word, sizeof(word)), 0);
	assert_int_equal(complete_word_at("   ", 3, 0, word, sizeof(word)), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_history),
	cmocka_unit_test(test_history_full),
	cmocka_unit_test(test_complete),
	cmocka_unit_test(test_start),
	cmocka_unit_test(test_word_at),
};

int main(void)
{
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
